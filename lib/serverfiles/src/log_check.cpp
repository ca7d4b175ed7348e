// SPDX-License-Identifier: Apache-2.0
#include "topgun/serverfiles/log_check.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "topgun/base/file.hpp"
#include "topgun/value/json.hpp"

namespace topgun::serverfiles {
namespace {

using Kind = FileFinding::Kind;
using Outcome = SegmentReader::Outcome;

constexpr std::uint64_t kIndexFileMax = std::uint64_t{16} << 20;

class Checker {
public:
    Checker(const LogCheckVisitor& visitor, LogCheckReport& report)
        : visitor_(visitor), report_(report) {}

    Status partition(const LogPartition& partition);
    Status sequences();

private:
    struct Seen {
        std::uint64_t sequence;
        const LogSegment* segment;
        std::uint64_t offset;
    };
    Status segment(const LogPartition& partition, const LogSegment& segment);
    Status frame(const LogPartition& partition, const LogSegment& segment, std::uint64_t offset,
                 const LogEntry& entry);
    Status damage(const LogPartition& partition, const LogSegment& segment, Outcome outcome,
                  const SegmentReader& reader, bool more);
    Status watermark(const LogPartition& partition);

    const LogCheckVisitor& visitor_;
    LogCheckReport& report_;
    std::vector<Seen> seen_;
    bool damaged_ = false;
    std::uint64_t applied_max_ = 0;
    std::uint64_t last_ = 0;  // of the partition
};

Status Checker::partition(const LogPartition& partition) {
    applied_max_ = std::max(applied_max_, partition.applied);
    last_ = 0;
    for (const auto& segment : partition.segments) TOPGUN_TRY(this->segment(partition, segment));
    return watermark(partition);
}

Status Checker::segment(const LogPartition& partition, const LogSegment& segment) {
    auto reader = SegmentReader::open(segment.path);
    if (!reader) return std::move(reader).error();
    ++report_.files;
    LogEntry entry;
    for (;;) {
        auto outcome = reader->next(entry);
        if (!outcome) return std::move(outcome).error().within(segment.path);
        if (*outcome == Outcome::end) break;
        if (*outcome == Outcome::entry) {
            TOPGUN_TRY(frame(partition, segment, reader->offset(), entry));
            continue;
        }
        auto more = reader->skip_damage();
        if (!more) return std::move(more).error().within(segment.path);
        TOPGUN_TRY(damage(partition, segment, *outcome, *reader, *more));
        if (!*more) break;
    }
    return visitor_.progress ? visitor_.progress(reader->size()) : Status();
}

Status Checker::damage(const LogPartition& partition, const LogSegment& segment, Outcome outcome,
                       const SegmentReader& reader, bool more) {
    damaged_ = true;
    // The fault begins with its place.
    auto what = reader.fault().substr(reader.fault().find(": ") + 2);
    const bool is_last = &segment == &partition.segments.back();
    auto kind = Kind::corrupt;
    if (outcome == Outcome::bad_magic) kind = Kind::bad_magic;
    if (outcome == Outcome::unknown_version) kind = Kind::unknown_version;
    if (outcome == Outcome::cut_tail && !more) {
        if (is_last) kind = Kind::cut_tail;
        if (!is_last) what += "; a server accepts that in a partition's last segment only";
    } else {
        what += more ? "; sound frames follow" : "; no sound frame follows";
    }
    return visitor_.found({kind, segment.path, reader.offset(), std::move(what), {}, {}});
}

Status Checker::frame(const LogPartition& partition, const LogSegment& segment,
                      std::uint64_t offset, const LogEntry& entry) {
    ++report_.frames;
    const auto sequence = entry.sequence;
    const auto say = [&](Kind kind, const std::string& what) {
        return visitor_.found({kind, segment.path, offset,
                               "sequence " + std::to_string(sequence) + what, entry.map,
                               entry.key});
    };
    if (sequence < segment.first_sequence && sequence <= partition.applied) {
        TOPGUN_TRY(say(Kind::reused, " was given anew: the watermark is " +
                                         std::to_string(partition.applied) +
                                         ", so that a server does not replay this write"));
    } else if (sequence < segment.first_sequence) {
        // A segment is named by the least that it can have.
        TOPGUN_TRY(say(Kind::segment_name,
                       " in a segment that begins at " + std::to_string(segment.first_sequence)));
    } else if (sequence < last_) {
        TOPGUN_TRY(say(Kind::order, " after " + std::to_string(last_)));
    }
    const auto place = log_partition_of(entry.map, entry.key);
    if (place != segment.partition) {
        TOPGUN_TRY(say(Kind::wrong_partition, " belongs into partition " + std::to_string(place)));
    }
    last_ = std::max(last_, sequence);
    seen_.push_back({sequence, &segment, offset});
    if (sequence <= partition.applied) return {};
    ++report_.pending;
    return visitor_.pending ? visitor_.pending(entry) : Status();
}

Status Checker::watermark(const LogPartition& partition) {
    if (partition.watermark.empty()) return {};
    const auto say = [&](Kind kind, std::string what) {
        return visitor_.found({kind, partition.watermark, std::nullopt, std::move(what), {}, {}});
    };
    if (partition.watermark_bytes != kWatermarkSize) {
        return say(Kind::watermark_size,
                   "has " + std::to_string(partition.watermark_bytes) +
                       " bytes instead of 8; a server takes it for none and replays all");
    }
    // Where every segment was dropped, or the last one is new, nothing is left to compare with.
    if (partition.segments.empty()) return {};
    const auto begins = partition.segments.back().first_sequence;
    if (begins > 0) last_ = std::max(last_, begins - 1);
    if (partition.applied <= last_) return {};
    return say(Kind::watermark_ahead, "the watermark is " + std::to_string(partition.applied) +
                                          ", but the partition ends at " + std::to_string(last_) +
                                          ": what comes next would count as applied");
}

// Partitions share one counter.
Status Checker::sequences() {
    std::sort(seen_.begin(), seen_.end(), [](const Seen& a, const Seen& b) {
        return std::pair(a.sequence, a.segment->path) < std::pair(b.sequence, b.segment->path);
    });
    for (std::size_t i = 1; i < seen_.size(); ++i) {
        const auto& before = seen_[i - 1];
        const auto& now = seen_[i];
        const auto say = [&](Kind kind, std::string what) {
            return visitor_.found({kind, now.segment->path, now.offset, std::move(what), {}, {}});
        };
        if (now.sequence == before.sequence) {
            TOPGUN_TRY(say(Kind::repeat, "sequence " + std::to_string(now.sequence) +
                                             " stands at byte " + std::to_string(before.offset) +
                                             " of " + before.segment->path + ", too"));
            continue;
        }
        // What is missing up to a watermark was applied and dropped.
        const auto first = std::max(before.sequence, applied_max_) + 1;
        if (damaged_ || now.sequence <= first) continue;
        const auto last = now.sequence - 1;
        TOPGUN_TRY(say(
            Kind::gap,
            (first == last ? "sequence " + std::to_string(first)
                           : "sequences " + std::to_string(first) + " to " + std::to_string(last)) +
                " before this one are in no partition: lost, or never written because "
                "the server died"));
    }
    return {};
}

}  // namespace

std::string FileFinding::text() const {
    return file + ": " + (offset ? "byte " + std::to_string(*offset) + ": " : "") + what;
}

std::string_view finding_name(FileFinding::Kind kind) noexcept {
    constexpr std::array<std::string_view, 14> kNames = {
        "cut-tail",       "bad-magic",       "unknown-version", "corrupt",      "gap",
        "order",          "repeat",          "reused",          "segment-name", "wrong-partition",
        "watermark-size", "watermark-ahead", "index-file",      "index-target"};
    return kNames[static_cast<std::size_t>(kind)];
}

Status check_log(const std::string& path, const LogCheckVisitor& visitor, LogCheckReport& report) {
    auto files = list_log_files(path);
    if (!files) return std::move(files).error();
    Checker checker(visitor, report);
    for (const auto& partition : files->partitions) TOPGUN_TRY(checker.partition(partition));
    return checker.sequences();
}

Result<std::vector<IndexDefinition>> read_index_file(const std::string& path) {
    auto text = read_file(path, kIndexFileMax);
    if (!text) return std::move(text).error();
    auto parsed = parse_plain_json(*text);
    if (!parsed) return std::move(parsed).error().within(path);
    const ValueView list(*parsed);
    if (list.kind() != msgpack::Kind::array) {
        return Error(Errc::bad_input, "is no array of definitions").within(path);
    }
    std::vector<IndexDefinition> out;
    Status status;
    list.for_each_element([&](const ValueView& entry) {
        if (!status) return;
        const auto field = [&entry](std::string_view name) {
            const auto value = entry.find(name);
            return value ? value->as_string() : std::nullopt;
        };
        const auto map = field("mapName"), attribute = field("attribute");
        if (map && attribute) {
            const auto dimension = entry.find("dimension").value_or(ValueView()).as_uint64();
            out.push_back({std::string(*map), std::string(*attribute), dimension.value_or(0)});
        } else {
            status = Error(Errc::bad_input, "entry " + std::to_string(out.size() + 1) +
                                                " has no mapName and attribute");
        }
    });
    if (!status) return std::move(status).error().within(path);
    return out;
}

bool has_attribute(const ValueView& value, std::string_view attribute) {
    if (value.find(attribute)) return true;
    const auto dot = attribute.find('.');
    if (dot == std::string_view::npos) return false;
    const auto inner = value.find(attribute.substr(0, dot));
    return inner && has_attribute(*inner, attribute.substr(dot + 1));
}

}  // namespace topgun::serverfiles
