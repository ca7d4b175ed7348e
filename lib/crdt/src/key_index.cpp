// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/key_index.hpp"

#include <bit>

namespace topgun {

void KeyIndex::place(std::uint64_t hash, std::uint32_t position) {
    auto at = home_of(hash);
    while (slots_[at].position != kNone) at = (at + 1) & mask_;
    slots_[at] = {tag_of(hash), position};
}

std::size_t KeyIndex::locate(std::uint64_t hash, std::uint32_t position) const {
    TOPGUN_ASSERT(!slots_.empty(), "the position was inserted");
    for (auto at = home_of(hash);; at = (at + 1) & mask_) {
        TOPGUN_ASSERT(slots_[at].position != kNone, "the position was inserted with this hash");
        if (slots_[at].position == position) return at;
    }
}

void KeyIndex::erase(std::uint64_t hash, std::uint32_t position) {
    auto hole = locate(hash, position);
    // Close the gap: pull back every following slot whose home does not lie after the hole.
    for (auto at = (hole + 1) & mask_; slots_[at].position != kNone; at = (at + 1) & mask_) {
        const auto home = home_of(slots_[at].tag);
        if (((at - home) & mask_) >= ((at - hole) & mask_)) {
            slots_[hole] = slots_[at];
            hole = at;
        }
    }
    slots_[hole] = {};
    --size_;
}

void KeyIndex::move(std::uint64_t hash, std::uint32_t from, std::uint32_t to) {
    slots_[locate(hash, from)].position = to;
}

void KeyIndex::reserve(std::size_t count) {
    const auto wanted = std::bit_ceil(count * 8 / 7 + 1);
    if (wanted > slots_.size()) rebuild(wanted);
}

void KeyIndex::clear() {
    slots_.clear();
    mask_ = 0;
    size_ = 0;
}

void KeyIndex::grow() {
    rebuild(slots_.empty() ? 8 : slots_.size() * 2);
}

void KeyIndex::rebuild(std::size_t slots) {
    std::vector<Slot, LargePageAllocator<Slot>> old(slots);
    old.swap(slots_);
    mask_ = slots - 1;
    for (const auto& slot : old) {
        if (slot.position != kNone) place(slot.tag, slot.position);
    }
}

}  // namespace topgun
