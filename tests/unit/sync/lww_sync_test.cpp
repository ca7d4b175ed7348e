// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

wire::MerkleReqBucket bucket(std::string path) {
    return {"m", std::move(path)};
}

}  // namespace

TEST_CASE("a map that nobody wrote to has root 0, and every path an answer", "[sync]") {
    World world;
    Peer peer(world);
    const auto root = only<wire::SyncRespRoot>(peer.say(wire::SyncInit{"m", {}}));
    CHECK(root.root_hash == 0);
    REQUIRE(root.timestamp);
    CHECK(root.timestamp->node_id == "server");
    for (const auto* path : {"", "4", "4f", "4f9"}) {
        const auto leaf = only<wire::SyncRespLeaf>(peer.say(bucket(path)));
        CHECK(leaf.path == path);
        CHECK(leaf.records.empty());
    }
}

// Reference: wire.md 22.3, computed with TopGun's own client.
TEST_CASE("roots, buckets and leaves are those of TopGun's client", "[sync]") {
    World world;
    Peer peer(world);
    auto op = put_op("1", "hello", "v", kNow, "node-1");
    op.record->timestamp.counter = 1;
    peer.say(op);
    const auto root = only<wire::SyncRespRoot>(peer.say(wire::SyncInit{"m", {}}));
    CHECK(root.root_hash == 582767775u);
    const auto top = only<wire::SyncRespBuckets>(peer.say(bucket("")));
    REQUIRE(top.buckets.size() == 1);
    CHECK(*top.buckets.find("4") == 2901700337u);
    CHECK(*only<wire::SyncRespBuckets>(peer.say(bucket("4"))).buckets.find("f") == 2299658609u);
    CHECK(*only<wire::SyncRespBuckets>(peer.say(bucket("4f"))).buckets.find("9") == 1636669408u);
    const auto leaf = only<wire::SyncRespLeaf>(peer.say(bucket("4f9")));
    REQUIRE(leaf.records.size() == 1);
    CHECK(leaf.records[0].key == "hello");
    CHECK(leaf.records[0].record == *op.record);
    CHECK(only<wire::SyncRespLeaf>(peer.say(bucket("4f8"))).records.empty());
    // A tombstone is part of the tree.
    auto removal = remove_op("2", "k", kNow);
    removal.record->timestamp = {kNow, 1, "node-1"};
    peer.say(removal);
    CHECK(only<wire::SyncRespRoot>(peer.say(wire::SyncInit{"m", {}})).root_hash == 3423344238u);
    const auto both = only<wire::SyncRespBuckets>(peer.say(bucket("")));
    CHECK(*both.buckets.find("e") == 3059171873u);
    const auto gone = only<wire::SyncRespLeaf>(peer.say(bucket("ee0")));
    REQUIRE(gone.records.size() == 1);
    CHECK(gone.records[0].record.value.is_nil());
}

TEST_CASE("paths that no trie has are errors", "[sync]") {
    World world;
    Peer peer(world);
    for (const auto* path : {"g", "4F", "4f91", "042/a", " "}) {
        CAPTURE(path);
        CHECK(only<wire::ErrorMessage>(peer.say(bucket(path))).code == 400);
    }
    CHECK(only<wire::ErrorMessage>(peer.say(wire::SyncInit{"_topgun_x", {}})).code == 403);
    CHECK(only<wire::ErrorMessage>(peer.say(wire::SyncInit{"", {}})).code == 403);
}

TEST_CASE("a large leaf comes in several frames", "[sync]") {
    auto options = World::no_auth();
    options.limits.leaf_bytes = 100;
    World world(options);
    Peer peer(world);
    // Keys that share a leaf are found by trying.
    std::vector<std::string> keys;
    for (int i = 0; keys.size() < 5; ++i) {
        auto key = "k" + std::to_string(i);
        if (fnv1a(key) >> 20 == fnv1a("k0") >> 20) keys.push_back(std::move(key));
    }
    for (const auto& key : keys) peer.say(put_op("1", key, std::string(60, 'x')));
    const auto path = hex32(fnv1a("k0")).substr(0, 3);
    const auto leaves = all<wire::SyncRespLeaf>(peer.say(bucket(path)));
    CHECK(leaves.size() == 3);
    std::size_t records = 0;
    for (const auto& leaf : leaves) {
        CHECK(leaf.path == path);
        records += leaf.records.size();
    }
    CHECK(records == keys.size());
}
