// SPDX-License-Identifier: Apache-2.0
// Helpers of the wire tests.
#pragma once

#include <string>
#include <string_view>

#include "topgun/value/json.hpp"
#include "topgun/wire/codec.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

/// The MessagePack of a JSON text, smallest form, keys sorted.
inline Bytes packed(std::string_view json) {
    return must(parse_json(json));
}

/// The text of the error with which a frame is refused; fails the test when it is not.
inline std::string refusal(BytesView frame, const wire::DecodeOptions& options = {}) {
    auto message = wire::decode(frame, options);
    if (message) FAIL("decoded as " << wire::type_name(*message));
    return message.error().text();
}

template <typename T>
T decode_as(BytesView frame) {
    auto message = must(wire::decode(frame));
    auto* const body = std::get_if<T>(&message);
    if (body == nullptr) FAIL("decoded as " << wire::type_name(message));
    return std::move(*body);
}

inline std::string json_of(const wire::Message& message) {
    std::string out;
    must(wire::to_json(message, out));
    return out;
}

}  // namespace topgun::test
