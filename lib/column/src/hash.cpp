// SPDX-License-Identifier: Apache-2.0
#include "topgun/column/hash.hpp"

#include <bit>
#include <cmath>

#include "topgun/base/hash.hpp"
#include "topgun/base/random.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun {
namespace {

constexpr std::uint64_t kStart = 0x243f6a8885a308d3u;
constexpr std::uint64_t kNull = 0x13198a2e03707344u;

std::uint64_t combine(std::uint64_t hash, std::uint64_t next) {
    return splitmix64(hash ^ next);
}

std::uint64_t of_real(double value) {
    if (std::isnan(value)) return 0x7ff8000000000000u;
    return std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
}

std::uint64_t of_decimal(const Decimal& value) {
    auto digits = value.digits();
    auto scale = value.scale();
    while (scale > 0 && digits % 10 == 0) {
        digits /= 10;
        --scale;
    }
    const auto low = static_cast<std::uint64_t>(digits);
    const auto high = static_cast<std::uint64_t>(digits >> 64);
    return combine(combine(low, high), static_cast<std::uint64_t>(scale));
}

std::uint64_t of_interval(const Interval& value) {
    const auto span = value.span();
    return combine(static_cast<std::uint64_t>(span), static_cast<std::uint64_t>(span >> 64));
}

// Numerics and intervals stand in lists as texts, of which several may mean the same.
std::uint64_t of_element(std::string_view text, TypeId element) {
    if (element == TypeId::interval) return 0;
    if (element != TypeId::numeric) return xxh3_64(text);
    const auto number = Decimal::parse(text);
    return number ? of_decimal(*number) : 0;
}

// Token by token: of JSON only numbers have two forms of one value.
std::uint64_t of_json(std::string_view bytes, TypeId element) {
    msgpack::Reader reader(bytes);
    msgpack::Token token;
    std::uint64_t hash = kStart;
    while (!reader.at_end() && reader.next(token)) {
        auto kind = token.kind;
        std::uint64_t part = 0;
        switch (kind) {
            case msgpack::Kind::nil: break;
            case msgpack::Kind::boolean: part = token.boolean ? 1 : 0; break;
            case msgpack::Kind::integer:
                kind = msgpack::Kind::real;
                part = of_real(token.negative ? static_cast<double>(token.as_signed())
                                              : static_cast<double>(token.bits));
                break;
            case msgpack::Kind::real: part = of_real(token.real); break;
            case msgpack::Kind::array:
            case msgpack::Kind::map: part = token.count; break;
            case msgpack::Kind::string: part = of_element(token.bytes, element); break;
            case msgpack::Kind::binary:
            case msgpack::Kind::extension: part = xxh3_64(token.bytes); break;
        }
        hash = combine(combine(hash, static_cast<std::uint64_t>(kind)), part);
    }
    return hash;
}

template <typename Of>
void hash_with(const Column& column, std::span<std::uint64_t> hashes, Of&& of) {
    if (column.is_constant() && column.size() > 0) {
        const auto one = column.is_null(0) ? kNull : of(0);
        for (auto& hash : hashes) hash = combine(hash, one);
        return;
    }
    for (std::size_t row = 0; row < hashes.size(); ++row) {
        hashes[row] = combine(hashes[row], column.is_null(row) ? kNull : of(row));
    }
}

}  // namespace

void hash_column(const Column& column, std::span<std::uint64_t> hashes) {
    TOPGUN_ASSERT(hashes.size() == column.size(), "a hash for each row");
    switch (column.storage()) {
        case Storage::none: hash_with(column, hashes, [](std::size_t) { return kNull; }); break;
        case Storage::integer:
            hash_with(column, hashes, [&column](std::size_t row) {
                return static_cast<std::uint64_t>(column.integer(row));
            });
            break;
        case Storage::real:
            hash_with(column, hashes,
                      [&column](std::size_t row) { return of_real(column.real(row)); });
            break;
        case Storage::decimal:
            hash_with(column, hashes,
                      [&column](std::size_t row) { return of_decimal(column.decimal(row)); });
            break;
        case Storage::interval:
            hash_with(column, hashes,
                      [&column](std::size_t row) { return of_interval(column.interval(row)); });
            break;
        case Storage::bytes: {
            const bool numbers =
                column.type().id == TypeId::json || column.type().id == TypeId::list;
            hash_with(column, hashes, [&column, numbers](std::size_t row) {
                return numbers ? of_json(column.bytes(row), column.type().element)
                               : xxh3_64(column.bytes(row));
            });
            break;
        }
    }
}

void hash_rows(const Batch& batch, std::span<const std::size_t> columns,
               std::vector<std::uint64_t>& hashes) {
    hashes.assign(batch.rows, kStart);
    for (const auto column : columns) hash_column(*batch.columns[column], hashes);
}

}  // namespace topgun
