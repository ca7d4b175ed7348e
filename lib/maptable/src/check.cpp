// SPDX-License-Identifier: Apache-2.0
#include "topgun/maptable/check.hpp"

#include <algorithm>

#include "check_record.hpp"
#include "check_reserved.hpp"
#include "topgun/serverfiles/record_form.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::maptable {
namespace {

using serverfiles::StoredRecord;

// The record of a key of which a row says these ops. What an op borrows is copied.
StoredRecord record_of(const std::vector<Op>& ops, bool or_map) {
    StoredRecord out;
    out.kind = or_map ? MapKind::or_map : MapKind::lww;
    for (const auto& op : ops) {
        if (op.kind == OpKind::or_remove) {
            out.removed_tags.emplace_back(op.tag);
        } else {
            out.entries.push_back(
                {Timestamp(op.stamp), std::string(op.tag), Bytes(op.value), op.ttl_ms});
        }
    }
    return out;
}

// No op can name such a record, and no removal.
bool has_empty_tag(const StoredRecord& record) {
    const auto none = [](const std::string& tag) { return tag.empty(); };
    return std::any_of(record.removed_tags.begin(), record.removed_tags.end(), none) ||
           (record.kind == MapKind::or_map &&
            std::any_of(record.entries.begin(), record.entries.end(),
                        [&](const auto& entry) { return none(entry.tag); }));
}

// What a replica copy says that its row does not.
bool is_newer(const StoredRecord& copy, const StoredRecord& row) {
    if (copy.kind != row.kind) return false;
    if (copy.kind == MapKind::lww) {
        return copy.entries.front().stamp > row.entries.front().stamp;
    }
    std::unordered_set<std::string_view> known(row.removed_tags.begin(), row.removed_tags.end());
    for (const auto& tag : copy.removed_tags) {
        if (!known.contains(tag)) return true;
    }
    for (const auto& entry : row.entries) known.insert(entry.tag);
    return std::any_of(copy.entries.begin(), copy.entries.end(),
                       [&](const auto& entry) { return !known.contains(entry.tag); });
}

}  // namespace

Result<StoredRecord> decode_row(Generation generation, const TableRow& row) {
    if (generation == Generation::bytea) {
        return serverfiles::decode_stored_record(row.value.value_or(BytesView()));
    }
    RowOps reader;
    TOPGUN_TRY(reader.read(generation, row));
    return record_of(reader.ops(), row.node == kOrMapNode);
}

bool is_beyond_limits(Generation generation, const TableRow& row) {
    // In the server's own form it is sound, only beyond what others read.
    if (generation == Generation::bytea) {
        return !serverfiles::find_departure(row.value.value_or(BytesView()));
    }
    const auto within = [](std::int64_t number, std::uint64_t most) {
        return number >= 0 && static_cast<std::uint64_t>(number) <= most;
    };
    return row.node != kOrMapNode &&
           (!within(row.millis, kMaxMillis) || !within(row.counter, kMaxCounter));
}

class TableChecker::Impl {
public:
    Impl(Generation generation, CheckOptions options, Found found, Checked checked)
        : generation_(generation),
          options_(std::move(options)),
          found_(std::move(found)),
          checked_(std::move(checked)) {}

    Status row(const TableRow& row) {
        if (!in_map_ || row.map != map_) {
            TOPGUN_TRY(finish());
            begin_map(row.map);
        }
        ++rows_;
        findings_.begin(row);
        auto record = decode(row);
        const auto* const decoded = record ? &*record : nullptr;
        check_place(row, decoded);
        if (generation_ == Generation::jsonb)
            check_jsonb(row, decoded);
        else
            check_bytea(row, decoded);
        if (decoded != nullptr && !row.is_backup) count_kind(row, *decoded);
        if (reserved_ && !row.is_backup) reserved_->row(row, decoded, findings_);
        TOPGUN_TRY(findings_.hand_on(found_));
        if (checked_) TOPGUN_TRY(checked_({row, decoded, findings_.problems(), removed_}));
        remember(row, std::move(record));
        return {};
    }

    Status unreadable(std::string_view map, std::string_view key, std::string what) {
        ++rows_;
        const auto problem =
            generation_ == Generation::jsonb ? Problem::no_record : Problem::undecodable;
        return found_({problem, map, key, false, std::move(what)});
    }

