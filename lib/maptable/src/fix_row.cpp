// SPDX-License-Identifier: Apache-2.0
#include "fix_row.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "check_record.hpp"
#include "check_reserved.hpp"
#include "sound_part.hpp"
#include "topgun/clock/timestamp.hpp"
#include "topgun/serverfiles/record_form.hpp"

namespace topgun::maptable {
namespace {

using serverfiles::StoredRecord;

class RowFixer {
public:
    RowFixer(const FixRules& rules, const CheckedRow& checked) : rules_(rules), checked_(checked) {}

    std::optional<RowFix> run(std::optional<StoredRecord>& record) {
        if (checked_.record != nullptr) record = *checked_.record;
        if (removable(record)) {
            fix_.action = RowFix::Action::remove;
            record.reset();
            return std::move(fix_);
        }
        if (rules_.generation == Generation::jsonb)
            fix_jsonb(record);
        else
            fix_bytea(record);
        if (fix_.problems.none()) return std::nullopt;
        return std::move(fix_);
    }

private:
    // True when the row has the problem and it is to be repaired; notes that it will be.
    bool take(Problem problem) {
        const auto bit = static_cast<std::size_t>(problem);
        if (!checked_.problems[bit] || !rules_.wants(problem)) return false;
        fix_.problems.set(bit);
        return true;
    }

    // One odd element does not take the others of its key with it.
    bool keep_sound_part(std::optional<StoredRecord>& record) {
        const auto& row = checked_.row;
        if (rules_.generation == Generation::jsonb) {
            auto sound = sound_elements(row);
            if (!sound) return false;
            fix_.list = sound->list;
            fix_.kept = std::move(sound->kept);
            return true;
        }
        record = serverfiles::decode_sound_part(row.value.value_or(BytesView()));
        if (!record) return false;
        fix_.value = encode(*record);
        return fix_.value.has_value();
    }

    bool removable(std::optional<StoredRecord>& record) {
        // A policy that vanishes may open what it closed: a person has to restore it.
        const bool policy = checked_.row.map == kPolicies && rules_.generation == Generation::bytea;
        bool unread = take(Problem::no_record);
        for (const auto problem : {Problem::undecodable, Problem::beyond_limits}) {
            unread = (!policy && take(problem)) || unread;
        }
        if (unread && !keep_sound_part(record)) return true;
        if (take(Problem::no_records) || take(Problem::cursor) || take(Problem::null_value)) {
            return true;
        }
        if (!rules_.repair.clear_expired && take(Problem::expired)) return true;
        const bool deleted = checked_.record != nullptr && !checked_.record->entries.empty() &&
                             checked_.record->entries.front().value.empty();
        if (deleted && take(Problem::old_tombstone)) return true;
        if (checked_.row.map != kOldCursors || !rules_.wants(Problem::old_cursors)) return false;
        fix_.problems.set(static_cast<std::size_t>(Problem::old_cursors));
        return true;
    }

    void fix_jsonb(const std::optional<StoredRecord>& record) {
        if (take(Problem::deleted_flag)) {
            const bool null = !checked_.row.value || *checked_.row.value == "null";
            fix_.deleted = null || checked_.row.deleted.value_or(false);
            fix_.null_value = *fix_.deleted;
        }
        if (!record || record->kind != MapKind::or_map) return;
        const bool records = !record->entries.empty();
        fix_.list = records ? "records" : "tags";
        const auto kept = records ? kept_records(*record) : kept_tags(*record);
        if (fix_.problems.none()) return;
        if (records && kept.empty()) fix_.action = RowFix::Action::remove;
        fix_.kept = kept;
    }

    std::vector<std::size_t> kept_records(const StoredRecord& record) {
        const bool unique = take(Problem::repeated_tag);
        const bool removed = take(Problem::removed_tag);
        std::unordered_map<std::string_view, std::size_t> best;
        for (std::size_t i = 0; i < record.entries.size(); ++i) {
            const auto& entry = record.entries[i];
            const auto [at, fresh] = best.emplace(entry.tag, i);
            if (!fresh && entry.stamp > record.entries[at->second].stamp) at->second = i;
        }
        std::vector<std::size_t> kept;
        for (std::size_t i = 0; i < record.entries.size(); ++i) {
            const auto& tag = record.entries[i].tag;
            if (unique && best[tag] != i) continue;
            if (removed && checked_.removed_tags.contains(tag)) continue;
            kept.push_back(i + 1);
        }
        return kept;
    }

    std::vector<std::size_t> kept_tags(const StoredRecord& record) {
        const bool unique = take(Problem::repeated_tag);
        const bool young = take(Problem::old_tombstone);
        std::unordered_set<std::string_view> seen;
        std::vector<std::size_t> kept;
        for (std::size_t i = 0; i < record.removed_tags.size(); ++i) {
            const auto& tag = record.removed_tags[i];
            const bool fresh = seen.insert(tag).second;
            if ((fresh || !unique) && !(young && is_old(tag))) kept.push_back(i + 1);
        }
        return kept;
    }

