// SPDX-License-Identifier: Apache-2.0
#include "events.hpp"
#include "topgun/value/msgpack.hpp"
#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

// The one record at a key of the LWW map "m", or nothing.
std::optional<Row> row_at(World& world, const std::string& key, Bytes& owner) {
    std::optional<Row> out;
    must(find_rows(world.hub->maps().shared(), {"m", MapKind::lww}, key,
                   [&](const MapId&, const Row& row) {
                       out = row;
                       owner = Bytes(row.value);
                       return Status();
                   }));
    return out;
}

wire::SyncInit init(std::string map) {
    return {std::move(map), {}};
}

}  // namespace

TEST_CASE("an op is stored with its own stamp and acknowledged by its id", "[sync]") {
    World world;
    Peer peer(world);
    const auto ack = only<wire::OpAck>(peer.say(put_op("17", "k", "v", kNow - 5)));
    CHECK(ack.last_id == "17");
    CHECK(ack.achieved_level == wire::WriteConcern::persisted);
    CHECK_FALSE(ack.results);
    Bytes value;
    const auto row = row_at(world, "k", value);
    REQUIRE(row);
    CHECK(row->stamp.millis == kNow - 5);
    CHECK(value == string_value("v"));
}

TEST_CASE("a batch is acknowledged once, by its last op", "[sync]") {
    World world;
    Peer peer(world);
    const auto ack = only<wire::OpAck>(
        peer.say(batch_of({put_op("1", "a", "x"), put_op("2", "b", "y"), remove_op("3", "c")})));
    CHECK(ack.last_id == "3");
    CHECK(only<wire::OpAck>(peer.say(batch_of({}))).last_id == "0");
    auto nameless = put_op("", "d", "z");
    nameless.id.reset();
    CHECK(only<wire::OpAck>(peer.say(nameless)).last_id == "0");
}

// TG-SYN-001
TEST_CASE("nothing is acknowledged or told to others before it is durable", "[sync]") {
    World world;
    Peer writer(world), reader(world);
    only<wire::SyncRespRoot>(reader.say(init("m")));
    world.storage.held = true;
    CHECK(writer.say(put_op("1", "k", "v")).empty());
    CHECK(writer.say(put_op("2", "k2", "v")).empty());
    CHECK(reader.heard().empty());
    CHECK(world.hub->unsettled() == 4);
    world.storage.release();
    world.hub->settle();
    const auto acks = all<wire::OpAck>(writer.heard());
    REQUIRE(acks.size() == 2);
    CHECK(acks[0].last_id == "1");
    CHECK(acks[1].last_id == "2");
    CHECK(events_in(reader.heard()).size() == 2);
    CHECK(world.hub->unsettled() == 0);
}

TEST_CASE("a peer whose acknowledgements pile up is read no further", "[sync]") {
    auto options = World::no_auth();
    options.limits.unsettled = 2;
    World world(options);
    Peer peer(world);
    world.storage.held = true;
    CHECK(peer.link->wants_input());
    peer.say(put_op("1", "k", "v"));
    peer.say(put_op("2", "k", "w", kNow + 1));
    CHECK_FALSE(peer.link->wants_input());
    world.storage.release();
    world.hub->settle();
    CHECK(peer.link->wants_input());
}

TEST_CASE("a storage that failed acknowledges nothing and says so", "[sync]") {
    World world;
    Peer peer(world);
    world.storage.held = true;
    CHECK(peer.say(put_op("1", "k", "v")).empty());
    world.storage.broken = true;
    world.hub->storage_failed(Error(Errc::io, "disk is gone"));
    CHECK(only<wire::ErrorMessage>(peer.heard()).code == 500);
    CHECK(only<wire::ErrorMessage>(peer.say(put_op("2", "k", "v"))).code == 500);
    world.storage.release();
    world.hub->settle();
    CHECK(peer.heard().empty());
}

TEST_CASE("an acknowledgement for one who has left goes nowhere", "[sync]") {
    World world;
    auto peer = std::make_unique<Peer>(world);
    world.storage.held = true;
    CHECK(peer->say(put_op("1", "k", "v")).empty());
    peer.reset();
    world.storage.release();
    world.hub->settle();
    CHECK(world.hub->unsettled() == 0);
    CHECK(world.hub->connections() == 0);
}

