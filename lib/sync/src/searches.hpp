// SPDX-License-Identifier: Apache-2.0
// Full-text, vector and hybrid search, and what changes in their results.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "search_maps.hpp"
#include "service.hpp"
#include "topgun/search/text_window.hpp"
#include "topgun/wire/http.hpp"

namespace topgun::sync {

class Searches final : public Service {
public:
    explicit Searches(Hub& hub);

    void on(Connection& peer, const wire::Search& message);
    void on(Connection& peer, const wire::SearchSub& message);
    void on(Connection& peer, const wire::SearchUnsub& message);

    void changed(const Change& change, Outbox& outbox);
    void gone(Connection& peer);
    void tick(std::uint64_t now_ms);

    /// One of POST /sync's searches. Errors: usage when the map may not be read, or the options
    /// cannot be used.
    Result<wire::HttpSearchResult> answer(const wire::HttpSearch& asked,
                                          const RequestContext& context);

private:
    struct TextSubscription {
        std::string id;
        std::uint64_t peer = 0;
        search::TextWindow window;
    };
    using Key = std::pair<std::uint64_t, std::string>;  // connection, subscription
    using Emit = std::function<void(std::uint64_t peer, const std::weak_ptr<const void>& subject,
                                    Bytes frame)>;

    Status may_search(const RequestContext& context, const std::string& map) const;
    bool is_empty(const std::string& map) const;
    Result<wire::SearchResp> search_text(const std::string& map, const std::string& query,
                                         const std::optional<wire::SearchOptions>& options);
    std::vector<wire::SearchHit> with_values(const SearchMap& map, search::TextHits found);
    Result<wire::SearchResp> subscribe(Connection& peer, const wire::SearchSub& message);
    void unsubscribe(const Key& key);
    std::size_t subscriptions_of(std::uint64_t peer) const;
    void refresh(SearchMap& map, std::string_view key, const Emit& emit);
    void tell(TextSubscription& subscription, const std::weak_ptr<const void>& subject,
              SearchMap& map, std::string_view key, const Emit& emit);

    SearchMaps maps_;
    // Shared, so that frames on their way know when their subscription has ended.
    std::map<Key, std::pair<std::string, std::shared_ptr<TextSubscription>>> text_;
    std::map<std::string, std::map<Key, TextSubscription*>, std::less<>> text_by_map_;
};

}  // namespace topgun::sync
