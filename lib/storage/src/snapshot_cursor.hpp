// SPDX-License-Identifier: Apache-2.0
// Reads the rows of one map block by block, each block verified before a row of it is shown.
#pragma once

#include <condition_variable>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "frame.hpp"
#include "row_block.hpp"
#include "topgun/base/file.hpp"
#include "topgun/replica/state.hpp"

namespace topgun::storage {

/// One block as the index knows it.
struct BlockRef {
    std::uint64_t offset = 0;
    std::uint32_t length = 0;
    std::uint32_t first_hash = 0;
};

/// The blocks of one map in the order of the file. Eight bytes each: a snapshot of a hundred
/// million records has millions of them. Where a block lies follows from those before it.
class BlockList {
public:
    void reserve(std::size_t count);
    /// @pre the block stands behind those added before.
    void add(const BlockRef& block);
    std::size_t size() const noexcept { return lengths_.size(); }
    std::uint32_t first_hash(std::size_t at) const noexcept { return first_hashes_[at]; }
    /// Cost: O(log size + kStride).
    BlockRef operator[](std::size_t at) const noexcept;

private:
    static constexpr std::size_t kStride = 64;
    // Blocks stand without gaps from here on, up to the next one.
    struct Start {
        std::size_t at = 0;
        std::uint64_t offset = 0;
    };
    std::vector<std::uint32_t> lengths_, first_hashes_;
    std::vector<Start> starts_;
    std::uint64_t end_ = 0;  // of the last block
};

/// Some neighbours in a map's list of blocks: [first, last).
struct BlockRun {
    std::size_t first = 0, last = 0;
};

/// What one map's blocks are read from. All of it outlives the reading.
struct BlockSource {
    const InputFile& file;
    const MapId& map;
    bool removed_tags = false;
    const BlockList& blocks;
};

/// Reads, verifies and unpacks blocks in the order of runs, neighbours with one system call.
/// Threads: one at a time.
class BlockReader {
public:
    BlockReader(const BlockSource& source, std::vector<BlockRun> runs);

    struct Loaded {
        Bytes raw;
        RowBlock block;
    };
    /// Reads the next block. False at the end.
    Result<bool> next(Loaded& to);

private:
    Status read_neighbours();

    BlockSource source_;
    std::vector<BlockRun> runs_;
    std::size_t run_ = 0;
    std::uint64_t bytes_offset_ = 0;
    Bytes bytes_;  // stored blocks from bytes_offset_ on
    FrameDecoder decoder_;
};

/// Shows the rows of blocks, filtered by ranges. Long scans are read ahead by a thread of their
/// own, which the destructor stops.
class SnapshotCursor final : public RowCursor {
public:
    /// @param runs    blocks to read.
    /// @param ranges  ascending; the rows shown.
    SnapshotCursor(const BlockSource& source, std::vector<BlockRun> runs,
                   std::vector<HashRange> ranges);
    ~SnapshotCursor() override;
    Result<std::span<const Row>> next() override;

private:
    // Some blocks read together: handing over each by itself would cost more than reading it.
    struct Batch {
        std::vector<BlockReader::Loaded> blocks;
        std::size_t count = 0;
        std::size_t at = 0;  // the next one to show
        bool ended = false;  // nothing comes behind it
        Status status;       // what is wrong behind the last block
    };
    void fill(Batch& batch, std::size_t most);
    void read_ahead();
    void next_batch();
    Status check_order(const std::vector<Row>& rows);
    bool wholly_wanted(const std::vector<Row>& rows);
    void filter(const std::vector<Row>& rows);

    const InputFile& file_;
    const MapId& map_;
    BlockReader reader_;  // the thread's, once there is one
    std::vector<HashRange> ranges_;
    bool everything_;
    std::size_t range_ = 0;
    Batch batch_;
    std::vector<Row> kept_;
    // The last row's place, because the rows of a block go with the block.
    bool any_ = false;
    bool removed_;
    std::uint32_t last_hash_ = 0;
    std::string last_key_, last_tag_;

    std::mutex mutex_;
    std::condition_variable changed_;
    Batch ahead_;
    bool ahead_ready_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace topgun::storage
