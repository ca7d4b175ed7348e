// SPDX-License-Identifier: Apache-2.0
// What an endpoint acknowledged, key by key, and whether it still has it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "topgun/crdt/op.hpp"
#include "topgun/replica/row.hpp"

namespace topgun::cli {

/// What stands at one place of a state, or was written there.
struct Written {
    std::uint64_t millis = 0;
    std::uint32_t counter = 0;
    std::uint64_t value_hash = 0;  ///< 0 for a removal.

    bool operator==(const Written&) const = default;
    bool older_than(const Written& other) const noexcept {
        return millis != other.millis ? millis < other.millis : counter < other.counter;
    }
};
Written written_of(const Stamp& stamp, BytesView value) noexcept;

/// Names a place: an LWW record by map and key, a record of an OR-Map by its tag as well.
std::string place_of(MapKind kind, std::string_view map, std::string_view key,
                     std::string_view tag);
/// The place for people: "bench-3, key 3-17".
std::string describe_place(std::string_view place);

/// A state that was read back.
using ReadBack = std::unordered_map<std::string, Written>;

struct Loss {
    enum class Kind : std::uint8_t {
        missing,  ///< Nothing is there.
        older,    ///< A write is there that was overwritten before what was acknowledged.
        altered,  ///< Something is there that nobody wrote.
    };
    std::string place;
    Kind kind = Kind::missing;
    Written acknowledged;
};

struct Verdict {
    std::uint64_t checked = 0;  ///< Places where something is known to have been kept.
    std::uint64_t kept = 0;
    std::uint64_t lost = 0;
    std::vector<Loss> losses;  ///< The first kMostLosses.
    static constexpr std::size_t kMostLosses = 100;
};

/// Ops are noted before they are sent, in order, and acknowledged in order. A place belongs to one
/// writer. Writes that were sent but never acknowledged may be there or not; anything older than
/// what was acknowledged, or different from what was sent, is a loss.
/// Memory: about 200 bytes for each place. Threads: one at a time.
class Ledger {
public:
    /// @param number  ascending for each writer.
    void sent(std::size_t writer, const Op& op, std::uint64_t number);
    /// Everything of a writer up to `number`. @return how many ops that newly are.
    std::uint64_t acknowledged(std::size_t writer, std::uint64_t number);

    /// Compares with what is there after a crash. What was kept without having been acknowledged
    /// counts as acknowledged from then on; what was not acknowledged and is not there is
    /// forgotten.
    Verdict verify(const ReadBack& state);

    std::uint64_t acknowledged_ops() const noexcept { return acknowledged_ops_; }

private:
    struct Record {
        std::optional<Written> kept;
        std::vector<Written> pending;  // sent after it, oldest first
    };
    struct Pending {
        std::uint64_t number = 0;
        Record* record = nullptr;
    };
    std::optional<Loss::Kind> judge(Record& record, const Written* found) const;

    std::unordered_map<std::string, Record> records_;  // whose members stay where they are
    std::unordered_map<std::size_t, std::deque<Pending>> in_flight_;
    std::uint64_t acknowledged_ops_ = 0;
};

}  // namespace topgun::cli
