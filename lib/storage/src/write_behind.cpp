// SPDX-License-Identifier: Apache-2.0
#include "topgun/storage/write_behind.hpp"

#include <algorithm>
#include <chrono>

namespace topgun {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Milliseconds of a clock that never steps, which is all that intervals need.
class SteadyTime final : public TimeSource {
public:
    std::uint64_t now_ms() const override {
        const auto since = steady_clock::now().time_since_epoch();
        return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(since).count());
    }
};

const TimeSource& steady_time() {
    static const SteadyTime time;
    return time;
}

// Capped, because a wait beyond the clock's range would end at once.
milliseconds wait_of(std::uint64_t ms) {
    constexpr std::uint64_t kHour = 3'600'000;
    return milliseconds(std::min(ms, kHour));
}

// What Replica::apply() would refuse must not be queued: it would be refused when nobody waits.
Status check_op(const Op& op) {
    const auto kind = map_kind_of(op.kind);
    if (kind == MapKind::or_map && op.tag.empty()) {
        return Error(Errc::bad_input, "op on OR-Map '" + std::string(op.map) + "': has no tag");
    }
    double positive = 0, negative = 0;
    if (kind == MapKind::counter && !decode_counter_entry(op.value, positive, negative)) {
        return Error(Errc::bad_input,
                     "op on counter '" + std::string(op.map) +
                         "': expected two counts that are finite and not negative");
    }
    return {};
}

Row row_of(const Op& op) {
    Row row;
    row.removed = op.kind == OpKind::or_remove;
    row.tag = op.tag;
    if (row.removed) return row;
    row.key = op.key;
    row.key_hash = fnv1a(op.key);
    row.stamp = op.stamp;
    row.ttl_ms = op.ttl_ms;
    row.value = op.value;
    return row;
}

}  // namespace

WriteBehindStorage::WriteBehindStorage(std::unique_ptr<ServerStorage> inner,
                                       WriteBehindOptions options)
    : inner_(std::move(inner)),
      options_(options),
      time_(options.time != nullptr ? *options.time : steady_time()),
      queue_(options.limits) {
    if (options_.background) thread_ = std::thread([this] { run(); });
}

WriteBehindStorage::~WriteBehindStorage() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = stopping_ = true;
    }
    work_.notify_all();
    done_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void WriteBehindStorage::listen(DurabilityListener* listener) {
    const std::lock_guard announcing(announce_mutex_);
    listener_ = listener;
}

std::uint64_t WriteBehindStorage::durable() const {
    const std::lock_guard lock(mutex_);
    return queue_.resolved();
}

Result<StoreReport> WriteBehindStorage::store(std::span<const Op> ops) {
    StoreReport report;
    std::vector<Op> sound;
    for (const auto& op : ops) {
        if (auto checked = check_op(op); !checked) {
            report.refuse(std::move(checked).error());
            continue;
        }
        report.outcomes.push_back(OpOutcome::queued);
        if (!report.refusals.empty()) sound.push_back(op);
    }
    // Copied only once something had to be left out; then what came before it is missing still.
    if (!report.refusals.empty()) {
        const auto before = static_cast<std::ptrdiff_t>(report.refusals.front().index);
        sound.insert(sound.begin(), ops.begin(), ops.begin() + before);
    }
    const auto taken = report.refusals.empty() ? ops : std::span<const Op>(sound);

    std::unique_lock lock(mutex_);
    if (queue_.too_large(taken)) {
        return Error(Errc::limit, "write-behind: " + std::to_string(taken.size()) +
                                      " ops at once are more than the queue may hold");
    }
    const auto ready = [&] { return closing_ || queue_.has_room(taken); };
    if (!options_.background && !ready()) return refused_text();
    if (!done_.wait_for(lock, wait_of(options_.room_wait_ms), ready)) return refused_text();
    if (closing_) return Error(Errc::usage, "write-behind: closed");
    report.sequence = queue_.add(taken, time_.now_ms());
    work_.notify_one();
    return report;
}

Error WriteBehindStorage::refused_text() const {
    std::string why =
        "write-behind: the queue is full (" + std::to_string(queue_.size()) + " records)";
    if (!last_error_.empty()) why += "; last error: " + last_error_;
    return Error(Errc::limit, std::move(why));
}

WriteBehindStorage::Pace WriteBehindStorage::pace() const {
    if (flush_to_ > queue_.resolved()) return Pace::immediate;
    return closing_ ? Pace::draining : Pace::normal;
}

void WriteBehindStorage::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const auto now = time_.now_ms();
        if (queue_.due(now, pace())) {
            (void)write_batch(lock);
        } else if (const auto in = queue_.due_in(now, pace())) {
            work_.wait_for(lock, wait_of(*in));
        } else {
            work_.wait(lock);
        }
    }
}

