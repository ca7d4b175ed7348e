// SPDX-License-Identifier: Apache-2.0
// Patterns in time proportional to text times pattern: neither can make the other explode.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/schema/unicode_classes.hpp"

namespace topgun::schema {

/// A set of characters.
class CharSet {
public:
    void add(std::uint32_t first, std::uint32_t last) { ranges_.push_back({first, last}); }
    void add(const std::vector<CodeRange>& ranges) {
        ranges_.insert(ranges_.end(), ranges.begin(), ranges.end());
    }
    /// Adds every character that `ranges` lack. @pre they ascend without overlap.
    void add_others(const std::vector<CodeRange>& ranges);
    /// Adds the other case of the ASCII letters.
    void fold_case();
    void negate();
    /// Sorts and merges; needed before contains().
    void finish();

    bool contains(std::uint32_t code) const;
    const std::vector<CodeRange>& ranges() const noexcept { return ranges_; }

private:
    std::vector<CodeRange> ranges_;
    std::array<bool, 128> ascii_{};
};

enum class Assertion : std::uint8_t {
    text_start,
    text_end,
    line_start,
    line_end,
    word_boundary,
    no_word_boundary,
};

/// One step of a compiled pattern.
struct Instruction {
    enum class Kind : std::uint8_t { set, split, jump, assertion, match };
    Kind kind = Kind::match;
    std::uint32_t first = 0;   ///< Set or assertion; where to go.
    std::uint32_t second = 0;  ///< The other way of a split.
};

/// A regular expression in the dialect of TopGun's server (the Rust crate regex) as far as schemas
/// use it: literals, . [] [^] \d \w \s \D \W \S \b \B \A \z ^ $ | () (?:) (?P<name>) * + ? {n,m},
/// lazy forms, the flags i m s, escapes \n \t \r \f \v \a \xHH \x{H} \uHHHH. Classes know Unicode;
/// the flag i knows ASCII letters only. Refused, with what it is: \p classes, set operations inside
/// brackets, the flag x. As in that dialect, look-around and back-references do not exist.
/// Threads: immutable.
class Pattern {
public:
    static constexpr std::size_t kLongestPattern = 4096;  ///< Bytes.
    static constexpr std::size_t kMostInstructions = 4096;
    static constexpr std::uint32_t kMostRepetitions = 1000;
    static constexpr std::size_t kDeepestNesting = 64;

    /// Errors: bad_input with the column, or limit.
    static Result<Pattern> compile(std::string_view text);

    /// True when the pattern matches somewhere in `text`. @pre well-formed UTF-8.
    /// Cost: O(text x instructions) at worst. Memory: some words for each instruction.
    bool matches(std::string_view text) const;

private:
    friend class PatternCompiler;
    std::vector<CharSet> sets_;
    std::vector<Instruction> program_;
    CharSet words_;
};

}  // namespace topgun::schema
