// SPDX-License-Identifier: Apache-2.0
#include "topgun/value/value_view.hpp"

#include <limits>
#include <vector>

#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

using namespace topgun;
using msgpack::Kind;

namespace {

// Keeps the bytes alive for the view.
struct Held {
    explicit Held(std::string_view json) : bytes(test::must(parse_json(json))), view(bytes) {}
    Bytes bytes;
    ValueView view;
};

}  // namespace

TEST_CASE("a default view is nil", "[value][view]") {
    const ValueView view;
    CHECK(view.is_nil());
    CHECK(view.kind() == Kind::nil);
    CHECK(view.bytes() == "\xc0");
    CHECK(view.size() == 0);
    CHECK_FALSE(view.find("a"));
    CHECK_FALSE(view.at(0));
}

TEST_CASE("a scalar answers only for its own kind", "[value][view]") {
    const auto answers = [](std::string_view json) {
        const Held v(json);
        std::string out;
        if (v.view.is_nil()) out += 'n';
        if (v.view.as_bool()) out += 'b';
        if (v.view.as_int64()) out += 'i';
        if (v.view.as_uint64()) out += 'u';
        if (v.view.as_double()) out += 'd';
        if (v.view.as_string()) out += 's';
        if (v.view.as_binary()) out += 'y';
        return out;
    };
    CHECK(answers("null") == "n");
    CHECK(answers("false") == "b");
    CHECK(answers("5") == "iud");
    CHECK(answers("-5") == "id");
    CHECK(answers("9223372036854775808") == "ud");
    CHECK(answers("5.0") == "d");
    CHECK(answers("\"5\"") == "s");
    CHECK(answers(R"({"$bin":"AQ=="})") == "y");
    CHECK(answers(R"({"$ext":[1,"AQ=="]})").empty());
    CHECK(answers("[5]").empty());
    CHECK(answers(R"({"a":5})").empty());
}

TEST_CASE("numbers keep their extremes", "[value][view]") {
    CHECK(Held("-9223372036854775808").view.as_int64() == std::numeric_limits<std::int64_t>::min());
    CHECK(Held("9223372036854775807").view.as_int64() == std::numeric_limits<std::int64_t>::max());
    CHECK(Held("18446744073709551615").view.as_uint64() == ~std::uint64_t{0});
    CHECK(Held("18446744073709551615").view.as_double() == 0x1p64);
    CHECK(Held("-1").view.as_double() == -1.0);
    CHECK(Held("0.1").view.as_double() == 0.1);
    CHECK(Held("true").view.as_bool() == true);
}

TEST_CASE("fields are found by exact name, at any place", "[value][view]") {
    const Held v(R"({"":0,"a":1,"ab":{"a":9},"b":[2],"\u00e9":3})");
    CHECK(v.view.size() == 5);
    CHECK(v.view.find("")->as_int64() == 0);
    CHECK(v.view.find("a")->as_int64() == 1);
    CHECK(v.view.find("ab")->find("a")->as_int64() == 9);
    CHECK(v.view.find("b")->at(0)->as_int64() == 2);
    CHECK(v.view.find("\303\251")->as_int64() == 3);
    CHECK_FALSE(v.view.find("A"));
    CHECK_FALSE(v.view.find("abc"));
    CHECK_FALSE(v.view.find("z"));
    CHECK_FALSE(v.view.find("b")->find("a"));
}

TEST_CASE("elements are found by index, and none beyond the end", "[value][view]") {
    const Held v(R"([10,[20,21],"x"])");
    CHECK(v.view.size() == 3);
    CHECK(v.view.at(0)->as_int64() == 10);
    CHECK(v.view.at(1)->at(1)->as_int64() == 21);
    CHECK(v.view.at(2)->as_string() == "x");
    CHECK_FALSE(v.view.at(3));
    CHECK_FALSE(v.view.at(~std::uint32_t{0}));
    CHECK_FALSE(v.view.find("0"));
    CHECK_FALSE(Held("{\"a\":1}").view.at(0));
}

TEST_CASE("iteration visits everything in order, and nothing of another kind", "[value][view]") {
    const Held map(R"({"b":1,"a":[2]})");
    const Held array(R"([true,null])");
    std::string seen;
    map.view.for_each_field([&](std::string_view key, ValueView value) {
        seen += std::string(key) + ':' + test::to_hex(value.bytes()) + ' ';
    });
    array.view.for_each_element(
        [&](ValueView value) { seen += test::to_hex(value.bytes()) + ' '; });
    CHECK(seen == "a:9102 b:01 c3 c0 ");
    map.view.for_each_element([&](ValueView) { seen += '!'; });
    array.view.for_each_field([&](std::string_view, ValueView) { seen += '!'; });
    ValueView().for_each_element([&](ValueView) { seen += '!'; });
    CHECK(seen.find('!') == std::string::npos);
}

TEST_CASE("finding, indexing and iterating agree on random values", "[value][view][property]") {
    const auto seed = test::seed(20260911);
    CAPTURE(seed);
    Random rng{seed};
    for (int round = 0; round < 2000; ++round) {
        const auto bytes = test::random_value(rng, 5);
        const ValueView view(bytes);
        std::uint32_t visited = 0;
        view.for_each_field([&](std::string_view key, ValueView value) {
            ++visited;
            REQUIRE(view.find(key)->bytes() == value.bytes());
        });
        view.for_each_element([&](ValueView value) {
            REQUIRE(view.at(visited)->bytes() == value.bytes());
            ++visited;
        });
        REQUIRE(visited == view.size());
        REQUIRE_FALSE(view.at(view.size()));
    }
}

TEST_CASE("damaged bytes give no answer, never a crash", "[value][view][property]") {
    const auto seed = test::seed(20260912);
    CAPTURE(seed);
    Random rng{seed};
    for (int round = 0; round < 5000; ++round) {
        auto bytes = test::random_value(rng, 4);
        bytes[rng.below(bytes.size())] = static_cast<char>(rng());
        bytes.resize(1 + rng.below(bytes.size()));
        const std::vector<char> exact(bytes.begin(), bytes.end());
        const ValueView view(BytesView(exact.data(), exact.size()));
        std::size_t seen = 0;
        view.for_each_field([&](std::string_view key, ValueView value) {
            seen += key.size() + value.bytes().size();
        });
        view.for_each_element([&](ValueView value) { seen += value.bytes().size(); });
        REQUIRE(seen <= exact.size());
        if (const auto field = view.find("a")) REQUIRE(field->bytes().size() < exact.size());
        if (const auto text = view.as_string()) REQUIRE(text->size() < exact.size());
    }
}
