// SPDX-License-Identifier: Apache-2.0
#include "search_map.hpp"

#include <algorithm>

namespace topgun::sync {
namespace {

// A node in each of two trees.
constexpr std::size_t kWatchBytes = 200;

// What a map costs before anything is in it, by and large.
constexpr std::size_t kMapBytes = 2048;

// Vectors that a write takes into the graph: more than one, so that a backlog shrinks.
constexpr std::size_t kTakenAlong = 2;

}  // namespace

SearchMap::SearchMap(const SearchTools& tools, std::string name)
    : tools_(tools), name_(std::move(name)) {
    const auto& maps = tools_.settings.vector_maps;
    if (const auto found = maps.find(name_); found != maps.end()) vector_map_ = &found->second;
}

Result<search::TextIndex*> SearchMap::text(std::uint64_t now_ms) {
    if (text_) return &*text_;
    auto index = search::TextIndex::create({tools_.settings.words});
    if (!index) return std::move(index).error();
    text_ = std::move(index).value();
    const auto built = read_into(
        now_ms, [&](auto key, const SearchDocument& document) { set_text(key, document); });
    if (!built) {
        text_.reset();
        return built.error().clone();
    }
    return &*text_;
}

Result<search::VectorIndex*> SearchMap::vectors(std::string_view field, std::uint32_t dimension,
                                                std::uint64_t now_ms) {
    for (auto& part : vectors_) {
        if (part.field == field && part.index.options().dimension == dimension) return &part.index;
    }
    search::VectorOptions options;
    options.dimension = dimension;
    auto index = search::VectorIndex::create(options);
    if (!index) return std::move(index).error();
    VectorPart part{std::string(field), std::move(index).value()};
    TOPGUN_TRY(read_into(now_ms, [&](auto key, const SearchDocument& document) {
        set_vector(part, key, document);
    }));
    return &add_part(std::move(part)).index;
}

Status SearchMap::read_into(
    std::uint64_t now_ms,
    const std::function<void(std::string_view key, const SearchDocument&)>& take) {
    return for_each_document(tools_.shared, name_, now_ms,
                             [&](auto key, const SearchDocument& document) -> Status {
                                 if (tools_.abandoned) {
                                     return Error(Errc::cancelled, "the endpoint is stopping");
                                 }
                                 take(key, document);
                                 watch(key, document.changes_at);
                                 return {};
                             });
}

SearchMap::VectorPart& SearchMap::add_part(VectorPart part) {
    if (vectors_.size() == kVectorIndexes) {
        auto leaves = std::find_if(vectors_.begin(), vectors_.end(), [&](const VectorPart& one) {
            return !held_.contains({one.field, one.index.options().dimension});
        });
        vectors_.erase(leaves == vectors_.end() ? vectors_.begin() : leaves);
    }
    return vectors_.emplace_back(std::move(part));
}

bool SearchMap::has_vectors(std::string_view field, std::uint32_t dimension) const {
    return std::any_of(vectors_.begin(), vectors_.end(), [&](const VectorPart& part) {
        return part.field == field && part.index.options().dimension == dimension;
    });
}

void SearchMap::take(SearchMap made) {
    if (made.text_ && !text_) text_ = std::move(made.text_);
    for (auto& part : made.vectors_) {
        if (has_vectors(part.field, part.index.options().dimension)) continue;
        add_part(std::move(part));
    }
    for (const auto& [key, changes_at] : made.changes_at_) watch(key, changes_at);
}

void SearchMap::set_text(std::string_view key, const SearchDocument& document) {
    std::vector<search::FieldText> texts;
    for (const auto& value : document.values) search::append_texts(ValueView(value), texts);
    text_->set(key, texts);
}

void SearchMap::set_vector(VectorPart& part, std::string_view key, const SearchDocument& document) {
    const auto vector = vector_of(part, document);
    // A provider may return numbers that no index takes.
    if (vector.empty() || !part.index.set(key, vector)) part.index.remove(key);
}

std::vector<float> SearchMap::vector_of(const VectorPart& part,
                                        const SearchDocument& document) const {
    const auto dimension = part.index.options().dimension;
    for (const auto& value : document.values) {
        const auto field = ValueView(value).find(part.field);
        auto vector = field ? search::read_vector(*field) : std::vector<float>();
        if (vector.size() == dimension) return vector;
    }
    const bool embeds = vector_map_ != nullptr && part.field == kVectorField &&
                        tools_.embedder != nullptr && tools_.embedder->dimension() == dimension;
    return embeds ? embedding_of(document) : std::vector<float>();
}

std::vector<float> SearchMap::embedding_of(const SearchDocument& document) const {
    std::string all;
    std::vector<search::FieldText> texts;
    for (const auto& value : document.values) search::append_texts(ValueView(value), texts);
    for (const auto& field : vector_map_->fields) {
        for (const auto& one : texts) {
            if (one.field != field) continue;
            if (!all.empty()) all += ' ';
            all += one.text;
        }
    }
    auto vector = tools_.embedder->embed(all);
    // A record that cannot be embedded is not found by its meaning; its words still find it.
    return vector ? std::move(*vector) : std::vector<float>();
}

void SearchMap::watch(std::string_view key, std::uint64_t changes_at) {
    const auto found = changes_at_.find(key);
    if (found != changes_at_.end()) {
        changes_.erase({found->second, found->first});
        changes_at_.erase(found);
    }
    if (changes_at == 0) return;
    changes_at_.emplace(key, changes_at);
    changes_.emplace(changes_at, key);
}

void SearchMap::refresh(std::string_view key, std::uint64_t now_ms) {
    if (!text_ && vectors_.empty()) return;
    const auto now = document(key, now_ms).value_or(SearchDocument{});
    watch(key, now.changes_at);
    if (text_) set_text(key, now);
    for (auto& part : vectors_) {
        set_vector(part, key, now);
        part.index.advance(kTakenAlong);
    }
}

std::vector<std::string> SearchMap::due(std::uint64_t now_ms) {
    std::vector<std::string> out;
    while (!changes_.empty() && changes_.begin()->first <= now_ms) {
        auto first = changes_.extract(changes_.begin());
        changes_at_.erase(first.value().second);
        out.push_back(std::move(first.value().second));
    }
    return out;
}

void SearchMap::advance(std::size_t most) {
    for (auto& part : vectors_) part.index.advance(most);
}

bool SearchMap::is_empty() const noexcept {
    return (!text_ || text_->size() == 0) &&
           std::all_of(vectors_.begin(), vectors_.end(),
                       [](const VectorPart& part) { return part.index.size() == 0; });
}

std::size_t SearchMap::bytes() const noexcept {
    auto bytes = kMapBytes + changes_.size() * kWatchBytes;
    if (text_) bytes += text_->bytes();
    for (const auto& part : vectors_) bytes += part.index.bytes();
    return bytes;
}

}  // namespace topgun::sync
