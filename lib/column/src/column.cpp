// SPDX-License-Identifier: Apache-2.0
#include "topgun/column/column.hpp"

#include <algorithm>
#include <cstring>

namespace topgun {

std::string_view ByteHeap::keep(std::string_view bytes) {
    if (bytes.empty()) return {};
    char* const to = allocate(bytes.size());
    std::memcpy(to, bytes.data(), bytes.size());
    return {to, bytes.size()};
}

char* ByteHeap::allocate(std::size_t size) {
    constexpr std::size_t kSmallest = 512, kLargest = 64 * 1024;
    if (size > left_) {
        const auto chunk = std::max(size, std::clamp(used_, kSmallest, kLargest));
        chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk));
        at_ = chunks_.back().get();
        left_ = chunk;
    }
    char* const out = at_;
    at_ += size;
    left_ -= size;
    used_ += size;
    return out;
}

void Column::reserve(std::size_t rows) {
    switch (storage_) {
        case Storage::none: break;
        case Storage::integer: integers_.reserve(rows); break;
        case Storage::real: reals_.reserve(rows); break;
        case Storage::decimal: decimals_.reserve(rows); break;
        case Storage::interval: intervals_.reserve(rows); break;
        case Storage::bytes: texts_.reserve(rows); break;
    }
}

void Column::added(bool valid) {
    const auto at = size_++;
    if (valid && validity_.empty()) return;
    // Bits of the rows before the first NULL are made up for now.
    if (validity_.size() * 64 <= at) validity_.resize(at / 64 + 1, ~std::uint64_t{0});
    if (!valid) {
        validity_[at / 64] &= ~(std::uint64_t{1} << (at % 64));
        ++nulls_;
    }
}

void Column::add_null() {
    switch (storage_) {
        case Storage::none: break;
        case Storage::integer: integers_.push_back(0); break;
        case Storage::real: reals_.push_back(0); break;
        case Storage::decimal: decimals_.emplace_back(); break;
        case Storage::interval: intervals_.emplace_back(); break;
        case Storage::bytes: texts_.emplace_back(); break;
    }
    added(false);
}

ByteHeap& Column::heap() {
    if (!heap_) {
        heap_ = std::make_shared<ByteHeap>();
        owners_.push_back(heap_);
    }
    return *heap_;
}

void Column::keep_alive(std::shared_ptr<const void> owner) {
    if (owner == nullptr) return;
    if (std::find(owners_.begin(), owners_.end(), owner) == owners_.end()) {
        owners_.push_back(std::move(owner));
    }
}

void Column::keep_alive(const Column& other) {
    for (const auto& owner : other.owners_) keep_alive(owner);
}

void Column::add_from(const Column& other, std::size_t row) {
    if (other.is_null(row) || other.storage_ == Storage::none) return add_null();
    switch (storage_) {
        case Storage::none: return add_null();
        case Storage::integer: return add_integer(other.integer(row));
        case Storage::real: return add_real(other.real(row));
        case Storage::decimal: return add_decimal(other.decimal(row));
        case Storage::interval: return add_interval(other.interval(row));
        case Storage::bytes: return add_view(other.bytes(row));
    }
}

std::shared_ptr<Column> Column::gather(const Column& from, std::span<const std::uint32_t> rows) {
    auto out = std::make_shared<Column>(from.type_);
    if (from.constant_) {
        *out = from;
        out->size_ = rows.size();
        return out;
    }
    out->reserve(rows.size());
    if (from.storage_ == Storage::bytes) out->keep_alive(from);
    for (const auto row : rows) out->add_from(from, row);
    return out;
}

std::shared_ptr<Column> Column::constant(Column value, std::size_t rows) {
    TOPGUN_ASSERT(value.size_ == 1, "a constant has one value");
    auto out = std::make_shared<Column>(std::move(value));
    out->constant_ = true;
    out->size_ = rows;
    return out;
}

std::shared_ptr<Column> Column::nulls(DataType type, std::size_t rows) {
    Column one(type);
    one.add_null();
    return constant(std::move(one), rows);
}

std::shared_ptr<const Column> Column::flat(std::shared_ptr<const Column> column) {
    if (!column->constant_) return column;
    auto out = std::make_shared<Column>(column->type_);
    out->reserve(column->size_);
    out->keep_alive(*column);
    for (std::size_t row = 0; row < column->size_; ++row) out->add_from(*column, row);
    return out;
}

std::size_t Column::memory() const noexcept {
    std::size_t bytes =
        validity_.capacity() * sizeof(std::uint64_t) + integers_.capacity() * sizeof(std::int64_t) +
        reals_.capacity() * sizeof(double) + decimals_.capacity() * sizeof(Decimal) +
        intervals_.capacity() * sizeof(Interval) + texts_.capacity() * sizeof(std::string_view);
    for (const auto text : texts_) bytes += text.size();
    return bytes;
}

Batch Batch::gather(std::span<const std::uint32_t> which) const {
    Batch out;
    out.rows = which.size();
    out.columns.reserve(columns.size());
    for (const auto& column : columns) out.columns.push_back(Column::gather(*column, which));
    return out;
}

std::size_t Batch::memory() const noexcept {
    std::size_t bytes = 0;
    for (const auto& column : columns) bytes += column->memory();
    return bytes;
}

}  // namespace topgun
