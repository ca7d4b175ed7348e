// SPDX-License-Identifier: Apache-2.0
// Maps of which somebody may read some rows: queries, searches, SQL and counts show him these, and
// nothing tells of the others.
#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>

#include "fake_sql.hpp"
#include "policies.hpp"
#include "topgun/query/run.hpp"
#include "topgun/search/vector_index.hpp"
#include "topgun/sync/http.hpp"
#include "topgun/sync/http_api.hpp"
#include "topgun/wire/http.hpp"

using namespace topgun;
using namespace topgun::test;
using sync::PolicyAction;
using Json = nlohmann::json;

namespace {

// Everybody may write to "m", and read what belongs to him.
struct PartWorld : World {
    explicit PartWorld(sync::HubOptions options = with_tokens()) : World(std::move(options)) {
        must(hub->put_policy(allow("m", PolicyAction::write)));
        must(hub->put_policy(allow("m", PolicyAction::read, kOwnRows)));
    }
};

wire::QuerySub sub(std::string_view query = "{}", std::string id = "q") {
    return {std::move(id), "m", query::to_wire(must(query::parse_query_json(query))), {}};
}

Keys keys_of(const wire::QueryResp& answer) {
    Keys out;
    for (const auto& row : answer.results) out.push_back(row.key);
    return out;
}

wire::SearchSub watch(std::string query) {
    return {"s", "m", std::move(query), {}};
}

wire::Search search_for(std::string query) {
    return {"r", "m", std::move(query), {}};
}

Json parsed(const wire::AnyValue& value) {
    std::string text;
    append_json(value.bytes, text);
    return Json::parse(text);
}

std::string told(Peer& peer) {
    return story_of<wire::QueryUpdate>(peer.heard());
}

wire::VectorSearch near(std::vector<float> vector) {
    wire::VectorSearch out;
    out.id = "v";
    out.map_name = "m";
    out.query_vector.bytes = search::write_float_bytes(vector);
    out.k = 10;
    return out;
}

template <typename Message>
Message hybrid() {
    Message out;
    out.map_name = "m";
    out.query_text = "red";
    out.methods = {wire::SearchMethod::full_text};
    out.k = 10;
    return out;
}

RequestContext user(const std::string& name) {
    RequestContext out;
    out.principal = Principal{name, {}};
    return out;
}

}  // namespace

TEST_CASE("a query shows and counts the rows that may be read", "[sync][policy]") {
    PartWorld world;
    auto ann = enter(world, "ann"), bob = enter(world, "bob");
    ann.say(owned("1", "a", "ann", kNow, R"(,"n":1)"));
    ann.say(owned("2", "b", "bob", kNow, R"(,"n":2)"));
    ann.say(owned("3", "c", "ann", kNow, R"(,"n":3)"));
    const auto ask = [](Peer& peer, std::string_view query) {
        return all<wire::QueryResp>(peer.say(sub(query))).at(0);
    };
    CHECK(keys_of(ask(ann, "{}")) == Keys{"a", "c"});
    CHECK(keys_of(ask(bob, "{}")) == Keys{"b"});
    const auto page = ask(bob, R"({"sort":[{"field":"n","direction":"asc"}],"limit":1})");
    CHECK(keys_of(page) == Keys{"b"});
    CHECK(page.has_more == false);
    const auto groups = R"({"groupBy":["ownerId"],"aggregations":[{"func":"sum","field":"n"}]})";
    const auto sums = ask(ann, groups);
    REQUIRE(sums.results.size() == 1);
    CHECK(parsed(sums.results[0].value).at("__count") == 2);
    CHECK(parsed(sums.results[0].value).at("__sum_n") == 4);
}

