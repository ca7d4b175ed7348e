// SPDX-License-Identifier: Apache-2.0
// Source of the form: TopGun packages/server-rust/src/storage/record.rs, written by rmp-serde.
#include "record_reader.hpp"

#include "topgun/base/utf.hpp"
#include "topgun/value/canonical.hpp"

namespace topgun::serverfiles {
namespace {

using msgpack::Fault;
using msgpack::Kind;
using msgpack::Token;
using msgpack::Writer;

constexpr std::array<std::string_view, 8> kValues = {"Null",   "Bool",  "Int",   "Float",
                                                     "String", "Bytes", "Array", "Map"};
constexpr std::array<std::string_view, 3> kRecords = {"lww", "orMap", "orTombstones"};
constexpr std::array<std::string_view, 2> kLwwFields = {"value", "timestamp"};
constexpr std::array<std::string_view, 3> kEntryFields = {"value", "tag", "timestamp"};
constexpr std::array<std::string_view, 2> kOrFields = {"records", "tombstones"};
constexpr std::array<std::string_view, 1> kTagFields = {"tags"};
constexpr std::array<std::string_view, 3> kStampFields = {"millis", "counter", "nodeId"};

}  // namespace

bool RecordReader::record(StoredRecord& out) {
    std::size_t variant = 0;
    if (!pair(kRecords, variant)) return false;
    out.kind = variant == 0 ? MapKind::lww : MapKind::or_map;
    if (variant == 0) return lww(out);
    if (variant == 1) return or_map(out);
    return fields(kTagFields, 1, [&](std::size_t) { return tags(out.removed_tags); });
}

bool RecordReader::pair(Names names, std::size_t& variant) {
    std::uint32_t pairs = 0;
    if (!in_.read_map(pairs)) return false;
    return pairs == 1 ? name(names, variant) : fail("a map of one pair");
}

bool RecordReader::name(Names names, std::size_t& variant) {
    if (in_.at_end()) return in_.fail(Fault::truncated);
    std::uint64_t number = 0;
    if (in_.peek() == Kind::integer) {
        if (!in_.read_unsigned(number, names.size() - 1)) return false;
        variant = static_cast<std::size_t>(number);
        return true;
    }
    std::string_view word;
    if (!in_.read_string(word)) return false;
    for (variant = 0; variant < names.size(); ++variant) {
        if (names[variant] == word) return true;
    }
    return fail("a known name instead of '" + repair_utf8(word.substr(0, 32)) + "'");
}

bool RecordReader::lww(StoredRecord& out) {
    StoredRecord::Entry entry;
    const bool sound = fields(kLwwFields, 2, [&](std::size_t at) {
        return at == 0 ? value(entry.value) : stamp(entry.stamp);
    });
    out.entries.push_back(std::move(entry));
    return sound;
}

bool RecordReader::or_map(StoredRecord& out) {
    return fields(kOrFields, 1, [&](std::size_t at) {
        if (at == 1) return tags(out.removed_tags);
        std::uint32_t count = 0;
        if (!in_.read_array(count)) return false;
        for (std::uint32_t i = 0; i < count; ++i) {
            StoredRecord::Entry entry;
            if (!or_entry(entry)) return false;
            out.entries.push_back(std::move(entry));
        }
        return true;
    });
}

bool RecordReader::or_entry(StoredRecord::Entry& entry) {
    return fields(kEntryFields, 3, [&](std::size_t at) {
        if (at == 0) return value(entry.value);
        return at == 1 ? text(entry.tag) : stamp(entry.stamp);
    });
}

bool RecordReader::tags(std::vector<std::string>& out) {
    std::uint32_t count = 0;
    if (!in_.read_array(count)) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::string tag;
        if (!text(tag)) return false;
        out.push_back(std::move(tag));
    }
    return true;
}

bool RecordReader::stamp(Timestamp& out) {
    return fields(kStampFields, 3, [&](std::size_t at) {
        if (at == 2) return text(out.node_id);
        std::uint64_t number = 0;
        if (!in_.read_unsigned(number, at == 0 ? kMaxMillis : kMaxCounter)) return false;
        if (at == 0)
            out.millis = number;
        else
            out.counter = static_cast<std::uint32_t>(number);
        return true;
    });
}

