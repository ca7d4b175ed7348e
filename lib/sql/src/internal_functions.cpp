// SPDX-License-Identifier: Apache-2.0
#include "internal_functions.hpp"

#include <algorithm>
#include <unordered_map>

#include "list.hpp"
#include "moment.hpp"
#include "ordering.hpp"
#include "topgun/column/hash.hpp"

namespace topgun::sql {
namespace {

ColumnPtr done(Column out) {
    return std::make_shared<const Column>(std::move(out));
}

std::vector<std::uint64_t> hashes_of(const Column& column) {
    std::vector<std::uint64_t> out(column.size(), 0);
    hash_column(column, out);
    return out;
}

// The list's values by hash. They are constants, so that one row of each will do.
struct InList {
    explicit InList(Arguments arguments) {
        for (std::size_t i = 1; i < arguments.size(); ++i) {
            const auto& one = *arguments[i];
            if (one.is_null(0)) {
                has_null = true;
                continue;
            }
            const std::uint32_t first[] = {0};
            const auto value = Column::gather(one, first);
            by_hash.emplace(hashes_of(*value)[0], i);
        }
    }
    bool has_null = false;
    std::unordered_multimap<std::uint64_t, std::size_t> by_hash;
};

Result<ColumnPtr> in_list(const EvalContext&, Arguments arguments, std::size_t rows,
                          DataType result) {
    const InList list(arguments);
    const auto& operand = *arguments[0];
    const auto hashes = hashes_of(operand);
    Column out(result);
    out.reserve(rows);
    for (std::size_t row = 0; row < rows; ++row) {
        if (operand.is_null(row)) {
            out.add_null();
            continue;
        }
        bool found = false;
        auto [at, end] = list.by_hash.equal_range(hashes[row]);
        for (; at != end && !found; ++at) {
            found = compare_values(operand, row, *arguments[at->second], 0) == 0;
        }
        if (found || !list.has_null)
            out.add_boolean(found);
        else
            out.add_null();
    }
    return done(std::move(out));
}

template <bool greatest>
Result<ColumnPtr> extreme(const EvalContext&, Arguments arguments, std::size_t rows,
                          DataType result) {
    Column out(result);
    out.reserve(rows);
    for (const auto& argument : arguments) out.keep_alive(*argument);
    for (std::size_t row = 0; row < rows; ++row) {
        const Column* best = nullptr;
        for (const auto& argument : arguments) {
            if (argument->is_null(row)) continue;
            const int order = best == nullptr ? 0 : compare_values(*argument, row, *best, row);
            if (best == nullptr || (greatest ? order > 0 : order < 0)) best = argument.get();
        }
        if (best == nullptr)
            out.add_null();
        else
            out.add_from(*best, row);
    }
    return done(std::move(out));
}

Result<ColumnPtr> array_of(const EvalContext&, Arguments arguments, std::size_t rows,
                           DataType result) {
    Column out(result);
    out.reserve(rows);
    Bytes bytes;
    for (std::size_t row = 0; row < rows; ++row) {
        bytes.clear();
        msgpack::Writer writer(bytes);
        writer.array(arguments.size());
        for (const auto& argument : arguments) write_element(*argument, row, writer);
        out.add_bytes(bytes);
    }
    return done(std::move(out));
}

Result<ColumnPtr> numeric_type(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto precision = arguments[1]->integer(row), scale = arguments[2]->integer(row);
        auto rounded = arguments[0]->decimal(row).rounded(static_cast<int>(scale));
        if (!rounded) return std::move(rounded).error();
        auto whole = rounded->truncated(0);
        if (!whole) return std::move(whole).error();
        auto digits = whole->is_negative() ? -whole->digits() : whole->digits();
        std::int64_t count = 0;
        for (; digits != 0; digits /= 10) ++count;
        if (count > precision - scale) {
            return Error(Errc::limit, "numeric field overflow: a value with precision " +
                                          std::to_string(precision) + ", scale " +
                                          std::to_string(scale) + " must be less than 10^" +
                                          std::to_string(precision - scale));
        }
        out.add_decimal(*rounded);
        return {};
    });
}

