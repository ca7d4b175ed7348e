// SPDX-License-Identifier: Apache-2.0
// Keys of a live map in trie order, worked out while the map changes.
#pragma once

#include <memory>
#include <variant>

#include "topgun/storage/shared_replica.hpp"

namespace topgun::storage {

/// The keys of an LWW map or an OR-Map by position. Every use needs the replica's lock.
class KeysByPosition {
public:
    /// @pre `map` is not a counter.
    explicit KeysByPosition(const Replica::Map& map)
        : lww_(std::get_if<LwwMap>(&map.crdt)), or_(std::get_if<OrMap>(&map.crdt)) {}

    std::size_t count() const { return lww_ != nullptr ? lww_->size() : or_->position_count(); }
    std::uint32_t hash(std::uint32_t position) const {
        return lww_ != nullptr ? lww_->key_hash_at(position) : or_->key_hash_at(position);
    }
    std::string_view key(std::uint32_t position) const {
        return lww_ != nullptr ? lww_->key_at(position) : or_->key_at(position);
    }

private:
    const LwwMap* lww_;
    const OrMap* or_;
};

/// All keys that were there when it was called, and perhaps some that came during the call. Takes
/// the lock in short steps. @pre `map` is not a counter, and the lock is not held.
std::shared_ptr<const KeyOrder> key_order(const SharedReplica& shared, const Replica::Map& map);

}  // namespace topgun::storage
