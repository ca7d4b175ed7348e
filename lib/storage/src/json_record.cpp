// SPDX-License-Identifier: Apache-2.0
// Only a record's value is parsed as JSON; its other fields, mostly plain texts, are read in place.
#include "json_record.hpp"

#include <limits>

#include "topgun/base/utf.hpp"
#include "topgun/replica/row.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/wire/capture.hpp"
#include "topgun/wire/messages.hpp"

namespace topgun::storage {
namespace {

constexpr std::string_view kFieldNames[] = {"map",   "kind",    "key", "value",      "ts",
                                            "ttlMs", "deleted", "tag", "removedTag", "node",
                                            "p",     "n",       "id"};

// Names that only messages, HTTP bodies and the wire's ops have.
constexpr std::string_view kWireNames[] = {"type",   "mapName",   "payload",  "operations",
                                           "deltas", "serverHlc", "clientHlc"};
constexpr std::uint8_t kTypeName = 1;

// The text between quotes when it stands for itself: no escape, no control character, UTF-8.
bool is_plain(std::string_view text) noexcept {
    bool high = false;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == '\\') return false;
        high = high || byte >= 0x80;
    }
    return !high || is_utf8(text);
}

// "OP_BATCH at byte 0: byte 45: found string" speaks of bytes that the user never saw.
std::string without_offsets(std::string text) {
    for (const std::string_view mark : {" at byte ", "byte "}) {
        for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
            auto end = at + mark.size();
            while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
            const bool number = end > at + mark.size() && text.compare(end, 2, ": ") == 0;
            if (!number) {
                at = end;
            } else if (mark.front() == ' ') {
                text.erase(at, end - at);
            } else {
                text.erase(at, end + 2 - at);
            }
        }
    }
    return text;
}

}  // namespace

bool JsonRecordReader::fail(const char* at, std::string what) {
    problem_ = {at, std::move(what), Errc::bad_input};
    return false;
}

bool JsonRecordReader::parse(BytesView raw, Bytes& value) {
    auto parsed = parse_json(raw);
    if (parsed) {
        value = std::move(*parsed);
        return true;
    }
    problem_ = json_problem(raw, limit_, parsed.error());
    return false;
}

JsonRead JsonRecordReader::read(JsonCursor& cursor, std::string_view end_name) {
    limit_ = {cursor.end, end_name};
    raw_.fill({});
    wire_ = 0;
    unknown_at_ = twice_at_ = nullptr;
    const char* const start = cursor.at;
    JsonCursor inside = cursor;
    if (!scan(inside)) {
        reached_ = inside.at;
        return JsonRead::broken;
    }
    cursor.at = inside.at;
    object_ = {start, static_cast<std::size_t>(cursor.at - start)};
    return is_wire() ? read_wire() : read_record();
}

bool JsonRecordReader::scan(JsonCursor& cursor) {
    ++cursor.at;
    cursor.skip_space();
    if (!cursor.at_end() && *cursor.at == '}') {
        ++cursor.at;
        return true;
    }
    for (;;) {
        if (!member(cursor)) return false;
        cursor.skip_space();
        if (cursor.at_end() || (*cursor.at != ',' && *cursor.at != '}')) {
            return fail(cursor.at, expected_found("',' or '}'", cursor.at, limit_));
        }
        if (*cursor.at++ == '}') return true;
        cursor.skip_space();
    }
}

bool JsonRecordReader::name(JsonCursor& cursor, std::string_view& out) {
    const char* const start = cursor.at;
    if (cursor.at_end() || *start != '"') {
        return fail(start, expected_found("a field's name in double quotes", start, limit_));
    }
    if (!cursor.skip_string()) {
        return fail(cursor.end, expected_found("'\"' at the end of the name", cursor.end, limit_));
    }
    const BytesView token(start, static_cast<std::size_t>(cursor.at - start));
    out = token.substr(1, token.size() - 2);
    if (is_plain(out)) return true;
    if (!parse(token, name_)) return false;
    return msgpack::Reader(name_).read_string(out);
}