Result<ColumnPtr> varchar_type(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto text = arguments[0]->bytes(row);
        auto left = arguments[1]->integer(row);
        std::size_t end = 0;
        for (; end < text.size(); ++end) {
            const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0u) != 0x80u;
            if (begins && left-- == 0) break;
        }
        out.add_bytes(text.substr(0, end));
        return {};
    });
}

Result<ColumnPtr> integer_type(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto value = arguments[0]->integer(row);
        const auto bits = arguments[1]->integer(row);
        const auto limit = std::int64_t{1} << (bits - 1);
        if (value >= limit || value < -limit) {
            return Error(Errc::limit,
                         bits == 16 ? "smallint out of range" : "integer out of range");
        }
        out.add_integer(value);
        return {};
    });
}

// Halves go away from zero, as in PostgreSQL.
std::int64_t rounded_micros(std::int64_t micros, std::int64_t digits) {
    std::int64_t unit = 1;
    for (auto i = digits; i < 6; ++i) unit *= 10;
    const auto rest = micros % unit;
    if (unit == 1 || rest == 0) return micros;
    const auto down = micros - rest;
    if (rest >= 0) return rest >= unit / 2 ? down + unit : down;
    return -rest >= unit / 2 ? down - unit : down;
}

Result<ColumnPtr> moment_type(const EvalContext&, Arguments arguments, std::size_t rows,
                              DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto fields = static_cast<IntervalFields>(arguments[1]->integer(row));
        const auto digits = arguments[2]->integer(row);
        if (result.id != TypeId::interval) {
            const auto moment = arguments[0]->integer(row);
            out.add_integer(is_infinite(moment) ? moment : rounded_micros(moment, digits));
            return {};
        }
        auto interval = limited(arguments[0]->interval(row), fields);
        interval.micros = rounded_micros(interval.micros, digits);
        out.add_interval(interval);
        return {};
    });
}

Result<ColumnPtr> object_of(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    // Canonical maps have their keys in order, each once.
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < arguments.size(); i += 2) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return arguments[a]->bytes(0) < arguments[b]->bytes(0);
    });
    const auto same = [&](std::size_t a, std::size_t b) {
        return arguments[a]->bytes(0) == arguments[b]->bytes(0);
    };
    order.erase(std::unique(order.begin(), order.end(), same), order.end());
    Column out(result);
    Bytes bytes;
    for (std::size_t row = 0; row < rows; ++row) {
        bytes.clear();
        msgpack::Writer writer(bytes);
        writer.map(order.size());
        for (const auto at : order) {
            writer.string(arguments[at]->bytes(row));
            const auto& value = *arguments[at + 1];
            if (value.type().id == TypeId::numeric && !value.is_null(row))
                writer.real(value.decimal(row).to_double());
            else
                write_element(value, row, writer);
        }
        out.add_bytes(bytes);
    }
    return done(std::move(out));
}

}  // namespace

const Function& in_list_function() {
    static const Function function{"IN", {kElement}, TypeId::boolean, in_list, true, false};
    return function;
}
const Function& extreme_function(bool greatest) {
    static const Function most{"GREATEST", {kElement}, kElement, extreme<true>, true, false};
    static const Function least{"LEAST", {kElement}, kElement, extreme<false>, true, false};
    return greatest ? most : least;
}
const Function& array_function() {
    static const Function function{"ARRAY", {kElement}, kElements, array_of, true, false};
    return function;
}
const Function& numeric_type_function() {
    static const Function function{
        "numeric",       {TypeId::numeric, TypeId::bigint, TypeId::bigint},
        TypeId::numeric, numeric_type,
        false,           false};
    return function;
}
const Function& varchar_type_function() {
    static const Function function{
        "varchar", {TypeId::text, TypeId::bigint}, TypeId::text, varchar_type, false, false};
    return function;
}
const Function& integer_type_function() {
    static const Function function{
        "integer", {TypeId::bigint, TypeId::bigint}, TypeId::bigint, integer_type, false, false};
    return function;
}
const Function& moment_type_function() {
    static const Function function{
        "interval", {kAny, TypeId::bigint, TypeId::bigint}, kAny, moment_type, false, false};
    return function;
}
const Function& object_function() {
    static const Function function{"ROW", {kAny}, TypeId::json, object_of, true, false};
    return function;
}

}  // namespace topgun::sql
