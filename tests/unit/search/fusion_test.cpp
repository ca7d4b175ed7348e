// SPDX-License-Identifier: Apache-2.0
#include "topgun/search/fusion.hpp"

#include <cmath>

#include "topgun/search/embedder.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::search;
using topgun::test::must;

namespace {

double likeness(Embedder& embedder, std::string_view a, std::string_view b) {
    const auto x = must(embedder.embed(a)), y = must(embedder.embed(b));
    double out = 0;
    for (std::size_t i = 0; i < x.size(); ++i) out += static_cast<double>(x[i]) * y[i];
    return out;
}

}  // namespace

TEST_CASE("rankings are fused by the reciprocals of ranks", "[search]") {
    std::vector<Ranking> rankings(2);
    rankings[0].hits = {{"a", 9}, {"b", 8}, {"c", 7}};
    rankings[1].hits = {{"c", 0.5}, {"d", 0.4}};
    const auto fused = fuse(rankings, 10);
    REQUIRE(fused.size() == 4);
    CHECK(fused[0].key == "c");
    CHECK(fused[0].score == Approx(1 / 63.0 + 1 / 61.0));
    CHECK(fused[0].by_ranking == std::vector<std::pair<std::size_t, double>>{{0, 7}, {1, 0.5}});
    CHECK(fused[1].key == "a");
    CHECK(fused[1].score == Approx(1 / 61.0));
    // Equal ranks of two rankings: the smaller key first.
    CHECK(fused[2].key == "b");
    CHECK(fused[3].key == "d");
    CHECK(fuse(rankings, 2).size() == 2);
    CHECK(fuse(rankings, 0).empty());
    CHECK(fuse({}, 5).empty());
}

TEST_CASE("a ranking without order gives each of its hits rank 1", "[search]") {
    std::vector<Ranking> rankings(2);
    rankings[0].all_first = true;
    rankings[0].hits = {{"z", 1}, {"y", 1}, {"x", 1}};
    rankings[1].hits = {{"a", 3}, {"y", 2}};
    const auto fused = fuse(rankings, 3);
    REQUIRE(fused.size() == 3);
    CHECK(fused[0].key == "y");
    CHECK(fused[0].score == Approx(1 / 61.0 + 1 / 62.0));
    CHECK(fused[1].key == "a");
    CHECK(fused[2].key == "x");
}

TEST_CASE("the deterministic provider finds texts alike that share words", "[search]") {
    const auto made = must(make_embedder("deterministic", 64));
    auto& embedder = *made;
    CHECK(embedder.dimension() == 64);
    const std::string query = "wireless headphones for listening to music";
    const auto near = likeness(
        embedder, query,
        "Wireless Bluetooth Headphones Over ear noise cancelling wireless bluetooth headphones for "
        "music");
    const auto far = likeness(embedder, query,
                              "Organic Banana Bunch Fresh organic bananas tropical fruit snack");
    CHECK(near > far + 0.2);
    CHECK(likeness(embedder, "A b, C!", "c B a") == Approx(1));
    CHECK(likeness(embedder, "?!", "?!") == Approx(1));
    CHECK(must(embedder.embed("")).empty());
    CHECK(must(embedder.embed(" \n")).empty());
}

TEST_CASE("the deterministic provider hashes as TopGun's server does", "[search]") {
    // FNV-1a of "a" is af63dc4c8601ec8c: place 0x8c % 64 = 12, and the top bit makes it negative.
    const auto vector = must(must(make_embedder("deterministic", 64))->embed("A"));
    for (std::size_t i = 0; i < vector.size(); ++i) CHECK(vector[i] == (i == 12 ? -1.0f : 0.0f));
}

TEST_CASE("unknown providers and impossible dimensions are refused", "[search]") {
    CHECK(make_embedder("oracle", 64).error().code() == Errc::usage);
    CHECK_FALSE(make_embedder("deterministic", 0));
    CHECK_FALSE(make_embedder("deterministic", 5000));
}