// TG-SYN-003
TEST_CASE("the same ops again change nothing, and nobody hears of it", "[sync]") {
    World world;
    Peer writer(world), reader(world);
    only<wire::SyncRespRoot>(reader.say(init("m")));
    const auto batch = batch_of({put_op("1", "a", "x"), remove_op("2", "b", kNow + 1)});
    only<wire::OpAck>(writer.say(batch));
    CHECK(events_in(reader.heard()).size() == 2);
    CHECK(only<wire::OpAck>(writer.say(batch)).last_id == "2");
    CHECK(reader.heard().empty());
    CHECK(world.hub->counters().ops_repeated == 2);
    CHECK(world.hub->counters().ops_applied == 2);
}

TEST_CASE("the newer stamp wins, whichever comes first", "[sync]") {
    World world;
    Peer writer(world), reader(world);
    only<wire::SyncRespRoot>(reader.say(init("m")));
    writer.say(put_op("1", "k", "new", kNow));
    CHECK(only<wire::OpAck>(writer.say(put_op("2", "k", "old", kNow - 1))).last_id == "2");
    CHECK(all<wire::ServerEvent>(reader.heard()).size() == 1);
    Bytes value;
    REQUIRE(row_at(world, "k", value));
    CHECK(value == string_value("new"));
    CHECK(world.hub->counters().ops_lost == 1);
}

TEST_CASE("others hear of changes, the writer does not", "[sync]") {
    World world;
    Peer writer(world), reader(world), stranger(world);
    only<wire::SyncRespRoot>(reader.say(init("m")));
    only<wire::OpAck>(writer.say(put_op("1", "k", "v")));
    const auto put = only<wire::ServerEvent>(reader.heard());
    CHECK(put.event_type == wire::EventType::put);
    CHECK(put.map_name == "m");
    CHECK(put.key == "k");
    REQUIRE(put.record);
    CHECK(put.record->value == text_value("v"));
    CHECK_FALSE(put.record->ttl_ms);
    only<wire::OpAck>(writer.say(remove_op("2", "k", kNow + 1)));
    const auto removal = only<wire::ServerEvent>(reader.heard());
    CHECK(removal.event_type == wire::EventType::remove);
    REQUIRE(removal.record);  // without it TopGun's client would pass over the event
    CHECK(removal.record->value.is_nil());
    CHECK(removal.record->timestamp.millis == kNow + 1);
    CHECK(stranger.heard().empty());
    // Who has left hears nothing, and nothing breaks.
    reader.link.reset();
    only<wire::OpAck>(writer.say(put_op("3", "k", "w", kNow + 2)));
}

TEST_CASE("removals are read in all forms that clients write them", "[sync]") {
    World world;
    Peer peer(world);
    peer.say(batch_of({put_op("1", "a", "x"), put_op("2", "b", "x"), put_op("3", "c", "x")}));
    auto nil_record = put_op("4", "a", "");
    nil_record.op_type = "REMOVE";
    nil_record.record.set_nil();
    nil_record.timestamp = Timestamp{kNow + 1, 0, "c1"};
    auto put_of_nil = put_op("5", "b", "", kNow + 1);
    put_of_nil.record->value = {};
    auto unstamped = nil_record;
    unstamped.id = "6";
    unstamped.key = "c";
    unstamped.timestamp.reset();
    const auto heard = peer.say(batch_of({nil_record, put_of_nil, unstamped}));
    REQUIRE(all<wire::OpAck>(heard).size() == 1);
    for (const auto* key : {"a", "b", "c"}) {
        CAPTURE(key);
        Bytes value;
        const auto row = row_at(world, key, value);
        REQUIRE(row);
        CHECK(row->is_lww_tombstone());
    }
    // The stamp that only the endpoint knows is told to the writer.
    const auto echo = all<wire::ServerEvent>(heard);
    REQUIRE(echo.size() == 1);
    CHECK(echo[0].key == "c");
    CHECK(echo[0].record->timestamp.node_id == "server");
}

