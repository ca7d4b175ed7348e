// SPDX-License-Identifier: Apache-2.0
#include "block_pipeline.hpp"

#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::storage;

namespace {

// Sizes differ much, so that later jobs are finished before earlier ones.
void fill(BlockJob& job, std::size_t number) {
    const MapId map{"m", MapKind::lww};
    const Bytes value = test::string_value(std::string(number % 7 == 0 ? 20'000 : 50 + number % 100,
                                                       static_cast<char>('a' + number % 26)));
    for (std::size_t i = 0; i < 1 + number % BlockJob::kBlocks; ++i) {
        auto& block = job.begin_block(map);
        const auto key = std::to_string(number * 100 + i);
        Row row;
        row.key = key;
        row.key_hash = static_cast<std::uint32_t>(number * 100 + i);
        row.stamp = {number, static_cast<std::uint32_t>(i), i % 2 == 0 ? "even" : "odd"};
        row.ttl_ms = number % 5 == 0 ? number : kNoTtl;
        row.value = number % 11 == 0 ? BytesView() : BytesView(value);
        block.add(row);
    }
}

struct Outcome {
    Bytes bytes;
    MapFacts facts;
};

Outcome run(unsigned threads, std::size_t jobs) {
    const MapId map{"m", MapKind::lww};
    BlockPipeline pipeline(threads, 1);
    pipeline.begin_map(map, true);
    Outcome out;
    std::size_t seen = 0;
    const auto drain = [&](bool all) {
        while (auto job = pipeline.next(all)) {
            CHECK(job->blocks().size() == 1 + seen % BlockJob::kBlocks);
            CHECK(job->blocks()[0].first_hash == seen * 100);
            ++seen;
            out.bytes += job->encoded();
            pipeline.recycle(std::move(job));
        }
    };
    for (std::size_t i = 0; i < jobs; ++i) {
        auto job = pipeline.take();
        CHECK(job->empty());
        CHECK(job->encoded().empty());
        fill(*job, i);
        pipeline.submit(std::move(job));
        drain(false);
    }
    drain(true);
    CHECK(seen == jobs);
    CHECK(pipeline.next(true) == nullptr);
    FactsBuilder facts(map);
    pipeline.end_map(facts);
    out.facts = facts.finish();
    return out;
}

}  // namespace

TEST_CASE("blocks come out in order and alike for any number of threads", "[storage]") {
    const auto expected = run(0, 200);
    CHECK(expected.facts.keys == expected.facts.records);
    CHECK(expected.facts.tombstones > 0);
    CHECK(expected.facts.nodes.size() == 2);
    for (const unsigned threads : {1u, 2u, 5u}) {
        CAPTURE(threads);
        const auto outcome = run(threads, 200);
        CHECK(outcome.bytes == expected.bytes);
        CHECK(outcome.facts == expected.facts);
    }
}

TEST_CASE("a pipeline that is dropped with work in flight stops its threads", "[storage]") {
    for (int round = 0; round < 20; ++round) {
        BlockPipeline pipeline(3, 1);
        for (std::size_t i = 0; i < 20; ++i) {
            auto job = pipeline.take();
            fill(*job, i);
            pipeline.submit(std::move(job));
        }
    }
    SUCCEED("no thread is left, no memory either (the sanitizer builds tell)");
}
