// SPDX-License-Identifier: Apache-2.0
// Policies at work: whatever message asks, the same rules answer.
#include "policies.hpp"
#include "topgun/storage/data_directory_storage.hpp"
#include "topgun/sync/http.hpp"
#include "topgun/wire/http.hpp"

using namespace topgun;
using namespace topgun::test;
using sync::PolicyAction;

namespace {

std::optional<std::string> denial(const std::vector<wire::Message>& heard) {
    const auto errors = all<wire::ErrorMessage>(heard);
    if (errors.empty() || errors[0].code != 403) return std::nullopt;
    return errors[0].message;
}

}  // namespace

TEST_CASE("the first policy closes all other maps, for connections that exist too", "[sync]") {
    World world(World::with_tokens());
    auto ann = enter(world, "ann");
    only<wire::OpAck>(ann.say(put_op("1", "k", "v")));
    must(world.hub->put_policy(allow("other", PolicyAction::all)));
    const auto heard = ann.say(batch_of({put_op("2", "k", "w", kNow + 1)}));
    const auto rejected = all<wire::OpRejected>(heard);
    REQUIRE(rejected.size() == 1);
    CHECK(rejected[0].op_id == "2");
    CHECK(rejected[0].code == 403);
    CHECK(rejected[0].reason == "write access denied for map: m");
    // So that the client's queue moves on.
    REQUIRE(all<wire::OpAck>(heard).size() == 1);
    CHECK(all<wire::OpAck>(heard)[0].last_id == "2");
    CHECK(denial(ann.say(wire::SyncInit{"m", {}})) == "read access denied for map: m");
    CHECK(world.hub->counters().ops_applied == 1);
}

TEST_CASE("allowed ops of a batch are taken when others are denied", "[sync]") {
    World world(World::with_tokens());
    must(world.hub->put_policy(allow("m", PolicyAction::all)));
    auto ann = enter(world, "ann");
    auto elsewhere = put_op("2", "k", "v");
    elsewhere.map_name = "n";
    auto batch = batch_of({put_op("1", "a", "x"), elsewhere, put_op("3", "b", "y")});
    batch.write_concern = wire::WriteConcern::persisted;
    const auto heard = ann.say(batch);
    const auto ack = all<wire::OpAck>(heard).at(0);
    REQUIRE(ack.results);
    CHECK((*ack.results)[0].success);
    CHECK_FALSE((*ack.results)[1].success);
    CHECK((*ack.results)[2].success);
    CHECK(world.hub->counters().ops_applied == 2);
    CHECK(world.hub->counters().denied == 1);
}

TEST_CASE("in the other style a denied op refuses its batch without an acknowledgement", "[sync]") {
    auto options = World::with_tokens();
    options.reject_style = sync::RejectStyle::error;
    World world(options);
    must(world.hub->put_policy(allow("m", PolicyAction::all)));
    auto ann = enter(world, "ann");
    auto elsewhere = put_op("2", "k", "v");
    elsewhere.map_name = "n";
    const auto error =
        only<wire::ErrorMessage>(ann.say(batch_of({put_op("1", "a", "x"), elsewhere})));
    CHECK(error.code == 403);
    CHECK(error.message == "write access denied for map: n");
    CHECK(world.hub->counters().ops_applied == 0);
    CHECK(only<wire::ErrorMessage>(ann.say(elsewhere)).code == 403);
    only<wire::OpAck>(ann.say(put_op("3", "a", "x")));
}

TEST_CASE("a role claims nothing, a subject on the server's list everything", "[sync]") {
    auto options = World::with_tokens();
    options.admin_subjects = {"root"};
    World world(options);
    must(world.hub->put_policy(deny("*", PolicyAction::all)));
    auto root = enter(world, "root");
    only<wire::OpAck>(root.say(put_op("1", "k", "v")));
    only<wire::SyncRespRoot>(root.say(wire::SyncInit{"m", {}}));
    Peer claims(world);
    claims.heard();
    only<wire::AuthAck>(claims.say(
        wire::Auth{make_token(R"({"sub":"eve","exp":1700003600,"roles":["admin"]})"), {}, {}}));
    CHECK(denial(claims.say(wire::SyncInit{"m", {}})));
}

