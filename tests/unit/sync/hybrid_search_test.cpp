// SPDX-License-Identifier: Apache-2.0
#include "documents.hpp"
#include "topgun/search/vector_index.hpp"

using namespace topgun;
using namespace topgun::test;
using wire::SearchMethod;

namespace {

sync::HubOptions with_provider() {
    auto options = World::no_auth();
    options.search.embedding_provider = "deterministic";
    options.search.embedding_dimension = 64;
    options.search.vector_maps = {{"m", {{"title", "description"}, 64}}};
    return options;
}

wire::HybridSearch hybrid(std::vector<SearchMethod> methods, std::string text,
                          std::uint32_t k = 10) {
    wire::HybridSearch out;
    out.request_id = "h1";
    out.map_name = "m";
    out.query_text = std::move(text);
    out.methods = std::move(methods);
    out.k = k;
    return out;
}

wire::HybridSearchResp ask(Peer& peer, const wire::HybridSearch& message) {
    return only<wire::HybridSearchResp>(peer.say(message));
}

void fill(Peer& peer) {
    peer.say(put_json("p1", R"({"title":"Wireless Bluetooth Headphones","price":90,
                  "description":"Over ear noise cancelling wireless headphones for music"})"));
    peer.say(put_json("p2", R"({"title":"Organic Banana Bunch","price":3,
                  "description":"Fresh organic bananas tropical fruit snack"})"));
    peer.say(put_json("p3", R"({"title":"Wireless Gaming Mouse","price":40,
                  "description":"Ergonomic wireless mouse for gaming and office"})"));
}

wire::PredicateNode cheaper_than(int price) {
    wire::PredicateNode node;
    node.op = "lt";
    node.attribute = "price";
    node.value = json(std::to_string(price));
    return node;
}

wire::HybridSearchSub watch(std::vector<SearchMethod> methods, std::string text, std::uint32_t k,
                            std::string id = "h1") {
    wire::HybridSearchSub out;
    out.subscription_id = std::move(id);
    out.map_name = "m";
    out.query_text = std::move(text);
    out.methods = std::move(methods);
    out.k = k;
    return out;
}

std::string story(const std::vector<wire::Message>& messages) {
    return story_of<wire::HybridSearchUpdate>(messages);
}

}  // namespace

TEST_CASE("semantic search ranks records by their embedded fields", "[sync][search][hybrid]") {
    World world(with_provider());
    Peer peer(world);
    fill(peer);
    const auto found =
        ask(peer, hybrid({SearchMethod::semantic}, "wireless headphones for listening to music"));
    CHECK(found.request_id == "h1");
    CHECK_FALSE(found.error);
    REQUIRE(found.results.size() == 3);
    CHECK(found.results[0].key == "p1");
    CHECK(found.results[2].key == "p2");
    for (const auto& hit : found.results) {
        CHECK(hit.method_scores.size() == 1);
        REQUIRE(hit.method_scores.find("semantic"));
        CHECK(hit.value);
    }
    // A likeness, not a distance.
    CHECK(*found.results[0].method_scores.find("semantic") > 0.4);
    CHECK(found.results[0].score == Approx(1 / 61.0));
}

TEST_CASE("methods are fused, and each says what it scored", "[sync][search][hybrid]") {
    World world(with_provider());
    Peer peer(world);
    fill(peer);
    auto search = hybrid({SearchMethod::full_text, SearchMethod::semantic}, "wireless");
    search.include_value = false;
    const auto found = ask(peer, search);
    REQUIRE(found.results.size() == 3);
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& hit = found.results[i];
        CHECK((hit.key == "p1" || hit.key == "p3"));
        CHECK(hit.method_scores.find("fullText"));
        CHECK(hit.method_scores.find("semantic"));
        CHECK_FALSE(hit.value);
    }
    CHECK(found.results[2].key == "p2");
    CHECK_FALSE(found.results[2].method_scores.find("fullText"));
    search.min_score = found.results[1].score;
    CHECK(ask(peer, search).results.size() == 2);
    search.k = 1;
    CHECK(ask(peer, search).results.size() == 1);
}

TEST_CASE("a predicate filters every method", "[sync][search][hybrid]") {
    World world(with_provider());
    Peer peer(world);
    fill(peer);
    auto search = hybrid({SearchMethod::full_text, SearchMethod::semantic}, "wireless");
    search.predicate = cheaper_than(50);
    auto found = ask(peer, search);
    CHECK(hit_keys(found) == Keys{"p3", "p2"});
    search.methods = {SearchMethod::exact};
    found = ask(peer, search);
    CHECK(hit_keys(found) == Keys{"p2", "p3"});
    CHECK(*found.results[0].method_scores.find("exact") == 1);
    CHECK(found.results[0].score == Approx(1 / 61.0));
    search.methods = {SearchMethod::exact, SearchMethod::full_text};
    found = ask(peer, search);
    CHECK(hit_keys(found) == Keys{"p3", "p2"});
    CHECK(found.results[0].score == Approx(2 / 61.0));
    search.methods = {SearchMethod::exact};
    search.predicate.reset();
    found = ask(peer, search);
    CHECK(found.results.empty());
    CHECK_FALSE(found.error);
}

