// SPDX-License-Identifier: Apache-2.0
// Turns gathered rows into frames on worker threads and hands them back in order; the facts of the
// rows, which are sums, are gathered on the way.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "frame.hpp"
#include "row_block.hpp"
#include "topgun/replica/facts.hpp"

namespace topgun::storage {

/// A frame that came out of the pipeline: bytes of the job's `encoded`.
struct EncodedBlock {
    FrameType type = FrameType::rows;
    std::uint32_t first_hash = 0;
    std::uint64_t length = 0;
};

/// Some neighbouring blocks on their way to the file: one would be too little work to hand over.
class BlockJob {
public:
    static constexpr std::size_t kBlocks = 16;

    bool full() const noexcept { return count_ == kBlocks; }
    bool empty() const noexcept { return count_ == 0; }
    /// Begins the next block. @pre !full().
    RowBlockBuilder& begin_block(const MapId& map);

    // Valid once the job has come out of the pipeline.
    const std::vector<EncodedBlock>& blocks() const noexcept { return encoded_blocks_; }
    const Bytes& encoded() const noexcept { return encoded_; }
    /// Bytes of the blocks before compression.
    std::uint64_t raw_bytes() const noexcept { return raw_bytes_; }

private:
    friend class BlockPipeline;
    void encode(FrameCodec& codec, FactsBuilder* facts);
    void clear();

    std::vector<RowBlockBuilder> builders_;
    std::size_t count_ = 0;
    std::vector<EncodedBlock> encoded_blocks_;
    Bytes raw_, encoded_;
    std::uint64_t raw_bytes_ = 0;
    bool done_ = false;
};

/// Bounded: next() waits once kWindow jobs are in flight. Threads: one owner.
class BlockPipeline {
public:
    BlockPipeline(unsigned threads, int level);
    ~BlockPipeline();

    /// From here on blocks are of this map. With `gather` their rows' facts are gathered, which
    /// only LWW maps allow: an OR key's records may lie in two blocks, and the sum of a counter's
    /// floats depends on their order. @pre nothing is in flight.
    void begin_map(const MapId& map, bool gather);
    /// Adds what was gathered. @pre nothing is in flight.
    void end_map(FactsBuilder& to);

    /// A job to fill; recycled memory where possible.
    std::unique_ptr<BlockJob> take();
    void submit(std::unique_ptr<BlockJob> job);
    /// The oldest job, once it is encoded; null when none is waiting. With `wait`, waits for it.
    /// Without, null also while it is not ready or the window has room.
    std::unique_ptr<BlockJob> next(bool wait);
    void recycle(std::unique_ptr<BlockJob> job);

private:
    static constexpr std::size_t kWindow = 12;

    // What one thread works with; the facts are set while the map wants them.
    struct Worker {
        explicit Worker(int level) : codec(level) {}
        FrameCodec codec;
        std::optional<FactsBuilder> facts;
    };
    void work(Worker& worker);
    static void encode(BlockJob& job, Worker& worker);

    std::deque<Worker> workers_;  // the first is the owner's where there are no threads
    std::mutex mutex_;
    std::condition_variable work_ready_, result_ready_;
    std::deque<std::unique_ptr<BlockJob>> jobs_;  // in order; the first ones may be done
    std::size_t next_to_start_ = 0;               // index into jobs_
    std::vector<std::unique_ptr<BlockJob>> spare_;
    std::vector<std::thread> threads_;
    bool stopping_ = false;
};

}  // namespace topgun::storage