    Status finish() {
        if (!in_map_) return {};
        if (lww_rows_ > 0 && or_rows_ > 0) {
            const bool fewer_lww = lww_rows_ < or_rows_;
            TOPGUN_TRY(found_({Problem::mixed_kinds, map_, fewer_lww ? lww_key_ : or_key_, false,
                               std::to_string(lww_rows_) + " LWW rows beside " +
                                   std::to_string(or_rows_) + " of an OR-Map"}));
        }
        if (reserved_) TOPGUN_TRY(reserved_->finish(found_));
        in_map_ = false;
        return {};
    }

    std::uint64_t rows_ = 0, maps_ = 0;

private:
    void begin_map(std::string_view map) {
        map_ = map;
        in_map_ = true;
        ++maps_;
        lww_rows_ = or_rows_ = 0;
        removed_.clear();
        before_.reset();
        size_ = {};
        if (const auto known = options_.dimensions.find(map_); known != options_.dimensions.end()) {
            size_.dimension = known->second;
        }
        reserved_.reset();
        if (generation_ == Generation::bytea && is_servers_own(map)) reserved_.emplace(map);
    }

    std::optional<StoredRecord> decode(const TableRow& row) {
        auto record = decode_row(generation_, row);
        if (generation_ == Generation::bytea)
            check_form(row, record);
        else if (!record)
            add_unreadable_json(row, record.error());
        if (!record) return std::nullopt;
        return std::move(*record);
    }

    void check_form(const TableRow& row, const Result<StoredRecord>& record) {
        const auto bytes = row.value.value_or(BytesView());
        const auto departure = serverfiles::find_departure(bytes);
        if (!record) {
            findings_.add(departure ? Problem::undecodable : Problem::beyond_limits,
                          [&] { return record.error().text(); });
        } else if (departure) {
            findings_.add(departure->refused ? Problem::refused_form : Problem::other_form,
                          [&] { return departure->text(); });
        }
        if (record && has_empty_tag(*record)) {
            findings_.add(Problem::beyond_limits, [] { return "a tag without a character"; });
        }
        if (record && serverfiles::is_tombstones_only(bytes)) {
            findings_.add(Problem::tombstones_only, [&] {
                return std::to_string(record->removed_tags.size()) + " removed tags";
            });
        }
    }

    void add_unreadable_json(const TableRow& row, const Error& error) {
        const bool stamp = is_beyond_limits(generation_, row);
        findings_.add(stamp ? Problem::beyond_limits : Problem::no_record,
                      [&] { return error.text(); });
    }

    // Where the row stands among its neighbours.
    void check_place(const TableRow& row, const StoredRecord* record) {
        if (row.key.empty()) {
            findings_.add(Problem::empty_key, [] { return "a key of no length"; });
        }
        const bool same_key = before_ && before_->key == row.key;
        if (same_key && before_->is_backup == row.is_backup) {
            findings_.add(Problem::duplicate_row, [] { return "the key has several rows"; });
        }
        if (!row.is_backup) return;
        if (!same_key) {
            findings_.add(Problem::lone_backup, [] { return "no row has this key"; });
        } else if (record != nullptr && before_->record && is_newer(*record, *before_->record)) {
            findings_.add(Problem::newer_backup, [&] {
                if (record->kind == MapKind::or_map) {
                    return std::string("the copy has tags that the row lacks");
                }
                return "copy " + quoted(format_stamp(record->entries.front().stamp.view())) +
                       ", row " +
                       quoted(format_stamp(before_->record->entries.front().stamp.view()));
            });
        }
    }

    void check_jsonb(const TableRow& row, const StoredRecord* record) {
        const bool or_row = row.node == kOrMapNode;
        const bool null = !row.value || *row.value == "null";
        const bool deleted = row.deleted.value_or(false);
        if (or_row && deleted) {
            findings_.add(Problem::deleted_or_row, [] { return "is_deleted is true"; });
        } else if (!or_row && (deleted != null || !row.deleted)) {
            findings_.add(Problem::deleted_flag, [&] {
                return !row.deleted ? "is_deleted is NULL"
                       : deleted    ? "deleted, but with a value"
                                    : "without a value, but not deleted";
            });
        }
        if (record == nullptr) return;
        const bool tombstones = row.key == kTombstonesKey;
        const bool empty = record->entries.empty() && record->removed_tags.empty();
        const bool removals = !empty && record->entries.empty();
        if (!empty && tombstones != removals) {
            findings_.add(Problem::misplaced, [&] {
                return tombstones ? "records where removed tags belong"
                                  : "removed tags of the map under a key";
            });
        } else if (empty && !tombstones) {
            findings_.add(Problem::no_records, [] { return "an empty list of records"; });
        }
        check_record({generation_, options_, false}, *record, size_, findings_);
        for (const auto& entry : record->entries) {
            if (!or_row || !removed_.contains(entry.tag)) continue;
            findings_.add(Problem::removed_tag,
                          [&] { return "tag " + quoted(entry.tag) + " is removed in the map"; });
        }
        if (tombstones) removed_.insert(record->removed_tags.begin(), record->removed_tags.end());
    }

