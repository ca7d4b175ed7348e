// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "events.hpp"
#include "topgun/wire/batch.hpp"
#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

wire::OrMapMerkleReqBucket bucket(std::string path) {
    return {"o", std::move(path)};
}
wire::OrMapSyncInit init() {
    return {"o", 0, {}, {}, {}};
}
wire::OrMapRecord record(std::string_view value, std::string node, std::uint64_t millis = kNow) {
    const Timestamp stamp{millis, 0, std::move(node)};
    return {text_value(value), stamp, format_stamp(stamp.view()), {}};
}

wire::Batch pack(const std::vector<Bytes>& frames) {
    wire::Batch out;
    out.count = 1;
    wire::pack_batch(frames, wire::BatchLayout::to_server, out.data.bytes);
    return out;
}

}  // namespace

// Reference: wire.md 22.3, computed with TopGun's own client.
TEST_CASE("an OR-Map's root is that of TopGun's client", "[sync]") {
    World world;
    Peer peer(world);
    auto op = or_add_op("1", "hello", "x");
    op.or_record->timestamp = {kNow, 1, "node-1"};
    op.or_record->tag = "1700000000000:1:node-1";
    peer.say(op);
    const auto root = only<wire::OrMapSyncRespRoot>(peer.say(init()));
    CHECK(root.root_hash == 382624558u);
    CHECK_FALSE(root.full_resync);
    CHECK_FALSE(root.covering_epoch);
    const auto top = only<wire::OrMapSyncRespBuckets>(peer.say(bucket("")));
    CHECK(top.buckets.size() == 16);
    CHECK(*top.buckets.find("4") == 158412650u);
    CHECK(*top.buckets.find("5") == 0u);
    CHECK(only<wire::OrMapSyncRespBuckets>(peer.say(bucket("4"))).buckets.size() == 16);
    CHECK(only<wire::OrMapSyncRespBuckets>(peer.say(bucket("4f"))).buckets.size() == 1);
    const auto leaf = only<wire::OrMapSyncRespLeaf>(peer.say(bucket("4f9")));
    REQUIRE(leaf.entries.size() == 1);
    CHECK(leaf.entries[0].key == "hello");
    CHECK(leaf.entries[0].records == std::vector<wire::OrMapRecord>{*op.or_record});
}

TEST_CASE("a client is led to what only it has", "[sync]") {
    World world;
    Peer peer(world);
    peer.say(init());
    CHECK(only<wire::OrMapSyncRespBuckets>(peer.say(bucket(""))).buckets.size() == 16);
    CHECK(only<wire::OrMapSyncRespBuckets>(peer.say(bucket("a"))).buckets.size() == 16);
    CHECK(only<wire::OrMapSyncRespBuckets>(peer.say(bucket("ab"))).buckets.empty());
    CHECK(only<wire::OrMapSyncRespLeaf>(peer.say(bucket("abc"))).entries.empty());
    CHECK(only<wire::ErrorMessage>(peer.say(bucket("xyz"))).code == 400);
}

TEST_CASE("removed tags come as events once, before the walk goes on", "[sync]") {
    World world;
    Peer writer(world), late(world);
    const auto add = or_add_op("1", "k", "v");
    writer.say(batch_of(
        {add, or_add_op("2", "k", "w", kNow + 1), or_remove_op("3", "k", add.or_record->tag)}));
    late.say(init());
    const auto heard = late.say(bucket(""));
    REQUIRE(heard.size() == 2);
    const auto& events = std::get<wire::ServerBatchEvent>(heard[0]).events;
    REQUIRE(events.size() == 1);
    CHECK(events[0].event_type == wire::EventType::or_remove);
    CHECK(events[0].or_tag == add.or_record->tag);
    CHECK(late.say(bucket("")).size() == 1);
    const auto leaf =
        only<wire::OrMapSyncRespLeaf>(late.say(bucket(hex32(fnv1a("k")).substr(0, 3))));
    REQUIRE(leaf.entries.size() == 1);
    CHECK(leaf.entries[0].records.size() == 1);
    CHECK(leaf.entries[0].tombstones == std::vector<std::string>{add.or_record->tag});
}

TEST_CASE("a push is merged without an acknowledgement and told to others", "[sync]") {
    World world;
    Peer writer(world), pusher(world), reader(world);
    reader.say(init());
    pusher.say(init());
    const auto known = record("v", "c1"), gone = record("w", "c2"), fresh = record("x", "c3");
    wire::OrMapPushDiff first{"o", {{"k", {known, gone}, {}}}};
    CHECK(writer.say(first).empty());
    CHECK(events_in(reader.heard()).size() == 2);
    writer.say(or_remove_op("1", "k", gone.tag));
    reader.heard();
    pusher.heard();
    wire::OrMapPushDiff second{"o", {{"k", {known, gone}, {"t1"}}, {"l", {fresh}, {"t1", "t2"}}}};
    const auto answer = pusher.say(second);
    const auto removal = only<wire::ServerEvent>(answer);
    CHECK(removal.event_type == wire::EventType::or_remove);
    CHECK(removal.or_tag == gone.tag);
    CHECK(removal.key == "k");
    const auto told = events_in(reader.heard());
    CHECK(told.size() == 3);  // two new removed tags and one record
    CHECK(pusher.say(second).size() == 1);
    CHECK(reader.heard().empty());
}

