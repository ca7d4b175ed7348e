// SPDX-License-Identifier: Apache-2.0
// Queries of large maps: nobody waits for them, and nothing that changes meanwhile is lost.
#include "held_apart.hpp"
#include "policies.hpp"
#include "topgun/query/run.hpp"
#include "topgun/sync/http.hpp"
#include "topgun/sync/http_api.hpp"
#include "topgun/wire/http.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

wire::QuerySub sub(std::string_view query = "{}", std::string id = "q") {
    return {std::move(id), "m", query::to_wire(must(query::parse_query_json(query))), {}};
}

Keys keys_of(const wire::QueryResp& answer) {
    Keys out;
    for (const auto& row : answer.results) out.push_back(row.key);
    return out;
}

std::string story(Peer& peer) {
    return story_of<wire::QueryUpdate>(peer.heard());
}

// a 1, b 2, and so on.
void write_numbers(Peer& peer, std::string_view keys) {
    std::vector<wire::ClientOp> ops;
    std::uint64_t n = 0;
    for (const char key : keys) {
        ops.push_back(put_json(std::string(1, key), R"({"n":)" + std::to_string(++n) + '}'));
    }
    peer.say(batch_of(std::move(ops)));
}

// What a watcher holds of each of its queries.
class Watched {
public:
    void take(const std::vector<wire::Message>& messages) {
        for (const auto& message : messages) {
            if (const auto* answer = std::get_if<wire::QueryResp>(&message)) {
                auto& rows = held[answer->query_id];
                rows.clear();
                for (const auto& row : answer->results) rows[row.key] = row.value.bytes;
            } else if (const auto* one = std::get_if<wire::QueryUpdate>(&message)) {
                REQUIRE(held.contains(one->query_id));
                auto& rows = held[one->query_id];
                CHECK(rows.contains(one->key) == (one->change_type != wire::ChangeType::enter));
                if (one->change_type == wire::ChangeType::leave)
                    rows.erase(one->key);
                else
                    rows[one->key] = one->value.bytes;
            }
        }
    }
    std::map<std::string, std::map<std::string, Bytes>> held;
};

}  // namespace

TEST_CASE("while a large map is read everybody is served, the one who asked too", "[sync][live]") {
    ApartWorld world;
    Peer writer(world), reader(world);
    write_numbers(writer, "abc");
    CHECK(all<wire::QueryResp>(reader.say(sub())).empty());
    only<wire::Pong>(reader.say(wire::Ping{1}));
    CHECK(all<wire::OpAck>(writer.say(batch_of({put_json("d", "4")}))).size() == 1);
    CHECK(all<wire::QueryUpdate>(reader.heard()).empty());
    world.apart.finish_all();
    const auto heard = reader.heard();
    REQUIRE(all<wire::QueryResp>(heard).size() == 1);
    CHECK(keys_of(all<wire::QueryResp>(heard)[0]).size() >= 3);
    CHECK(std::holds_alternative<wire::QueryResp>(heard.front()));
}

TEST_CASE("a small map is read at once", "[sync][live]") {
    ApartWorld world(4);
    Peer peer(world);
    write_numbers(peer, "abc");
    CHECK(all<wire::QueryResp>(peer.say(sub())).size() == 1);
    CHECK(world.apart.size() == 0);
}

TEST_CASE("what changes while a map is read is told after the answer, when durable",
          "[sync][live]") {
    ApartWorld world;
    Peer writer(world), reader(world);
    write_numbers(writer, "abc");
    reader.say(sub(R"({"where":{"n":1}})"));
    world.apart.finish();  // of what expires
    world.apart.work();
    world.storage.held = true;
    writer.say(batch_of({put_json("a", R"({"n":7})", kNow + 1), put_json("d", R"({"n":1})")}));
    world.apart.finish_all();
    const auto heard = reader.heard();
    REQUIRE(all<wire::QueryResp>(heard).size() == 1);
    CHECK(keys_of(all<wire::QueryResp>(heard)[0]) == Keys{"a"});
    CHECK(all<wire::QueryUpdate>(heard).empty());
    world.storage.release();
    world.hub->settle();
    CHECK(story(reader) == "-a +d");
}

