// SPDX-License-Identifier: Apache-2.0
// Reads the rows of one map block by block, each block verified before a row of it is shown.
#pragma once

#include <string>
#include <vector>

#include "frame.hpp"
#include "row_block.hpp"
#include "topgun/base/file.hpp"
#include "topgun/replica/state.hpp"

namespace topgun::storage {

/// One block as the index knows it.
struct BlockRef {
    FrameRef frame;
    std::uint32_t first_hash = 0;
};

/// Reads neighbouring blocks together and filters rows by range.
class SnapshotCursor final : public RowCursor {
public:
    /// @param file  outlives the cursor.
    SnapshotCursor(const InputFile& file, MapId map, bool removed_tags,
                   std::vector<BlockRef> blocks, std::vector<HashRange> ranges);
    Result<std::span<const Row>> next() override;

private:
    Status load(const BlockRef& block);
    Status read_ahead(const BlockRef& block);
    Status check_order();
    void filter();

    const InputFile& file_;
    MapId map_;
    bool removed_;
    std::vector<BlockRef> blocks_;
    std::vector<HashRange> ranges_;
    bool everything_;
    std::size_t at_ = 0;
    std::size_t range_ = 0;
    std::uint64_t ahead_offset_ = 0;
    Bytes ahead_, raw_;
    FrameDecoder decoder_;
    RowBlock block_;
    std::vector<Row> kept_;
    // The last row's place, because the rows of a block go with the block.
    bool any_ = false;
    std::uint32_t last_hash_ = 0;
    std::string last_key_, last_tag_;
};

}  // namespace topgun::storage
