// SPDX-License-Identifier: Apache-2.0
// Compresses blocks on worker threads and hands them back in order.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "frame.hpp"

namespace topgun::storage {

/// One block on its way to the file.
struct BlockJob {
    FrameType type = FrameType::rows;
    std::uint32_t rows = 0;
    std::uint32_t first_hash = 0;
    Bytes raw;
    Bytes encoded;
    bool done = false;
};

/// Bounded: submit() blocks the caller's data at kWindow jobs in flight. Threads: one owner.
class BlockPipeline {
public:
    BlockPipeline(unsigned threads, int level);
    ~BlockPipeline();

    /// A job to fill; recycled memory where possible.
    std::unique_ptr<BlockJob> take();
    void submit(std::unique_ptr<BlockJob> job);
    /// The oldest job, once it is encoded; null when none is waiting. With `wait`, waits for it.
    /// Without, null also while it is not ready or the window has room.
    std::unique_ptr<BlockJob> next(bool wait);
    void recycle(std::unique_ptr<BlockJob> job);

private:
    static constexpr std::size_t kWindow = 128;
    void work();

    FrameCodec codec_;  // used when there are no workers
    int level_;
    std::mutex mutex_;
    std::condition_variable work_ready_, result_ready_;
    std::deque<std::unique_ptr<BlockJob>> jobs_;  // in order; the first ones may be done
    std::size_t next_to_start_ = 0;               // index into jobs_
    std::vector<std::unique_ptr<BlockJob>> spare_;
    std::vector<std::thread> threads_;
    bool stopping_ = false;
};

}  // namespace topgun::storage