    bool is_old(std::string_view tag) const {
        const auto stamp = parse_stamp(tag);
        return stamp && stamp->millis + rules_.check.tombstone_age_ms < rules_.check.now_ms;
    }

    void fix_bytea(std::optional<StoredRecord>& record) {
        if (take(Problem::expired)) fix_.expiration = 0;
        if (take(Problem::lone_backup)) fix_.promote = true;
        if (take(Problem::row_times)) fix_times();
        if (!record) return;
        bool changed = take(Problem::other_form) || take(Problem::refused_form);
        changed = take(Problem::tombstones_only) || changed;
        if (take(Problem::repeated_tag)) changed = drop_repeats(*record);
        if (take(Problem::same_value)) changed = drop_equal_values(*record);
        if (take(Problem::old_tombstone)) {
            std::erase_if(record->removed_tags, [this](const auto& tag) { return is_old(tag); });
            changed = true;
        }
        if (changed) fix_.value = encode(*record);
    }

    static bool drop_repeats(StoredRecord& record) {
        std::unordered_set<std::string> removed;
        std::erase_if(record.removed_tags,
                      [&](const auto& tag) { return !removed.insert(tag).second; });
        std::erase_if(record.entries,
                      [&](const auto& entry) { return removed.contains(entry.tag); });
        keep_latest(record, [](const auto& entry) { return entry.tag; }, {});
        return true;
    }

    // The others are removed for all replicas: a record that only vanished would come back.
    static bool drop_equal_values(StoredRecord& record) {
        keep_latest(
            record, [](const auto& entry) { return entry.stamp.node_id + '\0' + entry.value; },
            [&](const auto& entry) { record.removed_tags.push_back(entry.tag); });
        return true;
    }

    // Of the entries that have one key, that with the greatest stamp stays, the first of equals.
    template <typename KeyOf>
    static void keep_latest(StoredRecord& record, KeyOf&& key_of,
                            const std::function<void(const StoredRecord::Entry&)>& dropped) {
        std::unordered_map<std::string, const StoredRecord::Entry*> best;
        for (const auto& entry : record.entries) {
            auto& at = best[key_of(entry)];
            if (at == nullptr || entry.stamp > at->stamp) at = &entry;
        }
        std::vector<StoredRecord::Entry> kept;
        for (const auto& entry : record.entries) {
            if (best[key_of(entry)] == &entry)
                kept.push_back(entry);
            else if (dropped)
                dropped(entry);
        }
        record.entries = std::move(kept);
    }

    // The record was made no earlier and no later than its stamps say.
    void fix_times() {
        const auto now = static_cast<std::int64_t>(rules_.check.now_ms);
        const auto drift = static_cast<std::int64_t>(rules_.check.drift_ms);
        const auto sound = [&](std::int64_t time) {
            return time >= kSecondsBelow && time <= now + drift;
        };
        std::uint64_t latest = 0;
        if (checked_.record != nullptr) {
            for (const auto& entry : checked_.record->entries) {
                latest = std::max(latest, entry.stamp.millis);
            }
        }
        const auto stamped =
            sound(static_cast<std::int64_t>(latest)) ? static_cast<std::int64_t>(latest) : now;
        const auto created = *checked_.row.created_at, updated = *checked_.row.updated_at;
        const auto new_updated = sound(updated)   ? updated
                                 : sound(created) ? std::max(created, stamped)
                                                  : stamped;
        const auto new_created =
            sound(created) ? std::min(created, new_updated) : std::min(stamped, new_updated);
        if (new_updated != updated) fix_.updated_at = new_updated;
        if (new_created != created) fix_.created_at = new_created;
    }

    const FixRules& rules_;
    const CheckedRow& checked_;
    RowFix fix_;
};

}  // namespace

std::optional<RowFix> fix_row(const FixRules& rules, const CheckedRow& checked,
                              std::optional<StoredRecord>& record) {
    return RowFixer(rules, checked).run(record);
}

StoredRecord merge_copy(StoredRecord row, const StoredRecord& copy) {
    if (row.kind == MapKind::lww) {
        return copy.entries.front().stamp > row.entries.front().stamp ? copy : row;
    }
    std::unordered_set<std::string> removed(row.removed_tags.begin(), row.removed_tags.end());
    for (const auto& tag : copy.removed_tags) {
        if (removed.insert(tag).second) row.removed_tags.push_back(tag);
    }
    std::erase_if(row.entries, [&](const auto& entry) { return removed.contains(entry.tag); });
    for (const auto& entry : copy.entries) {
        const bool known = std::any_of(row.entries.begin(), row.entries.end(),
                                       [&](const auto& one) { return one.tag == entry.tag; });
        if (!known && !removed.contains(entry.tag)) row.entries.push_back(entry);
    }
    return row;
}

std::optional<Bytes> encode(const StoredRecord& record) {
    Bytes out;
    if (!serverfiles::encode_stored_record(record, out)) return std::nullopt;
    return out;
}

}  // namespace topgun::maptable
