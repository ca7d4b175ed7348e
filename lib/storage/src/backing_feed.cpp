// SPDX-License-Identifier: Apache-2.0
#include "backing_feed.hpp"

#include <algorithm>
#include <utility>

#include "topgun/replica/visit.hpp"

namespace topgun::storage {
namespace {

// Of the state, merged at once. Many, because removed tags make the backing read their whole map.
constexpr std::size_t kRowsAtOnce = 50'000;
constexpr std::size_t kBytesAtOnce = std::size_t{16} << 20;
constexpr std::size_t kListedRefusals = 20;
constexpr std::uint64_t kNoLogs = ~std::uint64_t{0};

// Of a map: records, tombstones and removed tags.
std::uint64_t rows_of(const Replica::Map& map) {
    if (const auto* lww = std::get_if<LwwMap>(&map.crdt)) return lww->size();
    if (const auto* tagged = std::get_if<OrMap>(&map.crdt)) {
        return tagged->records() + tagged->tombstones();
    }
    return std::get<PnCounter>(map.crdt).entries().size();
}

}  // namespace

BackingFeed::BackingFeed(DataDirectory& directory, Backing& backing, std::uint64_t keep_log_bytes,
                         const std::atomic<bool>& cancelled)
    : directory_(directory),
      backing_(backing),
      keep_log_bytes_(keep_log_bytes),
      cancelled_(cancelled),
      tail_(directory.path()) {}

Status BackingFeed::begin(const std::optional<Watermark>& last) {
    auto identity = backing_.identity();
    if (!identity) return std::move(identity).error();
    identity_ = std::move(*identity);
    if (!last || last->database != identity_ || !go_on_at(last->place)) begin_anew();
    return {};
}

// Reads what the backing lacks once, to know how much it is. False when a part of it is gone.
bool BackingFeed::go_on_at(const LogPlace& place) {
    const auto end = directory_.durable_end();
    if (!bytes_between(directory_.path(), place, end.place)) return false;
    std::int64_t lacking = 0;
    for (auto at = place; at < end.place;) {
        const auto ops = tail_.next(at, end.place);
        if (!ops) return false;
        lacking += static_cast<std::int64_t>(ops->size());
    }
    place_ = place;
    const std::lock_guard lock(mutex_);
    delivered_ = static_cast<std::int64_t>(end.sequence) - lacking;
    return true;
}

void BackingFeed::begin_anew() {
    directory_.keep_logs_from(kNoLogs);
    count_state();
}

void BackingFeed::count_state() {
    const auto& shared = directory_.shared();
    std::uint64_t rows = 0;
    {
        const std::shared_lock lock(shared.mutex);
        for (const auto* map : shared.replica.maps()) rows += rows_of(*map);
    }
    const auto sequence = static_cast<std::int64_t>(directory_.stats().appended);
    const std::lock_guard lock(mutex_);
    everything_ = true;
    rows_left_ = rows;
    delivered_ = sequence;
}

Status BackingFeed::send() {
    auto status = send_new();
    if (!status) bound_logs();
    const std::lock_guard lock(mutex_);
    counts_.last_error.clear();
    if (status) {
        counts_.failing = 0;
    } else {
        ++counts_.failures;
        ++counts_.failing;
        counts_.last_error = status.error().text();
    }
    return status;
}

Status BackingFeed::send_new() {
    const auto now = Clock::now();
    const auto end = directory_.durable_end();
    if (counts_.failing > 0) TOPGUN_TRY(check_identity());
    if (everything_) TOPGUN_TRY(send_state());
    while (place_ < end.place) TOPGUN_TRY(send_piece(end));
    const std::lock_guard lock(mutex_);
    complete_ = now;
    return {};
}

// Whoever was away may have come back as somebody else: a standby, or an older copy.
Status BackingFeed::check_identity() {
    auto identity = backing_.identity();
    if (!identity) return std::move(identity).error();
    if (*identity == identity_) return {};
    identity_ = std::move(*identity);
    begin_anew();
    return {};
}

Status BackingFeed::send_state() {
    // From here on no log is deleted that may hold what the reader below does not see.
    directory_.keep_logs_from(directory_.durable_end().place.log);
    const auto end = directory_.durable_end();
    count_state();
    std::vector<OwnedOp> rows;
    std::size_t bytes = 0;
    TOPGUN_TRY(visit_all_rows(*directory_.state(), [&](const MapId& map, const Row& row) -> Status {
        rows.emplace_back(row_op(map, row));
        bytes += row.key.size() + row.value.size() + row.tag.size();
        if (rows.size() < kRowsAtOnce && bytes < kBytesAtOnce) return {};
        bytes = 0;
        return send_rows(std::exchange(rows, {}));
    }));
    TOPGUN_TRY(send_rows(rows));
    TOPGUN_TRY(advance(end.place, static_cast<std::int64_t>(end.sequence)));
    const std::lock_guard lock(mutex_);
    everything_ = false;
    return {};
}

Status BackingFeed::send_rows(const std::vector<OwnedOp>& rows) {
    TOPGUN_TRY(check_cancelled());
    std::vector<Op> ops;
    ops.reserve(rows.size());
    for (const auto& row : rows) ops.push_back(row.view());
    TOPGUN_TRY(merge(ops));
    const std::lock_guard lock(mutex_);
    rows_left_ -= std::min<std::uint64_t>(rows_left_, ops.size());
    return {};
}

Status BackingFeed::send_piece(const LogEnd& end) {
    TOPGUN_TRY(check_cancelled());
    auto at = place_;
    auto ops = tail_.next(at, end.place);
    if (!ops) {
        const auto code = ops.error().code();
        if (code == Errc::not_found || code == Errc::bad_input) begin_anew();
        return std::move(ops).error();
    }
    if (!ops->empty()) TOPGUN_TRY(merge(*ops));
    return advance(at, delivered_ + static_cast<std::int64_t>(ops->size()));
}

Status BackingFeed::merge(std::span<const Op> ops) {
    auto refused = backing_.merge(ops);
    if (!refused) return std::move(refused).error();
    const std::lock_guard lock(mutex_);
    counts_.sent += ops.size();
    counts_.refused.count += refused->count;
    for (auto& reason : refused->reasons) {
        auto& listed = counts_.refused.reasons;
        if (listed.size() < kListedRefusals) listed.push_back(std::move(reason));
    }
    return {};
}

Status BackingFeed::advance(const LogPlace& place, std::int64_t delivered) {
    TOPGUN_TRY(write_watermark(directory_.path(), {identity_, place}));
    place_ = place;
    directory_.keep_logs_from(place.log);
    const std::lock_guard lock(mutex_);
    delivered_ = delivered;
    return {};
}

// The disk is not there for a backing that stays away.
void BackingFeed::bound_logs() {
    if (everything_) return;
    const auto bytes = bytes_between(directory_.path(), place_, directory_.durable_end().place);
    if (bytes && *bytes > keep_log_bytes_) begin_anew();
}

Status BackingFeed::check_cancelled() const {
    return cancelled_ ? Status(Error(Errc::cancelled, "stopped while it was sending")) : Status();
}

BackingStats BackingFeed::stats() const {
    const auto appended = static_cast<std::int64_t>(directory_.stats().appended);
    const std::lock_guard lock(mutex_);
    auto out = counts_;
    out.everything = everything_;
    out.pending = static_cast<std::uint64_t>(std::max<std::int64_t>(appended - delivered_, 0));
    if (everything_) out.pending += rows_left_;
    if (out.pending == 0 && !everything_) return out;
    using std::chrono::milliseconds;
    const auto lag = std::chrono::duration_cast<milliseconds>(Clock::now() - complete_);
    out.lag_ms = static_cast<std::uint64_t>(lag.count());
    return out;
}

}  // namespace topgun::storage
