// SPDX-License-Identifier: Apache-2.0
// Rows that are computed from a number, read in trie order: what generated states have in common.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/replica/state.hpp"

namespace topgun::synth {

/// Numbers of records in trie order.
using Order = std::vector<std::uint32_t>;

/// Rows under construction. Their texts lie in one buffer that may move while it grows, so they are
/// kept as ranges until the batch is complete.
class RowBuilder {
public:
    void clear() {
        rows_.clear();
        ranges_.clear();
        text_.clear();
    }
    Bytes& text() noexcept { return text_; }
    std::size_t size() const noexcept { return ranges_.size(); }

    struct Ranges {
        std::size_t key = 0, key_end = 0, value = 0, value_end = 0, tag = 0, tag_end = 0;
    };
    void add(const Row& row, const Ranges& ranges) {
        rows_.push_back(row);
        ranges_.push_back(ranges);
    }
    std::span<const Row> finish() {
        const BytesView all(text_);
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const auto& at = ranges_[i];
            rows_[i].key = all.substr(at.key, at.key_end - at.key);
            rows_[i].value = all.substr(at.value, at.value_end - at.value);
            rows_[i].tag = all.substr(at.tag, at.tag_end - at.tag);
        }
        return rows_;
    }

private:
    std::vector<Row> rows_;
    std::vector<Ranges> ranges_;
    Bytes text_;
};

/// Walks the ranges; who derives from it says what a record's key and rows are.
class OrderedCursor : public RowCursor {
public:
    /// @param order  outlives the cursor.
    OrderedCursor(const Order& order, std::vector<HashRange> ranges)
        : order_(order), ranges_(std::move(ranges)) {}

    Result<std::span<const Row>> next() override {
        builder_.clear();
        while (builder_.size() < kBatch && range_ < ranges_.size()) {
            if (!in_range_) {
                at_ = first_from(ranges_[range_].first);
                in_range_ = true;
            }
            const bool ended = at_ == order_.size();
            if (!ended) load(order_[at_]);
            if (ended || hash_ > ranges_[range_].last) {
                in_range_ = false;
                ++range_;
                continue;
            }
            emit(order_[at_++]);
        }
        return builder_.finish();
    }

protected:
    virtual void text_of(std::uint64_t index, std::string& out) const = 0;
    /// Adds the rows of the record whose key was asked for last.
    virtual void emit(std::uint64_t index) = 0;

    RowBuilder::Ranges begin_row() {
        RowBuilder::Ranges at;
        auto& text = builder_.text();
        at.key = text.size();
        text += key_;
        at.key_end = at.tag = at.tag_end = at.value = at.value_end = text.size();
        return at;
    }
    void add_row(Row row, RowBuilder::Ranges at) {
        row.key_hash = hash_;
        at.value_end = builder_.text().size();
        builder_.add(row, at);
    }

    RowBuilder builder_;

private:
    static constexpr std::size_t kBatch = 512;

    void load(std::uint64_t index) {
        text_of(index, key_);
        hash_ = fnv1a(key_);
    }
    std::size_t first_from(std::uint32_t hash) {
        if (hash == 0) return 0;
        const auto at =
            std::partition_point(order_.begin(), order_.end(), [&](std::uint32_t index) {
                load(index);
                return hash_ < hash;
            });
        return static_cast<std::size_t>(at - order_.begin());
    }

    const Order& order_;
    std::vector<HashRange> ranges_;
    std::size_t range_ = 0;
    std::size_t at_ = 0;
    bool in_range_ = false;
    std::string key_;
    std::uint32_t hash_ = 0;
};

}  // namespace topgun::synth
