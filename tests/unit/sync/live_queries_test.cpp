// SPDX-License-Identifier: Apache-2.0
// Queries over the wire: their first answer, and what changes in it.
#include <ctime>

#include "documents.hpp"
#include "topgun/query/run.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

wire::QuerySub sub(std::string_view query = "{}", std::string id = "q", std::string map = "m") {
    return {
        std::move(id), std::move(map), query::to_wire(must(query::parse_query_json(query))), {}};
}

Keys keys_of(const wire::QueryResp& answer) {
    Keys out;
    for (const auto& row : answer.results) out.push_back(row.key);
    return out;
}

// What a watcher is told, as "+a -b =c".
std::string story(Peer& peer) {
    return story_of<wire::QueryUpdate>(peer.heard());
}

void write(Peer& peer, std::vector<wire::ClientOp> ops) {
    peer.say(batch_of(std::move(ops)));
}

// a 1, b 2, and so on.
void write_numbers(Peer& peer, std::string_view keys) {
    std::vector<wire::ClientOp> ops;
    std::uint64_t n = 0;
    for (const char key : keys) {
        ops.push_back(put_json(std::string(1, key), R"({"n":)" + std::to_string(++n) + '}'));
    }
    write(peer, std::move(ops));
}

}  // namespace

TEST_CASE("a query on nothing, or on an unknown map, is answered with nothing", "[sync][live]") {
    World world;
    Peer peer(world);
    for (const auto* map : {"m", "never-written"}) {
        const auto answer = only<wire::QueryResp>(peer.say(sub("{}", "q", map)));
        CHECK(answer.query_id == "q");
        CHECK(answer.results.empty());
        CHECK(answer.has_more == false);
        CHECK_FALSE(answer.next_cursor);
        CHECK_FALSE(answer.error);
        CHECK(answer.cursor_status == wire::CursorStatus::none);
    }
}

TEST_CASE("the first answer follows where, predicate, sort, limit and fields", "[sync][live]") {
    World world;
    Peer writer(world), peer(world);
    write(writer, {put_json("a", R"({"n":3,"c":"x"})"), put_json("b", R"({"n":1,"c":"y"})"),
                   put_json("c", R"({"n":2,"c":"x"})")});
    const auto ask = [&](std::string_view query) {
        return all<wire::QueryResp>(peer.say(sub(query))).at(0);
    };
    CHECK(keys_of(ask("{}")) == Keys{"a", "b", "c"});
    CHECK(keys_of(ask(R"({"where":{"c":"x"}})")) == Keys{"a", "c"});
    CHECK(keys_of(ask(R"({"predicate":{"op":"gt","attribute":"n","value":1}})")) == Keys{"a", "c"});
    CHECK(keys_of(ask(R"({"sort":[{"field":"n","direction":"asc"}]})")) == Keys{"b", "c", "a"});
    CHECK(keys_of(ask(R"({"sort":[{"field":"n","direction":"desc"}],"limit":2})")) ==
          Keys{"a", "c"});
    auto projected = sub();
    projected.fields = std::vector<std::string>{"c"};
    const auto answer = only<wire::QueryResp>(peer.say(projected));
    CHECK(answer.results.at(0).value == json(R"({"c":"x"})"));
}

TEST_CASE("pages go on where the cursor says, until there is no more", "[sync][live]") {
    World world;
    Peer writer(world), peer(world);
    write_numbers(writer, "abcdefg");
    Keys seen;
    std::string cursor;
    for (int page = 0; page < 4; ++page) {
        std::string query = R"({"sort":[{"field":"n","direction":"desc"}],"limit":3)";
        if (!cursor.empty()) query += R"(,"cursor":")" + cursor + '"';
        const auto answer = all<wire::QueryResp>(peer.say(sub(query + '}'))).at(0);
        CHECK(answer.cursor_status ==
              (cursor.empty() ? wire::CursorStatus::none : wire::CursorStatus::valid));
        for (auto& key : keys_of(answer)) seen.push_back(key);
        if (answer.has_more == false) break;
        REQUIRE(answer.next_cursor);
        cursor = *answer.next_cursor;
    }
    CHECK(seen == Keys{"g", "f", "e", "d", "c", "b", "a"});
}

