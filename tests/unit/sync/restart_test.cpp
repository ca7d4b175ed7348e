// SPDX-License-Identifier: Apache-2.0
// The endpoint on a data directory: acknowledgements after the disk, and what a restart keeps.
#include "topgun/storage/data_directory_storage.hpp"
#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

std::unique_ptr<DataDirectoryStorage> open_storage(const ScratchDir& scratch) {
    return std::make_unique<DataDirectoryStorage>(must(DataDirectory::open(scratch.file("data"))),
                                                  DataDirectoryStorage::Commit::on_flush);
}

std::vector<wire::Message> taken(sync::Connection& peer) {
    std::vector<wire::Message> out;
    while (const auto frame = peer.take()) out.push_back(must(wire::decode(*frame, {true})));
    return out;
}

}  // namespace

// TG-SYN-001
TEST_CASE("one sync of the disk acknowledges all writers that wait for it", "[sync]") {
    const ScratchDir scratch;
    ManualTime time(kNow);
    sync::SeededEntropy entropy(1);
    const auto storage = open_storage(scratch);
    const auto hub = must(sync::Hub::create(World::no_auth(), *storage, time, entropy));
    const auto ann = hub->connect(), bob = hub->connect();
    must(ann->receive(wire::encoded(put_op("1", "a", "x"))));
    must(bob->receive(wire::encoded(or_add_op("5", "b", "y"))));
    CHECK(taken(*ann).empty());
    CHECK(taken(*bob).empty());
    must(storage->flush());
    hub->settle();
    CHECK(only<wire::OpAck>(taken(*ann)).last_id == "1");
    CHECK(only<wire::OpAck>(taken(*bob)).last_id == "5");
}

// TG-SYN-002
TEST_CASE("a restart keeps roots, and stamps only what comes after", "[sync]") {
    const ScratchDir scratch;
    ManualTime time(kNow);
    sync::SeededEntropy entropy(1);
    const auto root_after = [&](const std::vector<wire::ClientOp>& ops) {
        const auto storage = open_storage(scratch);
        const auto hub = must(sync::Hub::create(World::no_auth(), *storage, time, entropy));
        const auto peer = hub->connect();
        for (const auto& op : ops) must(peer->receive(wire::encoded(op)));
        must(storage->flush());
        hub->settle();
        taken(*peer);
        must(peer->receive(wire::encoded(wire::SyncInit{"m", {}})));
        return only<wire::SyncRespRoot>(taken(*peer));
    };
    const auto before = root_after({put_op("1", "a", "x", kNow + 30'000), remove_op("2", "b")});
    time.set(kNow - 5'000);  // the machine's clock was put back meanwhile
    const auto after = root_after({});
    CHECK(before.root_hash != 0);
    CHECK(after.root_hash == before.root_hash);
    CHECK(after.timestamp->millis == kNow + 30'000);
    CHECK(*after.timestamp > Timestamp(kNow + 30'000, 0, "c1"));
}

// TG-SYN-002
TEST_CASE("stored stamps of the far future are served, and do not become the time", "[sync]") {
    const ScratchDir scratch;
    ManualTime time(kNow);
    sync::SeededEntropy entropy(1);
    const auto node = GENERATE(as<std::string>{}, "evil", "server");
    const auto storage = open_storage(scratch);
    auto put_there = put("k", {kMaxMillis, kMaxCounter, node}, string_value("v"));
    put_there.map = "m";
    auto added = put_there;
    added.kind = OpKind::or_add;
    added.tag = "t";
    const std::vector<Op> ops{put_there.view(), added.view()};
    must(storage->store(ops));
    must(storage->flush());
    const auto hub = must(sync::Hub::create(World::no_auth(), *storage, time, entropy));
    CHECK(hub->now().millis == kNow + 60'000);
    const auto peer = hub->connect();
    taken(*peer);
    must(peer->receive(wire::encoded(wire::SyncInit{"m", {}})));
    CHECK(only<wire::SyncRespRoot>(taken(*peer)).timestamp->millis == kNow + 60'000);
    must(peer->receive(wire::encoded(wire::OrMapDiffRequest{"m", {"k"}})));
    const auto diff = only<wire::OrMapDiffResponse>(taken(*peer));
    CHECK(diff.entries.at(0).records.at(0).timestamp.millis == kMaxMillis);
    must(peer->receive(wire::encoded(wire::LockRequest{"r", "lock", 1000})));
    must(storage->flush());
    hub->settle();
    only<wire::LockGranted>(taken(*peer));
}