TEST_CASE("a push of records without tag or stamp says what is wrong", "[sync]") {
    World world;
    Peer peer(world);
    auto bad = record("v", "c1");
    bad.tag.clear();
    const auto error =
        only<wire::ErrorMessage>(peer.say(wire::OrMapPushDiff{"o", {{"k", {bad}, {}}}}));
    CHECK(error.code == 400);
    CHECK(current_trie(world.hub->maps().shared(), {"o", MapKind::or_map}).root() == 0);
}

TEST_CASE("keys can be asked for by name", "[sync]") {
    World world;
    Peer peer(world);
    peer.say(or_add_op("1", "k", "v"));
    const auto diff =
        only<wire::OrMapDiffResponse>(peer.say(wire::OrMapDiffRequest{"o", {"k", "none"}}));
    REQUIRE(diff.entries.size() == 2);
    CHECK(diff.entries[0].records.size() == 1);
    CHECK(diff.entries[1].key == "none");
    CHECK(diff.entries[1].records.empty());
}

TEST_CASE("all removed tags of a key are told, also when it has no record left", "[sync]") {
    World world;
    Peer writer(world), late(world);
    std::vector<std::string> tags;
    for (int i = 0; i < 3; ++i) {
        const auto add = or_add_op("1", "k", "v", kNow + static_cast<std::uint64_t>(i));
        tags.push_back(add.or_record->tag);
        writer.say(batch_of({add, or_remove_op("2", "k", add.or_record->tag)}));
    }
    writer.say(or_add_op("3", "other", "v", kNow + 9));
    // Twice: what was sent as an event before is in the answer, too.
    for (int round = 0; round < 2; ++round) {
        const auto heard = late.say(wire::OrMapDiffRequest{"o", {"k"}});
        const auto diff = all<wire::OrMapDiffResponse>(heard);
        REQUIRE(diff.size() == 1);
        REQUIRE(diff[0].entries.size() == 1);
        CHECK(diff[0].entries[0].records.empty());
        CHECK(diff[0].entries[0].tombstones == tags);
    }
    // Who walks has them before he is led to what differs, and the map's root is without the key.
    Peer walker(world);
    walker.say(init());
    const auto events = events_in(walker.say(bucket("")));
    std::vector<std::string> told;
    for (const auto& event : events) told.push_back(event.or_tag.value_or(""));
    CHECK(told == tags);
}

TEST_CASE("more removed tags than a leaf repeats are told as events", "[sync]") {
    World world;
    Peer writer(world), late(world);
    std::set<std::string> tags;
    for (std::uint64_t i = 0; i < 100; ++i) {
        const auto add = or_add_op("1", "k", "v", kNow + i);
        tags.insert(add.or_record->tag);
        writer.say(batch_of({add, or_remove_op("2", "k", add.or_record->tag)}));
    }
    const auto heard = late.say(wire::OrMapDiffRequest{"o", {"k"}});
    std::set<std::string> told;
    for (const auto& event : events_in(heard)) told.insert(event.or_tag.value_or(""));
    CHECK(told == tags);
    CHECK(all<wire::OrMapDiffResponse>(heard).at(0).entries.at(0).tombstones.empty());
}

TEST_CASE("many keys asked for at once come while they are taken", "[sync]") {
    auto options = World::no_auth();
    options.limits.queue_bytes = 4'000;
    options.limits.leaf_bytes = 500;
    World world(options);
    Peer peer(world);
    wire::OrMapDiffRequest all_of{"o", {}};
    for (std::uint64_t i = 0; i < 100; ++i) {
        all_of.keys.push_back("k" + std::to_string(i));
        peer.say(or_add_op("1", all_of.keys.back(), std::string(200, 'v'), kNow + i));
    }
    must(peer.link->receive(wire::encoded(pack(
        {wire::encoded(wire::Ping{1}), wire::encoded(all_of), wire::encoded(wire::Ping{2})}))));
    must(peer.link->receive(wire::encoded(wire::Ping{3})));
    std::vector<std::string> keys;
    std::vector<std::uint64_t> pongs;
    while (const auto frame = peer.link->take()) {
        CHECK(peer.link->queued_bytes() <= 4'000);
        const auto message = must(wire::decode(*frame));
        if (const auto* pong = std::get_if<wire::Pong>(&message)) {
            pongs.push_back(pong->timestamp);
            CHECK(keys.size() == (pong->timestamp == 1 ? 0 : 100));
        } else if (const auto* diff = std::get_if<wire::OrMapDiffResponse>(&message)) {
            for (const auto& entry : diff->entries) keys.push_back(entry.key);
        }
    }
    CHECK(keys == all_of.keys);
    CHECK(pongs == std::vector<std::uint64_t>{1, 2, 3});
    CHECK_FALSE(peer.link->closed());
}

TEST_CASE("an OR record from the future keeps its stamp but does not pull the clock", "[sync]") {
    World world;
    Peer peer(world);
    const auto op = or_add_op("1", "k", "v", kNow + 1'000'000);
    only<wire::OpAck>(peer.say(op));
    CHECK(world.hub->now().millis == kNow);
    CHECK(world.hub->counters().drifted == 1);
    const auto diff = only<wire::OrMapDiffResponse>(peer.say(wire::OrMapDiffRequest{"o", {"k"}}));
    CHECK(diff.entries.at(0).records.at(0) == *op.or_record);
}