TEST_CASE("a query that is given up while it runs is not answered", "[sync][live]") {
    ApartWorld world;
    Peer writer(world), reader(world);
    write_numbers(writer, "abc");
    reader.say(sub());
    world.apart.work();
    reader.say(wire::QueryUnsub{"q"});
    {
        Peer gone(world);
        gone.say(sub());
    }
    world.apart.finish_all();
    CHECK(reader.heard().empty());
    writer.say(batch_of({put_json("d", "4")}));
    CHECK(all<wire::QueryUpdate>(reader.heard()).empty());
    // What it held is given up apart, too.
    reader.say(sub());
    world.apart.finish_all();
    CHECK(all<wire::QueryResp>(reader.heard()).size() == 1);
    CHECK(world.apart.size() == 0);
    reader.say(wire::QueryUnsub{"q"});
    CHECK(world.apart.size() == 1);
    // The same id again is another query.
    reader.say(sub(R"({"where":{"n":1}})"));
    reader.say(sub(R"({"where":{"n":2}})"));
    world.apart.finish_all();
    const auto answers = all<wire::QueryResp>(reader.heard());
    REQUIRE(answers.size() == 1);
    CHECK(keys_of(answers[0]) == Keys{"b"});
}

TEST_CASE("rows that are hidden while a query runs are not in its answer", "[sync][live]") {
    ApartWorld world(3, World::with_tokens());
    must(world.hub->put_policy(allow("m", sync::PolicyAction::write)));
    must(world.hub->put_policy(allow("m", sync::PolicyAction::read)));
    auto ann = enter(world, "ann");
    ann.say(batch_of({owned("1", "a", "ann"), owned("2", "b", "bob"), owned("3", "c", "ann")}));
    ann.say(sub());
    world.apart.finish();
    world.apart.work();
    must(world.hub->put_policy(allow("m", sync::PolicyAction::read, kOwnRows)));
    world.apart.finish_all();
    const auto answers = all<wire::QueryResp>(ann.heard());
    REQUIRE(answers.size() == 1);
    CHECK(keys_of(answers[0]) == Keys{"a", "c"});
    // And closed altogether, it is an error.
    ann.say(sub("{}", "other"));
    world.apart.work();
    must(world.hub->remove_policy("allow mread"));
    must(world.hub->put_policy(deny("m", sync::PolicyAction::read)));
    world.apart.finish_all();
    const auto denied = all<wire::QueryResp>(ann.heard());
    REQUIRE(denied.size() == 1);
    CHECK(denied[0].results.empty());
    CHECK(denied[0].error);
}

