// SPDX-License-Identifier: Apache-2.0
// Indexes of large maps: nobody but who searches waits for them, and they miss nothing.
#include "held_apart.hpp"
#include "policies.hpp"
#include "topgun/search/vector_index.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

wire::Search search_for(std::string query, std::string id = "r") {
    return {std::move(id), "m", std::move(query), {}};
}

wire::SearchSub watch(std::string query, std::string id = "s") {
    return {std::move(id), "m", std::move(query), {}};
}

void fill(Peer& peer) {
    peer.say(batch_of({put_json("a", R"({"t":"red fox","_embedding":[1,0]})"),
                       put_json("b", R"({"t":"red hen","_embedding":[0,1]})"),
                       put_json("c", R"({"t":"blue hen","_embedding":[1,1]})")}));
}

std::string floats(const std::vector<float>& numbers) {
    return search::write_float_bytes(numbers);
}

wire::HybridSearch hen_near(std::vector<float> vector) {
    wire::HybridSearch out;
    out.request_id = "h";
    out.map_name = "m";
    out.query_text = "hen";
    out.methods = {wire::SearchMethod::full_text, wire::SearchMethod::semantic};
    out.query_vector.emplace().bytes = floats(vector);
    out.k = 3;
    return out;
}

wire::HybridSearchSub watch_near(std::vector<float> vector, std::string id) {
    wire::HybridSearchSub out;
    out.subscription_id = std::move(id);
    out.map_name = "m";
    out.methods = {wire::SearchMethod::semantic};
    out.query_vector.emplace().bytes = floats(vector);
    out.k = 10;
    return out;
}

// Indexes that stay only as long as somebody needs them.
sync::HubOptions without_memory() {
    auto out = World::no_auth();
    out.search.index_bytes = 1;
    return out;
}

// Time passes between all that is done. The answers, after as much work as there is, or too much.
std::vector<wire::HybridSearchResp> worked_off(ApartWorld& world, Peer& peer) {
    std::uint64_t now = 0;
    for (int i = 0; i < 10; ++i) {
        world.hub->tick(++now);
        if (!world.apart.finish()) break;
    }
    CHECK(world.apart.size() == 0);
    return all<wire::HybridSearchResp>(peer.heard());
}

}  // namespace

TEST_CASE("while words of a large map are indexed everybody is served", "[sync][search]") {
    ApartWorld world;
    Peer peer(world), writer(world);
    fill(writer);
    CHECK(all<wire::SearchResp>(peer.say(search_for("red"))).empty());
    CHECK(all<wire::SearchResp>(peer.say(watch("hen"))).empty());
    only<wire::Pong>(peer.say(wire::Ping{1}));
    // One index for both, and what changes on its way is in it.
    CHECK(world.apart.size() == 1);
    world.apart.work();
    writer.say(batch_of({put_json("d", R"({"t":"red hen"})"), remove_op("1", "a", kNow + 1)}));
    world.apart.finish_all();
    const auto answers = all<wire::SearchResp>(peer.heard());
    REQUIRE(answers.size() == 2);
    CHECK(hit_keys(answers[0]) == Keys{"b", "d"});
    CHECK(answers[1].total_count == 3);
    // From now on it is there.
    CHECK(hit_keys(only<wire::SearchResp>(peer.say(search_for("blue")))) == Keys{"c"});
    writer.say(batch_of({remove_op("1", "b", kNow + 1)}));
    CHECK(story_of<wire::SearchUpdate>(peer.heard()) == "-b");
}

TEST_CASE("a small map is indexed at once", "[sync][search]") {
    ApartWorld world(4);
    Peer peer(world);
    fill(peer);
    CHECK(hit_keys(only<wire::SearchResp>(peer.say(search_for("blue")))) == Keys{"c"});
    CHECK(world.apart.size() == 0);
}

TEST_CASE("who gives up a search, or goes, is not answered", "[sync][search]") {
    ApartWorld world;
    Peer peer(world);
    fill(peer);
    peer.say(watch("hen"));
    peer.say(watch("fox", "kept"));
    peer.say(wire::SearchUnsub{"s"});
    {
        Peer gone(world);
        gone.say(search_for("red"));
    }
    world.apart.finish_all();
    const auto answers = all<wire::SearchResp>(peer.heard());
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].request_id == "kept");
    CHECK(peer.link->wants_input());
}

