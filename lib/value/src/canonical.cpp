// SPDX-License-Identifier: Apache-2.0
#include "topgun/value/canonical.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "map_order.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/value/js_text.hpp"

namespace topgun {
namespace {

using msgpack::Fault;
using msgpack::Kind;
using msgpack::Reader;
using msgpack::Token;
using msgpack::Writer;

constexpr std::uint64_t kQuietNan = 0x7ff8000000000000u;

// JavaScript's undefined, as msgpackr writes it.
bool is_undefined(const Token& token) {
    return token.extension_type == 0 && token.bytes == BytesView("\0", 1);
}

// The smallest header for a body or container, by the sizes at which each kind's header grows.
unsigned smallest_header(Kind kind, std::size_t n) {
    const unsigned wide = n <= 0xffff ? 3 : 5;
    switch (kind) {
        case Kind::string: return n < 32 ? 1 : n <= 0xff ? 2 : wide;
        case Kind::binary: return n <= 0xff ? 2 : wide;
        // One byte more: the type.
        case Kind::extension:
            return n == 1 || n == 2 || n == 4 || n == 8 || n == 16 ? 2 : n <= 0xff ? 3 : wide + 1;
        default: return n < 16 ? 1 : wide;
    }
}

bool is_smallest_integer(const Token& token, unsigned char lead, std::size_t size) {
    constexpr unsigned char kFirstSignedForm = 0xd0;
    constexpr unsigned char kLastSignedForm = 0xd3;
    if (!token.negative && lead >= kFirstSignedForm && lead <= kLastSignedForm) return false;
    // What the form must have bits for: of a negative number, in two's complement, its inverse.
    const auto v = token.negative ? ~token.bits : token.bits;
    const unsigned spare = token.negative ? 1 : 0;  // the sign takes a bit
    if (v < (token.negative ? 32u : 128u)) return size == 1;
    if (v <= 0xffu >> spare) return size == 2;
    if (v <= 0xffffu >> spare) return size == 3;
    return size == (v <= 0xffffffffu >> spare ? 5 : 9);
}

// Recognises a value that is canonical already, which is most of what Rust peers and our own files
// hold: then one copy does. Says no at the first byte that is not as it should be.
class CanonicalCheck {
public:
    explicit CanonicalCheck(BytesView input)
        : at_(input.data()), end_(input.data() + input.size()) {}

    bool value(std::size_t depth) {
        if (at_ == end_) return false;
        const auto lead = static_cast<unsigned char>(*at_);
        // Most values by far, told by their first byte: small integers, nil, booleans, short texts.
        if (lead < 0x80 || lead >= 0xe0 || lead == 0xc0 || lead == 0xc2 || lead == 0xc3) {
            ++at_;
            return true;
        }
        if (lead >= kShortText && lead < 0xc0) {
            std::string_view ignored;
            return short_text(ignored);
        }
        const char* const start = at_;
        Token token;
        if (!next(token)) return false;
        switch (token.kind) {
            case Kind::nil:
            case Kind::boolean: return true;
            case Kind::integer:
                return is_smallest_integer(token, lead, static_cast<std::size_t>(at_ - start));
            case Kind::real:
                return lead == 0xcb && (!std::isnan(token.real) ||
                                        std::bit_cast<std::uint64_t>(token.real) == kQuietNan);
            case Kind::string: return text(token);
            case Kind::binary:
                return token.width == smallest_header(token.kind, token.bytes.size());
            case Kind::extension:
                return !is_undefined(token) &&
                       token.width == smallest_header(token.kind, token.bytes.size());
            case Kind::array:
            case Kind::map: return container(token, depth);
        }
        return false;
    }
    /// Where the value ends, once value() has said yes.
    const char* end() const { return at_; }

private:
    static constexpr unsigned char kShortText = 0xa0;

    bool next(Token& token) {
        Reader reader(BytesView(at_, static_cast<std::size_t>(end_ - at_)));
        if (!reader.next(token)) return false;
        at_ += reader.position();
        return true;
    }

    // @pre the first byte announces a text of less than 32 bytes.
    bool short_text(std::string_view& text) {
        const auto size = static_cast<std::size_t>(static_cast<unsigned char>(*at_) - kShortText);
        if (static_cast<std::size_t>(end_ - at_) <= size) return false;
        text = {at_ + 1, size};
        at_ += 1 + size;
        return is_utf8(text);
    }

    bool key(std::string_view& name) {
        if (at_ == end_) return false;
        const auto lead = static_cast<unsigned char>(*at_);
        if (lead >= kShortText && lead < 0xc0) return short_text(name);
        Token token;
        if (!next(token) || token.kind != Kind::string || !text(token)) return false;
        name = token.bytes;
        return true;
    }

    static bool text(const Token& token) {
        return token.width == smallest_header(Kind::string, token.bytes.size()) &&
               is_utf8(token.bytes);
    }

    bool container(const Token& header, std::size_t depth) {
        if (header.width != smallest_header(header.kind, header.count)) return false;
        if (header.count != 0 && depth == msgpack::kMaxDepth) return false;
        std::string_view previous;
        for (std::uint32_t i = 0; i < header.count; ++i) {
            if (header.kind == Kind::map) {
                std::string_view name;
                if (!key(name) || (i > 0 && !(previous < name))) return false;
                previous = name;
            }
            if (!value(depth + 1)) return false;
        }
        return true;
    }

    const char* at_;
    const char* end_;
};

class Canonicalizer {
public:
    Canonicalizer(Reader& reader, Bytes& out) : reader_(reader), writer_(out), maps_(out) {}

