// SPDX-License-Identifier: Apache-2.0
#include "topgun/search/words.hpp"

#include "topgun/search/text_query.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::search;
using topgun::test::must;

namespace {

std::vector<std::string> words_of(const Words& words, std::string_view text) {
    std::vector<std::string> out;
    std::string word;
    for (std::size_t at = 0; words.next(text, at, word);) out.push_back(word);
    return out;
}

std::vector<std::string> words_of(std::string_view text) {
    return words_of(must(Words::create()), text);
}

using List = std::vector<std::string>;

}  // namespace

TEST_CASE("texts are divided where there is neither letter, mark nor digit", "[search]") {
    CHECK(words_of("The Quick brown-foxes can't jump over 2 lazy dogs: C++ x1") ==
          List{"the", "quick", "brown", "foxes", "can", "t", "jump", "over", "2", "lazy", "dogs",
               "c", "x1"});
    CHECK(words_of("snake_case a\u200bb") == List{"snake", "case", "a", "b"});
    CHECK(words_of("").empty());
    CHECK(words_of(" \n?!").empty());
}

TEST_CASE("words lose their case in every script", "[search]") {
    CHECK(words_of("RÉSUMÉ Naïve ΛΌΓΟΣ λόγος МОСКВА 東京タワー") ==
          List{"résumé", "naïve", "λόγοσ", "λόγοσ", "москва", "東京タワー"});
    // A mark belongs to the letter before it: हिन्दी is one word.
    CHECK(words_of("हिन्दी e\u0301t\u00e9") == List{"हिन्दी", "e\u0301t\u00e9"});
}

TEST_CASE("a word that is too long is left out, and the next one found", "[search]") {
    const std::string longest(Words::kWordCharactersMax, 'x');
    CHECK(words_of(longest + " a") == List{longest, "a"});
    CHECK(words_of(longest + "x a") == List{"a"});
    CHECK(words_of(std::string(100'000, 'y')).empty());
    std::string wide;
    for (std::size_t i = 0; i < Words::kWordCharactersMax; ++i) wide += "ж";
    CHECK(words_of(wide) == List{wide});
}

TEST_CASE("bytes that are no text divide words", "[search]") {
    CHECK(words_of("ab\xff"
                   "cd\xc3") == List{"ab", "cd"});
}

TEST_CASE("stemming is for those who ask for it, and names the languages it knows", "[search]") {
    const auto english = must(Words::create({"english", {}}));
    std::string word = "databases";
    english.stem(word);
    CHECK(word == "databas");
    const auto plain = must(Words::create());
    word = "databases";
    plain.stem(word);
    CHECK(word == "databases");
    const auto refused = Words::create({"klingon", {}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::usage);
    CHECK(refused.error().text().find("english") != std::string::npos);
}

TEST_CASE("a query is a list of different words, and stars make prefixes", "[search]") {
    const auto words = must(Words::create({"english", {"the"}}));
    const auto query = must(TextQuery::parse(words, "The dogs, DOGS \"and\" -cat* 'cat' the*"));
    CHECK(query.words() == std::vector<TextQuery::Word>{{"dog", "dogs", false},
                                                        {"and", "and", false},
                                                        {"cat", "cat", true},
                                                        {"cat", "cat", false},
                                                        {"the", "the", true}});
}

TEST_CASE("a query of too many words is refused, not cut", "[search]") {
    const auto words = must(Words::create());
    std::string text;
    for (std::size_t i = 0; i < TextQuery::kWordsMax; ++i) text += " w" + std::to_string(i);
    CHECK(must(TextQuery::parse(words, text + text)).words().size() == TextQuery::kWordsMax);
    const auto refused = TextQuery::parse(words, text + " more");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::limit);
}
