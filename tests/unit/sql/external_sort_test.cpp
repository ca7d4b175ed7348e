// SPDX-License-Identifier: Apache-2.0
#include "external_sort.hpp"

#include <algorithm>
#include <numeric>

#include "column_support.hpp"

using namespace topgun;
using namespace topgun::sql;
using namespace topgun::test;

namespace {

/// Rows with a key, and the number of each in the order in which they came.
std::vector<Batch> random_rows(DataType type, std::size_t batches, Random& rng) {
    std::vector<Batch> out;
    std::int64_t number = 0;
    for (std::size_t i = 0; i < batches; ++i) {
        Batch batch;
        batch.rows = rng.below(200);
        Column numbers(TypeId::bigint);
        for (std::size_t row = 0; row < batch.rows; ++row) numbers.add_integer(number++);
        batch.columns = {random_column(type, batch.rows, rng),
                         std::make_shared<const Column>(std::move(numbers))};
        out.push_back(std::move(batch));
    }
    return out;
}

std::vector<std::int64_t> numbers_of(ExternalSort& sort) {
    std::vector<std::int64_t> out;
    for (;;) {
        const auto batch = must(sort.next());
        if (batch.rows == 0) return out;
        CHECK(batch.rows <= kBatchRows);
        for (std::size_t row = 0; row < batch.rows; ++row) {
            out.push_back(batch.columns[1]->integer(row));
        }
    }
}

std::vector<std::int64_t> expected_order(const std::vector<Batch>& batches, DataType type,
                                         const std::vector<SortSpec>& order) {
    const auto all = concat(batches, {type, TypeId::bigint});
    std::vector<std::int64_t> out(all.rows);
    std::iota(out.begin(), out.end(), std::int64_t{0});
    std::stable_sort(out.begin(), out.end(), [&](std::int64_t a, std::int64_t b) {
        return compare_rows(all, static_cast<std::size_t>(a), all, static_cast<std::size_t>(b),
                            order) < 0;
    });
    return out;
}

}  // namespace

// Goal:   a sort by way of files is the stable sort, or its beginning.
// Method: random rows of every type with many equal keys; memory from none to plenty, with and
//         without a limit; std::stable_sort is the model.
TEST_CASE("an external sort is stable, whatever memory it has", "[sql][sort][property]") {
    const auto seed = test::seed(7103);
    CAPTURE(seed);
    Random rng(seed);
    const ScratchDir scratch;
    for (int round = 0; round < 60; ++round) {
        const auto type = scalar_types()[static_cast<std::size_t>(round) % scalar_types().size()];
        const auto batches = random_rows(type, 1 + rng.below(40), rng);
        const std::vector<SortSpec> order{{0, rng.chance(0.5), rng.chance(0.5)}};
        auto expected = expected_order(batches, type, order);
        std::optional<std::uint64_t> limit;
        if (rng.chance(0.5)) limit = rng.below(expected.size() + 10);
        if (limit && *limit < expected.size()) expected.resize(*limit);
        const std::uint64_t memory = rng.chance(0.3) ? 0 : rng.below(200'000);
        CAPTURE(round, memory, limit.value_or(~std::uint64_t{0}));
        RunContext run;
        run.spill_directory = scratch.path().string();
        dag::MemoryBudget budget(memory);
        ExternalSort sort(run, order, {type, TypeId::bigint}, limit);
        sort.begin(budget);
        for (const auto& batch : batches) must(sort.add(batch));
        must(sort.finish());
        CHECK(numbers_of(sort) == expected);
        CHECK(must(sort.next()).rows == 0);
        if (memory == 0 && !batches.empty() && !expected.empty()) CHECK(run.spilled > 0);
    }
}

// Without memory each batch is a file of its own; a process may have some hundred files open.
TEST_CASE("a sort without any memory keeps few files open", "[sql][sort]") {
    const auto open_files = [] {
        const std::filesystem::directory_iterator all("/proc/self/fd");
        return std::distance(begin(all), end(all));
    };
    Random rng(1);
    const ScratchDir scratch;
    RunContext run;
    run.spill_directory = scratch.path().string();
    dag::MemoryBudget budget(0);
    ExternalSort sort(run, {{0, false, false}}, {TypeId::bigint, TypeId::bigint});
    sort.begin(budget);
    const auto before = open_files();
    std::size_t rows = 0;
    for (const auto& batch : random_rows(TypeId::bigint, 2000, rng)) {
        rows += batch.rows;
        must(sort.add(batch));
    }
    CHECK(open_files() < before + 64);
    must(sort.finish());
    CHECK(numbers_of(sort).size() == rows);
}

TEST_CASE("a sort that cannot spill says why", "[sql][sort]") {
    Random rng(1);
    RunContext run;
    run.spill_directory = "/nonexistent/for/spilling";
    dag::MemoryBudget budget(10);
    ExternalSort sort(run, {{0, false, false}}, {TypeId::bigint, TypeId::bigint});
    sort.begin(budget);
    Batch batch;
    batch.rows = 5;
    batch.columns = {random_column(TypeId::bigint, 5, rng), random_column(TypeId::bigint, 5, rng)};
    const auto status = sort.add(batch);
    REQUIRE_FALSE(status);
    CHECK(status.error().code() == Errc::io);
    CHECK(status.error().text().find(run.spill_directory) == 0);
}
