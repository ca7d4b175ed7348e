// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"
#include "topgun/wire/http.hpp"

namespace topgun::wire {
namespace {
std::string complaint(const char* hex) {
    return test::refusal(test::from_hex(hex), {.strict = true});
}
}  // namespace

TEST_CASE("strict reading says where a frame is not canonical", "[wire]") {
    CHECK(complaint("de0001a474797065ac4445564943455f48454c4c4f") ==
          "DEVICE_HELLO: byte 0: not canonical: de0001 stands where the encoder writes "
          "81a474797065ac4445");
    CHECK(complaint("82a474797065a450494e47a974696d657374616d70cb4278bcfe56800000") ==
          "PING: byte 21: timestamp: not canonical: cb4278bcfe56800000 stands where the encoder "
          "writes cf0000018bcfe56800");
    CHECK(complaint(
              "82a474797065ae53594e435f524553505f524f4f54a77061796c6f616482a8726f6f744861736801a7"
              "6d61704e616d65a16d")
              .find("payload: not canonical: a8726f6f7448617368 stands where the encoder writes "
                    "a76d61704e616d65a1") != std::string::npos);
}

TEST_CASE("strict reading finds what tolerant reading passes over", "[wire]") {
    CHECK(complaint("82a474797065ac4445564943455f48454c4c4fab646576696365546f6b656ec0")
              .find("byte 0") != std::string::npos);
    CHECK(complaint("82a474797065ac4445564943455f48454c4c4fa17801").find("byte 0") !=
          std::string::npos);
    CHECK(complaint("82a474797065a84f505f4241544348a77061796c6f616481a36f707391de0002a76d61704e616d"
                    "65a16da36b"
                    "6579a16b")
              .find("payload.ops[0]: not canonical: de0002") != std::string::npos);
}

TEST_CASE("strict reading takes the canonical form, and an unknown type as it is", "[wire]") {
    CHECK(decode(encoded(SyncInit{"m", 0}), {.strict = true}));
    CHECK(decode(test::from_hex("de0001a474797065a158"), {.strict = true}));
    const HttpSyncRequest request{.client_id = "c", .client_hlc = {1, 0, "n"}};
    CHECK(decode_http_sync_request(encoded(request), {.strict = true}));
    auto wide = encoded(request);
    wide.replace(0, 1, test::from_hex("de0002"));
    CHECK_FALSE(decode_http_sync_request(wide, {.strict = true}));
}

}  // namespace topgun::wire
