// SPDX-License-Identifier: Apache-2.0
#include "check_record.hpp"

#include <unordered_set>

#include "topgun/clock/timestamp.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::maptable {
namespace {

using serverfiles::StoredRecord;

constexpr std::uint32_t kCounterRoom = 0x10000;
constexpr std::string_view kEmbedding = "_embedding";

void check_stamp(const RecordCheck& check, const Timestamp& stamp, RowFindings& findings) {
    const auto shown = [&] { return quoted(format_stamp(stamp.view())); };
    if (stamp.millis > check.options.now_ms + check.options.drift_ms) {
        findings.add(Problem::future_stamp, [&] {
            return shown() + " is " + std::to_string(stamp.millis - check.options.now_ms) +
                   " ms ahead";
        });
    }
    if (stamp.node_id.find(':') != std::string::npos) {
        findings.add(Problem::tag_form, [&] { return shown() + ": a node id with a colon"; });
    }
    if (check.reserved) return;
    const std::uint32_t counter_max =
        check.generation == Generation::jsonb ? 0x7fff'ffffU : kMaxCounter;
    const char* what = stamp.millis == 0       ? "no time"
                       : stamp.node_id.empty() ? "no node"
                       : static_cast<std::int64_t>(stamp.millis) < kSecondsBelow
                           ? "a time in seconds, or before 1973"
                       : stamp.counter > counter_max - kCounterRoom ? "a counter about to overflow"
                                                                    : nullptr;
    if (what != nullptr) {
        findings.add(Problem::odd_stamp, [&] { return shown() + ": " + what; });
    }
}

// Without any, it is another problem.
void check_tag(const StoredRecord::Entry& entry, RowFindings& findings) {
    if (entry.tag.empty()) return;
    const auto parsed = parse_stamp(entry.tag);
    if (!parsed) {
        findings.add(Problem::tag_form,
                     [&] { return "tag " + quoted(entry.tag) + " is not millis:counter:node"; });
    } else if (*parsed != entry.stamp.view()) {
        findings.add(Problem::tag_form, [&] {
            return "tag " + quoted(entry.tag) + ", but its record is stamped " +
                   quoted(format_stamp(entry.stamp.view()));
        });
    }
}

void check_removed_tag(const RecordCheck& check, const std::string& tag, RowFindings& findings) {
    if (tag.empty()) return;
    const auto parsed = parse_stamp(tag);
    if (!parsed) {
        findings.add(Problem::tag_form,
                     [&] { return "removed tag " + quoted(tag) + " is not millis:counter:node"; });
        return;
    }
    const auto age = check.options.tombstone_age_ms;
    if (age != 0 && parsed->millis + age < check.options.now_ms) {
        findings.add(Problem::old_tombstone, [&] { return "removed tag " + quoted(tag); });
    }
}

void check_repeats(const StoredRecord& record, RowFindings& findings) {
    std::unordered_set<std::string_view> removed, present;
    for (const std::string_view tag : record.removed_tags) {
        if (removed.insert(tag).second) continue;
        findings.add(Problem::repeated_tag,
                     [&] { return "removed tag " + quoted(tag) + " is there twice"; });
    }
    for (const auto& entry : record.entries) {
        if (!present.insert(entry.tag).second) {
            findings.add(Problem::repeated_tag,
                         [&] { return "tag " + quoted(entry.tag) + " has two records"; });
        } else if (removed.contains(entry.tag)) {
            findings.add(Problem::repeated_tag, [&] {
                return "tag " + quoted(entry.tag) + " is removed, and has a record";
            });
        }
    }
}

// Two records that one server made of equal values; other nodes may well add the same.
void check_equal_values(const StoredRecord& record, RowFindings& findings) {
    if (record.entries.size() < 2) return;
    std::unordered_set<std::string> seen;
    for (const auto& entry : record.entries) {
        // A node id has no NUL, which is the value's nil.
        if (seen.insert(entry.stamp.node_id + '\0' + entry.value).second) continue;
        findings.add(Problem::same_value, [&] {
            return "the value of tag " + quoted(entry.tag) + " has another tag too";
        });
    }
}

// MessagePack {"type":"f32","data":bytes}. Empty for anything else.
std::optional<std::uint32_t> embedding_dimension(const ValueView& value) {
    const auto blob = value.as_binary();
    if (!blob || !msgpack::validate(*blob)) return std::nullopt;
    const ValueView content(*blob);
    const auto type = content.find("type");
    const auto data = content.find("data");
    if (!type || type->as_string() != "f32" || !data) return std::nullopt;
    const auto bytes = data->as_binary();
    if (!bytes || bytes->empty() || bytes->size() % 4 != 0) return std::nullopt;
    return static_cast<std::uint32_t>(bytes->size() / 4);
}

void check_embedding(const ValueView& value, MapSize& map, RowFindings& findings) {
    const auto embedding = value.find(kEmbedding);
    if (!embedding) return;
    const auto dimension = embedding_dimension(*embedding);
    if (!dimension) {
        findings.add(Problem::embedding, [] { return "it cannot be read"; });
        return;
    }
    if (value.size() == 1) {
        findings.add(Problem::embedding, [] { return "there is no field that it could be of"; });
    }
    if (!map.dimension) map.dimension = dimension;
    if (*map.dimension == *dimension) return;
    findings.add(Problem::embedding, [&] {
        return "its dimension is " + std::to_string(*dimension) + ", not " +
               std::to_string(*map.dimension);
    });
}

void check_conversions(const StoredRecord::Entry& entry, RowFindings& findings) {
    msgpack::Reader reader(entry.value);
    msgpack::Token token;
    while (!reader.at_end() && reader.next(token)) {
        const char* what = nullptr;
        if (token.kind == msgpack::Kind::integer && token.negative &&
            token.as_signed() < -static_cast<std::int64_t>(kMaxMillis)) {
            what = "a large negative integer, perhaps one beyond 63 bits";
        } else if (token.kind == msgpack::Kind::string && token.bytes.empty()) {
            what = "an empty text, perhaps one that was not UTF-8";
        } else if (token.kind == msgpack::Kind::nil) {
            what = "a null, perhaps of an extension type";
        }
        if (what != nullptr) findings.add(Problem::suspicious_value, [&] { return what; });
    }
}

}  // namespace

