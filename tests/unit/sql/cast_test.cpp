// SPDX-License-Identifier: Apache-2.0
// The expected texts and errors are PostgreSQL's.
#include "cast.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include "function.hpp"
#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::sql;

namespace {

Column parsed(DataType type, std::string_view text) {
    Column out(type);
    test::must(add_parsed(out, text));
    return out;
}
std::string through(DataType type, std::string_view text) {
    Column out(type);
    const auto status = add_parsed(out, text);
    return status ? value_text(out, 0) : "error: " + status.error().text();
}
// text::from::to, as text.
std::string cast(DataType from, std::string_view text, DataType to) {
    const auto kernel = find_cast(from, to);
    if (kernel == nullptr) return "no cast";
    Column value = from.id == TypeId::json ? Column(from) : parsed(from, text);
    if (from.id == TypeId::json) value.add_bytes(test::must(parse_json(text)));
    const ColumnPtr arguments[] = {std::make_shared<const Column>(std::move(value))};
    const auto result = kernel({}, Arguments(arguments, 1), 1, to);
    if (!result) return "error: " + result.error().text();
    return (*result)->is_null(0) ? "NULL" : value_text(**result, 0);
}

}  // namespace

TEST_CASE("floats are written as PostgreSQL writes them", "[sql][cast]") {
    const std::vector<std::pair<double, std::string>> rows{
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {100000, "100000"},
        {1e14, "100000000000000"},
        {1e15, "1e+15"},
        {123456789012345680.0, "1.2345678901234568e+17"},
        {1e-4, "0.0001"},
        {1e-5, "1e-05"},
        {-2.5e-300, "-2.5e-300"},
        {std::numeric_limits<double>::infinity(), "Infinity"},
        {-std::numeric_limits<double>::infinity(), "-Infinity"},
        {std::numeric_limits<double>::quiet_NaN(), "NaN"},
        {5e-324, "5e-324"},
    };
    for (const auto& [value, text] : rows) CHECK(real_text(value) == text);
}

TEST_CASE("text becomes values of each type, or says why not", "[sql][cast]") {
    CHECK(through(TypeId::boolean, " T ") == "true");
    CHECK(through(TypeId::boolean, "of") == "false");
    CHECK(through(TypeId::boolean, "o") == "error: invalid input syntax for type boolean: \"o\"");
    CHECK(through(TypeId::bigint, " +42 ") == "42");
    CHECK(through(TypeId::bigint, "-9223372036854775808") == "-9223372036854775808");
    CHECK(through(TypeId::bigint, "9223372036854775808") ==
          "error: value \"9223372036854775808\" is out of range for type bigint");
    for (const auto* bad : {"", "12x", "1.5", "+-1", "0x1"}) {
        CHECK(through(TypeId::bigint, bad) ==
              "error: invalid input syntax for type bigint: \"" + std::string(bad) + "\"");
    }
    CHECK(through(TypeId::real, "1e3") == "1000");
    CHECK(through(TypeId::real, "-infinity") == "-Infinity");
    CHECK(through(TypeId::real, "1e999") ==
          "error: \"1e999\" is out of range for type double precision");
    CHECK(through(TypeId::real, "1,5") ==
          "error: invalid input syntax for type double precision: \"1,5\"");
    CHECK(through(TypeId::numeric, " 12.50 ") == "12.50");
    CHECK(through(TypeId::numeric, "x") == "error: invalid input syntax for type numeric: \"x\"");
    CHECK(through(TypeId::bytea, "\\xDEad") == "\\xdead");
    CHECK(through(TypeId::bytea, "\\xabc") ==
          "error: invalid hexadecimal data: odd number of digits");
    CHECK(through(TypeId::json, R"({"b":1,"a":[true,null]})") == R"({"a": [true, null], "b": 1})");
    CHECK(through(TypeId::json, "{").starts_with("error: "));
    CHECK(through(TypeId::date, "2024-02-29") == "2024-02-29");
}

TEST_CASE("values change their type as in PostgreSQL", "[sql][cast]") {
    CHECK(cast(TypeId::real, "2.5", TypeId::bigint) == "2");
    CHECK(cast(TypeId::real, "3.5", TypeId::bigint) == "4");
    CHECK(cast(TypeId::numeric, "2.5", TypeId::bigint) == "3");
    CHECK(cast(TypeId::real, "1e30", TypeId::bigint) == "error: bigint out of range");
    CHECK(cast(TypeId::real, "NaN", TypeId::bigint) == "error: bigint out of range");
    CHECK(cast(TypeId::bigint, "7", TypeId::boolean) == "true");
    CHECK(cast(TypeId::boolean, "true", TypeId::bigint) == "1");
    CHECK(cast(TypeId::timestamptz, "1969-12-31 23:00", TypeId::date) == "1969-12-31");
    CHECK(cast(TypeId::timestamp, "1969-12-31 23:00:01", TypeId::time) == "23:00:01");
    CHECK(cast(TypeId::date, "2024-01-02", TypeId::timestamptz) == "2024-01-02 00:00:00+00");
    CHECK(cast(TypeId::interval, "90 min", TypeId::text) == "01:30:00");
    CHECK(cast(TypeId::date, "2024-01-02", TypeId::bigint) == "no cast");
    CHECK(cast(TypeId::interval, "1 day", TypeId::real) == "no cast");
}

TEST_CASE("scalars come out of JSON, and nothing else does", "[sql][cast]") {
    CHECK(cast(TypeId::json, "12", TypeId::bigint) == "12");
    CHECK(cast(TypeId::json, "2.5", TypeId::bigint) == "2");
    CHECK(cast(TypeId::json, "2.5", TypeId::numeric) == "2.5");
    CHECK(cast(TypeId::json, "true", TypeId::boolean) == "true");
    CHECK(cast(TypeId::json, "null", TypeId::bigint) == "NULL");
    CHECK(cast(TypeId::json, R"("12")", TypeId::bigint) ==
          "error: cannot cast jsonb string to type bigint");
    CHECK(cast(TypeId::json, "[1]", TypeId::boolean) ==
          "error: cannot cast jsonb array to type boolean");
    CHECK(cast(TypeId::bigint, "5", TypeId::json) == "5");
}

// Goal:   what is written is read as what it was.
TEST_CASE("floats and numbers survive their text", "[sql][cast][property]") {
    const auto seed = test::seed(21);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 20000; ++round) {
        const auto bits = rng();
        double value = 0;
        std::memcpy(&value, &bits, sizeof value);
        if (std::isnan(value)) continue;
        CHECK(parsed(TypeId::real, real_text(value)).real(0) == value);
        const auto whole = static_cast<std::int64_t>(bits);
        CHECK(parsed(TypeId::bigint, std::to_string(whole)).integer(0) == whole);
    }
}
