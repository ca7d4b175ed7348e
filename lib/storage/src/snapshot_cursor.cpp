// SPDX-License-Identifier: Apache-2.0
#include "snapshot_cursor.hpp"

namespace topgun::storage {

SnapshotCursor::SnapshotCursor(const InputFile& file, MapId map, bool removed_tags,
                               std::vector<BlockRef> blocks, std::vector<HashRange> ranges)
    : file_(file),
      map_(std::move(map)),
      removed_(removed_tags),
      blocks_(std::move(blocks)),
      ranges_(std::move(ranges)),
      everything_(removed_tags || (ranges_.size() == 1 && ranges_[0].first == 0 &&
                                   ranges_[0].last == 0xffffffffu)) {}

Result<std::span<const Row>> SnapshotCursor::next() {
    while (at_ < blocks_.size()) {
        TOPGUN_TRY(load(blocks_[at_]));
        ++at_;
        if (block_.rows.empty()) continue;
        TOPGUN_TRY(check_order());
        if (everything_) return std::span<const Row>(block_.rows);
        filter();
        if (!kept_.empty()) return std::span<const Row>(kept_);
    }
    return std::span<const Row>();
}

// One system call for some dozens of blocks.
Status SnapshotCursor::read_ahead(const BlockRef& block) {
    constexpr std::uint64_t kReadAhead = 512 * 1024;
    const auto start = block.frame.offset;
    auto end = start + block.frame.length;
    for (auto next = at_ + 1; next < blocks_.size(); ++next) {
        const auto& other = blocks_[next].frame;
        if (other.offset != end || other.offset + other.length - start > kReadAhead) break;
        end += other.length;
    }
    ahead_offset_ = start;
    return file_.read_at(start, end - start, ahead_);
}

Status SnapshotCursor::load(const BlockRef& block) {
    const auto& ref = block.frame;
    if (ref.offset < ahead_offset_ || ref.offset + ref.length > ahead_offset_ + ahead_.size()) {
        TOPGUN_TRY(read_ahead(block));
    }
    const auto frame = BytesView(ahead_).substr(ref.offset - ahead_offset_, ref.length);
    const auto fail = [&](Error error) -> Status {
        return std::move(error)
            .within("map '" + map_.name + "', block at byte " + std::to_string(ref.offset) +
                    " (key hashes from " + hex32(block.first_hash) + ")")
            .within(file_.path());
    };
    auto header = decoder_.decode(frame, raw_);
    if (!header) return fail(std::move(header).error());
    const auto type = removed_ ? FrameType::removed_tags : FrameType::rows;
    if (header->type != type)
        return fail(Error(Errc::bad_input, "another kind of block was expected"));
    if (auto decoded = block_.decode(raw_, removed_); !decoded)
        return fail(std::move(decoded).error());
    if (block_.map != map_) return fail(Error(Errc::bad_input, "the block belongs to another map"));
    return {};
}

Status SnapshotCursor::check_order() {
    Row before;
    before.removed = removed_;
    before.key_hash = last_hash_;
    before.key = last_key_;
    before.tag = last_tag_;
    if (any_ && compare_place(before, block_.rows.front()) >= 0) {
        return Error(Errc::bad_input, "map '" + map_.name + "': blocks are out of order")
            .within(file_.path());
    }
    const auto& last = block_.rows.back();
    any_ = true;
    last_hash_ = last.key_hash;
    last_key_ = last.key;
    last_tag_ = last.tag;
    return {};
}

void SnapshotCursor::filter() {
    kept_.clear();
    for (const auto& row : block_.rows) {
        while (range_ < ranges_.size() && ranges_[range_].last < row.key_hash) ++range_;
        if (range_ == ranges_.size()) break;
        if (row.key_hash >= ranges_[range_].first) kept_.push_back(row);
    }
}

}  // namespace topgun::storage
