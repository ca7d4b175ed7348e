// SPDX-License-Identifier: Apache-2.0
#include "sort_key.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "topgun/value/msgpack.hpp"

namespace topgun::sql {
namespace {

using Rows = std::span<const std::uint32_t>;

constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

std::uint64_t key_of(std::int64_t value) {
    return static_cast<std::uint64_t>(value) ^ kSign;
}

// The bits of a float sort as numbers once the sign is turned round; negative ones backwards.
std::uint64_t key_of(double value) {
    if (std::isnan(value)) return ~std::uint64_t{0};
    const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
    return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

// Eight bytes from `skip` on, the first the most significant; a text that ends is filled up.
std::uint64_t key_of(std::string_view text, std::size_t skip) {
    std::uint64_t key = 0;
    if (skip < text.size())
        std::memcpy(&key, text.data() + skip, std::min(text.size() - skip, sizeof key));
    return __builtin_bswap64(key);
}

std::int64_t clamped(Int128 value) {
    return static_cast<std::int64_t>(std::clamp<Int128>(value, INT64_MIN, INT64_MAX));
}

// Bytes that all texts begin with: keys are better spent on those that differ.
std::size_t common_prefix(const Column& column, Rows rows) {
    const auto first = column.bytes(rows[0]);
    auto common = first.size();
    for (const auto row : rows.subspan(1)) {
        const auto text = column.bytes(row);
        common = std::min(common, text.size());
        if (std::memcmp(first.data(), text.data(), common) == 0) continue;
        std::size_t same = 0;
        while (first[same] == text[same]) ++same;
        common = same;
        if (common == 0) break;
    }
    return common;
}

bool text_keys(const Column& column, Rows rows, std::vector<KeyedRow>& keyed) {
    const auto skip = common_prefix(column, rows);
    for (const auto row : rows) keyed.push_back({key_of(column.bytes(row), skip), row});
    return false;
}

// Exact where all digits fit at one scale, as amounts of money do; else the whole parts.
bool decimal_keys(const Column& column, Rows rows, std::vector<KeyedRow>& keyed) {
    int scale = 0;
    for (const auto row : rows) scale = std::max(scale, column.decimal(row).scale());
    constexpr int kMostDigits = 18;  // of any 64-bit integer
    std::array<std::int64_t, kMostDigits + 1> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    bool exact = scale <= kMostDigits;
    for (const auto row : rows) {
        if (!exact) break;
        const auto& value = column.decimal(row);
        const auto unit = powers[static_cast<std::size_t>(scale - value.scale())];
        const auto digits = clamped(value.digits());
        std::int64_t scaled = 0;
        exact = digits == value.digits() && !__builtin_mul_overflow(digits, unit, &scaled);
        keyed.push_back({key_of(scaled), row});
    }
    if (exact) return true;
    keyed.clear();
    for (const auto row : rows) {
        const auto whole = column.decimal(row).truncated(0);
        keyed.push_back({whole ? key_of(clamped(whole->digits())) : key_of(std::int64_t{0}), row});
    }
    return false;
}

bool interval_keys(const Column& column, Rows rows, std::vector<KeyedRow>& keyed) {
    bool exact = true;
    for (const auto row : rows) {
        const auto span = column.interval(row).span();
        const auto near = clamped(span);
        exact = exact && near == span;
        keyed.push_back({key_of(near), row});
    }
    return exact;
}

// The rank of the kind in the order of values, then as much of a scalar as there is room for.
std::uint64_t encoded_key(std::string_view bytes) {
    using msgpack::Kind;
    constexpr int kRankBits = 3;
    msgpack::Reader reader(bytes);
    msgpack::Token token;
    if (!reader.next(token)) return 0;
    const auto key = [](std::uint64_t rank, std::uint64_t rest) {
        return rank << (64 - kRankBits) | rest >> kRankBits;
    };
    switch (token.kind) {
        case Kind::nil: return key(0, 0);
        case Kind::boolean: return key(1, token.boolean ? kSign : 0);
        case Kind::integer:
            // Rounding keeps the order, if not the difference.
            return key(2, key_of(token.negative ? static_cast<double>(token.as_signed())
                                                : static_cast<double>(token.bits)));
        case Kind::real: return key(2, key_of(token.real));
        case Kind::string: return key(3, key_of(token.bytes, 0));
        case Kind::binary: return key(4, key_of(token.bytes, 0));
        case Kind::array: return key(5, 0);
        case Kind::map: return key(6, 0);
        case Kind::extension: return key(7, 0);
    }
    return 0;
}

}  // namespace

bool make_keys(const Column& column, Rows rows, std::vector<KeyedRow>& keyed) {
    keyed.clear();
    keyed.reserve(rows.size());
    switch (column.storage()) {
        case Storage::none:
            for (const auto row : rows) keyed.push_back({0, row});
            return true;
        case Storage::integer:
            for (const auto row : rows) keyed.push_back({key_of(column.integer(row)), row});
            return true;
        case Storage::real:
            for (const auto row : rows) keyed.push_back({key_of(column.real(row)), row});
            return true;
        case Storage::decimal: return decimal_keys(column, rows, keyed);
        case Storage::interval: return interval_keys(column, rows, keyed);
        case Storage::bytes: break;
    }
    if (column.type().id != TypeId::json && column.type().id != TypeId::list) {
        return text_keys(column, rows, keyed);
    }
    for (const auto row : rows) keyed.push_back({encoded_key(column.bytes(row)), row});
    return false;
}

void sort_keys(std::vector<KeyedRow>& keyed) {
    constexpr std::size_t kFew = 512;  // what the passes below cost at least
    if (keyed.size() < kFew) {
        std::stable_sort(keyed.begin(), keyed.end(),
                         [](const KeyedRow& a, const KeyedRow& b) { return a.key < b.key; });
        return;
    }
    constexpr std::size_t kBytes = sizeof(std::uint64_t), kValues = 256;
    std::array<std::array<std::uint32_t, kValues>, kBytes> counts{};
    for (const auto& entry : keyed) {
        for (std::size_t byte = 0; byte < kBytes; ++byte) {
            ++counts[byte][entry.key >> (8 * byte) & 0xff];
        }
    }
    std::vector<KeyedRow> other(keyed.size());
    for (std::size_t byte = 0; byte < kBytes; ++byte) {
        auto& count = counts[byte];
        // All keys agree in this byte.
        if (count[keyed[0].key >> (8 * byte) & 0xff] == keyed.size()) continue;
        std::uint32_t at = 0;
        for (auto& start : count) at += std::exchange(start, at);
        for (const auto& entry : keyed) other[count[entry.key >> (8 * byte) & 0xff]++] = entry;
        keyed.swap(other);
    }
}

}  // namespace topgun::sql
