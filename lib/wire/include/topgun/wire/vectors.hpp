// SPDX-License-Identifier: Apache-2.0
// Wire vectors: pairs of a frame and its JSON view, checked against this codec or made by it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/random.hpp"
#include "topgun/wire/http.hpp"
#include "topgun/wire/messages.hpp"

namespace topgun::wire {

struct VectorCheck {
    std::string name{};
    bool ok = false;       ///< Nothing wrong was found.
    bool skipped = false;  ///< Of an unknown type: compared with the JSON, but not decoded.
    std::string detail{};  ///< The first difference or error, or why it was skipped; else empty.
};

/// Checks one pair: the bytes are decoded and compared with the JSON, decoded as a message,
/// encoded, and decoded again, which must give the same message.
///
/// In the JSON, bytes are {"type":"Buffer","data":[...]}, {"$bin":"..."}, or whatever else a binary
/// field may be; the other escapes of topgun/value/json.hpp are read too. Numbers compare by value,
/// so 1.0 equals 1; NaN and infinities equal null. Undefined in the bytes is absent in the JSON.
/// @param name  names starting with HTTP_SYNC_REQUEST or HTTP_SYNC_RESPONSE are HTTP bodies.
/// @param strict  the bytes must also be the canonical encoding.
TOPGUN_API VectorCheck verify_vector(std::string_view name, BytesView msgpack,
                                     std::string_view json, bool strict = false);

struct GeneratedVector {
    std::string name{};
    std::string json{};  ///< Indented by two, in the order of the bytes, bytes as Buffer.
    Bytes msgpack{};
};

/// A pair NAME with every optional field and a pair NAME__min with none, for each known type and
/// both HTTP bodies. The same seed gives the same vectors everywhere.
TOPGUN_API std::vector<GeneratedVector> generate_vectors(std::uint64_t seed);

/// The JSON view of a frame as generate_vectors() writes it. Errors: bad_input, limit.
TOPGUN_API Result<std::string> view_frame(BytesView frame);

/// How much of an example is filled in.
enum class Fill : std::uint8_t {
    full,     ///< Every optional field, lists of one to three.
    minimal,  ///< Required fields only, lists mostly empty.
    random,   ///< Each optional field or not; odd texts and extreme numbers among the usual.
};

/// A plausible message of a type. @pre index < kMessageTypes.
TOPGUN_API Message example_message(std::size_t index, Fill fill, Random& random);
TOPGUN_API HttpSyncRequest example_http_sync_request(Fill fill, Random& random);
TOPGUN_API HttpSyncResponse example_http_sync_response(Fill fill, Random& random);

}  // namespace topgun::wire
