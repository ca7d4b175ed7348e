// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "support.hpp"

namespace topgun::wire {

TEST_CASE("all 100 types are there, each found by its name", "[wire]") {
    CHECK(kMessageTypes == 100);
    REQUIRE(message_types().size() == kMessageTypes);
    for (std::size_t i = 0; i < kMessageTypes; ++i) {
        const auto name = message_types()[i].name;
        CHECK(find_message_type(name) == i);
        CHECK(type_name(make_message(i)) == name);
        CHECK(make_message(i).index() == i);
    }
    CHECK(find_message_type("") == kMessageTypes);
    CHECK(find_message_type("PINGS") == kMessageTypes);
    CHECK(find_message_type("ping") == kMessageTypes);
    CHECK(find_message_type("ZZZ") == kMessageTypes);
}

TEST_CASE("a type knows who sends it", "[wire]") {
    std::size_t to_server = 0, to_client = 0, both = 0, nodes = 0;
    for (const auto& type : message_types()) {
        to_server += type.direction == Direction::to_server ? 1 : 0;
        to_client += type.direction == Direction::to_client ? 1 : 0;
        both += type.direction == Direction::both ? 1 : 0;
        nodes += type.direction == Direction::between_nodes ? 1 : 0;
    }
    CHECK(both == 1);  // BATCH
    CHECK(nodes == 9);
    CHECK(to_server + to_client + both + nodes == kMessageTypes);
    // 38 that clients handle, four that listeners or routers read, and three of our own
    CHECK(to_client == 45);
}

TEST_CASE("the index of a struct is its place in the union", "[wire]") {
    STATIC_REQUIRE(kMessageIndex<AuthRequired> == 0);
    STATIC_REQUIRE(KnownMessage<ClusterSearchUpdate>);
    STATIC_REQUIRE_FALSE(KnownMessage<UnknownMessage>);
    STATIC_REQUIRE_FALSE(KnownMessage<LwwMapRecord>);
    CHECK(message_types()[kMessageIndex<OrMapPushDiff>].name == "ORMAP_PUSH_DIFF");
}

}  // namespace topgun::wire
