// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

namespace topgun::wire {

using test::packed;

TEST_CASE("peek finds the type and the id to answer to", "[wire]") {
    const auto id = [](const char* json) {
        const auto frame = packed(json);
        const auto head = test::must(peek(frame));
        return std::string(head.type) + ' ' + std::string(head.request_id.value_or("-"));
    };
    CHECK(id(R"({"type":"PING","timestamp":1})") == "PING -");
    CHECK(id(R"({"type":"LIST_RESOLVERS","requestId":"r"})") == "LIST_RESOLVERS r");
    CHECK(id(R"({"type":"QUERY_SUB","payload":{"queryId":"q","query":{"limit":-3}}})") ==
          "QUERY_SUB q");
    CHECK(id(R"({"type":"SEARCH_SUB","payload":{"subscriptionId":"s"}})") == "SEARCH_SUB s");
    CHECK(id(R"({"type":"VECTOR_SEARCH","payload":{"id":"v"}})") == "VECTOR_SEARCH v");
    CHECK(id(R"({"type":"LATER","payload":{"id":5}})") == "LATER -");
}

TEST_CASE("peek refuses what has no structure or no type", "[wire]") {
    CHECK_FALSE(peek(""));
    CHECK_FALSE(peek(packed("[1]")));
    CHECK_FALSE(peek(packed(R"({"type":1})")));
    CHECK_FALSE(peek(packed(R"({"type":"PING"})") + 'x'));
    const auto frame = packed(R"({"type":"PING"})");
    CHECK_FALSE(peek(BytesView(frame).substr(0, frame.size() - 1)));
}

}  // namespace topgun::wire
