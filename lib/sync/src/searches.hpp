// SPDX-License-Identifier: Apache-2.0
// Full-text, vector and hybrid search, and what changes in their results.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "search_maps.hpp"
#include "service.hpp"
#include "topgun/query/predicate.hpp"
#include "topgun/search/fusion.hpp"
#include "topgun/search/text_window.hpp"
#include "topgun/wire/http.hpp"
#include "watchers.hpp"

namespace topgun::sync {

/// Whether somebody may read all that a document consists of. Empty: everything in the map.
using DocumentFilter = std::function<bool(const SearchDocument& document)>;

/// A hybrid search, one-off or watched.
struct HybridQuery {
    std::string map;
    std::string text;
    std::vector<wire::SearchMethod> methods;  ///< Each once.
    std::size_t k = 0;
    std::optional<std::vector<float>> vector;
    std::optional<query::Predicate> filter;
    bool values = true;
    std::optional<double> min_score;
    DocumentFilter shown{};  ///< For who asks, at the moment.
};

class Searches final : public Service {
public:
    /// @pre Hub::create() has checked the settings.
    explicit Searches(Hub& hub);

    void on(Connection& peer, const wire::Search& message);
    void on(Connection& peer, const wire::SearchSub& message);
    void on(Connection& peer, const wire::SearchUnsub& message);
    void on(Connection& peer, const wire::VectorSearch& message);
    void on(Connection& peer, const wire::HybridSearch& message);
    void on(Connection& peer, const wire::HybridSearchSub& message);
    void on(Connection& peer, const wire::HybridSearchUnsub& message);

    void changed(const Change& change, Outbox& outbox);
    void gone(Connection& peer);
    void policies_changed();
    void tick(std::uint64_t now_ms);

    /// One of POST /sync's searches. Errors: usage when the map may not be read; what is wrong
    /// with the options.
    Result<wire::HttpSearchResult> answer(const wire::HttpSearch& asked,
                                          const RequestContext& context);

private:
    struct TextSubscription {
        WatchKey key;
        search::TextWindow window;
    };
    struct Member {
        double score = 0;
        std::uint64_t value = 0;  // hash of what it looked like
        bool operator==(const Member&) const = default;
    };
    struct HybridSubscription {
        WatchKey key;
        HybridQuery query;
        std::map<std::string, Member, std::less<>> members;
        bool due = false;
        bool waiting = false;  // for an index
    };
    /// An index as a search needs it.
    struct IndexName {
        std::string field;            ///< Of vectors; empty for that of words.
        std::uint32_t dimension = 0;  ///< 0 for words.
        auto operator<=>(const IndexName&) const = default;
    };
    /// Ids of each kind are the peer's to choose, apart from those of others.
    enum class Asked { once, text_watch, hybrid_watch };
    struct Waiter {
        Asked asked;
        WatchKey key;
        std::function<void()> again;
    };
    /// Indexes of one map that are made apart, and what has changed meanwhile.
    struct Making {
        std::string map;
        std::vector<IndexName> names;
        std::set<std::string, std::less<>> changed;
        std::vector<Waiter> waiters;
    };
    /// How often a search has waited for its indexes.
    enum class Turn { first, again, last };
    using Emit = std::function<void(std::uint64_t peer, const std::weak_ptr<const void>& subject,
                                    Bytes frame)>;
    using Hits = std::vector<wire::HybridHit>;

    static std::unique_ptr<search::Embedder> embedder_of(const SearchSettings& settings);
    Status may_search(const RequestContext& context, const std::string& map) const;
    /// A document of several records, which an OR-Map has, is shown whole or not at all: by its
    /// score and place it would tell of the hidden ones.
    DocumentFilter shown_to(const RequestContext& context, const std::string& map) const;
    bool is_empty(const std::string& map) const;
    /// Whether one more search may be watched.
    Status may_watch(std::uint64_t peer) const;
    /// Keeps the indexes of a map that is about to be watched.
    Status keep(SearchMap& indexes);

