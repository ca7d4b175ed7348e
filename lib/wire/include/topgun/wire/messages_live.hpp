// SPDX-License-Identifier: Apache-2.0
// Messages of topics, locks and counters.
#pragma once

#include "topgun/wire/records.hpp"

namespace topgun::wire {

struct TopicSub {
    static constexpr MessageType kType{"TOPIC_SUB", Shape::payload, Direction::to_server};
    std::string topic{};
    bool operator==(const TopicSub&) const = default;
};

struct TopicUnsub {
    static constexpr MessageType kType{"TOPIC_UNSUB", Shape::payload, Direction::to_server};
    std::string topic{};
    bool operator==(const TopicUnsub&) const = default;
};

/// Absent data, which TypeScript clients send for undefined, is read as nil.
struct TopicPub {
    static constexpr MessageType kType{"TOPIC_PUB", Shape::payload, Direction::to_server};
    std::string topic{};
    AnyValue data{};
    bool operator==(const TopicPub&) const = default;
};

struct TopicMessage {
    static constexpr MessageType kType{"TOPIC_MESSAGE", Shape::payload, Direction::to_client};
    std::string topic{};
    AnyValue data{};
    std::optional<std::string> publisher_id{};
    std::uint64_t timestamp = 0;
    bool operator==(const TopicMessage&) const = default;
};

struct LockRequest {
    static constexpr MessageType kType{"LOCK_REQUEST", Shape::payload, Direction::to_server};
    std::string request_id{};
    std::string name{};
    std::optional<std::uint64_t> ttl{};  ///< Milliseconds from the grant; absent: until disconnect.
    bool operator==(const LockRequest&) const = default;
};

struct LockRelease {
    static constexpr MessageType kType{"LOCK_RELEASE", Shape::payload, Direction::to_server};
    std::optional<std::string> request_id{};
    std::string name{};
    std::uint64_t fencing_token = 0;
    bool operator==(const LockRelease&) const = default;
};

struct LockGranted {
    static constexpr MessageType kType{"LOCK_GRANTED", Shape::payload, Direction::to_client};
    std::string request_id{};
    std::string name{};
    std::uint64_t fencing_token = 0;
    bool operator==(const LockGranted&) const = default;
};

/// Answers a release. TopGun's server also denies a request with it, which TypeScript clients
/// take for a grant: never do that.
struct LockReleased {
    static constexpr MessageType kType{"LOCK_RELEASED", Shape::payload, Direction::to_client};
    std::string request_id{};
    std::string name{};
    bool success = false;
    bool operator==(const LockReleased&) const = default;
};

struct CounterRequest {
    static constexpr MessageType kType{"COUNTER_REQUEST", Shape::payload, Direction::to_server};
    std::string name{};
    bool operator==(const CounterRequest&) const = default;
};

struct CounterSync {
    static constexpr MessageType kType{"COUNTER_SYNC", Shape::payload, Direction::to_server};
    std::string name{};
    CounterState state{};
    bool operator==(const CounterSync&) const = default;
};

struct CounterResponse {
    static constexpr MessageType kType{"COUNTER_RESPONSE", Shape::payload, Direction::to_client};
    std::string name{};
    CounterState state{};
    bool operator==(const CounterResponse&) const = default;
};

struct CounterUpdate {
    static constexpr MessageType kType{"COUNTER_UPDATE", Shape::payload, Direction::to_client};
    std::string name{};
    CounterState state{};
    bool operator==(const CounterUpdate&) const = default;
};

}  // namespace topgun::wire