TEST_CASE("live rows come and go as the condition turns", "[sync][policy][live]") {
    PartWorld world;
    auto ann = enter(world, "ann"), bob = enter(world, "bob");
    bob.say(owned("1", "a", "bob"));
    CHECK(all<wire::QueryResp>(ann.say(sub())).at(0).results.empty());
    bob.say(owned("2", "a", "ann", kNow + 1));
    CHECK(told(ann) == "+a");
    bob.say(owned("3", "a", "ann", kNow + 2, R"(,"n":1)"));
    CHECK(told(ann) == "=a");
    bob.say(owned("4", "a", "bob", kNow + 3));
    const auto gone = all<wire::QueryUpdate>(ann.heard());
    REQUIRE(gone.size() == 1);
    CHECK(gone[0].change_type == wire::ChangeType::leave);
    CHECK(gone[0].value == wire::AnyValue{});
    bob.say(owned("5", "a", "bob", kNow + 4, R"(,"n":2)"));
    CHECK(told(ann).empty());
    bob.say(remove_op("6", "a", kNow + 5));
    CHECK(told(ann).empty());
}

TEST_CASE("a window that loses a row to the condition is filled from behind",
          "[sync][policy][live]") {
    PartWorld world;
    auto ann = enter(world, "ann");
    for (const char key : std::string("abcd")) {
        ann.say(
            owned("1", {key}, key == 'b' ? "bob" : "ann", kNow, R"(,"n":)" + std::to_string(key)));
    }
    const auto first = all<wire::QueryResp>(
        ann.say(sub(R"({"sort":[{"field":"n","direction":"asc"}],"limit":2})")));
    CHECK(keys_of(first.at(0)) == Keys{"a", "c"});
    CHECK(first.at(0).has_more == true);
    CHECK(story_of<wire::QueryUpdate>(ann.say(owned("2", "a", "bob", kNow + 1, R"(,"n":97)"))) ==
          "-a +d");
}

TEST_CASE("groups are sent again when a row comes into sight, not for hidden ones",
          "[sync][policy][live]") {
    PartWorld world;
    auto ann = enter(world, "ann"), bob = enter(world, "bob");
    bob.say(owned("1", "a", "ann"));
    ann.say(sub(R"({"groupBy":["ownerId"]})"));
    // Groups rest between two runs, by real time.
    std::vector<wire::QueryResp> answers;
    const auto tick_until = [&](std::size_t enough) {
        for (int i = 0; i < 2000 && answers.size() < enough; ++i) {
            world.hub->tick(1);
            for (auto& answer : all<wire::QueryResp>(ann.heard())) answers.push_back(answer);
            ::usleep(1000);
        }
    };
    bob.say(owned("2", "b", "bob"));
    world.hub->tick(1);
    bob.say(owned("3", "c", "ann"));
    tick_until(1);
    bob.say(owned("4", "b", "ann", kNow + 1));
    tick_until(2);
    REQUIRE(answers.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        REQUIRE(answers[i].results.size() == 1);
        CHECK(parsed(answers[i].results[0].value).at("__count") == i + 2);
    }
}

// Goal:   whatever is written, a watcher holds exactly the rows that it may read.
// Method: one seed writes, hands over and deletes records of two owners; each watcher applies what
//         it is told, and is compared with the rows that a fresh answer has.
TEST_CASE("watchers hold what they may read after any writes", "[sync][policy][live][property]") {
    const auto seed = test::seed(20261121);
    CAPTURE(seed);
    Random random(seed);
    PartWorld world;
    const std::string names[] = {"ann", "bob"};
    Peer watchers[] = {enter(world, names[0]), enter(world, names[1])};
    std::map<std::string, Bytes> held[2];
    auto writer = enter(world, "writer");
    const auto follow = [&](std::size_t who) {
        for (const auto& update : all<wire::QueryUpdate>(watchers[who].heard())) {
            if (update.change_type == wire::ChangeType::leave) {
                CHECK(held[who].erase(update.key) == 1);
            } else {
                held[who][update.key] = update.value.bytes;
            }
        }
    };
    for (auto& peer : watchers) peer.say(sub());
    for (std::uint64_t i = 1; i <= 400; ++i) {
        const auto key = std::to_string(random.below(12));
        if (random.below(5) == 0) {
            writer.say(remove_op("1", key, kNow + i));
        } else {
            const auto more = ",\"n\":" + std::to_string(random.below(3));
            writer.say(owned("1", key, names[random.below(2)], kNow + i, more));
        }
        for (std::size_t who = 0; who < 2; ++who) {
            follow(who);
            for (const auto& [at, value] : held[who]) {
                CHECK(parsed({value}).at("ownerId") == names[who]);
            }
        }
    }
    for (std::size_t who = 0; who < 2; ++who) {
        const auto fresh = all<wire::QueryResp>(watchers[who].say(sub("{}", "again"))).at(0);
        std::map<std::string, Bytes> rows;
        for (const auto& row : fresh.results) rows[row.key] = row.value.bytes;
        CHECK(rows == held[who]);
        CHECK_FALSE(rows.empty());
    }
}

