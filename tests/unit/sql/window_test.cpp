// SPDX-License-Identifier: Apache-2.0
// Window functions and frames against PostgreSQL 15's answers, which the expected values are.
#include "window.hpp"

#include <sstream>

#include "window_support.hpp"

using namespace topgun;
using namespace topgun::sql;
using test::column_of;
using test::window_text;
using test::WindowTest;

namespace {

constexpr DataType kWhole = TypeId::bigint, kReal = TypeId::real, kText = TypeId::text;
using Unit = WindowFrame::Unit;
using Bound = WindowFrame::Bound;

ColumnPtr constant(DataType type, const std::string& text, std::size_t rows) {
    return Column::constant(*column_of(type, {text}), rows);
}

// Rows of the examples below: a partition with ties and a NULL among its values.
constexpr std::size_t kRows = 7;
ColumnPtr ids() {
    return column_of(kWhole, {"1", "2", "3", "4", "5", "6", "7"});
}
ColumnPtr groups() {
    return column_of(kWhole, {"1", "1", "2", "3", "3", "3", "4"});
}
ColumnPtr letters() {
    return column_of(kText, {"a", "b", "NULL", "d", "e", "f", "g"});
}

std::string by_id(std::string_view name, std::vector<ColumnPtr> arguments,
                  const std::string& frame = "ROWS UNBOUNDED PRECEDING") {
    WindowTest test{name, std::move(arguments), {ids()}, {{0}}};
    test::set_frame(test, frame, kRows);
    return window_text(test, kRows);
}
std::string by_group(std::string_view name, std::vector<ColumnPtr> arguments) {
    return window_text({name, std::move(arguments), {groups()}, {{0}}}, kRows);
}

// count(*) over a RANGE frame between two distances.
std::string range_counts(const ColumnPtr& key, Bound start, const ColumnPtr& first, Bound end,
                         const ColumnPtr& last, bool descending = false) {
    const WindowFrame frame{Unit::range, start, end, 0, 1, {}};
    return window_text({"count", {}, {key}, {{0, descending, descending}}, frame, {first, last}},
                       key->size());
}

}  // namespace

TEST_CASE("frames hold the rows that PostgreSQL's hold", "[sql][window]") {
    std::istringstream lines(test::slurp(test::testdata("sql/window/frames.txt")));
    const auto g = column_of(kWhole, {"1", "1", "3", "3", "3", "7", "9", "NULL", "NULL"});
    const auto id = column_of(kWhole, {"1", "2", "3", "4", "5", "6", "7", "8", "9"});
    int checked = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) continue;
        CAPTURE(line);
        std::istringstream fields(line);
        std::string frame, order, exclusion, expected;
        std::getline(fields, frame, '|');
        std::getline(fields, order, '|');
        std::getline(fields, exclusion, '|');
        std::getline(fields, expected);
        WindowTest call{"array_agg", {id}, {g}, {{0, order == "g desc", order != "g"}}};
        test::set_frame(call, frame + " " + exclusion, 9);
        CHECK(window_text(call, 9) == expected);
        ++checked;
    }
    CHECK(checked == 87);
}

TEST_CASE("ranks count rows, peers and groups of peers", "[sql][window]") {
    CHECK(by_group("row_number", {}) == "1 2 3 4 5 6 7");
    CHECK(by_group("rank", {}) == "1 1 3 4 4 4 7");
    CHECK(by_group("dense_rank", {}) == "1 1 2 3 3 3 4");
    CHECK(by_group("percent_rank", {}) == "0 0 0.3333333333333333 0.5 0.5 0.5 1");
    CHECK(by_group("cume_dist", {}) ==
          "0.2857142857142857 0.2857142857142857 0.42857142857142855 0.8571428571428571 "
          "0.8571428571428571 0.8571428571428571 1");
    CHECK(by_group("ntile", {constant(kWhole, "3", kRows)}) == "1 1 1 2 2 3 3");
    CHECK(by_group("ntile", {constant(kWhole, "9", kRows)}) == "1 2 3 4 5 6 7");
    CHECK(by_group("ntile", {constant(kWhole, "NULL", kRows)}) ==
          "NULL NULL NULL NULL NULL NULL NULL");
    CHECK(by_group("ntile", {constant(kWhole, "0", kRows)}) ==
          "argument of ntile must be greater than zero");
}