TEST_CASE("a condition sees what is written, and for a deletion what is there", "[sync]") {
    World world(World::with_tokens());
    must(world.hub->put_policy(allow("m", PolicyAction::write, "auth.id == data.ownerId")));
    must(world.hub->put_policy(allow("m", PolicyAction::read)));
    auto ann = enter(world, "ann"), bob = enter(world, "bob");
    const auto accepted = [](Peer& peer, const wire::ClientOp& op) {
        const auto heard = peer.say(op);
        return all<wire::OpRejected>(heard).empty() && all<wire::OpAck>(heard).size() == 1;
    };
    CHECK(accepted(ann, owned("1", "k", "ann")));
    CHECK_FALSE(accepted(bob, owned("1", "l", "ann")));
    CHECK_FALSE(accepted(bob, remove_op("2", "k", kNow + 5)));
    CHECK_FALSE(accepted(bob, remove_op("3", "unknown", kNow + 5)));
    CHECK(accepted(ann, remove_op("2", "k", kNow + 6)));
}

TEST_CASE("deletions can be denied alone", "[sync]") {
    World world(World::with_tokens());
    must(world.hub->put_policy(allow("*", PolicyAction::all)));
    must(world.hub->put_policy(deny("*", PolicyAction::remove)));
    auto ann = enter(world, "ann");
    const auto add = or_add_op("1", "s", "x");
    CHECK(all<wire::OpRejected>(ann.say(put_op("1", "k", "v"))).empty());
    CHECK(all<wire::OpRejected>(ann.say(remove_op("2", "k", kNow + 1))).size() == 1);
    CHECK(all<wire::OpRejected>(ann.say(add)).empty());
    CHECK(all<wire::OpRejected>(ann.say(or_remove_op("3", "s", add.or_record->tag))).size() == 1);
    // The same by a push.
    const auto push = ann.say(wire::OrMapPushDiff{"o", {{"s", {}, {add.or_record->tag}}}});
    CHECK(denial(push));
    CHECK(current_trie(world.hub->maps().shared(), {"o", MapKind::or_map}).root() != 0);
}

TEST_CASE("a deletion of a tag is judged by the record that has it, whichever key is named",
          "[sync]") {
    World world(World::with_tokens());
    must(world.hub->put_policy(allow("o", PolicyAction::all)));
    must(world.hub->put_policy(deny("o", PolicyAction::remove, "data.locked == true")));
    auto ann = enter(world, "ann");
    auto locked = or_add_op("1", "k", ""), free = or_add_op("2", "l", "", kNow + 1);
    locked.or_record->value = json(R"({"locked":true})");
    free.or_record->value = json(R"({"locked":false})");
    auto copied = free;
    copied.key = "copy";
    copied.or_record->tag = locked.or_record->tag;
    for (const auto& op : {locked, free, copied}) {
        CHECK(all<wire::OpRejected>(ann.say(op)).empty());
    }
    const auto root = [&] {
        return current_trie(world.hub->maps().shared(), {"o", MapKind::or_map}).root();
    };
    const auto before = root();
    const auto tag = locked.or_record->tag;
    const auto key = GENERATE(as<std::string>{}, "k", "other", "copy", "");
    CAPTURE(key);
    CHECK(all<wire::OpRejected>(ann.say(or_remove_op("3", key, tag))).size() == 1);
    CHECK(denial(ann.say(wire::OrMapPushDiff{"o", {{key, {}, {tag}}}})));
    // Nobody knows what will come under a tag that is not there yet.
    CHECK(all<wire::OpRejected>(ann.say(or_remove_op("4", key, "unseen"))).size() == 1);
    CHECK(root() == before);
    for (const auto* again : {"5", "6"}) {
        CHECK(
            all<wire::OpRejected>(ann.say(or_remove_op(again, key, free.or_record->tag))).empty());
    }
    CHECK(root() != before);
}

TEST_CASE("every message that reads a map is refused where the map may not be read", "[sync]") {
    World world(World::with_tokens());
    must(world.hub->put_policy(allow("*", PolicyAction::write)));
    auto ann = enter(world, "ann");
    only<wire::OpAck>(ann.say(put_op("1", "k", "v")));
    CHECK(denial(ann.say(wire::SyncInit{"m", {}})));
    CHECK(denial(ann.say(wire::MerkleReqBucket{"m", ""})));
    CHECK(denial(ann.say(wire::OrMapSyncInit{"o", 0, {}, {}, {}})));
    CHECK(denial(ann.say(wire::OrMapMerkleReqBucket{"o", ""})));
    CHECK(denial(ann.say(wire::OrMapDiffRequest{"o", {"k"}})));
    CHECK(denial(ann.say(wire::CounterRequest{"c"})));
    CHECK(denial(ann.say(wire::TopicSub{"t"})));
    wire::JournalSubscribe journal;
    journal.request_id = "j";
    journal.map_name = "m";
    CHECK(denial(ann.say(journal)));
    journal.map_name.reset();
    CHECK(ann.say(journal).empty());
    only<wire::OpAck>(ann.say(put_op("2", "k2", "v")));  // and no event
    wire::JournalRead read;
    read.from_sequence = "0";
    CHECK(only<wire::JournalReadResponse>(ann.say(read)).events.empty());
    wire::EntryProcess process;
    process.map_name = "m";
    process.key = "k";
    process.processor.name = "builtin:get";
    CHECK(only<wire::EntryProcessResponse>(ann.say(process)).error ==
          "read access denied for map: m");
    CHECK(only<wire::LockGranted>(ann.say(wire::LockRequest{"l", "m", {}})).name == "m");
}

