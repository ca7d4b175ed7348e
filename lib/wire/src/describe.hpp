// SPDX-License-Identifier: Apache-2.0
// Descriptions of message structs as constant tables. Encoder, decoder, equality and examples are
// one function each over these tables, instead of one for each of a hundred structs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "topgun/wire/client_ops.hpp"
#include "topgun/wire/http.hpp"
#include "topgun/wire/messages.hpp"

namespace topgun::wire::detail {

/// How a member is read and written. Follows from its C++ type.
enum class Kind : std::uint8_t {
    text,
    boolean,
    u32,
    whole,
    real,  // std::string, bool, std::uint32_t, std::uint64_t, double
    text_view,
    value_view,  // std::string_view, ValueView: into the input, or what the decoder holds beside it
    any,
    any_map,
    any_array,
    binary,  // AnyValue, AnyMap, AnyArray, Binary
    word,    // an enumeration with Words
    record,  // a described struct
    optional,
    nilable,
    list,
    text_map,  // std::optional, Nilable, std::vector, TextMap
    sort_order,
    sort_object,
    counter_state,
};

/// What a field does beyond its type.
enum class Rule : std::uint8_t {
    none,
    nil_if_absent,  ///< A raw value that peers leave out where they mean nil.
    omit_if_false,  ///< A bool that is written only when true.
    if_readable,    ///< An optional field of no schema: what cannot be read counts as absent.
};

struct Type;

struct Field {
    std::string_view name;
    const Type* type;
    std::uint16_t offset;
    Rule rule;

