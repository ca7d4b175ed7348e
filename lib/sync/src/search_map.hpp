// SPDX-License-Identifier: Apache-2.0
// One map as searches see it: documents by key, and the indexes over them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "topgun/search/text_index.hpp"
#include "topgun/storage/shared_replica.hpp"
#include "topgun/sync/options.hpp"

namespace topgun::sync {

/// What is found under a key: the live record of the LWW map of this name, and the live values of
/// the OR-Map.
struct SearchDocument {
    std::vector<Bytes> values;
    /// The first wall time at which it is another one, because a record has expired; 0 for never.
    std::uint64_t changes_at = 0;

    /// What a result shows: the value, or an array of them where an OR-Map has several.
    Bytes shown() const;
};

/// Empty when the key has nothing live.
std::optional<SearchDocument> read_document(const SharedReplica& shared, const std::string& map,
                                            std::string_view key, std::uint64_t now_ms);

/// Calls visit(key, document) for every document of a map.
Status for_each_document(
    const SharedReplica& shared, const std::string& map, std::uint64_t now_ms,
    const std::function<void(std::string_view key, const SearchDocument& document)>& visit);

/// The indexes over one map. They are made when they are first asked for, and kept up by refresh().
class SearchMap {
public:
    SearchMap(const SharedReplica& shared, std::string name, const SearchSettings& settings)
        : shared_(shared), name_(std::move(name)), settings_(settings) {}

    const std::string& name() const noexcept { return name_; }
    /// Errors: those of reading.
    Result<search::TextIndex*> text(std::uint64_t now_ms);

    /// Takes a document as it is now. Cost: O(document), and nothing when there is no index yet.
    void refresh(std::string_view key, std::uint64_t now_ms);
    /// The keys of documents that have changed with time, to be refreshed; each is given once.
    std::vector<std::string> due(std::uint64_t now_ms);
    std::optional<SearchDocument> document(std::string_view key, std::uint64_t now_ms) const {
        return read_document(shared_, name_, key, now_ms);
    }
    const SharedReplica& shared() const noexcept { return shared_; }

    /// True when no document is indexed.
    bool is_empty() const noexcept { return !text_ || text_->size() == 0; }
    /// Estimate of the memory held.
    std::size_t bytes() const noexcept;

private:
    void set_text(std::string_view key, const SearchDocument& document);
    void watch(std::string_view key, std::uint64_t changes_at);

    const SharedReplica& shared_;
    std::string name_;
    const SearchSettings& settings_;
    std::optional<search::TextIndex> text_;
    // Documents that will change with time, both ways.
    std::map<std::string, std::uint64_t, std::less<>> changes_at_;
    std::set<std::pair<std::uint64_t, std::string>> changes_;
};

}  // namespace topgun::sync
