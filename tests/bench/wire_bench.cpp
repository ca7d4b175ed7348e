// SPDX-License-Identifier: Apache-2.0
// From captured bytes to merged state: parse, merge, trie.
#include <benchmark/benchmark.h>

#include <map>

#include "data.hpp"
#include "topgun/wire/capture.hpp"

namespace topgun::bench {
namespace {

// OP_BATCH frames of 100 ops, as a client flushes them.
const Bytes& captured(std::size_t count) {
    static std::map<std::size_t, Bytes> made;
    auto& bytes = made[count];
    if (!bytes.empty()) return bytes;
    const auto& ops = workload(count).ops();
    constexpr std::size_t kPerBatch = 100;
    for (std::size_t first = 0; first < ops.size(); first += kPerBatch) {
        const auto size = std::min(kPerBatch, ops.size() - first);
        msgpack::Writer writer(bytes);
        writer.map(2);
        writer.string("type");
        writer.string("OP_BATCH");
        writer.string("payload");
        writer.map(1);
        writer.string("ops");
        writer.array(size);
        for (std::size_t i = 0; i < size; ++i) wire::encode_op(ops[first + i], bytes);
    }
    return bytes;
}

template <typename Take>
void read_capture(benchmark::State& state, Take&& take) {
    const auto& bytes = captured(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        wire::CaptureReader reader(bytes);
        wire::OpBatch batch;
        Replica replica;
        for (;;) {
            auto more = reader.next(batch);
            if (!more || !*more) break;
            take(replica, batch.ops());
            batch.reset();
        }
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

void ops_parse(benchmark::State& state) {
    read_capture(state, [](Replica&, const auto& ops) { benchmark::DoNotOptimize(ops.data()); });
}
BENCHMARK(ops_parse)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void ops_parse_and_merge(benchmark::State& state) {
    read_capture(state, [](Replica& replica, const std::vector<Op>& ops) {
        (void)replica.apply(ops).has_value();
    });
}
BENCHMARK(ops_parse_and_merge)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace topgun::bench