TEST_CASE("queries run one by one, and while their answers are taken", "[sync][live]") {
    auto options = World::no_auth();
    options.limits.queue_bytes = 2'000;
    ApartWorld world(3, options);
    Peer peer(world), other(world);
    for (const auto* key : {"a", "b", "c"}) {
        peer.say(batch_of({put_json(key, '"' + std::string(500, 'x') + '"')}));
    }
    for (int i = 0; i < 5; ++i) {
        must(peer.link->receive(wire::encoded(sub("{}", std::to_string(i)))));
    }
    must(other.link->receive(wire::encoded(sub())));
    world.apart.finish();
    for (std::size_t answered = 0; answered < 5;) {
        world.apart.finish_all();
        CHECK_FALSE(peer.link->closed());
        CHECK(peer.link->queued_bytes() < 4'000);
        answered += all<wire::QueryResp>(peer.heard()).size();
        world.hub->tick(answered);
    }
    CHECK(all<wire::QueryResp>(other.heard()).size() == 1);
    CHECK(world.hub->counters().slow_consumers == 0);
}

TEST_CASE("a peer with many queries that wait is not read from", "[sync][live]") {
    ApartWorld world;
    Peer peer(world);
    write_numbers(peer, "abc");
    int asked = 0;
    for (; peer.link->wants_input() && asked < 1'000; ++asked) {
        peer.say(sub("{}", std::to_string(asked)));
    }
    CHECK(asked < 1'000);
    // It waits, and so need not show that it is alive.
    for (std::uint64_t now = 0; now < 10; ++now) {
        peer.link->tick(now * world.hub->options().limits.idle_ms);
    }
    CHECK_FALSE(peer.link->closed());
    world.apart.finish_all();
    CHECK(peer.link->wants_input());
    CHECK(all<wire::QueryResp>(peer.heard()).size() == static_cast<std::size_t>(asked));
}

TEST_CASE("runs that a peer has not asked for keep it from nothing", "[sync][live]") {
    ApartWorld world;
    Peer writer(world), peer(world);
    write_numbers(writer, "abc");
    constexpr int kQueries = 600;
    for (int i = 0; i < kQueries; ++i) {
        peer.say(sub(R"({"groupBy":["n"]})", std::to_string(i)));
        world.apart.finish_all();
    }
    peer.heard();
    writer.say(batch_of({put_json("d", R"({"n":9})")}));
    // Groups rest between two runs, by real time.
    std::size_t anew = 0;
    while (anew < kQueries) {
        world.hub->tick(1);
        CHECK(peer.link->wants_input());
        world.apart.finish_all();
        anew += all<wire::QueryResp>(peer.heard()).size();
    }
}

TEST_CASE("a page hears of nothing, and nothing is scanned for it", "[sync][live]") {
    ApartWorld world;
    Peer peer(world);
    write_numbers(peer, "abcdef");
    const std::string sorted = R"({"sort":[{"field":"n","direction":"asc"}],"limit":2)";
    peer.say(sub(sorted + '}'));
    world.apart.finish_all();
    const auto first = all<wire::QueryResp>(peer.heard()).at(0);
    peer.say(wire::QueryUnsub{"q"});
    world.apart.finish_all();
    peer.say(sub(sorted + R"(,"cursor":")" + first.next_cursor.value() + "\"}", "more"));
    CHECK(world.apart.size() == 1);
    world.apart.finish_all();
    CHECK(all<wire::QueryResp>(peer.heard()).size() == 1);
    peer.say(batch_of({put_json("c", R"({"n":3.5})", kNow + 1)}));
    CHECK(all<wire::QueryUpdate>(peer.heard()).empty());
}

TEST_CASE("updates of a query that was replaced while it was to be run again are not sent",
          "[sync][live]") {
    ApartWorld world;
    Peer writer(world), reader(world);
    write_numbers(writer, "abc");
    reader.say(sub());
    world.apart.finish_all();
    reader.heard();
    world.storage.held = true;
    writer.say(batch_of({put_json("d", "4")}));
    // Now it is to be run again, and waits.
    must(world.hub->put_policy(allow("m", sync::PolicyAction::read)));
    world.hub->tick(1);
    REQUIRE(world.apart.size() == 1);
    auto other = sub();
    other.map_name = "small";
    reader.say(other);
    world.storage.release();
    world.hub->settle();
    CHECK(all<wire::QueryUpdate>(reader.heard()).empty());
    world.apart.finish_all();
    CHECK(all<wire::QueryUpdate>(reader.heard()).empty());
}

TEST_CASE("what changed during a run is told in portions, and all of it", "[sync][live]") {
    ApartWorld world;
    Peer writer(world), reader(world);
    write_numbers(writer, "abc");
    reader.say(sub());
    world.apart.finish();  // of what expires
    world.apart.work();
    constexpr int kChanges = 5'000;
    for (int i = 0; i < kChanges; ++i)
        writer.say(batch_of({put_json("k" + std::to_string(i), "1")}));
    world.apart.finish_all();
    Watched watched;
    watched.take(reader.heard());
    CHECK(watched.held["q"].size() < kChanges);
    // What changes once more in between is not told twice, or late.
    writer.say(batch_of({remove_op("1", "k4999", kNow + 1)}));
    watched.take(reader.heard());
    for (std::uint64_t now = 1; now < 10; ++now) {
        world.hub->tick(now);
        watched.take(reader.heard());
    }
    CHECK(watched.held["q"].size() == kChanges + 2);
    CHECK_FALSE(watched.held["q"].contains("k4999"));
}

TEST_CASE("a window that must ask again does so apart", "[sync][live]") {
    ApartWorld world(100);
    Peer writer(world), reader(world);
    const auto key = [](int i) { return "k" + std::to_string(100 + i); };
    for (int i = 0; i < 400; ++i) {
        writer.say(batch_of({put_json(key(i), R"({"n":)" + std::to_string(i) + '}')}));
    }
    reader.say(sub(R"({"sort":[{"field":"n","direction":"asc"}],"limit":3})"));
    world.apart.finish_all();
    Watched watched;
    watched.take(reader.heard());
    for (int i = 0; i < 200; ++i) {
        writer.say(batch_of({remove_op("1", key(i), kNow + 1)}));
        watched.take(reader.heard());
    }
    world.hub->tick(100);
    CHECK(world.apart.size() == 1);
    world.apart.finish_all();
    watched.take(reader.heard());
    CHECK(watched.held["q"].size() == 3);
    CHECK(watched.held["q"].contains(key(200)));
    CHECK(watched.held["q"].contains(key(202)));
}

TEST_CASE("groups and pages of large maps are made apart", "[sync][live]") {
    ApartWorld world;
    Peer peer(world);
    write_numbers(peer, "abcdef");
    const std::string sorted = R"({"sort":[{"field":"n","direction":"asc"}],"limit":4)";
    peer.say(sub(sorted + '}'));
    world.apart.finish_all();
    const auto first = all<wire::QueryResp>(peer.heard()).at(0);
    REQUIRE(first.next_cursor);
    CHECK(all<wire::QueryResp>(
              peer.say(sub(sorted + R"(,"cursor":")" + *first.next_cursor + "\"}", "more")))
              .empty());
    world.apart.finish_all();
    CHECK(keys_of(all<wire::QueryResp>(peer.heard()).at(0)) == Keys{"e", "f"});
    peer.say(sub(R"({"groupBy":["n"]})", "groups"));
    world.apart.work();
    peer.say(batch_of({put_json("g", R"({"n":100})")}));
    world.apart.finish_all();
    peer.heard();
    // Groups rest between two runs, by real time.
    for (std::size_t groups = 0; groups != 7;) {
        world.hub->tick(1);
        world.apart.finish_all();
        for (const auto& anew : all<wire::QueryResp>(peer.heard())) groups = anew.results.size();
    }
}

