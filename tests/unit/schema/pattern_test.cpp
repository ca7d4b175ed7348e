// SPDX-License-Identifier: Apache-2.0
// Patterns: what they match, what they refuse, and that no text or pattern makes them slow.
#include <chrono>
#include <regex>

#include "pattern.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::test;
using topgun::schema::Pattern;

namespace {

bool matches(std::string_view pattern, std::string_view text) {
    INFO("pattern " << pattern);
    return must(Pattern::compile(pattern)).matches(text);
}

}  // namespace

TEST_CASE("patterns match as the server's dialect does", "[schema][pattern]") {
    struct Case {
        const char* pattern;
        const char* text;
        bool expected;
    };
    const auto [pattern, text, expected] = GENERATE(table<const char*, const char*, bool>({
        {"", "", true},
        {"", "x", true},
        {"abc", "xabcx", true},
        {"abc", "ab", false},
        {"^abc$", "abc", true},
        {"^abc$", "abc\n", false},
        {"^abc$", "xabc", false},
        {"a|b|", "z", true},
        {"^(a|bc)+$", "abcbca", true},
        {"^(a|bc)+$", "abcb", false},
        {"^a*$", "", true},
        {"^a+$", "", false},
        {"^a?$", "aa", false},
        {"^a*?b$", "aaab", true},
        {"^a{3}$", "aaa", true},
        {"^a{3}$", "aa", false},
        {"^a{2,}$", "aaaaa", true},
        {"^a{2,}$", "a", false},
        {"^a{1,2}$", "aa", true},
        {"^a{1,2}$", "aaa", false},
        {"^a{0}$", "", true},
        {"^(ab){2}c$", "ababc", true},
        {"^(?:ab|c){2,3}$", "cabc", true},
        {"^.$", "\n", false},
        {"(?s)^.$", "\n", true},
        {"^.$", "\xf0\x9f\x98\x80", true},
        {"^[a-c]$", "b", true},
        {"^[^a-c]$", "b", false},
        {"^[^a]$", "\xc3\xa9", true},
        {"^[]a]$", "]", true},
        {"^[^]a]$", "]", false},
        {"^[a-]$", "-", true},
        {"^[\\]\\-]+$", "]-", true},
        {"^[\\w.-]+@[\\w-]+\\.[a-z]{2,}$", "jo.doe@mail-1.example", true},
        {"^[^@\\s]+@[^@\\s]+$", "a b@c", false},
        {"^\\d{4}-\\d{2}$", "2024-05", true},
        {"^\\d+$", "\xd9\xa3\xd9\xa4", true},
        {"^[[:digit:]]+$", "\xd9\xa3", false},
        {"^\\w+$",
         "Jos\xc3\xa9_\xd0\x96"
         "1",
         true},
        {"^\\w+$", "a-b", false},
        {"^\\W$", "\xe2\x82\xac", true},
        {"^\\s$", "\xc2\xa0", true},
        {"^\\S$", "\xc2\xa0", false},
        {"^[\\D]$", "5", false},
        {"\\bcat\\b", "a cat!", true},
        {"\\bcat\\b", "concat", false},
        {"\\Bcat", "concat", true},
        {"\\Aab\\z", "ab", true},
        {"(?m)^b$", "a\nb\nc", true},
        {"^b$", "a\nb\nc", false},
        {"(?i)^hello$", "HeLLo", true},
        {"^(?i:h)ello$", "Hello", true},
        {"^(?i:h)ello$", "HELLO", false},
        {"(?i)^[^a]$", "A", false},
        {"(?i)^[a-f]+$", "aBcDeF", true},
        {"^(a(?i)b|c)D$", "aBD", true},
        {"^(?-i)a$", "A", false},
        {"(?P<year>\\d+)-(?<rest>x)", "12-x", true},
        {"^\\x41\\x{42}\\u0043$", "ABC", true},
        {"^\\.\\*\\$\\{\\}\\/$", ".*${}/", true},
        {"^[[:alpha:][:space:]]+$", "a b", true},
        {"^[[:^alpha:]]$", "1", true},
        {"^\\t\\n\\r\\f\\v\\a$", "\t\n\r\f\v\a", true},
        {"^[+--]$", ",", true},
        {"(^a|b$)", "xb", true},
        {"^(a*)*$", "aaa", true},
        {"^(a*)+b$", "aac", false},
        {"^(|a)+$", "aa", true},
        {"}]", "}]", true},
    }));
    CAPTURE(pattern, text);
    CHECK(matches(pattern, text) == expected);
}

