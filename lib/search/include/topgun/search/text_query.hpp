// SPDX-License-Identifier: Apache-2.0
// What somebody typed into a search field, as words to look up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/search/words.hpp"

namespace topgun::search {

/// Words, any of which makes a document match. `word*` stands for all words that begin so. All
/// other punctuation divides words and means nothing: no text is a syntax error. Value type.
class TOPGUN_API TextQuery {
public:
    static constexpr std::size_t kWordsMax = 256;

    struct Word {
        std::string word;   ///< As the index keeps it: folded and stemmed; not stemmed as a prefix.
        std::string typed;  ///< Folded only: how matches name it.
        bool prefix = false;
        bool operator==(const Word&) const = default;
    };

    /// Each word counts once. Errors: limit for more than kWordsMax different ones.
    static Result<TextQuery> parse(const Words& words, std::string_view text);

    const std::vector<Word>& words() const noexcept { return words_; }

private:
    std::vector<Word> words_;
};

}  // namespace topgun::search
