// SPDX-License-Identifier: Apache-2.0
#include "topgun/storage/data_directory_storage.hpp"

namespace topgun {

DataDirectoryStorage::DataDirectoryStorage(std::unique_ptr<DataDirectory> directory, Commit commit)
    : directory_(std::move(directory)), commit_(commit) {
    if (commit_ == Commit::background) thread_ = std::thread([this] { commit_loop(); });
}

DataDirectoryStorage::~DataDirectoryStorage() {
    stop();
}  // and the directory flushes as it goes

void DataDirectoryStorage::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void DataDirectoryStorage::commit_loop() {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || wanted_ > directory_->durable(); });
            if (stopping_) return;
        }
        // A failed directory stays failed: trying again would only spin.
        if (!announce(directory_->flush())) return;
    }
}

// Tells the listener what came of a flush, and passes it on.
Status DataDirectoryStorage::announce(Status status) {
    if (!status) {
        const std::lock_guard lock(mutex_);
        ++failures_;
        // Of a directory that has failed, the first error is the cause of all that follow.
        if (!cause_kept_) last_error_ = status.error().text();
        cause_kept_ = directory_->stats().failed;
    }
    const std::lock_guard announcing(announce_mutex_);
    if (listener_ == nullptr) return status;
    if (!status) {
        // A failed directory fails every call from then on; the listener has heard the cause.
        if (!told_failure_) listener_->on_failed(status.error());
        told_failure_ = directory_->stats().failed;
    } else if (const auto durable = directory_->durable(); durable > announced_) {
        announced_ = durable;
        listener_->on_durable(durable);
    }
    return status;
}

void DataDirectoryStorage::listen(DurabilityListener* listener) {
    const std::lock_guard announcing(announce_mutex_);
    listener_ = listener;
}

Status DataDirectoryStorage::load(const std::vector<MapId>& only, const RowVisitor& visit) {
    return visit_rows(directory_->shared(), only, visit);
}

Result<StoreReport> DataDirectoryStorage::store(std::span<const Op> ops) {
    auto report = directory_->append(ops);
    if (!report) {
        TOPGUN_TRY(announce(std::move(report).error()));
    }
    if (directory_->durable() >= report->sequence) {
        TOPGUN_TRY(announce({}));  // SyncPolicy::always, or nothing changed
        return report;
    }
    {
        const std::lock_guard lock(mutex_);
        wanted_ = std::max(wanted_, report->sequence);
    }
    wake_.notify_one();
    return report;
}

Status DataDirectoryStorage::flush() {
    return announce(directory_->flush());
}

Status DataDirectoryStorage::checkpoint() {
    auto written = directory_->checkpoint();
    if (!written) return announce(std::move(written).error());
    return announce({});
}

Result<std::uint64_t> DataDirectoryStorage::prune(const Timestamp& before) {
    return directory_->prune(before);
}

Status DataDirectoryStorage::close(std::uint64_t) {
    stop();
    return flush();
}

StorageStats DataDirectoryStorage::stats() const {
    const auto inner = directory_->stats();
    StorageStats out;
    out.sequence = inner.appended;
    out.durable = inner.durable;
    out.queued = inner.appended - inner.durable;
    out.log_bytes = inner.log_bytes;
    const std::lock_guard lock(mutex_);
    out.failures = failures_;
    out.failed = inner.failed;
    out.last_error = last_error_;
    return out;
}

}  // namespace topgun
