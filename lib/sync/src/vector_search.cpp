// SPDX-License-Identifier: Apache-2.0
// VECTOR_SEARCH: what lies nearest to a vector.
#include <algorithm>
#include <limits>

#include "searches.hpp"

namespace topgun::sync {
namespace {

// How widely a peer may have the graph searched.
constexpr std::size_t kWidestSearch = 10'000;

Result<std::optional<query::Predicate>> filter_of(const wire::VectorSearch& message) {
    std::optional<query::Predicate> out;
    if (!message.options || !message.options->filter) return out;
    auto node = query::from_wire(*message.options->filter);
    if (!node) return std::move(node).error();
    auto compiled = query::Predicate::compile(std::move(*node));
    if (!compiled) return std::move(compiled).error();
    out = std::move(*compiled);
    return out;
}

}  // namespace

// What a filter says about a document, of whose values any may pass, and who may see it.
std::function<bool(std::string_view)> Searches::acceptor(const SearchMap& indexes,
                                                         const query::Predicate* filter,
                                                         DocumentFilter shown) const {
    if (filter == nullptr && !shown) return {};
    return [this, &indexes, filter, shown = std::move(shown)](std::string_view key) {
        const auto document = indexes.document(key, wall_ms());
        if (!document || (shown && !shown(*document))) return false;
        return filter == nullptr || document->passes(key, *filter);
    };
}

// The index to look into. An endpoint that was told of no vectors still finds those that records
// bring along.
Result<search::VectorIndex*> Searches::vectors_near(SearchMap& indexes, std::string_view field,
                                                    std::size_t dimension) {
    const auto* known = indexes.vector_map();
    if (known != nullptr && field == kVectorField && embedder_) {
        if (dimension != embedder_->dimension()) {
            return Error(Errc::bad_input, "vector has " + std::to_string(dimension) +
                                              " numbers, the map's have " +
                                              std::to_string(embedder_->dimension()));
        }
    }
    auto index = indexes.vectors(field, static_cast<std::uint32_t>(dimension), wall_ms());
    if (!index) return index;
    if ((*index)->size() == 0 && known == nullptr) {
        return Error(Errc::not_found, "no record of map '" + indexes.name() + "' has a vector of " +
                                          std::to_string(dimension) + " numbers in field '" +
                                          std::string(field) + "'");
    }
    return index;
}

Result<wire::VectorSearchResp> Searches::search_vectors(const wire::VectorSearch& message,
                                                        const RequestContext& context) {
    wire::VectorSearchResp out;
    const auto started = wall_ms();
    const auto options = message.options.value_or(wire::VectorSearchOptions{});
    if (message.k > hub_.options().search.results) {
        return Error(Errc::limit, "k: at most " + std::to_string(hub_.options().search.results));
    }
    const auto& bytes = message.query_vector.bytes;
    if (bytes.size() % sizeof(float) != 0) {
        return Error(Errc::bad_input, "queryVector: the length is no multiple of 4");
    }
    const auto wanted = search::read_float_bytes(bytes);
    if (wanted.empty()) {
        return Error(Errc::bad_input, "queryVector: expected 1 to " +
                                          std::to_string(search::VectorOptions::kDimensionMax) +
                                          " finite numbers");
    }
    const auto filter = filter_of(message);
    if (!filter) return filter.error().clone();
    auto& indexes = maps_.get(message.map_name);
    const auto index = vectors_near(indexes, message.index_name.value_or(std::string(kVectorField)),
                                    wanted.size());
    if (!index) return index.error().clone();
    search::VectorSearch search;
    search.k = message.k;
    search.ef = std::min<std::size_t>(message.ef_search.value_or(0), kWidestSearch);
    search.min_score = options.min_score;
    auto shown = shown_to(context, message.map_name);
    const bool in_part = static_cast<bool>(shown);
    search.accept = acceptor(indexes, *filter ? &**filter : nullptr, std::move(shown));
    auto found = (*index)->find(wanted, search);
    if (!found) return std::move(found).error();
    for (auto& hit : *found) {
        wire::VectorHit one;
        if (options.include_value.value_or(true)) {
            const auto document = indexes.document(hit.key, wall_ms());
            // Expired since the last tick.
            if (!document) continue;
            one.value.emplace().bytes = document->shown();
        }
        if (options.include_vectors.value_or(false)) {
            one.vector.emplace().bytes = search::write_float_bytes((*index)->vector(hit.key));
        }
        one.key = std::move(hit.key);
        one.score = hit.score;
        out.results.push_back(std::move(one));
    }
    // How many vectors there are is not for those who may not see all of them.
    const auto candidates = in_part ? out.results.size() : (*index)->size();
    out.total_candidates = static_cast<std::uint32_t>(
        std::min<std::size_t>(candidates, std::numeric_limits<std::uint32_t>::max()));
    out.search_time_ms = since(started);
    return out;
}

void Searches::on(Connection& peer, const wire::VectorSearch& message) {
    const auto field = message.index_name.value_or(std::string(kVectorField));
    if (may_search(context_of(peer), message.map_name) &&
        waits(peer, Asked::once, message.id, message.map_name,
              vectors_for(message.map_name, field, message.query_vector.bytes.size()),
              [this, &peer, message] { on(peer, message); })) {
        return;
    }
    auto answer = [&]() -> Result<wire::VectorSearchResp> {
        TOPGUN_TRY(may_search(context_of(peer), message.map_name));
        return search_vectors(message, context_of(peer));
    }();
    wire::VectorSearchResp out;
    if (answer)
        out = std::move(*answer);
    else
        out.error = answer.error().message();
    out.id = message.id;
    send(peer, out);
    settle(message.map_name);
}

}  // namespace topgun::sync