TEST_CASE("every message that changes something is refused without permission", "[sync]") {
    World world(World::with_tokens());
    must(world.hub->put_policy(allow("*", PolicyAction::read)));
    auto ann = enter(world, "ann");
    CHECK(all<wire::OpRejected>(ann.say(put_op("1", "k", "v"))).size() == 1);
    const auto record = *or_add_op("1", "s", "x").or_record;
    CHECK(denial(ann.say(wire::OrMapPushDiff{"o", {{"s", {record}, {}}}})));
    wire::CounterState state;
    state.p.append("ann") = 1;
    CHECK(denial(ann.say(wire::CounterSync{"c", state})));
    CHECK(denial(ann.say(wire::TopicPub{"t", {}})));
    wire::EntryProcess process;
    process.map_name = "m";
    process.key = "k";
    process.processor.name = "builtin:increment";
    const auto reply = only<wire::EntryProcessResponse>(ann.say(process));
    CHECK_FALSE(reply.success);
    CHECK(reply.error == "write access denied for map: m");
    CHECK_FALSE(reply.new_value);
    CHECK(world.hub->counters().ops_applied == 0);
}

TEST_CASE("who may read rows of its own sees no others, live or in a walk", "[sync]") {
    World world(World::with_tokens());
    must(world.hub->put_policy(allow("m", PolicyAction::write)));
    must(world.hub->put_policy(allow("m", PolicyAction::read, "auth.id == data.ownerId")));
    auto ann = enter(world, "ann"), bob = enter(world, "bob");
    only<wire::SyncRespRoot>(ann.say(wire::SyncInit{"m", {}}));
    wire::JournalSubscribe journal;
    journal.request_id = "j";
    ann.say(journal);
    bob.say(owned("1", "of-ann", "ann"));
    bob.say(owned("2", "of-bob", "bob"));
    bob.say(remove_op("3", "of-ann", kNow + 1));
    const auto heard = ann.heard();
    const auto events = all<wire::ServerEvent>(heard);
    REQUIRE(events.size() == 2);
    CHECK(events[0].key == "of-ann");
    CHECK(events[1].event_type == wire::EventType::remove);
    CHECK(all<wire::JournalEvent>(heard).size() == 2);
    std::size_t rows = 0;
    for (const char a : std::string("0123456789abcdef")) {
        for (const char b : std::string("0123456789abcdef")) {
            for (const char c : std::string("0123456789abcdef")) {
                const std::string path{a, b, c};
                for (const auto& leaf :
                     all<wire::SyncRespLeaf>(ann.say(wire::MerkleReqBucket{"m", path}))) {
                    for (const auto& one : leaf.records) {
                        ++rows;
                        CHECK(one.key == "of-ann");  // its tombstone
                    }
                }
            }
        }
    }
    CHECK(rows == 1);
    // Whoever does not look at rows one by one gets none of them.
    RequestContext context;
    context.principal = Principal{"ann", {}};
    CHECK_FALSE(world.hub->maps().state({{"m", MapKind::lww}}, context));
    CHECK(must(world.hub->maps().maps(context)).empty());
}

