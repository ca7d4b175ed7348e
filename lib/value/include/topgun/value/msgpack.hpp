// SPDX-License-Identifier: Apache-2.0
// MessagePack, token by token: a reader that trusts nothing, and a writer of smallest forms.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"

namespace topgun::msgpack {

/// Containers nested deeper than this are refused, as TopGun's server does.
inline constexpr std::size_t kMaxDepth = 256;

/// What a value is. `integer` covers all signed and unsigned forms, `real` both float widths.
enum class Kind : std::uint8_t {
    nil,
    boolean,
    integer,
    real,
    string,
    binary,
    array,
    map,
    extension
};

/// "string", "map", ...: for messages.
TOPGUN_API std::string_view kind_name(Kind kind) noexcept;

/// Why reading stopped.
enum class Fault : std::uint8_t {
    none,
    truncated,      ///< The input ends inside a value.
    reserved_byte,  ///< 0xc1, which no format uses.
    too_deep,       ///< More than kMaxDepth containers inside each other.
    bad_utf8,       ///< A string that is not UTF-8.
    wrong_kind,     ///< Another kind of value was expected.
    out_of_range,   ///< A number that does not fit where it stands.
    trailing,       ///< Bytes after the value.
    incomplete,     ///< A container lacks a member that it needs.
};

/// One token: a scalar whole, or the header of a container. Reading sets only what the kind has.
struct Token {
    Kind kind = Kind::nil;
    bool boolean = false;
    bool negative = false;   ///< An `integer` is as_signed() then, else it is `bits`.
    std::uint8_t width = 0;  ///< Bytes that the header took, where a body or members follow it.
    std::int8_t extension_type = 0;
    std::uint32_t count = 0;  ///< Elements of an array, pairs of a map.
    std::uint64_t bits = 0;   ///< Two's complement of an integer.
    double real = 0;
    BytesView bytes;  ///< Body of a string, binary or extension; inside the input.

    std::int64_t as_signed() const noexcept { return static_cast<std::int64_t>(bits); }
};

/// Bytes that a token takes in all, where its first byte alone tells; 0 where it does not.
/// Containers count only when they are empty.
inline constexpr auto kTokenBytes = [] {
    std::array<std::uint8_t, 256> bytes{};
    for (unsigned head = 0; head < 256; ++head) {
        unsigned size = 0;
        if (head < 0x80 || head >= 0xe0 || head == 0x80 || head == 0x90)
            size = 1;
        else if (head >= 0xa0 && head < 0xc0)
            size = 1 + (head & 0x1f);
        else if (head == 0xc0 || head == 0xc2 || head == 0xc3)
            size = 1;
        else if (head == 0xcc || head == 0xd0)
            size = 2;
        else if (head == 0xcd || head == 0xd1)
            size = 3;
        else if (head == 0xca || head == 0xce || head == 0xd2)
            size = 5;
        else if (head == 0xcb || head == 0xcf || head == 0xd3)
            size = 9;
        bytes[head] = static_cast<std::uint8_t>(size);
    }
    return bytes;
}();

/// Reads tokens from a buffer that it borrows. After a fault, every read fails.
/// Never allocates; a length announced in a header is checked against the bytes that are there.
/// Strings are returned as they stand: the caller decides about UTF-8.
class TOPGUN_API Reader {
public:
    /// @param base  offset of `input` in the file, for messages only.
    explicit Reader(BytesView input, std::uint64_t base = 0) noexcept
        : begin_(input.data()), at_(input.data()), end_(input.data() + input.size()), base_(base) {}

    bool at_end() const noexcept { return at_ == end_; }
    std::size_t position() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
    std::uint64_t offset() const noexcept { return base_ + position(); }
    Fault fault() const noexcept { return fault_; }
    /// The bytes not read yet.
    BytesView rest() const noexcept { return {at_, static_cast<std::size_t>(end_ - at_)}; }
    /// Kind of the next value without reading it. @pre !at_end().
    Kind peek() const noexcept;
    bool next_is_nil() const noexcept {
        return at_ != end_ && static_cast<unsigned char>(*at_) == 0xc0;
    }

