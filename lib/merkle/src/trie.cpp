// SPDX-License-Identifier: Apache-2.0
#include "topgun/merkle/trie.hpp"

namespace topgun {
namespace {

std::size_t leaves_of(unsigned depth) {
    TOPGUN_ASSERT(depth <= Trie::kMaxDepth, "the leaves of a deeper trie would not fit in memory");
    return std::size_t{1} << (4 * depth);
}

}  // namespace

Trie::Trie(unsigned depth) : depth_(depth), sums_(leaves_of(depth)), counts_(sums_.size()) {}

Trie::Trie(unsigned depth, std::vector<std::uint32_t> sums, std::vector<std::uint32_t> counts)
    : depth_(depth), sums_(std::move(sums)), counts_(std::move(counts)) {
    TOPGUN_ASSERT(sums_.size() == leaves_of(depth) && counts_.size() == sums_.size(),
                  "a trie has 16^depth leaves");
}

void Trie::add(const Trie& other) {
    TOPGUN_ASSERT(depth_ == other.depth_, "tries of one depth are folded");
    for (std::size_t leaf = 0; leaf < sums_.size(); ++leaf) {
        sums_[leaf] += other.sums_[leaf];
        counts_[leaf] += other.counts_[leaf];
    }
}

// An empty child contributes mix(0) == 0, so absent and emptied children need no special case.
std::uint32_t Trie::fold(std::size_t first, std::size_t count, unsigned level) const {
    if (level == depth_) return sums_[first];
    std::uint32_t sum = 0;
    const auto child = count / 16;
    for (std::size_t i = 0; i < 16; ++i) sum += mix(fold(first + i * child, child, level + 1));
    return sum;
}

std::uint32_t Trie::root() const {
    return fold(0, sums_.size(), 0);
}

Result<Trie::Range> Trie::range_of(std::string_view path) const {
    if (path.size() > depth_) {
        return Error(Errc::usage, "trie path '" + std::string(path.substr(0, 16)) +
                                      "': deeper than " + std::to_string(depth_) + " digits");
    }
    std::size_t prefix = 0;
    for (const char c : path) {
        const bool digit = c >= '0' && c <= '9';
        if (!digit && (c < 'a' || c > 'f')) {
            return Error(Errc::usage,
                         "trie path '" + std::string(path) + "': expected lower-case hex digits");
        }
        prefix = prefix * 16 + static_cast<std::size_t>(digit ? c - '0' : c - 'a' + 10);
    }
    const auto count = std::size_t{1} << (4 * (depth_ - path.size()));
    return Range{prefix * count, count, static_cast<unsigned>(path.size())};
}

Result<std::uint32_t> Trie::node(std::string_view path) const {
    auto range = range_of(path);
    if (!range) return std::move(range).error();
    return fold(range->first, range->count, range->level);
}

Result<std::vector<Trie::Bucket>> Trie::buckets(std::string_view path) const {
    auto range = range_of(path);
    if (!range) return std::move(range).error();
    std::vector<Bucket> out;
    if (range->level == depth_) return out;
    const auto child = range->count / 16;
    for (std::size_t i = 0; i < 16; ++i) {
        const auto first = range->first + i * child;
        bool any = false;
        for (std::size_t leaf = first; leaf < first + child && !any; ++leaf)
            any = counts_[leaf] != 0;
        if (any) out.push_back({"0123456789abcdef"[i], fold(first, child, range->level + 1)});
    }
    return out;
}

Result<std::uint64_t> Trie::keys(std::string_view path) const {
    auto range = range_of(path);
    if (!range) return std::move(range).error();
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < range->count; ++i) sum += counts_[range->first + i];
    return sum;
}

std::vector<std::uint32_t> differing_leaves(const Trie& a, const Trie& b) {
    TOPGUN_ASSERT(a.depth() == b.depth(), "tries of one depth are compared");
    std::vector<std::uint32_t> out;
    for (std::size_t leaf = 0; leaf < a.leaf_count(); ++leaf) {
        if (a.leaf_sums()[leaf] != b.leaf_sums()[leaf])
            out.push_back(static_cast<std::uint32_t>(leaf));
    }
    return out;
}

std::string leaf_path(std::size_t leaf, unsigned depth) {
    std::string path(depth, '0');
    for (unsigned i = depth; i-- > 0; leaf >>= 4) path[i] = "0123456789abcdef"[leaf & 15];
    return path;
}

}  // namespace topgun
