// SPDX-License-Identifier: Apache-2.0
#include "naive.hpp"

#include "topgun/base/hash.hpp"

namespace topgun::bench {

void NaiveTrie::update(const std::string& key, std::uint32_t item) {
    update(root_, hex32(fnv1a(key)), 0, key, item);
}

void NaiveTrie::update(Node& node, const std::string& path, std::size_t depth,
                       const std::string& key, std::uint32_t item) {
    constexpr std::size_t kDepth = 3;
    std::uint32_t sum = 0;
    if (depth == kDepth) {
        node.entries[key] = item;
        for (const auto& [name, hash] : node.entries) sum += mix(hash);
    } else {
        auto& child = node.children[path[depth]];
        if (!child) child = std::make_unique<Node>();
        update(*child, path, depth + 1, key, item);
        for (const auto& [label, other] : node.children) sum += mix(other->hash);
    }
    node.hash = sum;
}

bool NaiveLwwMap::merge(const Op& op) {
    const std::string key(op.key);
    Timestamp timestamp(op.stamp);
    const auto found = records_.find(key);
    if (found != records_.end() && !(found->second.timestamp < timestamp)) return false;
    trie_.update(key, fnv1a(key + ":" + format_stamp(op.stamp)));
    records_[key] = {std::move(timestamp), std::string(op.value)};
    return true;
}

}  // namespace topgun::bench
