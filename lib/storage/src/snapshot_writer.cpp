// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "block_pipeline.hpp"
#include "row_block.hpp"
#include "snapshot_layout.hpp"
#include "topgun/base/file.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun {

using namespace storage;

namespace {

// What a reader would refuse must not get into a file: the loss would be found when it is too late.
Status check_storable(const MapId& map, const Row& row) {
    constexpr std::size_t kLargestRow = std::size_t{1} << 30;
    const auto fail = [&map](Errc code, const char* why) {
        return Error(code, "snapshot: map '" + map.name + "': " + why);
    };
    if (row.key.size() + row.value.size() + row.tag.size() + row.stamp.node.size() > kLargestRow) {
        return fail(Errc::limit, "a record above 1 GiB");
    }
    const bool tagged = map.kind == MapKind::or_map;
    if (row.removed && !tagged) return fail(Errc::usage, "a removed tag outside of an OR-Map");
    if (tagged && row.tag.empty()) return fail(Errc::bad_input, "a record or removal without tag");
    if (row.value.empty() && !row.removed && map.kind != MapKind::lww) {
        return fail(Errc::bad_input, "a record without value");
    }
    if (row.stamp.millis > kMaxMillis || (row.ttl_ms > kMaxMillis && row.ttl_ms != kNoTtl)) {
        return fail(Errc::bad_input, "a time above 2^53 - 1 ms");
    }
    for (const auto text : {row.key, row.tag, row.stamp.node}) {
        if (!is_utf8(text)) {
            return fail(Errc::bad_input, "a key, tag or node id that is not UTF-8");
        }
    }
    return {};
}

}  // namespace

struct SnapshotWriter::State {
    State(AtomicFile opened, SnapshotOptions options)
        : file(std::move(opened)),
          pipeline(options.threads, options.compression_level),
          codec(options.compression_level) {}

    Status start_file();
    Status open_block();
    Status submit();
    Status write_ready(bool all);
    Status end_map();
    Result<FrameRef> write_frame(FrameType type, BytesView raw);

    AtomicFile file;
    BlockPipeline pipeline;
    FrameCodec codec;
    std::unique_ptr<BlockJob> job;     // being filled; null when none is
    RowBlockBuilder* block = nullptr;  // the job's last block; null when none is open
    // Of the blocks written; kept small, for there may be millions.
    std::vector<std::uint32_t> removed_lengths, lengths, first_hashes;
    std::uint64_t blocks_offset = 0;
    std::optional<FactsBuilder> facts;
    std::optional<MapId> map;
    std::vector<DirectoryEntry> directory;
    // The last row's place, to refuse rows out of order.
    std::string last_key, last_tag;
    std::uint32_t last_hash = 0;
    bool last_removed = false;
    bool any_row = false;
    SnapshotInfo info;
};

Status SnapshotWriter::State::start_file() {
    Bytes header(kSnapshotMagic);
    append_le(header, kSnapshotVersion);
    append_le(header, kSnapshotVersion);
    append_le(header, header_check(header));
    return file.write(header);
}

Status SnapshotWriter::State::open_block() {
    if (job && job->full()) TOPGUN_TRY(submit());
    if (!job) job = pipeline.take();
    block = &job->begin_block(*map);
    return {};
}

// Hands the gathered blocks to the compressors and writes what they have finished.
Status SnapshotWriter::State::submit() {
    block = nullptr;
    if (!job) return {};
    pipeline.submit(std::move(job));
    return write_ready(false);
}

Status SnapshotWriter::State::write_ready(bool all) {
    while (auto done = pipeline.next(all)) {
        for (const auto& encoded : done->blocks()) {
            if (encoded.type == FrameType::removed_tags) {
                removed_lengths.push_back(static_cast<std::uint32_t>(encoded.length));
            } else {
                lengths.push_back(static_cast<std::uint32_t>(encoded.length));
                first_hashes.push_back(encoded.first_hash);
            }
        }
        info.raw_bytes += done->raw_bytes();
        TOPGUN_TRY(file.write(done->encoded()));
        pipeline.recycle(std::move(done));
    }
    return {};
}

Result<FrameRef> SnapshotWriter::State::write_frame(FrameType type, BytesView raw) {
    Bytes encoded;
    codec.encode(type, raw, 0, encoded);
    FrameRef ref{file.size(), encoded.size()};
    TOPGUN_TRY(file.write(encoded));
    return ref;
}