TEST_CASE("a policy that comes or goes changes what is on show", "[sync][policy][live]") {
    PartWorld world;
    auto ann = enter(world, "ann");
    ann.say(owned("1", "a", "ann", kNow, R"(,"t":"red")"));
    ann.say(owned("2", "b", "bob", kNow, R"(,"t":"red")"));
    ann.say(sub());
    ann.say(watch("red"));
    const auto now = [&] {
        world.hub->tick(1);
        return ann.heard();
    };
    now();
    must(world.hub->put_policy(allow("m", PolicyAction::all)));
    auto heard = now();
    CHECK(keys_of(only<wire::QueryResp>({heard.at(1)})) == Keys{"a", "b"});
    CHECK(story_of<wire::SearchUpdate>(heard) == "+b");
    must(world.hub->put_policy(deny("m", PolicyAction::read)));
    heard = now();
    const auto closed = all<wire::QueryResp>(heard).at(0);
    CHECK(closed.results.empty());
    CHECK(closed.error == "read access denied for map: m");
    CHECK(story_of<wire::SearchUpdate>(heard) == "-a -b");
    ann.say(owned("3", "a", "ann", kNow + 1, R"(,"t":"red")"));
    CHECK(all<wire::QueryUpdate>(ann.heard()).empty());
    must(world.hub->remove_policy("Deny"));  // there is none of that name
    CHECK(now().empty());
    must(world.hub->remove_policy(deny("m", PolicyAction::read).id));
    heard = now();
    CHECK(keys_of(all<wire::QueryResp>(heard).at(0)) == Keys{"a", "b"});
    CHECK(story_of<wire::SearchUpdate>(heard) == "+a +b");
}

TEST_CASE("no kind of search looks into a map that may not be read", "[sync][policy][search]") {
    World world(World::with_tokens());
    must(world.hub->put_policy(allow("*", PolicyAction::write)));
    auto ann = enter(world, "ann");
    ann.say(owned("1", "a", "ann", kNow, R"(,"t":"red","_embedding":[1,0])"));
    const std::string refusal = "read access denied for map: m";
    CHECK(only<wire::SearchResp>(ann.say(search_for("red"))).error == refusal);
    CHECK(only<wire::SearchResp>(ann.say(watch("red"))).error == refusal);
    CHECK(only<wire::VectorSearchResp>(ann.say(near({1, 0}))).error == refusal);
    CHECK(only<wire::HybridSearchResp>(ann.say(hybrid<wire::HybridSearch>())).error == refusal);
    CHECK(only<wire::HybridSearchResp>(ann.say(hybrid<wire::HybridSearchSub>())).error == refusal);
    CHECK(world.hub->counters().denied >= 5);
    wire::HttpSyncRequest request;
    request.client_id = "c";
    request.client_hlc = {kNow, 0, "c"};
    request.searches = {{"h", "m", "red", {}}};
    Bytes body;
    wire::encode(request, body);
    const auto reply = sync::answer_http_sync(*world.hub, "Bearer " + good_token("ann"), body);
    const auto answer = must(wire::decode_http_sync_response(reply.body));
    REQUIRE(answer.errors);
    CHECK(answer.errors->at(0).code == 403);
}