    /// False when all indexes are there, or soon made. Otherwise they are made apart, and then
    /// `again` is called: unless the peer, or the watch of this id, has gone by then.
    bool waits(Connection& peer, Asked asked, const std::string& id, const std::string& map,
               const std::vector<IndexName>& wanted, std::function<void()> again);
    bool is_there(const std::string& map, const IndexName& name);
    /// What makes them, begun when nothing does; the last of it when they are made in several.
    std::list<Making>::iterator making_of(const std::string& map, std::vector<IndexName> names);
    void make(std::list<Making>::iterator making);
    void made(std::list<Making>::iterator making, SearchMap fresh);
    /// Drops waiters that `which` says.
    void forget(const std::function<bool(const Waiter& waiter)>& which);
    void forget(Asked asked, const WatchKey& key);
    /// The vectors that a search needs; empty when it cannot be served anyway.
    std::vector<IndexName> vectors_for(const std::string& map, std::string_view field,
                                       std::size_t bytes) const;
    /// @param bytes  of the vector that is looked for; none when the provider makes it.
    std::vector<IndexName> indexes_for(const std::string& map,
                                       const std::vector<wire::SearchMethod>& methods,
                                       std::optional<std::size_t> bytes) const;
    std::vector<IndexName> indexes_for(const HybridQuery& query) const;
    /// After a search: a guess at maps that do not exist leaves nothing behind.
    void settle(const std::string& map);
    /// Wall time may step back.
    std::uint64_t since(std::uint64_t started_ms) const {
        const auto now = wall_ms();
        return now > started_ms ? now - started_ms : 0;
    }

    Result<wire::SearchResp> search_text(const std::string& map, const std::string& query,
                                         const std::optional<wire::SearchOptions>& options,
                                         const RequestContext& context);
    std::vector<wire::SearchHit> with_values(const SearchMap& map, search::TextHits found) const;
    Result<wire::SearchResp> subscribe(Connection& peer, const wire::SearchSub& message);
    void unsubscribe_text(const WatchKey& key);

    Result<wire::VectorSearchResp> search_vectors(const wire::VectorSearch& message,
                                                  const RequestContext& context);
    Result<search::VectorIndex*> vectors_near(SearchMap& indexes, std::string_view field,
                                              std::size_t dimension);
    std::function<bool(std::string_view)> acceptor(const SearchMap& indexes,
                                                   const query::Predicate* filter,
                                                   DocumentFilter shown) const;

    Result<search::Ranking> rank(wire::SearchMethod method, SearchMap& indexes,
                                 const HybridQuery& query);
    Result<search::Ranking> rank_exact(const HybridQuery& query) const;
    Result<search::Ranking> rank_text(SearchMap& indexes, const HybridQuery& query) const;
    Result<search::Ranking> rank_semantic(SearchMap& indexes, const HybridQuery& query);
    Result<Hits> search_hybrid(SearchMap& indexes, const HybridQuery& query);
    Result<Hits> subscribe(Connection& peer, const wire::HybridSearchSub& message);
    void unsubscribe_hybrid(const WatchKey& key);
    void search_again(const std::shared_ptr<HybridSubscription>& subscription);

    void refresh(SearchMap& map, std::string_view key, const Emit& emit);
    void tell(const std::shared_ptr<TextSubscription>& subscription, const SearchMap& map,
              std::vector<search::TextChange> changes, const Emit& emit);
    void search_soon(const std::string& map);

    std::unique_ptr<search::Embedder> embedder_;
    SearchTools tools_;
    SearchMaps maps_;
    std::list<Making> making_;  // in the order in which they were begun
    Turn turn_ = Turn::first;   // of the search that is being served
    Watchers<TextSubscription> text_;
    Watchers<HybridSubscription> hybrid_;
    std::deque<WatchKey> due_;  // hybrid searches whose maps have changed
};

}  // namespace topgun::sync
