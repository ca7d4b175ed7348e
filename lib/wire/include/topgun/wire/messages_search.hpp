// SPDX-License-Identifier: Apache-2.0
// Messages of full-text, vector and hybrid search.
#pragma once

#include "topgun/wire/records.hpp"

namespace topgun::wire {

struct Search {
    static constexpr MessageType kType{"SEARCH", Shape::payload, Direction::to_server};
    std::string request_id{};
    std::string map_name{};
    std::string query{};
    std::optional<SearchOptions> options{};
    bool operator==(const Search&) const = default;
};

struct SearchHit {
    std::string key{};
    AnyValue value{};
    double score = 0;
    std::vector<std::string> matched_terms{};
    bool operator==(const SearchHit&) const = default;
};

/// Best hit first. Answers SEARCH_SUB too, with the subscription's id as `request_id`.
struct SearchResp {
    static constexpr MessageType kType{"SEARCH_RESP", Shape::payload, Direction::to_client};
    std::string request_id{};
    std::vector<SearchHit> results{};
    std::uint32_t total_count = 0;
    std::optional<std::string> error{};
    bool operator==(const SearchResp&) const = default;
};

struct SearchSub {
    static constexpr MessageType kType{"SEARCH_SUB", Shape::payload, Direction::to_server};
    std::string subscription_id{};
    std::string map_name{};
    std::string query{};
    std::optional<SearchOptions> options{};
    bool operator==(const SearchSub&) const = default;
};

struct SearchUpdate {
    static constexpr MessageType kType{"SEARCH_UPDATE", Shape::payload, Direction::to_client};
    std::string subscription_id{};
    std::string key{};
    AnyValue value{};
    double score = 0;
    std::vector<std::string> matched_terms{};
    ChangeType change_type = ChangeType::enter;
    bool operator==(const SearchUpdate&) const = default;
};

struct SearchUnsub {
    static constexpr MessageType kType{"SEARCH_UNSUB", Shape::payload, Direction::to_server};
    std::string subscription_id{};
    bool operator==(const SearchUnsub&) const = default;
};

struct VectorSearchOptions {
    std::optional<bool> include_value{};
    std::optional<bool> include_vectors{};
    std::optional<double> min_score{};
    std::optional<PredicateNode> filter{};
    bool operator==(const VectorSearchOptions&) const = default;
};

/// `query_vector` holds 32-bit floats, least significant byte first.
struct VectorSearch {
    static constexpr MessageType kType{"VECTOR_SEARCH", Shape::payload, Direction::to_server};
    std::string id{};
    std::string map_name{};
    std::optional<std::string> index_name{};
    Binary query_vector{};
    std::uint32_t k = 0;
    std::optional<std::uint32_t> ef_search{};
    std::optional<VectorSearchOptions> options{};
    bool operator==(const VectorSearch&) const = default;
};

struct VectorHit {
    std::string key{};
    double score = 0;
    std::optional<AnyValue> value{};
    std::optional<Binary> vector{};
    bool operator==(const VectorHit&) const = default;
};

struct VectorSearchResp {
    static constexpr MessageType kType{"VECTOR_SEARCH_RESP", Shape::payload, Direction::to_client};
    std::string id{};
    std::vector<VectorHit> results{};
    std::uint32_t total_candidates = 0;
    std::uint64_t search_time_ms = 0;
    std::optional<std::string> error{};
    bool operator==(const VectorSearchResp&) const = default;
};

struct HybridSearch {
    static constexpr MessageType kType{"HYBRID_SEARCH", Shape::payload, Direction::to_server};
    std::string request_id{};
    std::string map_name{};
    std::string query_text{};
    std::vector<SearchMethod> methods{};
    std::uint32_t k = 0;
    std::optional<Binary> query_vector{};
    std::optional<PredicateNode> predicate{};
    std::optional<bool> include_value{};
    std::optional<double> min_score{};
    bool operator==(const HybridSearch&) const = default;
};

/// `method_scores` by the word of the method; only methods that scored.
struct HybridHit {
    std::string key{};
    double score = 0;
    TextMap<double> method_scores{};
    std::optional<AnyValue> value{};
    bool operator==(const HybridHit&) const = default;
};

struct HybridSearchResp {
    static constexpr MessageType kType{"HYBRID_SEARCH_RESP", Shape::payload, Direction::to_client};
    std::string request_id{};
    std::vector<HybridHit> results{};
    std::uint64_t search_time_ms = 0;
    std::optional<std::string> error{};
    bool operator==(const HybridSearchResp&) const = default;
};

struct HybridSearchSub {
    static constexpr MessageType kType{"HYBRID_SEARCH_SUB", Shape::payload, Direction::to_server};
    std::string subscription_id{};
    std::string map_name{};
    std::string query_text{};
    std::vector<SearchMethod> methods{};
    std::uint32_t k = 0;
    std::optional<Binary> query_vector{};
    std::optional<PredicateNode> predicate{};
    std::optional<bool> include_value{};
    std::optional<double> min_score{};
    bool operator==(const HybridSearchSub&) const = default;
};

struct HybridSearchUpdate {
    static constexpr MessageType kType{"HYBRID_SEARCH_UPDATE", Shape::payload,
                                       Direction::to_client};
    std::string subscription_id{};
    std::string key{};
    double score = 0;
    TextMap<double> method_scores{};
    std::optional<AnyValue> value{};
    ChangeType change_type = ChangeType::enter;
    bool operator==(const HybridSearchUpdate&) const = default;
};

struct HybridSearchUnsub {
    static constexpr MessageType kType{"HYBRID_SEARCH_UNSUB", Shape::payload, Direction::to_server};
    std::string subscription_id{};
    bool operator==(const HybridSearchUnsub&) const = default;
};

}  // namespace topgun::wire
