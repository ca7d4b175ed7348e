// SPDX-License-Identifier: Apache-2.0
// Rows are sorted key by key: eight bytes of a key for each row are sorted as numbers, and only
// rows that are alike in these are looked at again.
#include "ordering.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "list_order.hpp"
#include "order_of.hpp"
#include "sort_key.hpp"
#include "topgun/query/order.hpp"

namespace topgun::sql {
namespace {

bool is_encoded(const Column& column) {
    return column.type().id == TypeId::json || column.type().id == TypeId::list;
}

// How row_a of `a` stands to row_b of `b` in one key, NULLs included.
int compare_key(const Column& a, std::size_t row_a, const Column& b, std::size_t row_b,
                const SortSpec& key) noexcept {
    const bool null_a = a.is_null(row_a), null_b = b.is_null(row_b);
    if (null_a || null_b) {
        if (null_a && null_b) return 0;
        return null_a == key.nulls_first ? -1 : 1;
    }
    const int order = compare_values(a, row_a, b, row_b);
    return key.descending ? -order : order;
}

class Sorter {
public:
    Sorter(const Batch& batch, std::span<const SortSpec> order) : batch_(batch) {
        // A key that is the same everywhere decides nothing.
        for (const auto& key : order) {
            if (!batch.columns[key.column]->is_constant()) order_.push_back(key);
        }
    }

    // Sorts rows that stand in ascending order of their numbers.
    void sort(std::span<std::uint32_t> rows, std::size_t at) {
        if (rows.size() < 2 || at == order_.size()) return;
        const auto& key = order_[at];
        const auto& column = *batch_.columns[key.column];
        const auto is_null = [&column](std::uint32_t row) { return column.is_null(row); };
        auto values = rows;
        if (column.may_have_nulls()) {
            const auto middle =
                key.nulls_first
                    ? std::stable_partition(rows.begin(), rows.end(), is_null)
                    : std::stable_partition(rows.begin(), rows.end(), std::not_fn(is_null));
            const auto first = static_cast<std::size_t>(middle - rows.begin());
            const auto nulls = key.nulls_first ? rows.first(first) : rows.subspan(first);
            values = key.nulls_first ? rows.subspan(first) : rows.first(first);
            sort(nulls, at + 1);
        }
        sort_values(values, at);
    }

private:
    void sort_values(std::span<std::uint32_t> rows, std::size_t at) {
        // Below this, making keys costs more than they save.
        constexpr std::size_t kFew = 12;
        if (rows.size() < kFew) return compare_all(rows, at);
        std::vector<KeyedRow> keyed;
        const bool exact = make_keys(*batch_.columns[order_[at].column], rows, keyed);
        if (order_[at].descending) {
            for (auto& entry : keyed) entry.key = ~entry.key;
        }
        sort_keys(keyed);
        for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = keyed[i].row;
        if (exact && at + 1 == order_.size()) return;
        for (std::size_t first = 0; first < rows.size();) {
            auto last = first + 1;
            while (last < rows.size() && keyed[last].key == keyed[first].key) ++last;
            const auto run = rows.subspan(first, last - first);
            if (exact)
                sort(run, at + 1);
            else
                compare_all(run, at);
            first = last;
        }
    }

    void compare_all(std::span<std::uint32_t> rows, std::size_t at) {
        if (rows.size() < 2) return;
        const auto order = std::span<const SortSpec>(order_).subspan(at);
        std::sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
            const int compared = compare_rows(batch_, a, batch_, b, order);
            return compared != 0 ? compared < 0 : a < b;
        });
    }

    const Batch& batch_;
    std::vector<SortSpec> order_;
};

}  // namespace

int compare_values(const Column& a, std::size_t row_a, const Column& b,
                   std::size_t row_b) noexcept {
    switch (a.storage()) {
        case Storage::none: return 0;
        case Storage::integer: return order_of(a.integer(row_a), b.integer(row_b));
        case Storage::real: return order_of(a.real(row_a), b.real(row_b));
        case Storage::decimal: return order_of(a.decimal(row_a), b.decimal(row_b));
        case Storage::interval: return order_of(a.interval(row_a), b.interval(row_b));
        case Storage::bytes:
            if (a.type().id == TypeId::list) {
                return compare_lists(a.bytes(row_a), b.bytes(row_b), a.type().element);
            }
            if (is_encoded(a)) {
                return query::compare_values(ValueView(a.bytes(row_a)), ValueView(b.bytes(row_b)));
            }
            return order_of(a.bytes(row_a), b.bytes(row_b));
    }
    return 0;
}

bool same_values(const Column& a, std::size_t row_a, const Column& b, std::size_t row_b) noexcept {
    const bool null_a = a.is_null(row_a), null_b = b.is_null(row_b);
    if (null_a || null_b) return null_a == null_b;
    // Unlike an order, equality of texts is often settled by their sizes.
    if (a.storage() == Storage::bytes && !is_encoded(a)) return a.bytes(row_a) == b.bytes(row_b);
    return compare_values(a, row_a, b, row_b) == 0;
}

int compare_rows(const Batch& a, std::size_t row_a, const Batch& b, std::size_t row_b,
                 std::span<const SortSpec> order) noexcept {
    for (const auto& key : order) {
        const int compared =
            compare_key(*a.columns[key.column], row_a, *b.columns[key.column], row_b, key);
        if (compared != 0) return compared;
    }
    return 0;
}

std::vector<std::uint32_t> sorted_rows(const Batch& batch, std::span<const SortSpec> order) {
    std::vector<std::uint32_t> rows(batch.rows);
    std::iota(rows.begin(), rows.end(), 0u);
    Sorter(batch, order).sort(rows, 0);
    return rows;
}

}  // namespace topgun::sql
