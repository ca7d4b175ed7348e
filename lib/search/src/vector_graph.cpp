// SPDX-License-Identifier: Apache-2.0
#include "vector_graph.hpp"

#include <hnswlib/hnswlib.h>

#include <exception>

namespace topgun::search {
namespace {

constexpr std::size_t kFirstRoom = 4096;
// Stands for the vector that is searched for, which has no slot.
constexpr std::uint32_t kQuery = 0xffffffffu;

// The library copies what it is given: it gets numbers of slots, and the vectors stay with us.
class SlotSpace final : public hnswlib::SpaceInterface<float> {
public:
    explicit SlotSpace(const VectorTable& table) : table_(table) {}

    std::size_t get_data_size() override { return sizeof(std::uint32_t); }
    hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }
    void* get_dist_func_param() override { return this; }
    void set_query(const float* query, float length) {
        query_ = query;
        query_length_ = length;
    }

private:
    static float distance(const void* a, const void* b, const void* parameter) {
        const auto& self = *static_cast<const SlotSpace*>(parameter);
        const auto [first, first_length] = self.vector(a);
        const auto [second, second_length] = self.vector(b);
        return self.table_.between(first, first_length, second, second_length);
    }
    std::pair<const float*, float> vector(const void* element) const {
        std::uint32_t slot;
        std::memcpy(&slot, element, sizeof slot);
        if (slot == kQuery) return {query_, query_length_};
        return {table_.at(slot), table_.length_at(slot)};
    }

    const VectorTable& table_;
    const float* query_ = nullptr;
    float query_length_ = 0;
};

}  // namespace

struct VectorGraph::Library {
    Library(const VectorTable& table, const VectorOptions& options)
        : space(table),
          graph(&space, kFirstRoom, options.links, options.ef_construction, options.seed) {}
    SlotSpace space;
    hnswlib::HierarchicalNSW<float> graph;
};

VectorGraph::VectorGraph(const VectorTable& table, const VectorOptions& options) {
    try {
        library_ = std::make_unique<Library>(table, options);
    } catch (const std::exception&) {
        broken_ = true;
    }
}

VectorGraph::~VectorGraph() = default;

void VectorGraph::make_room() {
    auto& graph = library_->graph;
    if (graph.cur_element_count < graph.max_elements_) return;
    graph.resizeIndex(graph.max_elements_ + graph.max_elements_ / 2);
}

bool VectorGraph::add(std::uint32_t slot) {
    if (broken_) return false;
    try {
        make_room();
        library_->graph.addPoint(&slot, slot);
        ++size_;
    } catch (const std::exception&) {
        broken_ = true;
    }
    return !broken_;
}

void VectorGraph::hide(std::uint32_t slot) {
    if (broken_) return;
    try {
        library_->graph.markDelete(slot);
        --size_;
    } catch (const std::exception&) {
        broken_ = true;
    }
}

std::vector<std::pair<float, std::uint32_t>> VectorGraph::find(const float* query, float length,
                                                               std::size_t wanted,
                                                               std::size_t ef) const {
    std::vector<std::pair<float, std::uint32_t>> out;
    if (broken_ || size_ == 0) return out;
    try {
        library_->space.set_query(query, length);
        library_->graph.setEf(ef);
        auto found = library_->graph.searchKnn(&kQuery, wanted);
        while (!found.empty()) {
            out.emplace_back(found.top().first, static_cast<std::uint32_t>(found.top().second));
            found.pop();
        }
    } catch (const std::exception&) {
        broken_ = true;
        out.clear();
    }
    return out;
}

}  // namespace topgun::search
