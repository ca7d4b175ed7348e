// SPDX-License-Identifier: Apache-2.0
// The orders that ORDER BY, DISTINCT and min() share.
#include "ordering.hpp"

#include <algorithm>
#include <numeric>

#include "column_support.hpp"
#include "topgun/column/hash.hpp"

using namespace topgun;
using namespace topgun::sql;
using test::column_of;

namespace {

std::string sorted(const ColumnPtr& column, const SortSpec& key) {
    Batch batch{{column}, column->size()};
    return test::texts_of(*Column::gather(*column, sorted_rows(batch, std::vector{key})));
}

}  // namespace

TEST_CASE("NULLs stand where the order says, whatever its direction", "[sql][ordering]") {
    const auto column = column_of(TypeId::bigint, {"2", "NULL", "-1", "9"});
    CHECK(sorted(column, {0, false, false}) == "-1 2 9 NULL");
    CHECK(sorted(column, {0, false, true}) == "NULL -1 2 9");
    CHECK(sorted(column, {0, true, false}) == "9 2 -1 NULL");
    CHECK(sorted(column, {0, true, true}) == "NULL 9 2 -1");
}

// From PostgreSQL: SELECT x FROM (VALUES ...) ORDER BY x COLLATE "C".
TEST_CASE("each type has PostgreSQL's order", "[sql][ordering]") {
    const SortSpec up{0, false, false};
    CHECK(sorted(column_of(TypeId::real, {"NaN", "1e300", "-Infinity", "Infinity", "-1", "0.5"}),
                 up) == "-Infinity -1 0.5 1e+300 Infinity NaN");
    CHECK(sorted(column_of(TypeId::numeric, {"1.10", "-3", "1.09", "100000000000000000000"}), up) ==
          "-3 1.09 1.10 100000000000000000000");
    CHECK(sorted(column_of(TypeId::interval, {"1 mon", "29 days", "31 days", "-1 day"}), up) ==
          "-1 days 29 days 1 mon 31 days");
    CHECK(sorted(column_of(TypeId::text, {"b", "ab", "", "B", "a"}), up) == " B a ab b");
    CHECK(sorted(column_of(TypeId::boolean, {"true", "false"}), up) == "false true");
    CHECK(sorted(column_of(TypeId::date, {"2024-02-29", "1969-12-31"}), up) ==
          "1969-12-31 2024-02-29");
}

TEST_CASE("values are the same where SQL's = says so, and NULLs are", "[sql][ordering]") {
    const auto same = [](DataType type, const std::string& a, const std::string& b) {
        return same_values(*column_of(type, {a}), 0, *column_of(type, {b}), 0);
    };
    CHECK(same(TypeId::numeric, "1.0", "1.00"));
    CHECK(same(TypeId::real, "0", "-0"));
    CHECK(same(TypeId::real, "NaN", "NaN"));
    CHECK(same(TypeId::interval, "1 mon", "30 days"));
    CHECK(same(TypeId::json, "[1]", "[1.0]"));
    CHECK(same(TypeId::text, "NULL", "NULL"));
    CHECK_FALSE(same(TypeId::text, "NULL", ""));
    CHECK_FALSE(same(TypeId::text, "a", "A"));
    CHECK_FALSE(same(TypeId::bigint, "0", "NULL"));
}

TEST_CASE("an order without keys, or over constants, changes nothing", "[sql][ordering]") {
    const auto one = Column::constant(*column_of(TypeId::text, {"x"}), 3);
    Batch batch{{one, column_of(TypeId::bigint, {"3", "1", "2"})}, 3};
    CHECK(sorted_rows(batch, {}) == std::vector<std::uint32_t>{0, 1, 2});
    CHECK(sorted_rows(batch, std::vector<SortSpec>{{0}}) == std::vector<std::uint32_t>{0, 1, 2});
    CHECK(sorted_rows(batch, std::vector<SortSpec>{{0}, {1}}) ==
          std::vector<std::uint32_t>{1, 2, 0});
    CHECK(sorted_rows(Batch{}, {}).empty());
}

// Goal:   the keyed sort gives what a plain stable sort by compare_rows() gives.
// Method: batches of every type with many equal values, of sizes on both sides of each shortcut,
//         under random orders of up to three keys.
TEST_CASE("sorted_rows agrees with a stable sort by compare_rows", "[sql][ordering][property]") {
    const auto seed = test::seed(20261121);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 150; ++round) {
        const std::size_t sizes[] = {0, 1, 7, 40, 600, 1500};
        const auto rows = sizes[rng.below(6)];
        Batch batch{{}, rows};
        std::vector<SortSpec> order;
        for (std::size_t i = 0; i < 3; ++i) {
            const auto& types = test::scalar_types();
            const auto type = types[rng.below(types.size())];
            batch.columns.push_back(
                test::random_column(type, rows, rng, rng.chance(0.5) ? 0 : 0.2));
            order.push_back({rng.below(i + 1), rng.chance(0.5), rng.chance(0.5)});
        }
        order.resize(1 + rng.below(3));
        std::vector<std::uint32_t> expected(rows);
        std::iota(expected.begin(), expected.end(), 0u);
        std::stable_sort(expected.begin(), expected.end(), [&](std::uint32_t a, std::uint32_t b) {
            return compare_rows(batch, a, batch, b, order) < 0;
        });
        CAPTURE(round, rows, type_name(batch.columns[order[0].column]->type()));
        CHECK(sorted_rows(batch, order) == expected);
    }
}

// Goal:   hash tables and sorts agree on what is equal.
TEST_CASE("what compares as equal hashes alike", "[sql][ordering][property]") {
    const auto seed = test::seed(5);
    CAPTURE(seed);
    Random rng(seed);
    for (const auto type : test::scalar_types()) {
        const auto column = test::random_column(type, 120, rng);
        std::vector<std::uint64_t> hashes(column->size());
        hash_column(*column, hashes);
        bool agree = true;
        for (std::size_t a = 0; a < column->size(); ++a) {
            for (std::size_t b = 0; b < column->size(); ++b) {
                const bool same = same_values(*column, a, *column, b);
                agree = agree && (!same || hashes[a] == hashes[b]);
            }
        }
        CAPTURE(type_name(type));
        CHECK(agree);
    }
}
