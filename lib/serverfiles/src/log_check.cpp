// SPDX-License-Identifier: Apache-2.0
#include "topgun/serverfiles/log_check.hpp"

#include <utility>

namespace topgun::serverfiles {
namespace {

using Outcome = SegmentReader::Outcome;

class LogCheck {
public:
    LogCheck(const LogCheckVisitor& visitor, LogCheckReport& report)
        : visitor_(visitor), report_(report) {}

    Status run(const std::string& path) {
        auto files = list_log_files(path);
        if (!files) return std::move(files).error();
        for (const auto& note : files->notes) TOPGUN_TRY(say(LogFault::watermark, note));
        for (const auto& partition : files->partitions) {
            TOPGUN_TRY(check_partition(partition));
        }
        return {};
    }

private:
    Status say(LogFault fault, std::string what, const LogEntry* entry = nullptr) {
        LogFinding finding{fault, std::move(what), {}, {}};
        if (entry != nullptr) {
            finding.map = entry->map;
            finding.key = entry->key;
        }
        return visitor_.found(finding);
    }

    Status check_partition(const LogPartition& partition) {
        last_.reset();
        for (const auto& segment : partition.segments) {
            ++report_.files;
            const bool is_last = &segment == &partition.segments.back();
            auto status = check_segment(partition, segment, is_last);
            if (!status) return std::move(status).error().within(segment.path);
        }
        if (!last_ || partition.applied <= *last_) return {};
        return say(LogFault::watermark, "partition " + std::to_string(partition.partition) +
                                            " is marked as applied up "
                                            "to " +
                                            std::to_string(partition.applied) +
                                            ", its last entry is " + std::to_string(*last_));
    }

    Status check_segment(const LogPartition& partition, const LogSegment& segment, bool is_last) {
        auto reader = SegmentReader::open(segment.path);
        if (!reader) return std::move(reader).error();
        for (bool first = true;; first = false) {
            LogEntry entry;
            auto outcome = reader->next(entry);
            if (!outcome) return std::move(outcome).error();
            if (*outcome == Outcome::end) return {};
            if (*outcome == Outcome::entry) {
                TOPGUN_TRY(check_entry(partition, segment, entry, first));
                continue;
            }
            const bool tail = *outcome == Outcome::cut_tail && is_last;
            TOPGUN_TRY(say(tail ? LogFault::cut_tail : LogFault::damage,
                           segment.path + ": " + reader->fault()));
            auto more = reader->skip_damage();
            if (!more) return std::move(more).error();
            if (!*more) return {};
        }
    }

    Status check_entry(const LogPartition& partition, const LogSegment& segment,
                       const LogEntry& entry, bool first) {
        ++report_.frames;
        const auto sequence = "entry " + std::to_string(entry.sequence);
        // A file is named before the partition's next number is known: by the least it can be.
        if (first && entry.sequence < segment.first_sequence) {
            TOPGUN_TRY(say(LogFault::place, segment.path + ": begins with " + sequence, &entry));
        }
        const auto home = log_partition_of(entry.map, entry.key);
        if (home != partition.partition) {
            TOPGUN_TRY(say(
                LogFault::place,
                segment.path + ": " + sequence + " belongs to partition " + std::to_string(home),
                &entry));
        }
        if (last_ && entry.sequence <= *last_) {
            TOPGUN_TRY(say(LogFault::order,
                           segment.path + ": " + sequence + " after " + std::to_string(*last_),
                           &entry));
        }
        last_ = std::max(last_.value_or(0), entry.sequence);
        if (entry.sequence <= partition.applied) return {};
        ++report_.pending;
        return visitor_.pending ? visitor_.pending(entry) : Status();
    }

    const LogCheckVisitor& visitor_;
    LogCheckReport& report_;
    std::optional<std::uint64_t> last_;  // of the partition
};

}  // namespace

Status check_log(const std::string& path, const LogCheckVisitor& visitor, LogCheckReport& report) {
    return LogCheck(visitor, report).run(path);
}

}  // namespace topgun::serverfiles
