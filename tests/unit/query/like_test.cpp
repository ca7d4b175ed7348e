// SPDX-License-Identifier: Apache-2.0
#include "like.hpp"

#include <set>

#include "topgun/query/case_fold.hpp"
#include "topgun/base/utf.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::query;

namespace {

// All ways tried, for patterns of ASCII.
bool naive(std::string_view text, std::string_view pattern) {
    if (pattern.empty()) return text.empty();
    if (pattern.front() == '%') {
        for (std::size_t i = 0;; ++i) {
            if (naive(text.substr(i), pattern.substr(1))) return true;
            if (i == text.size() || text[i] == '\n') return false;
        }
    }
    if (text.empty()) return false;
    const bool takes = pattern.front() == '_' ? text.front() != '\n'
                                              : (pattern.front() | 32) == (text.front() | 32);
    return takes && naive(text.substr(1), pattern.substr(1));
}

}  // namespace

TEST_CASE("like covers the whole text, with % for any run and _ for one character", "[query]") {
    struct Row {
        std::string_view text, pattern;
        bool matches;
    };
    const auto row = GENERATE(values<Row>({
        {"", "", true},
        {"", "%", true},
        {"", "_", false},
        {"a", "", false},
        {"Hello", "hello", true},
        {"Hello", "hell", false},
        {"Hello", "h%o", true},
        {"Hello", "%ELL%", true},
        {"Hello", "_____", true},
        {"Hello", "____", false},
        {"Hello", "%x%", false},
        {"aXbXc", "a%x%c", true},
        {"100%", "100%", true},
        {"a*b", "a*b", true},
        {"aab", "a*b", false},
        {"a\\b", "a\\b", true},
        {"a\nb", "a%b", false},
        {"a\nb", "a_b", false},
        {"a\nb", "a\nb", true},
        {"a\nb", "%", false},
        {"日本", "__", true},
        {"ÉCOLE", "école", true},
        {"ΣΊΣΥΦΟΣ", "σίσυφος", true},  // final sigma has the same fold
        {"K", "\u212A", true},         // the sign for kelvin
        {"ß", "SS", false},            // simple folding never changes the length
    }));
    CAPTURE(row.text, row.pattern);
    CHECK(matches_like(row.text, row.pattern) == row.matches);
}

TEST_CASE("like finds what trying every way finds", "[query][property]") {
    const auto seed = test::seed(20260821);
    CAPTURE(seed);
    Random rng{seed};
    const auto text_of = [&rng](std::string_view letters) {
        std::string text;
        for (auto i = rng.below(9); i > 0; --i) text += letters[rng.below(letters.size())];
        return text;
    };
    std::size_t matched = 0;
    for (int i = 0; i < 20'000; ++i) {
        const auto text = text_of("abA\n");
        const auto pattern = text_of("ab%_%\n");
        CAPTURE(text, pattern);
        const bool expected = naive(text, pattern);
        matched += expected ? 1 : 0;
        REQUIRE(matches_like(text, pattern) == expected);
    }
    CHECK(matched > 500);
}

TEST_CASE("a pattern of many runs takes no longer than text times pattern", "[query]") {
    std::string pattern;
    for (int i = 0; i < 50; ++i) pattern += "%a%b";
    CHECK_FALSE(matches_like(std::string(20'000, 'a'), pattern));
}

TEST_CASE("folding is stable: what folds to a character folds no further", "[query]") {
    std::size_t folded = 0;
    std::uint32_t unstable = 0;
    for (std::uint32_t code = 0; code <= 0x10ffff; ++code) {
        const auto fold = fold_case(code);
        folded += fold != code;
        unstable += fold_case(fold) != fold;
    }
    CHECK(unstable == 0);
    CHECK(folded == 1454);  // as Unicode 14.0 lists them, statuses C and S
}
