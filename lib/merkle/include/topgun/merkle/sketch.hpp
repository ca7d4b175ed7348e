// SPDX-License-Identifier: Apache-2.0
// A rateless sketch of a set: two of them, subtracted, list the difference of the sets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"

namespace topgun {

/// One member: which record, and what it holds. The high half of `key` is fnv1a of the key, so that
/// an item leads straight to the place of its record in trie order.
struct SketchItem {
    std::uint64_t key = 0;
    std::uint64_t content = 0;
    auto operator<=>(const SketchItem&) const = default;
};

/// What two sketches tell about their sets.
struct SketchDifference {
    std::vector<SketchItem> only_a;
    std::vector<SketchItem> only_b;
    std::size_t cells_used = 0;  ///< The prefix that was enough.
};

/// A prefix of the endless sequence of coded symbols of a set (a rateless invertible Bloom lookup
/// table). Each item falls into cell i with a probability of about 1/(1 + i/2), so a difference of
/// d items decodes from about 1.4 d cells, whatever the size of the sets, and any prefix of a
/// sketch is the sketch of that length. Cells are plain sums modulo 2^64: sketches of disjoint
/// parts add up.
///
/// Source: L. Yang, Y. Gilad, M. Alizadeh, "Practical Rateless Set Reconciliation", SIGCOMM 2024;
/// sums instead of XOR are ours.
/// Threads: not synchronised; const members may run concurrently.
class TOPGUN_API Sketch {
public:
    /// Cells of a snapshot's sketch: decodes about 700 differing items.
    static constexpr std::size_t kDefaultCells = 1024;

    explicit Sketch(std::size_t cells = kDefaultCells) : cells_(cells) {}

    /// Cost: O(log cells), about 2 ln(cells / 2) cells are touched.
    void add(const SketchItem& item) { apply(item, 1); }
    void remove(const SketchItem& item) { apply(item, ~std::uint64_t{0}); }
    void add(std::span<const SketchItem> items);
    /// Adds the sketch of a disjoint set, or subtracts one, over the shorter length of the two.
    void add(const Sketch& other);
    void subtract(const Sketch& other);
    /// Keeps the first `cells` cells.
    void truncate(std::size_t cells) { cells_.resize(std::min(cells, cells_.size())); }

    std::size_t size() const noexcept { return cells_.size(); }
    /// Exactly equal cells: the sets are equal, but for a chance of 2^-64.
    bool operator==(const Sketch&) const = default;

    /// Little-endian cells of 32 bytes: key sum, content sum, check sum, count.
    void serialize(Bytes& out) const;
    /// Errors: bad_input when the length is not a multiple of 32.
    static Result<Sketch> parse(BytesView bytes);

    friend std::optional<SketchDifference> sketch_difference(const Sketch& a, const Sketch& b);

private:
    struct Cell {
        std::uint64_t key = 0;
        std::uint64_t content = 0;
        std::uint64_t check = 0;
        std::uint64_t count = 0;  // two's complement
        bool operator==(const Cell&) const = default;
    };
    void apply(const SketchItem& item, std::uint64_t times);
    bool peel(SketchDifference& out);

    std::vector<Cell> cells_;
};

/// The difference of two sets from their sketches, or nothing when it is too large for their
/// (common) length. Tries growing prefixes, so `cells_used` is what a transfer would have needed.
TOPGUN_API std::optional<SketchDifference> sketch_difference(const Sketch& a, const Sketch& b);

}  // namespace topgun