bool RecordReader::text(std::string& out) {
    const auto position = in_.position();
    std::string_view word;
    if (!in_.read_string(word)) return false;
    if (!accept_text(word, scratch_)) return in_.fail_at(position, Fault::bad_utf8);
    out = word;
    return true;
}

bool RecordReader::value(Bytes& out, std::size_t depth) {
    // Each level of a value is two in the record.
    if (depth >= msgpack::kMaxDepth / 2) return in_.fail(Fault::too_deep);
    if (in_.at_end()) return in_.fail(Fault::truncated);
    std::size_t variant = 0;
    if (in_.peek() == Kind::string || in_.peek() == Kind::integer) {
        if (!name(kValues, variant)) return false;
        if (variant != 0) return fail("a value for " + std::string(kValues[variant]));
        Writer(out).nil();
        return true;
    }
    if (!pair(kValues, variant)) return false;
    return content(variant, out, depth);
}

bool RecordReader::content(std::size_t variant, Bytes& out, std::size_t depth) {
    Writer writer(out);
    bool truth = false;
    double real = 0;
    std::string word;
    switch (variant) {
        case 0:
            if (!in_.next_is_nil()) return fail("nil");
            writer.nil();
            return in_.skip();
        case 1:
            if (!in_.read_bool(truth)) return false;
            writer.boolean(truth);
            return true;
        case 2: return integer(writer);
        case 3:
            if (!in_.read_double(real)) return false;
            writer.real(real);
            return true;
        case 4:
            if (!text(word)) return false;
            writer.string(word);
            return true;
        case 5: return binary(writer);
        case 6: return array(out, depth);
        default: return map(out, depth);
    }
}

bool RecordReader::integer(Writer& writer) {
    Token token;
    if (!in_.next(token)) return false;
    if (token.kind != Kind::integer) return fail("an integer");
    if (!token.negative && token.bits >> 63 != 0) return fail("63 bits at most");
    writer.signed_integer(token.as_signed());
    return true;
}

bool RecordReader::binary(Writer& writer) {
    if (!in_.at_end() && in_.peek() == Kind::binary) {
        BytesView bytes;
        if (!in_.read_binary(bytes)) return false;
        writer.binary(bytes);
        return true;
    }
    std::uint32_t count = 0;
    if (!in_.read_array(count)) return false;
    std::string bytes;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::uint64_t byte = 0;
        if (!in_.read_unsigned(byte, 255)) return false;
        bytes += static_cast<char>(byte);
    }
    writer.binary(bytes);
    return true;
}

bool RecordReader::array(Bytes& out, std::size_t depth) {
    std::uint32_t count = 0;
    if (!in_.read_array(count)) return false;
    Writer(out).array(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!value(out, depth + 1)) return false;
    }
    return true;
}

bool RecordReader::map(Bytes& out, std::size_t depth) {
    std::uint32_t count = 0;
    if (!in_.read_map(count)) return false;
    Writer(out).map(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        std::string key;
        if (!text(key)) return false;
        Writer(out).string(key);
        if (!value(out, depth + 1)) return false;
    }
    return true;
}

bool RecordReader::fail(std::string expected) {
    expected_ = std::move(expected);
    return in_.fail(Fault::wrong_kind);
}

Status make_canonical(StoredRecord::Entry& entry) {
    // Keys of maps may be in any order, or there twice.
    auto value = canonical(entry.value);
    if (!value) return std::move(value).error();
    entry.value = std::move(*value);
    return {};
}

Result<StoredRecord> decode_stored_record(BytesView bytes) {
    RecordReader reader{msgpack::Reader(bytes)};
    StoredRecord record;
    if (!reader.record(record)) return reader.error();
    for (auto& entry : record.entries) TOPGUN_TRY(make_canonical(entry));
    return record;
}

}  // namespace topgun::serverfiles
