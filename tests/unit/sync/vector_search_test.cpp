// SPDX-License-Identifier: Apache-2.0
#include "documents.hpp"
#include "topgun/search/vector_index.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

wire::VectorSearch near(std::vector<float> vector, std::uint32_t k = 10) {
    wire::VectorSearch out;
    out.id = "v1";
    out.map_name = "m";
    out.query_vector.bytes = search::write_float_bytes(vector);
    out.k = k;
    return out;
}

wire::VectorSearchResp ask(Peer& peer, const wire::VectorSearch& message) {
    return only<wire::VectorSearchResp>(peer.say(message));
}

void fill(Peer& peer) {
    peer.say(put_json("a", R"({"_embedding":[1,0],"n":1})"));
    peer.say(put_json("b", R"({"_embedding":[1,1],"n":2})"));
    peer.say(put_json("c", R"({"_embedding":[0,1],"n":3})"));
    peer.say(put_json("d", R"({"_embedding":[1,2,3],"n":4})"));
    peer.say(put_json("e", R"({"n":5})"));
}

}  // namespace

TEST_CASE("records are found by the vectors that they bring along", "[sync][search][vector]") {
    World world;
    Peer peer(world);
    fill(peer);
    const auto found = ask(peer, near({2, 0}));
    CHECK(found.id == "v1");
    CHECK_FALSE(found.error);
    REQUIRE(hit_keys(found) == Keys{"a", "b", "c"});
    CHECK(found.total_candidates == 3);
    CHECK(found.results[0].score == Approx(1));
    CHECK(found.results[1].score == Approx(std::sqrt(0.5)));
    CHECK(found.results[2].score == Approx(0).margin(1e-6));
    CHECK(found.results[0].value == json(R"({"_embedding":[1,0],"n":1})"));
    CHECK_FALSE(found.results[0].vector);
    CHECK(hit_keys(ask(peer, near({1, 2, 3}))) == Keys{"d"});
    CHECK(hit_keys(ask(peer, near({2, 0}, 1))) == Keys{"a"});
    CHECK(ask(peer, near({2, 0}, 0)).results.empty());
}

TEST_CASE("values, vectors, least score and filter are as asked for", "[sync][search][vector]") {
    World world;
    Peer peer(world);
    fill(peer);
    auto search = near({2, 0});
    search.options.emplace();
    search.options->include_value = false;
    search.options->include_vectors = true;
    search.options->min_score = 0.5;
    auto found = ask(peer, search);
    REQUIRE(hit_keys(found) == Keys{"a", "b"});
    CHECK_FALSE(found.results[0].value);
    REQUIRE(found.results[1].vector);
    CHECK(found.results[1].vector->bytes == search::write_float_bytes(std::vector<float>{1, 1}));

    search = near({2, 0}, 1);
    search.options.emplace();
    auto& filter = search.options->filter.emplace();
    filter.op = "gte";
    filter.attribute = "n";
    filter.value = json("2");
    CHECK(hit_keys(ask(peer, search)) == Keys{"b"});
    filter.op = "nonsense";
    CHECK(ask(peer, search).error);
}

TEST_CASE("vectors follow writes and removals", "[sync][search][vector]") {
    World world;
    Peer peer(world);
    fill(peer);
    CHECK(hit_keys(ask(peer, near({0, 1}, 1))) == Keys{"c"});
    peer.say(put_json("a", R"({"_embedding":[0,5],"n":1})", kNow + 1));
    peer.say(remove_op("1", "c", kNow + 1));
    CHECK(hit_keys(ask(peer, near({0, 1}))) == Keys{"a", "b"});
    peer.say(put_json("b", R"({"n":2})", kNow + 1));
    CHECK(hit_keys(ask(peer, near({0, 1}))) == Keys{"a"});
}

