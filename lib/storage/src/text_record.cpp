// SPDX-License-Identifier: Apache-2.0
#include "text_record.hpp"

#include <charconv>

#include "topgun/base/utf.hpp"
#include "topgun/replica/row.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun {

std::string TextDamage::text() const {
    return "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + what;
}

}  // namespace topgun

namespace topgun::storage {
namespace {

bool starts_character(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

// Takes "WORD NUMBER" off the front of a text.
bool take_number(std::string_view& text, std::string_view word, std::uint64_t& number) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    return true;
}

}  // namespace

std::string expected_found(std::string_view expected, const char* at, const TextLimit& limit) {
    std::string out = "expected ";
    out += expected;
    out += ", found ";
    if (at == limit.at) {
        out += limit.name;
    } else if (*at > 0x20 && *at < 0x7f) {
        out += std::string("'") + *at + "'";
    } else {
        out += "byte " + std::to_string(static_cast<unsigned char>(*at));
    }
    return out;
}

Problem json_problem(BytesView part, const TextLimit& limit, const Error& error) {
    // parse_json() documents its messages as "line 3, column 14: ...", counted from its own start.
    const auto message = error.text();
    std::string_view what = message;
    std::uint64_t line = 0, column = 0;
    if (!take_number(what, "line ", line) || !take_number(what, ", column ", column) ||
        !what.starts_with(": ")) {
        return {part.data(), message, error.code()};
    }
    what.remove_prefix(2);
    const char* at = part.data();
    const char* const end = at + part.size();
    for (; line > 1 && at != end; ++at) line -= *at == '\n' ? 1 : 0;
    for (; column > 1 && at != end; --column) {
        ++at;
        while (at != end && !starts_character(*at)) ++at;
    }
    // The end of the part is rarely the end of anything that the user sees.
    constexpr std::string_view kEnd = ", found the end of the text";
    constexpr std::string_view kExpected = "expected ";
    if (at == end && what.starts_with(kExpected) && what.ends_with(kEnd)) {
        what.remove_prefix(kExpected.size());
        what.remove_suffix(kEnd.size());
        return {at, expected_found(what, at, limit), error.code()};
    }
    return {at, std::string(what), error.code()};
}

TextDamage DamageNotes::place(const Problem& problem) {
    if (problem.at < at_) {
        at_ = begin_;
        line_ = column_ = 1;
    }
    for (; at_ != problem.at; ++at_) {
        if (*at_ == '\n') {
            ++line_;
            column_ = 1;
        } else if (starts_character(*at_)) {
            ++column_;
        }
    }
    return {line_, column_, problem.what};
}

Error DamageNotes::fatal(const Problem& problem) {
    ++counts_.damaged;
    return Error(problem.code, place(problem).text());
}

Status DamageNotes::note(const Problem& problem) {
    if (!keep_going_) return fatal(problem);
    ++counts_.damaged;
    if (damage_.size() < kMaxListedDamage) damage_.push_back(place(problem));
    return {};
}

std::string quoted(std::string_view text) {
    constexpr std::size_t kQuoteLimit = 64;
    if (text.size() <= kQuoteLimit) return "'" + std::string(text) + "'";
    auto length = kQuoteLimit;
    while (length > 0 && !starts_character(text[length])) --length;
    return "'" + std::string(text.substr(0, length)) + "...'";
}

std::optional<MapKind> parse_map_kind(std::string_view word) noexcept {
    for (const auto kind : {MapKind::lww, MapKind::or_map, MapKind::counter}) {
        if (word == map_kind_name(kind)) return kind;
    }
    return std::nullopt;
}

void append_stamp_object(const Stamp& stamp, std::string& out) {
    out += R"({"millis":)";
    out += std::to_string(stamp.millis);
    out += R"(,"counter":)";
    out += std::to_string(stamp.counter);
    out += R"(,"nodeId":)";
    append_json_string(stamp.node, out);
    out += '}';
}

std::string read_stamp_map(BytesView value, Stamp& stamp) {
    msgpack::Reader reader(value);
    std::uint32_t pairs = 0;
    if (!reader.read_map(pairs)) return "expected a timestamp: text, or {millis, counter, nodeId}";
    unsigned seen = 0;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view field;
        if (!reader.read_string(field)) return "expected a field name";
        if (field == "millis") {
            if (!reader.read_unsigned(stamp.millis, kMaxMillis)) {
                return "expected millis, a whole number up to 2^53 - 1";
            }
            seen |= 1;
        } else if (field == "counter") {
            std::uint64_t counter = 0;
            if (!reader.read_unsigned(counter, kMaxCounter)) {
                return "expected counter, a whole number up to 2^32 - 1";
            }
            stamp.counter = static_cast<std::uint32_t>(counter);
            seen |= 2;
        } else if (field == "nodeId") {
            if (!reader.read_string(stamp.node)) return "expected nodeId, a string";
            seen |= 4;
        } else {
            return "a timestamp has no field " + quoted(field);
        }
    }
    return seen == 7 ? "" : "expected a timestamp with millis, counter and nodeId";
}