TEST_CASE("a map that is closed while it is indexed is not searched", "[sync][search]") {
    ApartWorld world(3, World::with_tokens());
    must(world.hub->put_policy(allow("m", sync::PolicyAction::write)));
    must(world.hub->put_policy(allow("m", sync::PolicyAction::read)));
    auto ann = enter(world, "ann");
    fill(ann);
    ann.say(search_for("red"));
    world.apart.work();
    must(world.hub->put_policy(deny("m", sync::PolicyAction::read)));
    world.apart.finish_all();
    const auto answers = all<wire::SearchResp>(ann.heard());
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].results.empty());
    CHECK(answers[0].error);
}

TEST_CASE("vectors of a large map are gathered apart", "[sync][search][vector]") {
    ApartWorld world;
    Peer peer(world);
    fill(peer);
    wire::VectorSearch near;
    near.id = "v";
    near.map_name = "m";
    near.query_vector.bytes = search::write_float_bytes(std::vector<float>{1, 0});
    near.k = 1;
    CHECK(peer.say(near).empty());
    world.apart.work();
    peer.say(batch_of({remove_op("1", "a", kNow + 1)}));
    world.apart.finish_all();
    const auto answers = all<wire::VectorSearchResp>(peer.heard());
    REQUIRE(answers.size() == 1);
    CHECK(hit_keys(answers[0]) == Keys{"c"});
    // An index that cannot be is an error at once.
    near.query_vector.bytes = "abc";
    CHECK(only<wire::VectorSearchResp>(peer.say(near)).error);
}

TEST_CASE("a hybrid search waits for each index that it needs", "[sync][search][hybrid]") {
    ApartWorld world;
    Peer peer(world);
    fill(peer);
    peer.say(watch("hen"));
    CHECK(peer.say(hen_near({1, 0})).empty());
    // The words are on their way already.
    CHECK(world.apart.size() == 2);
    CHECK(world.apart.finish());
    CHECK(all<wire::HybridSearchResp>(peer.heard()).empty());
    CHECK(world.apart.finish());
    CHECK(world.apart.size() == 0);
    const auto answers = all<wire::HybridSearchResp>(peer.heard());
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].results.size() == 3);
}

TEST_CASE("a search whose indexes do not fit together is answered", "[sync][search][hybrid]") {
    ApartWorld world(3, without_memory());
    Peer peer(world);
    fill(peer);
    SECTION("when none is there") {
        peer.say(hen_near({1, 0}));
        CHECK(world.apart.size() == 1);
    }
    SECTION("when one goes while the other is made") {
        peer.say(search_for("red"));
        CHECK(world.apart.finish());
        peer.say(hen_near({1, 0}));
    }
    SECTION("when one is being made") {
        peer.say(search_for("red"));
        peer.say(hen_near({1, 0}));
        CHECK(world.apart.size() == 2);
    }
    const auto answers = worked_off(world, peer);
    REQUIRE(answers.size() == 1);
    CHECK_FALSE(answers[0].error);
    CHECK(answers[0].results.size() == 3);
}

TEST_CASE("several that wait for indexes that do not fit are all answered",
          "[sync][search][hybrid]") {
    ApartWorld world(3, without_memory());
    Peer peer(world);
    fill(peer);
    peer.say(search_for("red"));
    peer.say(hen_near({1, 0}));
    peer.say(hen_near({1, 0, 0}));
    peer.say(hen_near({0, 1}));
    CHECK(worked_off(world, peer).size() == 3);
    CHECK(peer.link->wants_input());
}

TEST_CASE("vectors that are watched do not make way", "[sync][search][hybrid]") {
    ApartWorld world;
    Peer peer(world), other(world);
    fill(peer);
    peer.say(watch_near({1, 0}, "w"));
    world.apart.finish_all();
    CHECK(hit_keys(only<wire::HybridSearchResp>(peer.heard())) == Keys{"a", "c", "b"});
    for (int i = 0; i < 4; ++i) {
        wire::VectorSearch near;
        near.id = "v";
        near.map_name = "m";
        near.index_name = "field" + std::to_string(i);
        near.query_vector.bytes = floats({1, 0});
        near.k = 1;
        other.say(near);
        world.apart.finish_all();
    }
    other.say(batch_of({remove_op("1", "c", kNow + 1)}));
    world.hub->tick(1);
    CHECK(world.apart.size() == 0);
    CHECK(story_of<wire::HybridSearchUpdate>(peer.heard()).find("-c") == 0);
}

