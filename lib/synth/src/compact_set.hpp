// SPDX-License-Identifier: Apache-2.0
// Sets of millions of small things, gathered first and asked later.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace topgun::synth {

/// A sorted vector in the making: duplicates go whenever it has doubled.
template <typename T>
class Gathering {
public:
    void add(const T& item) {
        items_.push_back(item);
        if (items_.size() >= limit_) compact();
    }
    /// Sorted and without duplicates. The object is empty afterwards.
    std::vector<T> finish() {
        compact();
        limit_ = kFirstLimit;
        return std::move(items_);
    }

private:
    static constexpr std::size_t kFirstLimit = 4096;
    void compact() {
        std::sort(items_.begin(), items_.end());
        items_.erase(std::unique(items_.begin(), items_.end()), items_.end());
        limit_ = std::max(kFirstLimit, 2 * items_.size());
    }
    std::vector<T> items_;
    std::size_t limit_ = kFirstLimit;
};

/// Numbers by open addressing. @pre the numbers are well mixed, such as hashes; 0 is never a
/// member.
class NumberSet {
public:
    explicit NumberSet(std::size_t capacity = 0) {
        std::size_t slots = 2;
        while (slots < capacity * 2) slots *= 2;
        slots_.assign(slots, 0);
    }
    /// False when it is there already. @pre fewer members than the capacity.
    bool insert(std::uint64_t number) {
        auto& slot = slots_[place(number)];
        if (slot == number) return false;
        slot = number;
        return true;
    }
    bool contains(std::uint64_t number) const {
        return number != 0 && slots_[place(number)] == number;
    }

private:
    std::size_t place(std::uint64_t number) const {
        auto at = number & (slots_.size() - 1);
        while (slots_[at] != 0 && slots_[at] != number) at = (at + 1) & (slots_.size() - 1);
        return at;
    }
    std::vector<std::uint64_t> slots_;
};

}  // namespace topgun::synth