namespace {

std::string make_lww(const TextRecord& record, Op& op) {
    if (!record.tag.empty()) return "a record of an LWW map has no tag";
    // Nil is how the wire writes a removal, so it can be no value of its own here.
    const bool nil = record.value == BytesView("\xc0");
    const bool removes = record.deleted || nil;
    if (record.deleted && !record.value.empty() && !nil) return "a deleted record has no value";
    if (!removes && record.value.empty()) {
        return "the record has neither a value nor a mark that it is deleted";
    }
    op.kind = removes ? OpKind::remove : OpKind::put;
    if (!removes) {
        op.value = record.value;
        op.ttl_ms = record.ttl_ms;
    } else if (record.ttl_ms != kNoTtl) {
        return "a deleted record has no time to live";
    }
    return {};
}

std::string make_or(const TextRecord& record, std::string& tag_text, Op& op) {
    op.tag = record.tag;
    if (record.deleted) {
        op.kind = OpKind::or_remove;
        if (op.tag.empty()) return "a removed tag must not be empty";
        if (!record.value.empty()) return "a removed tag has no value";
        if (record.ttl_ms != kNoTtl) return "a removed tag has no time to live";
        return {};
    }
    op.kind = OpKind::or_add;
    if (record.value.empty()) return "the record has no value";
    op.value = record.value;
    op.ttl_ms = record.ttl_ms;
    if (op.tag.empty()) {
        // One default stamp for many records would give them all one tag.
        if (!record.stamp) return "a record of an OR map needs a timestamp or a tag";
        format_stamp(op.stamp, tag_text);
        op.tag = tag_text;
    }
    return {};
}

std::string make_counter(const TextRecord& record, Op& op) {
    op.kind = OpKind::counter;
    op.stamp = {};
    double positive = 0, negative = 0;
    if (record.stamp) return "a counter's entry has no timestamp";
    if (record.ttl_ms != kNoTtl) return "a counter's entry has no time to live";
    if (!record.tag.empty()) return "a counter's entry has no tag";
    if (record.deleted) return "a counter's entry cannot be deleted";
    if (!decode_counter_entry(record.value, positive, negative)) {
        return "expected two counts that are finite and not negative";
    }
    op.value = record.value;
    return {};
}

}  // namespace

std::string make_op(const TextRecord& record, const TextReadOptions& options, std::string& tag_text,
                    Op& op) {
    op = {};
    op.id = record.id;
    if (!record.map && options.default_map.empty()) return "the record names no map";
    op.map = record.map ? *record.map : std::string_view(options.default_map);
    const bool removed_tag = record.kind == MapKind::or_map && record.deleted;
    if (!record.key && !removed_tag) {
        return record.kind == MapKind::counter ? "the record has no node" : "the record has no key";
    }
    if (record.key) op.key = *record.key;
    if (record.kind == MapKind::counter) return make_counter(record, op);
    if (record.stamp) {
        op.stamp = *record.stamp;
    } else if (!removed_tag) {
        if (options.default_stamp.node.empty()) return "the record has no timestamp";
        op.stamp = options.default_stamp;
    }
    return record.kind == MapKind::lww ? make_lww(record, op) : make_or(record, tag_text, op);
}

}  // namespace topgun::storage
