// SPDX-License-Identifier: Apache-2.0
// The bodies of POST /sync, in both directions.
#include "topgun/wire/http.hpp"

#include "fuzz.hpp"

using namespace topgun;

namespace {

template <typename Decode>
void check(BytesView body, Decode decode) {
    const auto message = decode(body, wire::DecodeOptions{});
    const auto strict = decode(body, wire::DecodeOptions{true});
    if (!message) {
        TOPGUN_FUZZ_CHECK(!strict);
        fuzz::check_offsets(message.error().text(), body.size());
        return;
    }
    Bytes bytes, again;
    wire::encode(*message, bytes);
    // An empty body is a request too, but not what would be written for it.
    if (strict && !body.empty()) TOPGUN_FUZZ_CHECK(bytes == body);
    const auto back = decode(bytes, wire::DecodeOptions{true});
    TOPGUN_FUZZ_CHECK_WITH(back, back ? "" : back.error().text());
    wire::encode(*back, again);
    TOPGUN_FUZZ_CHECK(again == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto body = fuzz::view_of(data, size);
    check(body,
          [](BytesView b, auto options) { return wire::decode_http_sync_request(b, options); });
    check(body,
          [](BytesView b, auto options) { return wire::decode_http_sync_response(b, options); });
    return 0;
}