bool JsonRecordReader::member(JsonCursor& cursor) {
    const char* const start = cursor.at;
    std::string_view field;
    if (!name(cursor, field)) return false;
    cursor.skip_space();
    if (cursor.at_end() || *cursor.at != ':') {
        return fail(cursor.at, expected_found("':'", cursor.at, limit_));
    }
    ++cursor.at;
    cursor.skip_space();
    const char* const from = cursor.at;
    if (!cursor.skip_value()) {
        // parse_json() knows best what is missing.
        const BytesView rest(from, static_cast<std::size_t>(cursor.end - from));
        return parse(rest, scratch_) ? fail(from, "expected a value") : false;
    }
    if (!field.empty() && field.front() == '_') return true;
    const BytesView raw(from, static_cast<std::size_t>(cursor.at - from));
    for (std::size_t i = 0; i < kFields; ++i) {
        if (field != kFieldNames[i]) continue;
        if (raw_[i].data() != nullptr && twice_at_ == nullptr) {
            twice_at_ = start;
            twice_ = static_cast<Field>(i);
        }
        raw_[i] = raw;
        return true;
    }
    for (std::size_t i = 0; i < std::size(kWireNames); ++i) {
        if (field != kWireNames[i]) continue;
        wire_ |= static_cast<std::uint8_t>(1u << i);
        if (i == 0) type_ = raw;
    }
    if (unknown_at_ == nullptr) {
        unknown_storage_ = field;
        unknown_ = unknown_storage_;
        unknown_at_ = start;
    }
    return true;
}

bool JsonRecordReader::is_wire() const noexcept {
    if (wire_ == 0) return false;
    return !has(kMap) && !has(kKind) && !has(kStamp) && !has(kDeleted) && !has(kRemovedTag);
}

JsonRead JsonRecordReader::give(const Op& op) {
    auto taken = sink_(op);
    if (taken) {
        ++counts_.ops;
        return JsonRead::done;
    }
    sink_status_ = std::move(taken);
    return JsonRead::refused;
}

// --- A record of ours.

JsonRead JsonRecordReader::read_record() {
    if (unknown_at_ != nullptr) {
        fail(unknown_at_, "a record has no field " + quoted(unknown_) +
                              " (names of fields to be ignored start with '_')");
        return JsonRead::bad;
    }
    if (twice_at_ != nullptr) {
        fail(twice_at_, "the field '" + std::string(kFieldNames[twice_]) + "' is there twice");
        return JsonRead::bad;
    }
    TextRecord record;
    if (!gather(record)) return JsonRead::bad;
    Op op;
    auto wrong = make_op(record, options_, tag_text_, op);
    if (!wrong.empty()) {
        fail(object_.data(), std::move(wrong));
        return JsonRead::bad;
    }
    return give(op);
}

bool JsonRecordReader::gather(TextRecord& record) {
    if (!read_kind(record)) return false;
    if (has(kMap)) {
        if (!read_text(kMap, map_)) return false;
        record.map = map_.view;
    }
    if (has(kId)) {
        if (!read_text(kId, id_)) return false;
        record.id = id_.view;
    }
    if (!read_stamp(record) || !read_ttl(record)) return false;
    if (record.kind == MapKind::counter) return read_counts(record);
    if (!refuse_fields({kNode, kPositive, kNegative}, "belongs to counters")) return false;
    if (has(kKey)) {
        if (!read_text(kKey, key_)) return false;
        record.key = key_.view;
    }
    if (has(kRemovedTag)) {
        if (record.kind != MapKind::or_map) {
            return refuse_fields({kRemovedTag}, "belongs to OR maps");
        }
        if (!refuse_fields({kTag, kDeleted}, "contradicts removedTag")) return false;
        if (!read_text(kRemovedTag, tag_)) return false;
        record.tag = tag_.view;
        record.deleted = true;
    } else if (has(kTag)) {
        if (!read_text(kTag, tag_)) return false;
        if (tag_.view.empty()) return fail(raw_[kTag].data(), "the tag must not be empty");
        record.tag = tag_.view;
    }
    if (!read_deleted(record)) return false;
    if (has(kValue)) {
        if (!parse(raw_[kValue], value_)) return false;
        record.value = value_;
    }
    return true;
}

bool JsonRecordReader::read_kind(TextRecord& record) {
    if (!has(kKind)) {
        if (has(kNode) || has(kPositive) || has(kNegative))
            record.kind = MapKind::counter;
        else if (has(kTag) || has(kRemovedTag))
            record.kind = MapKind::or_map;
        return true;
    }
    if (!read_text(kKind, word_)) return false;
    const auto kind = parse_map_kind(word_.view);
    if (!kind) return fail(raw_[kKind].data(), R"(expected the kind "lww", "or" or "counter")");
    record.kind = *kind;
    return true;
}

bool JsonRecordReader::read_text(Field field, Text& text) {
    const auto raw = raw_[field];
    if (raw.front() != '"') {
        return fail(raw.data(),
                    expected_found("a string as '" + std::string(kFieldNames[field]) + "'",
                                   raw.data(), limit_));
    }
    text.view = raw.substr(1, raw.size() - 2);
    if (is_plain(text.view)) return true;
    if (!parse(raw, text.storage)) return false;
    return msgpack::Reader(text.storage).read_string(text.view);
}

