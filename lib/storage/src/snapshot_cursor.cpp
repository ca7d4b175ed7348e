// SPDX-License-Identifier: Apache-2.0
#include "snapshot_cursor.hpp"

#include <algorithm>
#include <utility>

namespace topgun::storage {
namespace {

// Neighbours read with one system call, in stored bytes.
constexpr std::uint64_t kReadAtOnce = 512 * 1024;
// A scan of fewer blocks than this is over before a thread has paid off.
constexpr std::size_t kWorthAThread = 256;
constexpr std::size_t kBlocksAhead = 32;

std::size_t count_blocks(const std::vector<BlockRun>& runs) {
    std::size_t count = 0;
    for (const auto& run : runs) count += run.last - run.first;
    return count;
}

}  // namespace

void BlockList::reserve(std::size_t count) {
    lengths_.reserve(count);
    first_hashes_.reserve(count);
    starts_.reserve(count / kStride + 1);
}

void BlockList::add(const BlockRef& block) {
    const auto at = size();
    if (at == 0 || block.offset != end_ || at - starts_.back().at == kStride) {
        starts_.push_back({at, block.offset});
    }
    lengths_.push_back(block.length);
    first_hashes_.push_back(block.first_hash);
    end_ = block.offset + block.length;
}

BlockRef BlockList::operator[](std::size_t at) const noexcept {
    const auto behind =
        std::upper_bound(starts_.begin(), starts_.end(), at,
                         [](std::size_t wanted, const Start& start) { return wanted < start.at; });
    const auto& start = *(behind - 1);
    auto offset = start.offset;
    for (auto before = start.at; before < at; ++before) offset += lengths_[before];
    return {offset, lengths_[at], first_hashes_[at]};
}

BlockReader::BlockReader(const BlockSource& source, std::vector<BlockRun> runs)
    : source_(source), runs_(std::move(runs)) {}

Status BlockReader::read_neighbours() {
    const auto& run = runs_[run_];
    const auto first = source_.blocks[run.first];
    const auto start = first.offset;
    auto end = start + first.length;
    for (auto next = run.first + 1; next < run.last; ++next) {
        const auto other = source_.blocks[next];
        if (other.offset != end || other.offset + other.length - start > kReadAtOnce) break;
        end += other.length;
    }
    bytes_offset_ = start;
    return source_.file.read_at(start, end - start, bytes_);
}

Result<bool> BlockReader::next(Loaded& to) {
    while (run_ < runs_.size() && runs_[run_].first == runs_[run_].last) ++run_;
    if (run_ == runs_.size()) return false;
    const auto ref = source_.blocks[runs_[run_].first];
    if (ref.offset < bytes_offset_ || ref.offset + ref.length > bytes_offset_ + bytes_.size()) {
        TOPGUN_TRY(read_neighbours());
    }
    ++runs_[run_].first;
    const auto frame = BytesView(bytes_).substr(ref.offset - bytes_offset_, ref.length);
    const auto fail = [&](Error error) -> Result<bool> {
        return std::move(error)
            .within("map '" + source_.map.name + "', block at byte " + std::to_string(ref.offset) +
                    " (key hashes from " + hex32(ref.first_hash) + ")")
            .within(source_.file.path());
    };
    auto header = decoder_.decode(frame, to.raw);
    if (!header) return fail(std::move(header).error());
    const auto type = source_.removed_tags ? FrameType::removed_tags : FrameType::rows;
    if (header->type != type)
        return fail(Error(Errc::bad_input, "another kind of block was expected"));
    if (auto decoded = to.block.decode(to.raw, source_.removed_tags); !decoded)
        return fail(std::move(decoded).error());
    if (to.block.map != source_.map)
        return fail(Error(Errc::bad_input, "the block belongs to another map"));
    return true;
}

SnapshotCursor::SnapshotCursor(const BlockSource& source, std::vector<BlockRun> runs,
                               std::vector<HashRange> ranges)
    : file_(source.file),
      map_(source.map),
      reader_(source, runs),
      ranges_(std::move(ranges)),
      everything_(source.removed_tags ||
                  (ranges_.size() == 1 && ranges_[0].first == 0 && ranges_[0].last == 0xffffffffu)),
      removed_(source.removed_tags) {
    if (count_blocks(runs) >= kWorthAThread && std::thread::hardware_concurrency() > 1) {
        thread_ = std::thread([this] { read_ahead(); });
    }
}

SnapshotCursor::~SnapshotCursor() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void SnapshotCursor::fill(Batch& batch, std::size_t most) {
    batch.count = batch.at = 0;
    while (batch.count < most) {
        if (batch.count == batch.blocks.size()) batch.blocks.emplace_back();
        auto more = reader_.next(batch.blocks[batch.count]);
        if (!more) batch.status = std::move(more).error();
        batch.ended = !more || !*more;
        if (batch.ended) return;
        ++batch.count;
    }
}

void SnapshotCursor::read_ahead() {
    std::unique_lock lock(mutex_);
    for (bool more = true; more;) {
        changed_.wait(lock, [this] { return stopping_ || !ahead_ready_; });
        if (stopping_) return;
        lock.unlock();
        fill(ahead_, kBlocksAhead);
        more = !ahead_.ended;
        lock.lock();
        ahead_ready_ = true;
        changed_.notify_all();
    }
}

void SnapshotCursor::next_batch() {
    if (!thread_.joinable()) return fill(batch_, 1);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ahead_ready_; });
    std::swap(batch_, ahead_);
    ahead_ready_ = false;
    changed_.notify_all();
}

Result<std::span<const Row>> SnapshotCursor::next() {
    for (;;) {
        while (batch_.at < batch_.count) {
            const auto& rows = batch_.blocks[batch_.at++].block.rows;
            if (rows.empty()) continue;
            TOPGUN_TRY(check_order(rows));
            if (everything_ || wholly_wanted(rows)) return std::span<const Row>(rows);
            filter(rows);
            if (!kept_.empty()) return std::span<const Row>(kept_);
        }
        if (!batch_.status) return std::exchange(batch_.status, {}).error();
        if (batch_.ended) return std::span<const Row>();
        next_batch();
    }
}

Status SnapshotCursor::check_order(const std::vector<Row>& rows) {
    Row before;
    before.removed = removed_;
    before.key_hash = last_hash_;
    before.key = last_key_;
    before.tag = last_tag_;
    if (any_ && compare_place(before, rows.front()) >= 0) {
        return Error(Errc::bad_input, "map '" + map_.name + "': blocks are out of order")
            .within(file_.path());
    }
    const auto& last = rows.back();
    any_ = true;
    last_hash_ = last.key_hash;
    last_key_ = last.key;
    last_tag_ = last.tag;
    return {};
}

// Most blocks of a long range lie within it: their rows need no copying.
bool SnapshotCursor::wholly_wanted(const std::vector<Row>& rows) {
    while (range_ < ranges_.size() && ranges_[range_].last < rows.front().key_hash) ++range_;
    return range_ < ranges_.size() && ranges_[range_].first <= rows.front().key_hash &&
           rows.back().key_hash <= ranges_[range_].last;
}

void SnapshotCursor::filter(const std::vector<Row>& rows) {
    kept_.clear();
    for (const auto& row : rows) {
        while (range_ < ranges_.size() && ranges_[range_].last < row.key_hash) ++range_;
        if (range_ == ranges_.size()) break;
        if (row.key_hash >= ranges_[range_].first) kept_.push_back(row);
    }
}

}  // namespace topgun::storage
