// SPDX-License-Identifier: Apache-2.0
// Open addressing from a 64-bit hash to a dense position: the map's only pointer chase.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "topgun/base/check.hpp"
#include "topgun/base/export.hpp"
#include "topgun/base/large_pages.hpp"
#include "topgun/base/prefetch.hpp"

namespace topgun {

/// Finds dense positions (0, 1, 2, ...) by hash. Holds no keys: the caller says whether a position
/// with a matching tag is the key it looks for. Linear probing, eight bytes a slot, at most 7/8
/// full. Threads: not synchronised.
class TOPGUN_API KeyIndex {
public:
    static constexpr std::uint32_t kNone = 0xffffffffu;

    /// Position whose hash tag matches and for which `same(position)` holds, or kNone.
    template <typename Same>
    std::uint32_t find(std::uint64_t hash, Same&& same) const {
        if (slots_.empty()) return kNone;
        const auto wanted = tag_of(hash);
        for (auto at = home_of(hash);; at = (at + 1) & mask_) {
            const auto& slot = slots_[at];
            if (slot.position == kNone) return kNone;
            if (slot.tag == wanted && same(slot.position)) return slot.position;
        }
    }

    /// Adds a position. @pre no equal key is present.
    void insert(std::uint64_t hash, std::uint32_t position) {
        if ((size_ + 1) * 8 > slots_.size() * 7) grow();
        place(hash, position);
        ++size_;
    }
    /// Removes a position. @pre it was inserted with this hash.
    void erase(std::uint64_t hash, std::uint32_t position);
    /// Renames a position. @pre it was inserted with this hash.
    void move(std::uint64_t hash, std::uint32_t from, std::uint32_t to);
    void reserve(std::size_t count);
    void clear();
    std::size_t size() const noexcept { return size_; }
    std::size_t memory() const noexcept { return slots_.capacity() * sizeof(Slot); }

    /// Starts loading the cache line that find() will look at first.
    [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
        if (!slots_.empty()) topgun::prefetch(&slots_[home_of(hash)]);
    }
    /// The position in the hash's first slot, a good guess for prefetching what it points to.
    std::uint32_t first_guess(std::uint64_t hash) const {
        return slots_.empty() ? kNone : slots_[home_of(hash)].position;
    }

private:
    // The tag is the low half of the hash, and a slot's home follows from the tag alone, so that
    // growing the table touches no keys.
    struct Slot {
        std::uint32_t tag = 0;
        std::uint32_t position = kNone;
    };
    static std::uint32_t tag_of(std::uint64_t hash) noexcept {
        return static_cast<std::uint32_t>(hash);
    }
    std::size_t home_of(std::uint64_t hash) const noexcept {
        return static_cast<std::size_t>(tag_of(hash) * kSpread >> 32) & mask_;
    }
    static constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15u;

    void place(std::uint64_t hash, std::uint32_t position);
    std::size_t locate(std::uint64_t hash, std::uint32_t position) const;
    void grow();
    void rebuild(std::size_t slots);

    std::vector<Slot, LargePageAllocator<Slot>> slots_;
    std::size_t mask_ = 0;
    std::size_t size_ = 0;
};

}  // namespace topgun
