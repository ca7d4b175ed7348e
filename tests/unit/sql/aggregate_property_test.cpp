// SPDX-License-Identifier: Apache-2.0
// Aggregates must not depend on how rows are cut into batches, groups and parts.
#include <cmath>

#include "aggregate_support.hpp"

using namespace topgun;
using namespace topgun::sql;

namespace {

struct Rows {
    std::vector<ColumnPtr> columns;
    std::vector<std::uint32_t> groups;
};

Rows part_of(const Rows& all, const std::vector<std::uint32_t>& rows) {
    Rows out;
    for (const auto& column : all.columns) out.columns.push_back(Column::gather(*column, rows));
    for (const auto row : rows) out.groups.push_back(all.groups[row]);
    return out;
}

// Texts are equal, or floats to some digits: variances have no compensation.
bool alike(const Column& a, const Column& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t row = 0; row < a.size(); ++row) {
        if (test::text_at(a, row) == test::text_at(b, row)) continue;
        if (a.storage() != Storage::real || a.is_null(row) || b.is_null(row)) return false;
        const double x = a.real(row), y = b.real(row);
        if (std::isnan(x) != std::isnan(y)) return false;
        if (std::fabs(x - y) > 1e-9 * std::max({1.0, std::fabs(x), std::fabs(y)})) return false;
    }
    return true;
}

Column results(const AggregateCall& call, Accumulators& states, std::size_t groups) {
    Column out(call.result);
    for (std::size_t group = 0; group < groups; ++group) test::must(states.finish(group, out));
    return out;
}

ColumnPtr random_argument(DataType type, std::size_t rows, Random& rng) {
    auto out = std::make_shared<Column>(type);
    for (std::size_t row = 0; row < rows; ++row) {
        if (rng.chance(0.1)) {
            out->add_null();
        } else if (type.id == TypeId::real) {
            out->add_real(static_cast<double>(rng.between(-1000, 1000)) / 7);
        } else if (type.id == TypeId::bigint) {
            out->add_integer(rng.between(-100, 100));
        } else if (type.id == TypeId::numeric) {
            // The square of one of the extremes would not fit.
            out->add_decimal(
                Decimal::from_parts(rng.between(-5000, 5000), static_cast<int>(rng.between(0, 3))));
        } else {
            test::add_random(*out, rng);
        }
    }
    return out;
}

struct Case {
    std::string_view name;
    std::vector<DataType> types;
};

const std::vector<Case>& cases() {
    static const std::vector<Case> all = [] {
        const DataType whole = TypeId::bigint, real = TypeId::real, numeric = TypeId::numeric,
                       interval = TypeId::interval, truth = TypeId::boolean;
        std::vector<Case> out{{"count", {}}};
        for (const auto* name : {"sum", "avg", "stddev", "var_pop"}) {
            for (const auto type : {whole, real, numeric}) out.push_back({name, {type}});
        }
        for (const auto* name : {"sum", "avg"}) out.push_back({name, {interval}});
        for (const auto type : test::scalar_types()) {
            for (const auto* name : {"min", "max", "count"}) out.push_back({name, {type}});
        }
        for (const auto* name : {"bool_and", "bool_or", "$any_true", "$all_true"}) {
            out.push_back({name, {truth}});
        }
        for (const auto* name : {"bit_and", "bit_or", "bit_xor"}) out.push_back({name, {whole}});
        for (const auto* name : {"corr", "covar_samp", "regr_slope", "regr_count"}) {
            out.push_back({name, {real, real}});
        }
        return out;
    }();
    return all;
}

}  // namespace

// Goal:   partial states that are saved, shipped and merged give what one pass gives.
// Method: random rows of random groups, cut into random parts in random order.
TEST_CASE("merged partial states agree with one pass", "[sql][aggregate][property]") {
    const auto seed = test::seed(20261122);
    CAPTURE(seed);
    Random rng(seed);
    for (const auto& [name, types] : cases()) {
        CAPTURE(name, types.empty() ? "" : type_name(types[0]));
        const std::size_t rows = 200, groups = 1 + rng.below(6);
        Rows all;
        for (const auto type : types) all.columns.push_back(random_argument(type, rows, rng));
        for (std::size_t row = 0; row < rows; ++row) {
            all.groups.push_back(static_cast<std::uint32_t>(rng.below(groups)));
        }
        const auto call = test::must(resolve_aggregate(name, test::types_of(all.columns), {}));
        const auto whole = make_accumulators(call);
        whole->resize(groups);
        test::must(whole->update({}, all.columns, all.groups));

        std::vector<std::vector<std::uint32_t>> parts(1 + rng.below(5));
        for (std::uint32_t row = 0; row < rows; ++row)
            parts[rng.below(parts.size())].push_back(row);
        const auto merged = make_accumulators(call);
        merged->resize(groups);
        for (const auto& part : parts) {
            const auto some = part_of(all, part);
            const auto states = make_accumulators(call);
            states->resize(groups);
            test::must(states->update({}, some.columns, some.groups));
            std::vector<Column> saved;
            for (const auto type : partial_types(call)) saved.emplace_back(type);
            std::vector<std::uint32_t> targets;
            for (std::uint32_t group = 0; group < groups; ++group) {
                test::must(states->save(group, saved));
                targets.push_back(group);
            }
            std::vector<ColumnPtr> shipped;
            for (auto& column : saved) {
                shipped.push_back(std::make_shared<const Column>(std::move(column)));
            }
            test::must(merged->merge(shipped, targets));
        }
        CHECK(alike(results(call, *whole, groups), results(call, *merged, groups)));
    }
}

