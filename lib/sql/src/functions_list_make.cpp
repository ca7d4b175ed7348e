// SPDX-License-Identifier: Apache-2.0
// Functions that make arrays.
#include "functions_list.hpp"
#include "text_kernels.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;

// The sizes of the dimensions, the outermost first.
Result<std::vector<I>> sizes_of(std::string_view list) {
    constexpr std::size_t kDimensionsMax = 6;  // PostgreSQL's MAXDIM
    constexpr I kElementsMax = 10'000'000;
    std::vector<I> out;
    I all = 1;
    for (const auto element : elements_of(list)) {
        const auto size = element.as_int64();
        if (!size) return Error(Errc::bad_input, "dimension values cannot be null");
        if (out.size() == kDimensionsMax) {
            const auto count = elements_of(list).size();
            return Error(Errc::limit, "number of array dimensions (" + std::to_string(count) +
                                          ") exceeds the maximum allowed (6)");
        }
        if (*size < 0 || *size > kElementsMax || (all > 0 && *size > kElementsMax / all)) {
            return Error(Errc::limit, "array size exceeds the maximum allowed (10000000)");
        }
        all *= *size;
        out.push_back(*size);
    }
    // One dimension without elements leaves nothing of the others.
    if (all == 0) out.clear();
    return out;
}

void write_filled(std::span<const I> sizes, BytesView value, msgpack::Writer& out) {
    out.array(static_cast<std::size_t>(sizes[0]));
    for (I i = 0; i < sizes[0]; ++i) {
        if (sizes.size() == 1)
            out.raw(value);
        else
            write_filled(sizes.subspan(1), value, out);
    }
}

// (value, sizes [, lower bounds]): lists begin at 1 here.
Result<ColumnPtr> fill_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        for (const auto& argument : arguments.subspan(1)) {
            if (argument->is_null(row)) {
                return Error(Errc::bad_input, "dimension array or low bound array cannot be null");
            }
        }
        auto sizes = sizes_of(arguments[1]->bytes(row));
        if (!sizes) return std::move(sizes).error();
        if (arguments.size() > 2) {
            for (const auto bound : elements_of(arguments[2]->bytes(row))) {
                if (bound.as_int64() == 1) continue;
                return Error(Errc::usage, "lower bounds other than 1 are not supported");
            }
        }
        const auto value = element_bytes(*arguments[0], row);
        constexpr std::size_t kBytesMax = std::size_t{1} << 28;
        auto bytes = value.size();
        for (const auto size : *sizes) bytes *= static_cast<std::size_t>(size);
        if (bytes > kBytesMax) return Error(Errc::limit, "array size exceeds the maximum allowed");
        Bytes list;
        msgpack::Writer writer(list);
        if (sizes->empty())
            writer.array(0);
        else
            write_filled(*sizes, value, writer);
        out.add_bytes(list);
        return {};
    });
}

}  // namespace

void add_list_makers(std::vector<Function>& to) {
    const auto sizes = DataType::list_of(TypeId::bigint);
    to.push_back({"array_fill", {kElement, sizes}, kElements, fill_rows});
    to.push_back({"array_fill", {kElement, sizes, sizes}, kElements, fill_rows});
}

}  // namespace topgun::sql
