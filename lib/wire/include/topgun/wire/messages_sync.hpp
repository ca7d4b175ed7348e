// SPDX-License-Identifier: Apache-2.0
// Messages of the Merkle walk, for LWW maps and for OR-Maps.
#pragma once

#include "topgun/wire/records.hpp"

namespace topgun::wire {

struct SyncInit {
    static constexpr MessageType kType{"SYNC_INIT", Shape::flat, Direction::to_server};
    std::string map_name{};
    std::optional<std::uint64_t> last_sync_timestamp{};
    bool operator==(const SyncInit&) const = default;
};

/// `timestamp` feeds the client's clock; clients manage without.
struct SyncRespRoot {
    static constexpr MessageType kType{"SYNC_RESP_ROOT", Shape::payload, Direction::to_client};
    std::string map_name{};
    std::uint32_t root_hash = 0;
    std::optional<Timestamp> timestamp{};
    bool operator==(const SyncRespRoot&) const = default;
};

struct MerkleReqBucket {
    static constexpr MessageType kType{"MERKLE_REQ_BUCKET", Shape::payload, Direction::to_server};
    std::string map_name{};
    std::string path{};  ///< Hex digits from the root; "" is the root.
    bool operator==(const MerkleReqBucket&) const = default;
};

struct SyncRespBuckets {
    static constexpr MessageType kType{"SYNC_RESP_BUCKETS", Shape::payload, Direction::to_client};
    std::string map_name{};
    std::string path{};
    TextMap<std::uint32_t> buckets{};  ///< Hash of each existing child, by its hex digit.
    bool operator==(const SyncRespBuckets&) const = default;
};

struct LeafRecord {
    std::string key{};
    LwwMapRecord record{};
    bool operator==(const LeafRecord&) const = default;
};

struct SyncRespLeaf {
    static constexpr MessageType kType{"SYNC_RESP_LEAF", Shape::payload, Direction::to_client};
    std::string map_name{};
    std::string path{};
    std::vector<LeafRecord> records{};
    bool operator==(const SyncRespLeaf&) const = default;
};

/// The client clears the map and starts its sync again.
struct SyncResetRequired {
    static constexpr MessageType kType{"SYNC_RESET_REQUIRED", Shape::payload, Direction::to_client};
    std::string map_name{};
    std::string reason{};
    bool operator==(const SyncResetRequired&) const = default;
};

struct OrMapSyncInit {
    static constexpr MessageType kType{"ORMAP_SYNC_INIT", Shape::flat, Direction::to_server};
    std::string map_name{};
    std::uint32_t root_hash = 0;
    TextMap<std::uint32_t> bucket_hashes{};
    std::optional<std::uint64_t> last_sync_timestamp{};
    std::optional<std::uint64_t> claimed_epoch{};
    bool operator==(const OrMapSyncInit&) const = default;
};

/// `full_resync` makes the client drop its copy of the map first; written only when true.
struct OrMapSyncRespRoot {
    static constexpr MessageType kType{"ORMAP_SYNC_RESP_ROOT", Shape::payload,
                                       Direction::to_client};
    std::string map_name{};
    std::uint32_t root_hash = 0;
    Timestamp timestamp{};
    std::optional<std::uint64_t> covering_epoch{};
    bool full_resync = false;
    bool operator==(const OrMapSyncRespRoot&) const = default;
};

struct OrMapMerkleReqBucket {
    static constexpr MessageType kType{"ORMAP_MERKLE_REQ_BUCKET", Shape::payload,
                                       Direction::to_server};
    std::string map_name{};
    std::string path{};
    bool operator==(const OrMapMerkleReqBucket&) const = default;
};

struct OrMapSyncRespBuckets {
    static constexpr MessageType kType{"ORMAP_SYNC_RESP_BUCKETS", Shape::payload,
                                       Direction::to_client};
    std::string map_name{};
    std::string path{};
    TextMap<std::uint32_t> buckets{};
    bool operator==(const OrMapSyncRespBuckets&) const = default;
};

struct OrMapSyncRespLeaf {
    static constexpr MessageType kType{"ORMAP_SYNC_RESP_LEAF", Shape::payload,
                                       Direction::to_client};
    std::string map_name{};
    std::string path{};
    std::vector<OrMapEntry> entries{};
    std::optional<std::uint64_t> covering_epoch{};
    bool operator==(const OrMapSyncRespLeaf&) const = default;
};

struct OrMapDiffRequest {
    static constexpr MessageType kType{"ORMAP_DIFF_REQUEST", Shape::payload, Direction::to_server};
    std::string map_name{};
    std::vector<std::string> keys{};
    bool operator==(const OrMapDiffRequest&) const = default;
};

struct OrMapDiffResponse {
    static constexpr MessageType kType{"ORMAP_DIFF_RESPONSE", Shape::payload, Direction::to_client};
    std::string map_name{};
    std::vector<OrMapEntry> entries{};
    std::optional<std::uint64_t> covering_epoch{};
    bool operator==(const OrMapDiffResponse&) const = default;
};

/// Keeps the client's tags and stamps, which ops sent to TopGun's server do not.
struct OrMapPushDiff {
    static constexpr MessageType kType{"ORMAP_PUSH_DIFF", Shape::payload, Direction::to_server};
    std::string map_name{};
    std::vector<OrMapEntry> entries{};
    bool operator==(const OrMapPushDiff&) const = default;
};

/// All changes up to epoch `cursor` are durable at the client.
struct ClientApplyAck {
    static constexpr MessageType kType{"CLIENT_APPLY_ACK", Shape::flat, Direction::to_server};
    std::uint64_t cursor = 0;
    bool operator==(const ClientApplyAck&) const = default;
};

}  // namespace topgun::wire