TEST_CASE("lag and lead look at other rows of the partition", "[sql][window]") {
    const auto two = constant(kWhole, "2", kRows);
    CHECK(by_id("lag", {letters()}) == "NULL a b NULL d e f");
    CHECK(by_id("lead", {letters(), two}) == "NULL d e f g NULL NULL");
    CHECK(by_id("lag", {letters(), ids()}) == "NULL NULL NULL NULL NULL NULL NULL");
    CHECK(by_id("lead", {letters(), two, constant(kText, "z", kRows)}) == "NULL d e f g z z");
    CHECK(by_id("lag", {letters(), constant(kWhole, "-1", kRows)}) == "b NULL d e f g NULL");
    CHECK(by_id("lag", {letters(), constant(kWhole, "NULL", kRows)}) ==
          "NULL NULL NULL NULL NULL NULL NULL");
    CHECK(by_id("lead", {letters(), constant(kWhole, "-9223372036854775808", kRows)}) ==
          "NULL NULL NULL NULL NULL NULL NULL");
}

TEST_CASE("first, last and nth values are those of the frame", "[sql][window]") {
    const std::string around = "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW";
    const auto two = constant(kWhole, "2", kRows);
    CHECK(by_id("first_value", {letters()}, around) == "b a b NULL d e f");
    CHECK(by_id("last_value", {letters()}, around) == "b NULL d e f g f");
    CHECK(by_id("nth_value", {letters(), two}, around) == "NULL NULL d e f g NULL");
    CHECK(by_group("first_value", {letters()}) == "a a a a a a a");
    CHECK(by_group("last_value", {letters()}) == "b b NULL f f f g");
    CHECK(by_group("nth_value", {letters(), two}) == "b b b b b b b");
    CHECK(by_id("nth_value", {letters(), constant(kWhole, "0", kRows)}) ==
          "argument of nth_value must be greater than zero");
    CHECK(by_id("nth_value", {letters(), constant(kWhole, "NULL", kRows)}) ==
          "NULL NULL NULL NULL NULL NULL NULL");
}

TEST_CASE("FILTER takes rows out of frames", "[sql][window]") {
    const std::string last = "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW";
    CHECK(by_id("count", {letters()}, last) == "1 2 2 2 2 3 3");
    CHECK(by_id("avg", {ids()}, last) ==
          "1.00000000000000000000 1.5000000000000000 2.0000000000000000 3.0000000000000000 "
          "4.0000000000000000 5.0000000000000000 6.0000000000000000");
    WindowTest sum{"sum", {ids()}, {ids()}, {{0}}};
    test::set_frame(sum, last, kRows);
    sum.filter =
        column_of(TypeId::boolean, {"false", "false", "NULL", "true", "true", "true", "true"});
    CHECK(window_text(sum, kRows) == "NULL NULL NULL 4 9 15 18");
}

TEST_CASE("RANGE frames reach as far as their distances", "[sql][window]") {
    const auto day = column_of(TypeId::date, {"2024-01-31", "2024-02-01", "2024-02-29",
                                              "2024-03-01", "2024-03-31", "NULL"});
    const auto real = column_of(kReal, {"1.5", "2.5", "Infinity", "Infinity", "NaN", "NULL"});
    const auto number = column_of(TypeId::numeric, {"0.5", "1.25", "1.50", "7", "9", "NULL"});
    const auto span = column_of(TypeId::interval,
                                {"1 mon", "40 days", "2 mons", "1 year", "1 year 1 day", "NULL"});
    const auto time =
        column_of(TypeId::time, {"01:00", "02:30", "23:30", "23:59", "23:59:59", "NULL"});
    const auto of = [](DataType type, const std::string& text) { return constant(type, text, 6); };
    const auto step = [&](const std::string& text) { return of(TypeId::interval, text); };
    const auto back = Bound::preceding, on = Bound::following, here = Bound::current_row;
    CHECK(range_counts(day, back, step("1 mon"), here, step("0")) == "1 2 3 3 3 1");
    CHECK(range_counts(day, back, step("1 day"), on, step("1 day")) == "2 2 2 2 1 1");
    CHECK(range_counts(day, back, step("1 mon"), on, step("12 hours"), true) == "3 3 2 2 1 1");
    const auto one = of(kReal, "1"), infinity = of(kReal, "Infinity");
    CHECK(range_counts(real, back, one, on, one) == "2 2 2 2 1 1");
    CHECK(range_counts(real, back, infinity, on, one) == "2 2 4 4 1 1");
    CHECK(range_counts(real, on, one, on, infinity) == "3 2 2 2 1 1");
    CHECK(range_counts(real, back, infinity, back, infinity, true) == "2 2 2 2 1 1");
    CHECK(range_counts(number, back, of(TypeId::numeric, "0.25"), on,
                       of(TypeId::numeric, "0.75")) == "2 2 2 1 1 1");
    CHECK(range_counts(span, back, step("10 days"), on, step("1 mon")) == "3 3 1 2 2 1");
    CHECK(range_counts(time, back, step("1 hour"), on, step("1 hour")) == "1 1 3 3 3 1");
    const auto most = constant(kWhole, "9223372036854775807", kRows);
    CHECK(range_counts(ids(), back, most, on, most) == "7 7 7 7 7 7 7");
}

