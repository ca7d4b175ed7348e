// SPDX-License-Identifier: Apache-2.0
#include "topgun/search/vector_index.hpp"

#include <cmath>
#include <map>
#include <set>

#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::search;
using topgun::test::must;

namespace {

using Vector = std::vector<float>;
using Vectors = std::map<std::string, Vector>;

VectorIndex make_index(std::uint32_t dimension, Metric metric = Metric::cosine,
                       std::size_t exact_max = 20'000) {
    VectorOptions options;
    options.dimension = dimension;
    options.metric = metric;
    options.exact_max = exact_max;
    return must(VectorIndex::create(options));
}

Vector random_vector(Random& random, std::size_t dimension) {
    Vector out;
    for (std::size_t i = 0; i < dimension; ++i) {
        out.push_back(static_cast<float>(static_cast<double>(random.below(20'001)) / 10'000.0 - 1));
    }
    return out;
}

// In doubles, one number after the other.
double naive_score(Metric metric, const Vector& a, const Vector& b) {
    double dot = 0, square = 0, sum = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double x = a[i], y = b[i];
        dot += x * y;
        aa += x * x;
        bb += y * y;
        square += (x - y) * (x - y);
        sum += std::abs(x - y);
    }
    if (metric == Metric::euclidean) return 1 / (1 + std::sqrt(square));
    if (metric == Metric::manhattan) return 1 / (1 + sum);
    if (metric == Metric::dot) return dot;
    return aa == 0 || bb == 0 ? 0 : dot / std::sqrt(aa * bb);
}

std::vector<std::string> keys_of(const std::vector<VectorHit>& hits) {
    std::vector<std::string> out;
    for (const auto& hit : hits) out.push_back(hit.key);
    return out;
}

using List = std::vector<std::string>;

}  // namespace

TEST_CASE("scores follow the metric", "[search][vector]") {
    const Vector query = {3, 4};
    struct Case {
        Metric metric;
        double near, far;
    };
    for (const auto& [metric, near, far] :
         {Case{Metric::cosine, 1, 0.6}, Case{Metric::euclidean, 1 / 6.0, 1 / (1 + std::sqrt(20.0))},
          Case{Metric::dot, 50, 3}, Case{Metric::manhattan, 1 / 8.0, 1 / 7.0}}) {
        auto index = make_index(2, metric);
        must(index.set("double", Vector{6, 8}));
        must(index.set("right", Vector{1, 0}));
        const auto hits = must(index.find(query, {}));
        std::map<std::string, double> scores;
        for (const auto& hit : hits) scores[hit.key] = hit.score;
        CAPTURE(static_cast<int>(metric));
        CHECK(scores["double"] == Approx(near));
        CHECK(scores["right"] == Approx(far));
        CHECK(hits[0].score >= hits[1].score);
    }
}

TEST_CASE("a vector without length is like nothing, and breaks nothing", "[search][vector]") {
    auto index = make_index(3);
    must(index.set("zero", Vector{0, 0, 0}));
    must(index.set("one", Vector{1, 0, 0}));
    CHECK(keys_of(must(index.find(Vector{2, 0, 0}, {}))) == List{"one", "zero"});
    for (const auto& hit : must(index.find(Vector{0, 0, 0}, {}))) CHECK(hit.score == 0);
}

TEST_CASE("equal vectors under several keys are all found, by key", "[search][vector]") {
    auto index = make_index(4);
    for (const char* key : {"c", "a", "b"}) must(index.set(key, Vector{1, 2, 3, 4}));
    CHECK(keys_of(must(index.find(Vector{1, 2, 3, 4}, {}))) == List{"a", "b", "c"});
    VectorSearch two;
    two.k = 2;
    CHECK(keys_of(must(index.find(Vector{1, 2, 3, 4}, two))) == List{"a", "b"});
    index.remove("a");
    CHECK(keys_of(must(index.find(Vector{1, 2, 3, 4}, two))) == List{"b", "c"});
}

TEST_CASE("what cannot be a vector of the index is refused", "[search][vector]") {
    CHECK(VectorIndex::create({}).error().code() == Errc::usage);
    VectorOptions options;
    options.dimension = VectorOptions::kDimensionMax + 1;
    CHECK_FALSE(VectorIndex::create(options));
    auto index = make_index(2);
    CHECK(index.set("a", Vector{1}).error().code() == Errc::bad_input);
    CHECK_FALSE(index.set("a", Vector{1, std::nanf("")}));
    CHECK_FALSE(index.set("a", Vector{1, HUGE_VALF}));
    CHECK(index.size() == 0);
    CHECK_FALSE(index.find(Vector{1, 2, 3}, {}));
    CHECK(must(index.find(Vector{1, 2}, {})).empty());
    index.remove("never there");
}

TEST_CASE("least score, filter and k choose among the nearest", "[search][vector]") {
    auto index = make_index(2);
    for (int i = 0; i < 10; ++i) {
        must(index.set("k" + std::to_string(i), Vector{1, static_cast<float>(i)}));
    }
    VectorSearch search;
    search.k = 3;
    CHECK(keys_of(must(index.find(Vector{1, 0}, search))) == List{"k0", "k1", "k2"});
    search.accept = [](std::string_view key) { return (key.back() - '0') % 2 == 1; };
    CHECK(keys_of(must(index.find(Vector{1, 0}, search))) == List{"k1", "k3", "k5"});
    search.min_score = 0.3;
    CHECK(keys_of(must(index.find(Vector{1, 0}, search))) == List{"k1", "k3"});
    search.k = 0;
    CHECK(must(index.find(Vector{1, 0}, search)).empty());
}

// Goal:   without a graph the answer is the exact one, in every metric and odd dimension, after any
//         writes and removals.
// Method: one seed; scores compared with sums in doubles.
TEST_CASE("an index without a graph answers exactly", "[search][vector][property]") {
    const auto seed = test::seed(20261123);
    CAPTURE(seed);
    Random random(seed);
    for (const auto metric : {Metric::cosine, Metric::euclidean, Metric::dot, Metric::manhattan}) {
        const std::size_t dimension = 1 + random.below(70);
        auto index = make_index(static_cast<std::uint32_t>(dimension), metric);
        Vectors model;
        for (int step = 0; step < 4000; ++step) {
            const auto key = "k" + std::to_string(random.below(300));
            if (random.below(4) == 0) {
                index.remove(key);
                model.erase(key);
            } else {
                model[key] = random_vector(random, dimension);
                must(index.set(key, model[key]));
            }
        }
        REQUIRE(index.size() == model.size());
        for (int round = 0; round < 10; ++round) {
            const auto query = random_vector(random, dimension);
            std::vector<double> scores;
            for (const auto& [key, vector] : model) {
                scores.push_back(naive_score(metric, query, vector));
            }
            std::sort(scores.rbegin(), scores.rend());
            const auto hits = must(index.find(query, {}));
            REQUIRE(hits.size() == 10);
            for (std::size_t i = 0; i < hits.size(); ++i) {
                CHECK(hits[i].score == Approx(scores[i]).margin(1e-5));
                const auto own = naive_score(metric, query, model[hits[i].key]);
                CHECK(hits[i].score == Approx(own).margin(1e-5));
            }
        }
        const auto& [key, vector] = *model.begin();
        const auto kept = index.vector(key);
        CHECK(Vector(kept.begin(), kept.end()) == vector);
        CHECK(index.vector("nobody").empty());
    }
}

// Goal:   the graph finds nearly all of the true nearest, filters included, and never what was
//         removed; vectors that it has not taken yet are found as well.
// Method: 3000 vectors of 24 numbers around 40 centres; recall at 10 against an exact index, while
//         the graph is half built, complete, and after a third of the vectors were rewritten.
TEST_CASE("a graph finds at least 95 of 100 true neighbours", "[search][vector][property]") {
    const auto seed = test::seed(20261124);
    CAPTURE(seed);
    Random random(seed);
    constexpr std::size_t kDimension = 24;
    auto exact = make_index(kDimension, Metric::cosine);
    auto graph = make_index(kDimension, Metric::cosine, 100);
    std::vector<Vector> centres;
    for (int i = 0; i < 40; ++i) centres.push_back(random_vector(random, kDimension));
    std::set<std::string> held;
    const auto near_a_centre = [&] {
        auto vector = centres[random.below(centres.size())];
        const auto noise = random_vector(random, kDimension);
        for (std::size_t i = 0; i < kDimension; ++i) vector[i] += noise[i] * 0.3f;
        return vector;
    };
    const auto put = [&](const std::string& key) {
        const auto vector = near_a_centre();
        must(exact.set(key, vector));
        must(graph.set(key, vector));
        held.insert(key);
    };
    const auto recall = [&](const VectorSearch& search) {
        std::size_t found = 0, wanted = 0;
        for (int round = 0; round < 50; ++round) {
            const auto query = near_a_centre();
            const auto truth = keys_of(must(exact.find(query, search)));
            const auto got = keys_of(must(graph.find(query, search)));
            CHECK(got.size() == truth.size());
            for (const auto& key : got) CHECK(held.contains(key));
            const std::set<std::string> set(got.begin(), got.end());
            CHECK(set.size() == got.size());
            wanted += truth.size();
            for (const auto& key : truth) found += set.contains(key) ? 1 : 0;
        }
        return static_cast<double>(found) / static_cast<double>(wanted);
    };
    VectorSearch filtered;
    filtered.accept = [](std::string_view key) { return key.back() == '7'; };
    for (int i = 0; i < 3000; ++i) put("k" + std::to_string(i));
    CHECK(graph.in_graph() == 0);
    CHECK(recall({}) == 1);
    CHECK_FALSE(graph.advance(1500));
    CHECK(graph.in_graph() == 1500);
    CHECK(recall({}) > 0.95);
    CHECK(graph.advance(5000));
    CHECK(graph.in_graph() == 3000);
    CHECK(recall({}) > 0.95);
    CHECK(recall(filtered) > 0.95);
    for (int i = 0; i < 1000; ++i) {
        put("k" + std::to_string(random.below(3000)));
        graph.advance(2);
        const auto gone = "k" + std::to_string(random.below(3000));
        exact.remove(gone);
        graph.remove(gone);
        held.erase(gone);
    }
    CHECK(graph.size() == held.size());
    graph.advance(100'000);
    CHECK(recall({}) > 0.95);
    CHECK(recall(filtered) > 0.95);
}

TEST_CASE("the same calls give the same graph", "[search][vector]") {
    Random random(5);
    std::vector<Vector> vectors;
    for (int i = 0; i < 500; ++i) vectors.push_back(random_vector(random, 8));
    const auto build = [&] {
        auto index = make_index(8, Metric::euclidean, 10);
        for (std::size_t i = 0; i < vectors.size(); ++i) {
            must(index.set("k" + std::to_string(i), vectors[i]));
            index.advance(2);
        }
        return index;
    };
    const auto one = build(), two = build();
    CHECK(one.in_graph() == 500);
    for (int i = 0; i < 20; ++i) {
        const auto query = random_vector(random, 8);
        CHECK(must(one.find(query, {})) == must(two.find(query, {})));
    }
}

TEST_CASE("vectors are read in every form that peers write", "[search][vector]") {
    const Vector wanted = {1, -2, 0.5};
    const auto value = [](std::string_view text) { return must(parse_json(text)); };
    CHECK(read_vector(ValueView(value("[1,-2,0.5]"))) == wanted);
    CHECK(read_vector(ValueView(value(R"([1,"x"])"))).empty());
    CHECK(read_vector(ValueView(value("[1,1e300]"))).empty());
    CHECK(read_vector(ValueView(value("[]"))).empty());
    CHECK(read_vector(ValueView(value(R"("text")"))).empty());

    const auto raw = write_float_bytes(wanted);
    CHECK(raw == test::from_hex("0000803f000000c00000003f"));
    CHECK(read_float_bytes(raw) == wanted);
    CHECK(read_float_bytes(raw.substr(1)).empty());
    CHECK(read_float_bytes(test::from_hex("0000c07f")).empty());

    Bytes binary;
    msgpack::Writer(binary).binary(raw);
    CHECK(read_vector(ValueView(binary)) == wanted);

    const auto typed = [](std::string_view type, BytesView data) {
        Bytes out;
        msgpack::Writer writer(out);
        writer.map(2);
        writer.string("data");
        writer.binary(data);
        writer.string("type");
        writer.string(type);
        return out;
    };
    CHECK(read_vector(ValueView(typed("f32", raw))) == wanted);
    CHECK(read_vector(ValueView(typed("i16", test::from_hex("0100feff")))) == Vector{1, -2});
    CHECK(read_vector(ValueView(typed("i32", test::from_hex("01000000feffffff")))) ==
          Vector{1, -2});
    CHECK(read_vector(ValueView(typed("f64", test::from_hex("000000000000e03f")))) == Vector{0.5});
    CHECK(read_vector(ValueView(typed("f16", raw))).empty());

    // As TopGun's server stores it: the map inside bytes, the type first.
    Bytes inner, outer;
    msgpack::Writer writer(inner);
    writer.map(2);
    writer.string("type");
    writer.string("f32");
    writer.string("data");
    writer.binary(raw);
    msgpack::Writer(outer).binary(inner);
    CHECK(read_vector(ValueView(outer)) == wanted);
}
