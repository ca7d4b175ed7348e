// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/node_table.hpp"

namespace topgun {

NodeTable::Recent NodeTable::intern_slow(std::string_view node) {
    const auto found = ids_.find(node);
    if (found != ids_.end()) return {found->first, found->second};
    const auto id = static_cast<Id>(names_.size());
    names_.emplace_back(node);
    ids_.emplace(names_.back(), id);
    return {names_.back(), id};
}

}  // namespace topgun
