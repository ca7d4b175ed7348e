// SPDX-License-Identifier: Apache-2.0
// One message of any type: the union that decode() gives and encode() takes.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "topgun/base/export.hpp"
#include "topgun/wire/messages_cluster.hpp"
#include "topgun/wire/messages_connect.hpp"
#include "topgun/wire/messages_live.hpp"
#include "topgun/wire/messages_ops.hpp"
#include "topgun/wire/messages_process.hpp"
#include "topgun/wire/messages_query.hpp"
#include "topgun/wire/messages_reconcile.hpp"
#include "topgun/wire/messages_search.hpp"
#include "topgun/wire/messages_sync.hpp"

namespace topgun::wire {

/// A well-formed frame whose `type` is not in this library. To be counted and ignored, never a
/// reason to drop a connection: each side of TopGun has types that the other does not know.
struct UnknownMessage {
    std::string type{};
    Bytes raw{};  ///< The whole frame as it came.
    bool operator==(const UnknownMessage&) const = default;
};

using Message = std::variant<
    // Connection, authentication, device
    AuthRequired, Auth, AuthAck, AuthFail, DeviceHello, DeviceAck, Ping, Pong, Batch, ErrorMessage,
    // Operations
    ClientOp, ClientOpBatch, OpAck, OpRejected, ServerEvent, ServerBatchEvent, GcPrune,
    MergeRejected,
    // Merkle walk
    SyncInit, SyncRespRoot, MerkleReqBucket, SyncRespBuckets, SyncRespLeaf, SyncResetRequired,
    OrMapSyncInit, OrMapSyncRespRoot, OrMapMerkleReqBucket, OrMapSyncRespBuckets, OrMapSyncRespLeaf,
    OrMapDiffRequest, OrMapDiffResponse, OrMapPushDiff, ClientApplyAck,
    // Queries and SQL
    QuerySub, QueryUnsub, QueryResp, QueryUpdate, QuerySyncInit, SqlQuery, SqlQueryResp,
    HybridQuerySubscribe, HybridQueryUnsubscribe,
    // Search
    Search, SearchResp, SearchSub, SearchUpdate, SearchUnsub, VectorSearch, VectorSearchResp,
    HybridSearch, HybridSearchResp, HybridSearchSub, HybridSearchUpdate, HybridSearchUnsub,
    // Topics, locks, counters
    TopicSub, TopicUnsub, TopicPub, TopicMessage, LockRequest, LockRelease, LockGranted,
    LockReleased, CounterRequest, CounterSync, CounterResponse, CounterUpdate,
    // Processors, resolvers, journal
    EntryProcess, EntryProcessBatch, EntryProcessResponse, EntryProcessBatchResponse,
    RegisterResolver, RegisterResolverResponse, UnregisterResolver, UnregisterResolverResponse,
    ListResolvers, ListResolversResponse, JournalSubscribe, JournalUnsubscribe, JournalEvent,
    JournalRead, JournalReadResponse,
    // Cluster
    PartitionMapRequest, PartitionMap, PartitionMapDelta, ClusterSubRegister, ClusterSubAck,
    ClusterSubUpdate, ClusterSubUnregister, ClusterSearchReq, ClusterSearchResp,
    ClusterSearchSubscribe, ClusterSearchUnsubscribe, ClusterSearchUpdate,
    // Between two ends of this project
    ReconcileStart, ReconcileMaps, ReconcileReqSymbols, ReconcileSymbols, ReconcileReqLeaves,
    ReconcileExchange, ReconcileRows,
    // Must stay last: what stands before it is a known type.
    UnknownMessage>;

/// How many types are known: the 90 of TopGun's schema, three that only its TypeScript code has,
/// and seven of our own.
inline constexpr std::size_t kMessageTypes = std::variant_size_v<Message> - 1;

namespace detail {
template <typename T, typename Variant>
struct IndexIn;
template <typename T, typename... All>
struct IndexIn<T, std::variant<All...>> {
    static constexpr std::size_t value = [] {
        std::size_t index = 0, found = sizeof...(All);
        ((std::is_same_v<T, All> ? found = index : found, ++index), ...);
        return found;
    }();
};
}  // namespace detail

/// A message's place in Message, and in message_types().
template <typename T>
inline constexpr std::size_t kMessageIndex = detail::IndexIn<T, Message>::value;

/// A struct that is a message of a known type.
template <typename T>
concept KnownMessage = kMessageIndex<T> < kMessageTypes;

/// All known types, in the order of Message's alternatives.
TOPGUN_API std::span<const MessageType> message_types() noexcept;

/// "OP_BATCH"; of an unknown message, the type it claims.
TOPGUN_API std::string_view type_name(const Message& message) noexcept;

/// Place of a type's name in message_types(), or kMessageTypes when it is unknown.
TOPGUN_API std::size_t find_message_type(std::string_view name) noexcept;

/// An empty message of a type. @pre index < kMessageTypes.
TOPGUN_API Message make_message(std::size_t index);

}  // namespace topgun::wire
