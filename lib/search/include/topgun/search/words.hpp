// SPDX-License-Identifier: Apache-2.0
// From texts to the words that an index keeps: the same for documents and for what is looked up.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"

namespace topgun::search {

/// What is done with words beyond splitting and folding. TopGun's server does neither.
struct WordOptions {
    /// Snowball's name of a language ("english", "german"); empty for no stemming.
    std::string language{};
    /// Words that are not indexed, folded as Words::next() gives them (before stemming).
    std::set<std::string, std::less<>> stop_words{};
};

/// Splits texts into words: runs of letters, marks and digits as Unicode has them, without case
/// (simple folding). Everything else divides: "can't" is "can" and "t", as on TopGun's server. A
/// word of more than kWordCharactersMax is no word but data, and left out.
/// Texts in scripts that put no spaces between words are not divided further.
/// Threads: one at a time, because stemmers keep state.
class TOPGUN_API Words {
public:
    static constexpr std::size_t kWordCharactersMax = 40;

    /// Errors: usage for a language that there is no stemmer for; the message lists those there
    /// are.
    static Result<Words> create(WordOptions options = {});
    Words(Words&&) noexcept;
    Words& operator=(Words&&) noexcept;
    ~Words();

    /// Reads the next word from `at` on, folded, and moves `at` behind it. False at the end.
    /// @param text  bytes that are not UTF-8 divide words. Cost: O(bytes passed).
    bool next(std::string_view text, std::size_t& at, std::string& word) const;
    bool is_stop_word(std::string_view word) const;
    /// Replaces a word by its stem; does nothing without a language.
    void stem(std::string& word) const;

private:
    struct State;
    explicit Words(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace topgun::search