// TG-SYN-002
TEST_CASE("a write from the future takes the time of its arrival, and the clock stays", "[sync]") {
    World world;
    Peer peer(world);
    const auto future = put_op("1", "k", "v", kNow + 60'001);
    const auto heard = peer.say(future);
    REQUIRE(all<wire::OpAck>(heard).size() == 1);
    const auto echo = all<wire::ServerEvent>(heard);
    REQUIRE(echo.size() == 1);
    CHECK(echo[0].record->timestamp.millis == kNow);
    CHECK(echo[0].record->timestamp.node_id == "server");
    CHECK(world.hub->now().millis == kNow);
    // Sent again it is the same write, although its stamp was made here.
    peer.say(put_op("2", "k", "later", kNow + 1));
    peer.say(future);
    Bytes value;
    REQUIRE(row_at(world, "k", value));
    CHECK(value == string_value("later"));
    CHECK(world.hub->counters().drifted == 2);
}

TEST_CASE("a stamp ahead by no more than the limit is kept and followed", "[sync]") {
    World world;
    Peer peer(world);
    only<wire::OpAck>(peer.say(put_op("1", "k", "v", kNow + 60'000)));
    Bytes value;
    CHECK(row_at(world, "k", value)->stamp.millis == kNow + 60'000);
    CHECK(world.hub->now().millis == kNow + 60'000);
    CHECK(world.hub->counters().drifted == 0);
}

TEST_CASE("writes from the future can be refused instead", "[sync]") {
    auto options = World::no_auth();
    options.on_drift = sync::DriftAction::refuse;
    World world(options);
    Peer peer(world);
    const auto heard =
        peer.say(batch_of({put_op("1", "k", "v", kNow + 90'000), put_op("2", "l", "v")}));
    REQUIRE(all<wire::OpRejected>(heard).size() == 1);
    CHECK(all<wire::OpRejected>(heard)[0].op_id == "1");
    CHECK(all<wire::OpAck>(heard).at(0).last_id == "2");
}

TEST_CASE("a write that was too far ahead is taken as it is once it is no more", "[sync]") {
    World world;
    Peer peer(world);
    const auto future = put_op("1", "k", "v", kNow + 90'000);
    peer.say(future);
    world.time.advance(100'000);
    peer.say(future);
    Bytes value;
    CHECK(row_at(world, "k", value)->stamp.millis >= kNow + 90'000);
}

TEST_CASE("with restamp the last write to arrive wins", "[sync]") {
    auto options = World::no_auth();
    options.restamp = true;
    World world(options);
    Peer peer(world);
    peer.say(put_op("1", "k", "made later", kNow + 5'000));
    const auto second = put_op("2", "k", "made earlier", kNow - 5'000);
    const auto heard = peer.say(second);
    // The writer learns the stamp that its write has now, which beats its own.
    const auto echo = all<wire::ServerEvent>(heard);
    REQUIRE(echo.size() == 1);
    CHECK(echo[0].record->timestamp.node_id == "server");
    CHECK(echo[0].record->timestamp.millis >= kNow + 5'000);
    Bytes value;
    REQUIRE(row_at(world, "k", value));
    CHECK(value == string_value("made earlier"));
    // A repetition is no new arrival.
    peer.say(put_op("3", "k", "last", kNow));
    peer.say(second);
    REQUIRE(row_at(world, "k", value));
    CHECK(value == string_value("last"));
    CHECK(world.hub->counters().drifted == 0);
    // Between tags no stamp decides.
    CHECK(all<wire::ServerEvent>(peer.say(or_add_op("4", "k", "v"))).empty());
}

TEST_CASE("the clock does not run back over a restart", "[sync]") {
    World world;
    Peer peer(world);
    peer.say(put_op("1", "k", "v", kNow + 50'000));
    peer.link.reset();
    const auto before = world.hub->now();
    world.hub = must(sync::Hub::create(World::no_auth(), world.storage, world.time, world.entropy));
    CHECK(world.hub->now() > Timestamp(kNow + 50'000, 0, "c1"));
    CHECK(before.millis == kNow + 50'000);
}

TEST_CASE("ops that cannot be stored are rejected one by one, and covered", "[sync]") {
    World world;
    Peer peer(world);
    auto reserved = put_op("2", "k", "v");
    reserved.map_name = "_TopGun_x";
    auto colon = put_op("3", "k", "v");
    colon.map_name = "a:b";
    auto empty = put_op("4", "k", "v");
    empty.record.reset();
    auto nowhere = put_op("5", "k", "v");
    nowhere.record->timestamp.node_id.clear();
    auto untagged = or_add_op("6", "k", "v");
    untagged.or_record->tag.clear();
    auto nul = put_op("7", "k", "v");
    nul.map_name = std::string("a\0b", 3);
    const auto heard =
        peer.say(batch_of({put_op("1", "a", "x"), reserved, colon, empty, nowhere, untagged, nul}));
    const auto rejected = all<wire::OpRejected>(heard);
    REQUIRE(rejected.size() == 6);
    for (std::size_t i = 0; i < rejected.size(); ++i) {
        CHECK(rejected[i].op_id == std::to_string(i + 2));
    }
    CHECK(rejected[0].code == 403);
    CHECK(std::holds_alternative<wire::OpAck>(heard.back()));
    CHECK(std::get<wire::OpAck>(heard.back()).last_id == "7");
    Bytes value;
    CHECK(row_at(world, "a", value));
    CHECK(world.hub->counters().ops_rejected == 6);
}

TEST_CASE("results are given for each op when a concern is stated", "[sync]") {
    World world;
    Peer peer(world);
    auto batch = batch_of({put_op("1", "a", "x"), put_op("2", "b", "x")});
    batch.write_concern = wire::WriteConcern::persisted;
    batch.ops[0].map_name = "";
    const auto heard = peer.say(batch);
    const auto acks = all<wire::OpAck>(heard);
    REQUIRE(acks.size() == 1);
    REQUIRE(acks[0].results);
    REQUIRE(acks[0].results->size() == 2);
    CHECK_FALSE((*acks[0].results)[0].success);
    CHECK((*acks[0].results)[0].error);
    CHECK((*acks[0].results)[1].success);
    CHECK((*acks[0].results)[1].achieved_level == wire::WriteConcern::persisted);
}

TEST_CASE("one unreadable op does not keep the others from being taken", "[sync]") {
    World world;
    Peer peer(world);
    // JavaScript's serializer writes a function as an extension, which no map can hold.
    const auto good = wire::encoded(put_op("1", "a", "x"));
    const auto from = good.find("payload") + 7;
    Bytes frame = "\x82\xa4type\xa8OP_BATCH\xa7payload\x81\xa3ops\x92";
    frame += good.substr(from);
    const Bytes bad =
        "\x84\xa2id\xa1"
        "2\xa7mapName\xa1m\xa3key\xa1k\xa6record\x81\xa5value\xd4";
    frame += bad + Bytes(2, '\0');
    const auto heard = peer.say_bytes(frame);
    const auto rejected = all<wire::OpRejected>(heard);
    REQUIRE(rejected.size() == 1);
    CHECK(rejected[0].op_id == "2");
    REQUIRE(all<wire::OpAck>(heard).size() == 1);
    CHECK(all<wire::OpAck>(heard)[0].last_id == "2");
    Bytes value;
    CHECK(row_at(world, "a", value));
}

TEST_CASE("a guard forbids maps op by op", "[sync]") {
    auto options = World::no_auth();
    options.guard = [](const MapId& map, MapAccess access, const RequestContext&) -> Status {
        if (map.name != "m" && access == MapAccess::write) return Error(Errc::usage, "not yours");
        return {};
    };
    World world(options);
    Peer peer(world);
    const auto heard = peer.say(batch_of({put_op("1", "a", "x"), or_add_op("2", "k", "v")}));
    REQUIRE(all<wire::OpRejected>(heard).size() == 1);
    CHECK(all<wire::OpRejected>(heard)[0].reason == "not yours");
    CHECK(all<wire::OpRejected>(heard)[0].code == 403);
}

TEST_CASE("tags are kept, told to others, and never come back", "[sync]") {
    World world;
    Peer writer(world), reader(world);
    only<wire::OrMapSyncRespRoot>(reader.say(wire::OrMapSyncInit{"o", 0, {}, {}, {}}));
    const auto add = or_add_op("1", "k", "v");
    const auto tag = add.or_record->tag;
    only<wire::OpAck>(writer.say(add));
    const auto added = only<wire::ServerEvent>(reader.heard());
    CHECK(added.event_type == wire::EventType::or_add);
    CHECK(added.or_tag == tag);
    CHECK(added.or_record == *add.or_record);
    only<wire::OpAck>(writer.say(or_remove_op("2", "k", tag)));
    const auto removed = only<wire::ServerEvent>(reader.heard());
    CHECK(removed.event_type == wire::EventType::or_remove);
    CHECK(removed.key == "k");
    CHECK(removed.or_tag == tag);
    // Who adds it again is told that it is gone.
    const auto heard = writer.say(add);
    REQUIRE(all<wire::ServerEvent>(heard).size() == 1);
    CHECK(all<wire::ServerEvent>(heard)[0].or_tag == tag);
    CHECK(all<wire::ServerEvent>(heard)[0].event_type == wire::EventType::or_remove);
    CHECK(reader.heard().empty());
}

TEST_CASE("a removal that comes before its add holds", "[sync]") {
    World world;
    Peer peer(world);
    const auto add = or_add_op("2", "k", "v");
    only<wire::OpAck>(peer.say(or_remove_op("1", "k", add.or_record->tag)));
    peer.say(add);
    CHECK(current_trie(world.hub->maps().shared(), {"o", MapKind::or_map}).root() == 0);
}

TEST_CASE("who first touches a map that holds something is told its root", "[sync]") {
    World world;
    Peer first(world), second(world), third(world);
    only<wire::OpAck>(first.say(put_op("1", "a", "x")));
    const auto heard = second.say(put_op("1", "b", "y"));
    const auto roots = all<wire::SyncRespRoot>(heard);
    REQUIRE(roots.size() == 1);
    CHECK(roots[0].map_name == "m");
    CHECK(all<wire::SyncRespRoot>(second.say(put_op("2", "c", "z"))).empty());
    wire::QuerySub query;
    query.query_id = "q";
    query.map_name = "m";
    const auto answer = third.say(query);
    CHECK(all<wire::QueryResp>(answer).size() == 1);
    CHECK(all<wire::SyncRespRoot>(answer).size() == 1);
    CHECK(all<wire::ServerEvent>(first.heard()).size() == 2);
    only<wire::OpAck>(first.say(put_op("3", "d", "z")));
    CHECK(all<wire::ServerEvent>(third.heard()).size() == 1);
}

// TG-SYN-002
TEST_CASE("a stamp that no clock will reach is refused at every door", "[sync]") {
    World world;
    Peer peer(world);
    const auto millis =
        GENERATE(as<std::uint64_t>{}, kMaxMillis, kNow + Hlc::kMostLeadMs + 1, 10'000'000'000'000);
    auto added = or_add_op("1", "k", "v", millis);
    added.or_record->timestamp.counter = kMaxCounter;
    const auto heard = peer.say(batch_of({added}));
    REQUIRE(all<wire::OpRejected>(heard).size() == 1);
    CHECK(all<wire::OpRejected>(heard)[0].reason == "timestamp is too far ahead");
    CHECK(all<wire::OpAck>(heard).size() == 1);
    CHECK(all<wire::OpRejected>(peer.say(added)).size() == 1);
    CHECK(
        all<wire::ErrorMessage>(peer.say(wire::OrMapPushDiff{"o", {{"k", {*added.or_record}, {}}}}))
            .size() == 1);
    OwnedOp merged = put("k", {millis, kMaxCounter, "c1"}, string_value("v"));
    merged.map = "o";
    merged.kind = OpKind::or_add;
    merged.tag = "t";
    const Op view = merged.view();
    CHECK(must(world.hub->merge({&view, 1}, {}, 0)).rejections.size() == 1);
    CHECK(must(world.hub->absorb({&view, 1}, 0)).rejections.size() == 1);
    CHECK(current_trie(world.hub->maps().shared(), {"o", MapKind::or_map}).root() == 0);
    CHECK(world.hub->now().millis == kNow);
    CHECK(world.hub->counters().drifted == 5);
}

TEST_CASE("no option lets clocks be years apart", "[sync]") {
    auto options = World::no_auth();
    MemoryStorage storage;
    options.max_drift_ms = Hlc::kMostLeadMs;
    CHECK(sync::Hub::create(options, storage));
    options.max_drift_ms += 1;
    const auto refused = sync::Hub::create(options, storage);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::usage);
}
