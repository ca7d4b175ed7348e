// SPDX-License-Identifier: Apache-2.0
#include "topgun/storage/data_directory.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "logged_ops.hpp"
#include "recovery.hpp"

namespace topgun {

using namespace storage;

namespace {

// Unwritten frames beyond this are written, unsynced, by whoever appends.
constexpr std::size_t kWriteAt = std::size_t{1} << 20;
// Ops merged under one lock: some tenths of a millisecond.
constexpr std::size_t kOpsAtOnce = 1024;
// An old log is continued up to this size, so that short sessions do not leave a log each.
constexpr std::uint64_t kContinueBelow = std::uint64_t{1} << 20;
// Beside what a snapshot is expected to need: for the log meanwhile.
constexpr std::uint64_t kSpareBytes = std::uint64_t{1} << 20;
// A reader that starts over each time a checkpoint deletes a file below it gets through in the end.
constexpr int kReadAttempts = 20;

std::string without_trailing_slash(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

Error system_refused(const std::string& path, const char* action) {
    return Error(Errc::io, path + ": cannot " + action + ": " + std::strerror(errno));
}

}  // namespace

DataDirectory::DataDirectory(std::string path, DataDirectoryOptions options)
    : path_(without_trailing_slash(std::move(path))),
      options_(std::move(options)),
      keep_logs_from_(options_.keep_logs_from) {
    shared_.replica = Replica(options_.ties);
}

DataDirectory::~DataDirectory() {
    if (!options_.read_only && log_ && !failed_) (void)flush();
}

Result<std::unique_ptr<DataDirectory>> DataDirectory::open(const std::string& path,
                                                           DataDirectoryOptions options) {
    std::unique_ptr<DataDirectory> directory(new DataDirectory(path, std::move(options)));
    if (!directory->options_.read_only) TOPGUN_TRY(directory->take_lock());
    TOPGUN_TRY(directory->recover());
    return directory;
}

Status DataDirectory::step(std::string_view what) const {
    return options_.before_step ? options_.before_step(what) : Status();
}

Status DataDirectory::take_lock() {
    auto listing = list_directory(path_);
    if (!listing && listing.error().code() != Errc::not_found) return std::move(listing).error();
    if (!listing) {
        TOPGUN_TRY(step("create-directory"));
        TOPGUN_TRY(create_directory(path_));
    } else if (!listing->holds_state() && !listing->locked_before && !listing->foreign.empty()) {
        return Error(Errc::usage, path_ + ": holds other files, such as '" + listing->foreign +
                                      "', and no snapshot or log; choose a new or empty folder");
    }
    first_writer_ = !listing || !listing->locked_before;
    TOPGUN_TRY(step("lock"));
    auto lock = FileLock::acquire(file(kLockName));
    if (!lock) return std::move(lock).error();
    lock_.emplace(std::move(*lock));
    return {};
}

Status DataDirectory::recover() {
    for (int attempt = 1;; ++attempt) {
        auto listing = list_directory(path_);
        if (!listing) return std::move(listing).error();
        // The lock file may be our own.
        if (first_writer_) listing->locked_before = false;
        if (!listing->holds_state() && !listing->locked_before && options_.read_only) {
            return Error(Errc::not_found,
                         path_ +
                             ": not a data directory: it holds no snapshot-*.tgs and "
                             "no log-*.tgl");
        }
        auto recovered = storage::recover(path_, *listing, options_.on_damage, shared_.replica);
        if (!recovered && recovered.error().code() == Errc::not_found && options_.read_only &&
            attempt < kReadAttempts) {
            shared_.replica = Replica(options_.ties);
            continue;
        }
        if (!recovered) return std::move(recovered).error();
        recovery_ = std::move(recovered->report);
        largest_ = std::move(recovered->largest);
        damaged_ = std::move(recovered->damaged);
        if (options_.read_only) return {};
        for (const auto& name : listing->temporaries) TOPGUN_TRY(drop(name));
        const bool holds_all = recovery_.damage.empty() && recovery_.passed_over.empty();
        if (recovery_.snapshot && recovery_.ops == 0 && holds_all) covered_ = 0;
        next_number_ = listing->greatest();
        TOPGUN_TRY(cut_torn(recovered->logs));
        TOPGUN_TRY(start_writing(recovered->logs));
        // A checkpoint may have been interrupted while it deleted what it covers.
        if (recovery_.snapshot && holds_all) return drop_covered(*recovery_.snapshot);
        return {};
    }
}

Status DataDirectory::cut_torn(const std::vector<ReplayedLog>& logs) {
    for (const auto& log : logs) {
        if (!log.torn) continue;
        TOPGUN_TRY(step("cut-log"));
        auto torn = AppendFile::open(file(log_name(log.number)));
        if (!torn) return std::move(torn).error();
        TOPGUN_TRY(torn->truncate(log.bytes));
    }
    return {};
}

// Continues the newest log, or starts the next one. Expects the greatest number in use in
// next_number_; numbers go on without a gap, which a later recovery would take for a lost log.
Status DataDirectory::start_writing(const std::vector<ReplayedLog>& logs) {
    const auto newest = std::max_element(
        logs.begin(), logs.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
    for (const auto& log : logs) log_bytes_ += log.bytes;
    const bool is_last = newest != logs.end() && newest->number == next_number_;
    if (is_last && !newest->damaged && newest->bytes > 0 && newest->bytes < kContinueBelow) {
        auto log = AppendFile::open(file(log_name(newest->number)));
        if (!log) return std::move(log).error();
        log_.emplace(std::move(*log));
        synced_ = log_->size();
        number_ = newest->number;
    } else {
        const auto number = is_last ? next_number_ + 1 : std::max<std::uint64_t>(next_number_, 1);
        TOPGUN_TRY(start_log(number));
    }
    next_number_ = number_ + 1;
    return {};
}

// The header is complete before the file has its name, so a log is never without one.
Status DataDirectory::start_log(std::uint64_t number) {
    const auto path = file(log_name(number));
    const auto& time = options_.time != nullptr ? *options_.time : system_time();
    Bytes header;
    append_log_header({kLogVersion, time.now_ms(), options_.node}, header);
    TOPGUN_TRY(step("create-log"));
    auto fresh = AtomicFile::create(path);
    if (!fresh) return std::move(fresh).error();
    TOPGUN_TRY(fresh->write(header));
    TOPGUN_TRY(fresh->commit());
    auto log = AppendFile::open(path);
    if (!log) return std::move(log).error();
    log_.emplace(std::move(*log));
    synced_ = header.size();
    log_bytes_ += synced_;
    number_ = number;
    return {};
}

Status DataDirectory::check_writable() const {
    if (options_.read_only) return Error(Errc::usage, path_ + ": opened for reading only");
    if (failed_) {
        return Error(Errc::io, path_ +
                                   ": an earlier write failed, so nothing can be made durable; "
                                   "open the folder anew");
    }
    return {};
}

Result<StoreReport> DataDirectory::append(std::span<const Op> ops) {
    TOPGUN_TRY(check_writable());
    StoreReport report;
    report.outcomes.reserve(ops.size());
    for (std::size_t first = 0; first == 0 || first < ops.size(); first += kOpsAtOnce) {
        const LoggedOps batch(ops.subspan(first, std::min(kOpsAtOnce, ops.size() - first)));
        bool much = false;
        {
            const std::lock_guard lock(shared_.mutex);
            merge(batch, report);
            much = pending_.size() >= kWriteAt;
        }
        if (much) {
            const std::lock_guard flushing(flush_mutex_);
            TOPGUN_TRY(write_out(false));
        }
    }
    if (options_.sync == SyncPolicy::always) TOPGUN_TRY(flush());
    return report;
}

// @pre shared_.mutex is held.
void DataDirectory::merge(const LoggedOps& batch, StoreReport& report) {
    std::vector<Merged> merged;
    for (std::size_t at = 0; at < batch.size();) {
        merged.clear();
        const auto run = batch.run(at);
        auto status = shared_.replica.apply(run, nullptr, &merged);
        note_merged(batch, at, run, merged, report);
        at += merged.size();
        if (!status) {
            report.refuse(std::move(status).error());
            ++at;
        } else if (at < batch.size()) {
            report.refuse(batch.refusal(at)->clone());
            ++at;
        }
    }
    report.sequence = appended_;
}

// Queues the frames of those that changed something, neighbours in one piece.
void DataDirectory::note_merged(const LoggedOps& batch, std::size_t first, std::span<const Op> ops,
                                std::span<const Merged> merged, StoreReport& report) {
    const Stamp* largest = nullptr;
    std::size_t unqueued = 0;
    const auto queue_up_to = [&](std::size_t end) {
        if (end > unqueued) pending_.append(batch.frames(first + unqueued, first + end));
        unqueued = end + 1;
    };
    for (std::size_t i = 0; i < merged.size(); ++i) {
        const auto outcome = outcome_of(merged[i]);
        report.outcomes.push_back(outcome);
        if (!changed_state(outcome)) {
            queue_up_to(i);
            continue;
        }
        ++appended_;
        if (largest == nullptr || *largest < ops[i].stamp) largest = &ops[i].stamp;
    }
    queue_up_to(merged.size());
    if (largest != nullptr) raise(largest_, *largest);
}

// Writes all pending frames, and syncs when asked to. @pre flush_mutex_ is held.
Status DataDirectory::write_out(bool sync) {
    TOPGUN_TRY(check_writable());
    std::uint64_t target = 0;
    auto written = try_write_out(sync, target);
    // What is in the file now is not known; a second sync could report success for lost pages.
    if (!written) {
        failed_ = true;
    } else if (sync) {
        durable_ = target;
        synced_ = log_->size();
    }
    return written;
}

Status DataDirectory::try_write_out(bool sync, std::uint64_t& target) {
    {
        const std::lock_guard lock(shared_.mutex);
        writing_.swap(pending_);
        target = appended_;
    }
    if (!writing_.empty()) {
        TOPGUN_TRY(step("write-log"));
        TOPGUN_TRY(log_->write(writing_));
        log_bytes_ += writing_.size();
        writing_.clear();
    }
    if (!sync || options_.sync == SyncPolicy::never) return {};
    TOPGUN_TRY(step("sync-log"));
    return log_->sync();
}

Status DataDirectory::flush() {
    TOPGUN_TRY(check_writable());
    std::uint64_t wanted = 0;
    {
        const std::shared_lock lock(shared_.mutex);
        wanted = appended_;
    }
    const std::lock_guard flushing(flush_mutex_);
    if (durable_ >= wanted) return check_writable();
    return write_out(true);
}

Result<CheckpointReport> DataDirectory::checkpoint() {
    TOPGUN_TRY(check_writable());
    const std::lock_guard lock(checkpoint_mutex_);
    return checkpoint_locked(false);
}

// A snapshot that fills the disk would take the room that the log needs, and then nothing can be
// stored any more. It is about as large as the one before it and the logs, which are not
// compressed.
Status DataDirectory::check_room() const {
    auto listing = list_directory(path_);
    if (!listing) return std::move(listing).error();
    std::error_code error;
    std::uint64_t needed = log_bytes_;
    if (!listing->snapshots.empty()) {
        const auto size =
            std::filesystem::file_size(file(snapshot_name(listing->snapshots.back())), error);
        if (!error) needed += size;
    }
    needed += needed / 8 + kSpareBytes;
    const auto free = options_.free_bytes ? options_.free_bytes()
                                          : std::filesystem::space(path_, error).available;
    if (error || free >= needed) return {};
    return Error(Errc::io, path_ + ": no snapshot was written: it may need " +
                               std::to_string(needed) + " bytes, and " + std::to_string(free) +
                               " are free; everything is in the logs");
}

Result<CheckpointReport> DataDirectory::checkpoint_locked(bool always) {
    CheckpointReport report;
    std::uint64_t covers = 0;
    {
        const std::lock_guard flushing(flush_mutex_);
        {
            const std::shared_lock lock(shared_.mutex);
            covers = appended_;
        }
        if (!always && covered_ == covers) {
            report.number = number_;
            return report;
        }
        TOPGUN_TRY(check_room());
        TOPGUN_TRY(write_out(true));
        TOPGUN_TRY(start_log(next_number_));
        report.number = next_number_++;
    }
    // Whatever the older logs hold was merged before they were closed, so the snapshot has it.
    TOPGUN_TRY(step("write-snapshot"));
    auto info = write_snapshot(*state(), file(snapshot_name(report.number)), options_.snapshot);
    if (!info) return std::move(info).error().within("checkpoint");
    report.info = *info;
    report.written = true;
    ++checkpoints_;
    TOPGUN_TRY(drop_covered(report.number));
    const std::lock_guard flushing(flush_mutex_);
    covered_ = covers;
    log_bytes_ = log_->size();
    return report;
}

LogEnd DataDirectory::durable_end() const {
    const std::lock_guard flushing(flush_mutex_);
    return {{number_, synced_}, durable_};
}

// Older snapshots go first: one without its logs would look like a state to begin with
// (TG-DIR-002).
Status DataDirectory::drop_covered(std::uint64_t number) {
    auto listing = list_directory(path_);
    if (!listing) return std::move(listing).error();
    bool any = false;
    for (const auto old : listing->snapshots) {
        if (old >= number) break;
        TOPGUN_TRY(drop(snapshot_name(old)));
        any = true;
    }
    for (const auto old : listing->logs) {
        if (old >= std::min<std::uint64_t>(number, keep_logs_from_)) break;
        TOPGUN_TRY(drop(log_name(old)));
        any = true;
    }
    if (!any) return {};
    TOPGUN_TRY(step("sync-directory"));
    return sync_directory(path_);
}

Status DataDirectory::drop(const std::string& name) {
    TOPGUN_TRY(step("drop-file"));
    const auto path = file(name);
    if (std::find(damaged_.begin(), damaged_.end(), name) != damaged_.end()) {
        const auto aside = path + kDamagedSuffix;
        return std::rename(path.c_str(), aside.c_str()) == 0
                   ? Status()
                   : Status(system_refused(path, "rename"));
    }
    return std::remove(path.c_str()) == 0 ? Status() : Status(system_refused(path, "delete"));
}

Result<std::uint64_t> DataDirectory::prune(const Timestamp& before) {
    TOPGUN_TRY(check_writable());
    const std::lock_guard lock(checkpoint_mutex_);
    const std::uint64_t dropped = prune_tombstones(shared_, before.view());
    if (dropped == 0) return dropped;
    auto written = checkpoint_locked(true);
    if (!written) return std::move(written).error();
    return dropped;
}

Timestamp DataDirectory::largest_stamp() const {
    const std::shared_lock lock(shared_.mutex);
    return largest_;
}

DataDirectoryStats DataDirectory::stats() const {
    DataDirectoryStats out;
    {
        const std::shared_lock lock(shared_.mutex);
        out.appended = appended_;
    }
    out.number = number_;
    out.log_bytes = log_bytes_;
    out.durable = durable_;
    out.checkpoints = checkpoints_;
    out.failed = failed_;
    return out;
}

}  // namespace topgun
