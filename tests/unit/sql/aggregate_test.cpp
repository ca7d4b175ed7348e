// SPDX-License-Identifier: Apache-2.0
// Aggregates against PostgreSQL 15's answers, which the expected values are.
#include "aggregate.hpp"

#include <limits>

#include "aggregate_support.hpp"
#include "topgun/value/msgpack.hpp"

using namespace topgun;
using namespace topgun::sql;
using test::column_of;
using test::total;

namespace {

constexpr DataType kWhole = TypeId::bigint, kReal = TypeId::real, kNumeric = TypeId::numeric,
                   kText = TypeId::text, kInterval = TypeId::interval;
const std::string kMost = "9223372036854775807", kLeast = "-9223372036854775808";

struct Expected {
    std::string_view name;
    std::string_view text;
};
void check_all(const ColumnPtr& column, const std::vector<Expected>& cases) {
    for (const auto& [name, text] : cases) {
        CAPTURE(name, test::texts_of(*column));
        CHECK(total({name, {column}}) == text);
    }
}

std::string resolved(std::string_view name, const std::vector<ArgumentType>& arguments,
                     const std::vector<ArgumentType>& sorted = {}) {
    const auto call = resolve_aggregate(name, arguments, sorted);
    return call ? type_name(call->result) : call.error().text();
}

}  // namespace

TEST_CASE("aggregates of whole numbers", "[sql][aggregate]") {
    check_all(column_of(kWhole, {"1", "2", "4", "NULL", "4", "-7"}),
              {{"sum", "4"},
               {"avg", "0.80000000000000000000"},
               {"min", "-7"},
               {"max", "4"},
               {"count", "5"},
               {"bit_and", "0"},
               {"bit_or", "-1"},
               {"bit_xor", "-6"},
               {"stddev", "4.5497252664309303"},
               {"stddev_pop", "4.0693979898751609"},
               {"variance", "20.7000000000000000"},
               {"var_pop", "16.5600000000000000"},
               {"any_value", "1"},
               {"first", "1"},
               {"last", "-7"},
               {"array_agg", "{1,2,4,NULL,4,-7}"},
               {"json_agg", "[1, 2, 4, null, 4, -7]"}});
    check_all(column_of(kWhole, {kMost, kLeast, "0", "5"}),
              {{"avg", "1.00000000000000000000"},
               {"sum", "4"},
               {"stddev", "7530851732716320752"},
               {"variance", "56713727820156410571080186547391518045"},
               {"var_pop", "42535295865117307928310139910543638534"}});
    check_all(
        column_of(kWhole, {"5", "5", "5"}),
        {{"avg", "5.0000000000000000"}, {"stddev", "0"}, {"variance", "0"}, {"var_pop", "0"}});
}

TEST_CASE("aggregates of numeric have PostgreSQL's scales", "[sql][aggregate]") {
    check_all(column_of(kNumeric, {"1.50", "2.250", "-4", "NULL", "1000000.00001"}),
              {{"sum", "999999.75001"},
               {"avg", "249999.937502500000"},
               {"min", "-4"},
               {"max", "1000000.00001"},
               {"stddev", "500000.0416794306"},
               {"stddev_pop", "433012.7379876650"},
               {"variance", "250000041679.4322920834"},
               {"var_pop", "187500031259.5742190625"}});
    check_all(column_of(kNumeric, {"0.001", "0.002"}), {{"avg", "0.00150000000000000000"},
                                                        {"stddev", "0.000707106781186547524401"},
                                                        {"variance", "0.000000500000000000000000"},
                                                        {"var_pop", "0.000000250000000000000000"}});
    check_all(column_of(kNumeric, {"100000000", "100000001", "100000003"}),
              {{"avg", "100000001.333333333333"},
               {"stddev", "1.5275252316519467"},
               {"variance", "2.3333333333333333"},
               {"var_pop", "1.5555555555555556"}});
}

