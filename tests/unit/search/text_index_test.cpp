// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>
#include <set>

#include "topgun/base/random.hpp"
#include "topgun/search/text_index.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::search;
using topgun::test::must;

namespace {

using Document = std::vector<std::pair<std::string, std::string>>;  // field and text
using Documents = std::map<std::string, Document>;

void put(TextIndex& index, const std::string& key, const Document& document) {
    std::vector<FieldText> texts;
    for (const auto& [field, text] : document) texts.push_back({field, text});
    index.set(key, texts);
}

TextIndex built_from(const Documents& documents) {
    auto index = must(TextIndex::create());
    for (const auto& [key, document] : documents) put(index, key, document);
    return index;
}

Document random_document(Random& random) {
    Document out;
    for (const char* field : {"title", "body", "tags"}) {
        std::string text;
        const auto words = random.below(6);
        for (std::uint64_t i = 0; i < words; ++i) {
            // Few words, so that most are shared, and some that are rare.
            text += " w" + std::to_string(random.below(1 + random.below(12)));
        }
        if (words != 0) out.emplace_back(field, text);
    }
    return out;
}

// Straight from the formula, over all documents.
std::vector<TextHit> naive_find(const Documents& documents, const TextQuery& query,
                                const TextSearch& search) {
    const auto words = must(Words::create());
    std::map<std::string, std::map<std::string, double>> counts;  // by key, then word
    std::map<std::string, double> lengths;
    std::map<std::string, std::set<std::string>> holders;  // by word
    double total = 0;
    for (const auto& [key, document] : documents) {
        std::string word;
        for (const auto& [field, text] : document) {
            const auto boost = search.boosts.find(field);
            for (std::size_t at = 0; words.next(text, at, word);) {
                counts[key][word] += boost == search.boosts.end() ? 1 : boost->second;
                lengths[key] += 1;
                holders[word].insert(key);
                total += 1;
            }
        }
    }
    std::vector<TextHit> out;
    const auto all = static_cast<double>(lengths.size());
    for (const auto& [key, held] : counts) {
        TextHit hit{key, 0, {}};
        for (const auto& word : query.words()) {
            const auto count = held.find(word.word);
            if (count == held.end()) continue;
            const auto with = static_cast<double>(holders[word.word].size());
            const double idf = std::log(1 + (all - with + 0.5) / (with + 0.5));
            const double norm = 1.2 * (0.25 + 0.75 * lengths[key] / (total / all));
            hit.score += idf * count->second * 2.2 / (count->second + norm);
            hit.matched.push_back(word.typed);
        }
        if (hit.score > 0 && hit.score >= search.min_score) out.push_back(hit);
    }
    std::sort(out.begin(), out.end(), [](const TextHit& a, const TextHit& b) {
        return std::abs(a.score - b.score) > 1e-12 ? a.score > b.score : a.key < b.key;
    });
    return out;
}

}  // namespace

// Goal:   TG-SEA-001: an index that was updated in place answers as one that is built afresh, and
//         both as the formula says, over rewrites of the index too.
// Method: one seed writes, rewrites and removes 60 documents of few words, 8000 times.
TEST_CASE("an updated index equals a rebuilt one and the formula", "[search][property]") {
    const auto seed = test::seed(20261121);
    CAPTURE(seed);
    Random random(seed);
    auto index = must(TextIndex::create());
    Documents documents;
    for (int step = 0; step < 8000; ++step) {
        const auto key = "k" + std::to_string(random.below(60));
        if (random.below(4) == 0) {
            index.remove(key);
            documents.erase(key);
        } else {
            auto document = random_document(random);
            put(index, key, document);
            if (document.empty())
                documents.erase(key);
            else
                documents[key] = std::move(document);
        }
        if (step % 400 != 399) continue;
        CAPTURE(step);
        const auto rebuilt = built_from(documents);
        REQUIRE(index.size() == documents.size());
        for (int round = 0; round < 6; ++round) {
            std::string text;
            for (std::uint64_t i = 0; i <= random.below(4); ++i) {
                text += " w" + std::to_string(random.below(13));
            }
            TextSearch search;
            search.limit = 1 + random.below(70);
            if (round % 2 != 0) search.boosts = {{"title", 4}, {"tags", 0.5}};
            if (round % 3 != 0) search.min_score = 0.25;
            const auto query = must(index.parse(text));
            const auto got = must(index.find(query, search));
            const auto fresh = must(rebuilt.find(query, search));
            CHECK(got.hits == fresh.hits);
            CHECK(got.total == fresh.total);
            const auto naive = naive_find(documents, query, search);
            REQUIRE(got.total == naive.size());
            REQUIRE(got.hits.size() == std::min(search.limit, naive.size()));
            for (std::size_t i = 0; i < got.hits.size(); ++i) {
                CHECK(got.hits[i].key == naive[i].key);
                CHECK(got.hits[i].score == Approx(naive[i].score).epsilon(1e-12));
                CHECK(got.hits[i].matched == naive[i].matched);
            }
            // One document by itself scores as it does among all.
            TextSearch all = search;
            all.limit = 100;
            const auto listed = must(index.find(query, all));
            std::size_t matches = 0;
            for (const auto& [one, document] : documents) {
                const auto match = index.match(query, search, one);
                if (!match) continue;
                ++matches;
                CHECK(std::count(listed.hits.begin(), listed.hits.end(), *match) == 1);
            }
            CHECK(matches == listed.hits.size());
        }
    }
}

TEST_CASE("memory follows what is held, not what was written", "[search]") {
    auto index = must(TextIndex::create());
    const auto empty = index.bytes();
    for (int i = 0; i < 200; ++i) put(index, "k" + std::to_string(i), {{"f", "some words here"}});
    const auto once = index.bytes();
    CHECK(once > empty);
    for (int round = 0; round < 100; ++round) {
        for (int i = 0; i < 200; ++i) {
            put(index, "k" + std::to_string(i), {{"f", "some words " + std::to_string(round)}});
        }
    }
    // Dead postings of at most half the documents and 1024 more.
    CHECK(index.bytes() < once + 1200 * 100);
    for (int i = 0; i < 200; ++i) index.remove("k" + std::to_string(i));
    CHECK(index.size() == 0);
    CHECK_FALSE(index.has("k1"));
    CHECK(must(index.find(must(index.parse("some")), {})).total == 0);
}

TEST_CASE("a document without words is none", "[search]") {
    auto index = must(TextIndex::create());
    put(index, "a", {{"f", "word"}});
    put(index, "b", {{"f", "?!"}});
    put(index, "c", {});
    CHECK(index.size() == 1);
    put(index, "a", {{"f", "..."}});
    CHECK(index.size() == 0);
    CHECK(must(index.find(must(index.parse("word")), {})).total == 0);
    index.remove("never there");
    put(index, "a", {{"f", "word"}});
    CHECK(must(index.find(must(index.parse("word")), {})).total == 1);
}
