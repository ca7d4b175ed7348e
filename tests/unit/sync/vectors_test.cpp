// SPDX-License-Identifier: Apache-2.0
// Frames that TopGun's own encoders wrote, as an endpoint receives them.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "topgun/value/json.hpp"
#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

std::vector<std::filesystem::path> golden_frames() {
    std::vector<std::filesystem::path> out;
    for (const auto& entry : std::filesystem::directory_iterator(testdata("wire"))) {
        if (entry.path().extension() == ".msgpack") out.push_back(entry.path());
    }
    std::sort(out.begin(), out.end());
    REQUIRE_FALSE(out.empty());
    return out;
}

}  // namespace

TEST_CASE("an endpoint reads every golden frame, and answers canonically", "[sync]") {
    for (const auto& path : golden_frames()) {
        const auto name = path.filename().string();
        // Bodies are no frames, and what the batches hold are placeholders.
        if (name.starts_with("HTTP_") || name.starts_with("BATCH")) continue;
        CAPTURE(name);
        World world;
        Peer peer(world);
        peer.say_bytes(slurp(path));  // decodes strictly what comes back
        CHECK(world.hub->counters().unreadable == 0);
        CHECK(world.hub->counters().frames_in == 1);
    }
}

// Reference: wire.md 22, W-vectors made by running TopGun's client.
TEST_CASE("a batch as TopGun's client writes it is applied and acknowledged", "[sync]") {
    World world;
    Peer peer(world);
    // {type: "OP_BATCH", payload: {ops: [{mapName: "m", opType: "PUT", key: "k", record: {value:
    // {a: 1}, timestamp: {millis: 1700000000000, counter: 0, nodeId: "n"}}, timestamp: ..., synced:
    // false, id: "5"}]}} with map16 headers and a float for the milliseconds.
    const auto stamp = std::string("de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657200") +
                       "a66e6f64654964a16e";
    const auto frame = from_hex(
        "de0002a474797065a84f505f4241544348a77061796c6f6164de0001a36f707391"
        "de0007a76d61704e616d65a16da66f7054797065a3505554a36b6579a16b"
        "a67265636f7264de0002a576616c7565de0001a16101a974696d657374616d70" +
        stamp + "a974696d657374616d70" + stamp + "a673796e636564c2a26964a135");
    const auto ack = only<wire::OpAck>(peer.say_bytes(frame));
    CHECK(ack.last_id == "5");
    CHECK(world.hub->counters().ops_applied == 1);
    CHECK(current_trie(world.hub->maps().shared(), {"m", MapKind::lww}).root() != 0);
}

// Goal:   the endpoint ends where TopGun's own core ended, root for root.
// Method: its recorded frames, in their order of delivery and again from the back.
TEST_CASE("recorded sessions of TopGun's core lead to its roots", "[sync][vectors]") {
    const auto number = GENERATE(1, 2, 3);
    CAPTURE(number);
    const auto scenario = nlohmann::json::parse(
        slurp(testdata("scenarios/scenario-" + std::to_string(number) + ".json")));
    World world;
    world.time.set(1'731'500'000'000);  // after the recordings: nothing comes from the future
    Peer peer(world);
    for (const auto* kind : {"lww", "or"}) {
        const auto& ops = scenario.at(kind).at("ops");
        std::vector<Bytes> frames;
        for (const auto& op : ops) {
            frames.push_back(must(base64_decode(op.at("bytes").get<std::string>())));
        }
        for (const auto& frame : frames) CHECK(all<wire::OpAck>(peer.say_bytes(frame)).size() == 1);
        std::reverse(frames.begin(), frames.end());
        for (const auto& frame : frames) CHECK(all<wire::OpAck>(peer.say_bytes(frame)).size() == 1);
    }
    CHECK(world.hub->counters().ops_rejected == 0);
    CHECK(world.hub->counters().drifted == 0);
    CHECK(only<wire::SyncRespRoot>(peer.say(wire::SyncInit{"m", {}})).root_hash ==
          scenario.at("lww").at("root").get<std::uint32_t>());
    const auto root = peer.say(wire::OrMapSyncInit{"o", 0, {}, {}, {}});
    CHECK(only<wire::OrMapSyncRespRoot>(root).root_hash ==
          scenario.at("or").at("root").get<std::uint32_t>());
}
