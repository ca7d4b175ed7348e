// SPDX-License-Identifier: Apache-2.0
// Sizes of messages were taken from the codec; see tests/unit/reconcile/diff_cost_test.cpp.
#include "diff_cost.hpp"

#include "topgun/wire/op.hpp"

namespace topgun::reconcile {
namespace {

// Encoded sizes, without the map's name, which is added once per message.
struct WalkSizes {
    std::uint64_t init;     // SYNC_INIT
    std::uint64_t root;     // SYNC_RESP_ROOT with its timestamp
    std::uint64_t request;  // MERKLE_REQ_BUCKET
    std::uint64_t reply;    // SYNC_RESP_BUCKETS and SYNC_RESP_LEAF without content
    std::uint64_t record;   // a leaf's record without key, value and node id
    std::uint64_t nodes;    // node ids in a record: in the stamp, and in the tag made of it
};
constexpr WalkSizes kLwwSizes{24, 102, 48, 57, 64, 1};
constexpr WalkSizes kOrSizes{58, 108, 55, 64, 99, 2};  // the same, with ORMAP_ before the types
constexpr std::uint64_t kBucketBytes = 7;              // label and hash
constexpr std::uint64_t kCellBytes = 28;  // sums of 24 bytes, and a count of some bytes
constexpr std::uint64_t kSketchMessageBytes = 64;

std::uint64_t mean_record_bytes(const MapFacts& facts, const WalkSizes& sizes) {
    if (facts.records == 0) return 0;
    std::uint64_t node_bytes = 0;
    for (const auto& [node, of_node] : facts.nodes) node_bytes += node.size() * of_node.records;
    const auto texts = facts.key_bytes + facts.value_bytes + sizes.nodes * node_bytes;
    return sizes.record + texts / facts.records;
}

}  // namespace

std::uint64_t row_wire_bytes(const MapId& map, const Row& row, Bytes& scratch) {
    scratch.clear();
    wire::encode_op(row_op(map, row), scratch);
    return scratch.size();
}

void add_trie_cost(const MapFacts& a, const MapFacts& b, DiffCost& cost) {
    auto& transfer = cost.by_trie;
    const auto& sizes = a.id.kind == MapKind::or_map ? kOrSizes : kLwwSizes;
    const std::uint64_t name = a.id.name.size() + 1;
    const auto message = [&](std::uint64_t bytes) {
        ++transfer.messages;
        transfer.bytes += bytes + name;
    };
    message(sizes.init);
    message(sizes.root);
    std::uint64_t trips = 1;
    const auto leaves = differing_leaves(a.trie, b.trie);
    cost.leaves_differing += leaves.size();
    if (!leaves.empty()) {
        const auto mean_record = mean_record_bytes(a, sizes);
        // Levels 0 to 2 answer with buckets, level 3 with the records of a whole leaf.
        for (unsigned level = 0; level <= Trie::kWireDepth; ++level, ++trips) {
            std::uint32_t last = ~std::uint32_t{0};
            for (const auto leaf : leaves) {
                const auto node = leaf >> (4 * (Trie::kWireDepth - level));
                if (node == last) continue;
                last = node;
                message(sizes.request);
                if (level == Trie::kWireDepth) {
                    message(sizes.reply + a.trie.leaf_keys()[leaf] * mean_record);
                } else {
                    const auto buckets = a.trie.buckets(leaf_path(node, level));
                    message(sizes.reply + (buckets ? buckets->size() : 0) * kBucketBytes);
                }
            }
        }
    }
    transfer.round_trips = std::max(transfer.round_trips, trips);
}

void add_sketch_cost(std::uint64_t cells, std::uint64_t record_bytes, std::uint64_t records,
                     DiffCost& cost) {
    auto& transfer = cost.by_sketch;
    if (cells == 0) {
        transfer.possible = false;
        return;
    }
    cost.sketch_cells += cells;
    transfer.messages += records == 0 ? 2 : 4;
    transfer.bytes += 2 * kSketchMessageBytes + cells * kCellBytes;
    if (records > 0) transfer.bytes += 2 * kSketchMessageBytes + record_bytes;
    transfer.round_trips = std::max<std::uint64_t>(transfer.round_trips, records == 0 ? 1 : 2);
}

}  // namespace topgun::reconcile
