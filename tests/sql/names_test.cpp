// SPDX-License-Identifier: Apache-2.0
#include "names.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::cli;
using namespace topgun::test;

TEST_CASE("a source may bring its schema's name", "[sql][names]") {
    const auto [text, name, path] = GENERATE(table<std::string, std::string, std::string>({
        {"a.tgs", "", "a.tgs"},
        {"now=a.tgs", "now", "a.tgs"},
        {"now=x=y.tgs", "now", "x=y.tgs"},
        {"./a=b.tgs", "", "./a=b.tgs"},
        {"=a.tgs", "", "=a.tgs"},
        {"1a=b.tgs", "", "1a=b.tgs"},
        {"a-b=c.tgs", "", "a-b=c.tgs"},
    }));
    CAPTURE(text);
    CHECK(parse_named_path(text).name == name);
    CHECK(parse_named_path(text).path == path);
}

TEST_CASE("a schema is named after its file", "[sql][names]") {
    CHECK(schema_name("dir/Nightly 2024.tgs") == "nightly_2024");
    CHECK(schema_name("2024-01.tgl") == "_2024_01");
    CHECK(schema_name("data/") == "data");
    CHECK(schema_name("-") == "stdin");
    CHECK(schema_name("/") == "source");
    CHECK(schema_name("z\xc3\xbcrich.tgs") == "z\xc3\xbcrich");
    CHECK(free_name("a", {"b"}) == "a");
    CHECK(free_name("a", {"a", "a_2"}) == "a_3");
}

TEST_CASE("parameters have a number, or take the next one", "[sql][names]") {
    CHECK(must(parse_parameter("3=x")).number == 3);
    CHECK(must(parse_parameter("3=x")).text == "x");
    CHECK(must(parse_parameter("3=")).text.empty());
    CHECK(must(parse_parameter("a=b")).number == 0);
    CHECK(must(parse_parameter("a=b")).text == "a=b");
    CHECK(must(parse_parameter("")).number == 0);
    CHECK_FALSE(parse_parameter("0=x"));
    CHECK_FALSE(parse_parameter("65536=x"));
    CHECK(must(parse_parameter_number("$2")) == 2);
    CHECK_FALSE(parse_parameter_number("two"));
}

TEST_CASE("seconds may have fractions", "[sql][names]") {
    CHECK(must(parse_seconds("2")) == 2000);
    CHECK(must(parse_seconds("0.5")) == 500);
    for (const char* bad : {"", "0", "-1", "x", "nan", "1e9"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_seconds(bad));
    }
}
