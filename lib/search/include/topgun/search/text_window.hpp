// SPDX-License-Identifier: Apache-2.0
// Live searches: what one change of a document does to a result that somebody watches.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/search/text_index.hpp"
#include "topgun/wire/enums.hpp"

namespace topgun::search {

/// A document that came into the result, was written again in it, or went.
struct TextChange {
    wire::ChangeType type = wire::ChangeType::enter;
    TextHit hit;  ///< Only the key when it left.
    bool operator==(const TextChange&) const = default;
};

/// Which documents a search finds, kept up change by change. After each change it holds what the
/// search would find then, with one exception: a document that has none of the words, and had none,
/// moves all scores a little through the statistics; what that does to the order at the limit or at
/// the least score shows when the next matching document changes. Scores once told are not told
/// again for that reason alone.
/// Threads: one at a time.
class TOPGUN_API TextWindow {
public:
    TextWindow(TextQuery query, TextSearch search)
        : query_(std::move(query)), search_(std::move(search)) {}

    /// Fills the window and gives its documents. Errors: as TextIndex::find().
    Result<TextHits> reset(const TextIndex& index);
    /// To be called after the index has taken a change of the document.
    /// @return the changes in an order in which a watcher never holds more than the limit.
    /// Cost: O(words of the query); a search when more documents match than the limit lets in.
    std::vector<TextChange> apply(const TextIndex& index, std::string_view key);
    /// From now on these documents are the visible ones. @return as apply(). Cost: a search.
    std::vector<TextChange> show(const TextIndex& index,
                                 std::function<bool(std::string_view key)> visible);

private:
    /// @param key  of the document that was written again, if one was.
    std::vector<TextChange> search_again(const TextIndex& index,
                                         std::optional<std::string_view> key);

    TextQuery query_;
    TextSearch search_;
    std::set<std::string, std::less<>> members_;
    bool crowded_ = false;  // more match than the limit lets in
};

}  // namespace topgun::search
