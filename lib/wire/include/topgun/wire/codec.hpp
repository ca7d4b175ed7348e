// SPDX-License-Identifier: Apache-2.0
// Frames to messages and back. One description of each message drives both directions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/wire/client_ops.hpp"
#include "topgun/wire/messages.hpp"

namespace topgun::wire {

struct DecodeOptions {
    /// Accept only the very bytes that encode() would write for the message: for golden files and
    /// conformance checks. Otherwise as tolerant as both real sides of TopGun together: any width
    /// of integers, whole floats for them, any size of headers, nil for what is optional, unknown
    /// fields, any order of keys (of equal ones the last counts), bytes as index map or array,
    /// both forms of sort orders and of counter states.
    bool strict = false;
    /// Takes what a CLIENT_OP or OP_BATCH says, as views of the frame; the message comes empty
    /// then. Null: it comes in the message. Not together with `strict`.
    ClientOps* ops = nullptr;
};

/// Reads one frame: exactly one MessagePack map with a `type`.
///
/// Values of users come out canonical; strings are UTF-8, surrogates that JavaScript wrote as three
/// bytes each are joined or become U+FFFD. An unknown type is an UnknownMessage, not an error.
/// Errors: bad_input (damaged, trailing bytes, a missing or wrong field, an extension, malformed
/// UTF-8), limit (more than 256 containers inside each other). The message says type, byte, path
/// and what was expected: "SYNC_RESP_ROOT: byte 40: payload.rootHash: found string; expected ...".
/// Cost: O(frame), two passes. Memory follows the bytes that are there, not the lengths that they
/// announce: at most about 120 bytes for each. Threads: no shared state.
TOPGUN_API Result<Message> decode(BytesView frame, const DecodeOptions& options = {});

/// True for a CLIENT_OP and an OP_BATCH: those whose content DecodeOptions::ops takes.
inline bool carries_ops(const Message& message) noexcept {
    return std::holds_alternative<ClientOp>(message) ||
           std::holds_alternative<ClientOpBatch>(message);
}

/// Appends the canonical frame: `type` first, fields in the order of their struct, smallest headers
/// and integers, floats always eight bytes, empty optionals left out. An UnknownMessage is
/// appended as it came.
/// @pre texts are UTF-8, whole numbers at most kMaxWhole (asserted), values canonical.
TOPGUN_API void encode(const Message& message, Bytes& out);

namespace detail {
TOPGUN_API void encode_known(std::size_t index, const void* message, Bytes& out);
}

/// The same for a single struct, without a Message around it.
template <KnownMessage T>
void encode(const T& message, Bytes& out) {
    detail::encode_known(kMessageIndex<T>, &message, out);
}

/// The frame of a message, as a value.
template <typename T>
Bytes encoded(const T& message) {
    Bytes out;
    encode(message, out);
    return out;
}

/// Equality in which a NaN equals a NaN, unlike with ==.
TOPGUN_API bool same(const Message& a, const Message& b);

/// Appends the message as JSON by the conventions of topgun/value/json.hpp: the same text as
/// append_json() gives for the canonical form of the frame. Object keys are sorted.
/// Errors: bad_input when a text is not UTF-8, or a value not MessagePack.
TOPGUN_API Status to_json(const Message& message, std::string& out);

/// What can be told of a frame without decoding it.
struct FrameHead {
    std::string_view type;  ///< Inside the frame.
    /// requestId, queryId, subscriptionId or id, so that a frame that decode() refuses can still be
    /// answered. Inside the frame.
    std::optional<std::string_view> request_id;
};

/// Looks for `type` in one frame. Errors: bad_input, limit, as decode(): structure, depth and
/// trailing bytes are checked, fields are not. Cost: O(frame), no allocation.
TOPGUN_API Result<FrameHead> peek(BytesView frame);

}  // namespace topgun::wire
