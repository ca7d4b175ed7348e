// SPDX-License-Identifier: Apache-2.0
#include "block_pipeline.hpp"

namespace topgun::storage {

BlockPipeline::BlockPipeline(unsigned threads, int level) : codec_(level), level_(level) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

BlockPipeline::~BlockPipeline() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_ready_.notify_all();
    for (auto& thread : threads_) thread.join();
}

std::unique_ptr<BlockJob> BlockPipeline::take() {
    if (spare_.empty()) return std::make_unique<BlockJob>();
    auto job = std::move(spare_.back());
    spare_.pop_back();
    return job;
}

void BlockPipeline::recycle(std::unique_ptr<BlockJob> job) {
    job->done = false;
    job->encoded.clear();
    spare_.push_back(std::move(job));
}

void BlockPipeline::submit(std::unique_ptr<BlockJob> job) {
    if (threads_.empty()) {
        codec_.encode(job->type, job->raw, job->rows, job->encoded);
        job->done = true;
        jobs_.push_back(std::move(job));
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    work_ready_.notify_one();
}

std::unique_ptr<BlockJob> BlockPipeline::next(bool wait) {
    std::unique_lock lock(mutex_);
    if (jobs_.empty()) return nullptr;
    if (!jobs_.front()->done) {
        if (!wait && jobs_.size() < kWindow) return nullptr;
        result_ready_.wait(lock, [this] { return jobs_.front()->done; });
    }
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    if (next_to_start_ > 0) --next_to_start_;
    return job;
}

void BlockPipeline::work() {
    FrameCodec codec(level_);
    std::unique_lock lock(mutex_);
    for (;;) {
        work_ready_.wait(lock, [this] { return stopping_ || next_to_start_ < jobs_.size(); });
        if (stopping_) return;
        // The pointer stays valid while unlocked: a job leaves the queue only when it is done.
        BlockJob* const job = jobs_[next_to_start_++].get();
        lock.unlock();
        codec.encode(job->type, job->raw, job->rows, job->encoded);
        lock.lock();
        job->done = true;
        if (job == jobs_.front().get()) result_ready_.notify_one();
    }
}

}  // namespace topgun::storage
