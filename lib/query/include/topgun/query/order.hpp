// SPDX-License-Identifier: Apache-2.0
// One total order over all values: sorts, cursors and live windows must never disagree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/export.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::query {

/// A row as filters and sorts see it, borrowed.
struct Record {
    std::string_view key;
    ValueView value;
    std::string_view tag;  ///< In the view of an OR-Map; empty otherwise.
};

/// The value of a top-level field. Names beyond the value's own fields, which come first: `_key`
/// is the key, `_tag` the tag where there is one, and `_value` a value that is not a map.
/// @param scratch  holds what is not a part of the value; the result may view it.
TOPGUN_API std::optional<ValueView> find_field(const Record& record, std::string_view name,
                                               Bytes& scratch);

/// Compares two numbers exactly, whatever their forms: no integer is rounded to a double. Then
/// 2^53 + 1 is greater than the double 2^53. -0.0 equals 0.0; NaN equals NaN and comes after all
/// other numbers. @return negative, zero or positive. @pre both are integers or reals.
TOPGUN_API int compare_numbers(const msgpack::Token& a, const msgpack::Token& b) noexcept;

/// The total order of values:
///   nil < false < true < numbers < strings < binary < arrays < maps < extensions
/// numbers as compare_numbers() does; strings and binary by bytes (for UTF-8: by code points);
/// arrays element by element and maps pair by pair in key order, key before value, where the
/// shorter of two that begin alike comes first; extensions by type, then bytes.
/// TopGun's server has four orders for this, which differ in bools, mixed types and missing values;
/// its pages lose or repeat rows there.
/// @return negative, zero or positive. Zero for values that differ in form only (1 and 1.0).
/// @pre both are canonical. Cost: O(common bytes). Threads: no shared state.
TOPGUN_API int compare_values(ValueView a, ValueView b) noexcept;

/// Where rows go whose sort field is nil or missing, whatever the direction. The server's sort
/// has them last.
enum class NullPlacement : std::uint8_t { last, first };

struct SortField {
    std::string field;  ///< A top-level name; dots do not split it. As find_field() takes it.
    bool descending = false;
    bool operator==(const SortField&) const = default;
};

/// The order of rows: sort fields, most significant first; ties by the bytes of the key, then of
/// the tag, ascending always. No two rows of a map are equal in it.
/// Threads: immutable; share freely.
class TOPGUN_API RowOrder {
public:
    explicit RowOrder(std::vector<SortField> fields, NullPlacement nulls = NullPlacement::last)
        : fields_(std::move(fields)), nulls_(nulls) {}

    const std::vector<SortField>& fields() const noexcept { return fields_; }
    NullPlacement nulls() const noexcept { return nulls_; }

    /// Replaces `out` by the row's position: its sort values (nil for missing), key and tag, as
    /// values in a row. It stands for the row in compare(), and in cursors.
    void position_of(const Record& record, Bytes& out) const;
    /// Compares two positions. @pre position_of() made both, or is_position() accepts them.
    int compare(BytesView a, BytesView b) const noexcept;
    /// True when bytes from outside could be a position of this order.
    bool is_position(BytesView bytes) const;
    /// The key of a position. @pre as for compare(). Views `position`.
    std::string_view key_of(BytesView position) const noexcept;
    /// The tag of a position.
    std::string_view tag_of(BytesView position) const noexcept;

private:
    std::vector<SortField> fields_;
    NullPlacement nulls_;
};

}  // namespace topgun::query
