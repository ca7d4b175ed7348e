// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <utility>

#include "topgun/maptable/key_state.hpp"
#include "topgun/maptable/row.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::maptable {
namespace {

using msgpack::Kind;
using serverfiles::StoredRecord;

constexpr BytesView kNil("\xc0", 1);

Error bad(std::string what) {
    return Error(Errc::bad_input, std::move(what));
}

// PostgreSQL's texts end at U+0000, so it takes none.
Status check_texts(std::string_view map, std::string_view key, const StoredRecord& record) {
    const auto has_nul = [](std::string_view text) {
        return text.find('\0') != std::string_view::npos;
    };
    if (has_nul(map) || has_nul(key)) return bad("PostgreSQL takes no U+0000 in names");
    for (const auto& entry : record.entries) {
        if (has_nul(entry.tag) || has_nul(entry.stamp.node_id)) {
            return bad("PostgreSQL takes no U+0000 in tags and node ids");
        }
    }
    for (const auto& tag : record.removed_tags) {
        if (has_nul(tag)) return bad("PostgreSQL takes no U+0000 in tags");
    }
    return {};
}

// A value in the forms that the Rust server has: a wide integer as the nearest float, an
// extension, which it would not have taken, as nil.
void append_nearest(const ValueView& value, msgpack::Writer& out) {
    switch (value.kind()) {
        case Kind::integer:
            if (value.as_int64()) break;
            return out.real(*value.as_double());
        case Kind::extension: return out.nil();
        case Kind::array:
            out.array(value.size());
            return value.for_each_element(
                [&](const ValueView& each) { append_nearest(each, out); });
        case Kind::map:
            out.map(value.size());
            return value.for_each_field([&](std::string_view name, const ValueView& each) {
                out.string(name);
                append_nearest(each, out);
            });
        default: break;
    }
    out.raw(value.bytes());
}

Fact fact_of(const StoredRecord::Entry& entry) {
    Fact fact;
    fact.tag = entry.tag;
    fact.stamp = entry.stamp;
    fact.ttl_ms = entry.ttl_ms;
    return fact;
}

// Both servers read nil as "removed", which a record with that value is not.
bool is_live_nil(const StoredRecord& record, const StoredRecord::Entry& entry) {
    return record.kind == MapKind::lww && ValueView(entry.value).is_nil();
}

// Replaces the values that have no form by those that come nearest.
Status encode_nearest(StoredRecord record, Bytes& out, std::vector<Fact>& facts) {
    for (auto& entry : record.entries) {
        Bytes nearest;
        msgpack::Writer writer(nearest);
        append_nearest(ValueView(entry.value), writer);
        if (nearest == entry.value) continue;
        auto fact = fact_of(entry);
        fact.value = std::exchange(entry.value, std::move(nearest));
        facts.push_back(std::move(fact));
    }
    return encode_stored_record(record, out);
}

void append_record(const StoredRecord::Entry& entry, std::string& out, std::vector<Fact>& facts) {
    out += R"({"value":)";
    if (!append_plain_json(entry.value, out)) {
        auto fact = fact_of(entry);
        fact.value = entry.value;
        facts.push_back(std::move(fact));
    }
    out += R"(,"timestamp":{"millis":)" + std::to_string(entry.stamp.millis) + R"(,"counter":)" +
           std::to_string(entry.stamp.counter) + R"(,"nodeId":)";
    append_json_string(entry.stamp.node_id, out);
    out += R"(},"tag":)";
    append_json_string(entry.tag, out);
    if (entry.ttl_ms != kNoTtl) out += R"(,"ttlMs":)" + std::to_string(entry.ttl_ms);
    out += '}';
}

Status encode_or_row(const StoredRecord& record, JsonbRowOut& out, std::vector<Fact>& facts) {
    out.stamp = {0, 0, std::string(kOrMapNode)};
    out.present = !record.entries.empty();
    auto& json = out.json.emplace(R"({"type":"OR","records":[)");
    for (const auto& entry : record.entries) {
        if (&entry != record.entries.data()) json += ',';
        append_record(entry, json, facts);
    }
    json += "]}";
    return {};
}

}  // namespace

Status encode_row(std::string_view map, std::string_view key, const KeyState& state,
                  ByteaRowOut& out, std::vector<Fact>& facts, bool null_rows) {
    const auto& record = state.record();
    TOPGUN_TRY(check_texts(map, key, record));
    if (map.ends_with("__backup")) {
        return bad("the server takes no map whose name ends in __backup");
    }
    out = {};
    out.millis = state.latest_millis();
    if (state.is_tombstone() && null_rows) {
        auto null = record;
        null.entries.front().value = kNil;
        return encode_stored_record(null, out.value.emplace());
    }
    if (state.is_tombstone()) {
        auto fact = fact_of(record.entries.front());
        fact.removed = true;
        facts.push_back(std::move(fact));
        return {};
    }
    if (record.entries.empty() && record.removed_tags.empty()) return {};
    const auto before = facts.size();
    auto& bytes = out.value.emplace();
    if (!encode_stored_record(record, bytes)) TOPGUN_TRY(encode_nearest(record, bytes, facts));
    for (const auto& entry : record.entries) {
        const bool nil = is_live_nil(record, entry);
        if (entry.ttl_ms == kNoTtl && !nil) continue;
        const auto noted = [&](const Fact& fact) { return fact.tag == entry.tag; };
        const auto begin = facts.begin() + static_cast<std::ptrdiff_t>(before);
        if (std::any_of(begin, facts.end(), noted)) continue;
        facts.push_back(fact_of(entry));
        if (nil) facts.back().value = entry.value;
    }
    return {};
}

Status encode_row(std::string_view map, std::string_view key, const KeyState& state,
                  JsonbRowOut& out, std::vector<Fact>& facts) {
    const auto& record = state.record();
    TOPGUN_TRY(check_texts(map, key, record));
    if (key == kTombstonesKey) return bad("the server keeps removed tags under this key");
    out = {};
    if (state.kind() == MapKind::or_map) return encode_or_row(record, out, facts);
    const auto& entry = record.entries.front();
    if (entry.stamp.node_id == kOrMapNode) return bad("the server marks OR-Maps by this node id");
    if (entry.stamp.counter > std::numeric_limits<std::int32_t>::max()) {
        return bad("the clock's counter is beyond 31 bits");
    }
    out.stamp = entry.stamp;
    out.deleted = state.is_tombstone();
    auto& json = out.json.emplace();
    if (out.deleted) {
        json = "null";
        return {};
    }
    const bool exact = append_plain_json(entry.value, json) && !is_live_nil(record, entry);
    if (exact && entry.ttl_ms == kNoTtl) return {};
    auto fact = fact_of(entry);
    if (!exact) fact.value = entry.value;
    facts.push_back(std::move(fact));
    return {};
}

std::string encode_removed_tags(const std::vector<std::string>& tags) {
    std::string out = R"({"type":"OR_TOMBSTONES","tags":[)";
    for (const auto& tag : tags) {
        if (&tag != tags.data()) out += ',';
        append_json_string(tag, out);
    }
    return out + "]}";
}

}  // namespace topgun::maptable
