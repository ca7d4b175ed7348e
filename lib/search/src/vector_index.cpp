// SPDX-License-Identifier: Apache-2.0
#include "topgun/search/vector_index.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "text_hash.hpp"
#include "topgun/base/check.hpp"
#include "vector_graph.hpp"

namespace topgun::search {
namespace {

// Fewer places of removed vectors than this are not worth moving the rest.
constexpr std::size_t kDeadMin = 1024;
constexpr std::size_t kVectorBytes = 150;
constexpr std::size_t kGraphBytes = 300;

struct Near {
    float distance = 0;
    std::uint32_t slot = 0;
};

}  // namespace

struct VectorIndex::State {
    explicit State(const VectorOptions& chosen) : options(chosen) {
        table.metric = options.metric;
        table.dimension = options.dimension;
    }

    Status check(std::span<const float> vector) const;
    void drop(std::uint32_t slot);
    void compact_if_due();
    bool advance(std::size_t most);
    std::size_t live() const { return slots.size(); }
    float length_of(const float* vector) const {
        if (options.metric != Metric::cosine) return 0;
        return std::sqrt(dot_product(vector, vector, table.dimension));
    }
    bool better(const Near& a, const Near& b) const {
        if (a.distance != b.distance) return a.distance < b.distance;
        return *keys[a.slot] < *keys[b.slot];
    }
    std::vector<Near> look_at(const float* query, const VectorSearch& search, std::size_t from,
                              std::vector<Near> best) const;

