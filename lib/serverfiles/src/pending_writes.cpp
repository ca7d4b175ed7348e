// SPDX-License-Identifier: Apache-2.0
#include "pending_writes.hpp"

#include <algorithm>

namespace topgun::serverfiles {
namespace {

using Outcome = SegmentReader::Outcome;

// Whether nothing of what the key was before matters.
bool replaces_all(const LogEntry& entry) {
    if (entry.kind == LogEntry::Kind::remove) return true;
    return entry.kind == LogEntry::Kind::store &&
           (entry.bare || entry.record.kind == MapKind::or_map);
}

void fold(const LogEntry& entry, StoredRecord& to) {
    const auto has = [](const std::vector<std::string>& tags, const std::string& tag) {
        return std::find(tags.begin(), tags.end(), tag) != tags.end();
    };
    const auto drop_record = [&to](const std::string& tag) {
        std::erase_if(to.entries, [&tag](const auto& record) { return record.tag == tag; });
    };
    for (const auto& added : entry.record.entries) {
        // A tag that was removed never comes back.
        if (has(to.removed_tags, added.tag)) continue;
        drop_record(added.tag);
        to.entries.push_back(added);
    }
    const auto& tags = entry.record.removed_tags;
    if (entry.kind == LogEntry::Kind::or_prune) {
        std::erase_if(to.removed_tags, [&](const auto& tag) { return has(tags, tag); });
        return;
    }
    for (const auto& tag : tags) {
        drop_record(tag);
        if (!has(to.removed_tags, tag)) to.removed_tags.push_back(tag);
    }
}

// Reads the segments of one partition.
class PartitionReader {
public:
    PartitionReader(const LogPartition& partition, const ServerReadOptions& options,
                    ServerReadReport& report)
        : partition_(partition), options_(options), report_(report) {}

    Result<std::vector<LogEntry>> run() {
        for (const auto& segment : partition_.segments) {
            TOPGUN_TRY(read(segment, &segment == &partition_.segments.back()));
        }
        // The server sorts them, too.
        const auto less = [](const auto& a, const auto& b) { return a.sequence < b.sequence; };
        if (!std::is_sorted(entries_.begin(), entries_.end(), less)) {
            report_.notes.push_back("partition " + std::to_string(partition_.partition) +
                                    " of the log: sequences are not in order");
            std::stable_sort(entries_.begin(), entries_.end(), less);
        }
        return std::move(entries_);
    }

private:
    Status read(const LogSegment& segment, bool is_last) {
        auto reader = SegmentReader::open(segment.path);
        if (!reader) return std::move(reader).error();
        for (;;) {
            LogEntry entry;
            auto outcome = reader->next(entry);
            if (!outcome) return std::move(outcome).error().within(segment.path);
            if (*outcome == Outcome::end) break;
            if (*outcome == Outcome::entry) {
                ++report_.frames;
                entries_.push_back(std::move(entry));
                continue;
            }
            const bool tolerated = *outcome == Outcome::cut_tail && is_last;
            TOPGUN_TRY(note(segment, *outcome, reader->fault(), tolerated));
            auto more = reader->skip_damage();
            if (!more) return std::move(more).error().within(segment.path);
            if (!*more) break;
        }
        return options_.progress ? options_.progress(reader->size()) : Status();
    }

    Status note(const LogSegment& segment, Outcome outcome, const std::string& fault,
                bool tolerated) {
        const auto text = segment.path + ": " + fault;
        if (!tolerated && !options_.keep_going) {
            return Error(
                outcome == Outcome::unknown_version ? Errc::unsupported_version : Errc::bad_input,
                text + "; the server would not start; use --salvage to take the rest");
        }
        ++report_.damaged;
        if (report_.damage.size() < kMaxListedDamage) report_.damage.push_back(text);
        return {};
    }

    const LogPartition& partition_;
    const ServerReadOptions& options_;
    ServerReadReport& report_;
    std::vector<LogEntry> entries_;
};

}  // namespace

void apply_entry(const LogEntry& entry, std::optional<DurableRecord>& record) {
    if (entry.kind == LogEntry::Kind::remove) {
        record.reset();
        return;
    }
    if (entry.kind == LogEntry::Kind::store) {
        const bool older =
            record && !replaces_all(entry) && record->record.kind == MapKind::lww &&
            entry.record.entries.front().stamp < record->record.entries.front().stamp;
        if (!older) record = {entry.record, entry.expiry};
        return;
    }
    if (!record || record->record.kind != MapKind::or_map) {
        record.emplace();
        record->record.kind = MapKind::or_map;
    }
    record->expiry = 0;
    fold(entry, record->record);
}

Status read_log_entries(const LogFiles& files, const ServerReadOptions& options,
                        ServerReadReport& report,
                        const std::function<Status(const LogPartition&, LogEntry)>& visit) {
    report.notes.insert(report.notes.end(), files.notes.begin(), files.notes.end());
    for (const auto& partition : files.partitions) {
        auto entries = PartitionReader(partition, options, report).run();
        if (!entries) return std::move(entries).error();
        for (auto& entry : *entries) TOPGUN_TRY(visit(partition, std::move(entry)));
    }
    return {};
}

Status PendingWrites::read(const LogFiles& files, bool everything, const ServerReadOptions& options,
                           ServerReadReport& report) {
    std::uint64_t misplaced = 0;
    const auto take = [&](const LogPartition& partition, LogEntry entry) -> Status {
        if (!everything && entry.sequence <= partition.applied) return {};
        ++report.pending;
        if (log_partition_of(entry.map, entry.key) != partition.partition) ++misplaced;
        add(std::move(entry));
        return {};
    };
    TOPGUN_TRY(read_log_entries(files, options, report, take));
    if (misplaced > 0) {
        report.notes.push_back(files.path + ": " + std::to_string(misplaced) +
                               " writes stand in another partition than that of their key");
    }
    return {};
}

void PendingWrites::add(LogEntry entry) {
    auto& entries = entries_[{entry.map, entry.key}];
    if (replaces_all(entry)) entries.clear();
    entries.push_back(std::move(entry));
}

PendingWrites::Entries PendingWrites::take(std::string_view map, std::string_view key) {
    const auto found = entries_.find(Key(map, key));
    if (found == entries_.end()) return {};
    auto out = std::move(found->second);
    entries_.erase(found);
    return out;
}

}  // namespace topgun::serverfiles
