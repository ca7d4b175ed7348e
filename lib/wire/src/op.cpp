// SPDX-License-Identifier: Apache-2.0
// Reads ops field by field in one pass over the bytes; a value is copied once, into its canonical
// form.
#include "topgun/wire/op.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "topgun/replica/row.hpp"
#include "topgun/value/canonical.hpp"

namespace topgun::wire {

using msgpack::Fault;
using msgpack::Reader;

namespace {

// Compares with a literal, inline: the lengths decide most of the time.
template <std::size_t N>
bool is(std::string_view field, const char (&name)[N]) {
    return field.size() == N - 1 && std::memcmp(field.data(), name, N - 1) == 0;
}

}  // namespace

bool OpBatch::refuse(Reader& reader, const char* expected) {
    expected_ = expected;
    return reader.fail(Fault::incomplete);
}

Error OpBatch::error(const Reader& reader) const {
    return reader.error(expected_);
}

void OpBatch::push(const Op& op, Range value) {
    ops_.push_back(op);
    ranges_.push_back(value);
}

OpBatch::Mark OpBatch::mark() const noexcept {
    return {ops_.size(), values_.size(), repaired_.size(), skipped_, unstamped_};
}

void OpBatch::roll_back(const Mark& mark) {
    ops_.resize(mark.ops);
    ranges_.resize(mark.ops);
    values_.resize(mark.values);
    repaired_.resize(mark.repaired);
    skipped_ = mark.skipped;
    unstamped_ = mark.unstamped;
    resolved_ = std::min(resolved_, mark.ops);
}

const std::vector<Op>& OpBatch::ops() {
    // values_ may have moved while it grew, also for a read that failed: then every view is set
    // anew.
    if (resolved_in_ != values_.data()) resolved_ = 0;
    resolved_in_ = values_.data();
    for (; resolved_ < ops_.size(); ++resolved_) {
        const auto& range = ranges_[resolved_];
        ops_[resolved_].value = BytesView(values_).substr(range.begin, range.end - range.begin);
    }
    return ops_;
}

void OpBatch::reset() {
    ops_.clear();
    ranges_.clear();
    values_.clear();
    repaired_.clear();
    resolved_ = 0;
    skipped_ = 0;
    unstamped_ = 0;
}

bool OpBatch::read_text(Reader& reader, std::string_view& text, const char* what) {
    expected_ = what;
    if (!reader.read_string(text)) return false;
    const auto before = text;
    if (!accept_text(text, scratch_)) return reader.fail(Fault::bad_utf8);
    if (text.data() != before.data()) text = repaired_.emplace_back(text);
    return true;
}

bool OpBatch::read_stamp(Reader& reader, Stamp& stamp) {
    std::uint32_t pairs = 0;
    expected_ = "a timestamp map {millis, counter, nodeId}";
    if (!reader.read_map(pairs)) return false;
    unsigned seen = 0;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view field;
        expected_ = "a field name";
        if (!reader.read_string(field)) return false;
        if (is(field, "millis")) {
            expected_ = "millis, a whole number up to 2^53 - 1";
            if (!reader.read_unsigned(stamp.millis, kMaxMillis)) return false;
            seen |= 1;
        } else if (is(field, "counter")) {
            std::uint64_t counter = 0;
            expected_ = "counter, a whole number up to 2^32 - 1";
            if (!reader.read_unsigned(counter, kMaxCounter)) return false;
            stamp.counter = static_cast<std::uint32_t>(counter);
            seen |= 2;
        } else if (is(field, "nodeId")) {
            if (!read_text(reader, stamp.node, "nodeId, a string")) return false;
            seen |= 4;
        } else if (!reader.skip()) {
            return false;
        }
    }
    return seen == 7 || refuse(reader, "a timestamp with millis, counter and nodeId");
}

