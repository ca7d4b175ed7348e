// SPDX-License-Identifier: Apache-2.0
// One map as searches see it: the indexes over its documents.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "search_document.hpp"
#include "topgun/search/embedder.hpp"
#include "topgun/search/text_index.hpp"
#include "topgun/search/vector_index.hpp"
#include "topgun/sync/options.hpp"

namespace topgun::sync {

/// What all indexes of an endpoint are made with. Outlives them.
struct SearchTools {
    const SharedReplica& shared;
    const SearchSettings& settings;
    const std::atomic<bool>& abandoned;    ///< Nobody waits for indexes any more.
    search::Embedder* embedder = nullptr;  ///< Null when there is no provider.
};

/// Where records keep a vector, unless a search names another field.
inline constexpr std::string_view kVectorField = "_embedding";

/// The indexes over one map. They are made when they are first asked for, and kept up by refresh().
class SearchMap {
public:
    /// Vector indexes of one map; beyond that the one made first goes, of those that nobody holds.
    static constexpr std::size_t kVectorIndexes = 4;

    SearchMap(const SearchTools& tools, std::string name);

    const std::string& name() const noexcept { return name_; }
    /// Errors: those of reading; cancelled when nobody waits any more.
    Result<search::TextIndex*> text(std::uint64_t now_ms);
    /// Vectors that records keep in a field; where the map is one of the settings' vector maps, in
    /// kVectorField also those of the provider. Valid until the next call.
    /// Errors: as text(); usage for an impossible dimension.
    Result<search::VectorIndex*> vectors(std::string_view field, std::uint32_t dimension,
                                         std::uint64_t now_ms);
    /// What the settings say about this map; null when nothing.
    const VectorMap* vector_map() const noexcept { return vector_map_; }

    bool has_text() const noexcept { return text_.has_value(); }
    bool has_vectors(std::string_view field, std::uint32_t dimension) const;
    /// Somebody watches what these vectors say: others go first. Counted.
    void hold_vectors(std::string_view field, std::uint32_t dimension) {
        held_.emplace(field, dimension);
    }
    void let_vectors_go(const std::string& field, std::uint32_t dimension) {
        held_.extract({field, dimension});
    }
    /// Takes indexes over the same map that were made elsewhere, and that it does not have.
    /// Documents that have changed since they were begun must be refreshed.
    void take(SearchMap made);

    /// Takes a document as it is now. Cost: O(document), and nothing when there is no index yet.
    void refresh(std::string_view key, std::uint64_t now_ms);
    /// The keys of documents that have changed with time, to be refreshed; each is given once.
    std::vector<std::string> due(std::uint64_t now_ms);
    /// Goes on with graphs; see VectorIndex::advance().
    void advance(std::size_t most);
    std::optional<SearchDocument> document(std::string_view key, std::uint64_t now_ms) const {
        return read_document(tools_.shared, name_, key, now_ms);
    }
    const SearchTools& tools() const noexcept { return tools_; }

    /// True when no document is indexed.
    bool is_empty() const noexcept;
    /// Estimate of the memory held.
    std::size_t bytes() const noexcept;

private:
    struct VectorPart {
        std::string field;
        search::VectorIndex index;
    };
    Status read_into(std::uint64_t now_ms,
                     const std::function<void(std::string_view key, const SearchDocument&)>& take);
    VectorPart& add_part(VectorPart part);
    void set_text(std::string_view key, const SearchDocument& document);
    void set_vector(VectorPart& part, std::string_view key, const SearchDocument& document);
    std::vector<float> vector_of(const VectorPart& part, const SearchDocument& document) const;
    std::vector<float> embedding_of(const SearchDocument& document) const;
    void watch(std::string_view key, std::uint64_t changes_at);

    const SearchTools& tools_;
    std::string name_;
    const VectorMap* vector_map_ = nullptr;
    std::optional<search::TextIndex> text_;
    std::deque<VectorPart> vectors_;
    std::multiset<std::pair<std::string, std::uint32_t>> held_;  // also when they are not there
    // Documents that will change with time, both ways.
    std::map<std::string, std::uint64_t, std::less<>> changes_at_;
    std::set<std::pair<std::uint64_t, std::string>> changes_;
};

}  // namespace topgun::sync
