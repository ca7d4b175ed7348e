// SPDX-License-Identifier: Apache-2.0
// Messages of connecting: authentication, device identity, heartbeat, batches of frames, errors.
#pragma once

#include "topgun/wire/records.hpp"

namespace topgun::wire {

// `reconcile` is of our own: the version of messages_reconcile.hpp that a side speaks. Peers of
// TopGun pass over it.

struct AuthRequired {
    static constexpr MessageType kType{"AUTH_REQUIRED", Shape::flat, Direction::to_client};
    bool operator==(const AuthRequired&) const = default;
};

struct Auth {
    static constexpr MessageType kType{"AUTH", Shape::flat, Direction::to_server};
    std::string token{};
    std::optional<std::uint32_t> protocol_version{};
    std::optional<std::string> device_token{};
    std::optional<std::uint32_t> reconcile{};
    bool operator==(const Auth&) const = default;
};

/// `device_token` only when a new credential was made: a client keeps its old one otherwise.
struct AuthAck {
    static constexpr MessageType kType{"AUTH_ACK", Shape::flat, Direction::to_client};
    std::optional<std::uint32_t> protocol_version{};
    std::optional<std::string> user_id{};
    std::optional<std::string> device_id{};
    std::optional<std::string> device_token{};
    std::optional<std::uint32_t> reconcile{};
    bool operator==(const AuthAck&) const = default;
};

struct AuthFail {
    static constexpr MessageType kType{"AUTH_FAIL", Shape::flat, Direction::to_client};
    std::optional<std::string> error{};
    std::optional<std::uint32_t> code{};
    bool operator==(const AuthFail&) const = default;
};

struct DeviceHello {
    static constexpr MessageType kType{"DEVICE_HELLO", Shape::flat, Direction::to_server};
    std::optional<std::string> device_token{};
    std::optional<std::uint32_t> reconcile{};
    bool operator==(const DeviceHello&) const = default;
};

struct DeviceAck {
    static constexpr MessageType kType{"DEVICE_ACK", Shape::flat, Direction::to_client};
    std::optional<std::string> device_id{};
    std::optional<std::string> device_token{};
    std::optional<std::uint32_t> reconcile{};
    bool operator==(const DeviceAck&) const = default;
};

struct Ping {
    static constexpr MessageType kType{"PING", Shape::flat, Direction::to_server};
    std::uint64_t timestamp = 0;
    bool operator==(const Ping&) const = default;
};

/// `timestamp` repeats the PING's.
struct Pong {
    static constexpr MessageType kType{"PONG", Shape::flat, Direction::to_client};
    std::uint64_t timestamp = 0;
    std::uint64_t server_time = 0;
    bool operator==(const Pong&) const = default;
};

/// Several frames in one. `data` has a layout for each direction: see topgun/wire/batch.hpp.
struct Batch {
    static constexpr MessageType kType{"BATCH", Shape::flat, Direction::both};
    std::uint32_t count = 0;
    Binary data{};
    bool operator==(const Batch&) const = default;
};

/// An error that belongs to no request. Clients only log it.
struct ErrorMessage {
    static constexpr MessageType kType{"ERROR", Shape::payload, Direction::to_client};
    std::uint32_t code = 0;
    std::string message{};
    std::optional<AnyValue> details{};
    bool operator==(const ErrorMessage&) const = default;
};

}  // namespace topgun::wire
