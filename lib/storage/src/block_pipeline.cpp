// SPDX-License-Identifier: Apache-2.0
#include "block_pipeline.hpp"

#include <algorithm>

namespace topgun::storage {

RowBlockBuilder& BlockJob::begin_block(const MapId& map) {
    TOPGUN_ASSERT(!full(), "a full job is submitted");
    if (count_ == builders_.size()) builders_.emplace_back();
    auto& block = builders_[count_++];
    block.start(map);
    return block;
}

void BlockJob::encode(FrameCodec& codec, FactsBuilder* facts) {
    for (std::size_t i = 0; i < count_; ++i) {
        auto& block = builders_[i];
        EncodedBlock encoded;
        encoded.type = block.holds_removed() ? FrameType::removed_tags : FrameType::rows;
        encoded.first_hash = block.first_hash();
        if (facts != nullptr) block.for_each_lww([facts](const Row& row) { facts->add(row); });
        const auto rows = block.rows();
        block.finish(raw_);
        raw_bytes_ += raw_.size();
        const auto before = encoded_.size();
        codec.encode(encoded.type, raw_, rows, encoded_);
        encoded.length = encoded_.size() - before;
        encoded_blocks_.push_back(encoded);
    }
}

void BlockJob::clear() {
    count_ = 0;
    encoded_blocks_.clear();
    encoded_.clear();
    raw_bytes_ = 0;
    done_ = false;
}

BlockPipeline::BlockPipeline(unsigned threads, int level) {
    for (unsigned i = 0; i < std::max(threads, 1u); ++i) workers_.emplace_back(level);
    for (unsigned i = 0; i < threads; ++i) {
        threads_.emplace_back([this, i] { work(workers_[i]); });
    }
}

BlockPipeline::~BlockPipeline() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_ready_.notify_all();
    for (auto& thread : threads_) thread.join();
}

// Workers read their facts only while they have a job, and take jobs under the lock: so what is
// written here is there for them when the next job is.
void BlockPipeline::begin_map(const MapId& map, bool gather) {
    TOPGUN_ASSERT(jobs_.empty(), "the jobs of the map before are out");
    TOPGUN_ASSERT(!gather || map.kind == MapKind::lww, "facts of other maps are no plain sums");
    for (auto& worker : workers_) {
        worker.facts.reset();
        if (gather) worker.facts.emplace(map);
    }
}

void BlockPipeline::end_map(FactsBuilder& to) {
    TOPGUN_ASSERT(jobs_.empty(), "the jobs of the map are out");
    for (auto& worker : workers_) {
        if (worker.facts) to.absorb(std::move(*worker.facts));
        worker.facts.reset();
    }
}

std::unique_ptr<BlockJob> BlockPipeline::take() {
    if (spare_.empty()) return std::make_unique<BlockJob>();
    auto job = std::move(spare_.back());
    spare_.pop_back();
    return job;
}

void BlockPipeline::recycle(std::unique_ptr<BlockJob> job) {
    job->clear();
    spare_.push_back(std::move(job));
}

void BlockPipeline::encode(BlockJob& job, Worker& worker) {
    job.encode(worker.codec, worker.facts ? &*worker.facts : nullptr);
}

void BlockPipeline::submit(std::unique_ptr<BlockJob> job) {
    if (threads_.empty()) {
        encode(*job, workers_.front());
        job->done_ = true;
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
    if (!jobs_.front()->done_) {
        if (!wait && jobs_.size() < kWindow) return nullptr;
        result_ready_.wait(lock, [this] { return jobs_.front()->done_; });
    }
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    if (next_to_start_ > 0) --next_to_start_;
    return job;
}

void BlockPipeline::work(Worker& worker) {
    std::unique_lock lock(mutex_);
    for (;;) {
        work_ready_.wait(lock, [this] { return stopping_ || next_to_start_ < jobs_.size(); });
        if (stopping_) return;
        // The pointer stays valid while unlocked: a job leaves the queue only when it is done.
        BlockJob* const job = jobs_[next_to_start_++].get();
        lock.unlock();
        encode(*job, worker);
        lock.lock();
        job->done_ = true;
        if (job == jobs_.front().get()) result_ready_.notify_one();
    }
}

}  // namespace topgun::storage
