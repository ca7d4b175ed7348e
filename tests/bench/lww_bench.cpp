// SPDX-License-Identifier: Apache-2.0
// Merging decoded records, and keeping the trie.
#include <benchmark/benchmark.h>

#include "data.hpp"
#include "naive.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/crdt/lww_map.hpp"
#include "topgun/merkle/trie.hpp"

namespace topgun::bench {
namespace {

void merge_all(LwwMap& map, Trie& trie, const std::vector<Op>& ops) {
    map.merge_batch(ops, [&trie](const LwwChange& change) {
        if (change.result == Merged::added) trie.add(change.key_hash, change.new_item);
        if (change.result == Merged::replaced) {
            trie.replace(change.key_hash, change.old_item, change.new_item);
        }
    });
}

void lww_merge_new(benchmark::State& state) {
    const auto& load = workload(static_cast<std::size_t>(state.range(0)));
    double overhead = 0;
    for (auto _ : state) {
        LwwMap map;
        Trie trie;
        merge_all(map, trie, load.ops());
        benchmark::DoNotOptimize(trie.root());
        overhead =
            static_cast<double>(map.memory() - load.bytes()) / static_cast<double>(map.size());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.counters["bytes_per_record_beyond_key_and_value"] = overhead;
}
BENCHMARK(lww_merge_new)->Arg(1000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void lww_merge_newer(benchmark::State& state) {
    const auto& load = workload(static_cast<std::size_t>(state.range(0)));
    LwwMap map;
    Trie trie;
    merge_all(map, trie, load.ops());
    std::uint64_t round = 0;
    for (auto _ : state) {
        state.PauseTiming();
        const auto ops = load.later(++round);
        state.ResumeTiming();
        merge_all(map, trie, ops);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(lww_merge_newer)->Arg(1000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void lww_merge_older(benchmark::State& state) {
    const auto& load = workload(static_cast<std::size_t>(state.range(0)));
    LwwMap map;
    Trie trie;
    merge_all(map, trie, load.later(1));
    for (auto _ : state) merge_all(map, trie, load.ops());
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(lww_merge_older)->Arg(1000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void naive_lww_merge_new(benchmark::State& state) {
    const auto& load = workload(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        NaiveLwwMap map;
        for (const auto& op : load.ops()) map.merge(op);
        benchmark::DoNotOptimize(map.root());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(naive_lww_merge_new)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void trie_update(benchmark::State& state) {
    Trie trie;
    std::uint32_t i = 0;
    for (auto _ : state) {
        trie.replace(i * 2654435761u, i, i + 1);
        ++i;
    }
    benchmark::DoNotOptimize(trie.root());
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(trie_update);

// From keys and stamps: both hashes and the sum.
void trie_build(benchmark::State& state) {
    const auto& load = workload(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        Trie trie;
        for (const auto& op : load.ops()) {
            const auto hash = fnv1a(op.key);
            trie.add(hash, lww_item_hash(hash, op.stamp));
        }
        benchmark::DoNotOptimize(trie.root());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(trie_build)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void naive_trie_build(benchmark::State& state) {
    const auto& load = workload(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        NaiveTrie trie;
        for (const auto& op : load.ops()) {
            const std::string key(op.key);
            trie.update(key, fnv1a(key + ":" + format_stamp(op.stamp)));
        }
        benchmark::DoNotOptimize(trie.root());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(naive_trie_build)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace topgun::bench
