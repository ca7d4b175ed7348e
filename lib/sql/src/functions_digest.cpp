// SPDX-License-Identifier: Apache-2.0
// Functions of bytes: digests, single bits and bytes, and texts as bytes.
#include <algorithm>

#include "characters.hpp"
#include "function.hpp"
#include "text_kernels.hpp"
#include "topgun/base/sha2.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/dag/stop.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using T = std::string_view;

Error out_of_bounds(I at, I size) {
    return Error(Errc::bad_input, "index " + std::to_string(at) + " out of valid range, 0.." +
                                      std::to_string(size - 1));
}

// Bits count from the lowest of the first byte.
Result<I> get_bit(T bytes, I at) {
    const auto size = static_cast<I>(bytes.size()) * 8;
    if (at < 0 || at >= size) return out_of_bounds(at, size);
    return I{static_cast<unsigned char>(bytes[static_cast<std::size_t>(at / 8)]) >> (at % 8) & 1};
}

Result<std::string> set_bit(T bytes, I at, I bit) {
    const auto size = static_cast<I>(bytes.size()) * 8;
    if (at < 0 || at >= size) return out_of_bounds(at, size);
    if (bit != 0 && bit != 1) return Error(Errc::bad_input, "new bit must be 0 or 1");
    std::string out(bytes);
    auto& byte = out[static_cast<std::size_t>(at / 8)];
    const auto mask = static_cast<char>(1 << (at % 8));
    byte = static_cast<char>(bit == 1 ? byte | mask : byte & ~mask);
    return out;
}

Result<std::string> set_byte(T bytes, I at, I value) {
    const auto size = static_cast<I>(bytes.size());
    if (at < 0 || at >= size) return out_of_bounds(at, size);
    std::string out(bytes);
    out[static_cast<std::size_t>(at)] = static_cast<char>(value & 0xff);
    return out;
}

template <auto change>
Result<ColumnPtr> change_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                              DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) {
        return add_result(out, change(arguments[0]->bytes(row), arguments[1]->integer(row),
                                      arguments[2]->integer(row)));
    });
}

bool is_utf8_name(T name) {
    const auto low = lowered(name);
    return low == "utf8" || low == "utf-8" || low == "unicode" || low == "utf_8";
}

Error other_encoding(T name) {
    return Error(Errc::usage, "encoding \"" + std::string(name.substr(0, 64)) +
                                  "\" is not supported: texts are UTF8");
}

Result<T> convert_from(T bytes, T name) {
    if (!is_utf8_name(name)) return other_encoding(name);
    const auto bad = std::min(find_invalid_utf8(bytes), bytes.find('\0'));
    if (bad >= bytes.size()) return bytes;
    constexpr T kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(bytes[bad]);
    return Error(Errc::bad_input, std::string("invalid byte sequence for encoding \"UTF8\": 0x") +
                                      kHex[byte >> 4] + kHex[byte & 15]);
}

Result<T> convert_to(T text, T name) {
    if (!is_utf8_name(name)) return other_encoding(name);
    return text;
}

// Without bytes of `set` at the ends.
T trimmed(T bytes, T set, bool front, bool back) {
    while (front && !bytes.empty() && set.find(bytes.front()) != T::npos) bytes.remove_prefix(1);
    while (back && !bytes.empty() && set.find(bytes.back()) != T::npos) bytes.remove_suffix(1);
    return bytes;
}

Bytes digest(Sha2 kind, T bytes) {
    return sha2(kind, bytes, dag::stop_requested);
}

}  // namespace

void add_digests(std::vector<Function>& to) {
    const DataType text(TypeId::text), bytea(TypeId::bytea), whole(TypeId::bigint);
    to.push_back(
        {"sha224", {bytea}, bytea, kernel1<T>([](T b) { return digest(Sha2::sha224, b); })});
    to.push_back(
        {"sha256", {bytea}, bytea, kernel1<T>([](T b) { return digest(Sha2::sha256, b); })});
    to.push_back(
        {"sha384", {bytea}, bytea, kernel1<T>([](T b) { return digest(Sha2::sha384, b); })});
    to.push_back(
        {"sha512", {bytea}, bytea, kernel1<T>([](T b) { return digest(Sha2::sha512, b); })});
    to.push_back({"get_bit", {bytea, whole}, whole, kernel2<T, I>([](T b, I at) {
                      return get_bit(b, at);
                  })});
    to.push_back({"set_bit", {bytea, whole, whole}, bytea, change_rows<set_bit>});
    to.push_back({"set_byte", {bytea, whole, whole}, bytea, change_rows<set_byte>});
    to.push_back({"convert_from", {bytea, text}, text, kernel2<T, T>([](T b, T name) {
                      return convert_from(b, name);
                  })});
    to.push_back({"convert_to", {text, text}, bytea, kernel2<T, T>([](T t, T name) {
                      return convert_to(t, name);
                  })});
    to.push_back({"position", {bytea, bytea}, whole, kernel2<T, T>([](T b, T part) {
                      const auto at = b.find(part);
                      return at == T::npos ? I{0} : static_cast<I>(at) + 1;
                  })});
    to.push_back({"btrim", {bytea, bytea}, bytea, kernel2<T, T>([](T b, T set) {
                      return trimmed(b, set, true, true);
                  })});
    to.push_back({"ltrim", {bytea, bytea}, bytea, kernel2<T, T>([](T b, T set) {
                      return trimmed(b, set, true, false);
                  })});
    to.push_back({"rtrim", {bytea, bytea}, bytea, kernel2<T, T>([](T b, T set) {
                      return trimmed(b, set, false, true);
                  })});
}

}  // namespace topgun::sql
