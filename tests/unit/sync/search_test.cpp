// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "documents.hpp"
#include "topgun/base/random.hpp"
#include "topgun/sync/http.hpp"
#include "topgun/wire/http.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

wire::Search search_for(std::string query, std::string map = "m") {
    wire::Search out;
    out.request_id = "r1";
    out.map_name = std::move(map);
    out.query = std::move(query);
    return out;
}

wire::SearchSub watch(std::string query, std::string id = "s1", std::string map = "m") {
    wire::SearchSub out;
    out.subscription_id = std::move(id);
    out.map_name = std::move(map);
    out.query = std::move(query);
    return out;
}

std::vector<std::string> keys_of(const wire::SearchResp& response) {
    return hit_keys(response);
}

std::string story(const std::vector<wire::Message>& messages) {
    return story_of<wire::SearchUpdate>(messages);
}

}  // namespace

TEST_CASE("a search gives keys, values, scores and words, best first", "[sync][search]") {
    World world;
    Peer peer(world);
    peer.say(put_json("a1", R"({"title":"Machine Learning","body":"an introduction"})"));
    peer.say(put_json("a2", R"({"title":"Cooking","tags":["pasta","machine"]})"));
    peer.say(put_json("a3", R"({"title":"Gardening"})"));
    const auto found = only<wire::SearchResp>(peer.say(search_for("machine learning")));
    CHECK(found.request_id == "r1");
    CHECK_FALSE(found.error);
    CHECK(found.total_count == 2);
    REQUIRE(keys_of(found) == Keys{"a1", "a2"});
    CHECK(found.results[0].value ==
          json(R"({"title":"Machine Learning","body":"an introduction"})"));
    CHECK(found.results[0].matched_terms == Keys{"machine", "learning"});
    CHECK(found.results[1].matched_terms == Keys{"machine"});
    CHECK(found.results[0].score > found.results[1].score);
    CHECK(found.results[1].score > 0);
}

TEST_CASE("a search of a map that nobody wrote to finds nothing, without an error",
          "[sync][search]") {
    World world;
    Peer peer(world);
    const auto found = only<wire::SearchResp>(peer.say(search_for("anything", "nowhere")));
    CHECK(found.results.empty());
    CHECK(found.total_count == 0);
    CHECK_FALSE(found.error);
}

TEST_CASE("an index follows writes, removals and time", "[sync][search]") {
    World world;
    Peer peer(world);
    peer.say(put_json("a", R"({"t":"red"})"));
    CHECK(keys_of(only<wire::SearchResp>(peer.say(search_for("red")))) == Keys{"a"});
    peer.say(put_json("b", R"({"t":"red red"})", kNow, 5000));
    peer.say(put_json("a", R"({"t":"blue"})", kNow + 1));
    CHECK(keys_of(only<wire::SearchResp>(peer.say(search_for("red")))) == Keys{"b"});
    CHECK(keys_of(only<wire::SearchResp>(peer.say(search_for("blue")))) == Keys{"a"});
    peer.say(remove_op("2", "a", kNow + 2));
    CHECK(keys_of(only<wire::SearchResp>(peer.say(search_for("blue")))).empty());
    // A write that loses changes nothing.
    peer.say(put_json("a", R"({"t":"blue"})", kNow + 1));
    CHECK(keys_of(only<wire::SearchResp>(peer.say(search_for("blue")))).empty());
    world.time.set(kNow + 5001);
    CHECK(keys_of(only<wire::SearchResp>(peer.say(search_for("red")))).empty());
    world.hub->tick(1);
    CHECK(only<wire::SearchResp>(peer.say(search_for("red"))).total_count == 0);
}

TEST_CASE("values of OR-Maps are found, and shown as a list where there are several",
          "[sync][search]") {
    World world;
    Peer peer(world);
    peer.say(or_add_op("1", "k", "first choice", kNow));
    auto found = only<wire::SearchResp>(peer.say(search_for("choice", "o")));
    REQUIRE(keys_of(found) == Keys{"k"});
    CHECK(found.results[0].value == json(R"("first choice")"));
    peer.say(or_add_op("2", "k", "second choice", kNow + 1));
    found = only<wire::SearchResp>(peer.say(search_for("second", "o")));
    REQUIRE(keys_of(found) == Keys{"k"});
    CHECK(found.results[0].value == json(R"(["first choice","second choice"])"));
    const Timestamp stamp{kNow + 1, 0, "c1"};
    peer.say(or_remove_op("3", "k", format_stamp(stamp.view())));
    CHECK(keys_of(only<wire::SearchResp>(peer.say(search_for("second", "o")))).empty());
    CHECK(keys_of(only<wire::SearchResp>(peer.say(search_for("first", "o")))) == Keys{"k"});
}

