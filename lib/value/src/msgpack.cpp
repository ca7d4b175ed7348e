// SPDX-License-Identifier: Apache-2.0
// Format: https://github.com/msgpack/msgpack/blob/master/spec.md
#include "topgun/value/msgpack.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace topgun::msgpack {

std::string_view kind_name(Kind kind) noexcept {
    switch (kind) {
        case Kind::nil: return "nil";
        case Kind::boolean: return "boolean";
        case Kind::integer: return "integer";
        case Kind::real: return "float";
        case Kind::string: return "string";
        case Kind::binary: return "binary";
        case Kind::array: return "array";
        case Kind::map: return "map";
        case Kind::extension: return "extension";
    }
    return "value";
}

Kind Reader::peek() const noexcept {
    const auto byte = static_cast<unsigned char>(*at_);
    if (byte < 0x80 || byte >= 0xe0) return Kind::integer;
    if (byte < 0x90) return Kind::map;
    if (byte < 0xa0) return Kind::array;
    if (byte < 0xc0) return Kind::string;
    static constexpr Kind kKinds[] = {
        Kind::nil,       Kind::nil,       Kind::boolean,   Kind::boolean,   Kind::binary,
        Kind::binary,    Kind::binary,    Kind::extension, Kind::extension, Kind::extension,
        Kind::real,      Kind::real,      Kind::integer,   Kind::integer,   Kind::integer,
        Kind::integer,   Kind::integer,   Kind::integer,   Kind::integer,   Kind::integer,
        Kind::extension, Kind::extension, Kind::extension, Kind::extension, Kind::extension,
        Kind::string,    Kind::string,    Kind::string,    Kind::array,     Kind::array,
        Kind::map,       Kind::map};
    return kKinds[byte - 0xc0];
}

bool Reader::fail(Fault fault) noexcept {
    return fail_at(position(), fault);
}

bool Reader::fail_at(std::size_t position, Fault fault) noexcept {
    if (fault_ == Fault::none) {
        fault_ = fault;
        fault_offset_ = base_ + position;
    }
    return false;
}

bool Reader::take(std::size_t size, const char*& from) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < size) return fail(Fault::truncated);
    from = at_;
    at_ += size;
    return true;
}