TEST_CASE("a full page that is the last one says so", "[sync][live]") {
    World world;
    Peer writer(world), peer(world);
    write_numbers(writer, "abc");
    const auto answer =
        all<wire::QueryResp>(
            peer.say(sub(R"({"sort":[{"field":"n","direction":"asc"}],"limit":3})")))
            .at(0);
    CHECK(answer.results.size() == 3);
    CHECK(answer.has_more == false);
    CHECK_FALSE(answer.next_cursor);
}

TEST_CASE("a cursor that is none, or forged, gives the first page and a word", "[sync][live]") {
    World world;
    Peer writer(world), peer(world);
    write_numbers(writer, "abcdef");
    const std::string sorted = R"({"sort":[{"field":"n","direction":"asc"}],"limit":2)";
    const auto first = all<wire::QueryResp>(peer.say(sub(sorted + '}'))).at(0);
    REQUIRE(first.next_cursor);
    // Signed by somebody else: right in form, and made for the same query.
    auto query = must(query::parse_query_json(sorted + '}'));
    const auto state = read_live(world.hub->maps().shared(), {{"m", MapKind::lww}});
    const auto page = must(query::run_query(*state, {"m", MapKind::lww}, query, kNow));
    REQUIRE(page.next_cursor);
    auto changed = *first.next_cursor;
    changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
    for (const auto& cursor : {std::string("nonsense"), *page.next_cursor, changed}) {
        CAPTURE(cursor);
        const auto answer =
            all<wire::QueryResp>(peer.say(sub(sorted + R"(,"cursor":")" + cursor + "\"}"))).at(0);
        CHECK(answer.cursor_status == wire::CursorStatus::invalid);
        CHECK(keys_of(answer) == Keys{"a", "b"});
        CHECK_FALSE(answer.error);
    }
}

TEST_CASE("each change is told once, to the writer too", "[sync][live]") {
    World world;
    Peer writer(world), reader(world);
    for (auto* peer : {&writer, &reader}) peer->say(sub(R"({"where":{"c":"x"}})"));
    const auto both = [&](std::vector<wire::ClientOp> ops) {
        const auto mine = story_of<wire::QueryUpdate>(writer.say(batch_of(std::move(ops))));
        CHECK(story(reader) == mine);
        return mine;
    };
    CHECK(both({put_json("a", R"({"c":"x"})")}) == "+a");
    CHECK(both({put_json("b", R"({"c":"y"})")}).empty());
    CHECK(both({put_json("a", R"({"c":"x","n":1})", kNow + 1)}) == "=a");
    // The same again, and something older, change nothing (TG-SYN-003).
    CHECK(both({put_json("a", R"({"c":"x","n":1})", kNow + 1)}).empty());
    CHECK(both({put_json("a", R"({"c":"y"})", kNow)}).empty());
    CHECK(both({put_json("b", R"({"c":"x"})", kNow + 1)}) == "+b");
    CHECK(both({put_json("a", R"({"c":"y"})", kNow + 2), remove_op("2", "b", kNow + 2)}) ==
          "-a -b");
    CHECK(both({remove_op("3", "zz", kNow)}).empty());
}

TEST_CASE("an update has the row's value, a leave none", "[sync][live]") {
    World world;
    Peer peer(world);
    auto asked = sub();
    asked.fields = std::vector<std::string>{"n"};
    peer.say(asked);
    auto told = all<wire::QueryUpdate>(peer.say(batch_of({put_json("a", R"({"n":1,"s":"t"})")})));
    REQUIRE(told.size() == 1);
    CHECK(told[0].query_id == "q");
    CHECK(told[0].value == json(R"({"n":1})"));
    told = all<wire::QueryUpdate>(peer.say(batch_of({remove_op("2", "a", kNow + 1)})));
    REQUIRE(told.size() == 1);
    CHECK(told[0].change_type == wire::ChangeType::leave);
    CHECK(told[0].value.is_nil());
}