TEST_CASE("searches find and count the documents that may be read", "[sync][policy][search]") {
    PartWorld world;
    auto ann = enter(world, "ann");
    ann.say(owned("1", "a", "ann", kNow, R"(,"t":"red","_embedding":[1,0])"));
    ann.say(owned("2", "b", "bob", kNow, R"(,"t":"red red","_embedding":[1,0])"));
    ann.say(owned("3", "c", "ann", kNow, R"(,"t":"red blue","_embedding":[1,1])"));
    const auto words = only<wire::SearchResp>(ann.say(search_for("red")));
    CHECK(hit_keys(words) == Keys{"a", "c"});
    CHECK(words.total_count == 2);
    auto none = search_for("red");
    none.options.emplace().limit = 0;
    CHECK(only<wire::SearchResp>(ann.say(none)).total_count == 2);
    const auto vectors = only<wire::VectorSearchResp>(ann.say(near({1, 0})));
    CHECK(hit_keys(vectors) == Keys{"a", "c"});
    CHECK(vectors.total_candidates == 2);
    const auto mixed = only<wire::HybridSearchResp>(ann.say(hybrid<wire::HybridSearch>()));
    CHECK(hit_keys(mixed) == Keys{"a", "c"});
    auto everything = hybrid<wire::HybridSearch>();
    everything.methods = {wire::SearchMethod::exact};
    everything.predicate.emplace().op = "isNotNull";
    everything.predicate->attribute = "t";
    CHECK(hit_keys(only<wire::HybridSearchResp>(ann.say(everything))).size() == 2);
}

TEST_CASE("watched searches follow the condition, though no word changes",
          "[sync][policy][search]") {
    PartWorld world;
    auto ann = enter(world, "ann"), bob = enter(world, "bob");
    bob.say(owned("1", "a", "bob", kNow, R"(,"t":"red")"));
    CHECK(only<wire::SearchResp>(ann.say(watch("red"))).total_count == 0);
    CHECK(only<wire::HybridSearchResp>(ann.say(hybrid<wire::HybridSearchSub>())).results.empty());
    const auto told_now = [&] {
        world.hub->tick(1);
        const auto heard = ann.heard();
        return story_of<wire::SearchUpdate>(heard) + " | " +
               story_of<wire::HybridSearchUpdate>(heard);
    };
    bob.say(owned("2", "a", "ann", kNow + 1, R"(,"t":"red")"));
    CHECK(told_now() == "+a | +a");
    bob.say(owned("3", "a", "bob", kNow + 2, R"(,"t":"red")"));
    CHECK(told_now() == "-a | -a");
    bob.say(owned("4", "a", "bob", kNow + 3, R"(,"t":"red red")"));
    CHECK(told_now() == " | ");
}

TEST_CASE("of an OR-Map's key a search shows all values or none", "[sync][policy][search]") {
    PartWorld world;
    auto ann = enter(world, "ann");
    const auto add = [&](const std::string& key, const std::string& owner, std::uint64_t ms) {
        auto op = or_add_op("1", key, "x", ms);
        op.map_name = "m";
        op.or_record->value = json(R"({"ownerId":")" + owner + R"(","t":"red"})");
        ann.say(op);
    };
    add("mine", "ann", kNow);
    add("mine", "ann", kNow + 1);
    add("shared", "ann", kNow + 2);
    add("shared", "bob", kNow + 3);
    CHECK(hit_keys(only<wire::SearchResp>(ann.say(search_for("red")))) == Keys{"mine"});
    // A query shows the rows.
    const MapId id{"m", MapKind::or_map};
    CHECK(must(world.hub->query(id, {}, user("ann"))).rows.size() == 3);
}

