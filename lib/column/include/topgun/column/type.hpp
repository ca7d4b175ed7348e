// SPDX-License-Identifier: Apache-2.0
// Types of columns: PostgreSQL's, where a record of a map can hold them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "topgun/base/export.hpp"

namespace topgun {

enum class TypeId : std::uint8_t {
    null,     ///< Of a bare NULL, before its context gives it a type.
    boolean,  ///< 0 or 1.
    bigint,   ///< 64 bits; PostgreSQL's smaller integers are this, too.
    real,     ///< double precision.
    numeric,  ///< Decimal.
    text,     ///< UTF-8.
    bytea,
    date,         ///< Days since 1970-01-01.
    time,         ///< Microseconds since midnight.
    timestamp,    ///< Microseconds since 1970-01-01 00:00, no zone.
    timestamptz,  ///< Microseconds since the Unix epoch.
    interval,
    json,  ///< Any value, as canonical MessagePack: PostgreSQL's jsonb, and more.
    list,  ///< An array of one element type, as a canonical MessagePack array.
};

/// How a column keeps values of a type.
enum class Storage : std::uint8_t { none, integer, real, decimal, interval, bytes };

struct DataType {
    TypeId id = TypeId::null;
    TypeId element = TypeId::null;  ///< Of a list.

    constexpr DataType() = default;
    constexpr DataType(TypeId type) : id(type) {}
    static constexpr DataType list_of(TypeId element) {
        DataType type(TypeId::list);
        type.element = element;
        return type;
    }
    bool operator==(const DataType&) const = default;

    bool is_number() const noexcept {
        return id == TypeId::bigint || id == TypeId::real || id == TypeId::numeric;
    }
    bool is_moment() const noexcept {
        return id == TypeId::date || id == TypeId::timestamp || id == TypeId::timestamptz;
    }
};

TOPGUN_API Storage storage_of(DataType type) noexcept;

/// "bigint", "double precision", "text[]": as SQL spells it.
TOPGUN_API std::string type_name(DataType type);

/// PostgreSQL's interval: months and days have no fixed length, so they stand for themselves.
struct Interval {
    std::int32_t months = 0;
    std::int32_t days = 0;
    std::int64_t micros = 0;

    bool operator==(const Interval&) const = default;
    /// Length with months of 30 days and days of 24 hours: how PostgreSQL compares. May not fit 64
    /// bits.
    __extension__ __int128 span() const noexcept {
        constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
        return static_cast<__int128>(micros) +
               static_cast<__int128>(std::int64_t{months} * 30 + days) * kMicrosPerDay;
    }
};

}  // namespace topgun
