// SPDX-License-Identifier: Apache-2.0
// A storage that does what a test tells it to: fails, refuses, blocks, and remembers every batch.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "storage_support.hpp"
#include "topgun/storage/memory_storage.hpp"

namespace topgun::test {

/// Hears and remembers.
class RecordingListener final : public DurabilityListener {
public:
    void on_durable(std::uint64_t sequence) override {
        const std::lock_guard lock(mutex_);
        sequences_.push_back(sequence);
        heard_.notify_all();
    }
    void on_failed(const Error& error) override {
        const std::lock_guard lock(mutex_);
        failures_.push_back(error.text());
        heard_.notify_all();
    }
    void on_refused(const Op& op, const Error& error) override {
        const std::lock_guard lock(mutex_);
        refused_.push_back(std::string(op.key) + ": " + error.text());
    }

    std::vector<std::uint64_t> sequences() const {
        const std::lock_guard lock(mutex_);
        return sequences_;
    }
    std::vector<std::string> failures() const {
        const std::lock_guard lock(mutex_);
        return failures_;
    }
    std::vector<std::string> refused() const {
        const std::lock_guard lock(mutex_);
        return refused_;
    }
    /// Waits until `sequence` is durable; false after a time that only a hang takes.
    bool wait_durable(std::uint64_t sequence) {
        std::unique_lock lock(mutex_);
        return heard_.wait_for(lock, std::chrono::seconds(60), [&] {
            return !sequences_.empty() && sequences_.back() >= sequence;
        });
    }
    bool wait_failures(std::size_t count) {
        std::unique_lock lock(mutex_);
        return heard_.wait_for(lock, std::chrono::seconds(60),
                               [&] { return failures_.size() >= count; });
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable heard_;
    std::vector<std::uint64_t> sequences_;
    std::vector<std::string> failures_;
    std::vector<std::string> refused_;
};

class FakeStorage final : public ServerStorage {
public:
    using ServerStorage::load;
    Status load(const std::vector<MapId>& only, const RowVisitor& visit) override {
        return kept_.load(only, visit);
    }
    Result<StoreReport> store(std::span<const Op> ops) override {
        std::unique_lock lock(mutex_);
        entered_.notify_all();
        ++inside_;
        opened_.wait(lock, [this] { return !blocked_; });
        --inside_;
        if (failures_left_ > 0) {
            --failures_left_;
            return Error(Errc::io, "store failed");
        }
        auto& batch = batches_.emplace_back();
        for (const auto& op : ops) batch.emplace_back(op);
        auto report = kept_.store(ops);
        if (!refuse_key_.empty()) {
            for (std::size_t i = 0; i < ops.size(); ++i) {
                if (ops[i].key != refuse_key_) continue;
                report->outcomes[i] = OpOutcome::refused;
                report->refusals.push_back({i, Error(Errc::bad_input, "not that one")});
            }
        }
        return report;
    }
    std::uint64_t durable() const override { return kept_.durable(); }
    Status flush() override {
        const std::lock_guard lock(mutex_);
        if (flush_failures_left_ == 0) return {};
        --flush_failures_left_;
        return Error(Errc::io, "flush failed");
    }
    Status checkpoint() override {
        ++checkpoints;
        return {};
    }
    Result<std::uint64_t> prune(const Timestamp& before) override { return kept_.prune(before); }
    Status close(std::uint64_t) override {
        closed = true;
        return {};
    }
    StorageStats stats() const override { return {}; }
    void listen(DurabilityListener*) override {}

    void fail_stores(int count) {
        const std::lock_guard lock(mutex_);
        failures_left_ = count;
    }
    void fail_flushes(int count) {
        const std::lock_guard lock(mutex_);
        flush_failures_left_ = count;
    }
    void refuse_key(std::string key) { refuse_key_ = std::move(key); }
    void block() {
        const std::lock_guard lock(mutex_);
        blocked_ = true;
    }
    void unblock() {
        {
            const std::lock_guard lock(mutex_);
            blocked_ = false;
        }
        opened_.notify_all();
    }
    /// Waits until a store() is held up by block().
    bool wait_inside() {
        std::unique_lock lock(mutex_);
        return entered_.wait_for(lock, std::chrono::seconds(60), [this] { return inside_ > 0; });
    }

    std::vector<std::vector<OwnedOp>> batches() const {
        const std::lock_guard lock(mutex_);
        return batches_;
    }
    std::size_t written() const {
        std::size_t count = 0;
        for (const auto& batch : batches()) count += batch.size();
        return count;
    }
    SharedReplica& kept() { return *kept_.resident(); }

    int checkpoints = 0;
    bool closed = false;

private:
    mutable std::mutex mutex_;
    std::condition_variable opened_, entered_;
    bool blocked_ = false;
    int inside_ = 0;
    int failures_left_ = 0;
    int flush_failures_left_ = 0;
    std::string refuse_key_;
    std::vector<std::vector<OwnedOp>> batches_;
    MemoryStorage kept_;
};

}  // namespace topgun::test
