// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/node_table.hpp"

namespace topgun {

NodeTable::Id NodeTable::intern_slow(std::string_view node) {
    const auto found = ids_.find(node);
    if (found != ids_.end()) return last_ = found->second;
    last_ = static_cast<Id>(names_.size());
    names_.emplace_back(node);
    ids_.emplace(names_.back(), last_);
    return last_;
}

}  // namespace topgun
