// SPDX-License-Identifier: Apache-2.0
#include "topgun/search/text_window.hpp"

namespace topgun::search {

using wire::ChangeType;

Result<TextHits> TextWindow::reset(const TextIndex& index) {
    auto found = index.find(query_, search_);
    if (!found) return found;
    members_.clear();
    for (const auto& hit : found->hits) members_.insert(hit.key);
    crowded_ = found->total > found->hits.size();
    return found;
}

std::vector<TextChange> TextWindow::apply(const TextIndex& index, std::string_view key) {
    const bool was = members_.contains(key);
    auto now = index.match(query_, search_, key);
    if (!was && !now) return {};
    const bool full = !was && members_.size() >= search_.limit;
    if (crowded_ || full || search_.min_score > 0) return search_again(index, key);
    std::vector<TextChange> out;
    if (!now) {
        members_.erase(members_.find(key));
        out.push_back({ChangeType::leave, {std::string(key), 0, {}}});
    } else {
        if (!was) members_.emplace(key);
        out.push_back({was ? ChangeType::update : ChangeType::enter, std::move(*now)});
    }
    return out;
}

std::vector<TextChange> TextWindow::show(const TextIndex& index,
                                         std::function<bool(std::string_view)> visible) {
    search_.visible = std::move(visible);
    return search_again(index, std::nullopt);
}

std::vector<TextChange> TextWindow::search_again(const TextIndex& index,
                                                 std::optional<std::string_view> key) {
    const auto before = std::move(members_);
    std::vector<TextChange> out;
    // The search was accepted when the window was filled.
    auto found = reset(index);
    TOPGUN_ASSERT(found, "a search that ran once runs again");
    for (const auto& one : before) {
        if (!members_.contains(one)) out.push_back({ChangeType::leave, {one, 0, {}}});
    }
    for (auto& hit : found->hits) {
        const bool was = before.contains(hit.key);
        if (was && (!key || hit.key != *key)) continue;
        out.push_back({was ? ChangeType::update : ChangeType::enter, std::move(hit)});
    }
    return out;
}

}  // namespace topgun::search
