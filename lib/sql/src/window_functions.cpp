// SPDX-License-Identifier: Apache-2.0
// Functions that are window functions only: ranks, and values of other rows.
#include <algorithm>

#include "window_internal.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;

Status row_number(const WindowInput& input, Column& out) {
    for (std::size_t row = 0; row < input.rows(); ++row) out.add_integer(static_cast<I>(row) + 1);
    return {};
}
Status rank(const WindowInput& input, Column& out) {
    for (std::size_t row = 0; row < input.rows(); ++row) {
        out.add_integer(I{input.peers.around(row).first} + 1);
    }
    return {};
}
Status dense_rank(const WindowInput& input, Column& out) {
    for (std::size_t row = 0; row < input.rows(); ++row) {
        out.add_integer(I{input.peers.group_of(row)} + 1);
    }
    return {};
}
Status percent_rank(const WindowInput& input, Column& out) {
    const auto others = static_cast<double>(input.rows()) - 1;
    for (std::size_t row = 0; row < input.rows(); ++row) {
        out.add_real(others > 0 ? static_cast<double>(input.peers.around(row).first) / others : 0);
    }
    return {};
}
Status cume_dist(const WindowInput& input, Column& out) {
    const auto all = static_cast<double>(input.rows());
    for (std::size_t row = 0; row < input.rows(); ++row) {
        out.add_real(static_cast<double>(input.peers.around(row).last) / all);
    }
    return {};
}

// The first `rest` of the buckets have one row more. How many there are is asked once.
Status ntile(const WindowInput& input, Column& out) {
    if (input.rows() == 0) return {};
    const auto& counts = input.argument(0);
    const bool null = counts.is_null(0);
    const I buckets = null ? 1 : counts.integer(0);
    if (buckets <= 0) return Error(Errc::usage, "argument of ntile must be greater than zero");
    const auto rows = static_cast<I>(input.rows());
    const I size = rows / buckets, rest = rows % buckets;
    const I in_larger = rest * (size + 1);
    for (I row = 0; row < rows; ++row) {
        if (null)
            out.add_null();
        else if (row < in_larger)
            out.add_integer(row / (size + 1) + 1);
        else
            out.add_integer((row - in_larger) / size + rest + 1);
    }
    return {};
}

// The value so many rows behind, or ahead; where there is no such row, the default.
template <bool ahead>
Status offset_value(const WindowInput& input, Column& out) {
    const auto& values = input.argument(0);
    const auto given = input.call.arguments.size();
    const Column* const offsets = given > 1 ? &input.argument(1) : nullptr;
    const Column* const defaults = given > 2 ? &input.argument(2) : nullptr;
    out.keep_alive(values);
    if (defaults != nullptr) out.keep_alive(*defaults);
    const auto rows = static_cast<I>(input.rows());
    for (I row = 0; row < rows; ++row) {
        const auto here = static_cast<std::size_t>(row);
        if (offsets != nullptr && offsets->is_null(here)) {
            out.add_null();
            continue;
        }
        // Any distance beyond the partition is as good as another.
        const I distance =
            std::clamp<I>(offsets == nullptr ? 1 : offsets->integer(here), -rows, rows);
        const I at = ahead ? row + distance : row - distance;
        if (at >= 0 && at < rows)
            out.add_from(values, static_cast<std::size_t>(at));
        else if (defaults != nullptr)
            out.add_from(*defaults, here);
        else
            out.add_null();
    }
    return {};
}

// The row that stands at `place`, counted from 0, of a frame.
std::optional<std::size_t> row_at(const std::array<RowRange, 3>& frame, std::uint64_t place) {
    for (const auto& range : frame) {
        if (place < range.size()) return range.first + place;
        place -= range.size();
    }
    return std::nullopt;
}

Status first_value(const WindowInput& input, Column& out) {
    const auto& values = input.argument(0);
    out.keep_alive(values);
    for (std::size_t row = 0; row < input.rows(); ++row) {
        const auto at = row_at(input.frame(row), 0);
        if (at)
            out.add_from(values, *at);
        else
            out.add_null();
    }
    return {};
}
Status last_value(const WindowInput& input, Column& out) {
    const auto& values = input.argument(0);
    out.keep_alive(values);
    for (std::size_t row = 0; row < input.rows(); ++row) {
        const auto frame = input.frame(row);
        std::uint64_t size = 0;
        for (const auto& range : frame) size += range.size();
        if (size > 0)
            out.add_from(values, *row_at(frame, size - 1));
        else
            out.add_null();
    }
    return {};
}
Status nth_value(const WindowInput& input, Column& out) {
    const auto& values = input.argument(0);
    const auto& places = input.argument(1);
    out.keep_alive(values);
    for (std::size_t row = 0; row < input.rows(); ++row) {
        if (places.is_null(row)) {
            out.add_null();
            continue;
        }
        const auto place = places.integer(row);
        if (place <= 0) {
            return Error(Errc::usage, "argument of nth_value must be greater than zero");
        }
        const auto at = row_at(input.frame(row), static_cast<std::uint64_t>(place) - 1);
        if (at)
            out.add_from(values, *at);
        else
            out.add_null();
    }
    return {};
}

std::vector<WindowEntry> all_entries() {
    const DataType whole = TypeId::bigint, real = TypeId::real;
    std::vector<WindowEntry> out{
        {{"row_number", {}, whole}, row_number}, {{"rank", {}, whole}, rank},
        {{"dense_rank", {}, whole}, dense_rank}, {{"percent_rank", {}, real}, percent_rank},
        {{"cume_dist", {}, real}, cume_dist},    {{"ntile", {whole}, whole}, ntile}};
    for (const auto type : {kElement, kElements}) {
        for (const bool ahead : {false, true}) {
            const auto* const name = ahead ? "lead" : "lag";
            const WindowKernel kernel = ahead ? offset_value<true> : offset_value<false>;
            out.push_back({{name, {type}, type}, kernel});
            out.push_back({{name, {type, whole}, type}, kernel});
            out.push_back({{name, {type, whole, type}, type}, kernel});
        }
        out.push_back({{"first_value", {type}, type, true}, first_value});
        out.push_back({{"last_value", {type}, type, true}, last_value});
        out.push_back({{"nth_value", {type, whole}, type, true}, nth_value});
    }
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
        return a.function.name < b.function.name;
    });
    return out;
}

}  // namespace

std::span<const WindowEntry> window_entries() {
    static const std::vector<WindowEntry> all = all_entries();
    return all;
}

}  // namespace topgun::sql
