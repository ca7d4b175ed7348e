// SPDX-License-Identifier: Apache-2.0
// A rateless sketch of a set: two of them, subtracted, list the difference of the sets.
#pragma once

#include <algorithm>
#include <array>
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
    /// Grows a sketch of `items` to `cells` cells. @pre they are the items that it is a sketch of.
    /// Cost: O(items log cells).
    void extend(std::size_t cells, std::span<const SketchItem> items);
    /// Adds the cells of another sketch behind the last one.
    void append(const Sketch& tail);
    /// Keeps the first `cells` cells.
    void truncate(std::size_t cells) { cells_.resize(std::min(cells, cells_.size())); }

    std::size_t size() const noexcept { return cells_.size(); }
    /// Exactly equal cells: the sets are equal, but for a chance of 2^-64.
    bool operator==(const Sketch&) const = default;

    /// Little-endian cells of 32 bytes: key sum, content sum, check sum, count.
    void serialize(Bytes& out) const;
    /// Errors: bad_input when the length is not a multiple of 32.
    static Result<Sketch> parse(BytesView bytes);

    /// Cells as they travel: key sum and content sum (8 bytes each), the lower half of the check
    /// sum, and the count as a variable-length integer; 21 to 30 bytes a cell.
    /// @pre first + count <= size().
    void append_symbols(std::size_t first, std::size_t count, Bytes& out) const;
    /// The cells that were appended. Errors: bad_input when they do not end with the last byte.
    static Result<Sketch> parse_symbols(BytesView bytes);

    friend std::optional<SketchDifference> sketch_difference(const Sketch& a, const Sketch& b);
    friend std::optional<SketchDifference> decode_difference(const Sketch& a, const Sketch& b);

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
    bool narrow_ = false;  // of the check sums only the lower halves are known
};

/// The difference of two sets from their sketches, or nothing when it is too large for their
/// (common) length. Tries growing prefixes, so `cells_used` is what a transfer would have needed.
TOPGUN_API std::optional<SketchDifference> sketch_difference(const Sketch& a, const Sketch& b);
/// The same with the whole common length at once: for sketches that were sized to be enough.
TOPGUN_API std::optional<SketchDifference> decode_difference(const Sketch& a, const Sketch& b);

/// A set in about 160 bytes: sums that name it, and counters from which the size of the difference
/// to another set follows before anything else is known of it.
///
/// Source: N. Alon, Y. Matias, M. Szegedy, "The space complexity of approximating the frequency
/// moments", STOC 1996: an item counts +1 or -1 by a hash, so that the square of two sets'
/// difference in such a counter is the size of their difference, on average.
class TOPGUN_API SetDigest {
public:
    static constexpr std::size_t kCounters = 64;

    void add(const SketchItem& item) noexcept { apply(item, 1); }
    void remove(const SketchItem& item) noexcept { apply(item, ~std::uint64_t{0}); }
    std::uint64_t count() const noexcept { return count_; }
    /// Equal sets, but for a chance of 2^-64.
    bool operator==(const SetDigest&) const = default;

    void serialize(Bytes& out) const;
    /// Errors: bad_input.
    static Result<SetDigest> parse(BytesView bytes);

    /// About how many items are in one of the sets only; exactly 0 for equal ones. One standard
    /// deviation is 18 %.
    friend std::uint64_t estimate_difference(const SetDigest& a, const SetDigest& b);

private:
    void apply(const SketchItem& item, std::uint64_t times) noexcept;
    std::int64_t counter(std::size_t i) const noexcept {
        return static_cast<std::int64_t>(2 * ones_[i] - count_);
    }

    std::uint64_t key_ = 0;
    std::uint64_t content_ = 0;
    std::uint64_t check_ = 0;
    std::uint64_t count_ = 0;
    std::array<std::uint64_t, kCounters> ones_{};  // items whose bit is set
};
TOPGUN_API std::uint64_t estimate_difference(const SetDigest& a, const SetDigest& b);

}  // namespace topgun