// PostgreSQL gives the same digits, and more of them.
TEST_CASE("variances of numbers at the ends of numeric have 38 digits", "[sql][aggregate]") {
    const std::string tiny = "0." + std::string(37, '0') + "1", zero = "0." + std::string(38, '0');
    CHECK(total({"var_pop", {column_of(kNumeric, {tiny, zero})}}) == zero);
    CHECK(total({"stddev", {column_of(kNumeric, {tiny, zero})}}) == tiny);
    const std::string huge = "1" + std::string(18, '0');
    CHECK(total({"stddev_pop", {column_of(kNumeric, {huge, "-" + huge, tiny, zero})}}) ==
          "707106781186547524.40084436210484903928");
    CHECK(total({"var_pop", {column_of(kNumeric, {huge + huge, "0"})}}) ==
          "numeric value with more than 38 digits");
}

TEST_CASE("aggregates of floats", "[sql][aggregate]") {
    check_all(column_of(kReal, {"1.5", "2.25", "-4", "NULL", "1000"}),
              {{"sum", "999.75"},
               {"avg", "249.9375"},
               {"min", "-4"},
               {"max", "1000"},
               {"stddev", "500.04942984835674"},
               {"stddev_pop", "433.0555093966015"},
               {"variance", "250049.43229166666"},
               {"var_pop", "187537.07421875"}});
    check_all(column_of(kReal, {"1.5", "NaN", "-4"}),
              {{"sum", "NaN"}, {"avg", "NaN"}, {"min", "-4"}, {"max", "NaN"}, {"stddev", "NaN"}});
    check_all(column_of(kReal, {"1.5", "Infinity", "-4"}), {{"sum", "Infinity"},
                                                            {"avg", "Infinity"},
                                                            {"min", "-4"},
                                                            {"max", "Infinity"},
                                                            {"stddev", "NaN"}});
    check_all(column_of(kReal, {"Infinity", "-Infinity"}), {{"sum", "NaN"}});
}

TEST_CASE("a sum of floats keeps what each addition would lose", "[sql][aggregate]") {
    CHECK(total({"sum", {column_of(kReal, {"1e16", "1", "-1e16", "1"})}}) == "2");
    std::vector<std::string> tenths(1000, "0.1");
    CHECK(total({"sum", {column_of(kReal, tenths)}}) == "100");
}

TEST_CASE("aggregates of intervals, texts and other types", "[sql][aggregate]") {
    check_all(column_of(kInterval, {"1 mon", "3 days 10:00", "00:00:01", "-1 year"}),
              {{"sum", "-11 mons +3 days 10:00:01"},
               {"avg", "-2 mons -22 days +08:30:00.25"},
               {"min", "-1 years"},
               {"max", "1 mon"}});
    check_all(column_of(kInterval, {"1 mon 2 days", "40 days 10:00", "1 year"}),
              {{"sum", "1 year 1 mon 42 days 10:00:00"}, {"avg", "4 mons 24 days 03:20:00"}});
    check_all(column_of(kText, {"b", "NULL", "ab", "a-rather-long-text-beyond-any-small-string"}),
              {{"min", "a-rather-long-text-beyond-any-small-string"},
               {"max", "b"},
               {"last", "a-rather-long-text-beyond-any-small-string"}});
    check_all(column_of(TypeId::date, {"2024-02-29", "1999-01-01"}),
              {{"min", "1999-01-01"}, {"max", "2024-02-29"}});
    check_all(column_of(TypeId::json, {"[2]", "1.5", "{}"}), {{"min", "1.5"}, {"max", "{}"}});
    check_all(column_of(TypeId::boolean, {"true", "NULL", "false"}),
              {{"bool_and", "false"}, {"bool_or", "true"}, {"every", "false"}});
}