    const void* in(const void* object) const { return static_cast<const char*>(object) + offset; }
    void* in(void* object) const { return static_cast<char*>(object) + offset; }
};

struct OptionalAccess {
    const void* (*get)(const void*);  // null when there is no value
    void* (*emplace)(void*);
    void (*reset)(void*);
    bool (*is_nil)(const void*);  // Nilable only
    void (*set_nil)(void*);
};

struct ListAccess {
    std::size_t (*size)(const void*);
    const void* (*at)(const void*, std::size_t);
    void* (*append)(void*);
    void (*clear)(void*);
};

struct MapAccess {
    std::size_t (*size)(const void*);
    const std::string& (*key)(const void*, std::size_t);
    const void* (*at)(const void*, std::size_t);
    void* (*append)(void*, std::string&&);
    void (*sort)(void*);
    void (*clear)(void*);
};

struct Type {
    Kind kind;
    std::span<const Field> fields = {};            // record
    std::span<const std::string_view> words = {};  // word
    const Type* inner = nullptr;                   // optional, nilable, list, text_map
    const OptionalAccess* optional = nullptr;
    const ListAccess* list = nullptr;
    const MapAccess* map = nullptr;
};

/// Describe<T>::info is the description of T.
template <typename T>
struct Describe;

template <Kind kKind>
struct Scalar {
    static constexpr Type info{.kind = kKind};
};
template <>
struct Describe<std::string> : Scalar<Kind::text> {};
template <>
struct Describe<bool> : Scalar<Kind::boolean> {};
template <>
struct Describe<std::uint32_t> : Scalar<Kind::u32> {};
template <>
struct Describe<std::uint64_t> : Scalar<Kind::whole> {};
template <>
struct Describe<double> : Scalar<Kind::real> {};
template <>
struct Describe<std::string_view> : Scalar<Kind::text_view> {};
template <>
struct Describe<ValueView> : Scalar<Kind::value_view> {};
template <>
struct Describe<AnyValue> : Scalar<Kind::any> {};
template <>
struct Describe<AnyMap> : Scalar<Kind::any_map> {};
template <>
struct Describe<AnyArray> : Scalar<Kind::any_array> {};
template <>
struct Describe<Binary> : Scalar<Kind::binary> {};
template <>
struct Describe<SortOrder> : Scalar<Kind::sort_order> {};
template <>
struct Describe<SortObject> : Scalar<Kind::sort_object> {};
template <>
struct Describe<CounterState> : Scalar<Kind::counter_state> {};

template <typename E>
requires std::is_enum_v<E>
struct Describe<E> {
    static_assert(sizeof(E) == 1, "words are stored through a byte");
    static constexpr Type info{.kind = Kind::word, .words = Words<E>::list};
};

template <typename T>
struct Describe<std::optional<T>> {
    using Self = std::optional<T>;
    static const void* get(const void* self) {
        const auto& value = *static_cast<const Self*>(self);
        return value ? &*value : nullptr;
    }
    static void* emplace(void* self) { return &static_cast<Self*>(self)->emplace(); }
    static void reset(void* self) { static_cast<Self*>(self)->reset(); }
    static constexpr OptionalAccess access{get, emplace, reset, nullptr, nullptr};
    static constexpr Type info{
        .kind = Kind::optional, .inner = &Describe<T>::info, .optional = &access};
};

template <typename T>
struct Describe<Nilable<T>> {
    using Self = Nilable<T>;
    static const void* get(const void* self) {
        const auto& value = *static_cast<const Self*>(self);
        return value ? &*value : nullptr;
    }
    static void* emplace(void* self) { return &static_cast<Self*>(self)->emplace(); }
    static void reset(void* self) { static_cast<Self*>(self)->reset(); }
    static bool is_nil(const void* self) { return static_cast<const Self*>(self)->is_nil(); }
    static void set_nil(void* self) { static_cast<Self*>(self)->set_nil(); }
    static constexpr OptionalAccess access{get, emplace, reset, is_nil, set_nil};
    static constexpr Type info{
        .kind = Kind::nilable, .inner = &Describe<T>::info, .optional = &access};
};

template <typename T>
struct Describe<std::vector<T>> {
    using Self = std::vector<T>;
    static std::size_t size(const void* self) { return static_cast<const Self*>(self)->size(); }
    static const void* at(const void* self, std::size_t i) {
        return &(*static_cast<const Self*>(self))[i];
    }
    static void* append(void* self) { return &static_cast<Self*>(self)->emplace_back(); }
    static void clear(void* self) { static_cast<Self*>(self)->clear(); }
    static constexpr ListAccess access{size, at, append, clear};
    static constexpr Type info{.kind = Kind::list, .inner = &Describe<T>::info, .list = &access};
};

template <typename T>
struct Describe<TextMap<T>> {
    using Self = TextMap<T>;
    static std::size_t size(const void* self) { return static_cast<const Self*>(self)->size(); }
    static const std::string& key(const void* self, std::size_t i) {
        return static_cast<const Self*>(self)->entries()[i].key;
    }
    static const void* at(const void* self, std::size_t i) {
        return &static_cast<const Self*>(self)->entries()[i].value;
    }
    static void* append(void* self, std::string&& key) {
        return &static_cast<Self*>(self)->append(std::move(key));
    }
    static void sort(void* self) { static_cast<Self*>(self)->sort(); }
    static void clear(void* self) { static_cast<Self*>(self)->clear(); }
    static constexpr MapAccess access{size, key, at, append, sort, clear};
    static constexpr Type info{.kind = Kind::text_map, .inner = &Describe<T>::info, .map = &access};
};

// Every described struct. Its table stands in a tables_*.cpp; declaring all of them here lets the
// tables refer to each other, and to themselves.
// clang-format off
#define TOPGUN_WIRE_RECORDS(X) \
    X(Timestamp) X(LwwMapRecord) X(OrMapRecord) X(OrMapEntry) X(OpResult) X(SortField) \
    X(PredicateNode) X(Aggregation) X(Query) X(KeyedValue) X(SearchOptions) X(AuthRequired) \
    X(Auth) X(AuthAck) X(AuthFail) X(DeviceHello) X(DeviceAck) X(Ping) X(Pong) X(Batch) \
    X(ErrorMessage) X(ClientOp) X(ClientOpBatch) X(OpAck) X(OpRejected) X(ServerEvent) \
    X(ServerBatchEvent) X(GcPrune) X(MergeRejected) X(SyncInit) X(SyncRespRoot) \
    X(MerkleReqBucket) X(SyncRespBuckets) X(LeafRecord) X(SyncRespLeaf) X(SyncResetRequired) \
    X(OrMapSyncInit) X(OrMapSyncRespRoot) X(OrMapMerkleReqBucket) X(OrMapSyncRespBuckets) \
    X(OrMapSyncRespLeaf) X(OrMapDiffRequest) X(OrMapDiffResponse) X(OrMapPushDiff) \
    X(ClientApplyAck) X(QuerySub) X(QueryUnsub) X(QueryResp) X(QueryUpdate) X(QuerySyncInit) \
    X(SqlQuery) X(SqlQueryResp) X(HybridQuerySubscribe) X(HybridQueryUnsubscribe) X(Search) \
    X(SearchHit) X(SearchResp) X(SearchSub) X(SearchUpdate) X(SearchUnsub) \
    X(VectorSearchOptions) X(VectorSearch) X(VectorHit) X(VectorSearchResp) X(HybridSearch) \
    X(HybridHit) X(HybridSearchResp) X(HybridSearchSub) X(HybridSearchUpdate) \
    X(HybridSearchUnsub) X(TopicSub) X(TopicUnsub) X(TopicPub) X(TopicMessage) X(LockRequest) \
    X(LockRelease) X(LockGranted) X(LockReleased) X(CounterRequest) X(CounterSync) \
    X(CounterResponse) X(CounterUpdate) X(EntryProcessor) X(EntryProcess) X(EntryProcessBatch) \
    X(EntryProcessResponse) X(EntryProcessResult) X(EntryProcessBatchResponse) \
    X(ConflictResolver) X(RegisterResolver) X(RegisterResolverResponse) X(UnregisterResolver) \
    X(UnregisterResolverResponse) X(ListResolvers) X(ResolverInfo) X(ListResolversResponse) \
    X(JournalSubscribe) X(JournalUnsubscribe) X(JournalEvent) X(JournalRead) \
    X(JournalReadResponse) X(PartitionMapRequest) X(NodeEndpoints) X(NodeInfo) X(PartitionInfo) \
    X(PartitionMap) X(PartitionChange) X(PartitionMapDelta) X(ClusterSubRegister) \
    X(ClusterSubResult) X(ClusterSubAck) X(ClusterSubUpdate) X(ClusterSubUnregister) \
    X(ClusterSearchOptions) X(ClusterSearchReq) X(ClusterSearchHit) X(ClusterSearchResp) \
    X(ClusterSearchSubscribe) X(ClusterSearchUnsubscribe) X(ClusterSearchUpdate) \
    X(ReconcileDigest) X(ReconcileStart) X(ReconcileMap) X(ReconcileMaps) X(ReconcileReqSymbols) \
    X(ReconcileSymbols) X(ReconcileReqLeaves) X(ReconcileExchange) X(ReconcileRejection) \
    X(ReconcileRows) X(HttpSyncMap) X(HttpQuery) X(HttpSearch) X(HttpSyncRequest) X(HttpAck) \
    X(HttpDeltaRecord) X(HttpMapDelta) X(HttpQueryResult) X(HttpSearchResult) X(HttpError) \
    X(HttpSyncResponse) X(Stamp) X(LwwRecordView) X(OrRecordView) X(ClientOpView) \
    X(ClientOps)
// clang-format on
#define TOPGUN_WIRE_DECLARE(T)  \
    template <>                 \
    struct Describe<T> {        \
        static const Type info; \
    };
TOPGUN_WIRE_RECORDS(TOPGUN_WIRE_DECLARE)
#undef TOPGUN_WIRE_DECLARE
#undef TOPGUN_WIRE_RECORDS

/// A known message type with the description of its struct.
struct Entry {
    MessageType head;
    const Type* type;
};

/// By the index in Message.
const Entry& entry(std::size_t index) noexcept;
/// The struct inside a message. @pre not an UnknownMessage.
const void* body_of(const Message& message) noexcept;
/// Puts an empty message of a type in place and returns its struct.
void* emplace(Message& message, std::size_t index);

/// True when both objects of a type are equal; a NaN equals a NaN.
bool equal(const Type& type, const void* a, const void* b);

/// Whether a field has something to write.
bool is_present(const Field& field, const void* object);

}  // namespace topgun::wire::detail