TEST_CASE("limit, least score and weights are those of the request", "[sync][search]") {
    World world;
    Peer peer(world);
    for (int i = 0; i < 15; ++i) {
        peer.say(put_json("k" + std::to_string(i + 10), R"({"title":"word","body":"other"})"));
    }
    peer.say(put_json("z", R"({"title":"other","body":"word"})"));
    auto search = search_for("word");
    auto found = only<wire::SearchResp>(peer.say(search));
    CHECK(found.results.size() == 10);
    CHECK(found.total_count == 16);
    search.options.emplace();
    search.options->limit = 2;
    CHECK(keys_of(only<wire::SearchResp>(peer.say(search))) == Keys{"k10", "k11"});
    search.options->boost.emplace();
    search.options->boost->set("body", 3);
    found = only<wire::SearchResp>(peer.say(search));
    CHECK(keys_of(found) == Keys{"z", "k10"});
    search.options->min_score = found.results[0].score;
    CHECK(keys_of(only<wire::SearchResp>(peer.say(search))) == Keys{"z"});

    search.options->boost->set("title", -2);
    found = only<wire::SearchResp>(peer.say(search));
    CHECK(found.error);
    CHECK(found.results.empty());
    search.options = wire::SearchOptions{};
    search.options->limit = 1'000'000'000;
    CHECK(only<wire::SearchResp>(peer.say(search)).error);
}

TEST_CASE("a watched search answers first, then tells of what comes, changes and goes",
          "[sync][search]") {
    World world;
    Peer watcher(world), writer(world);
    auto first = only<wire::SearchResp>(watcher.say(watch("wireless")));
    CHECK(first.request_id == "s1");
    CHECK(first.results.empty());

    writer.say(put_json("m1", R"({"name":"Wireless Mouse"})"));
    const auto enter = only<wire::SearchUpdate>(watcher.heard());
    CHECK(enter.subscription_id == "s1");
    CHECK(enter.key == "m1");
    CHECK(enter.change_type == wire::ChangeType::enter);
    CHECK(enter.value == json(R"({"name":"Wireless Mouse"})"));
    CHECK(enter.score > 0);
    CHECK(enter.matched_terms == Keys{"wireless"});

    writer.say(put_json("m1", R"({"name":"Wireless Gaming Mouse"})", kNow + 1));
    const auto update = only<wire::SearchUpdate>(watcher.heard());
    CHECK(update.change_type == wire::ChangeType::update);
    CHECK(update.score > 0);

    // Neither before nor after.
    writer.say(put_json("k1", R"({"name":"Keyboard"})"));
    CHECK(watcher.heard().empty());

    writer.say(put_json("m1", R"({"name":"Cabled Mouse"})", kNow + 2));
    const auto leave = only<wire::SearchUpdate>(watcher.heard());
    CHECK(leave.change_type == wire::ChangeType::leave);
    CHECK(leave.key == "m1");
    CHECK(leave.value.is_nil());
    CHECK(leave.score == 0);

    writer.say(put_json("m1", R"({"name":"Wireless again"})", kNow + 3));
    CHECK(story(watcher.heard()) == "+m1");
    writer.say(remove_op("9", "m1", kNow + 4));
    CHECK(story(watcher.heard()) == "-m1");

    wire::SearchUnsub unsub;
    unsub.subscription_id = "s1";
    CHECK(watcher.say(unsub).empty());
    writer.say(put_json("m2", R"({"name":"Wireless Mouse"})"));
    CHECK(watcher.heard().empty());
}

TEST_CASE("the writer's own searches are told, too, before its acknowledgement", "[sync][search]") {
    World world;
    Peer peer(world);
    peer.say(watch("word"));
    const auto heard = peer.say(put_json("a", R"("word")"));
    REQUIRE(heard.size() == 2);
    CHECK(std::holds_alternative<wire::SearchUpdate>(heard[0]));
    CHECK(std::holds_alternative<wire::OpAck>(heard[1]));
}

TEST_CASE("updates of searches wait until the write is durable", "[sync][search]") {
    World world;
    Peer watcher(world), writer(world);
    watcher.say(watch("word"));
    world.storage.held = true;
    writer.say(put_json("a", R"("word")"));
    CHECK(watcher.heard().empty());
    // What ends before the write is durable is not told of.
    watcher.say(watch("word", "s2"));
    wire::SearchUnsub unsub;
    unsub.subscription_id = "s1";
    watcher.say(unsub);
    world.storage.release();
    world.hub->settle();
    CHECK(watcher.heard().empty());
}

