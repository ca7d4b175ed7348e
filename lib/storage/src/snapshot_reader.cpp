// SPDX-License-Identifier: Apache-2.0
// Reads a snapshot from its end: footer, directory, then only the blocks that are asked for.
#include "snapshot_file.hpp"

namespace topgun::storage {

Status Snapshot::check_header() {
    Bytes header;
    if (file_.size() < kSnapshotHeader) {
        header_damaged_ = true;
        if (mode_ == SnapshotOpen::salvage && file_.size() > 0) return {};
        return damaged("not a snapshot: only " + std::to_string(file_.size()) + " bytes long");
    }
    TOPGUN_TRY(file_.read_at(0, kSnapshotHeader, header));
    const bool magic = BytesView(header).starts_with(kSnapshotMagic);
    if (!magic || load_le<std::uint32_t>(header.data() + 12) != header_check(header)) {
        header_damaged_ = true;
        // Salvage works from block headers, so a file that lost its start is still worth a scan.
        if (mode_ == SnapshotOpen::salvage) return {};
        if (!magic) return damaged("not a snapshot: the first bytes are not the .tgs magic");
        return damaged("the snapshot's header (bytes 0 to 16) is damaged. Try --salvage.");
    }
    const auto version = load_le<std::uint16_t>(header.data() + 8);
    const auto oldest_reader = load_le<std::uint16_t>(header.data() + 10);
    if (oldest_reader > kSnapshotVersion && mode_ == SnapshotOpen::strict) {
        return Error(Errc::unsupported_version,
                     "snapshot format version " + std::to_string(version) +
                         " needs a reader of version " + std::to_string(oldest_reader) +
                         " or later; this one reads up to version " +
                         std::to_string(kSnapshotVersion) + ". Install a newer topgun-cli.")
            .within(file_.path());
    }
    return {};
}

Result<std::vector<DirectoryEntry>> Snapshot::read_directory() const {
    if (file_.size() < kSnapshotHeader + kSnapshotFooter) {
        return damaged("the snapshot is cut off: no footer. Try --salvage.");
    }
    // The tail holds the footer and, nearly always, the whole directory.
    constexpr std::uint64_t kTail = 4 * 1024;
    const auto tail_size = std::min(kTail, file_.size());
    const auto tail_offset = file_.size() - tail_size;
    Bytes tail;
    TOPGUN_TRY(file_.read_at(tail_offset, tail_size, tail));
    const auto footer = BytesView(tail).substr(tail.size() - kSnapshotFooter);
    if (!footer.ends_with(kSnapshotEndMagic) ||
        load_le<std::uint64_t>(footer.data() + 24) != xxh3_64(footer.substr(0, 24))) {
        return damaged("the snapshot's footer at byte " +
                       std::to_string(file_.size() - kSnapshotFooter) +
                       " is damaged or cut off. Try --salvage.");
    }
    const FrameRef ref{load_le<std::uint64_t>(footer.data()),
                       load_le<std::uint64_t>(footer.data() + 8)};
    if (load_le<std::uint64_t>(footer.data() + 16) != file_.size()) {
        return damaged("the snapshot's footer is for a file of " +
                       std::to_string(load_le<std::uint64_t>(footer.data() + 16)) +
                       " bytes, this one has " + std::to_string(file_.size()) + ". Try --salvage.");
    }
    Bytes raw;
    const bool in_tail = ref.offset >= tail_offset && ref.offset <= file_.size() &&
                         ref.length <= file_.size() - ref.offset;
    if (in_tail) {
        const auto frame = BytesView(tail).substr(ref.offset - tail_offset, ref.length);
        TOPGUN_TRY(decode_frame(frame, ref, FrameType::directory, raw));
    } else {
        TOPGUN_TRY(read_frame(ref, FrameType::directory, raw));
    }
    auto directory = decode_directory(raw);
    if (!directory) return std::move(directory).error().within(file_.path());
    return directory;
}

Status Snapshot::read_frame(const FrameRef& ref, FrameType type, Bytes& raw) const {
    Bytes frame;
    TOPGUN_TRY(file_.read_at(ref.offset, ref.length, frame));
    return decode_frame(frame, ref, type, raw);
}

Status Snapshot::decode_frame(BytesView frame, const FrameRef& ref, FrameType type,
                              Bytes& raw) const {
    const auto fail = [&](Error error) -> Status {
        return std::move(error)
            .within("section at byte " + std::to_string(ref.offset))
            .within(file_.path());
    };
    // Making a context takes longer than unpacking a small section, of which each map has five.
    thread_local FrameDecoder decoder;
    auto header = decoder.decode(frame, raw);
    if (!header) return fail(std::move(header).error());
    if (header->type != type)
        return fail(Error(Errc::bad_input, "another section was expected there"));
    return {};
}

Result<BlockIndex> Snapshot::read_index(const MapLayout& layout) const {
    Bytes raw;
    TOPGUN_TRY(read_frame(layout.block_index, FrameType::block_index, raw));
    auto index = decode_block_index(raw, file_.size());
    if (!index) return std::move(index).error().within(file_.path());
    return index;
}

Status Snapshot::load_index(MapEntry& entry) const {
    const std::lock_guard lock(mutex_);
    if (entry.rows) return {};
    auto index = read_index(entry.directory.layout);
    if (!index) return std::move(index).error();
    BlockList removed, rows;
    removed.reserve(index->removed_lengths.size());
    rows.reserve(index->lengths.size());
    auto offset = index->offset;
    for (const auto length : index->removed_lengths) {
        removed.add({offset, static_cast<std::uint32_t>(length), 0});
        offset += length;
    }
    for (std::size_t i = 0; i < index->lengths.size(); ++i) {
        rows.add({offset, static_cast<std::uint32_t>(index->lengths[i]),
                  static_cast<std::uint32_t>(index->first_hashes[i])});
        offset += index->lengths[i];
    }
    entry.removed = std::move(removed);
    entry.rows = std::move(rows);
    return {};
}

Result<std::unique_ptr<RowCursor>> Snapshot::removed_tags(const MapId& id) const {
    auto* entry = find(id);
    if (entry == nullptr) return missing(id);
    TOPGUN_TRY(load_index(*entry));
    const BlockSource source{file_, entry->directory.facts.id, true, *entry->removed};
    return std::unique_ptr<RowCursor>(
        std::make_unique<SnapshotCursor>(source, std::vector<BlockRun>{{0, source.blocks.size()}},
                                         std::vector<HashRange>{HashRange{}}));
}

Result<std::unique_ptr<RowCursor>> Snapshot::rows(const MapId& id,
                                                  std::vector<HashRange> ranges) const {
    auto* entry = find(id);
    if (entry == nullptr) return missing(id);
    TOPGUN_TRY(load_index(*entry));
    const auto& all = *entry->rows;
    std::vector<BlockRun> wanted;
    std::size_t range = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        // A block reaches to the first hash of the next one, which may still hold the same hash.
        const auto last = i + 1 < all.size() ? all.first_hash(i + 1) : 0xffffffffu;
        while (range < ranges.size() && ranges[range].last < all.first_hash(i)) ++range;
        if (range == ranges.size()) break;
        if (ranges[range].first > last) continue;
        if (wanted.empty() || wanted.back().last != i) wanted.push_back({i, i});
        ++wanted.back().last;
    }
    const BlockSource source{file_, entry->directory.facts.id, false, all};
    return std::unique_ptr<RowCursor>(
        std::make_unique<SnapshotCursor>(source, std::move(wanted), std::move(ranges)));
}

}  // namespace topgun::storage

namespace topgun {

using storage::Snapshot;

Result<std::unique_ptr<SnapshotReader>> SnapshotReader::open(const std::string& path,
                                                             SnapshotOpen mode,
                                                             const std::string& name) {
    auto file = InputFile::open(path, name);
    if (!file) return std::move(file).error();
    auto snapshot = std::make_unique<Snapshot>(std::move(*file), mode);
    TOPGUN_TRY(snapshot->load());
    return std::unique_ptr<SnapshotReader>(std::move(snapshot));
}

}  // namespace topgun