bool OpBatch::read_record(Reader& reader, Record& record) {
    record = {};
    record.present = true;
    if (reader.next_is_nil()) {
        record.nil = true;
        return reader.skip();
    }
    std::uint32_t pairs = 0;
    expected_ = "a record map {value, timestamp}";
    if (!reader.read_map(pairs)) return false;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view field;
        expected_ = "a field name";
        if (!reader.read_string(field)) return false;
        if (is(field, "value")) {
            expected_ = "a value";
            record.value.begin = values_.size();
            if (reader.next_is_nil()) {
                if (!reader.skip()) return false;
                record.value.end = record.value.begin;
            } else {
                if (!append_canonical(reader, values_)) return false;
                // JavaScript's undefined is nil once it is canonical.
                if (BytesView(values_).substr(record.value.begin) == "\xc0") values_.pop_back();
                record.value.end = values_.size();
            }
        } else if (is(field, "timestamp")) {
            if (!read_stamp(reader, record.stamp)) return false;
            record.stamped = true;
        } else if (is(field, "ttlMs")) {
            expected_ = "ttlMs, a whole number of milliseconds";
            if (reader.next_is_nil()) {
                record.ttl_ms = kNoTtl;
                if (!reader.skip()) return false;
            } else if (!reader.read_unsigned(record.ttl_ms, kMaxMillis)) {
                return false;
            }
        } else if (is(field, "tag")) {
            if (!read_text(reader, record.tag, "tag, a string")) return false;
        } else if (!reader.skip()) {
            return false;
        }
    }
    return true;
}

bool OpBatch::complete(Reader& reader, const Record& record, bool tagged) {
    if (!record.stamped) return refuse(reader, "a record with a timestamp");
    if (tagged && record.tag.empty()) return refuse(reader, "an OR record with a tag");
    return true;
}

bool OpBatch::read(Reader& reader) {
    return read_fields(reader, "opType");
}
bool OpBatch::read_event(Reader& reader) {
    return read_fields(reader, "eventType");
}

bool OpBatch::read_fields(Reader& reader, std::string_view type_field) {
    const auto values_before = values_.size();
    Op op;
    std::string_view type;
    std::string_view tag;
    Record record, or_record;
    Range counter;
    bool has_map = false, has_key = false, has_tag = false, has_counter = false;
    std::uint32_t pairs = 0;
    const auto parse = [&]() -> bool {
        expected_ = "an op, a map with mapName and key";
        if (!reader.read_map(pairs)) return false;
        for (std::uint32_t i = 0; i < pairs; ++i) {
            std::string_view field;
            expected_ = "a field name";
            if (!reader.read_string(field)) return false;
            if (is(field, "mapName")) {
                if (!read_text(reader, op.map, "mapName, a string")) return false;
                has_map = true;
            } else if (is(field, "key")) {
                if (!read_text(reader, op.key, "key, a string")) return false;
                has_key = true;
            } else if (is(field, "record")) {
                if (!read_record(reader, record)) return false;
            } else if (is(field, "orRecord")) {
                if (!read_record(reader, or_record)) return false;
            } else if (field == type_field && !reader.next_is_nil()) {
                if (!read_text(reader, type, "opType, a string")) return false;
            } else if (is(field, "id") && !reader.next_is_nil()) {
                if (!read_text(reader, op.id, "id, a string")) return false;
            } else if (is(field, "orTag") && !reader.next_is_nil()) {
                if (!read_text(reader, tag, "orTag, a string")) return false;
                has_tag = true;
            } else if (is(field, "timestamp") && !reader.next_is_nil()) {
                if (!read_stamp(reader, op.stamp)) return false;
            } else if (is(field, "counter")) {
                counter.begin = values_.size();
                expected_ = "counts [p, n]";
                if (!append_canonical(reader, values_)) return false;
                counter.end = values_.size();
                has_counter = true;
            } else if (!reader.skip()) {
                return false;
            }
        }
        if (!has_map) return refuse(reader, "an op with mapName");
        if (!has_key) return refuse(reader, "an op with key");
        return true;
    };
    const auto classify = [&]() -> bool {
        Range value;
        if (type == "COUNTER") {
            double positive = 0, negative = 0;
            const auto bytes =
                BytesView(values_).substr(counter.begin, counter.end - counter.begin);
            if (!has_counter || !decode_counter_entry(bytes, positive, negative)) {
                return refuse(reader, "counter, two counts that are finite and not negative");
            }
            op.kind = OpKind::counter;
            op.stamp = {};
            value = counter;
        } else if (type == "REMOVE" || (record.present && record.nil)) {
            op.kind = OpKind::remove;
            // The record's stamp is the write's; without a record the op's own stamp is all there
            // is.
            if (record.present && record.stamped) {
                op.stamp = record.stamp;
                op.ttl_ms = kNoTtl;
            } else if (op.stamp == Stamp{}) {
                ++unstamped_;
                return true;
            }
        } else if (or_record.present && !or_record.nil) {
            if (!complete(reader, or_record, true)) return false;
            op.kind = OpKind::or_add;
            op.stamp = or_record.stamp;
            op.ttl_ms = or_record.ttl_ms;
            op.tag = or_record.tag;
            value = or_record.value;
            if (value.begin == value.end) {  // nil is a value of its own in an OR-Map
                value.begin = values_.size();
                values_.push_back('\xc0');
                value.end = values_.size();
            }
        } else if (has_tag && !or_record.present) {
            if (tag.empty()) return refuse(reader, "orTag that is not empty");
            op.kind = OpKind::or_remove;
            op.tag = tag;
        } else if (record.present) {
            if (!complete(reader, record, false)) return false;
            op.stamp = record.stamp;
            op.ttl_ms = record.ttl_ms;
            value = record.value;
            op.kind = value.begin == value.end ? OpKind::remove : OpKind::put;
            if (op.kind == OpKind::remove) op.ttl_ms = kNoTtl;
        } else {
            ++skipped_;
            return true;
        }
        push(op, value);
        return true;
    };
    if (parse() && classify()) return true;
    values_.resize(values_before);
    return false;
}

