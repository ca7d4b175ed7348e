// SPDX-License-Identifier: Apache-2.0
// What a generated state holds, computed record by record from the seed and the record's number.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/synth/generate.hpp"
#include "values.hpp"

namespace topgun::synth {

/// A stamp whose node is a number.
struct Slot {
    std::uint64_t millis = 0;
    std::uint32_t counter = 0;
    std::uint32_t node = 0;
    bool operator==(const Slot&) const = default;
};

/// One generated write, without its value's bytes.
struct Write {
    Slot slot;
    std::uint64_t ttl_ms = kNoTtl;
    bool tombstone = false;
    ValueSeed value;
    /// The value must differ from this one's, which has the same stamp; 0 for none.
    std::uint64_t other_state = 0;
};

/// What is live and what was removed under one key of an OR-Map.
struct OrKey {
    std::vector<Write> live;
    std::vector<Slot> removed;
};

/// One map of a plan.
struct MapPlan {
    MapId id;
    std::string stem;  ///< "user" for the map "users".
    std::uint64_t seed = 0;
    std::uint64_t keys = 0;  ///< Base and extra ones.
    std::uint64_t conflicts = 0;
    std::uint64_t same_stamp = 0;
};

/// Threads: immutable; share freely.
class Plan {
public:
    /// Errors: usage, for options out of range.
    static Result<std::shared_ptr<const Plan>> make(GenerateOptions options);

    const GenerateOptions& options() const noexcept { return options_; }
    const std::vector<MapPlan>& maps() const noexcept { return maps_; }
    std::string_view node(std::uint32_t index) const { return nodes_[index]; }
    Stamp stamp(const Slot& slot) const { return {slot.millis, slot.counter, nodes_[slot.node]}; }

    /// Replaces `out` by a key's text. Cost: about 30 ns.
    void key(const MapPlan& map, std::uint64_t index, std::string& out) const;
    bool is_unicode(const MapPlan& map, std::uint64_t index) const;

    // Records as the base has them, and as the variant has them.
    Write base_lww(const MapPlan& map, std::uint64_t index) const;
    Write lww(const MapPlan& map, std::uint64_t index) const;
    void base_or(const MapPlan& map, std::uint64_t index, OrKey& out) const;
    void or_key(const MapPlan& map, std::uint64_t index, OrKey& out) const;
    /// A node's counts. @param node  index of the node.
    void counter(const MapPlan& map, std::uint32_t node, std::uint64_t& positive,
                 std::uint64_t& negative) const;

    /// Appends the value; it differs from that of `other_state`.
    void append_value(const Write& write, ValueMaker& maker, Bytes& out) const;

private:
    enum class Change : std::uint8_t { none, conflict, same_stamp };
    struct Changed {
        Change kind = Change::none;
        std::uint64_t rank = 0;
    };

    Status check();
    Status add_maps();
    void name_nodes();
    Changed changed(const MapPlan& map, std::uint64_t index) const;
    bool is_extra(std::uint64_t index) const noexcept { return index >= options_.records; }
    std::uint64_t variant_series() const noexcept { return options_.variant + 1; }
    std::uint64_t record_seed(const MapPlan& map, std::uint64_t index) const;
    Slot slot(const MapPlan& map, std::uint64_t number, std::uint64_t series) const;
    ValueSeed value_seed(const MapPlan& map, std::uint64_t index, Random& rng) const;
    std::uint64_t pick_ttl(Random& rng) const;
    std::uint32_t other_node(std::uint32_t node, Random& rng) const;
    Slot concurrent(const Slot& base, std::uint64_t rank, Random& rng) const;
    void change_or_key(const MapPlan& map, std::uint64_t index, const Changed& how,
                       OrKey& out) const;

    GenerateOptions options_;
    std::vector<MapPlan> maps_;
    std::vector<std::string> nodes_;       // one more than asked for when that is one
    std::vector<std::uint64_t> ahead_ms_;  // per node
    std::uint64_t slots_ = 1;              // stamps per lap: span times nodes
    std::uint64_t laps_ = 1;               // per series
    std::uint64_t or_live_max_ = 1;        // per key
    std::uint64_t or_stride_ = 1;          // adds per key, removed ones included, at most
};

}  // namespace topgun::synth
