// SPDX-License-Identifier: Apache-2.0
#include "topgun/storage/backed_storage.hpp"

#include <algorithm>

#include "backing_feed.hpp"
#include "recovery.hpp"

namespace topgun {

using std::chrono::milliseconds;

Backing::~Backing() = default;
BackingOpener::~BackingOpener() = default;

BackedStorage::BackedStorage(std::unique_ptr<DataDirectory> directory, BackedOptions options)
    : local_(std::move(directory)), options_(options) {}

BackedStorage::~BackedStorage() {
    stop_thread();
}

Result<std::unique_ptr<BackedStorage>> BackedStorage::open(const std::string& folder,
                                                           DataDirectoryOptions opening,
                                                           const OpenBacking& open_backing,
                                                           BackedOptions options) {
    auto last = storage::read_watermark(folder);
    if (!last) return std::move(last).error();
    if (*last) opening.keep_logs_from = (*last)->place.log;
    auto directory = DataDirectory::open(folder, std::move(opening));
    if (!directory) return std::move(directory).error();
    std::unique_ptr<BackedStorage> out(new BackedStorage(std::move(*directory), options));
    auto backing = open_backing([&cancelled = out->cancelled_] { return cancelled.load(); });
    if (!backing) return std::move(backing).error();
    out->backing_ = std::move(*backing);
    TOPGUN_TRY(out->merge_backing());
    out->feed_ = std::make_unique<storage::BackingFeed>(out->directory(), *out->backing_,
                                                        options.keep_log_bytes, out->cancelled_);
    TOPGUN_TRY(out->feed_->begin(*last));
    if (options.background) out->thread_ = std::thread([raw = out.get()] { raw->run(); });
    return out;
}

// Into memory alone: what came from there need not be durable here, nor be sent back.
Status BackedStorage::merge_backing() {
    auto& shared = directory().shared();
    const std::lock_guard lock(shared.mutex);
    const auto take = [&](const Op& op) -> Status {
        auto merged = shared.replica.apply(op);
        if (!merged) return std::move(merged).error();
        if (changed_state(outcome_of(*merged))) ++learned_;
        storage::raise(largest_, op.stamp);
        return {};
    };
    return backing_->load(take, read_);
}

std::optional<Timestamp> BackedStorage::largest_stamp() const {
    auto mine = local_.largest_stamp().value_or(Timestamp());
    return std::max(mine, largest_);
}

BackingStats BackedStorage::backing_stats() const {
    return feed_->stats();
}

Status BackedStorage::send() {
    return feed_->send();
}

milliseconds BackedStorage::pause() const {
    const auto failing = feed_->stats().failing;
    if (failing == 0) return milliseconds(std::max<std::uint64_t>(options_.flush_interval_ms, 1));
    const auto doublings = std::min<std::uint64_t>(failing - 1, 20);
    return milliseconds(std::min(options_.backoff_ms << doublings, options_.backoff_max_ms));
}

void BackedStorage::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait_for(lock, pause(), [this] { return draining_ || stopping_; });
        if (stopping_) return;
        const bool last = draining_;
        lock.unlock();
        (void)feed_->send();
        lock.lock();
        if (!last) continue;
        drained_ = true;
        done_.notify_all();
        return;
    }
}

void BackedStorage::stop_thread() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    cancelled_ = true;
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

Status BackedStorage::close(std::uint64_t within_ms) {
    auto closed = local_.flush();
    if (options_.background) {
        std::unique_lock lock(mutex_);
        draining_ = true;
        wake_.notify_all();
        done_.wait_for(lock, milliseconds(within_ms), [this] { return drained_; });
    } else {
        (void)feed_->send();
    }
    stop_thread();
    if (closed) closed = local_.close(within_ms);
    if (!closed) return closed;
    const auto left = feed_->stats();
    if (left.pending == 0 && !left.everything) return {};
    auto why =
        left.last_error.empty() ? std::string("there was no time for more") : left.last_error;
    return Error(Errc::limit, backing_->name() + " lacks " + std::to_string(left.pending) +
                                  (left.everything ? " rows" : " writes") + ", which are safe in " +
                                  directory().path() +
                                  " and go there after the next start: " + why);
}

}  // namespace topgun
