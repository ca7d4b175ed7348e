// SPDX-License-Identifier: Apache-2.0
// Source of the form: TopGun packages/server-rust/src/storage/record.rs, written by rmp-serde.
#include "topgun/maptable/stored_record.hpp"

#include <array>
#include <optional>
#include <span>
#include <utility>

#include "topgun/base/utf.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::maptable {
namespace {

using msgpack::Fault;
using msgpack::Kind;
using msgpack::Reader;
using msgpack::Token;
using msgpack::Writer;

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 8> kValues = {"Null",   "Bool",  "Int",   "Float",
                                                     "String", "Bytes", "Array", "Map"};
constexpr std::array<std::string_view, 3> kRecords = {"lww", "orMap", "orTombstones"};
constexpr std::array<std::string_view, 2> kLwwFields = {"value", "timestamp"};
constexpr std::array<std::string_view, 3> kEntryFields = {"value", "tag", "timestamp"};
constexpr std::array<std::string_view, 2> kOrFields = {"records", "tombstones"};
constexpr std::array<std::string_view, 1> kTagFields = {"tags"};
constexpr std::array<std::string_view, 3> kStampFields = {"millis", "counter", "nodeId"};

class RecordReader {
public:
    explicit RecordReader(BytesView bytes) : in_(bytes) {}

    Result<StoredRecord> run() {
        std::size_t variant = 0;
        if (!pair(kRecords, variant)) return error();
        out_.kind = variant == 0 ? MapKind::lww : MapKind::or_map;
        const bool sound = variant == 0 ? lww() : variant == 1 ? or_map() : old_tombstones();
        if (!sound) return error();
        return std::move(out_);
    }

private:
    // An enum's variant with content: a map of one pair, whose key is a name or a number.
    bool pair(Names names, std::size_t& variant) {
        std::uint32_t pairs = 0;
        if (!in_.read_map(pairs)) return false;
        return pairs == 1 ? name(names, variant) : fail("a map of one pair");
    }

    bool name(Names names, std::size_t& variant) {
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

    // Calls field(i) for each of a struct's fields that is there: a map from names, in any order
    // and with others in between, or an array. Those not `optional` must be there.
    template <typename Field>
    bool fields(Names names, std::size_t required, Field&& field) {
        if (in_.at_end()) return in_.fail(Fault::truncated);
        std::uint32_t count = 0;
        if (in_.peek() == Kind::array) {
            if (!in_.read_array(count)) return false;
            if (count < required || count > names.size()) return fail("another number of fields");
            for (std::uint32_t i = 0; i < count; ++i) {
                if (!field(i)) return false;
            }
            return true;
        }
        if (!in_.read_map(count)) return false;
        unsigned seen = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            std::string_view word;
            if (!in_.read_string(word)) return false;
            std::size_t at = 0;
            while (at < names.size() && names[at] != word) ++at;
            if (at == names.size()) {
                if (!in_.skip()) return false;
                continue;
            }
            if ((seen >> at & 1) != 0) return fail("each field once");
            seen |= 1U << at;
            if (!field(at)) return false;
        }
        for (std::size_t at = 0; at < required; ++at) {
            if ((seen >> at & 1) == 0) return fail("the field " + std::string(names[at]));
        }
        return true;
    }

    bool lww() {
        StoredRecord::Entry entry;
        const bool sound = fields(kLwwFields, 2, [&](std::size_t at) {
            return at == 0 ? value(entry.value, 0) : stamp(entry.stamp);
        });
        out_.entries.push_back(std::move(entry));
        return sound;
    }

    bool or_map() {
        return fields(kOrFields, 1, [&](std::size_t at) {
            if (at == 1) return tags();
            std::uint32_t count = 0;
            if (!in_.read_array(count)) return false;
            for (std::uint32_t i = 0; i < count; ++i) {
                StoredRecord::Entry entry;
                if (!or_entry(entry)) return false;
                out_.entries.push_back(std::move(entry));
            }
            return true;
        });
    }

    bool or_entry(StoredRecord::Entry& entry) {
        return fields(kEntryFields, 3, [&](std::size_t at) {
            if (at == 0) return value(entry.value, 0);
            return at == 1 ? text(entry.tag) : stamp(entry.stamp);
        });
    }

    bool old_tombstones() {
        return fields(kTagFields, 1, [&](std::size_t) { return tags(); });
    }

    bool tags() {
        std::uint32_t count = 0;
        if (!in_.read_array(count)) return false;
        for (std::uint32_t i = 0; i < count; ++i) {
            std::string tag;
            if (!text(tag)) return false;
            out_.removed_tags.push_back(std::move(tag));
        }
        return true;
    }

    bool stamp(Timestamp& out) {
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

    bool text(std::string& out) {
        const auto position = in_.position();
        std::string_view word;
        if (!in_.read_string(word)) return false;
        if (!accept_text(word, scratch_)) return in_.fail_at(position, Fault::bad_utf8);
        out = word;
        return true;
    }

    // Appends a value without the names of its kinds.
    bool value(Bytes& out, std::size_t depth) {
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

    bool content(std::size_t variant, Bytes& out, std::size_t depth) {
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

    bool integer(Writer& writer) {
        Token token;
        if (!in_.next(token)) return false;
        if (token.kind != Kind::integer) return fail("an integer");
        if (!token.negative && token.bits >> 63 != 0) return fail("63 bits at most");
        writer.signed_integer(token.as_signed());
        return true;
    }

    bool binary(Writer& writer) {
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

    bool array(Bytes& out, std::size_t depth) {
        std::uint32_t count = 0;
        if (!in_.read_array(count)) return false;
        Writer(out).array(count);
        for (std::uint32_t i = 0; i < count; ++i) {
            if (!value(out, depth + 1)) return false;
        }
        return true;
    }

    bool map(Bytes& out, std::size_t depth) {
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

    bool fail(std::string expected) {
        expected_ = std::move(expected);
        return in_.fail(Fault::wrong_kind);
    }
    Error error() const { return in_.error(expected_); }

    Reader in_;
    StoredRecord out_;
    Bytes scratch_;
    std::string expected_;
};

}  // namespace

Result<StoredRecord> decode_stored_record(BytesView bytes) {
    auto record = RecordReader(bytes).run();
    if (!record) return record;
    // Keys of maps may be in any order, or there twice.
    for (auto& entry : record->entries) {
        auto value = canonical(entry.value);
        if (!value) return std::move(value).error();
        entry.value = std::move(*value);
    }
    return record;
}

}  // namespace topgun::maptable