    VectorOptions options;
    VectorTable table;
    std::vector<const std::string*> keys;  // by slot; null where the vector was removed
    std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> slots;
    std::unique_ptr<VectorGraph> graph;
    std::size_t graphed = 0;  // slots below it are in the graph, or were dead when it came to them
    std::size_t key_bytes = 0;
};

VectorIndex::VectorIndex(std::unique_ptr<State> state) : state_(std::move(state)) {}
VectorIndex::VectorIndex(VectorIndex&&) noexcept = default;
VectorIndex& VectorIndex::operator=(VectorIndex&&) noexcept = default;
VectorIndex::~VectorIndex() = default;

Result<VectorIndex> VectorIndex::create(VectorOptions options) {
    if (options.dimension == 0 || options.dimension > VectorOptions::kDimensionMax) {
        return Error(Errc::usage, "dimension: expected a number from 1 to " +
                                      std::to_string(VectorOptions::kDimensionMax));
    }
    if (options.links < 2 || options.links > 64) {
        return Error(Errc::usage, "links: expected a number from 2 to 64");
    }
    return VectorIndex(std::make_unique<State>(options));
}

Status VectorIndex::State::check(std::span<const float> vector) const {
    if (vector.size() != options.dimension) {
        return Error(Errc::bad_input, "vector has " + std::to_string(vector.size()) +
                                          " numbers, the index " +
                                          std::to_string(options.dimension));
    }
    if (!std::all_of(vector.begin(), vector.end(), [](float x) { return std::isfinite(x); })) {
        return Error(Errc::bad_input, "vector has a number that is not finite");
    }
    return {};
}

void VectorIndex::State::drop(std::uint32_t slot) {
    key_bytes -= keys[slot]->size();
    keys[slot] = nullptr;
    // The numbers stay: the graph still passes through them.
    if (graph && slot < graphed) graph->hide(slot);
}

void VectorIndex::State::compact_if_due() {
    const auto dead = keys.size() - live();
    if (dead <= live() / 2 + kDeadMin) return;
    graph.reset();
    graphed = 0;
    std::uint32_t next = 0;
    for (std::size_t slot = 0; slot < keys.size(); ++slot) {
        if (keys[slot] == nullptr) continue;
        slots.find(*keys[slot])->second = next;
        std::copy_n(table.at(slot), table.dimension, table.numbers.data() + next * table.dimension);
        if (options.metric == Metric::cosine) table.lengths[next] = table.lengths[slot];
        keys[next] = keys[slot];
        ++next;
    }
    keys.resize(next);
    table.numbers.resize(next * table.dimension);
    table.numbers.shrink_to_fit();
    if (options.metric == Metric::cosine) table.lengths.resize(next);
}

bool VectorIndex::State::advance(std::size_t most) {
    if (live() <= options.exact_max) return true;
    if (!graph) graph = std::make_unique<VectorGraph>(table, options);
    if (graph->broken()) return true;
    for (; most != 0 && graphed < keys.size(); ++graphed) {
        if (keys[graphed] == nullptr) continue;
        if (!graph->add(static_cast<std::uint32_t>(graphed))) return true;
        --most;
    }
    return graphed == keys.size();
}

Status VectorIndex::set(std::string_view key, std::span<const float> vector) {
    auto& state = *state_;
    TOPGUN_TRY(state.check(vector));
    const auto slot = static_cast<std::uint32_t>(state.keys.size());
    auto [place, is_new] = state.slots.try_emplace(std::string(key), slot);
    if (!is_new) {
        const auto old = std::span(state.table.at(place->second), vector.size());
        // Records are written again for other reasons, too.
        if (std::equal(old.begin(), old.end(), vector.begin())) return {};
        state.drop(place->second);
        place->second = slot;
    }
    state.keys.push_back(&place->first);
    state.key_bytes += key.size();
    state.table.numbers.insert(state.table.numbers.end(), vector.begin(), vector.end());
    if (state.options.metric == Metric::cosine) {
        state.table.lengths.push_back(state.length_of(vector.data()));
    }
    state.compact_if_due();
    return {};
}

void VectorIndex::remove(std::string_view key) {
    auto& state = *state_;
    const auto found = state.slots.find(key);
    if (found == state.slots.end()) return;
    state.drop(found->second);
    state.slots.erase(found);
    state.compact_if_due();
}

bool VectorIndex::advance(std::size_t most) {
    return state_->advance(most);
}

// Compares with every vector from slot `from` on. `best` is a heap with the worst on top.
std::vector<Near> VectorIndex::State::look_at(const float* query, const VectorSearch& search,
                                              std::size_t from, std::vector<Near> best) const {
    const auto order = [this](const Near& a, const Near& b) { return better(a, b); };
    const auto length = length_of(query);
    for (std::size_t slot = from; slot < keys.size(); ++slot) {
        if (keys[slot] == nullptr) continue;
        const Near one{table.between(query, length, table.at(slot), table.length_at(slot)),
                       static_cast<std::uint32_t>(slot)};
        const bool full = best.size() == search.k;
        if (full && !better(one, best.front())) continue;
        if (search.accept && !search.accept(*keys[slot])) continue;
        if (full) {
            std::pop_heap(best.begin(), best.end(), order);
            best.pop_back();
        }
        best.push_back(one);
        std::push_heap(best.begin(), best.end(), order);
    }
    return best;
}

Result<std::vector<VectorHit>> VectorIndex::find(std::span<const float> query,
                                                 const VectorSearch& search) const {
    const auto& state = *state_;
    TOPGUN_TRY(state.check(query));
    std::vector<VectorHit> out;
    if (search.k == 0 || state.live() == 0) return out;
    const auto order = [&state](const Near& a, const Near& b) { return state.better(a, b); };
    std::vector<Near> best;
    std::size_t from = 0;
    // A wish for a good part of all is met faster, and exactly, by looking at all.
    if (state.graph && !state.graph->broken() && search.k < state.graph->size() / 8) {
        auto ef = std::max({search.ef, 2 * search.k, std::size_t{64}});
        if (search.accept) ef = std::max(ef, 4 * search.k);
        ef = std::min(ef, state.graph->size());
        for (const auto& [distance, slot] :
             state.graph->find(query.data(), state.length_of(query.data()), ef, ef)) {
            if (state.keys[slot] == nullptr) continue;
            if (search.accept && !search.accept(*state.keys[slot])) continue;
            best.push_back({distance, slot});
        }
        std::sort(best.begin(), best.end(), order);
        // Fewer than wanted: the filter lets so little through that the graph is no help.
        if (best.size() >= search.k) {
            best.resize(search.k);
            std::make_heap(best.begin(), best.end(), order);
            from = state.graphed;
        } else {
            best.clear();
        }
    }
    best = state.look_at(query.data(), search, from, std::move(best));
    std::sort(best.begin(), best.end(), order);
    for (const auto& one : best) {
        const auto score = state.table.score(one.distance);
        if (search.min_score && !(score >= *search.min_score)) continue;
        out.push_back({*state.keys[one.slot], score});
    }
    return out;
}

std::span<const float> VectorIndex::vector(std::string_view key) const {
    const auto found = state_->slots.find(key);
    if (found == state_->slots.end()) return {};
    return {state_->table.at(found->second), state_->table.dimension};
}

const VectorOptions& VectorIndex::options() const noexcept {
    return state_->options;
}
std::size_t VectorIndex::size() const noexcept {
    return state_->live();
}
std::size_t VectorIndex::in_graph() const noexcept {
    return state_->graph ? state_->graph->size() : 0;
}
std::size_t VectorIndex::bytes() const noexcept {
    return state_->table.numbers.size() * sizeof(float) + state_->keys.size() * kVectorBytes +
           state_->key_bytes + in_graph() * kGraphBytes;
}

}  // namespace topgun::search
