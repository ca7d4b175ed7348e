// SPDX-License-Identifier: Apache-2.0
// Snapshot files: write, read, merge.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "data.hpp"
#include "topgun/reconcile/merge.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::bench {
namespace {

void snapshot_write(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    auto replica = replica_of(count, 0);
    const auto reader = read_replica(*replica);
    const auto path = snapshot_of(count, 0) + ".again";
    SnapshotOptions options;
    options.threads = static_cast<unsigned>(state.range(1));
    std::uint64_t raw = 0;
    for (auto _ : state) {
        auto info = write_snapshot(*reader, path, options);
        if (!info) return state.SkipWithError("cannot write");
        raw = info->raw_bytes;
    }
    std::filesystem::remove(path);
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(raw));
}
BENCHMARK(snapshot_write)
    ->ArgNames({"records", "threads"})
    ->Args({1'000'000, 0})
    ->Args({1'000'000, 1})
    ->Args({1'000'000, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void snapshot_read(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const auto& path = snapshot_of(count, 0);
    for (auto _ : state) {
        auto snapshot = SnapshotReader::open(path);
        if (!snapshot) return state.SkipWithError("cannot open");
        std::uint64_t rows = 0;
        for (const auto& id : (*snapshot)->maps()) {
            auto cursor = (*snapshot)->StateReader::rows(id);
            (void)for_each_row(**cursor, [&rows](const Row&) { ++rows; }).has_value();
        }
        if (rows != count) return state.SkipWithError("rows are missing");
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() *
                            static_cast<std::int64_t>(workload(count).bytes() + count * 20));
}
BENCHMARK(snapshot_read)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->UseRealTime();

void snapshot_merge_two(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const auto& first = snapshot_of(count, 0);
    const auto& second = snapshot_of(count, count / 10);
    const auto out = first + ".merged";
    for (auto _ : state) {
        auto a = SnapshotReader::open(first);
        auto b = SnapshotReader::open(second);
        const auto merged = merge_states({a->get(), b->get()});
        auto info = write_snapshot(*merged, out);
        if (!info || info->rows != count) return state.SkipWithError("merge failed");
    }
    std::filesystem::remove(out);
    state.SetItemsProcessed(state.iterations() * state.range(0) * 2);
}
BENCHMARK(snapshot_merge_two)
    ->Arg(1000)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace topgun::bench