TEST_CASE("aggregates of two variables", "[sql][aggregate]") {
    const auto y = column_of(kReal, {"1", "2", "4", "NULL", "7"});
    const auto x = column_of(kReal, {"2", "3.5", "5", "3", "6.25"});
    const std::vector<Expected> cases{{"corr", "0.9664475775726459"},
                                      {"covar_pop", "3.53125"},
                                      {"covar_samp", "4.708333333333333"},
                                      {"regr_slope", "1.3886328725038402"},
                                      {"regr_intercept", "-2.3149001536098313"},
                                      {"regr_r2", "0.9340209201960354"},
                                      {"regr_count", "4"},
                                      {"regr_avgx", "4.1875"},
                                      {"regr_avgy", "3.5"},
                                      {"regr_sxx", "10.171875"},
                                      {"regr_syy", "21"},
                                      {"regr_sxy", "14.125"}};
    for (const auto& [name, text] : cases) {
        CAPTURE(name);
        CHECK(total({name, {y, x}}) == text);
    }
}

TEST_CASE("texts, lists and JSON are put together in order", "[sql][aggregate]") {
    const auto x = column_of(kText, {"b", "a", "NULL", "b"});
    const auto y = column_of(kWhole, {"1", "2", "3", "4"});
    const auto comma = Column::constant(*column_of(kText, {","}), 4);
    CHECK(total({"string_agg", {x, comma}}) == "b,a,b");
    CHECK(total({"string_agg", {x, comma}, {}, {}, true}) == "a,b");
    CHECK(total({"string_agg", {x, comma}, {y}, {{0, true, true}}}) == "b,a,b");
    CHECK(total({"array_agg", {x}}) == "{b,a,NULL,b}");
    CHECK(total({"array_agg", {x}, {}, {}, true}) == "{a,b,NULL}");
    CHECK(total({"array_agg", {y}, {x, y}, {{0, true, true}}}) == "{3,1,4,2}");
    CHECK(total({"jsonb_agg", {x}}) == R"(["b", "a", null, "b"])");
    CHECK(total({"jsonb_object_agg", {column_of(kText, {"b", "a", "z", "b"}), y}}) ==
          R"({"a": 2, "b": 4, "z": 3})");
    CHECK(total({"jsonb_object_agg", {x, y}}) == "field name must not be null");
    CHECK(total({"string_agg",
                 {column_of(kText, {"a", "b", "c"}), column_of(kText, {"1", "NULL", "3"})}}) ==
          "ab3c");
    CHECK(total({"string_agg",
                 {column_of(TypeId::bytea, {"\\x01", "\\x02"}),
                  column_of(TypeId::bytea, {"\\xff", "\\x00"})}}) == "\\x010002");
}

TEST_CASE("lists of lists have another dimension", "[sql][aggregate]") {
    const auto lists = [](std::initializer_list<std::vector<std::string>> rows) {
        auto out = std::make_shared<Column>(DataType::list_of(TypeId::bigint));
        for (const auto& row : rows) {
            const auto values = column_of(kWhole, row);
            Bytes bytes;
            msgpack::Writer writer(bytes);
            writer.array(values->size());
            for (std::size_t i = 0; i < values->size(); ++i)
                writer.signed_integer(values->integer(i));
            out->add_bytes(bytes);
        }
        return ColumnPtr(out);
    };
    CHECK(total({"array_agg", {lists({{"1", "2"}, {"3", "4"}})}}) == "{{1,2},{3,4}}");
    CHECK(total({"array_agg", {lists({{"1", "2"}, {"3"}})}}) ==
          "cannot accumulate arrays of different dimensionality");
    CHECK(total({"max", {lists({{"1", "2"}, {"3"}})}}) == "{3}");
}

TEST_CASE("DISTINCT counts a value once in its group", "[sql][aggregate]") {
    const auto x = column_of(kNumeric, {"1.0", "1.00", "NULL", "2", "2", "1"});
    CHECK(total({"count", {x}, {}, {}, true}) == "2");
    CHECK(total({"sum", {x}, {}, {}, true}) == "3.0");
    const auto counts =
        test::must(test::aggregated({"count", {x}, {}, {}, true}, {0, 0, 0, 0, 1, 1}, 3));
    CHECK(test::texts_of(counts) == "2 2 0");
}

