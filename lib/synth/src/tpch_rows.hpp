// SPDX-License-Identifier: Apache-2.0
// The records of the TPC-H maps, each computed from the seed and its number.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/synth/tpch.hpp"

namespace topgun::synth::tpch {

/// In the order of the maps' names.
enum class Relation : std::uint8_t {
    customer,
    lineitem,
    nation,
    orders,
    part,
    partsupp,
    region,
    supplier
};
inline constexpr std::size_t kRelations = 8;
std::string_view relation_name(Relation relation) noexcept;

/// Days since the Unix epoch as YYYY-MM-DD. @pre years 0 to 9999.
std::string date_text(std::int64_t days);

/// One line of an order, before it is written down.
struct Line {
    std::uint64_t part = 0, supplier = 0;
    std::int64_t quantity = 0;                              ///< 1 to 50
    std::int64_t cents = 0;                                 ///< Price of the whole line.
    std::int64_t discount = 0;                              ///< Percent, 0 to 10.
    std::int64_t tax = 0;                                   ///< Percent, 0 to 8.
    std::int64_t shipped = 0, committed = 0, received = 0;  ///< Days since the epoch.
};

/// Threads: immutable; share freely.
class Rows {
public:
    /// @pre the scale is in range.
    explicit Rows(const TpchOptions& options);

    std::uint64_t count(Relation relation) const noexcept {
        return counts_[static_cast<std::size_t>(relation)];
    }
    /// Replaces `out` by the key of record `index`. @pre index < count(relation).
    void key(Relation relation, std::uint64_t index, std::string& out) const;
    /// Appends the record's value.
    void append_value(Relation relation, std::uint64_t index, Bytes& out) const;

    // For tests: how the parts hang together.
    std::uint64_t lines_of(std::uint64_t order) const;
    Line line(std::uint64_t order, std::uint64_t number) const;
    /// One of the four suppliers of a part. @param part  its key, from 1.
    std::uint64_t supplier_of(std::uint64_t part, std::uint64_t which) const;

private:
    struct Place {
        std::uint64_t order = 0, number = 0;
    };
    std::uint64_t seed_of(Relation relation, std::uint64_t index) const noexcept;
    std::array<std::uint8_t, 7> week(std::uint64_t group) const;
    Place place_of(std::uint64_t line) const;
    std::int64_t order_day(std::uint64_t order) const;

    void customer(std::uint64_t index, Bytes& out) const;
    void lineitem(std::uint64_t index, Bytes& out) const;
    void nation(std::uint64_t index, Bytes& out) const;
    void orders(std::uint64_t index, Bytes& out) const;
    void part(std::uint64_t index, Bytes& out) const;
    void partsupp(std::uint64_t index, Bytes& out) const;
    void region(std::uint64_t index, Bytes& out) const;
    void supplier(std::uint64_t index, Bytes& out) const;

    std::uint64_t seed_;
    std::array<std::uint64_t, kRelations> counts_{};
};

}  // namespace topgun::synth::tpch