std::string quoted(std::string_view text) {
    constexpr std::size_t kShown = 80;
    auto out = "'" + repair_utf8(text.substr(0, kShown));
    if (text.size() > kShown) out += "...";
    return out + "'";
}

void check_record(const RecordCheck& check, const StoredRecord& record, MapSize& map,
                  RowFindings& findings) {
    const bool or_map = record.kind == MapKind::or_map;
    const bool bytea = check.generation == Generation::bytea;
    for (const auto& entry : record.entries) {
        check_stamp(check, entry.stamp, findings);
        if (or_map) check_tag(entry, findings);
        if (check.options.suspicious) check_conversions(entry, findings);
        if (bytea && !entry.value.empty()) check_embedding(ValueView(entry.value), map, findings);
    }
    if (or_map) {
        for (const auto& tag : record.removed_tags) check_removed_tag(check, tag, findings);
        check_repeats(record, findings);
        if (bytea) check_equal_values(record, findings);
        return;
    }
    const auto& entry = record.entries.front();
    if (bytea && !check.reserved && ValueView(entry.value).is_nil()) {
        findings.add(Problem::null_value, [] { return "a live record of null"; });
    }
    const auto age = check.options.tombstone_age_ms;
    if (entry.value.empty() && age != 0 && entry.stamp.millis + age < check.options.now_ms) {
        findings.add(Problem::old_tombstone,
                     [&] { return "deleted at " + format_utc(entry.stamp.millis); });
    }
}

}  // namespace topgun::maptable