TEST_CASE("distances that make no frame are refused", "[sql][window]") {
    const auto of = [](const std::string& text) { return constant(kWhole, text, kRows); };
    const auto frame = [&](Unit unit, const ColumnPtr& first, const ColumnPtr& last) {
        const WindowFrame both{unit, Bound::preceding, Bound::following, 0, 1, {}};
        return window_text({"count", {}, {ids()}, {{0}}, both, {first, last}}, kRows);
    };
    const auto one = of("1"), negative = of("-1"), null = of("NULL");
    CHECK(frame(Unit::rows, negative, one) == "frame starting offset must not be negative");
    CHECK(frame(Unit::groups, one, negative) == "frame ending offset must not be negative");
    CHECK(frame(Unit::rows, null, one) == "frame starting offset must not be null");
    CHECK(frame(Unit::range, one, null) == "frame ending offset must not be null");
    CHECK(frame(Unit::range, negative, one) ==
          "invalid preceding or following size in window function");
    CHECK(range_counts(letters(), Bound::preceding, one, Bound::following, one)
              .starts_with("RANGE with offset PRECEDING/FOLLOWING is not supported for"));
    const WindowFrame range{Unit::range, Bound::preceding, Bound::current_row, 0, 0, {}};
    CHECK(window_text({"count", {}, {ids(), ids()}, {{0}, {1}}, range, {one}}, kRows) ==
          "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column");
}

TEST_CASE("windows do without rows, and without an order", "[sql][window]") {
    const auto none = column_of(kWhole, {});
    CHECK(window_text({"sum", {none}, {none}, {{0}}}, 0).empty());
    CHECK(window_text({"rank", {}, {none}, {{0}}}, 0).empty());
    CHECK(window_text({"ntile", {none}, {none}, {{0}}}, 0).empty());
    CHECK(window_text({"sum", {ids()}, {}, {}}, kRows) == "28 28 28 28 28 28 28");
    CHECK(window_text({"rank", {}, {}, {}}, kRows) == "1 1 1 1 1 1 1");
}

TEST_CASE("calls that no window takes are refused", "[sql][window]") {
    auto partition = test::prepared({"sum", {ids()}, {ids()}, {{0}}}, kRows);
    partition.call.aggregate->distinct = true;
    const auto result = compute_window({}, partition.call, partition.batch);
    REQUIRE_FALSE(result);
    CHECK(result.error().text() == "DISTINCT is not implemented for window functions");
    CHECK_FALSE(resolve_window("ntile", std::vector<ArgumentType>{{kText, false}}));
    CHECK(is_window_function("lag"));
    CHECK_FALSE(is_window_function("sum"));
}

TEST_CASE("a sum that leaves its range within a frame is an error", "[sql][window]") {
    const auto most = constant(kWhole, "9223372036854775807", kRows);
    CHECK(by_id("sum", {most}, "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW") ==
          "bigint out of range");
    CHECK(by_id("sum", {most}, "ROWS CURRENT ROW").ends_with(" 9223372036854775807"));
}
