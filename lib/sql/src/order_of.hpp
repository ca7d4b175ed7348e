// SPDX-License-Identifier: Apache-2.0
// Three-way comparison of single values: the one order behind sorts, min() and range frames.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "topgun/column/decimal.hpp"
#include "topgun/column/type.hpp"

namespace topgun::sql {

inline int order_of(std::int64_t a, std::int64_t b) noexcept {
    return a < b ? -1 : a > b ? 1 : 0;
}
/// NaN equals itself and is greater than all others, as in PostgreSQL's indexes and sorts.
inline int order_of(double a, double b) noexcept {
    if (std::isnan(a) || std::isnan(b)) return int{std::isnan(a)} - int{std::isnan(b)};
    return a < b ? -1 : a > b ? 1 : 0;
}
inline int order_of(const Decimal& a, const Decimal& b) noexcept {
    const auto order = a <=> b;
    return order < 0 ? -1 : order > 0 ? 1 : 0;
}
inline int order_of(const Interval& a, const Interval& b) noexcept {
    const auto x = a.span(), y = b.span();
    return x < y ? -1 : x > y ? 1 : 0;
}
inline int order_of(std::string_view a, std::string_view b) noexcept {
    const auto order = a.compare(b);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
}

}  // namespace topgun::sql