TEST_CASE("records that expire leave a watched search, behind what waits for the disk",
          "[sync][search]") {
    World world;
    Peer watcher(world), writer(world);
    watcher.say(watch("word"));
    world.storage.held = true;
    writer.say(put_json("a", R"("word")", kNow, 1000));
    world.time.set(kNow + 1001);
    world.hub->tick(1);
    CHECK(watcher.heard().empty());
    world.storage.release();
    world.hub->tick(2);
    CHECK(story(watcher.heard()) == "+a -a");
    world.hub->tick(3);
    CHECK(watcher.heard().empty());
}

TEST_CASE("a record written again without an end does not expire", "[sync][search]") {
    World world;
    Peer watcher(world), writer(world);
    watcher.say(watch("word"));
    writer.say(put_json("a", R"("word")", kNow, 1000));
    writer.say(put_json("a", R"("word")", kNow + 1));
    watcher.heard();
    world.time.set(kNow + 5000);
    world.hub->tick(1);
    CHECK(watcher.heard().empty());
}

TEST_CASE("a limit holds for a watched search: who is pushed out leaves, who follows enters",
          "[sync][search]") {
    World world;
    Peer watcher(world), writer(world);
    auto sub = watch("word");
    sub.options.emplace();
    sub.options->limit = 2;
    watcher.say(sub);
    writer.say(put_json("b", R"("word x x x x x")"));
    writer.say(put_json("c", R"("word x x x x x x x x")"));
    CHECK(story(watcher.heard()) == "+b +c");
    writer.say(put_json("a", R"("word x")"));
    CHECK(story(watcher.heard()) == "-c +a");
    writer.say(put_json("d", R"("word x x x x x x x x x x x x x")"));
    CHECK(story(watcher.heard()).empty());
    writer.say(remove_op("5", "a", kNow + 1));
    CHECK(story(watcher.heard()) == "-a +c");
    writer.say(remove_op("6", "d", kNow + 1));
    CHECK(story(watcher.heard()).empty());
}

TEST_CASE("the same id again replaces a watched search, and connections have their own ids",
          "[sync][search]") {
    World world;
    Peer one(world), two(world), writer(world);
    one.say(watch("red"));
    two.say(watch("red"));
    one.say(watch("blue"));
    writer.say(put_json("a", R"("red")"));
    CHECK(story(one.heard()).empty());
    CHECK(story(two.heard()) == "+a");
    writer.say(put_json("b", R"("blue")"));
    CHECK(story(one.heard()) == "+b");
    CHECK(story(two.heard()).empty());
    two.link->close(sync::CloseCode::normal, "bye");
    writer.say(put_json("a", R"("red blue")", kNow + 1));
    CHECK(story(one.heard()) == "+a");
}

TEST_CASE("one connection watches so many searches and no more", "[sync][search]") {
    auto options = World::no_auth();
    options.search.subscriptions = 3;
    World world(options);
    Peer peer(world), other(world);
    for (int i = 0; i < 3; ++i) {
        CHECK_FALSE(only<wire::SearchResp>(peer.say(watch("x", "s" + std::to_string(i)))).error);
    }
    CHECK(only<wire::SearchResp>(peer.say(watch("x", "s3"))).error);
    CHECK_FALSE(only<wire::SearchResp>(peer.say(watch("y", "s1"))).error);
    CHECK_FALSE(only<wire::SearchResp>(other.say(watch("x", "s3"))).error);
}

TEST_CASE("a map that may not be read cannot be searched or watched", "[sync][search]") {
    auto options = World::no_auth();
    bool open = true;
    options.guard = [&open](const MapId& map, MapAccess access, const RequestContext&) -> Status {
        if (access == MapAccess::read && map.name == "m" && !open) {
            return Error(Errc::usage, "read access denied for map: m");
        }
        return {};
    };
    World world(options);
    Peer peer(world), writer(world);
    CHECK_FALSE(only<wire::SearchResp>(peer.say(watch("word"))).error);
    open = false;
    const auto denied = only<wire::SearchResp>(peer.say(search_for("word")));
    CHECK(denied.error == "read access denied for map: m");
    CHECK(denied.request_id == "r1");
    CHECK(only<wire::SearchResp>(peer.say(watch("word", "s2"))).error);
    CHECK(only<wire::SearchResp>(peer.say(search_for("x", "_topgun_secret"))).error);
    // A search that is watched already falls silent.
    writer.say(put_json("a", R"("word")"));
    CHECK(story(peer.heard()).empty());
}

TEST_CASE("indexes that are not used make room, and are made again", "[sync][search]") {
    auto options = World::no_auth();
    options.search.index_bytes = 20'000;
    World world(options);
    Peer peer(world);
    for (const char* map : {"m1", "m2", "m3", "m4"}) {
        for (int i = 0; i < 40; ++i) {
            auto op = put_json("k" + std::to_string(i), R"("common )" + std::to_string(i) + '"');
            op.map_name = map;
            peer.say(op);
        }
    }
    for (int round = 0; round < 3; ++round) {
        for (const char* map : {"m1", "m2", "m3", "m4"}) {
            CHECK(only<wire::SearchResp>(peer.say(search_for("common", map))).total_count == 40);
        }
    }
    // Those that are watched must stay, so that there cannot be too many of them.
    CHECK_FALSE(only<wire::SearchResp>(peer.say(watch("common", "s1", "m1"))).error);
    bool refused = false;
    for (const char* map : {"m2", "m3", "m4"}) {
        refused = refused || only<wire::SearchResp>(peer.say(watch("common", map, map))).error;
    }
    CHECK(refused);
}

