// SPDX-License-Identifier: Apache-2.0
#include "export_reader.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "topgun/storage/snapshot.hpp"

namespace topgun::pg {
namespace {

constexpr unsigned kMostAttempts = 5;
constexpr std::chrono::milliseconds kFirstWait{200}, kPoll{50};
// How much may come in between two looks at the memory in use.
constexpr std::uint64_t kBytesBetweenChecks = std::uint64_t{1} << 20;
// A part is sorted and written while it is still in memory.
constexpr std::uint64_t kWritingShare = 4;

}  // namespace

Result<std::unique_ptr<Connection>> open_session(const ExportOptions& options,
                                                 std::function<bool()> stop,
                                                 const std::string& snapshot) {
    ConnectOptions connecting;
    connecting.target = split_table_url(options.url).url;
    connecting.read_only = true;
    connecting.application = "topgun-cli pg export";
    connecting.stop = std::move(stop);
    auto connection = Connection::open(std::move(connecting));
    if (!connection) return std::move(connection).error();
    TOPGUN_TRY((*connection)->run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    if (snapshot.empty()) return connection;
    auto status = (*connection)->run("SET TRANSACTION SNAPSHOT '" + snapshot + "'");
    if (status) return connection;
    return Error(Errc::unreachable, std::move(status).error().text())
        .within("the session that keeps the moment of this export is lost");
}

UnitReader::UnitReader(ReadingShare& share)
    : share_(share),
      memory_max_(share.options.memory / std::max(1u, share.options.jobs) / kWritingShare *
                  (kWritingShare - 1)) {}

Status UnitReader::run() {
    auto status = read_units();
    if (!status) share_.failed = true;
    connection_.reset();
    return status;
}

Status UnitReader::read_units() {
    for (;;) {
        if (share_.stopping()) return Error(Errc::cancelled, "stopped");
        const auto unit = share_.next_unit++;
        if (unit >= share_.since.size()) return {};
        TOPGUN_TRY(read_unit(unit));
        // What is beside the table is read whole at every moment.
        if (unit < share_.plan.units()) part_.units.push_back(unit);
        // A part that has begun to leave memory is finished with the unit.
        if (full() || !part_.files.empty()) TOPGUN_TRY(finish_part());
    }
}

Status UnitReader::read_unit(std::uint64_t unit) {
    told_ = 0;
    for (unsigned attempt = 1;; ++attempt) {
        maptable::ReadReport read;
        auto status = read_once(unit, read);
        if (status) {
            rows_read_ += read.rows;
            part_.read.add(read);
            return {};
        }
        if (attempt == kMostAttempts || !may_try_again(status.error())) return status;
        if (share_.options.note) {
            share_.options.note("a connection is lost, and its rows are read again: " +
                                status.error().text());
        }
        connection_.reset();
        TOPGUN_TRY(wait_before(attempt));
    }
}

bool UnitReader::may_try_again(const Error& error) const {
    if (error.code() != Errc::unreachable || share_.stopping()) return false;
    return connection_ ? connection_->failure().lost() : was_connected_;
}

Status UnitReader::wait_before(unsigned attempt) const {
    for (auto left = kFirstWait * (1 << attempt); left.count() > 0; left -= kPoll) {
        if (share_.stopping()) return Error(Errc::cancelled, "stopped");
        std::this_thread::sleep_for(kPoll);
    }
    return {};
}

Status UnitReader::connect() {
    auto connection = open_session(
        share_.options, [this] { return share_.stopping(); }, share_.snapshot);
    if (!connection) return std::move(connection).error();
    connection_ = std::move(*connection);
    was_connected_ = true;
    return {};
}

// Ops that an earlier attempt has taken change nothing when they come again.
Status UnitReader::read_once(std::uint64_t unit, maptable::ReadReport& read) {
    if (!connection_) TOPGUN_TRY(connect());
    TableReadOptions reading;
    reading.maps = share_.options.maps;
    // The last one is what has no blocks of its own.
    const bool beside = unit == share_.plan.units();
    reading.part = beside ? TablePart::beside : TablePart::rows;
    if (!beside) reading.where = share_.plan.condition(unit, 1, share_.since[unit]);
    reading.keep_going = share_.options.keep_going;
    std::uint64_t seen = 0;
    reading.progress = [&](std::uint64_t rows) -> Status {
        if (share_.stopping()) return Error(Errc::cancelled, "stopped");
        seen += rows;
        if (seen > told_ && share_.options.progress) share_.options.progress(seen - told_);
        told_ = std::max(told_, seen);
        return {};
    };
    return read_map_table(
        *connection_, share_.table, reading, [this](const Op& op) { return take(op); }, read);
}

Status UnitReader::take(const Op& op) {
    TOPGUN_TRY(rows_.take(op));
    bytes_unchecked_ += op.key.size() + op.value.size();
    if (bytes_unchecked_ < kBytesBetweenChecks) return {};
    bytes_unchecked_ = 0;
    return full() ? spill() : Status();
}

Status UnitReader::spill() {
    if (rows_.empty()) return {};
    auto file = share_.parts.new_file();
    if (!file) return std::move(file).error();
    SnapshotOptions writing;
    writing.threads = 0;
    auto written = write_snapshot(*rows_.take_state(), share_.parts.path_of(*file), writing);
    if (!written) return std::move(written).error();
    part_.files.push_back(std::move(*file));
    return {};
}

Status UnitReader::finish_part() {
    TOPGUN_TRY(spill());
    if (part_.files.empty()) return {};
    part_.tally = rows_.tally();
    rows_ = {};
    return share_.parts.add(std::exchange(part_, {}));
}

}  // namespace topgun::pg
