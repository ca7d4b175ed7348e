// SPDX-License-Identifier: Apache-2.0
#include "block_pipeline.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::storage;

namespace {

Bytes raw_of(std::size_t number) {
    // Sizes differ much, so that later blocks are finished before earlier ones.
    return Bytes(number % 7 == 0 ? 200'000 : 50 + number % 100,
                 static_cast<char>('a' + number % 26)) +
           std::to_string(number);
}

Bytes run(unsigned threads, std::size_t blocks) {
    BlockPipeline pipeline(threads, 1);
    Bytes out;
    std::size_t seen = 0;
    const auto drain = [&](bool all) {
        while (auto job = pipeline.next(all)) {
            CHECK(job->first_hash == seen++);
            out += job->encoded;
            pipeline.recycle(std::move(job));
        }
    };
    for (std::size_t i = 0; i < blocks; ++i) {
        auto job = pipeline.take();
        CHECK_FALSE(job->done);
        CHECK(job->encoded.empty());
        job->raw = raw_of(i);
        job->first_hash = static_cast<std::uint32_t>(i);
        pipeline.submit(std::move(job));
        drain(false);
    }
    drain(true);
    CHECK(seen == blocks);
    CHECK(pipeline.next(true) == nullptr);
    return out;
}

}  // namespace

TEST_CASE("blocks come out in order and alike for any number of threads", "[storage]") {
    const auto expected = run(0, 700);
    for (const unsigned threads : {1u, 2u, 5u}) {
        CAPTURE(threads);
        CHECK(run(threads, 700) == expected);
    }
}

TEST_CASE("a pipeline that is dropped with work in flight stops its threads", "[storage]") {
    for (int round = 0; round < 20; ++round) {
        BlockPipeline pipeline(3, 1);
        for (std::size_t i = 0; i < 20; ++i) {
            auto job = pipeline.take();
            job->raw = raw_of(i);
            pipeline.submit(std::move(job));
        }
    }
    SUCCEED("no thread is left, no memory either (the sanitizer builds tell)");
}