TEST_CASE("what the dialect does not have is refused with its place", "[schema][pattern]") {
    const auto [pattern, why] = GENERATE(table<const char*, const char*>({
        {"(", "'(' without ')' at byte 2"},
        {"a)", "')' without '(' at byte 2"},
        {"[a", "'[' without ']'"},
        {"[", "'[' without ']'"},
        {"*a", "nothing to repeat at byte 1"},
        {"a|+", "nothing to repeat"},
        {"{2}", "nothing to repeat"},
        {"a{", "a number of repetitions"},
        {"a{x}", "a number of repetitions"},
        {"a{2", "expected '}'"},
        {"a{3,2}", "run downwards"},
        {"a{1001}", "more than 1000"},
        {"[b-a]", "runs downwards"},
        {"[\\d-z]", "begins with a class"},
        {"[a-\\d]", "ends with a class"},
        {"a\\", "a backslash at the end"},
        {"\\y", "unknown escape"},
        {"(a)\\1", "back-references"},
        {"(?=a)", "look-around"},
        {"(?<!a)", "look-around"},
        {"\\pL", "\\p classes"},
        {"(?x)a", "flag"},
        {"(?P<>a)", "name"},
        {"[a&&b]", "set operations"},
        {"[a[b]]", "a class inside a class"},
        {"[[:nope:]]", "unknown class"},
        {"\\xZZ", "hexadecimal"},
        {"\\x{110000}", "not a Unicode character"},
        {"\\ud800", "not a Unicode character"},
        {"\xff", "not UTF-8"},
        {"(?i", "'(' without ')'"},
    }));
    CAPTURE(pattern);
    const auto compiled = Pattern::compile(pattern);
    REQUIRE_FALSE(compiled);
    CHECK(compiled.error().code() == Errc::bad_input);
    CHECK(compiled.error().text().find(why) != std::string::npos);
}

TEST_CASE("patterns that would grow without bound are refused", "[schema][pattern]") {
    const auto deep = std::string(100, '(') + "a" + std::string(100, ')');
    for (const std::string& pattern :
         {std::string("(a{100}){100}"), std::string("((((a{50}){50}){50}){50}){50}"),
          std::string("((((((){1000}){1000}){1000}){1000}){1000}){1000}"), deep,
          "a" + std::string(3000, '*'), std::string(5000, 'a')}) {
        CAPTURE(pattern.substr(0, 40));
        CHECK_FALSE(Pattern::compile(pattern));
    }
}

// Goal:   agreement with an independent engine.
// Method: random patterns of what both dialects share, over three letters, against random texts.
TEST_CASE("random patterns match what the standard library's match",
          "[schema][pattern][property]") {
    const auto seed_value = seed(31);
    CAPTURE(seed_value);
    Random rng(seed_value);
    const auto make = [&rng](auto&& self, int depth) -> std::string {
        static const char* const kAtoms[] = {"a",     "b",   "c",   ".", "[ab]", "[^a]",
                                             "[a-c]", "\\w", "\\b", "^", "$"};
        static const char* const kRepeats[] = {"*",   "+",     "?",     "*?",
                                               "{2}", "{1,2}", "{0,1}", "{1,}"};
        std::string out;
        for (auto pieces = 1 + rng.below(3); pieces > 0; --pieces) {
            const auto choice = rng.below(depth > 0 ? 13 : 8);
            bool repeatable = true;
            if (choice < 8) {
                const auto atom = rng.below(std::size(kAtoms));
                out += kAtoms[atom];
                repeatable = atom < 8;
            } else if (choice < 11) {
                out += "(" + self(self, depth - 1) + ")";
            } else {
                out += "(?:" + self(self, depth - 1) + "|" + self(self, depth - 1) + ")";
            }
            if (repeatable && rng.below(3) == 0) out += kRepeats[rng.below(std::size(kRepeats))];
        }
        return out;
    };
    for (int round = 0; round < 3000; ++round) {
        const auto pattern = make(make, 2);
        const std::regex expected(pattern, std::regex::ECMAScript);
        const auto ours = must(Pattern::compile(pattern));
        for (int i = 0; i < 5; ++i) {
            std::string text;
            for (auto length = rng.below(7); length > 0; --length) text += "abc d"[rng.below(5)];
            CAPTURE(pattern, text);
            if (ours.matches(text) != std::regex_search(text, expected)) FAIL("the engines differ");
        }
    }
    SUCCEED();
}

TEST_CASE("any bytes make a pattern or an error", "[schema][pattern][property]") {
    Random rng(seed(32));
    static constexpr std::string_view kBytes = "ab()[]{}*+?|\\^$.-,:=!<>Pimsdwx019 \xc3\xa9\xff";
    int compiled = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string pattern;
        for (auto length = rng.below(12); length > 0; --length)
            pattern += kBytes[rng.below(kBytes.size())];
        if (const auto result = Pattern::compile(pattern)) {
            ++compiled;
            (void)result->matches("ab12 -x");
        }
    }
    CHECK(compiled > 1000);
    CHECK(compiled < 19'000);
}

TEST_CASE("no text makes a pattern slow", "[schema][pattern]") {
    // A backtracking engine would take longer than the universe has lasted.
    const auto start = std::chrono::steady_clock::now();
    const std::string text(20'000, 'a');
    for (const auto* pattern :
         {"(a*)*b", "(a+a+)+b", "(a|aa)+$b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*){1,32}[bc]"}) {
        CAPTURE(pattern);
        CHECK_FALSE(matches(pattern, text));
    }
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(60));
}
