// SPDX-License-Identifier: Apache-2.0
// Pages of a tree: leaves with entries, branches with children, all of their offsets checked once.
#pragma once

#include <cstdint>
#include <optional>

#include "header.hpp"

namespace topgun::redb {

/// Bytes of a tree's keys and values where all have the same; none where each has its own.
struct Widths {
    std::optional<std::uint32_t> key, value;
};

/// The inside of a page, or of a multimap's collection, which looks like a leaf.
class Page {
public:
    /// Takes a leaf apart. Bytes behind its last value are cut off.
    /// Errors: bad_input when an offset does not hold.
    static Result<Page> leaf(Bytes bytes, const Widths& widths);
    /// Reads a page and checks it. Errors: bad_input with the byte of the file at which it begins;
    /// io. Memory: the part of the page that is in use.
    static Result<Page> load(const OpenFile& file, std::uint64_t page, const Hash128& checksum,
                             const Widths& widths);

    bool is_leaf() const noexcept { return leaf_; }
    /// Entries of a leaf, keys of a branch; at least 1.
    std::size_t count() const noexcept { return count_; }
    std::size_t size() const noexcept { return bytes_.size(); }
    BytesView key(std::size_t at) const noexcept;
    /// @pre is_leaf().
    BytesView value(std::size_t at) const noexcept;

    struct Child {
        std::uint64_t page = 0;
        Hash128 checksum;
    };
    /// Child `at` of a branch, of count() + 1. @pre !is_leaf().
    Child child(std::size_t at) const noexcept;

private:
    Page(Bytes bytes, const Widths& widths, bool leaf);
    Status check_offsets() const;
    std::uint64_t key_end(std::size_t at) const noexcept;
    std::uint64_t value_end(std::size_t at) const noexcept;
    std::uint64_t end() const noexcept;

    Bytes bytes_;
    Widths widths_;
    bool leaf_ = true;
    std::size_t count_ = 0;
    std::size_t key_ends_ = 0;  // where these stand, if there are any
    std::size_t value_ends_ = 0;
    std::uint64_t keys_ = 0;  // where the first key begins
};

}  // namespace topgun::redb