TEST_CASE("watched vectors that had to make way are made apart", "[sync][search][hybrid]") {
    ApartWorld world;
    Peer peer(world), writer(world);
    // More lengths than a map has indexes.
    std::vector<std::vector<float>> vectors;
    for (int i = 1; i <= 5; ++i) {
        std::string numbers = "1";
        for (int k = 1; k < i; ++k) numbers += ",0";
        writer.say(put_json("k" + std::to_string(i), R"({"_embedding":[)" + numbers + "]}"));
        vectors.emplace_back(i, 0.0F).front() = 1;
    }
    for (const auto& vector : vectors) {
        peer.say(watch_near(vector, std::to_string(vector.size())));
        world.apart.finish_all();
        CHECK(only<wire::HybridSearchResp>(peer.heard()).results.size() == 1);
    }
    writer.say(put_json("one", R"({"_embedding":[2]})"));
    world.hub->tick(1);
    CHECK(world.apart.size() == 1);
    CHECK(peer.heard().empty());
    world.apart.work();
    // Once, whatever else changes meanwhile, and with that.
    writer.say(put_json("two", R"({"_embedding":[3]})"));
    for (int i = 0; i < 40; ++i) {
        writer.say(put_json("other" + std::to_string(i), "{}"));
        world.hub->tick(2);
    }
    CHECK(world.apart.size() == 1);
    CHECK(peer.link->wants_input());
    SECTION("and searched then") {
        world.apart.finish_all();
        const auto updates = all<wire::HybridSearchUpdate>(peer.heard());
        Keys entered;
        for (const auto& update : updates) {
            CHECK(update.subscription_id == "1");
            if (update.change_type == wire::ChangeType::enter) entered.push_back(update.key);
        }
        CHECK(entered == Keys{"one", "two"});
    }
    SECTION("but for nobody who has gone") {
        peer.say(wire::HybridSearchUnsub{"1"});
        world.apart.finish_all();
        CHECK(peer.heard().empty());
    }
    CHECK(peer.link->wants_input());
}

TEST_CASE("ids of searches and of both kinds of watches are apart", "[sync][search][hybrid]") {
    ApartWorld world;
    Peer peer(world);
    fill(peer);
    auto hybrid = watch_near({1, 0}, "1");
    const auto counts = [&] {
        world.apart.finish_all();
        const auto heard = peer.heard();
        return std::pair(all<wire::SearchResp>(heard).size(),
                         all<wire::HybridSearchResp>(heard).size());
    };
    SECTION("a search outlives watches of its id") {
        peer.say(search_for("red", "1"));
        peer.say(watch("hen", "1"));
        peer.say(wire::SearchUnsub{"1"});
        peer.say(hybrid);
        peer.say(wire::HybridSearchUnsub{"1"});
        CHECK(counts() == std::pair<std::size_t, std::size_t>(1, 0));
    }
    SECTION("the end of one watch is not that of the other") {
        peer.say(hybrid);
        peer.say(watch("hen", "1"));
        peer.say(wire::SearchUnsub{"1"});
        CHECK(counts() == std::pair<std::size_t, std::size_t>(0, 1));
    }
    SECTION("nor the other way round") {
        peer.say(watch("hen", "1"));
        peer.say(hybrid);
        peer.say(wire::HybridSearchUnsub{"1"});
        CHECK(counts() == std::pair<std::size_t, std::size_t>(1, 0));
    }
    CHECK(peer.link->wants_input());
}

TEST_CASE("who stops makes no index to its end", "[sync][search]") {
    ApartWorld world;
    Peer peer(world);
    fill(peer);
    peer.say(search_for("red"));
    peer.say(hen_near({1, 0}));
    world.hub->abandon_runs();
    world.apart.finish_all();
    const auto heard = peer.heard();
    CHECK(only<wire::SearchResp>({heard.at(0)}).error);
    CHECK(only<wire::HybridSearchResp>({heard.at(1)}).error);
}
