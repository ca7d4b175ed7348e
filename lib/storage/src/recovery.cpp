// SPDX-License-Identifier: Apache-2.0
#include "recovery.hpp"

#include <algorithm>
#include <iterator>

#include "topgun/base/file.hpp"

namespace topgun::storage {
namespace {

constexpr std::size_t kOpsAtOnce = 4096;

class Recovery {
public:
    Recovery(const std::string& path, const DirectoryListing& listing, Replica& replica)
        : path_(path), listing_(listing), replica_(replica) {}

    Status run() {
        TOPGUN_TRY(load_newest_snapshot());
        const auto first = out_.report.snapshot.value_or(0);
        for (const auto number : listing_.logs) {
            if (number >= first) TOPGUN_TRY(replay(number));
        }
        find_gaps(first);
        // An unreadable snapshot matters only when the rest does not make up for it. Then every
        // sound block of it is worth having, and so is every log.
        if (unreadable_.empty() || out_.report.damage.empty()) return {};
        for (const auto number : unreadable_) TOPGUN_TRY(salvage(number));
        for (const auto number : listing_.logs) {
            if (number < first) TOPGUN_TRY(replay(number));
        }
        return {};
    }

    Recovered take() { return std::move(out_); }

private:
    std::string file(const std::string& name) const { return path_ + "/" + name; }

    Status load_newest_snapshot() {
        for (auto at = listing_.snapshots.rbegin(); at != listing_.snapshots.rend(); ++at) {
            const auto name = snapshot_name(*at);
            auto loaded = load(name, SnapshotOpen::strict);
            if (loaded) {
                out_.report.snapshot = *at;
                return {};
            }
            // Anything but damage may be gone at the next try: nothing older may stand in then.
            if (loaded.error().code() != Errc::bad_input) return std::move(loaded).error();
            out_.report.passed_over.push_back(name + ": " + loaded.error().text());
            out_.damaged.push_back(name);
            unreadable_.push_back(*at);
        }
        return {};
    }

    // Rows of a snapshot that turns out to be damaged stay: they are as good as any.
    Status load(const std::string& name, SnapshotOpen mode) {
        auto snapshot = SnapshotReader::open(file(name), mode);
        if (!snapshot) return std::move(snapshot).error();
        for (const auto& damage : (*snapshot)->damage()) {
            out_.report.damage.push_back(name + ": " + damage.text());
        }
        const auto& state = **snapshot;
        for (const auto& id : state.maps()) {
            auto removed = state.removed_tags(id);
            if (!removed) return std::move(removed).error();
            TOPGUN_TRY(merge_rows(id, **removed));
            auto rows = state.StateReader::rows(id);
            if (!rows) return std::move(rows).error();
            TOPGUN_TRY(merge_rows(id, **rows));
        }
        return {};
    }

    Status merge_rows(const MapId& id, RowCursor& cursor) {
        std::vector<Op> ops;
        for (;;) {
            auto rows = cursor.next();
            if (!rows) return std::move(rows).error();
            if (rows->empty()) return {};
            ops.clear();
            for (const auto& row : *rows) ops.push_back(row_op(id, row));
            TOPGUN_TRY(replica_.apply(ops));
            for (const auto& op : ops) raise(out_.largest, op.stamp);
            out_.report.rows += ops.size();
        }
    }

    Status salvage(std::uint64_t number) {
        const auto name = snapshot_name(number);
        auto loaded = load(name, SnapshotOpen::salvage);
        if (loaded || loaded.error().code() != Errc::bad_input) return loaded;
        out_.report.damage.push_back(name + ": " + loaded.error().text());
        return {};
    }

    Status replay(std::uint64_t number) {
        const auto name = log_name(number);
        auto bytes = read_file(file(name));
        if (!bytes) return std::move(bytes).error();
        ReplayedLog log{number, bytes->size(), false, false};
        auto reader = bytes->empty()
                          ? Result<LogReader>(Error(Errc::bad_input, std::string(kEmptyLog)))
                          : LogReader::open(*bytes);
        if (reader) {
            merge_ops(name, *reader);
            note_damage(name, *reader, log);
            ++out_.report.logs;
        } else if (reader.error().code() == Errc::bad_input) {
            log.damaged = true;
            out_.report.damage.push_back(name + ": " + reader.error().text());
        } else {
            return std::move(reader).error().within(file(name));
        }
        if (log.damaged) out_.damaged.push_back(name);
        out_.logs.push_back(log);
        return {};
    }

    void merge_ops(const std::string& name, LogReader& reader) {
        wire::OpBatch batch;
        for (bool more = true; more; batch.reset()) {
            more = reader.next(batch, kOpsAtOnce);
            const std::span<const Op> ops = batch.ops();
            // All at once is faster; one by one, which repeats nothing, tells which op is refused.
            if (!replica_.apply(ops)) merge_singly(name, ops);
            for (const auto& op : ops) raise(out_.largest, op.stamp);
            out_.report.ops += ops.size();
        }
    }

    void merge_singly(const std::string& name, std::span<const Op> ops) {
        for (const auto& op : ops) {
            auto merged = replica_.apply(op);
            if (!merged) out_.report.damage.push_back(name + ": " + merged.error().text());
        }
    }

    void note_damage(const std::string& name, const LogReader& reader, ReplayedLog& log) {
        for (const auto& damage : reader.damage()) {
            if (damage.left_by_crash(log.number == listing_.logs.back())) {
                log.torn = true;
                log.bytes = damage.offset;
                out_.report.torn_bytes += damage.length;
            } else {
                log.damaged = true;
                out_.report.damage.push_back(name + ": " + damage.text());
            }
        }
    }

    void find_gaps(std::uint64_t first) {
        auto& damage = out_.report.damage;
        auto missing = missing_logs(listing_, first);
        damage.insert(damage.end(), std::make_move_iterator(missing.named.begin()),
                      std::make_move_iterator(missing.named.end()));
        // A snapshot is made only after its log, so an unreadable one tells what was there below
        // it.
        if (!unreadable_.empty() && missing.next < unreadable_.front()) {
            damage.push_back(log_name(missing.next) + ": missing, and " +
                             snapshot_name(unreadable_.front()) + " cannot be read");
        }
    }

    const std::string& path_;
    const DirectoryListing& listing_;
    Replica& replica_;
    Recovered out_;
    std::vector<std::uint64_t> unreadable_;  // descending
};

}  // namespace

Result<Recovered> recover(const std::string& path, const DirectoryListing& listing,
                          OnDamage on_damage, Replica& replica) {
    Recovery recovery(path, listing, replica);
    TOPGUN_TRY(recovery.run());
    auto out = recovery.take();
    if (on_damage == OnDamage::refuse && !out.report.damage.empty()) {
        return Error(Errc::bad_input, path + ": " + out.report.damage.front() +
                                          (out.report.damage.size() > 1 ? " (and more)" : ""));
    }
    return out;
}

}  // namespace topgun::storage