TEST_CASE("full text goes deeper than ten hits", "[sync][search][hybrid]") {
    World world;
    Peer peer(world);
    for (int i = 0; i < 40; ++i) peer.say(put_json("k" + std::to_string(i + 10), R"("word")"));
    CHECK(ask(peer, hybrid({SearchMethod::full_text}, "word", 30)).results.size() == 30);
}

TEST_CASE("without a provider semantic search says so and finds nothing",
          "[sync][search][hybrid]") {
    World world;
    Peer peer(world);
    fill(peer);
    for (const auto& methods : {std::vector{SearchMethod::semantic},
                                std::vector{SearchMethod::full_text, SearchMethod::semantic}}) {
        const auto found = ask(peer, hybrid(methods, "wireless headphones"));
        CHECK(found.error);
        CHECK(found.results.empty());
    }
    // With a vector no provider is needed.
    peer.say(put_json("v", R"({"_embedding":[1,2]})"));
    auto search = hybrid({SearchMethod::semantic}, "");
    search.query_vector.emplace().bytes = search::write_float_bytes(std::vector<float>{1, 2});
    CHECK(hit_keys(ask(peer, search)) == Keys{"v"});
    search.query_vector->bytes.pop_back();
    CHECK(ask(peer, search).error);
}

TEST_CASE("with a provider a map that was not named has no vectors", "[sync][search][hybrid]") {
    World world(with_provider());
    Peer peer(world);
    auto op = put_json("x", R"({"title":"Wireless"})");
    op.map_name = "other";
    peer.say(op);
    auto search = hybrid({SearchMethod::semantic}, "wireless");
    search.map_name = "other";
    CHECK(ask(peer, search).error);
    // One that was named and is empty is no error.
    search.map_name = "m";
    const auto found = ask(peer, search);
    CHECK_FALSE(found.error);
    CHECK(found.results.empty());
    search.methods.clear();
    CHECK(ask(peer, search).error);
    search.map_name = "_topgun_x";
    CHECK(ask(peer, search).error);
}

TEST_CASE("a watched hybrid search answers first, then tells what has changed by the next tick",
          "[sync][search][hybrid]") {
    World world(with_provider());
    Peer watcher(world), writer(world);
    fill(writer);
    const auto first = only<wire::HybridSearchResp>(
        watcher.say(watch({SearchMethod::full_text, SearchMethod::semantic}, "wireless mouse", 2)));
    CHECK(first.request_id == "h1");
    REQUIRE(hit_keys(first) == Keys{"p3", "p1"});
    world.hub->tick(1);
    CHECK(watcher.heard().empty());

    writer.say(put_json("p4", R"({"title":"Mouse wireless"})"));
    writer.say(put_json("p5", R"({"title":"Unrelated"})"));
    CHECK(watcher.heard().empty());
    world.hub->tick(2);
    const auto heard = watcher.heard();
    CHECK(story(heard) == "-p1 +p4 =p3");
    const auto updates = all<wire::HybridSearchUpdate>(heard);
    CHECK_FALSE(updates[0].value);
    CHECK(updates[0].method_scores.empty());
    CHECK(updates[1].score == Approx(2 / 61.0));
    CHECK(updates[1].value == json(R"({"title":"Mouse wireless"})"));
    CHECK(updates[1].method_scores.find("semantic"));

    world.hub->tick(3);
    CHECK(watcher.heard().empty());
    writer.say(remove_op("1", "p4", kNow + 1));
    world.hub->tick(4);
    CHECK(story(watcher.heard()) == "-p4 =p3 +p1");

    wire::HybridSearchUnsub unsub;
    unsub.subscription_id = "h1";
    CHECK(watcher.say(unsub).empty());
    writer.say(remove_op("2", "p3", kNow + 1));
    world.hub->tick(5);
    CHECK(watcher.heard().empty());
}

TEST_CASE("updates of hybrid searches wait for the disk, and end with the connection",
          "[sync][search][hybrid]") {
    World world;
    Peer watcher(world), other(world), writer(world);
    watcher.say(watch({SearchMethod::full_text}, "word", 5));
    other.say(watch({SearchMethod::full_text}, "word", 5));
    world.storage.held = true;
    writer.say(put_json("a", R"("word")"));
    world.hub->tick(1);
    CHECK(watcher.heard().empty());
    other.link->close(sync::CloseCode::normal, "bye");
    world.storage.release();
    world.hub->tick(2);
    CHECK(story(watcher.heard()) == "+a");
}

TEST_CASE("watched searches of both kinds count together", "[sync][search][hybrid]") {
    auto options = World::no_auth();
    options.search.subscriptions = 2;
    World world(options);
    Peer peer(world);
    wire::SearchSub text;
    text.subscription_id = "s";
    text.map_name = "m";
    text.query = "x";
    CHECK_FALSE(only<wire::SearchResp>(peer.say(text)).error);
    const auto sub = [&](std::string id) {
        return only<wire::HybridSearchResp>(
            peer.say(watch({SearchMethod::full_text}, "x", 5, std::move(id))));
    };
    CHECK_FALSE(sub("h1").error);
    CHECK(sub("h2").error);
    CHECK_FALSE(sub("h1").error);
}