    /// Goes on behind `size` bytes that the caller has read from rest().
    /// @pre size <= rest().size().
    void pass(std::size_t size) noexcept { at_ += size; }

    /// Reads one token. False on a fault.
    bool next(Token& token) noexcept;
    /// Skips one whole value, checking structure and depth.
    bool skip() noexcept;
    /// Skips one whole value and returns its bytes.
    bool skip(BytesView& bytes) noexcept {
        // Numbers and short strings, which most fields of records are.
        if (fault_ == Fault::none && at_ != end_) {
            const std::size_t size = kTokenBytes[static_cast<unsigned char>(*at_)];
            if (size != 0 && static_cast<std::size_t>(end_ - at_) >= size) {
                bytes = {at_, size};
                at_ += size;
                return true;
            }
        }
        return skip_any(bytes);
    }

    // Typed reads: false and a fault when the next value is of another kind.
    bool read_map(std::uint32_t& pairs) noexcept;
    bool read_array(std::uint32_t& elements) noexcept;
    bool read_string(std::string_view& text) noexcept {
        // Field names and most keys: a short string that is wholly there.
        if (fault_ == Fault::none && at_ != end_) {
            const auto head = static_cast<unsigned char>(*at_);
            const std::size_t length = head & 0x1fu;
            if ((head & 0xe0u) == 0xa0u && static_cast<std::size_t>(end_ - at_) > length) {
                text = {at_ + 1, length};
                at_ += 1 + length;
                return true;
            }
        }
        return read_any_string(text);
    }
    bool read_binary(BytesView& bytes) noexcept;
    bool read_bool(bool& value) noexcept;
    /// Whole number from any integer form, or from a float that holds one, as JavaScript peers send
    /// them. out_of_range below 0 or above `max`.
    bool read_unsigned(std::uint64_t& value, std::uint64_t max) noexcept;
    bool read_double(double& value) noexcept;

    /// Records a fault at the current position. Returns false, for `return reader.fail(...)`.
    bool fail(Fault fault) noexcept;
    /// Records a fault that became clear only after reading on: `position` as position() gave it.
    bool fail_at(std::size_t position, Fault fault) noexcept;
    /// Describes the fault: what, at which byte. `expected` may name what should stand there.
    Error error(std::string_view expected = {}) const;

private:
    bool skip_any(BytesView& bytes) noexcept;
    bool read_any_string(std::string_view& text) noexcept;
    bool take(std::size_t size, const char*& from) noexcept;
    const char* begin_;
    const char* at_;
    const char* end_;
    std::uint64_t base_;
    std::uint64_t fault_offset_ = 0;
    Fault fault_ = Fault::none;
};

/// Appends values in their smallest form to a buffer that it borrows.
class Writer {
public:
    explicit Writer(Bytes& out) noexcept : out_(&out) {}
    TOPGUN_API void nil();
    TOPGUN_API void boolean(bool value);
    TOPGUN_API void unsigned_integer(std::uint64_t value);
    TOPGUN_API void signed_integer(std::int64_t value);
    /// Always eight bytes; a NaN is written as the quiet NaN 7ff8000000000000.
    TOPGUN_API void real(double value);
    TOPGUN_API void string(std::string_view utf8);
    TOPGUN_API void binary(BytesView bytes);
    TOPGUN_API void array(std::size_t elements);
    TOPGUN_API void map(std::size_t pairs);
    TOPGUN_API void extension(std::int8_t type, BytesView bytes);
    /// Appends a value that is already encoded.
    void raw(BytesView encoded) { out_->append(encoded); }
    Bytes& out() noexcept { return *out_; }

private:
    Bytes* out_;
};

/// Checks that `input` is exactly one well-formed value within the depth limit.
TOPGUN_API Status validate(BytesView input);

}  // namespace topgun::msgpack
