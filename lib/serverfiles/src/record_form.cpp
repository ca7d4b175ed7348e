// SPDX-License-Identifier: Apache-2.0
// Source of the form: TopGun packages/server-rust/src/storage/record.rs, written by rmp-serde.
#include "topgun/serverfiles/record_form.hpp"

#include "record_reader.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::serverfiles {
namespace {

using msgpack::Kind;
using msgpack::Reader;
using msgpack::Token;
using msgpack::Writer;

// Beyond what the server's own decoder follows; a bound for the stack.
constexpr std::size_t kDepthMax = 512;

std::size_t text_header(std::size_t size) {
    return size < 32 ? 1 : size < 0x100 ? 2 : size < 0x10000 ? 3 : 5;
}
std::size_t list_header(std::size_t count) {
    return count < 16 ? 1 : count < 0x10000 ? 3 : 5;
}

// Each function reads one thing and returns false at the first departure.
class FormReader {
public:
    explicit FormReader(BytesView record) : bytes_(record), in_(record) {}

    std::optional<Departure> check() {
        if (record() && !in_.at_end()) {
            depart(in_.position(), "more bytes follow the record");
        }
        return std::move(departure_);
    }

private:
    bool record() {
        std::string_view variant;
        if (!pair(variant)) return false;
        if (variant == "lww") return fields(2) && name("value") && value(0) && timestamp();
        if (variant == "orTombstones") return fields(1) && name("tags") && tags();
        if (variant != "orMap") return depart(in_.position(), "no known kind of record");
        std::uint32_t count = 0;
        if (!list(Kind::map, count)) return false;
        if (count != 1 && count != 2) return depart(in_.position(), "another number of fields");
        std::uint32_t records = 0;
        if (!name("records") || !list(Kind::array, records)) return false;
        for (std::uint32_t i = 0; i < records; ++i) {
            std::string_view tag;
            const bool sound =
                fields(3) && name("value") && value(0) && name("tag") && text(tag) && timestamp();
            if (!sound) return false;
        }
        if (count == 1) return true;
        if (!name("tombstones")) return false;
        const auto at = in_.position();
        if (!tags()) return false;
        return in_.position() > at + 1 || depart(at, "an empty list of tombstones");
    }

    // A map of one pair, with the name of a variant for its key.
    bool pair(std::string_view& variant) {
        const auto at = in_.position();
        std::uint32_t pairs = 0;
        if (!list(Kind::map, pairs)) return false;
        if (pairs != 1) return depart(at, "not a map of one pair");
        if (next_is(Kind::integer)) return depart(in_.position(), "a variant by its number");
        return text(variant);
    }

    bool fields(std::uint32_t expected) {
        const auto at = in_.position();
        if (next_is(Kind::array)) return depart(at, "a struct as an array");
        std::uint32_t count = 0;
        if (!list(Kind::map, count)) return false;
        return count == expected || depart(at, "another number of fields");
    }

    bool name(std::string_view expected) {
        const auto at = in_.position();
        std::string_view word;
        if (!text(word)) return false;
        return word == expected || depart(at, "not the field " + std::string(expected));
    }

    bool timestamp() {
        std::string_view node;
        return name("timestamp") && fields(3) && name("millis") && number(~std::uint64_t{0} >> 1) &&
               name("counter") && number(0xffff'ffff) && name("nodeId") && text(node);
    }

    bool tags() {
        std::uint32_t count = 0;
        if (!list(Kind::array, count)) return false;
        std::string_view tag;
        for (std::uint32_t i = 0; i < count; ++i) {
            if (!text(tag)) return false;
        }
        return true;
    }

    bool value(std::size_t depth) {
        const auto at = in_.position();
        if (depth > kDepthMax) return depart(at, "a value nested too deeply");
        std::string_view variant;
        if (next_is(Kind::string)) {
            if (!text(variant)) return false;
            return variant == "Null" || depart(at, "no known kind of value");
        }
        if (!pair(variant)) return false;
        if (variant == "Int") return integer();
        if (variant == "String") return text(variant);
        if (variant == "Bool") return token(Kind::boolean);
        if (variant == "Float") {
            const auto start = in_.position();
            if (!token(Kind::real)) return false;
            return in_.position() == start + 9 || depart(start, "a float of 32 bits");
        }
        if (variant == "Bytes") return binary();
        if (variant == "Array") return array(depth);
        if (variant == "Map") return map(depth);
        return depart(at, "no known kind of value");
    }

    bool binary() {
        const auto at = in_.position();
        if (next_is(Kind::binary)) {
            depart(at, "bytes as binary, which the server refuses");
            departure_->refused = true;
            return false;
        }
        std::uint32_t count = 0;
        if (!list(Kind::array, count)) return false;
        for (std::uint32_t i = 0; i < count; ++i) {
            if (!number(255)) return false;
        }
        return true;
    }

    bool array(std::size_t depth) {
        std::uint32_t count = 0;
        if (!list(Kind::array, count)) return false;
        for (std::uint32_t i = 0; i < count; ++i) {
            if (!value(depth + 1)) return false;
        }
        return true;
    }

    bool map(std::size_t depth) {
        std::uint32_t count = 0;
        if (!list(Kind::map, count)) return false;
        std::string_view before;
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto at = in_.position();
            std::string_view key;
            if (!text(key)) return false;
            if (i > 0 && key <= before) {
                return depart(at, key == before ? "a key twice" : "keys out of order");
            }
            before = key;
            if (!value(depth + 1)) return false;
        }
        return true;
    }

