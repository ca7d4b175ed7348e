// SPDX-License-Identifier: Apache-2.0
// What functions of texts have in common.
#pragma once

#include <string_view>

#include "kernel.hpp"

namespace topgun::sql {

/// Calls part(row) for rows without NULLs; it returns a part of a text of arguments[0], or a
/// constant, or Result of one. Nothing is copied.
template <typename Part>
Result<ColumnPtr> part_rows(Arguments arguments, std::size_t rows, DataType result, Part&& part) {
    bool kept = false;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        if (!kept) out.keep_alive(*arguments[0]);
        kept = true;
        if constexpr (std::is_same_v<decltype(part(row)), std::string_view>) {
            out.add_view(part(row));
        } else {
            auto found = part(row);
            if (!found) return std::move(found).error();
            out.add_view(*found);
        }
        return {};
    });
}

/// The same for a function of the first argument alone.
template <typename F>
constexpr Kernel part_kernel(F) {
    return [](const EvalContext&, Arguments arguments, std::size_t rows, DataType result) {
        return part_rows(arguments, rows, result, [&](std::size_t row) -> std::string_view {
            return F{}(arguments[0]->bytes(row));
        });
    };
}

/// As strict_rows(), but NULLs are the business of `compute`.
template <typename Compute>
Result<ColumnPtr> all_rows(Arguments arguments, std::size_t rows, DataType result,
                           Compute&& compute) {
    const bool once = all_constant(arguments) && rows > 0;
    Column out(result);
    out.reserve(once ? 1 : rows);
    RowGuard guard(arguments, out);
    for (std::size_t row = 0; row < (once ? 1 : rows); ++row) {
        TOPGUN_TRY(compute(row, out));
        TOPGUN_TRY(guard.after(row, out));
    }
    if (once) return ColumnPtr(Column::constant(std::move(out), rows));
    return ColumnPtr(std::make_shared<const Column>(std::move(out)));
}

inline std::int64_t integer_or(Arguments arguments, std::size_t at, std::size_t row,
                               std::int64_t otherwise) {
    return at < arguments.size() ? arguments[at]->integer(row) : otherwise;
}
inline std::string_view text_or(Arguments arguments, std::size_t at, std::size_t row,
                                std::string_view otherwise) {
    return at < arguments.size() ? arguments[at]->bytes(row) : otherwise;
}

/// A value as output functions write it: as value_text(), but booleans are t and f.
std::string output_text(const Column& column, std::size_t row);

}  // namespace topgun::sql