TEST_CASE("groups without rows have results", "[sql][aggregate]") {
    const auto empty = [](DataType type) { return ColumnPtr(std::make_shared<Column>(type)); };
    const auto numbers = empty(kWhole), truths = empty(TypeId::boolean), reals = empty(kReal);
    check_all(numbers, {{"sum", "NULL"},
                        {"count", "0"},
                        {"avg", "NULL"},
                        {"min", "NULL"},
                        {"array_agg", "NULL"},
                        {"stddev", "NULL"},
                        {"$single", "NULL"}});
    check_all(truths, {{"bool_and", "NULL"}, {"$any_true", "false"}, {"$all_true", "true"}});
    check_all(reals, {{"sum", "NULL"}, {"var_pop", "NULL"}});
    CHECK(total({"regr_count", {reals, reals}}) == "0");
    CHECK(total({"rank", {reals}, {reals}, {}, false, true}) == "1");
    CHECK(total({"percent_rank", {reals}, {reals}, {}, false, true}) == "0");
    CHECK(total({"cume_dist", {reals}, {reals}, {}, false, true}) == "1");
    CHECK(total({"percentile_cont", {reals}, {reals}, {}, false, true}) == "NULL");
}

TEST_CASE("the planner's aggregates follow three-valued logic", "[sql][aggregate]") {
    const auto result = [](std::string_view name, const std::vector<std::string>& rows) {
        return total({name, {column_of(TypeId::boolean, rows)}});
    };
    CHECK(result("$any_true", {"false", "NULL", "true"}) == "true");
    CHECK(result("$any_true", {"false", "NULL"}) == "NULL");
    CHECK(result("$any_true", {"false", "false"}) == "false");
    CHECK(result("$all_true", {"true", "NULL", "false"}) == "false");
    CHECK(result("$all_true", {"true", "NULL"}) == "NULL");
    CHECK(result("$all_true", {"true", "true"}) == "true");
    CHECK(total({"$single", {column_of(kText, {"x"})}}) == "x");
    CHECK(total({"$single", {column_of(kText, {"NULL"})}}) == "NULL");
    CHECK(total({"$single", {column_of(kText, {"NULL", "NULL", "x"})}}) ==
          "more than one row returned by a subquery used as an expression");
}

TEST_CASE("ordered-set aggregates", "[sql][aggregate]") {
    const auto x = column_of(kReal, {"1", "2", "4", "NULL", "7", "11"});
    const auto direct = [](DataType type, const std::string& text) {
        return ColumnPtr(Column::constant(*column_of(type, {text}), 6));
    };
    const auto result = [&](std::string_view name, const ColumnPtr& argument,
                            std::vector<SortSpec> keys = {}) {
        return total({name, {argument}, {x}, std::move(keys), false, true});
    };
    const auto reals = DataType::list_of(TypeId::real);
    const SortSpec down{0, true, true};
    CHECK(result("percentile_cont", direct(kReal, "0.5")) == "4");
    CHECK(result("percentile_cont", direct(kReal, "0.3"), {down}) == "6.4");
    CHECK(result("percentile_disc", direct(kReal, "0.3")) == "2");
    CHECK(result("percentile_cont", direct(reals, "{0,0.25,NULL,1}")) == "{1,2,NULL,11}");
    CHECK(result("percentile_disc", direct(reals, "{0,0.25,1}")) == "{1,2,11}");
    CHECK(result("percentile_cont", direct(kReal, "NULL")) == "NULL");
    CHECK(result("percentile_cont", direct(kReal, "1.5")) ==
          "percentile value 1.5 is not between 0 and 1");
    CHECK(result("rank", direct(kReal, "4")) == "3");
    CHECK(result("dense_rank", direct(kReal, "5")) == "4");
    CHECK(result("percent_rank", direct(kReal, "4")) == "0.3333333333333333");
    CHECK(result("cume_dist", direct(kReal, "4")) == "0.5714285714285714");
    CHECK(result("rank", direct(kReal, "NULL")) == "6");
    CHECK(result("rank", direct(kReal, "4"), {down}) == "4");
    const auto words = column_of(kText, {"b", "a", "NULL", "b", "NULL", "NULL"});
    CHECK(total({"mode", {}, {words}, {}, false, true}) == "b");
    const auto times = column_of(kInterval, {"1 mon 2 days", "40 days 10:00", "1 year"});
    CHECK(total({"percentile_cont",
                 {Column::constant(*column_of(kReal, {"0.3"}), 3)},
                 {times},
                 {},
                 false,
                 true}) == "1 mon 6 days 25:12:00");
}

