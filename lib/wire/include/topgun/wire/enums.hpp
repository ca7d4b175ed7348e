// SPDX-License-Identifier: Apache-2.0
// The closed lists of words in messages. An unknown word is refused where one of these stands.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "topgun/crdt/op.hpp"

namespace topgun::wire {

/// How far a write must have come before it is acknowledged; weakest first.
enum class WriteConcern : std::uint8_t { fire_and_forget, memory, applied, replicated, persisted };
enum class EventType : std::uint8_t { put, remove, or_add, or_remove };
/// What a change did to a live query's result set.
enum class ChangeType : std::uint8_t { enter, update, leave };
enum class JournalType : std::uint8_t { put, update, del };
/// How the cursor of a query was used.
enum class CursorStatus : std::uint8_t { valid, expired, invalid, none };
enum class NodeStatus : std::uint8_t { active, joining, leaving, suspected, failed };
enum class SearchMethod : std::uint8_t { exact, full_text, semantic };
enum class SortDirection : std::uint8_t { asc, desc };
enum class ClusterSubType : std::uint8_t { search, query };
enum class PartitionMove : std::uint8_t { rebalance, failover, join, leave };
enum class DeltaType : std::uint8_t { put, remove };
/// How a map that two ends reconcile is to be dealt with.
enum class ReconcileMode : std::uint8_t { equal, symbols, leaves, refused };

/// The words of an enumeration, by its values from 0 on.
template <typename E>
struct Words;

#define TOPGUN_WIRE_WORDS(E, ...)                                                    \
    template <>                                                                      \
    struct Words<E> {                                                                \
        static constexpr auto list = std::to_array<std::string_view>({__VA_ARGS__}); \
    }

TOPGUN_WIRE_WORDS(WriteConcern, "FIRE_AND_FORGET", "MEMORY", "APPLIED", "REPLICATED", "PERSISTED");
TOPGUN_WIRE_WORDS(EventType, "PUT", "REMOVE", "OR_ADD", "OR_REMOVE");
TOPGUN_WIRE_WORDS(ChangeType, "ENTER", "UPDATE", "LEAVE");
TOPGUN_WIRE_WORDS(JournalType, "PUT", "UPDATE", "DELETE");
TOPGUN_WIRE_WORDS(CursorStatus, "valid", "expired", "invalid", "none");
TOPGUN_WIRE_WORDS(NodeStatus, "ACTIVE", "JOINING", "LEAVING", "SUSPECTED", "FAILED");
TOPGUN_WIRE_WORDS(SearchMethod, "exact", "fullText", "semantic");
TOPGUN_WIRE_WORDS(SortDirection, "asc", "desc");
TOPGUN_WIRE_WORDS(ClusterSubType, "SEARCH", "QUERY");
TOPGUN_WIRE_WORDS(PartitionMove, "REBALANCE", "FAILOVER", "JOIN", "LEAVE");
TOPGUN_WIRE_WORDS(DeltaType, "PUT", "REMOVE");
TOPGUN_WIRE_WORDS(ReconcileMode, "equal", "symbols", "leaves", "refused");
TOPGUN_WIRE_WORDS(MapKind, "lww", "or", "counter");
#undef TOPGUN_WIRE_WORDS

/// The wire's word: word(WriteConcern::applied) is "APPLIED".
template <typename E>
constexpr std::string_view word(E value) noexcept {
    return Words<E>::list[static_cast<std::size_t>(value)];
}

/// The value of a word, or nothing when it is not on the list. Case counts.
template <typename E>
constexpr std::optional<E> from_word(std::string_view text) noexcept {
    for (std::size_t i = 0; i < Words<E>::list.size(); ++i) {
        if (Words<E>::list[i] == text) return static_cast<E>(i);
    }
    return std::nullopt;
}

/// True for the predicate operators that TopGun's server decodes. It drops a whole frame with any
/// other, so a client checks before it sends.
constexpr bool is_server_predicate_op(std::string_view op) noexcept {
    constexpr auto kOps = std::to_array<std::string_view>(
        {"eq", "neq", "gt", "gte", "lt", "lte", "like", "regex", "and", "or", "not", "in",
         "between", "isNull", "isNotNull", "containsAll", "containsAny", "startsWith", "endsWith"});
    for (const auto known : kOps) {
        if (known == op) return true;
    }
    return false;
}

}  // namespace topgun::wire