TEST_CASE("POST /sync follows the policies", "[sync]") {
    auto options = World::with_tokens();
    options.anonymous_http = true;
    World world(options);
    must(world.hub->put_policy(allow("m", PolicyAction::all, "auth.id == 'ann'")));
    wire::HttpSyncRequest request;
    request.client_id = "c";
    request.client_hlc = {kNow, 0, "c"};
    request.operations = {put_op("7", "k", "v")};
    request.sync_maps = {{"m", {0, 0, "c"}}};
    Bytes body;
    wire::encode(request, body);
    const auto anonymous = sync::answer_http_sync(*world.hub, "", body);
    auto reply = must(wire::decode_http_sync_response(anonymous.body));
    REQUIRE(reply.errors);
    CHECK(reply.errors->size() == 2);
    CHECK((*reply.errors)[0].code == 403);
    CHECK(world.hub->counters().ops_applied == 0);
    const auto known = sync::answer_http_sync(*world.hub, "Bearer " + good_token("ann"), body);
    reply = must(wire::decode_http_sync_response(known.body));
    CHECK_FALSE(reply.errors);
    REQUIRE(reply.deltas);
    CHECK(reply.deltas->at(0).records.size() == 1);
}

// TG-POL-001
TEST_CASE("policies survive a restart, and so does that there were some", "[sync]") {
    const ScratchDir scratch;
    ManualTime time(kNow);
    sync::SeededEntropy entropy(1);
    const auto with_hub = [&](auto&& use) {
        DataDirectoryStorage storage(must(DataDirectory::open(scratch.file("data"))),
                                     DataDirectoryStorage::Commit::on_flush);
        const auto hub = must(sync::Hub::create(World::no_auth(), storage, time, entropy));
        use(*hub);
        must(storage.flush());
    };
    const auto first = allow("m", PolicyAction::write, "data.a == 1");
    with_hub([&](sync::Hub& hub) {
        CHECK_FALSE(hub.policies().configured());
        must(hub.put_policy(first));
        must(hub.put_policy(deny("n", PolicyAction::all)));
        const auto sequence = must(hub.remove_policy("nothing"));
        CHECK(sequence == 0);
    });
    with_hub([&](sync::Hub& hub) {
        REQUIRE(hub.policies().size() == 2);
        CHECK(hub.policies().list()[1] == first);
        must(hub.put_policy(allow("m", PolicyAction::write)));  // replaces it
        CHECK(hub.policies().size() == 2);
        for (const auto& one : hub.policies().list()) must(hub.remove_policy(one.id));
    });
    with_hub([&](sync::Hub& hub) {
        CHECK(hub.policies().size() == 0);
        CHECK(hub.policies().configured());
        CHECK_FALSE(hub.policies().allows(PolicyAction::read, "m", {}));
    });
}

TEST_CASE("an endpoint does not start with a policy that it cannot read", "[sync]") {
    World world;
    const auto bad = must(parse_json(R"({"mapPattern":"m","action":"reed","effect":"allow"})"));
    Op op;
    op.map = "__topgun_policies";
    op.key = "p";
    op.value = bad;
    op.stamp = {kNow, 0, "server"};
    must(world.storage.store({&op, 1}));
    const auto hub = sync::Hub::create(World::no_auth(), world.storage, world.time, world.entropy);
    REQUIRE_FALSE(hub);
    CHECK(hub.error().message().find("'p'") != std::string::npos);
}

TEST_CASE("policies are bounded, and a bad one changes nothing", "[sync]") {
    auto options = World::no_auth();
    options.limits.policies = 2;
    World world(options);
    CHECK(world.hub->put_policy(allow("m", PolicyAction::all, "nonsense")).error().code() ==
          Errc::bad_input);
    CHECK_FALSE(world.hub->policies().configured());
    must(world.hub->put_policy(allow("a", PolicyAction::all)));
    must(world.hub->put_policy(allow("b", PolicyAction::all)));
    CHECK(world.hub->put_policy(allow("c", PolicyAction::all)).error().code() == Errc::limit);
    must(world.hub->put_policy(allow("b", PolicyAction::all, "1 == 1")));
    world.storage.broken = true;
    CHECK_FALSE(world.hub->put_policy(allow("a", PolicyAction::all, "1 == 2")));
    CHECK_FALSE(world.hub->policies().list()[0].condition);
}

TEST_CASE("what the endpoint keeps for itself is out of everybody's reach", "[sync]") {
    World world;
    must(world.hub->put_policy(allow("**", PolicyAction::all)));
    Peer peer(world);
    CHECK(denial(peer.say(wire::SyncInit{"__topgun_policies", {}})) == "map name is reserved");
    auto op = put_op("1", "p", "x");
    op.map_name = "__topgun_policies";
    CHECK(all<wire::OpRejected>(peer.say(op)).size() == 1);
    for (const auto& id : must(world.hub->maps().maps({}))) CHECK(id.name == "m");
    CHECK_FALSE(world.hub->maps().state({{"__topgun_policies", MapKind::lww}}, {}));
}