// Goal:   the shortcuts (one group, constants, no NULLs) do not show.
// Method: the same rows as one group, as one of two groups, one by one, and as constants.
TEST_CASE("batches and groups can be cut anywhere", "[sql][aggregate][property]") {
    const auto seed = test::seed(20261123);
    CAPTURE(seed);
    Random rng(seed);
    for (const auto& [name, types] : cases()) {
        CAPTURE(name, types.empty() ? "" : type_name(types[0]));
        const bool constant = rng.chance(0.3);
        const std::size_t rows = 60;
        Rows all{{}, std::vector<std::uint32_t>(rows, 0)};
        for (const auto type : types) {
            const auto column = random_argument(type, constant ? 1 : rows, rng);
            all.columns.push_back(constant ? Column::constant(*column, rows) : column);
        }
        const auto call = test::must(resolve_aggregate(name, test::types_of(all.columns), {}));
        const auto make = [&](std::size_t groups) {
            auto states = make_accumulators(call);
            states->resize(groups);
            return states;
        };
        const auto once = make(1), second = make(2), one_by_one = make(1), ranges = make(1);
        test::must(once->update({}, all.columns, all.groups));
        test::must(second->update({}, all.columns, all.groups));
        for (std::uint32_t row = 0; row < rows; ++row) {
            auto one = part_of(all, {row});
            for (auto& column : one.columns) column = Column::flat(column);
            test::must(one_by_one->update({}, one.columns, one.groups));
        }
        const auto middle = rng.below(rows);
        test::must(ranges->add_rows({}, all.columns, 0, middle, 0));
        test::must(ranges->add_rows({}, all.columns, middle, rows, 0));
        const auto expected = results(call, *once, 1);
        CHECK(alike(expected, results(call, *second, 1)));
        CHECK(alike(expected, results(call, *one_by_one, 1)));
        CHECK(alike(expected, results(call, *ranges, 1)));
        if (!ranges->can_remove(all.columns)) continue;
        ranges->clear(0);
        test::must(ranges->add_rows({}, all.columns, 0, rows, 0));
        ranges->remove_rows(all.columns, 0, middle, 0);
        const auto rest = make(1);
        test::must(rest->add_rows({}, all.columns, middle, rows, 0));
        CHECK(test::texts_of(results(call, *ranges, 1)) == test::texts_of(results(call, *rest, 1)));
    }
}

// Goal:   DISTINCT is what a sort and a look at neighbours gives.
TEST_CASE("DISTINCT agrees with a quadratic search", "[sql][aggregate][property]") {
    const auto seed = test::seed(20261124);
    CAPTURE(seed);
    Random rng(seed);
    for (const auto type : test::scalar_types()) {
        CAPTURE(type_name(type));
        const std::size_t rows = 300, groups = 3;
        const auto column = test::random_column(type, rows, rng);
        std::vector<std::uint32_t> group_of;
        std::vector<std::int64_t> expected(groups);
        for (std::size_t row = 0; row < rows; ++row) {
            group_of.push_back(static_cast<std::uint32_t>(rng.below(groups)));
            bool fresh = !column->is_null(row);
            for (std::size_t other = 0; other < row; ++other) {
                fresh = fresh && (group_of[other] != group_of[row] ||
                                  !same_values(*column, other, *column, row));
            }
            expected[group_of[row]] += fresh ? 1 : 0;
        }
        const auto counts =
            test::must(test::aggregated({"count", {column}, {}, {}, true}, group_of, groups));
        for (std::size_t group = 0; group < groups; ++group) {
            CHECK(counts.integer(group) == expected[group]);
        }
    }
}
