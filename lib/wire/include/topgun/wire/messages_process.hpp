// SPDX-License-Identifier: Apache-2.0
// Messages of entry processors, conflict resolvers and the event journal.
#pragma once

#include "topgun/wire/records.hpp"

namespace topgun::wire {

struct EntryProcessor {
    std::string name{};
    std::string code{};
    std::optional<AnyValue> args{};
    bool operator==(const EntryProcessor&) const = default;
};

struct EntryProcess {
    static constexpr MessageType kType{"ENTRY_PROCESS", Shape::flat, Direction::to_server};
    std::string request_id{};
    std::string map_name{};
    std::string key{};
    EntryProcessor processor{};
    bool operator==(const EntryProcess&) const = default;
};

struct EntryProcessBatch {
    static constexpr MessageType kType{"ENTRY_PROCESS_BATCH", Shape::flat, Direction::to_server};
    std::string request_id{};
    std::string map_name{};
    std::vector<std::string> keys{};
    EntryProcessor processor{};
    bool operator==(const EntryProcessBatch&) const = default;
};

struct EntryProcessResponse {
    static constexpr MessageType kType{"ENTRY_PROCESS_RESPONSE", Shape::flat, Direction::to_client};
    std::string request_id{};
    bool success = false;
    std::optional<AnyValue> result{};
    std::optional<AnyValue> new_value{};
    std::optional<std::string> error{};
    bool operator==(const EntryProcessResponse&) const = default;
};

struct EntryProcessResult {
    bool success = false;
    std::optional<AnyValue> result{};
    std::optional<AnyValue> new_value{};
    std::optional<std::string> error{};
    bool operator==(const EntryProcessResult&) const = default;
};

struct EntryProcessBatchResponse {
    static constexpr MessageType kType{"ENTRY_PROCESS_BATCH_RESPONSE", Shape::flat,
                                       Direction::to_client};
    std::string request_id{};
    TextMap<EntryProcessResult> results{};  ///< By key.
    bool operator==(const EntryProcessBatchResponse&) const = default;
};

struct ConflictResolver {
    std::string name{};
    std::string code{};
    std::optional<std::uint32_t> priority{};
    std::optional<std::string> key_pattern{};
    bool operator==(const ConflictResolver&) const = default;
};

struct RegisterResolver {
    static constexpr MessageType kType{"REGISTER_RESOLVER", Shape::flat, Direction::to_server};
    std::string request_id{};
    std::string map_name{};
    ConflictResolver resolver{};
    bool operator==(const RegisterResolver&) const = default;
};

struct RegisterResolverResponse {
    static constexpr MessageType kType{"REGISTER_RESOLVER_RESPONSE", Shape::flat,
                                       Direction::to_client};
    std::string request_id{};
    bool success = false;
    std::optional<std::string> error{};
    bool operator==(const RegisterResolverResponse&) const = default;
};

struct UnregisterResolver {
    static constexpr MessageType kType{"UNREGISTER_RESOLVER", Shape::flat, Direction::to_server};
    std::string request_id{};
    std::string map_name{};
    std::string resolver_name{};
    bool operator==(const UnregisterResolver&) const = default;
};

struct UnregisterResolverResponse {
    static constexpr MessageType kType{"UNREGISTER_RESOLVER_RESPONSE", Shape::flat,
                                       Direction::to_client};
    std::string request_id{};
    bool success = false;
    std::optional<std::string> error{};
    bool operator==(const UnregisterResolverResponse&) const = default;
};

struct ListResolvers {
    static constexpr MessageType kType{"LIST_RESOLVERS", Shape::flat, Direction::to_server};
    std::string request_id{};
    std::optional<std::string> map_name{};
    bool operator==(const ListResolvers&) const = default;
};

struct ResolverInfo {
    std::string map_name{};
    std::string name{};
    std::optional<std::uint32_t> priority{};
    std::optional<std::string> key_pattern{};
    bool operator==(const ResolverInfo&) const = default;
};

struct ListResolversResponse {
    static constexpr MessageType kType{"LIST_RESOLVERS_RESPONSE", Shape::flat,
                                       Direction::to_client};
    std::string request_id{};
    std::vector<ResolverInfo> resolvers{};
    bool operator==(const ListResolversResponse&) const = default;
};

/// The subscription's id is the request's id.
struct JournalSubscribe {
    static constexpr MessageType kType{"JOURNAL_SUBSCRIBE", Shape::flat, Direction::to_server};
    std::string request_id{};
    std::optional<std::string> from_sequence{};
    std::optional<std::string> map_name{};
    std::optional<std::vector<JournalType>> types{};
    bool operator==(const JournalSubscribe&) const = default;
};

struct JournalUnsubscribe {
    static constexpr MessageType kType{"JOURNAL_UNSUBSCRIBE", Shape::flat, Direction::to_server};
    std::string subscription_id{};
    bool operator==(const JournalUnsubscribe&) const = default;
};

/// Also a message of its own, under `event`. `sequence` is a decimal number as text.
struct JournalEvent {
    static constexpr MessageType kType{"JOURNAL_EVENT", Shape::event, Direction::to_client};
    std::string sequence{};
    JournalType type = JournalType::put;
    std::string map_name{};
    std::string key{};
    std::optional<AnyValue> value{};
    std::optional<AnyValue> previous_value{};
    Timestamp timestamp{};
    std::string node_id{};
    std::optional<AnyMap> metadata{};
    bool operator==(const JournalEvent&) const = default;
};

struct JournalRead {
    static constexpr MessageType kType{"JOURNAL_READ", Shape::flat, Direction::to_server};
    std::string request_id{};
    std::string from_sequence{};  ///< Inclusive.
    std::optional<std::uint32_t> limit{};
    std::optional<std::string> map_name{};
    bool operator==(const JournalRead&) const = default;
};

struct JournalReadResponse {
    static constexpr MessageType kType{"JOURNAL_READ_RESPONSE", Shape::flat, Direction::to_client};
    std::string request_id{};
    std::vector<JournalEvent> events{};
    bool has_more = false;
    bool operator==(const JournalReadResponse&) const = default;
};

}  // namespace topgun::wire