TEST_CASE("results that do not fit are errors", "[sql][aggregate]") {
    CHECK(total({"sum", {column_of(kWhole, {kMost, "1"})}}) == "bigint out of range");
    CHECK(total({"sum", {column_of(kWhole, {kMost, "1", "-1"})}}) == kMost);
    CHECK(total({"sum", {column_of(kReal, {"1e308", "1e308"})}}) == "value out of range: overflow");
    CHECK(total({"stddev", {column_of(kReal, {"1e308", "-1e308"})}}) ==
          "value out of range: overflow");
    CHECK(total({"sum", {column_of(kInterval, {"178956970 years", "1 year"})}}) ==
          "interval out of range");
    const std::string nines(38, '9');
    CHECK(total({"sum", {column_of(kNumeric, {nines, nines})}}) ==
          "numeric value with more than 38 digits");
}

TEST_CASE("calls of aggregates find their version", "[sql][aggregate]") {
    const auto of = [](DataType type) { return ArgumentType{type, false}; };
    const ArgumentType unknown{TypeId::text, true};
    CHECK(resolved("count", {}) == "bigint");
    CHECK(resolved("count", {unknown}) == "bigint");
    CHECK(resolved("sum", {of(kWhole)}) == "bigint");
    CHECK(resolved("avg", {of(kWhole)}) == "numeric");
    CHECK(resolved("stddev", {of(kReal)}) == "double precision");
    CHECK(resolved("min", {of(TypeId::date)}) == "date");
    CHECK(resolved("max", {of(DataType::list_of(TypeId::text))}) == "text[]");
    CHECK(resolved("array_agg", {of(kNumeric)}) == "numeric[]");
    CHECK(resolved("string_agg", {of(kText), unknown}) == "text");
    CHECK(resolved("corr", {of(kWhole), of(kNumeric)}) == "double precision");
    CHECK(resolved("percentile_cont", {of(kNumeric)}, {of(kWhole)}) == "double precision");
    CHECK(resolved("percentile_disc", {of(DataType::list_of(TypeId::real))}, {of(kText)}) ==
          "text[]");
    CHECK(resolved("rank", {of(kWhole), unknown}, {of(kReal), of(kText)}) == "bigint");
    CHECK(resolved("sum", {of(kText)}).starts_with("function sum(text) does not exist"));
    CHECK(resolved("percentile_cont", {of(kReal)}) ==
          "WITHIN GROUP is required for ordered-set aggregate percentile_cont");
    CHECK(resolved("sum", {of(kReal)}, {of(kReal)}) ==
          "sum is not an ordered-set aggregate, so it cannot have WITHIN GROUP");
    CHECK(resolved("rank", {of(kReal), of(kReal)}, {of(kReal)})
              .starts_with("to use the hypothetical-set aggregate rank, the number"));
    CHECK(is_aggregate("count"));
    CHECK_FALSE(is_aggregate("row_number"));
}

TEST_CASE("what has no partial state says so", "[sql][aggregate]") {
    const auto x = column_of(kWhole, {"1"});
    CHECK(partial_types(test::AggregateTest{"sum", {x}}.call()).size() == 2);
    CHECK(partial_types(test::AggregateTest{"array_agg", {x}}.call()).empty());
    CHECK(partial_types(test::AggregateTest{"count", {x}, {}, {}, true}.call()).empty());
    CHECK(partial_types(test::AggregateTest{"sum", {x}, {x}}.call()).empty());
    CHECK(partial_types(test::AggregateTest{"mode", {}, {x}, {}, false, true}.call()).empty());
}
