// SPDX-License-Identifier: Apache-2.0
// Values of one type side by side: what queries work on, some thousand rows at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/check.hpp"
#include "topgun/base/export.hpp"
#include "topgun/column/decimal.hpp"
#include "topgun/column/type.hpp"

namespace topgun {

/// Rows that operators pass on at a time: enough to spread the cost of a call, few enough that a
/// column of them stays in the cache.
inline constexpr std::size_t kBatchRows = 2048;

/// Bytes that columns point into. Never moves what it was given; shared by the columns that need
/// it. Threads: one writer; what was written may be read by any.
class TOPGUN_API ByteHeap {
public:
    ByteHeap() = default;
    ByteHeap(const ByteHeap&) = delete;
    ByteHeap& operator=(const ByteHeap&) = delete;

    /// A copy that stays.
    std::string_view keep(std::string_view bytes);
    /// Room for `size` bytes, which the caller fills.
    char* allocate(std::size_t size);
    std::size_t used() const noexcept { return used_; }

private:
    std::vector<std::unique_ptr<char[]>> chunks_;
    char* at_ = nullptr;
    std::size_t left_ = 0;
    std::size_t used_ = 0;
};

/// A column of a batch. Built once by one thread, then shared as `std::shared_ptr<const Column>`.
///
/// NULL is a bit of its own; the slot of a NULL holds zero or an empty text, so that kernels may
/// work on it without looking. A constant column holds one slot that stands for all its rows.
class TOPGUN_API Column {
public:
    explicit Column(DataType type = {}) : type_(type), storage_(storage_of(type)) {}

    DataType type() const noexcept { return type_; }
    Storage storage() const noexcept { return storage_; }
    std::size_t size() const noexcept { return size_; }
    bool is_constant() const noexcept { return constant_; }
    /// Where row `row` is kept.
    std::size_t slot(std::size_t row) const noexcept { return constant_ ? 0 : row; }

    bool may_have_nulls() const noexcept { return nulls_ > 0; }
    std::size_t null_count() const noexcept { return constant_ ? nulls_ * size_ : nulls_; }
    bool is_null(std::size_t row) const noexcept {
        if (nulls_ == 0) return false;
        const auto at = slot(row);
        return (validity_[at / 64] >> (at % 64) & 1) == 0;
    }

    // Reading. @pre the storage is the one named, and row < size().
    std::int64_t integer(std::size_t row) const noexcept { return integers_[slot(row)]; }
    bool boolean(std::size_t row) const noexcept { return integers_[slot(row)] != 0; }
    double real(std::size_t row) const noexcept { return reals_[slot(row)]; }
    const Decimal& decimal(std::size_t row) const noexcept { return decimals_[slot(row)]; }
    const Interval& interval(std::size_t row) const noexcept { return intervals_[slot(row)]; }
    std::string_view bytes(std::size_t row) const noexcept { return texts_[slot(row)]; }
    /// All slots: one for a constant column, size() for others.
    std::span<const std::int64_t> integers() const noexcept { return integers_; }
    std::span<const double> reals() const noexcept { return reals_; }
    std::span<const std::string_view> texts() const noexcept { return texts_; }

    // Building.
    void reserve(std::size_t rows);
    void add_null();
    void add_integer(std::int64_t value) {
        integers_.push_back(value);
        added(true);
    }
    void add_boolean(bool value) { add_integer(value ? 1 : 0); }
    void add_real(double value) {
        reals_.push_back(value);
        added(true);
    }
    void add_decimal(const Decimal& value) {
        decimals_.push_back(value);
        added(true);
    }
    void add_interval(const Interval& value) {
        intervals_.push_back(value);
        added(true);
    }
    /// The bytes must stay where they are as long as the column, or what keep_alive() was given.
    void add_view(std::string_view bytes) {
        texts_.push_back(bytes);
        added(true);
    }
    /// Copies into the column's own heap.
    void add_bytes(std::string_view bytes) { add_view(heap().keep(bytes)); }
    /// The column's own heap, made when first needed.
    ByteHeap& heap();
    /// Bytes in the column's own heap.
    std::size_t heap_bytes() const noexcept { return heap_ ? heap_->used() : 0; }
    /// Holds on to what views point into.
    void keep_alive(std::shared_ptr<const void> owner);
    /// Holds on to all that `other` holds on to.
    void keep_alive(const Column& other);

    /// Adds a row of another column of the same storage; texts are shared, not copied.
    void add_from(const Column& other, std::size_t row);
    /// Rows of another column, in the order given. Shares its texts.
    static std::shared_ptr<Column> gather(const Column& from, std::span<const std::uint32_t> rows);
    /// A column of `rows` rows that all are the one row of `value`. @pre value.size() == 1.
    static std::shared_ptr<Column> constant(Column value, std::size_t rows);
    static std::shared_ptr<Column> nulls(DataType type, std::size_t rows);
    /// The same with one slot for each row.
    static std::shared_ptr<const Column> flat(std::shared_ptr<const Column> column);

    /// Bytes held, texts counted by their size: for memory limits.
    std::size_t memory() const noexcept;

private:
    void added(bool valid);

    DataType type_;
    Storage storage_;
    bool constant_ = false;
    std::size_t size_ = 0;
    std::size_t nulls_ = 0;                // slots
    std::vector<std::uint64_t> validity_;  // bits, 1 for a value; empty until the first NULL
    std::vector<std::int64_t> integers_;
    std::vector<double> reals_;
    std::vector<Decimal> decimals_;
    std::vector<Interval> intervals_;
    std::vector<std::string_view> texts_;
    std::shared_ptr<ByteHeap> heap_;
    std::vector<std::shared_ptr<const void>> owners_;
};

using ColumnPtr = std::shared_ptr<const Column>;

/// Columns of one length. Cheap to copy. A batch may have rows and no columns.
struct TOPGUN_API Batch {
    std::vector<ColumnPtr> columns;
    std::size_t rows = 0;

    /// The rows given, in that order.
    Batch gather(std::span<const std::uint32_t> which) const;
    std::size_t memory() const noexcept;
};

}  // namespace topgun