TEST_CASE("two records with one vector are both found", "[sync][search][vector]") {
    World world;
    Peer peer(world);
    peer.say(put_json("x", R"({"_embedding":[3,4]})"));
    peer.say(put_json("y", R"({"_embedding":[3,4]})"));
    CHECK(hit_keys(ask(peer, near({3, 4}))) == Keys{"x", "y"});
}

TEST_CASE("the query vector of TopGun's client, a map of numbered bytes, is understood",
          "[sync][search][vector]") {
    World world;
    Peer peer(world);
    fill(peer);
    const auto bytes = search::write_float_bytes(std::vector<float>{2, 0});
    for (const bool as_map : {true, false}) {
        Bytes frame;
        msgpack::Writer writer(frame);
        writer.map(2);
        writer.string("type");
        writer.string("VECTOR_SEARCH");
        writer.string("payload");
        writer.map(4);
        writer.string("id");
        writer.string("v1");
        writer.string("mapName");
        writer.string("m");
        writer.string("k");
        writer.unsigned_integer(1);
        writer.string("queryVector");
        as_map ? writer.map(bytes.size()) : writer.array(bytes.size());
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (as_map) writer.string(std::to_string(i));
            writer.unsigned_integer(static_cast<unsigned char>(bytes[i]));
        }
        CHECK(hit_keys(only<wire::VectorSearchResp>(peer.say_bytes(frame))) == Keys{"a"});
    }
}

TEST_CASE("a field may be named that holds the vectors", "[sync][search][vector]") {
    World world;
    Peer peer(world);
    peer.say(put_json("x", R"({"place":[1,2]})"));
    auto search = near({1, 2});
    CHECK(ask(peer, search).error);
    search.index_name = "place";
    CHECK(hit_keys(ask(peer, search)) == Keys{"x"});
}

TEST_CASE("what cannot be searched for is said in the answer", "[sync][search][vector]") {
    auto options = World::no_auth();
    options.guard = [](const MapId& map, MapAccess access, const RequestContext&) -> Status {
        if (access == MapAccess::read && map.name == "secret") {
            return Error(Errc::usage, "read access denied for map: secret");
        }
        return {};
    };
    World world(options);
    Peer peer(world);
    fill(peer);
    auto search = near({1, 2});
    search.query_vector.bytes += 'x';
    CHECK(ask(peer, search).error);
    search.query_vector.bytes.clear();
    CHECK(ask(peer, search).error);
    CHECK(ask(peer, near(std::vector<float>(7))).error);
    search = near({1, 2});
    search.map_name = "nowhere";
    CHECK(ask(peer, search).error);
    search.map_name = "secret";
    CHECK(ask(peer, search).error == "read access denied for map: secret");
    CHECK(ask(peer, near({1, 2}, 4'000'000'000)).error);
}

TEST_CASE("settings of vectors are checked when the endpoint is made", "[sync][search][vector]") {
    const auto maps =
        must(sync::parse_vector_maps(R"({"p":{"fields":["title","text"],"dimension":64}})"));
    CHECK(maps == sync::VectorMaps{{"p", {{"title", "text"}, 64}}});
    CHECK(must(sync::parse_vector_maps("{}")).empty());
    for (const char* bad : {"", "[]", "{\"p\":1}", R"({"p":{"fields":"title"}})",
                            R"({"p":{"fields":[1]}})", R"({"p":{"fields":[],"dimension":-1}})"}) {
        CAPTURE(bad);
        CHECK(sync::parse_vector_maps(bad).error().code() == Errc::bad_input);
    }
    auto options = World::no_auth();
    options.search.embedding_provider = "deterministic";
    options.search.embedding_dimension = 32;
    options.search.vector_maps = maps;
    ManualTime time{kNow};
    HeldStorage storage;
    const auto refused = sync::Hub::create(options, storage, time);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text().find("'p'") != std::string::npos);
    options.search.embedding_dimension = 64;
    CHECK(sync::Hub::create(options, storage, time));
    options.search.embedding_provider = "oracle";
    CHECK_FALSE(sync::Hub::create(options, storage, time));
}
