// SPDX-License-Identifier: Apache-2.0
// What writer and reader of a snapshot must agree on beyond frames: ends of the file, directory.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "frame.hpp"
#include "topgun/replica/facts.hpp"

namespace topgun::storage {

// File header, 16 bytes: magic, version u16, oldest reader that can read it u16, check of those 12
// bytes u32.
inline constexpr std::string_view kSnapshotMagic{"TGSNAP\r\n", 8};
inline constexpr std::size_t kSnapshotHeader = 16;
inline std::uint32_t header_check(BytesView header) noexcept {
    return static_cast<std::uint32_t>(xxh3_64(header.substr(0, 12)));
}
// Footer, 40 bytes: directory offset u64, its length u64, file length u64, XXH3-64 of those 24
// bytes u64, magic.
inline constexpr std::string_view kSnapshotEndMagic{"TGSEND\r\n", 8};
inline constexpr std::size_t kSnapshotFooter = 40;

/// Blocks hold about this much before compression: small enough that a diff of a hundred keys
/// reads less than a hundredth of a million-record file, large enough to compress.
inline constexpr std::size_t kBlockBytes = 6 * 1024;

/// Where a map's parts lie.
struct MapLayout {
    FrameRef leaf_sums, leaf_content, sketch, expiry, fields, block_index;
};

struct DirectoryEntry {
    MapFacts
        facts;  ///< Without trie, leaf_content, sketch, expiry and fields, which have own frames.
    MapLayout layout;
};

void encode_directory(const std::vector<DirectoryEntry>& entries, Bytes& out);
Result<std::vector<DirectoryEntry>> decode_directory(BytesView raw);

/// A map's blocks: consecutive frames from `offset`, removed tags first.
struct BlockIndex {
    std::uint64_t offset = 0;
    std::vector<std::uint64_t> removed_lengths;
    std::vector<std::uint64_t> lengths;
    std::vector<std::uint64_t> first_hashes;  ///< Parallel to lengths.
};

void encode_block_index(const BlockIndex& index, Bytes& out);
/// Every block that it names lies within `file_bytes`.
Result<BlockIndex> decode_block_index(BytesView raw, std::uint64_t file_bytes);

void encode_leaf_sums(const Trie& trie, Bytes& out);
Result<Trie> decode_leaf_sums(BytesView raw);
void encode_leaf_content(const std::vector<std::uint64_t>& content, std::uint64_t removed,
                         Bytes& out);
Status decode_leaf_content(BytesView raw, MapFacts& facts);
void encode_expiry(const ExpiryHistogram& expiry, Bytes& out);
Status decode_expiry(BytesView raw, ExpiryHistogram& expiry);
void encode_fields(const FieldFacts& fields, Bytes& out);
Status decode_fields(BytesView raw, FieldFacts& fields);

}  // namespace topgun::storage
