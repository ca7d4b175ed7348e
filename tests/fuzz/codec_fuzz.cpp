// SPDX-License-Identifier: Apache-2.0
// Frames of every message type: read, written, read again.
#include "topgun/wire/codec.hpp"

#include "fuzz.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/value/json.hpp"
#include "topgun/wire/vectors.hpp"

using namespace topgun;

namespace {

void check_json(const wire::Message& message, const Bytes& frame) {
    std::string json, expected;
    TOPGUN_FUZZ_CHECK(wire::to_json(message, json));
    const auto value = canonical(frame);
    TOPGUN_FUZZ_CHECK(value);
    append_json(*value, expected);
    TOPGUN_FUZZ_CHECK_WITH(json == expected, json + "\n" + expected);
    const auto vector_json = wire::view_frame(frame);
    TOPGUN_FUZZ_CHECK(vector_json);
    const auto verdict = wire::verify_vector("FRAME", frame, *vector_json);
    TOPGUN_FUZZ_CHECK_WITH(verdict.ok || verdict.skipped, verdict.detail + *vector_json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto frame = fuzz::view_of(data, size);
    const auto message = wire::decode(frame);
    const auto strict = wire::decode(frame, {true});
    const auto head = wire::peek(frame);
    if (!head) fuzz::check_offsets(head.error().text(), size);
    if (!message) {
        TOPGUN_FUZZ_CHECK(!strict);
        fuzz::check_offsets(message.error().text(), size);
        return 0;
    }
    TOPGUN_FUZZ_CHECK(head && head->type == wire::type_name(*message));
    Bytes bytes, again;
    wire::encode(*message, bytes);
    if (strict) TOPGUN_FUZZ_CHECK(bytes == frame && wire::same(*strict, *message));
    if (message->index() == wire::kMessageTypes) {
        TOPGUN_FUZZ_CHECK(bytes == frame);
        return 0;
    }
    const auto back = wire::decode(bytes, {true});
    TOPGUN_FUZZ_CHECK_WITH(back, back ? "" : back.error().text());
    TOPGUN_FUZZ_CHECK(wire::same(*back, *message));
    wire::encode(*back, again);
    TOPGUN_FUZZ_CHECK(again == bytes);
    check_json(*message, bytes);
    return 0;
}