bool OpBatch::read_lww_record(Reader& reader, std::string_view map, std::string_view key) {
    Record record;
    const auto before = values_.size();
    if (!read_record(reader, record) || !(record.nil || complete(reader, record, false))) {
        values_.resize(before);
        return false;
    }
    if (record.nil) {
        ++unstamped_;
        return true;
    }
    Op op;
    op.map = map;
    op.key = key;
    op.stamp = record.stamp;
    op.kind = record.value.begin == record.value.end ? OpKind::remove : OpKind::put;
    if (op.kind == OpKind::put) op.ttl_ms = record.ttl_ms;
    push(op, record.value);
    return true;
}

bool OpBatch::read_or_record(Reader& reader, std::string_view map, std::string_view key) {
    Record record;
    const auto before = values_.size();
    if (!read_record(reader, record) || !complete(reader, record, true)) {
        values_.resize(before);
        return false;
    }
    if (record.value.begin == record.value.end) {
        record.value.begin = values_.size();
        values_.push_back('\xc0');
        record.value.end = values_.size();
    }
    Op op;
    op.kind = OpKind::or_add;
    op.map = map;
    op.key = key;
    op.stamp = record.stamp;
    op.ttl_ms = record.ttl_ms;
    op.tag = record.tag;
    push(op, record.value);
    return true;
}

bool OpBatch::read_name(Reader& reader, std::string_view& name) {
    return read_text(reader, name, "a name, a string");
}

bool OpBatch::read_removed_tag(Reader& reader, std::string_view map, std::string_view key) {
    std::string_view tag;
    if (!read_text(reader, tag, "a removed tag, a string")) return false;
    if (tag.empty()) return refuse(reader, "a removed tag that is not empty");
    Op op;
    op.kind = OpKind::or_remove;
    op.map = map;
    op.key = key;
    op.tag = tag;
    push(op, {});
    return true;
}

bool OpBatch::read_counts(Reader& reader, std::vector<std::pair<std::string_view, double>>& out) {
    std::uint32_t pairs = 0;
    expected_ = "a map of counts by node";
    if (!reader.read_map(pairs)) return false;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view node;
        double count = 0;
        if (!read_text(reader, node, "a node id")) return false;
        expected_ = "a count";
        if (!reader.read_double(count)) return false;
        if (!std::isfinite(count) || count < 0)
            return refuse(reader, "a finite count, not negative");
        out.emplace_back(node, count);
    }
    return true;
}

bool OpBatch::read_counter_state(Reader& reader, std::string_view name) {
    std::uint32_t pairs = 0;
    expected_ = "a counter's state {p, n}";
    if (!reader.read_map(pairs)) return false;
    std::vector<std::pair<std::string_view, double>> positive, negative;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view field;
        expected_ = "a field name";
        if (!reader.read_string(field)) return false;
        const bool p = is(field, "p") || is(field, "positive");
        const bool n = is(field, "n") || is(field, "negative");
        if (p || n ? !read_counts(reader, p ? positive : negative) : !reader.skip()) return false;
    }
    // Both spellings may be there: the larger count of a node counts.
    std::map<std::string_view, std::pair<double, double>> counts;
    for (const auto& [node, count] : positive) {
        counts[node].first = std::max(counts[node].first, count);
    }
    for (const auto& [node, count] : negative) {
        counts[node].second = std::max(counts[node].second, count);
    }
    for (const auto& [node, count] : counts) {
        Op op;
        op.kind = OpKind::counter;
        op.map = name;
        op.key = node;
        Range value{values_.size(), 0};
        encode_counter_entry(count.first, count.second, values_);
        value.end = values_.size();
        push(op, value);
    }
    return true;
}

}  // namespace topgun::wire