TEST_CASE("a page over HTTP is read apart", "[sync][http]") {
    ApartWorld world;
    Peer peer(world);
    write_numbers(peer, "abc");
    sync::HttpApi api(sync::HttpApiOptions{});
    std::vector<sync::HttpReply> replies;
    sync::HttpRequest request;
    request.method = "GET";
    request.path = "/api/v1/maps/m";
    api.handle(*world.hub, request, [&](sync::HttpReply reply) { replies.push_back(reply); });
    CHECK(replies.empty());
    world.apart.finish_all();
    REQUIRE(replies.size() == 1);
    CHECK(replies[0].status == 200);
    CHECK(replies[0].body.find(R"("key":"c")") != std::string::npos);
}

TEST_CASE("POST /sync reads large maps apart", "[sync][http]") {
    ApartWorld world;
    Peer peer(world);
    write_numbers(peer, "abc");
    wire::HttpSyncRequest request;
    request.sync_maps.emplace().push_back({"m", {}});
    request.queries.emplace().push_back({"q1", "m", json(R"({"n":2})"), {}, {}, {}});
    request.queries->push_back({"q2", "small", {}, {}, {}, {}});
    Bytes body;
    wire::encode(request, body);
    std::vector<sync::HttpReply> replies;
    sync::answer_http_sync(*world.hub, "", body,
                           [&](sync::HttpReply reply) { replies.push_back(reply); });
    CHECK(replies.empty());
    only<wire::Pong>(peer.say(wire::Ping{1}));
    world.apart.finish_all();
    REQUIRE(replies.size() == 1);
    const auto response = must(wire::decode_http_sync_response(replies[0].body));
    REQUIRE(response.deltas);
    REQUIRE(response.deltas->size() == 1);
    CHECK(response.deltas->at(0).records.size() == 3);
    REQUIRE(response.query_results);
    REQUIRE(response.query_results->size() == 2);
    CHECK(response.query_results->at(0).results.size() == 1);
    CHECK(response.query_results->at(1).results.empty());
}