    bool value(std::size_t depth) {
        const auto start = reader_.position();
        Token token;
        if (!reader_.next(token)) return false;
        switch (token.kind) {
            case Kind::nil: writer_.nil(); return true;
            case Kind::boolean: writer_.boolean(token.boolean); return true;
            case Kind::integer: integer(token); return true;
            case Kind::real: writer_.real(token.real); return true;
            case Kind::string:
                if (!accept_text(token.bytes, scratch_)) {
                    return reader_.fail_at(start, Fault::bad_utf8);
                }
                writer_.string(token.bytes);
                return true;
            case Kind::binary: writer_.binary(token.bytes); return true;
            case Kind::extension:
                if (is_undefined(token)) {
                    writer_.nil();
                } else {
                    writer_.extension(token.extension_type, token.bytes);
                }
                return true;
            case Kind::array: return array(token.count, depth);
            case Kind::map: return map(token.count, depth);
        }
        return false;
    }

private:
    void integer(const Token& token) {
        if (token.negative)
            writer_.signed_integer(token.as_signed());
        else
            writer_.unsigned_integer(token.bits);
    }

    bool array(std::uint32_t count, std::size_t depth) {
        if (count != 0 && depth == msgpack::kMaxDepth) return reader_.fail(Fault::too_deep);
        writer_.array(count);
        for (std::uint32_t i = 0; i < count; ++i) {
            if (!value(depth + 1)) return false;
        }
        return true;
    }

    // Keys become strings here: {1: "x"} and {"1": "x"} are one value to both TopGun codecs.
    bool key(std::string_view& name) {
        const auto start = reader_.position();
        Token token;
        if (!reader_.next(token)) return false;
        switch (token.kind) {
            case Kind::string:
                name = token.bytes;
                return accept_text(name, scratch_) || reader_.fail_at(start, Fault::bad_utf8);
            case Kind::integer:
                scratch_ =
                    token.negative ? std::to_string(token.as_signed()) : std::to_string(token.bits);
                break;
            case Kind::real: scratch_ = js_number_text(token.real); break;
            case Kind::boolean: scratch_ = token.boolean ? "true" : "false"; break;
            case Kind::nil: scratch_ = "null"; break;
            default: return reader_.fail_at(start, Fault::wrong_kind);
        }
        name = scratch_;
        return true;
    }

    bool map(std::uint32_t count, std::size_t depth) {
        if (count != 0 && depth == msgpack::kMaxDepth) return reader_.fail(Fault::too_deep);
        auto map = maps_.open(count);
        for (std::uint32_t i = 0; i < count; ++i) {
            std::string_view name;
            if (!key(name)) return false;
            maps_.key(map, name);
            if (!value(depth + 1)) return false;
            maps_.end_value();
        }
        maps_.close(map);
        return true;
    }

    Reader& reader_;
    Writer writer_;
    MapOrder maps_;
    Bytes scratch_;
};

}  // namespace

bool accept_text(std::string_view& text, Bytes& scratch) {
    if (is_ascii(text)) return true;
    const auto bad = find_invalid_utf8(text);
    if (bad == text.size()) return true;
    // Only what JavaScript really writes is repaired: a surrogate as the three bytes ED A0..BF xx.
    for (std::size_t at = bad; at < text.size();) {
        const auto rest = text.substr(at);
        const auto decoded = decode_utf8(rest);
        if (decoded.valid) {
            at += decoded.length;
            continue;
        }
        const bool surrogate = rest.size() >= 3 && static_cast<unsigned char>(rest[0]) == 0xed &&
                               static_cast<unsigned char>(rest[1]) >= 0xa0 &&
                               static_cast<unsigned char>(rest[1]) <= 0xbf &&
                               (static_cast<unsigned char>(rest[2]) & 0xc0) == 0x80;
        if (!surrogate) return false;
        at += 3;
    }
    scratch = repair_utf8(text);
    text = scratch;
    return true;
}

namespace {

// Goes past a value that is canonical already; stays when it is not.
bool pass_canonical(Reader& reader, BytesView& value) {
    CanonicalCheck check(reader.rest());
    if (reader.fault() != Fault::none || !check.value(0)) return false;
    const char* const start = reader.rest().data();
    value = {start, static_cast<std::size_t>(check.end() - start)};
    reader.pass(value.size());
    return true;
}

}  // namespace

bool read_canonical(Reader& reader, BytesView& value, Bytes& scratch) {
    if (pass_canonical(reader, value)) return true;
    scratch.clear();
    if (!Canonicalizer(reader, scratch).value(0)) return false;
    value = scratch;
    return true;
}

bool append_canonical(Reader& reader, Bytes& out) {
    if (BytesView value; pass_canonical(reader, value)) {
        out.append(value);
        return true;
    }
    const auto before = out.size();
    if (Canonicalizer(reader, out).value(0)) return true;
    out.resize(before);
    return false;
}

bool is_canonical(BytesView input) noexcept {
    CanonicalCheck check(input);
    return check.value(0) && check.end() == input.data() + input.size();
}

Result<Bytes> canonical(BytesView input) {
    Reader reader(input);
    Bytes out;
    out.reserve(input.size());
    if (!append_canonical(reader, out)) {
        // Only a key can be of a wrong kind here.
        const bool bad_key = reader.fault() == Fault::wrong_kind;
        return reader.error(bad_key ? "a string, number, boolean or nil as a map's key" : "");
    }
    if (!reader.at_end()) {
        reader.fail(Fault::trailing);
        return reader.error();
    }
    return out;
}

}  // namespace topgun
