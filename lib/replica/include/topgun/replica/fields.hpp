// SPDX-License-Identifier: Apache-2.0
// Which fields the values of a map have, and of what kinds: the schema that the data itself shows.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/export.hpp"

namespace topgun {

/// What a field's value is, as far as a column's type goes.
enum class FieldKind : std::uint8_t {
    nil,
    boolean,
    integer,  ///< From -2^63 to 2^63 - 1.
    large,    ///< An integer above 2^63 - 1.
    real,
    string,
    binary,
    array,
    map,
    extension,
};
inline constexpr std::size_t kFieldKinds = 10;

/// "nil", "boolean", ...
TOPGUN_API std::string_view field_kind_name(FieldKind kind) noexcept;

/// The kind of an encoded value. @pre `value` is one well-formed MessagePack value.
TOPGUN_API FieldKind field_kind(BytesView value) noexcept;

/// How many values were of which kind.
struct TOPGUN_API KindCounts {
    std::array<std::uint64_t, kFieldKinds> counts{};

    std::uint64_t& operator[](FieldKind kind) { return counts[static_cast<std::size_t>(kind)]; }
    std::uint64_t operator[](FieldKind kind) const {
        return counts[static_cast<std::size_t>(kind)];
    }
    std::uint64_t total() const noexcept;
    bool operator==(const KindCounts&) const = default;
};

/// The top-level fields of a map's values. Sums: those of parts add up to those of the whole, in
/// any order. Threads: not synchronised.
struct TOPGUN_API FieldFacts {
    /// More names than this, or longer ones in all, and none is kept: such maps are dictionaries,
    /// not records, and their columns would be of no use.
    static constexpr std::size_t kMostFields = 1024;
    static constexpr std::size_t kMostNameBytes = std::size_t{1} << 16;

    std::map<std::string, KindCounts, std::less<>> fields;
    KindCounts whole;            ///< Values themselves, by kind; the maps among them have fields.
    bool too_many = false;       ///< `fields` is empty because there were too many.
    std::size_t name_bytes = 0;  ///< Of all names in `fields`.

    void add(const FieldFacts& other);
    bool operator==(const FieldFacts&) const = default;
};

/// Counts fields value by value. Records of one map have their fields in one order mostly, so that
/// a field is found where it was the last time. Threads: one owner.
class TOPGUN_API FieldCounter {
public:
    FieldCounter() = default;
    FieldCounter(const FieldCounter&) = delete;
    FieldCounter& operator=(const FieldCounter&) = delete;
    FieldCounter(FieldCounter&&) noexcept = default;
    FieldCounter& operator=(FieldCounter&&) noexcept = default;

    /// @param value  canonical; what is malformed is counted as far as it can be read.
    /// Cost: O(fields), about 10 ns each.
    void add(BytesView value);
    const FieldFacts& facts() const noexcept { return facts_; }
    /// Hands over. The counter is empty then.
    FieldFacts take();

private:
    KindCounts* find(std::size_t place, std::string_view name);
    struct Seen {
        std::string_view name;  // in a node of facts_.fields, which stays where it is
        KindCounts* counts = nullptr;
    };
    FieldFacts facts_;
    std::vector<Seen> seen_;  // by place in the value before
};

}  // namespace topgun