bool WriteBehindStorage::step() {
    std::unique_lock lock(mutex_);
    return queue_.due(time_.now_ms(), pace()) && write_batch(lock);
}

std::optional<std::uint64_t> WriteBehindStorage::due_in() const {
    const std::lock_guard lock(mutex_);
    return queue_.due_in(time_.now_ms(), pace());
}

// Lets go of the lock while it writes. The batch's ops stay where they are meanwhile.
bool WriteBehindStorage::write_batch(std::unique_lock<std::mutex>& lock) {
    const auto batch = queue_.take();
    lock.unlock();
    const auto written = write(batch);
    lock.lock();
    if (written) {
        queue_.complete();
        last_error_.clear();
    } else {
        queue_.give_back(time_.now_ms());
        ++failures_;
        last_error_ = written.error().text();
        flush_to_ = 0;  // who waits is told; the next attempt comes after the backoff
    }
    done_.notify_all();
    lock.unlock();
    announce(written);
    lock.lock();
    return written.has_value();
}

Status WriteBehindStorage::write(const std::vector<Op>& batch) {
    auto report = inner_->store(batch);
    if (!report) return std::move(report).error();
    TOPGUN_TRY(inner_->flush());
    const std::lock_guard announcing(announce_mutex_);
    if (listener_ == nullptr) return {};
    for (const auto& refusal : report->refusals) {
        listener_->on_refused(batch[refusal.index], refusal.error);
    }
    return {};
}

void WriteBehindStorage::announce(const Status& status) {
    const std::lock_guard announcing(announce_mutex_);
    if (listener_ == nullptr) return;
    if (!status) {
        listener_->on_failed(status.error());
    } else if (const auto now = durable(); now > announced_) {
        announced_ = now;
        listener_->on_durable(now);
    }
}

Status WriteBehindStorage::flush() {
    std::unique_lock lock(mutex_);
    const auto wanted = queue_.last_sequence();
    const auto failures = failures_;
    while (queue_.resolved() < wanted) {
        if (failures_ != failures || stopping_) {
            return Error(Errc::io, "write-behind: " + last_error_);
        }
        flush_to_ = std::max(flush_to_, wanted);
        if (options_.background || queue_.batch_is_out()) {
            work_.notify_one();
            done_.wait(lock);
        } else {
            (void)write_batch(lock);
        }
    }
    return {};
}

Status WriteBehindStorage::checkpoint() {
    TOPGUN_TRY(flush());
    return inner_->checkpoint();
}

Result<std::uint64_t> WriteBehindStorage::prune(const Timestamp& before) {
    return inner_->prune(before);
}

Status WriteBehindStorage::load(const std::vector<MapId>& only, const RowVisitor& visit) {
    // What waits is looked up first: written in between, it would be in neither place.
    const auto waiting = pending();
    TOPGUN_TRY(inner_->load(only, visit));
    for (const auto& owned : waiting) {
        const auto op = owned.view();
        const MapId map{owned.map, map_kind_of(owned.kind)};
        if (!only.empty() && !std::binary_search(only.begin(), only.end(), map)) continue;
        TOPGUN_TRY(visit(map, row_of(op)));
    }
    return {};
}

Status WriteBehindStorage::close(std::uint64_t within_ms) {
    const auto deadline = steady_clock::now() + wait_of(within_ms);
    std::size_t left = 0;
    std::string why;
    {
        std::unique_lock lock(mutex_);
        closing_ = true;
        work_.notify_all();
        done_.notify_all();
        const auto empty = [this] { return queue_.size() == 0; };
        if (options_.background) {
            (void)done_.wait_until(lock, deadline, empty);
        } else {
            while (!empty() && steady_clock::now() < deadline && write_batch(lock)) {
            }
        }
        stopping_ = true;
    }
    work_.notify_all();
    if (thread_.joinable()) thread_.join();
    {
        const std::lock_guard lock(mutex_);
        left = queue_.size();
        why = last_error_;
    }
    auto closed = inner_->close(within_ms);
    if (left == 0) return closed;
    return Error(Errc::limit, "write-behind: " + std::to_string(left) + " records are not written" +
                                  (why.empty() ? std::string() : ": " + why));
}

StorageStats WriteBehindStorage::stats() const {
    auto out = inner_->stats();
    const std::lock_guard lock(mutex_);
    out.sequence = queue_.last_sequence();
    out.durable = queue_.resolved();
    out.queued = queue_.size();
    out.coalesced = queue_.coalesced();
    out.failures = failures_;
    out.last_error = last_error_;
    return out;
}

std::vector<OwnedOp> WriteBehindStorage::pending() const {
    const std::lock_guard lock(mutex_);
    return queue_.pending();
}

}  // namespace topgun
