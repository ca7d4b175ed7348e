// SPDX-License-Identifier: Apache-2.0
// How functions work on columns: what they have in common, so that each is one expression.
#pragma once

#include <span>
#include <vector>

#include "characters.hpp"
#include "topgun/base/error.hpp"
#include "topgun/column/column.hpp"
#include "topgun/dag/stop.hpp"

namespace topgun::sql {

/// What all expressions of a statement see alike.
struct EvalContext {
    std::int64_t now = 0;  ///< Start of the transaction, microseconds since 1970: now().
};

using Arguments = std::span<const ColumnPtr>;

/// Computes a column of `rows` rows. Arguments have as many rows each. Errors: those of the
/// function; the caller adds where in the statement.
using Kernel = Result<ColumnPtr> (*)(const EvalContext& context, Arguments arguments,
                                     std::size_t rows, DataType result);

/// Texts that a function may make for a batch of several rows. A value alone may take
/// kTextBytesMax.
inline constexpr std::size_t kBatchTextMax = std::size_t{1} << 26;

/// Of a value that would have more than kTextBytesMax.
inline Error value_too_large() {
    return Error(Errc::limit, "requested length too large: a value may have " +
                                  std::to_string(kTextBytesMax >> 20) + " MiB");
}

/// Errc::cancelled when the statement has to end. For loops that may go on for more than some ten
/// milliseconds.
inline Status check_stop() {
    if (dag::stop_requested()) return Error(Errc::cancelled, "cancelled");
    return {};
}

/// Looks after each row of a kernel that reads or makes texts: a batch of them may take long, or
/// much memory.
class RowGuard {
public:
    RowGuard(Arguments arguments, const Column& out) {
        texts_ = out.storage() == Storage::bytes;
        for (const auto& one : arguments) texts_ = texts_ || one->storage() == Storage::bytes;
    }
    Status after(std::size_t row, const Column& out) {
        constexpr std::size_t kRowsBetween = 16, kBytesBetween = std::size_t{1} << 16;
        if (!texts_) return {};
        const auto bytes = out.heap_bytes();
        if (row % kRowsBetween != 0 && bytes - seen_ < kBytesBetween) return {};
        seen_ = bytes;
        if (bytes > kBatchTextMax && row > 0) return too_much();
        if (bytes > kTextBytesMax && !out.is_null(0) && out.bytes(0).size() > kTextBytesMax) {
            return value_too_large();
        }
        return check_stop();
    }

private:
    static Error too_much() {
        return Error(Errc::limit, "a function makes texts of more than " +
                                      std::to_string(kBatchTextMax >> 20) +
                                      " MiB for a batch of rows");
    }
    bool texts_ = false;
    std::size_t seen_ = 0;
};

inline bool all_constant(Arguments arguments) {
    for (const auto& argument : arguments) {
        if (!argument->is_constant()) return false;
    }
    return !arguments.empty();
}

/// Calls compute(row, out) for each row in which no argument is NULL; the others become NULL. What
/// does not depend on the row is computed once.
template <typename Compute>
Result<ColumnPtr> strict_rows(Arguments arguments, std::size_t rows, DataType result,
                              Compute&& compute) {
    const bool once = all_constant(arguments) && rows > 0;
    Column out(result);
    out.reserve(once ? 1 : rows);
    RowGuard guard(arguments, out);
    for (std::size_t row = 0; row < (once ? 1 : rows); ++row) {
        bool null = false;
        for (const auto& argument : arguments) null = null || argument->is_null(row);
        if (null) {
            out.add_null();
            continue;
        }
        TOPGUN_TRY(compute(row, out));
        TOPGUN_TRY(guard.after(row, out));
    }
    if (once) return ColumnPtr(Column::constant(std::move(out), rows));
    return ColumnPtr(std::make_shared<const Column>(std::move(out)));
}

/// The value of a row as the C++ type that computations use.
template <typename T>
T value_at(const Column& column, std::size_t row);
template <>
inline std::int64_t value_at(const Column& column, std::size_t row) {
    return column.integer(row);
}
template <>
inline double value_at(const Column& column, std::size_t row) {
    return column.real(row);
}
template <>
inline Decimal value_at(const Column& column, std::size_t row) {
    return column.decimal(row);
}
template <>
inline Interval value_at(const Column& column, std::size_t row) {
    return column.interval(row);
}
template <>
inline std::string_view value_at(const Column& column, std::size_t row) {
    return column.bytes(row);
}

inline void add_value(Column& out, std::int64_t value) {
    out.add_integer(value);
}
inline void add_value(Column& out, bool value) {
    out.add_boolean(value);
}
inline void add_value(Column& out, double value) {
    out.add_real(value);
}
inline void add_value(Column& out, const Decimal& value) {
    out.add_decimal(value);
}
inline void add_value(Column& out, const Interval& value) {
    out.add_interval(value);
}
inline void add_value(Column& out, std::string_view value) {
    out.add_bytes(value);
}
inline void add_value(Column& out, const std::string& value) {
    out.add_bytes(value);
}

/// Adds a computed value, or returns why there is none.
template <typename T>
Status add_result(Column& out, Result<T> result) {
    if (!result) return std::move(result).error();
    add_value(out, *result);
    return {};
}
template <typename T>
Status add_result(Column& out, const T& value) {
    add_value(out, value);
    return {};
}

/// Kernels out of functions of one or two values: `kernel1<std::int64_t>([](auto x) { ... })` is
/// strict, and may return a value or a Result. The function holds no state.
template <typename A, typename F>
constexpr Kernel kernel1(F) {
    return [](const EvalContext&, Arguments arguments, std::size_t rows, DataType result) {
        return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
            return add_result(out, F{}(value_at<A>(*arguments[0], row)));
        });
    };
}
template <typename A, typename B, typename F>
constexpr Kernel kernel2(F) {
    return [](const EvalContext&, Arguments arguments, std::size_t rows, DataType result) {
        return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
            return add_result(
                out, F{}(value_at<A>(*arguments[0], row), value_at<B>(*arguments[1], row)));
        });
    };
}

}  // namespace topgun::sql