    void check_bytea(const TableRow& row, const StoredRecord* record) {
        if (record != nullptr) {
            check_record({generation_, options_, reserved_.has_value()}, *record, size_, findings_);
        }
        const auto now = static_cast<std::int64_t>(options_.now_ms);
        if (row.expiration < 0 || (row.expiration > 0 && row.expiration < kSecondsBelow)) {
            findings_.add(Problem::expiration_unit,
                          [&] { return "expiration_time " + std::to_string(row.expiration); });
        } else if (row.expiration > 0 && row.expiration < now) {
            findings_.add(Problem::expired, [&] {
                return "since " + format_utc(static_cast<std::uint64_t>(row.expiration));
            });
        }
        // Policies are written past the layer that knows the time.
        if (row.map != kPolicies && row.created_at && row.updated_at) check_times(row, now);
    }

    void check_times(const TableRow& row, std::int64_t now) {
        const auto drift = static_cast<std::int64_t>(options_.drift_ms);
        const auto created = *row.created_at, updated = *row.updated_at;
        const auto odd = [&](std::int64_t time) {
            return time <= 0              ? "is not set"
                   : time < kSecondsBelow ? "is in seconds"
                   : time - drift > now   ? "is ahead of the clock"
                                          : nullptr;
        };
        const auto say = [&](const char* what, const std::string& name) {
            if (what == nullptr) return;
            findings_.add(Problem::row_times, [&] { return name + " " + what; });
        };
        say(odd(created), "created_at " + std::to_string(created));
        say(odd(updated), "updated_at " + std::to_string(updated));
        // The row is inserted a while after the write that it is of.
        if (created - drift > updated) {
            say("is later than updated_at", "created_at " + std::to_string(created));
        }
    }

    void count_kind(const TableRow& row, const StoredRecord& record) {
        const bool or_map = record.kind == MapKind::or_map;
        auto& count = or_map ? or_rows_ : lww_rows_;
        if (count++ == 0) (or_map ? or_key_ : lww_key_) = row.key;
    }

    void remember(const TableRow& row, std::optional<StoredRecord> record) {
        // A key's backups stand behind its row, and are compared with that.
        if (row.is_backup && before_ && before_->key == row.key) {
            before_->is_backup = true;
            return;
        }
        if (!before_) before_.emplace();
        before_->key = row.key;
        before_->is_backup = row.is_backup;
        before_->record = std::move(record);
    }

    struct Before {
        std::string key;
        bool is_backup = false;
        std::optional<StoredRecord> record;
    };

    Generation generation_;
    CheckOptions options_;
    Found found_;
    Checked checked_;
    RowFindings findings_;

    bool in_map_ = false;
    std::string map_;
    std::uint64_t lww_rows_ = 0, or_rows_ = 0;
    std::string lww_key_, or_key_;
    std::unordered_set<std::string> removed_;
    std::optional<Before> before_;
    std::optional<ReservedMap> reserved_;
    MapSize size_;
};

TableChecker::TableChecker(Generation generation, CheckOptions options, Found found,
                           Checked checked)
    : impl_(std::make_unique<Impl>(generation, std::move(options), std::move(found),
                                   std::move(checked))) {}

TableChecker::~TableChecker() = default;

Status TableChecker::row(const TableRow& row) {
    return impl_->row(row);
}

Status TableChecker::unreadable(std::string_view map, std::string_view key, std::string what) {
    return impl_->unreadable(map, key, std::move(what));
}

Status TableChecker::finish() {
    return impl_->finish();
}

std::uint64_t TableChecker::rows() const noexcept {
    return impl_->rows_;
}

std::uint64_t TableChecker::maps() const noexcept {
    return impl_->maps_;
}

}  // namespace topgun::maptable