TEST_CASE("a window with a limit moves with what is before it", "[sync][live]") {
    World world;
    Peer writer(world), peer(world);
    write_numbers(writer, "abcd");
    peer.say(sub(R"({"sort":[{"field":"n","direction":"asc"}],"limit":2})"));
    write(writer, {put_json("z", R"({"n":0})")});
    CHECK(story(peer) == "-b +z");
    write(writer, {remove_op("9", "a", kNow + 1)});
    CHECK(story(peer) == "-a +b");
    write(writer, {put_json("d", R"({"n":9})", kNow + 1)});
    CHECK(story(peer).empty());
}

TEST_CASE("changes are told when they are durable, and after the first answer", "[sync][live]") {
    World world;
    world.storage.held = true;
    Peer writer(world), early(world);
    early.say(sub());
    write(writer, {put_json("a", "1")});
    CHECK(early.heard().empty());
    // One that asks meanwhile has the record in its answer, and is not told of it again.
    Peer late(world);
    CHECK(keys_of(all<wire::QueryResp>(late.say(sub())).at(0)) == Keys{"a"});
    write(writer, {put_json("b", "2")});
    world.storage.release();
    world.hub->settle();
    CHECK(story(early) == "+a +b");
    CHECK(story(late) == "+b");
}

TEST_CASE("the end of a record is not told before its beginning", "[sync][live]") {
    World world;
    Peer writer(world), peer(world);
    peer.say(sub());
    world.storage.held = true;
    write(writer, {put_json("a", "1", kNow, 100)});
    world.time.advance(1'000);
    world.hub->tick(1'000);
    world.storage.release();
    world.hub->settle();
    world.hub->tick(1'100);
    CHECK(story(peer) == "+a -a");
}

TEST_CASE("the same id again replaces the query", "[sync][live]") {
    World world;
    Peer writer(world), peer(world);
    peer.say(sub(R"({"where":{"c":"x"}})"));
    peer.say(sub(R"({"where":{"c":"y"}})"));
    write(writer, {put_json("a", R"({"c":"x"})"), put_json("b", R"({"c":"y"})")});
    CHECK(story(peer) == "+b");
    // Of another map, too.
    peer.say(sub("{}", "q", "other"));
    write(writer, {put_json("c", R"({"c":"y"})")});
    CHECK(story(peer).empty());
}

TEST_CASE("after QUERY_UNSUB nothing comes, not even what was on its way", "[sync][live]") {
    World world;
    Peer writer(world), peer(world);
    peer.say(sub("{}", "q"));
    peer.say(sub("{}", "kept"));
    world.storage.held = true;
    write(writer, {put_json("a", "1")});
    peer.say(wire::QueryUnsub{"q"});
    peer.say(wire::QueryUnsub{"never there"});
    world.storage.release();
    world.hub->settle();
    const auto told = all<wire::QueryUpdate>(peer.heard());
    REQUIRE(told.size() == 1);
    CHECK(told[0].query_id == "kept");
}

TEST_CASE("groups are sent anew when they have changed, and only then", "[sync][live]") {
    World world;
    Peer writer(world), peer(world);
    write(writer, {put_json("a", R"({"c":"x","n":1})")});
    const auto first = all<wire::QueryResp>(
        peer.say(sub(R"({"groupBy":["c"],"aggregations":[{"func":"sum","field":"n"}]})")));
    REQUIRE(first.size() == 1);
    CHECK(first[0].results.size() == 1);
    const auto ticked = [&] {
        ::timespec wait{0, 50'000'000};  // Groups rest between two runs, by real time.
        ::nanosleep(&wait, nullptr);
        world.hub->tick(1'000);
        return all<wire::QueryResp>(peer.heard());
    };
    CHECK(ticked().empty());
    // The map changes, its groups do not.
    write(writer, {put_json("a", R"({"c":"x","n":1,"other":1})", kNow + 1)});
    CHECK(ticked().empty());
    write(writer, {put_json("b", R"({"c":"y","n":2})")});
    const auto anew = ticked();
    REQUIRE(anew.size() == 1);
    CHECK(anew[0].results.size() == 2);
    CHECK(ticked().empty());
    write(writer, {remove_op("5", "b", kNow + 1)});
    REQUIRE(ticked().size() == 1);
}

TEST_CASE("groups are not told of what is not durable", "[sync][live]") {
    World world;
    Peer writer(world), peer(world);
    peer.say(sub(R"({"groupBy":["c"]})"));
    world.storage.held = true;
    write(writer, {put_json("a", R"({"c":"x"})")});
    world.hub->tick(1'000);
    CHECK(peer.heard().empty());
    world.storage.release();
    world.hub->tick(1'100);
    CHECK(all<wire::QueryResp>(peer.heard()).size() == 1);
}

TEST_CASE("a record past its time leaves, unless it was written again", "[sync][live]") {
    World world;
    Peer writer(world), peer(world);
    write(writer, {put_json("before", "1", kNow, 500)});
    CHECK(all<wire::QueryResp>(peer.say(sub())).at(0).results.size() == 1);
    write(writer, {put_json("after", "1", kNow, 700), put_json("again", "1", kNow, 500)});
    CHECK(story(peer) == "+after +again");
    write(writer, {put_json("again", "2", kNow + 1)});
    CHECK(story(peer) == "=again");
    const auto at = [&](std::uint64_t now) {
        world.time.set(now);
        world.hub->tick(now);
        return story(peer);
    };
    CHECK(at(kNow + 500).empty());
    CHECK(at(kNow + 501) == "-before");
    CHECK(at(kNow + 600).empty());
    CHECK(at(kNow + 701) == "-after");
    CHECK(at(kNow + 100'000).empty());
}

TEST_CASE("one connection has a limit of queries, which another does not feel", "[sync][live]") {
    auto options = World::no_auth();
    options.limits.queries = 2;
    World world(options);
    Peer peer(world), other(world);
    peer.say(sub("{}", "1"));
    peer.say(sub("{}", "2"));
    const auto answers = peer.say(sub("{}", "3"));
    REQUIRE(all<wire::QueryResp>(answers).size() == 1);
    CHECK(all<wire::QueryResp>(answers)[0].error);
    CHECK(all<wire::ErrorMessage>(answers).size() == 1);
    // In the place of one there is room, and after one has gone.
    CHECK_FALSE(all<wire::QueryResp>(peer.say(sub("{}", "2"))).at(0).error);
    peer.say(wire::QueryUnsub{"1"});
    CHECK_FALSE(all<wire::QueryResp>(peer.say(sub("{}", "3"))).at(0).error);
    CHECK_FALSE(all<wire::QueryResp>(other.say(sub("{}", "1"))).at(0).error);
}

TEST_CASE("a query that would hold too much is an error, not a short answer", "[sync][live]") {
    auto options = World::no_auth();
    options.limits.query_bytes = 1'000;
    World world(options);
    Peer peer(world);
    for (int i = 0; i < 100; ++i) {
        write(peer, {put_json("k" + std::to_string(i), '"' + std::string(100, 'x') + '"')});
    }
    const auto answers = peer.say(sub());
    REQUIRE(all<wire::QueryResp>(answers).size() == 1);
    CHECK(all<wire::QueryResp>(answers)[0].results.empty());
    CHECK(all<wire::QueryResp>(answers)[0].error);
}

TEST_CASE("who may not read gets an error and an empty answer, and hears nothing", "[sync][live]") {
    auto options = World::no_auth();
    options.guard = [](const MapId& map, MapAccess access, const RequestContext&) -> Status {
        if (map.name == "secret" && access == MapAccess::read) return Error(Errc::usage, "secret");
        return {};
    };
    World world(options);
    Peer writer(world), peer(world);
    for (const auto* map : {"secret", "__topgun_policies"}) {
        CAPTURE(map);
        const auto answers = peer.say(sub("{}", "q", map));
        const auto answer = all<wire::QueryResp>(answers);
        REQUIRE(answer.size() == 1);
        CHECK(answer[0].results.empty());
        CHECK(answer[0].error);
        const auto errors = all<wire::ErrorMessage>(answers);
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].code == 403);
    }
    auto op = put_json("a", "1");
    op.map_name = "secret";
    write(writer, {op});
    CHECK(peer.heard().empty());
}

TEST_CASE("a bad query is an error with its place, and takes the old one's place", "[sync][live]") {
    World world;
    Peer peer(world);
    peer.say(sub());
    auto bad = sub();
    bad.query.predicate = wire::PredicateNode{};
    bad.query.predicate->op = "no such operator";
    const auto answers = peer.say(bad);
    REQUIRE(all<wire::ErrorMessage>(answers).size() == 1);
    CHECK(all<wire::ErrorMessage>(answers)[0].code == 400);
    CHECK(all<wire::QueryUpdate>(peer.say(batch_of({put_json("a", "1")}))).empty());
}

TEST_CASE("whatever happens, a watcher holds what the query gives", "[sync][live][property]") {
    const std::vector<std::string> queries = {
        "{}",
        R"({"where":{"c":1}})",
        R"({"sort":[{"field":"n","direction":"asc"}],"limit":3})",
        R"({"predicate":{"op":"lt","attribute":"n","value":5},
            "sort":[{"field":"n","direction":"desc"}],"limit":4})",
    };
    Random random(seed(2024));
    for (int round = 0; round < 20; ++round) {
        World world;
        world.storage.held = random.below(2) == 0;
        Peer writer(world), peer(world);
        std::map<std::string, std::map<std::string, Bytes>> held;
        const auto listen = [&] {
            for (const auto& message : peer.heard()) {
                if (const auto* answer = std::get_if<wire::QueryResp>(&message)) {
                    auto& rows = held[answer->query_id];
                    rows.clear();
                    for (const auto& row : answer->results) rows[row.key] = row.value.bytes;
                } else if (const auto* one = std::get_if<wire::QueryUpdate>(&message)) {
                    auto& rows = held[one->query_id];
                    // Exactly once: nothing enters twice, and nothing leaves that is not there.
                    CHECK(rows.contains(one->key) == (one->change_type != wire::ChangeType::enter));
                    if (one->change_type == wire::ChangeType::leave) {
                        rows.erase(one->key);
                    } else {
                        rows[one->key] = one->value.bytes;
                    }
                }
            }
        };
        std::uint64_t now = kNow, steady = 0;
        for (int step = 0; step < 120; ++step) {
            const auto what = random.below(12);
            const auto key = std::string(1, static_cast<char>('a' + random.below(8)));
            if (what < 7) {
                const auto value = R"({"n":)" + std::to_string(random.below(10)) + R"(,"c":)" +
                                   std::to_string(random.below(2)) + '}';
                const auto ttl = random.below(4) == 0
                                     ? std::optional<std::uint64_t>(1 + random.below(300))
                                     : std::nullopt;
                write(writer, {put_json(key, value, now - random.below(3), ttl)});
            } else if (what < 9) {
                write(writer, {remove_op("r", key, now)});
            } else if (what < 10) {
                now += random.below(200);
                world.time.set(now);
                world.hub->tick(steady += 100);
            } else {
                const auto at = random.below(queries.size());
                must(peer.link->receive(wire::encoded(sub(queries[at], std::to_string(at)))));
            }
            if (random.below(3) == 0) {
                world.storage.release();
                world.hub->settle();
            }
            writer.heard();
            listen();
        }
        world.storage.release();
        world.hub->tick(steady + 100);
        listen();
        const MapId id{"m", MapKind::lww};
        for (const auto& [name, rows] : held) {
            const auto query = must(query::parse_query_json(queries[std::stoul(name)]));
            std::map<std::string, Bytes> expected;
            const auto state = read_live(world.hub->maps().shared(), {id});
            if (state->has(id)) {
                for (auto& row : must(query::run_query(*state, id, query, now)).rows) {
                    expected[row.key] = row.value;
                }
            }
            CAPTURE(round, queries[std::stoul(name)]);
            CHECK(rows == expected);
        }
    }
}
