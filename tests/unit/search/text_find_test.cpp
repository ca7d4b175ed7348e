// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "topgun/search/text_index.hpp"
#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::search;
using topgun::test::must;

namespace {

TextIndex index_of(const std::vector<std::pair<std::string, std::string>>& documents,
                   TextOptions options = {}) {
    auto index = must(TextIndex::create(std::move(options)));
    for (const auto& [key, text] : documents) {
        const FieldText one{"text", text};
        index.set(key, {&one, 1});
    }
    return index;
}

TextHits find(const TextIndex& index, std::string_view text, const TextSearch& search = {}) {
    return must(index.find(must(index.parse(text)), search));
}

std::vector<std::string> keys_of(const TextHits& hits) {
    std::vector<std::string> out;
    for (const auto& hit : hits.hits) out.push_back(hit.key);
    return out;
}

using List = std::vector<std::string>;

}  // namespace

TEST_CASE("scores are those of TopGun's core for the same words", "[search]") {
    const auto index = index_of({{"d1", "quick brown fox"},
                                 {"d2", "quick quick dog"},
                                 {"d3", "lazy dog sleeping all day long"}});
    const auto found = find(index, "quick dog");
    REQUIRE(keys_of(found) == List{"d2", "d1", "d3"});
    // Measured with TopGun's TypeScript core, whose stop words ("all" is one) shorten d3: see
    // below.
    CHECK(found.total == 3);
    CHECK(found.hits[0].matched == List{"quick", "dog"});
    CHECK(found.hits[1].matched == List{"quick"});

    TextOptions as_core;
    as_core.words = {"", {"all"}};
    const auto same = find(index_of({{"d1", "quick brown fox"},
                                     {"d2", "quick quick dog"},
                                     {"d3", "lazy dog sleeping all day long"}},
                                    as_core),
                           "quick dog");
    CHECK(same.hits[0].score == Approx(1.1888548814823032).epsilon(1e-14));
    CHECK(same.hits[1].score == Approx(0.5077717780244109).epsilon(1e-14));
    CHECK(same.hits[2].score == Approx(0.4091398499189497).epsilon(1e-14));
}

TEST_CASE("a score is BM25, worked out by hand", "[search]") {
    // N = 2, n = 1: idf = ln(1 + 1.5 / 1.5) = ln 2. Lengths 1 and 3, average 2.
    const auto index = index_of({{"a", "apple"}, {"b", "pear pear plum"}});
    const double idf = std::log(2.0);
    CHECK(find(index, "apple").hits[0].score ==
          Approx(idf * 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 0.5))));
    CHECK(find(index, "pear").hits[0].score ==
          Approx(idf * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 1.5))));
}

TEST_CASE("equal scores are ordered by key, and a limit keeps the first", "[search]") {
    const auto index = index_of({{"c", "word"}, {"a", "word"}, {"d", "word"}, {"b", "word"}});
    CHECK(keys_of(find(index, "word")) == List{"a", "b", "c", "d"});
    const auto two = find(index, "word", {2, 0, {}, {}});
    CHECK(keys_of(two) == List{"a", "b"});
    CHECK(two.total == 4);
    CHECK(find(index, "word", {0, 0, {}, {}}).hits.empty());
}

TEST_CASE("weights of fields scale how often a word counts", "[search]") {
    auto index = must(TextIndex::create());
    const std::vector<FieldText> first = {{"title", "apple"}, {"body", "pear"}};
    const std::vector<FieldText> second = {{"title", "plum"}, {"body", "apple"}};
    index.set("first", first);
    index.set("second", second);
    CHECK(keys_of(find(index, "apple")) == List{"first", "second"});
    CHECK(find(index, "apple").hits[0].score == find(index, "apple").hits[1].score);

    TextSearch search;
    search.boosts = {{"title", 0.5}, {"body", 3}};
    const auto weighted = find(index, "apple", search);
    CHECK(keys_of(weighted) == List{"second", "first"});
    // Both documents have two words, the average: the norm is k1.
    const double idf = std::log(1 + 0.5 / 2.5);
    CHECK(weighted.hits[0].score == Approx(idf * 3 * 2.2 / (3 + 1.2)));
    CHECK(weighted.hits[1].score == Approx(idf * 0.5 * 2.2 / (0.5 + 1.2)));

    search.boosts = {{"title", 0}, {"unknown", 9}};
    CHECK(keys_of(find(index, "apple", search)) == List{"second"});
    search.boosts = {{"title", -1}};
    CHECK(index.find(must(index.parse("apple")), search).error().code() == Errc::bad_input);
    search.boosts = {{"title", std::nan("")}};
    CHECK_FALSE(index.find(must(index.parse("apple")), search));
}

TEST_CASE("what scores below the least score does not match", "[search]") {
    const auto index = index_of({{"a", "red"}, {"b", "red and green and blue and grey"}});
    const auto both = find(index, "red");
    REQUIRE(both.hits.size() == 2);
    TextSearch search;
    search.min_score = both.hits[0].score;
    const auto one = find(index, "red", search);
    CHECK(keys_of(one) == List{"a"});
    CHECK(one.total == 1);
    const auto query = must(index.parse("red"));
    CHECK(index.match(query, search, "a"));
    CHECK_FALSE(index.match(query, search, "b"));
}

TEST_CASE("a prefix finds every word that begins so, and says which", "[search]") {
    const auto index = index_of({{"a", "apple app"}, {"b", "application"}, {"c", "ape"}});
    const auto found = find(index, "app*");
    CHECK(found.total == 2);
    for (const auto& hit : found.hits) {
        CHECK(hit.matched == (hit.key == "a" ? List{"app", "apple"} : List{"application"}));
    }
    CHECK(find(index, "app").total == 1);
    // Named twice, it counts once.
    CHECK(find(index, "application app*").hits[0].score == find(index, "app*").hits[0].score);
    CHECK(find(index, "zebra*").total == 0);
}

TEST_CASE("with stemming one form finds the others", "[search]") {
    TextOptions options;
    options.words.language = "english";
    const auto index = index_of({{"a", "running dogs"}, {"b", "a dog ran"}}, options);
    const auto found = find(index, "Dog runs");
    CHECK(keys_of(found) == List{"a", "b"});
    CHECK(found.hits[0].matched == List{"dog", "runs"});
}

TEST_CASE("documents that are not accepted are passed over", "[search]") {
    const auto index = index_of({{"a", "x"}, {"b", "x"}, {"c", "x"}});
    TextSearch search;
    search.limit = 1;
    search.accept = [](std::string_view key) { return key == "c"; };
    CHECK(keys_of(find(index, "x", search)) == List{"c"});
}

TEST_CASE("all strings of a value are its text, by top-level field", "[search]") {
    const auto value = must(parse_json(
        R"({"n":1,"tags":["red",["green"],{"deep":"blue"}],"title":"T","more":{"x":{"y":"z"}}})"));
    std::vector<FieldText> texts;
    append_texts(ValueView(value), texts);
    std::vector<std::pair<std::string, std::string>> got;
    for (const auto& one : texts) got.emplace_back(one.field, one.text);
    std::sort(got.begin(), got.end());
    CHECK(got ==
          decltype(got){
              {"more", "z"}, {"tags", "blue"}, {"tags", "green"}, {"tags", "red"}, {"title", "T"}});
    texts.clear();
    const auto bare = must(parse_json(R"(["a","b"])"));
    append_texts(ValueView(bare), texts);
    REQUIRE(texts.size() == 2);
    CHECK(texts[0].field == "_value");
}