    bool integer() {
        Token token;
        const auto at = in_.position();
        if (!next(Kind::integer, token)) return false;
        scratch_.clear();
        Writer(scratch_).signed_integer(token.as_signed());
        if (!token.negative && token.bits >> 63 != 0) return depart(at, "more than 63 bits");
        return shortest(at);
    }

    bool number(std::uint64_t most) {
        Token token;
        const auto at = in_.position();
        if (!next(Kind::integer, token)) return false;
        if (token.negative || token.bits > most) return depart(at, "a number out of range");
        scratch_.clear();
        Writer(scratch_).unsigned_integer(token.bits);
        return shortest(at);
    }

    bool shortest(std::size_t at) {
        const auto stored = bytes_.substr(at, in_.position() - at);
        return stored == scratch_ || depart(at, "an integer not in its shortest form");
    }

    bool text(std::string_view& out) {
        Token token;
        const auto at = in_.position();
        if (!next(Kind::string, token)) return false;
        out = token.bytes;
        if (token.width != text_header(out.size())) {
            return depart(at, "a text not in its shortest form");
        }
        if (is_utf8(out)) return true;
        depart(at, "a text that is not UTF-8, which the server refuses");
        departure_->refused = true;
        return false;
    }

    bool list(Kind kind, std::uint32_t& count) {
        Token token;
        const auto at = in_.position();
        if (!next(kind, token)) return false;
        count = token.count;
        if (in_.position() - at == list_header(count)) return true;
        return depart(at, "a length not in its shortest form");
    }

    bool token(Kind kind) {
        Token ignored;
        return next(kind, ignored);
    }

    bool next(Kind kind, Token& token) {
        const auto at = in_.position();
        if (!in_.next(token)) return depart(at, "no MessagePack, or cut off");
        if (token.kind == kind) return true;
        return depart(at, std::string(msgpack::kind_name(token.kind)) + " instead of " +
                              std::string(msgpack::kind_name(kind)));
    }

    bool next_is(Kind kind) const { return !in_.at_end() && in_.peek() == kind; }

    bool depart(std::size_t offset, std::string what) {
        departure_ = Departure{offset, std::move(what)};
        return false;
    }

    BytesView bytes_;
    Reader in_;
    Bytes scratch_;
    std::optional<Departure> departure_;
};

constexpr std::array<std::string_view, 3> kRecords = {"lww", "orMap", "orTombstones"};

// Calls take(reader of one element) for each of a list, if it is one, and goes on behind the
// element wherever that reader has stopped.
template <typename Take>
bool each_element(Reader& in, Take&& take) {
    if (in.at_end()) return false;
    std::uint32_t count = 0;
    if (in.peek() != Kind::array) return in.skip();
    if (!in.read_array(count)) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
        auto next = in;
        if (!next.skip()) return false;
        take(RecordReader(in));
        in = next;
    }
    return true;
}

bool sound_entries(Reader& in, StoredRecord& out) {
    return each_element(in, [&](RecordReader element) {
        StoredRecord::Entry entry;
        if (!element.or_entry(entry) || entry.tag.empty() || !make_canonical(entry)) return;
        out.entries.push_back(std::move(entry));
    });
}

bool sound_tags(Reader& in, StoredRecord& out) {
    return each_element(in, [&](RecordReader element) {
        std::string tag;
        if (element.text(tag) && !tag.empty()) out.removed_tags.push_back(std::move(tag));
    });
}

}  // namespace

std::optional<Departure> find_departure(BytesView record) {
    return FormReader(record).check();
}

std::optional<StoredRecord> decode_sound_part(BytesView record) {
    static constexpr std::array<std::string_view, 2> kLists = {"records", "tombstones"};
    static constexpr std::array<std::string_view, 1> kTags = {"tags"};
    RecordReader reader{Reader(record)};
    std::size_t variant = 0;
    if (!reader.pair(kRecords, variant) || variant == 0) return std::nullopt;
    StoredRecord out;
    out.kind = MapKind::or_map;
    const bool whole =
        variant == 1
            ? reader.fields(kLists, 1,
                            [&](std::size_t at) {
                                return at == 0 ? sound_entries(reader.in(), out)
                                               : sound_tags(reader.in(), out);
                            })
            : reader.fields(kTags, 1, [&](std::size_t) { return sound_tags(reader.in(), out); });
    if (!whole || (out.entries.empty() && out.removed_tags.empty())) return std::nullopt;
    return out;
}

bool is_tombstones_only(BytesView record) {
    RecordReader reader{msgpack::Reader(record)};
    std::size_t variant = 0;
    return reader.pair(kRecords, variant) && variant == 2;
}

}  // namespace topgun::serverfiles
