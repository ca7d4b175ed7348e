// SPDX-License-Identifier: Apache-2.0
#include "mapping.hpp"

#include <set>

#include "topgun/value/canonical.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/value_view.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

using namespace topgun;
using namespace topgun::synth;

namespace {

AnonymizeOptions with_secret() {
    AnonymizeOptions options;
    options.secret = "sixteen bytes and more";
    return options;
}

Mapping mapping_of(const AnonymizeOptions& options) {
    return {Prf(options.secret), options};
}

Bytes mapped(const Mapping& mapping, BytesView value, std::uint64_t salt = 0) {
    Bytes out;
    ValueMapper(mapping).map(value, salt, out);
    return out;
}

Bytes from_json(std::string_view text) {
    return test::must(parse_json(text));
}

// Kinds, counts and sizes of a value, map keys aside, which have another order now.
std::string shape(ValueView value) {
    const auto kind = value.kind();
    std::string out(msgpack::kind_name(kind));
    if (kind == msgpack::Kind::array) {
        out += '[';
        value.for_each_element([&out](ValueView element) { out += shape(element) + ','; });
        return out + ']';
    }
    if (kind == msgpack::Kind::map) {
        std::multiset<std::string> members;
        value.for_each_field([&members](std::string_view name, ValueView member) {
            members.insert(std::to_string(name.size()) + ':' + shape(member));
        });
        out += '{';
        for (const auto& member : members) out += member + ',';
        return out + '}';
    }
    return out + std::to_string(value.bytes().size());
}

}  // namespace

TEST_CASE("a replaced value is canonical, of the same size and shape", "[synth][property]") {
    const auto seed = test::seed(20260817);
    CAPTURE(seed);
    Random rng(seed);
    const auto mapping = mapping_of(with_secret());
    for (int i = 0; i < 1500; ++i) {
        const auto value = test::random_value(rng, 6);
        const auto other = mapped(mapping, value);
        REQUIRE(other.size() == value.size());
        REQUIRE(test::must(canonical(other)) == other);
        REQUIRE(shape(ValueView(other)) == shape(ValueView(value)));
        REQUIRE(mapped(mapping, value) == other);
    }
}

TEST_CASE("values nested as deep as they may be are replaced", "[synth]") {
    Bytes value(255, '\x91');
    value += '\x01';
    CHECK(mapped(mapping_of(with_secret()), value).size() == value.size());
}

TEST_CASE("no text of a value is left, and equal ones stay equal", "[synth]") {
    const auto mapping = mapping_of(with_secret());
    const auto other =
        mapped(mapping, from_json(R"({"city":"Talora","home":{"city":"Talora"},"n":[7,7,8]})"));
    std::string json;
    append_json(other, json);
    for (const auto* text : {"Talora", "city", "home"}) CHECK(json.find(text) == std::string::npos);
    const auto city = mapping.field_name(mapping.prf(), "city");
    const auto home = ValueView(other).find(mapping.field_name(mapping.prf(), "home"));
    REQUIRE(home);
    CHECK(home->find(city)->bytes() == ValueView(other).find(city)->bytes());
    const auto numbers = *ValueView(other).find(mapping.field_name(mapping.prf(), "n"));
    CHECK(numbers.at(0)->bytes() == numbers.at(1)->bytes());
    CHECK(numbers.at(0)->bytes() != numbers.at(2)->bytes());
}

TEST_CASE("booleans are flipped or not, field by field", "[synth]") {
    const auto mapping = mapping_of(with_secret());
    int flipped = 0;
    for (int i = 0; i < 200; ++i) {
        const auto name = "field" + std::to_string(i);
        const auto truth = mapped(mapping, from_json("{\"" + name + "\":true}"));
        const auto falsehood = mapped(mapping, from_json("{\"" + name + "\":false}"));
        CHECK(truth != falsehood);
        flipped += truth.back() == '\xc2';
    }
    CHECK(flipped > 60);
    CHECK(flipped < 140);
}

TEST_CASE("field and map names stay where that is asked for", "[synth]") {
    auto options = with_secret();
    options.keep_fields = {"score"};
    options.keep_maps = {"users"};
    const auto some = mapping_of(options);
    const auto value = mapped(some, from_json(R"({"score":5,"plan":"free"})"));
    CHECK(ValueView(value).find("score"));
    CHECK_FALSE(ValueView(value).find("plan"));
    CHECK(some.map_name("users") == "users");
    CHECK(some.map_name("todos") != "todos");
    options.keep_field_names = options.keep_map_names = true;
    const auto all = mapping_of(options);
    CHECK(ValueView(mapped(all, from_json(R"({"plan":"free"})"))).find("plan"));
    CHECK(all.map_name("todos") == "todos");
}

TEST_CASE("texts that are keys or node ids are replaced as those", "[synth]") {
    auto mapping = mapping_of(with_secret());
    mapping.known_keys = NumberSet(2);
    mapping.known_keys.insert(mapping.fingerprint("user-17"));
    mapping.known_keys.insert(mapping.fingerprint("x"));
    mapping.add_length(7);
    mapping.add_length(1);
    mapping.add_node("phone-1", "0k3v9xp");
    const auto text_of = [&](std::string_view json) {
        return std::string(ValueView(mapped(mapping, from_json(json))).as_string().value());
    };
    CHECK(text_of("\"user-17\"") == mapping.key("user-17"));
    CHECK(text_of("\"phone-1\"") == "0k3v9xp");
    CHECK(text_of("\"user-18\"") != mapping.key("user-18"));
    // The key 'x' has to become longer, and a value must not.
    CHECK(mapping.key("x").size() > 1);
    CHECK(text_of("\"x\"").size() == 1);
}

TEST_CASE("a salt replaces scalars otherwise, and field names late", "[synth]") {
    const auto mapping = mapping_of(with_secret());
    const auto value = from_json(R"({"plan":"enterprise"})");
    const auto plain = ValueView(mapped(mapping, value));
    const auto name = mapping.field_name(mapping.prf(), "plan");
    const auto salted = mapped(mapping, value, 5);
    CHECK(salted.size() == value.size());
    REQUIRE(ValueView(salted).find(name));
    CHECK(ValueView(salted).find(name)->as_string() != "enterprise");
    CHECK(salted != mapped(mapping, value));
    CHECK_FALSE(ValueView(mapped(mapping, value, 64)).find(name));
}
