// SPDX-License-Identifier: Apache-2.0
// Hybrid-logical-clock timestamps: the total order that every merge relies on.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"

namespace topgun {

/// Largest milliseconds value accepted from outside: 2^53 - 1. Above it a JavaScript peer loses
/// digits, and the same record would hash differently there.
inline constexpr std::uint64_t kMaxMillis = (std::uint64_t{1} << 53) - 1;

/// Largest counter a Rust peer can decode.
inline constexpr std::uint32_t kMaxCounter = 0xffffffffu;

/// One event's place in the total order, borrowing its node id. Cheap to copy; valid only as long
/// as the owner of `node`.
struct Stamp {
    std::uint64_t millis = 0;   ///< Milliseconds since the Unix epoch.
    std::uint32_t counter = 0;  ///< Events already issued within `millis`.
    std::string_view node;      ///< Breaks ties, as UTF-8 bytes; never contains ':'.

    // The field order above *is* the merge order. Reordering the fields
    // silently changes which write wins on every replica.
    auto operator<=>(const Stamp&) const = default;
};

/// One event's place in the total order, owning its node id.
struct Timestamp {
    std::uint64_t millis = 0;
    std::uint32_t counter = 0;
    std::string node_id;

    Timestamp() = default;
    Timestamp(std::uint64_t millis_, std::uint32_t counter_, std::string node)
        : millis(millis_), counter(counter_), node_id(std::move(node)) {}
    explicit Timestamp(const Stamp& stamp)
        : millis(stamp.millis), counter(stamp.counter), node_id(stamp.node) {}

    Stamp view() const noexcept { return {millis, counter, node_id}; }
    auto operator<=>(const Timestamp&) const = default;
};

/// Which field decided between two stamps.
enum class StampField { none, millis, counter, node };

/// The first field in which two stamps differ; `none` when they are equal.
TOPGUN_API StampField deciding_field(const Stamp& a, const Stamp& b) noexcept;

/// Stable word: "equal", "time", "counter", "node".
TOPGUN_API std::string_view stamp_field_name(StampField field) noexcept;

/// Parses "millis:counter:node", the form used in tags and at the prompt.
///
/// @param text  Digits only, without sign; leading zeros are refused, because two spellings of one
///              instant would hash differently. Exactly three parts; the node id is not empty.
/// @return a view into `text`, or Errc::bad_input: not three fields, a number out of range
///         (millis above 2^53 - 1, counter above 2^32 - 1). The message quotes at most 64 bytes.
/// Cost: O(text.size()), no allocation on success. Threads: no shared state.
TOPGUN_API Result<Stamp> parse_stamp(std::string_view text);

/// As parse_stamp(), owning the result.
TOPGUN_API Result<Timestamp> parse_timestamp(std::string_view text);

/// Writes "millis:counter:node", replacing `out`.
TOPGUN_API void format_stamp(const Stamp& stamp, std::string& out);
TOPGUN_API std::string format_stamp(const Stamp& stamp);

/// "2023-11-14T22:13:20.000Z" for milliseconds since the epoch (proleptic Gregorian, UTC).
/// Years beyond 9999 take five digits; beyond 32767 the number itself is written, as "<millis>ms".
TOPGUN_API std::string format_utc(std::uint64_t millis);

/// Parses what format_utc() writes for years up to 9999; also a date alone, a blank for the T,
/// missing seconds or fraction (digits past milliseconds are cut), an offset such as +02:00 instead
/// of Z; without either the time is UTC. Errors: bad_input, with the column, also before 1970.
TOPGUN_API Result<std::uint64_t> parse_utc(std::string_view text);

/// True when the TypeScript core might order this node id differently from its bytes: it compares
/// by the host's locale, which agrees with bytes only for lower-case [0-9a-z-].
TOPGUN_API bool node_id_is_portable(std::string_view node) noexcept;

}  // namespace topgun
