// SPDX-License-Identifier: Apache-2.0
// What a client can sync: a data directory, and an endpoint that has clients of its own.
#include "client_world.hpp"
#include "events.hpp"
#include "topgun/storage/data_directory.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

const MapId kMap{"m", MapKind::lww};

// Until neither side has anything to say.
void exchange(sync::Client& client, sync::Connection& link) {
    for (bool moved = true; moved;) {
        moved = false;
        while (const auto frame = client.take()) {
            must(link.receive(*frame));
            moved = true;
        }
        while (const auto frame = link.take()) {
            client.receive(*frame);
            moved = true;
        }
    }
}

}  // namespace

TEST_CASE("what was pulled into a data directory is there after it is opened again",
          "[sync][client]") {
    World world;
    fill(world, many_puts(200));
    fill(world,
         {or_add("o", {kNow, 1, "n"}, int_value(1)), or_remove("gone"), counter("n1", 4, 1)});
    const ScratchDir scratch;
    {
        const auto directory = must(DataDirectory::open(scratch.file("data")));
        const auto mine = put("mine", {kNow, 0, "n2"}, int_value(2));
        const auto op = mine.view();
        must(directory->append({&op, 1}));
        sync::DirectoryReplica local(*directory);
        sync::Client client({}, local);
        client.start({});
        const auto link = world.hub->connect();
        client.connected(1);
        exchange(client, *link);
        REQUIRE(client.state() == sync::ClientState::finished);
        CHECK(directory->durable() == directory->stats().appended);
    }
    DataDirectoryOptions reading;
    reading.read_only = true;
    const auto again = must(DataDirectory::open(scratch.file("data"), reading));
    CHECK(differences(lines_of(*again->state()), lines_of(world.hub->maps().shared())) == kNone);
}

TEST_CASE("two endpoints are kept equal by a client, and clients of one hear of the other",
          "[sync][client]") {
    World far, near;
    fill(far, many_puts(30));
    Peer listener(near);
    listener.say(wire::SyncInit{"m", {}});
    sync::HubReplica local(*near.hub);
    sync::Client client({}, local);
    sync::SyncJob job;
    job.follow = true;
    client.start(job);
    const auto link = far.hub->connect();
    client.connected(1);
    exchange(client, *link);
    REQUIRE(client.state() == sync::ClientState::following);
    CHECK(root_of(near, kMap) == root_of(far, kMap));
    CHECK(events_in(listener.heard()).size() == 30);
    Peer writer(far);
    writer.say(put_op("1", "fresh", "v"));
    exchange(client, *link);
    CHECK(events_in(listener.heard()).size() == 1);
    CHECK(root_of(near, kMap) == root_of(far, kMap));
}
