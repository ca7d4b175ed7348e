// SPDX-License-Identifier: Apache-2.0
// The reference's algorithms, written plainly: what ours are measured against in the same run.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "topgun/clock/timestamp.hpp"
#include "topgun/crdt/op.hpp"

namespace topgun::bench {

/// A trie of nodes in which every update sums its whole leaf and all children on the way up, as
/// TopGun's cores do.
class NaiveTrie {
public:
    void update(const std::string& key, std::uint32_t item);
    std::uint32_t root() const { return root_.hash; }

private:
    struct Node {
        std::uint32_t hash = 0;
        std::map<char, std::unique_ptr<Node>> children;
        std::unordered_map<std::string, std::uint32_t> entries;
    };
    static void update(Node& node, const std::string& path, std::size_t depth,
                       const std::string& key, std::uint32_t item);
    Node root_;
};

/// A map of records that own their texts, with that trie.
class NaiveLwwMap {
public:
    bool merge(const Op& op);
    std::uint32_t root() const { return trie_.root(); }

private:
    struct Record {
        Timestamp timestamp;
        std::string value;
    };
    std::unordered_map<std::string, Record> records_;
    NaiveTrie trie_;
};

}  // namespace topgun::bench
