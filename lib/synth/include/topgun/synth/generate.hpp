// SPDX-License-Identifier: Apache-2.0
// Synthetic maps and offline batches: the same options give the same bytes on every machine.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/replica/state.hpp"

namespace topgun::synth {

/// What the generated values look like.
enum class ValueShape : std::uint8_t {
    profile,  ///< A map: active, address, bucket, created, email, name, plan, score, tags; ~210
              ///< bytes.
    scalar,   ///< One number, text or boolean.
    mixed,    ///< Anything MessagePack can say, nested up to three levels: for testing codecs.
};

/// The base: a function of all fields up to `removed_tags`. What stands after them changes single
/// keys of the base and nothing else, so two states that differ only there differ in just those
/// keys.
struct GenerateOptions {
    std::vector<MapId> maps = {{"users", MapKind::lww}};
    std::uint64_t records = 1000;  ///< Keys in each map. A counter has one entry per node instead.
    std::uint64_t seed = 1;
    std::uint32_t nodes = 8;  ///< Writers; ids are lower-case [0-9a-z-].
    ValueShape values = ValueShape::profile;
    /// Encoded size of a profile, reached by leaving fields out or by a field `note`; 0 for as it
    /// is.
    std::uint32_t value_bytes = 0;
    double tombstones = 0.02;  ///< Share of LWW records.
    double ttl = 0.05;         ///< Share of records with a time to live.
    double unicode = 0.02;     ///< Share of keys with other characters than ASCII.
    std::uint64_t start_ms = 1'700'000'000'000;        ///< Time of the first write.
    std::uint64_t span_ms = 60ull * 24 * 3600 * 1000;  ///< Writes are spread evenly over this time.
    double skewed = 0;                                 ///< Share of nodes whose clock runs ahead.
    std::uint64_t skew_ms = 600'000;  ///< By how much at most; each such node has its own amount.
    std::uint32_t or_records =
        2;                      ///< Mean number of live records of an OR-Map's key, at least one.
    double removed_tags = 0.2;  ///< Share of all adds to an OR-Map that were removed; below 1.

    /// Keys of each map whose record is another node's concurrent write: 4 of 10 newer, 4 of 10
    /// older, the others of the same millisecond, decided by counter or by node id. In an OR-Map,
    /// keys with one record more, or one removed. In a counter, nodes with another count.
    std::uint64_t conflicts = 0;
    /// Keys of each LWW and OR-Map, others than those, with another value under the same stamp.
    std::uint64_t same_stamp = 0;
    /// Keys that only this variant has.
    std::uint64_t only_in = 0;
    /// Which keys are changed, and how.
    std::uint64_t variant = 1;
};

/// Largest number of keys in a map.
inline constexpr std::uint64_t kMaxRecords = 1'000'000'000;

/// A generated state. Each row is computed from the seed and its number when it is read.
/// Errors: usage, for options out of range, two maps of one name and kind, or more changed keys
/// than there are. Memory: 20 bytes a record while a map's keys are sorted, 4 afterwards; 16 a
/// removed tag. Cost: about 1 us a record of the default shape.
TOPGUN_API Result<std::unique_ptr<StateReader>> generate_state(GenerateOptions options);

/// One client's batch of ops, written while it was offline.
struct BatchOptions {
    std::uint64_t ops = 100;
    std::string client = "phone-1";
    /// The writes are spread over so much time before the end of the base's span, and so meet newer
    /// writes of the base to the same keys, and lose to them.
    std::uint64_t offline_ms = 21ull * 24 * 3600 * 1000;
    std::uint64_t ahead_ms = 0;  ///< How far the client's clock runs ahead.
};

/// Calls visit(op) for each op in the order in which the client queued it: updates of the base's
/// keys, repeated ones of what was just touched, new keys, removals; ids are "1", "2", ... Maps
/// take turns at random. Stamps are strictly increasing. Errors: usage (as generate_state(), and
/// for a bad node id); visit's first error.
TOPGUN_API Status generate_batch(const GenerateOptions& options, const BatchOptions& batch,
                                 const std::function<Status(const Op&)>& visit);

}  // namespace topgun::synth