TEST_CASE("an answer of more than its limit goes on by a cursor", "[sync][live]") {
    auto options = World::no_auth();
    options.limits.answer_bytes = 1'000;
    const std::size_t large = GENERATE(1, 1000);
    ApartWorld world(large, options);
    Peer peer(world);
    for (int i = 0; i < 25; ++i) {
        peer.say(
            batch_of({put_json("k" + std::to_string(100 + i), '"' + std::string(100, 'x') + '"')}));
    }
    const auto ask = [&](const std::string& query, std::string id) {
        auto heard = peer.say(sub(query, std::move(id)));
        world.apart.finish_all();
        for (auto& message : peer.heard()) heard.push_back(std::move(message));
        return all<wire::QueryResp>(heard).at(0);
    };
    for (const std::string limit : {"", R"(,"limit":25)"}) {
        CAPTURE(limit, large);
        Keys seen;
        auto answer = ask(R"({"sort":[{"field":"_key","direction":"asc"}])" + limit + '}', "q");
        for (int page = 0; page < 20; ++page) {
            CHECK(answer.results.size() < 10);
            for (auto& key : keys_of(answer)) seen.push_back(key);
            if (answer.has_more == false) break;
            REQUIRE(answer.next_cursor);
            answer = ask(R"({"sort":[{"field":"_key","direction":"asc"}],"cursor":")" +
                             *answer.next_cursor + '"' + limit + '}',
                         "page");
        }
        CHECK(seen.size() == 25);
        CHECK(std::is_sorted(seen.begin(), seen.end()));
    }
    // A row that was on none of the pages changes like any other.
    CHECK(all<wire::QueryUpdate>(peer.say(batch_of({remove_op("1", "k124", kNow + 1)}))).size() ==
          1);
}

// Goal:   whoever watches large maps holds what the query gives, whatever comes when.
// Method: random writes, queries and steps of what runs apart; then everything comes to rest.
TEST_CASE("whatever happens while maps are read, a watcher holds what the query gives",
          "[sync][live][property]") {
    const std::vector<std::string> queries = {
        "{}", R"({"where":{"c":1}})", R"({"sort":[{"field":"n","direction":"asc"}],"limit":3})",
        R"({"predicate":{"op":"lt","attribute":"n","value":5},
            "sort":[{"field":"n","direction":"desc"}],"limit":4})"};
    Random random(seed(777));
    for (int round = 0; round < 40; ++round) {
        ApartWorld world(random.below(5));
        world.storage.held = random.below(2) == 0;
        Peer writer(world), peer(world);
        Watched watched;
        std::uint64_t now = kNow, steady = 0;
        for (int step = 0; step < 200; ++step) {
            const auto what = random.below(16);
            const auto key = std::string(1, static_cast<char>('a' + random.below(8)));
            if (what < 6) {
                const auto value = R"({"n":)" + std::to_string(random.below(10)) + R"(,"c":)" +
                                   std::to_string(random.below(2)) + '}';
                const auto ttl = random.below(4) == 0
                                     ? std::optional<std::uint64_t>(1 + random.below(300))
                                     : std::nullopt;
                writer.say(batch_of({put_json(key, value, now - random.below(3), ttl)}));
            } else if (what < 8) {
                writer.say(batch_of({remove_op("r", key, now)}));
            } else if (what < 9) {
                now += random.below(200);
                world.time.set(now);
                world.hub->tick(steady += 100);
            } else if (what < 11) {
                const auto at = random.below(queries.size());
                watched.take(peer.heard());
                watched.held.erase(std::to_string(at));
                must(peer.link->receive(wire::encoded(sub(queries[at], std::to_string(at)))));
            } else if (what < 13) {
                world.apart.work();
            } else {
                world.apart.finish();
            }
            if (random.below(3) == 0) {
                world.storage.release();
                world.hub->settle();
            }
            watched.take(peer.heard());
        }
        for (int i = 0; i < 3; ++i) {
            world.apart.finish_all();
            world.storage.release();
            world.hub->tick(steady += 100);
        }
        watched.take(peer.heard());
        const MapId id{"m", MapKind::lww};
        for (const auto& [name, rows] : watched.held) {
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