bool Reader::next(Token& token) noexcept {
    if (fault_ != Fault::none) return false;
    if (at_ == end_) return fail(Fault::truncated);
    const char* const start = at_;
    const auto byte = static_cast<unsigned char>(*at_++);
    const char* from = nullptr;
    const auto unsigned_form = [&](std::uint64_t value) {
        token.kind = Kind::integer;
        token.negative = false;
        token.bits = value;
        return true;
    };
    const auto signed_form = [&](std::int64_t value) {
        token.kind = Kind::integer;
        token.negative = value < 0;
        token.bits = static_cast<std::uint64_t>(value);
        return true;
    };
    const auto body = [&](Kind kind, std::size_t length) {
        token.kind = kind;
        token.width = static_cast<std::uint8_t>(at_ - start);
        const char* body_at = nullptr;
        if (!take(length, body_at)) {
            at_ = start;
            return false;
        }
        token.bytes = {body_at, length};
        return true;
    };
    // Each element takes a byte at least: a larger count is a lie, and must not size a buffer.
    const auto container = [&](Kind kind, std::uint64_t count) {
        token.kind = kind;
        token.width = static_cast<std::uint8_t>(at_ - start);
        const std::uint64_t least = kind == Kind::map ? count * 2 : count;
        if (static_cast<std::uint64_t>(end_ - at_) < least) {
            at_ = start;
            return fail(Fault::truncated);
        }
        token.count = static_cast<std::uint32_t>(count);
        return true;
    };
    const auto extension = [&](std::size_t length) {
        const char* type = nullptr;
        if (!take(1, type)) return false;
        token.extension_type = static_cast<std::int8_t>(*type);
        return body(Kind::extension, length);
    };

    if (byte < 0x80) return unsigned_form(byte);
    if (byte >= 0xe0) return signed_form(static_cast<std::int8_t>(byte));
    if (byte < 0x90) return container(Kind::map, byte & 0x0fu);
    if (byte < 0xa0) return container(Kind::array, byte & 0x0fu);
    if (byte < 0xc0) return body(Kind::string, byte & 0x1fu);
    switch (byte) {
        case 0xc0: token.kind = Kind::nil; return true;
        case 0xc1: --at_; return fail(Fault::reserved_byte);
        case 0xc2:
        case 0xc3:
            token.kind = Kind::boolean;
            token.boolean = byte == 0xc3;
            return true;
        case 0xc4: return take(1, from) && body(Kind::binary, load_be<std::uint8_t>(from));
        case 0xc5: return take(2, from) && body(Kind::binary, load_be<std::uint16_t>(from));
        case 0xc6: return take(4, from) && body(Kind::binary, load_be<std::uint32_t>(from));
        case 0xc7: return take(1, from) && extension(load_be<std::uint8_t>(from));
        case 0xc8: return take(2, from) && extension(load_be<std::uint16_t>(from));
        case 0xc9: return take(4, from) && extension(load_be<std::uint32_t>(from));
        case 0xca:
            if (!take(4, from)) return false;
            token.kind = Kind::real;
            token.real = static_cast<double>(std::bit_cast<float>(load_be<std::uint32_t>(from)));
            return true;
        case 0xcb:
            if (!take(8, from)) return false;
            token.kind = Kind::real;
            token.real = std::bit_cast<double>(load_be<std::uint64_t>(from));
            return true;
        case 0xcc: return take(1, from) && unsigned_form(load_be<std::uint8_t>(from));
        case 0xcd: return take(2, from) && unsigned_form(load_be<std::uint16_t>(from));
        case 0xce: return take(4, from) && unsigned_form(load_be<std::uint32_t>(from));
        case 0xcf: return take(8, from) && unsigned_form(load_be<std::uint64_t>(from));
        case 0xd0:
            return take(1, from) &&
                   signed_form(static_cast<std::int8_t>(load_be<std::uint8_t>(from)));
        case 0xd1:
            return take(2, from) &&
                   signed_form(static_cast<std::int16_t>(load_be<std::uint16_t>(from)));
        case 0xd2:
            return take(4, from) &&
                   signed_form(static_cast<std::int32_t>(load_be<std::uint32_t>(from)));
        case 0xd3:
            return take(8, from) &&
                   signed_form(static_cast<std::int64_t>(load_be<std::uint64_t>(from)));
        case 0xd4: return extension(1);
        case 0xd5: return extension(2);
        case 0xd6: return extension(4);
        case 0xd7: return extension(8);
        case 0xd8: return extension(16);
        case 0xd9: return take(1, from) && body(Kind::string, load_be<std::uint8_t>(from));
        case 0xda: return take(2, from) && body(Kind::string, load_be<std::uint16_t>(from));
        case 0xdb: return take(4, from) && body(Kind::string, load_be<std::uint32_t>(from));
        case 0xdc: return take(2, from) && container(Kind::array, load_be<std::uint16_t>(from));
        case 0xdd: return take(4, from) && container(Kind::array, load_be<std::uint32_t>(from));
        case 0xde: return take(2, from) && container(Kind::map, load_be<std::uint16_t>(from));
        case 0xdf: return take(4, from) && container(Kind::map, load_be<std::uint32_t>(from));
        default: return fail(Fault::reserved_byte);
    }
}

bool Reader::skip() noexcept {
    if (fault_ != Fault::none) return false;
    // Values still to come on each open level; an explicit stack, so depth cannot overflow ours.
    std::uint64_t pending[kMaxDepth + 1];
    std::size_t depth = 0;
    pending[0] = 1;
    Token token;
    for (;;) {
        while (pending[depth] > 0) {
            const std::size_t size =
                at_ != end_ ? kTokenBytes[static_cast<unsigned char>(*at_)] : std::size_t{0};
            if (size == 0 || static_cast<std::size_t>(end_ - at_) < size) break;
            at_ += size;
            --pending[depth];
        }
        if (pending[depth] == 0) {
            if (depth == 0) return true;
            --depth;
            continue;
        }
        --pending[depth];
        if (!next(token)) return false;
        if (token.kind != Kind::array && token.kind != Kind::map) continue;
        if (token.count == 0) continue;
        if (depth == kMaxDepth) return fail(Fault::too_deep);
        pending[++depth] = token.kind == Kind::map ? std::uint64_t{token.count} * 2 : token.count;
    }
}

bool Reader::skip_any(BytesView& bytes) noexcept {
    const char* const start = at_;
    if (!skip()) return false;
    bytes = {start, static_cast<std::size_t>(at_ - start)};
    return true;
}

bool Reader::read_map(std::uint32_t& pairs) noexcept {
    if (fault_ == Fault::none && at_ != end_ && peek() != Kind::map) return fail(Fault::wrong_kind);
    Token token;
    if (!next(token)) return false;
    pairs = token.count;
    return true;
}

