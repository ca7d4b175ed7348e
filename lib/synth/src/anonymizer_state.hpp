// SPDX-License-Identifier: Apache-2.0
// The inside of an Anonymizer, for the parts of this module that map rows.
#pragma once

#include <array>
#include <mutex>
#include <set>

#include "mapping.hpp"

namespace topgun::synth {

/// A replaced row with storage of its own; `node` points into the mapping.
struct MappedRow {
    Bytes key, tag, value;
    std::uint32_t key_hash = 0;
    std::uint64_t millis = 0;
    std::uint32_t counter = 0;
    std::string_view node;
    std::uint64_t ttl_ms = kNoTtl;
    bool removed = false;

    Row view() const {
        Row row;
        row.key = key;
        row.key_hash = key_hash;
        row.removed = removed;
        row.stamp = {millis, counter, node};
        row.ttl_ms = ttl_ms;
        row.value = value;
        row.tag = tag;
        return row;
    }
};

struct Anonymizer::State final : public ConflictObserver {
    explicit State(AnonymizeOptions given)
        : options(std::move(given)), mapping(Prf(options.secret), options) {}

    void on_conflict(const Conflict& conflict) override;
    void learn_key(std::string_view key);
    void learn_node(std::string_view node);
    void learn_stamp(const Stamp& stamp);
    void learn_tag(std::string_view tag);
    void learn_row(MapKind kind, const Row& row);
    void name_nodes();
    void choose_keys();
    void order_ties();

    /// Replaces `out` by the mapped row. @param with_key  false for a removed tag, which has none.
    Status map_row(const MapId& map, const Row& row, bool with_key, ValueMapper& values,
                   MappedRow& out) const;
    Status map_stamp(const Stamp& stamp, MappedRow& out) const;
    Status map_tag(std::string_view tag, Bytes& out) const;
    std::uint64_t place(const MapId& map, const Row& row) const;

    // Length and text of a short key, in as little room as can be.
    using ShortKey = std::array<char, kShortKey>;

    AnonymizeOptions options;
    Mapping mapping;
    AnonymizeReport report;
    Gathering<std::uint64_t> fingerprints;
    Gathering<ShortKey> short_keys;
    std::set<std::string, std::less<>> node_ids;
    std::string last_node;
    std::uint64_t earliest_ms = ~std::uint64_t{0};
    std::unordered_map<std::uint64_t, std::set<Bytes>> ties;  // values by place
    bool finished = false;

    // Value mappers keep caches between calls of map_op(); each is used by one call at a time.
    mutable std::mutex idle_mutex;  // guards idle
    mutable std::vector<std::unique_ptr<ValueMapper>> idle;
};

}  // namespace topgun::synth
