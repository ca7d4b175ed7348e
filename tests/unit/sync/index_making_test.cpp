// SPDX-License-Identifier: Apache-2.0
// Indexes of large maps: nobody but who searches waits for them, and they miss nothing.
#include "held_apart.hpp"
#include "policies.hpp"
#include "topgun/search/vector_index.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

wire::Search search_for(std::string query) {
    return {"r", "m", std::move(query), {}};
}

wire::SearchSub watch(std::string query, std::string id = "s") {
    return {std::move(id), "m", std::move(query), {}};
}

void fill(Peer& peer) {
    peer.say(batch_of({put_json("a", R"({"t":"red fox","_embedding":[1,0]})"),
                       put_json("b", R"({"t":"red hen","_embedding":[0,1]})"),
                       put_json("c", R"({"t":"blue hen","_embedding":[1,1]})")}));
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
    wire::HybridSearch both;
    both.request_id = "h";
    both.map_name = "m";
    both.query_text = "hen";
    both.methods = {wire::SearchMethod::full_text, wire::SearchMethod::semantic};
    both.query_vector.emplace().bytes = search::write_float_bytes(std::vector<float>{1, 0});
    both.k = 3;
    CHECK(peer.say(both).empty());
    CHECK(world.apart.finish());
    CHECK(peer.heard().empty());
    CHECK(world.apart.finish());
    const auto answers = all<wire::HybridSearchResp>(peer.heard());
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].results.size() == 3);
}