bool Reader::read_array(std::uint32_t& elements) noexcept {
    if (fault_ == Fault::none && at_ != end_ && peek() != Kind::array) {
        return fail(Fault::wrong_kind);
    }
    Token token;
    if (!next(token)) return false;
    elements = token.count;
    return true;
}

bool Reader::read_any_string(std::string_view& text) noexcept {
    if (fault_ == Fault::none && at_ != end_ && peek() != Kind::string) {
        return fail(Fault::wrong_kind);
    }
    Token token;
    if (!next(token)) return false;
    text = token.bytes;
    return true;
}

bool Reader::read_binary(BytesView& bytes) noexcept {
    if (fault_ == Fault::none && at_ != end_ && peek() != Kind::binary) {
        return fail(Fault::wrong_kind);
    }
    Token token;
    if (!next(token)) return false;
    bytes = token.bytes;
    return true;
}

bool Reader::read_bool(bool& value) noexcept {
    if (fault_ == Fault::none && at_ != end_ && peek() != Kind::boolean) {
        return fail(Fault::wrong_kind);
    }
    Token token;
    if (!next(token)) return false;
    value = token.boolean;
    return true;
}

bool Reader::read_unsigned(std::uint64_t& value, std::uint64_t max) noexcept {
    if (fault_ != Fault::none) return false;
    if (at_ == end_) return fail(Fault::truncated);
    const auto kind = peek();
    if (kind != Kind::integer && kind != Kind::real) return fail(Fault::wrong_kind);
    const char* const start = at_;
    Token token;
    if (!next(token)) return false;
    bool fits = false;
    if (kind == Kind::integer) {
        fits = !token.negative && token.bits <= max;
        value = token.bits;
    } else if (token.real >= 0 && token.real < 0x1p64 && std::trunc(token.real) == token.real) {
        value = static_cast<std::uint64_t>(token.real);
        fits = value <= max;
    }
    if (fits) return true;
    at_ = start;
    return fail(Fault::out_of_range);
}

bool Reader::read_double(double& value) noexcept {
    if (fault_ != Fault::none) return false;
    if (at_ == end_) return fail(Fault::truncated);
    const auto kind = peek();
    if (kind != Kind::integer && kind != Kind::real) return fail(Fault::wrong_kind);
    Token token;
    if (!next(token)) return false;
    if (kind == Kind::real) {
        value = token.real;
    } else {
        value = token.negative ? static_cast<double>(token.as_signed())
                               : static_cast<double>(token.bits);
    }
    return true;
}

Error Reader::error(std::string_view expected) const {
    std::string text = "byte " + std::to_string(fault_offset_) + ": ";
    switch (fault_) {
        case Fault::none: text += "no fault"; break;
        case Fault::truncated: text += "the input ends inside a MessagePack value"; break;
        case Fault::reserved_byte: text += "0xc1 is not MessagePack"; break;
        case Fault::too_deep:
            text += "more than " + std::to_string(kMaxDepth) + " containers inside each other";
            break;
        case Fault::bad_utf8: text += "a string is not valid UTF-8"; break;
        case Fault::wrong_kind: {
            text += "found ";
            const auto place = static_cast<std::size_t>(fault_offset_ - base_);
            if (begin_ + place < end_) {
                text += kind_name(Reader(BytesView(begin_ + place, 1)).peek());
            } else {
                text += "the end of the input";
            }
            break;
        }
        case Fault::out_of_range: text += "the number is out of range or not whole"; break;
        case Fault::incomplete: text += "a required field is missing"; break;
        case Fault::trailing: text += "unexpected bytes after the value"; break;
    }
    if (!expected.empty()) {
        text += "; expected ";
        text += expected;
    }
    return Error(fault_ == Fault::too_deep ? Errc::limit : Errc::bad_input, std::move(text));
}

namespace {
template <typename T>
void put(Bytes& out, unsigned char head, T value) {
    char buffer[1 + sizeof(T)];
    buffer[0] = static_cast<char>(head);
    store_be(buffer + 1, value);
    out.append(buffer, sizeof buffer);
}
void put_byte(Bytes& out, unsigned byte) {
    out.push_back(static_cast<char>(byte));
}
}  // namespace

void Writer::nil() {
    put_byte(*out_, 0xc0);
}
void Writer::boolean(bool value) {
    put_byte(*out_, value ? 0xc3 : 0xc2);
}

void Writer::unsigned_integer(std::uint64_t v) {
    if (v < 0x80) {
        put_byte(*out_, static_cast<unsigned>(v));
    } else if (v <= 0xff) {
        put(*out_, 0xcc, static_cast<std::uint8_t>(v));
    } else if (v <= 0xffff) {
        put(*out_, 0xcd, static_cast<std::uint16_t>(v));
    } else if (v <= 0xffffffff) {
        put(*out_, 0xce, static_cast<std::uint32_t>(v));
    } else {
        put(*out_, 0xcf, v);
    }
}

