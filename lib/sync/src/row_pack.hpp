// SPDX-License-Identifier: Apache-2.0
// Rows as they travel between two ends of this project: about 15 bytes beside key and value.
//
// A block is rows one after the other. Numbers are varints, texts a length and bytes.
//   flags    one byte: 1 removed tag, 2 no value (a tombstone), 4 time to live, 8 tag,
//            16 the tag is the text of the stamp
//   of a removed tag only: its tag
//   key; millis as difference to the row before (zigzag); counter;
//   node     number of a node id that came before, or the next number and the id
//   time to live, tag, value where the flags say so
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/replica/row.hpp"

namespace topgun::sync {

class RowPacker {
public:
    void add(const Row& row);
    std::size_t rows() const noexcept { return rows_; }
    std::size_t bytes() const noexcept { return out_.size(); }
    /// Hands over, and begins a new block.
    Bytes take();

private:
    Bytes out_;
    std::size_t rows_ = 0;
    std::uint64_t millis_ = 0;
    std::unordered_map<std::string, std::uint64_t> nodes_;
    std::string text_;
};

/// Rows of a block, most of them views into it.
struct UnpackedRows {
    std::vector<Row> rows;
    std::deque<std::string> texts;  ///< What is no view into the block.
};

/// Reads a block. Values are canonical, texts UTF-8, stamps such as a clock may have.
/// Errors: bad_input. Cost: O(bytes); memory about 20 bytes for each. `block` outlives the rows.
Result<UnpackedRows> unpack_rows(BytesView block, MapKind kind);

}  // namespace topgun::sync
