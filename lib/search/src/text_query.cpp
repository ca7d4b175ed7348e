// SPDX-License-Identifier: Apache-2.0
#include "topgun/search/text_query.hpp"

#include <set>

namespace topgun::search {

Result<TextQuery> TextQuery::parse(const Words& words, std::string_view text) {
    TextQuery out;
    std::set<std::pair<std::string, bool>> seen;
    std::size_t at = 0;
    Word one;
    while (words.next(text, at, one.typed)) {
        one.prefix = at < text.size() && text[at] == '*';
        if (!one.prefix && words.is_stop_word(one.typed)) continue;
        one.word = one.typed;
        if (!one.prefix) words.stem(one.word);
        if (!seen.emplace(one.word, one.prefix).second) continue;
        if (out.words_.size() == kWordsMax) {
            return Error(Errc::limit,
                         "a search takes at most " + std::to_string(kWordsMax) + " words");
        }
        out.words_.push_back(one);
    }
    return out;
}

}  // namespace topgun::search
