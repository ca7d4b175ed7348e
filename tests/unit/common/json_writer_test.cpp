// SPDX-License-Identifier: Apache-2.0
#include "common/json_writer.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "topgun/base/check.hpp"
#include "topgun_test/support.hpp"

using namespace topgun::cli;
using Layout = JsonWriter::Layout;

namespace {

template <typename Write>
std::string written(Layout layout, Write write) {
    std::string text;
    auto out = Output::memory(text);
    JsonWriter json(out, layout);
    write(json);
    topgun::test::must(out.finish());
    return text;
}

// Writes the same random document here and in a tree, to compare after parsing.
nlohmann::json random_value(topgun::Random& random, JsonWriter& json, int depth) {
    switch (random.below(depth > 0 ? 7 : 5)) {
        case 0: {
            const bool flag = random.chance(0.5);
            json.value(flag);
            return flag;
        }
        case 1: {
            const auto number = random();
            json.value(number);
            return number;
        }
        case 2: {
            const auto number = static_cast<std::int64_t>(random());
            json.value(number);
            return number;
        }
        case 3: {
            std::string text;
            for (auto i = random.below(6); i > 0; --i) text += static_cast<char>(random.below(128));
            json.value(text);
            return text;
        }
        case 4: json.null(); return nullptr;
        case 5: {
            json.begin_array();
            auto tree = nlohmann::json::array();
            for (auto i = random.below(4); i > 0; --i)
                tree.push_back(random_value(random, json, depth - 1));
            json.end_array();
            return tree;
        }
        default: {
            json.begin_object();
            auto tree = nlohmann::json::object();
            for (auto i = random.below(4); i > 0; --i) {
                const auto key = "k" + std::to_string(i);
                json.key(key);
                tree[key] = random_value(random, json, depth - 1);
            }
            json.end_object();
            return tree;
        }
    }
}

}  // namespace

TEST_CASE("a report is an object with schema_version first and complete last", "[common][json]") {
    const auto text = written(Layout::pretty, [](JsonWriter& json) {
        json.begin_report().field("equal", true).key("maps").begin_array();
        json.begin_object().field("name", "todos").end_object().end_array();
        json.key("nothing").begin_array().end_array();
        json.end_report(false);
    });
    CHECK(text ==
          "{\n  \"schema_version\": 1,\n  \"equal\": true,\n  \"maps\": [\n    {\n"
          "      \"name\": \"todos\"\n    }\n  ],\n  \"nothing\": [],\n  \"complete\": false\n}\n");
}

TEST_CASE("compact values stand one on a line", "[common][json]") {
    const auto text = written(Layout::compact, [](JsonWriter& json) {
        json.begin_object().field("key", "a\"b\n").field("n", 1).end_object();
        json.begin_object().end_object();
    });
    CHECK(text == "{\"key\":\"a\\\"b\\n\",\"n\":1}\n{}\n");
}

TEST_CASE("numbers keep all their digits, and what JSON lacks is null", "[common][json]") {
    const auto text = written(Layout::compact, [](JsonWriter& json) {
        json.begin_array().value(~std::uint64_t{0}).value(std::numeric_limits<std::int64_t>::min());
        json.value(0.1).value(1e300).value(NAN).value(-INFINITY).value(std::uint8_t{7}).end_array();
    });
    CHECK(text == "[18446744073709551615,-9223372036854775808,0.1,1e+300,null,null,7]\n");
}

TEST_CASE("whatever is written parses back to the same", "[common][json][property]") {
    const auto seed = topgun::test::seed(20261102);
    CAPTURE(seed);
    topgun::Random random(seed);
    for (int round = 0; round < 500; ++round) {
        const auto layout = random.chance(0.5) ? Layout::pretty : Layout::compact;
        nlohmann::json expected;
        const auto text =
            written(layout, [&](JsonWriter& json) { expected = random_value(random, json, 4); });
        REQUIRE(nlohmann::json::parse(text) == expected);
        REQUIRE((layout == Layout::pretty || std::count(text.begin(), text.end(), '\n') == 1));
    }
}

TEST_CASE("a document that is put together wrongly is a bug", "[common][json]") {
    std::string text;
    auto out = Output::memory(text);
    JsonWriter json(out);
    CHECK_THROWS_AS(json.end_object(), topgun::Bug);
    CHECK_THROWS_AS(json.key("a"), topgun::Bug);
    json.begin_object();
    CHECK_THROWS_AS(json.value(1), topgun::Bug);
    CHECK_THROWS_AS(json.end_array(), topgun::Bug);
    json.key("a");
    CHECK_THROWS_AS(json.key("b"), topgun::Bug);
    CHECK_THROWS_AS(json.end_object(), topgun::Bug);
}