TEST_CASE("SQL sees the rows that may be read, and so do its counts", "[sync][policy][sql]") {
    FakeSql sql;
    auto options = World::with_tokens();
    options.sql = &sql;
    PartWorld world(options);
    must(world.hub->put_policy(allow("open", PolicyAction::all)));
    must(world.hub->put_policy(allow("closed", PolicyAction::write)));
    auto ann = enter(world, "ann");
    for (const std::string map : {"m", "open", "closed"}) {
        for (const std::string owner : {"ann", "bob"}) {
            auto op = owned("1", map + owner, owner);
            op.map_name = map;
            ann.say(op);
        }
    }
    ann.say(remove_op("2", "mbob", kNow + 1));
    ann.say(owned("3", "m2", "bob"));
    ann.say(wire::SqlQuery{"SELECT 1", "q"});
    CHECK(sql.maps == std::vector<MapId>{{"m", MapKind::lww}, {"open", MapKind::lww}});
    const auto state =
        must(world.hub->shown_state(world.hub->shown_maps(user("ann")), user("ann")));
    Keys seen;
    for (const auto& id : state->maps()) {
        auto rows = must(static_cast<const StateReader&>(*state).rows(id));
        must(for_each_row(*rows, [&](const Row& row) {
            if (!row.value.empty()) seen.emplace_back(row.key);
        }));
    }
    std::sort(seen.begin(), seen.end());
    CHECK(seen == Keys{"mann", "openann", "openbob"});
    const auto* facts = must(state->summary({"m", MapKind::lww}));
    CHECK(facts->records - facts->tombstones == 1);
    // What the statement was given stays as it was, whatever becomes of the policies.
    must(world.hub->put_policy(allow("m", PolicyAction::read)));
    auto rows = must(static_cast<const StateReader&>(*state).rows({"m", MapKind::lww}));
    std::size_t live = 0;
    must(for_each_row(*rows, [&](const Row& row) { live += row.value.empty() ? 0u : 1u; }));
    CHECK(live == 1);
}

TEST_CASE("a counter whose policy asks for data is closed", "[sync][policy]") {
    PartWorld world;
    must(world.hub->put_policy(allow("hits", PolicyAction::all, "data.n == 1")));
    auto ann = enter(world, "ann");
    wire::CounterState state;
    state.p.append("ann") = 1;
    ann.say(wire::CounterSync{"hits", state});
    const MapId id{"hits", MapKind::counter};
    CHECK_FALSE(world.hub->shown_state({id}, user("ann")));
    CHECK_FALSE(world.hub->query(id, {}, user("ann")));
}

TEST_CASE("the HTTP interface lists, counts and shows what may be read", "[sync][policy][http]") {
    PartWorld world;
    sync::HttpApi api({});
    auto ann = enter(world, "ann");
    ann.say(owned("1", "a", "ann"));
    ann.say(owned("2", "b", "bob"));
    const auto get = [&](const std::string& path, const std::string& who) {
        sync::HttpRequest request;
        request.method = "GET";
        request.path = path;
        request.authorization = "Bearer " + good_token(who);
        sync::HttpReply out;
        api.handle(*world.hub, request, [&](sync::HttpReply reply) { out = std::move(reply); });
        return out;
    };
    const auto data = [&](const std::string& path) {
        return Json::parse(get(path, "ann").body).at("data");
    };
    CHECK(data("/api/v1/maps").at(0).at("name") == "m");
    CHECK(data("/api/v1/maps").at(0).at("records") == 1);
    CHECK(data("/api/v1/maps/m").at("records").size() == 1);
    CHECK(get("/api/v1/maps/m/a", "ann").status == 200);
    CHECK(get("/api/v1/maps/m/b", "ann").status == 404);
    CHECK(get("/api/v1/maps/m/b", "bob").status == 200);
    must(world.hub->put_policy(deny("m", PolicyAction::read, "auth.id == 'bob'")));
    CHECK(get("/api/v1/maps/m/b", "bob").status == 403);
    CHECK(Json::parse(get("/api/v1/maps", "bob").body).at("data").empty());
}