Status SnapshotWriter::State::end_map() {
    if (!map) return {};
    TOPGUN_TRY(submit());
    TOPGUN_TRY(write_ready(true));
    pipeline.end_map(*facts);
    map.reset();
    if (!any_row) return {};
    DirectoryEntry entry;
    entry.facts = facts->finish();
    Bytes raw;
    const auto write = [&](FrameType type, FrameRef& to) -> Status {
        auto ref = write_frame(type, raw);
        if (!ref) return std::move(ref).error();
        to = *ref;
        raw.clear();
        return {};
    };
    auto& layout = entry.layout;
    encode_leaf_sums(entry.facts.trie, raw);
    TOPGUN_TRY(write(FrameType::leaf_sums, layout.leaf_sums));
    encode_leaf_content(entry.facts.leaf_content, entry.facts.removed_content, raw);
    TOPGUN_TRY(write(FrameType::leaf_content, layout.leaf_content));
    entry.facts.sketch.serialize(raw);
    TOPGUN_TRY(write(FrameType::sketch, layout.sketch));
    encode_expiry(entry.facts.expiry, raw);
    TOPGUN_TRY(write(FrameType::expiry, layout.expiry));
    encode_fields(entry.facts.fields, raw);
    TOPGUN_TRY(write(FrameType::fields, layout.fields));
    encode_block_index({blocks_offset,
                        {removed_lengths.begin(), removed_lengths.end()},
                        {lengths.begin(), lengths.end()},
                        {first_hashes.begin(), first_hashes.end()}},
                       raw);
    TOPGUN_TRY(write(FrameType::block_index, layout.block_index));
    info.rows +=
        entry.facts.records + (entry.facts.id.kind == MapKind::or_map ? entry.facts.tombstones : 0);
    // The large parts are on disk now; many maps must not pile them up.
    entry.facts.trie = Trie(0);
    entry.facts.leaf_content = {};
    entry.facts.sketch = Sketch(0);
    entry.facts.expiry = {};
    entry.facts.fields = {};
    directory.push_back(std::move(entry));
    return {};
}

SnapshotWriter::SnapshotWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
SnapshotWriter::SnapshotWriter(SnapshotWriter&&) noexcept = default;
SnapshotWriter& SnapshotWriter::operator=(SnapshotWriter&&) noexcept = default;
SnapshotWriter::~SnapshotWriter() = default;

Result<SnapshotWriter> SnapshotWriter::create(const std::string& path, SnapshotOptions options) {
    auto file = AtomicFile::create(path);
    if (!file) return std::move(file).error();
    auto state = std::make_unique<State>(std::move(*file), options);
    TOPGUN_TRY(state->start_file());
    return SnapshotWriter(std::move(state));
}

Status SnapshotWriter::begin_map(const MapId& map) {
    if (!is_utf8(map.name)) {
        return Error(Errc::bad_input, "snapshot: the name of a map is not UTF-8");
    }
    if ((state_->map && !(*state_->map < map)) ||
        (!state_->directory.empty() && !(state_->directory.back().facts.id < map))) {
        return Error(Errc::usage, "snapshot: map '" + map.name + "' is out of order");
    }
    TOPGUN_TRY(state_->end_map());
    state_->map = map;
    state_->facts.emplace(map);
    for (auto* list : {&state_->removed_lengths, &state_->lengths, &state_->first_hashes}) {
        list->clear();
    }
    state_->blocks_offset = state_->file.size();
    state_->pipeline.begin_map(map, map.kind == MapKind::lww);
    state_->any_row = false;
    return {};
}

Status SnapshotWriter::add(const Row& row) {
    auto& state = *state_;
    TOPGUN_ASSERT(state.map.has_value(), "rows belong to a map that was begun");
    TOPGUN_TRY(check_storable(*state.map, row));
    if (state.any_row) {
        Row last;
        last.removed = state.last_removed;
        last.key_hash = state.last_hash;
        last.key = state.last_key;
        last.tag = state.last_tag;
        if (compare_place(last, row) >= 0) {
            return Error(Errc::usage, "snapshot: map '" + state.map->name + "': key '" +
                                          std::string(row.key.substr(0, 64)) + "' is out of order");
        }
        const bool full = state.block->size() >= kBlockBytes;
        if (full || state.last_removed != row.removed) state.block = nullptr;
    }
    if (state.block == nullptr) TOPGUN_TRY(state.open_block());
    state.any_row = true;
    state.last_removed = row.removed;
    state.last_hash = row.key_hash;
    state.last_key = row.key;
    state.last_tag = row.tag;
    state.block->add(row);
    // The pipeline gathers those of LWW maps.
    if (state.map->kind != MapKind::lww) state.facts->add(row);
    return {};
}

Result<SnapshotInfo> SnapshotWriter::commit() {
    auto& state = *state_;
    TOPGUN_TRY(state.end_map());
    Bytes raw;
    encode_directory(state.directory, raw);
    auto ref = state.write_frame(FrameType::directory, raw);
    if (!ref) return std::move(ref).error();
    Bytes footer;
    append_le(footer, ref->offset);
    append_le(footer, ref->length);
    append_le(footer, std::uint64_t{state.file.size() + kSnapshotFooter});
    append_le(footer, xxh3_64(footer));
    footer += kSnapshotEndMagic;
    TOPGUN_TRY(state.file.write(footer));
    state.info.file_bytes = state.file.size();
    std::vector<const MapFacts*> facts;
    for (const auto& entry : state.directory) facts.push_back(&entry.facts);
    state.info.state = state_hash(facts);
    TOPGUN_TRY(state.file.commit());
    return state.info;
}

Result<SnapshotInfo> write_snapshot(const StateReader& state, const std::string& path,
                                    SnapshotOptions options) {
    auto writer = SnapshotWriter::create(path, options);
    if (!writer) return std::move(writer).error();
    const auto add = [&writer](const Row& row) { return writer->add(row); };
    for (const auto& map : state.maps()) {
        TOPGUN_TRY(writer->begin_map(map));
        auto removed = state.removed_tags(map);
        if (!removed) return std::move(removed).error();
        TOPGUN_TRY(for_each_row(**removed, add));
        auto rows = state.StateReader::rows(map);
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(for_each_row(**rows, add));
    }
    return writer->commit();
}

}  // namespace topgun