void Writer::signed_integer(std::int64_t v) {
    if (v >= 0) return unsigned_integer(static_cast<std::uint64_t>(v));
    if (v >= -32) {
        put_byte(*out_, static_cast<unsigned char>(v));
    } else if (v >= std::numeric_limits<std::int8_t>::min()) {
        put(*out_, 0xd0, static_cast<std::uint8_t>(v));
    } else if (v >= std::numeric_limits<std::int16_t>::min()) {
        put(*out_, 0xd1, static_cast<std::uint16_t>(v));
    } else if (v >= std::numeric_limits<std::int32_t>::min()) {
        put(*out_, 0xd2, static_cast<std::uint32_t>(v));
    } else {
        put(*out_, 0xd3, static_cast<std::uint64_t>(v));
    }
}

void Writer::real(double value) {
    constexpr std::uint64_t kQuietNan = 0x7ff8000000000000u;
    put(*out_, 0xcb, std::isnan(value) ? kQuietNan : std::bit_cast<std::uint64_t>(value));
}

void Writer::string(std::string_view utf8) {
    const auto n = utf8.size();
    if (n < 32) {
        put_byte(*out_, 0xa0 | static_cast<unsigned>(n));
    } else if (n <= 0xff) {
        put(*out_, 0xd9, static_cast<std::uint8_t>(n));
    } else if (n <= 0xffff) {
        put(*out_, 0xda, static_cast<std::uint16_t>(n));
    } else {
        TOPGUN_ASSERT(n <= 0xffffffff, "MessagePack strings have 32-bit lengths");
        put(*out_, 0xdb, static_cast<std::uint32_t>(n));
    }
    out_->append(utf8);
}

void Writer::binary(BytesView bytes) {
    const auto n = bytes.size();
    if (n <= 0xff) {
        put(*out_, 0xc4, static_cast<std::uint8_t>(n));
    } else if (n <= 0xffff) {
        put(*out_, 0xc5, static_cast<std::uint16_t>(n));
    } else {
        TOPGUN_ASSERT(n <= 0xffffffff, "MessagePack binaries have 32-bit lengths");
        put(*out_, 0xc6, static_cast<std::uint32_t>(n));
    }
    out_->append(bytes);
}

void Writer::array(std::size_t n) {
    if (n < 16) {
        put_byte(*out_, 0x90 | static_cast<unsigned>(n));
    } else if (n <= 0xffff) {
        put(*out_, 0xdc, static_cast<std::uint16_t>(n));
    } else {
        TOPGUN_ASSERT(n <= 0xffffffff, "MessagePack arrays have 32-bit counts");
        put(*out_, 0xdd, static_cast<std::uint32_t>(n));
    }
}

void Writer::map(std::size_t n) {
    if (n < 16) {
        put_byte(*out_, 0x80 | static_cast<unsigned>(n));
    } else if (n <= 0xffff) {
        put(*out_, 0xde, static_cast<std::uint16_t>(n));
    } else {
        TOPGUN_ASSERT(n <= 0xffffffff, "MessagePack maps have 32-bit counts");
        put(*out_, 0xdf, static_cast<std::uint32_t>(n));
    }
}

void Writer::extension(std::int8_t type, BytesView bytes) {
    const auto n = bytes.size();
    switch (n) {
        case 1: put_byte(*out_, 0xd4); break;
        case 2: put_byte(*out_, 0xd5); break;
        case 4: put_byte(*out_, 0xd6); break;
        case 8: put_byte(*out_, 0xd7); break;
        case 16: put_byte(*out_, 0xd8); break;
        default:
            if (n <= 0xff) {
                put(*out_, 0xc7, static_cast<std::uint8_t>(n));
            } else if (n <= 0xffff) {
                put(*out_, 0xc8, static_cast<std::uint16_t>(n));
            } else {
                TOPGUN_ASSERT(n <= 0xffffffff, "MessagePack extensions have 32-bit lengths");
                put(*out_, 0xc9, static_cast<std::uint32_t>(n));
            }
    }
    put_byte(*out_, static_cast<std::uint8_t>(type));
    out_->append(bytes);
}

Status validate(BytesView input) {
    Reader reader(input);
    if (!reader.skip()) return reader.error();
    if (!reader.at_end()) {
        reader.fail(Fault::trailing);
        return reader.error();
    }
    return {};
}

}  // namespace topgun::msgpack