TEST_CASE("POST /sync searches, in its own form", "[sync][search]") {
    World world;
    Peer peer(world);
    peer.say(put_json("a", R"({"t":"red"})"));
    wire::HttpSyncRequest request;
    request.client_id = "c";
    request.client_hlc = {kNow, 0, "c"};
    request.searches = {{"s1", "m", "red", json(R"({"limit":5,"minScore":0.01,"boost":{"t":2}})")},
                        {"s2", "nowhere", "red", {}},
                        {"s3", "m", "red", json(R"({"limit":-1})")},
                        {"s4", "_topgun_x", "red", {}}};
    Bytes body;
    wire::encode(request, body);
    const auto reply = sync::answer_http_sync(*world.hub, "", body);
    CHECK(reply.status == 200);
    const auto response = must(wire::decode_http_sync_response(reply.body, {true}));
    REQUIRE(response.search_results);
    REQUIRE(response.search_results->size() == 2);
    const auto& first = response.search_results->front();
    CHECK(first.search_id == "s1");
    CHECK(first.total_count == 1u);
    REQUIRE(first.results.size() == 1);
    const ValueView hit(first.results[0].bytes);
    CHECK(hit.find("key")->as_string() == "a");
    CHECK(hit.find("value")->find("t")->as_string() == "red");
    CHECK(hit.find("score")->as_double() > 0.0);
    CHECK(hit.find("matchedTerms")->at(0)->as_string() == "red");
    CHECK(response.search_results->back().results.empty());
    REQUIRE(response.errors);
    REQUIRE(response.errors->size() == 2);
    CHECK((*response.errors)[0].code == 400);
    CHECK((*response.errors)[0].context == "s3");
    CHECK((*response.errors)[1].code == 403);
}

// Goal:   whoever applies the updates to the first answer holds what a search finds.
// Method: one seed writes, rewrites and removes some keys of few words; five searches with and
//         without limits are watched, and asked for afresh after every write.
TEST_CASE("a watched search never disagrees with a fresh one", "[sync][search][property]") {
    const auto seed = test::seed(20261122);
    CAPTURE(seed);
    Random random(seed);
    World world;
    Peer watcher(world), writer(world);
    const std::vector<std::pair<std::string, std::uint32_t>> searches = {
        {"w0", 3}, {"w1", 100}, {"w0 w2", 4}, {"w3*", 100}, {"w4", 1}};
    std::vector<std::set<std::string>> held(searches.size());
    for (std::size_t i = 0; i < searches.size(); ++i) {
        auto sub = watch(searches[i].first, std::to_string(i));
        sub.options.emplace();
        sub.options->limit = searches[i].second;
        watcher.say(sub);
    }
    for (std::uint64_t step = 0; step < 600; ++step) {
        const auto key = "k" + std::to_string(random.below(15));
        if (random.below(5) == 0) {
            writer.say(remove_op("1", key, kNow + step));
        } else {
            // Always five words, each once, so that lengths do not move scores.
            std::string text;
            const auto start = random.below(12);
            for (std::uint64_t i = 0; i < 5; ++i) text += " w" + std::to_string((start + i) % 12);
            writer.say(put_json(key, '"' + text + '"', kNow + step));
        }
        for (const auto& update : all<wire::SearchUpdate>(watcher.heard())) {
            auto& set = held[static_cast<std::size_t>(std::stoi(update.subscription_id))];
            if (update.change_type == wire::ChangeType::enter) {
                CHECK(set.insert(update.key).second);
            } else {
                CHECK(set.contains(update.key));
                if (update.change_type == wire::ChangeType::leave) set.erase(update.key);
            }
        }
        for (std::size_t i = 0; i < searches.size(); ++i) {
            CHECK(held[i].size() <= searches[i].second);
            auto search = search_for(searches[i].first);
            search.options.emplace();
            search.options->limit = searches[i].second;
            std::set<std::string> fresh;
            for (const auto& key_now : keys_of(only<wire::SearchResp>(writer.say(search)))) {
                fresh.insert(key_now);
            }
            CAPTURE(step, i);
            // With two words of different weight the order at the limit may move unseen.
            if (searches[i].first != "w0 w2") CHECK(held[i] == fresh);
        }
    }
}