bool JsonRecordReader::read_stamp(TextRecord& record) {
    if (!has(kStamp)) return true;
    const auto raw = raw_[kStamp];
    Stamp stamp;
    if (raw.front() == '"') {
        if (!read_text(kStamp, stamp_text_)) return false;
        auto parsed = parse_stamp(stamp_text_.view);
        if (!parsed) return fail(raw.data(), parsed.error().text());
        stamp = *parsed;
    } else {
        if (!parse(raw, stamp_text_.storage)) return false;
        auto wrong = read_stamp_map(stamp_text_.storage, stamp);
        if (!wrong.empty()) return fail(raw.data(), std::move(wrong));
    }
    record.stamp = stamp;
    return true;
}

bool JsonRecordReader::read_ttl(TextRecord& record) {
    if (!has(kTtl)) return true;
    if (!parse(raw_[kTtl], scratch_)) return false;
    msgpack::Reader reader(scratch_);
    if (reader.next_is_nil() || reader.read_unsigned(record.ttl_ms, kMaxMillis)) return true;
    return fail(raw_[kTtl].data(), "expected ttlMs, a whole number of milliseconds up to 2^53 - 1");
}

bool JsonRecordReader::read_deleted(TextRecord& record) {
    if (!has(kDeleted)) return true;
    if (record.kind != MapKind::lww) {
        return refuse_fields({kDeleted}, "belongs to LWW maps; OR maps have removedTag");
    }
    if (raw_[kDeleted] != "true" && raw_[kDeleted] != "false") {
        return fail(raw_[kDeleted].data(), "expected true or false");
    }
    record.deleted = raw_[kDeleted] == "true";
    return true;
}

bool JsonRecordReader::read_counts(TextRecord& record) {
    if (!refuse_fields({kKey, kValue, kTag, kRemovedTag, kDeleted},
                       "does not belong to counters")) {
        return false;
    }
    double positive = 0, negative = 0;
    if (has(kNode)) {
        if (!read_text(kNode, key_)) return false;
        record.key = key_.view;
    }
    if (!has(kPositive) && !has(kNegative)) {
        return fail(object_.data(), "a counter's entry has neither p nor n");
    }
    if (!read_count(kPositive, positive) || !read_count(kNegative, negative)) return false;
    value_.clear();
    encode_counter_entry(positive, negative, value_);
    record.value = value_;
    return true;
}

bool JsonRecordReader::read_count(Field field, double& count) {
    if (!has(field)) return true;
    if (!parse(raw_[field], scratch_)) return false;
    // A comparison that is false for NaN and for infinity.
    const bool good = msgpack::Reader(scratch_).read_double(count) && count >= 0 &&
                      count <= std::numeric_limits<double>::max();
    return good || fail(raw_[field].data(), "expected a count that is finite and not negative");
}

bool JsonRecordReader::refuse_fields(std::initializer_list<Field> fields, std::string_view why) {
    for (const auto field : fields) {
        if (!has(field)) continue;
        return fail(raw_[field].data(),
                    "the field '" + std::string(kFieldNames[field]) + "' " + std::string(why));
    }
    return true;
}

// --- A message, or an op in the wire's form.

JsonRead JsonRecordReader::read_wire() {
    if (wire_ == kTypeName) {
        // Messages without payload have no other mark: a record with a stray field named type would
        // otherwise pass for a message without records, and be lost.
        if (!parse(type_, scratch_)) return JsonRead::bad;
        std::string_view text;
        msgpack::Reader reader(scratch_);
        if (!reader.read_string(text) || wire::find_message_type(text) == wire::kMessageTypes) {
            fail(type_.data(), "this is no type of a message");
            return JsonRead::bad;
        }
    }
    if (!parse(object_, value_)) return JsonRead::bad;
    batch_.reset();
    wire::CaptureReader capture(value_);
    auto more = capture.next(batch_);
    if (more || options_.keep_going) {
        for (const auto& op : batch_.ops()) {
            if (give(op) == JsonRead::refused) return JsonRead::refused;
        }
        counts_.skipped += batch_.skipped() + batch_.unstamped();
        counts_.stateless += capture.counts().stateless;
    }
    if (more) return JsonRead::done;
    problem_ = {object_.data(), without_offsets(more.error().text()), more.error().code()};
    return JsonRead::bad;
}

}  // namespace topgun::storage
