// SPDX-License-Identifier: Apache-2.0
// Walks the entries of a tree in the order of their keys, trusting nothing that it reads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "page.hpp"

namespace topgun::redb {

/// Whether keys stand in the order of their bytes, as texts and byte strings do. Of other types
/// this reader does not know the order.
enum class KeyOrder : bool { unknown, bytes };

/// Threads: one owner. Memory: the pages from the root to a leaf.
///
/// It ends on any input: no path is longer than kDeepest, and no more pages are visited than the
/// file has. In a sound tree each page stands once.
class TreeWalk {
public:
    static constexpr std::size_t kDeepest = 32;

    TreeWalk(std::shared_ptr<const OpenFile> file, const std::optional<Root>& root, Widths widths,
             KeyOrder order);

    /// Goes to the next entry; false at the end. After an error it goes on behind the page that
    /// could not be read. Errors: bad_input, locked, io.
    Result<bool> next();
    BytesView key() const noexcept { return leaf_->key(entry_); }
    BytesView value() const noexcept { return leaf_->value(entry_); }

    std::uint64_t pages() const noexcept { return pages_; }
    std::uint64_t bytes() const noexcept { return bytes_; }

private:
    struct Level {
        Page page;
        std::size_t next = 0;  // child to be visited
    };
    Status visit(std::uint64_t page, const Hash128& checksum);
    Status check_order(const Page& page) const;
    bool fits(BytesView key) const;

    std::shared_ptr<const OpenFile> file_;
    std::optional<Root> root_;  // until it was visited
    Widths widths_;
    KeyOrder order_;
    std::vector<Level> path_;
    std::optional<Page> leaf_;
    std::size_t entry_ = 0;
    Bytes last_key_;  // of the leaf before
    bool has_last_ = false;
    std::uint64_t pages_ = 0, bytes_ = 0;
};

}  // namespace topgun::redb
