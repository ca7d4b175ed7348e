// SPDX-License-Identifier: Apache-2.0
// Finding a hundred differences, in memory and between files.
#include <benchmark/benchmark.h>

#include "data.hpp"
#include "topgun/reconcile/diff.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::bench {
namespace {

constexpr std::size_t kDifferences = 100;

void diff_memory(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    auto replica_a = replica_of(count, 0);
    auto replica_b = replica_of(count, kDifferences);
    const auto a = read_replica(*replica_a);
    const auto b = read_replica(*replica_b);
    // Facts are made once for a state; the comparison is what is measured.
    (void)diff_states(*a, *b).has_value();
    for (auto _ : state) {
        auto result = diff_states(*a, *b);
        if (!result || result->equal) return state.SkipWithError("no difference found");
    }
}
BENCHMARK(diff_memory)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

void diff_snapshots(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const auto& path_a = snapshot_of(count, 0);
    const auto& path_b = snapshot_of(count, kDifferences);
    double share = 0;
    for (auto _ : state) {
        auto a = SnapshotReader::open(path_a);
        auto b = SnapshotReader::open(path_b);
        if (!a || !b) return state.SkipWithError("cannot open");
        auto result = diff_states(**a, **b);
        if (!result || result->equal) return state.SkipWithError("no difference found");
        share = static_cast<double>((*a)->bytes_read() + (*b)->bytes_read()) /
                static_cast<double>((*a)->file_bytes() + (*b)->file_bytes());
    }
    state.counters["percent_of_bytes_read"] = share * 100;
}
BENCHMARK(diff_snapshots)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace topgun::bench
