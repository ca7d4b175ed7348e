// SPDX-License-Identifier: Apache-2.0
#include "group_table.hpp"

#include <map>

#include "column_support.hpp"
#include "ordering.hpp"

using namespace topgun;
using namespace topgun::sql;
using namespace topgun::test;

namespace {

Batch batch_of(std::vector<ColumnPtr> columns) {
    Batch out;
    out.rows = columns[0]->size();
    out.columns = std::move(columns);
    return out;
}

std::vector<std::uint32_t> added(GroupTable& table, const Batch& keys) {
    std::vector<std::uint32_t> groups;
    table.add(keys, groups);
    return groups;
}

std::vector<std::uint32_t> found(GroupTable& table, const Batch& keys) {
    std::vector<std::uint32_t> groups;
    table.find(keys, groups);
    return groups;
}

using Numbers = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("keys are numbered as they come, NULL being one of them", "[sql][group]") {
    GroupTable table({TypeId::text});
    CHECK(added(table, batch_of({column_of(TypeId::text, {"b", "a", "NULL", "b", "", "NULL"})})) ==
          Numbers{0, 1, 2, 0, 3, 2});
    CHECK(found(table, batch_of({column_of(TypeId::text, {"", "c", "NULL", "a"})})) ==
          Numbers{3, GroupTable::kNone, 2, 1});
    CHECK(table.size() == 4);
    CHECK(texts_of(table.key(0)) == "b a NULL ");
}

TEST_CASE("values that are equal are one key, however they are written", "[sql][group]") {
    GroupTable numbers({TypeId::numeric});
    CHECK(added(numbers, batch_of({column_of(TypeId::numeric, {"1.0", "1", "1.00", "1.01"})})) ==
          Numbers{0, 0, 0, 1});
    GroupTable reals({TypeId::real});
    CHECK(added(reals, batch_of({column_of(TypeId::real, {"0", "-0", "NaN", "1", "NaN"})})) ==
          Numbers{0, 0, 1, 2, 1});
    GroupTable intervals({TypeId::interval});
    CHECK(added(intervals, batch_of({column_of(TypeId::interval,
                                               {"1 day", "24:00:00", "1 mon", "30 days"})})) ==
          Numbers{0, 0, 1, 1});
    GroupTable json({TypeId::json});
    CHECK(added(json, batch_of({column_of(TypeId::json, {"1", "1.0", "\"1\"", "{}"})})) ==
          Numbers{0, 0, 1, 2});
}

TEST_CASE("no columns make one key", "[sql][group]") {
    GroupTable table({});
    Batch rows;
    rows.rows = 3;
    CHECK(found(table, rows) == Numbers(3, GroupTable::kNone));
    CHECK(added(table, rows) == Numbers(3, 0));
    CHECK(table.size() == 1);
}

// Goal:   rows have the same number just when their keys are the same.
// Method: random keys of every type, some thousand groups; the model is a sorted map.
TEST_CASE("a group table numbers keys as a sorted map does", "[sql][group][property]") {
    const auto seed = test::seed(7102);
    CAPTURE(seed);
    Random rng(seed);
    const auto& all = scalar_types();
    for (int round = 0; round < 12; ++round) {
        const std::vector<DataType> types{all[static_cast<std::size_t>(round)],
                                          all[rng.below(all.size())]};
        CAPTURE(round);
        std::vector<Batch> seen;
        using Place = std::pair<std::size_t, std::size_t>;
        const std::vector<SortSpec> order{{0, false, false}, {1, false, false}};
        const auto less = [&](const Place& a, const Place& b) {
            return compare_rows(seen[a.first], a.second, seen[b.first], b.second, order) < 0;
        };
        std::map<Place, std::uint32_t, decltype(less)> model(less);
        GroupTable table(types);
        std::size_t wrong = 0;
        for (std::size_t b = 0; b < 4; ++b) {
            const auto rows = 100 + rng.below(1500);
            seen.push_back(
                batch_of({random_column(types[0], rows, rng), random_column(types[1], rows, rng)}));
            const auto before = found(table, seen[b]);
            for (std::size_t row = 0; row < rows; ++row) {
                const auto known = model.find({b, row});
                wrong += before[row] != (known == model.end() ? GroupTable::kNone : known->second);
            }
            const auto groups = added(table, seen[b]);
            for (std::size_t row = 0; row < rows; ++row) {
                const auto next = static_cast<std::uint32_t>(model.size());
                wrong += groups[row] != model.try_emplace({b, row}, next).first->second;
            }
            CHECK(found(table, seen[b]) == groups);
        }
        CHECK(wrong == 0);
        CHECK(table.size() == model.size());
    }
}

TEST_CASE("a group table counts the memory of its keys", "[sql][group]") {
    GroupTable table({TypeId::text});
    const auto before = table.memory();
    added(table, batch_of({column_of(TypeId::text, {std::string(100'000, 'x')})}));
    CHECK(table.memory() > before + 100'000);
    added(table, batch_of({column_of(TypeId::text, {std::string(100'000, 'x')})}));
    CHECK(table.memory() < before + 200'000);
}
