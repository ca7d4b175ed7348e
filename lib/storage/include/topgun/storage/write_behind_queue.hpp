// SPDX-License-Identifier: Apache-2.0
// What waits to be written, and when it is due: write-behind without threads, clocks or I/O.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "topgun/base/export.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/storage/owned_op.hpp"

namespace topgun {

struct WriteBehindLimits {
    std::size_t capacity = 10'000;  ///< Records that wait or are being written.
    std::size_t capacity_bytes = std::size_t{256} << 20;  ///< Their keys, values and tags.
    std::size_t batch_size = 500;                         ///< Records written at once.
    std::uint64_t flush_interval_ms = 1000;  ///< A record waits no longer, unless writing fails.
    std::uint64_t backoff_ms = 500;  ///< After a failed write; doubles with each further one.
    std::uint64_t backoff_max_ms = 5000;
};

/// Ops by the record they concern. Of several ops on one record only what a merge of them leaves is
/// kept: the winner of an LWW key, a tag's removal over its addition, the larger counts of a
/// counter's node. A sequence number is given and tracked in one step, and resolved() never passes
/// one whose record is still here (TG-WB-001, the reference's WB-001).
/// Threads: not synchronised.
class TOPGUN_API WriteBehindQueue {
public:
    enum class Pace {
        normal,     ///< When a batch is full or old enough, and no backoff runs.
        draining,   ///< As soon as no backoff runs.
        immediate,  ///< At once.
    };

    explicit WriteBehindQueue(WriteBehindLimits limits) : limits_(limits) {}

    /// True when all of `ops` fit in: those that join a record which waits already take no place.
    bool has_room(std::span<const Op> ops) const;
    /// True when `ops` would not even fit into an empty queue.
    bool too_large(std::span<const Op> ops) const;
    /// Takes ops. @return the sequence of the last one. @pre has_room(ops), and Replica::apply()
    /// would refuse none of them.
    std::uint64_t add(std::span<const Op> ops, std::uint64_t now_ms);

    /// True when take() should be called. Never while a batch is out.
    bool due(std::uint64_t now_ms, Pace pace) const;
    /// Milliseconds until due() turns true by time alone; empty when it will not.
    std::optional<std::uint64_t> due_in(std::uint64_t now_ms, Pace pace) const;
    /// The oldest records, as ops; valid until complete() or give_back(). Empty when nothing waits.
    /// @pre no batch is out.
    std::vector<Op> take();
    /// The batch is durable.
    void complete();
    /// The batch failed: its records wait again, first in line, joined with what came meanwhile.
    void give_back(std::uint64_t now_ms);

    /// Every op up to this sequence is durable, alone or in the shape of what beat it.
    std::uint64_t resolved() const;
    std::uint64_t last_sequence() const noexcept { return sequence_; }
    /// Records that wait or are being written.
    std::size_t size() const noexcept { return waiting_.size() + out_.size(); }
    std::uint64_t coalesced() const noexcept { return coalesced_; }
    bool batch_is_out() const noexcept { return !out_.empty(); }
    /// Copies of all ops that are not durable, oldest first.
    std::vector<OwnedOp> pending() const;

private:
    struct Entry {
        std::string place;
        std::vector<OwnedOp> ops;  // one, but for a tag that stands under several keys
        std::uint64_t first_sequence = 0;
        std::uint64_t since_ms = 0;
        std::size_t bytes = 0;
    };
    using Entries = std::list<Entry>;

    void add_one(const Op& op, std::uint64_t now_ms);
    void join(Entry& entry, const Op& op);
    void recount(Entry& entry);

    WriteBehindLimits limits_;
    Entries waiting_;  // ascending by first_sequence
    Entries out_;      // the batch, all before those that wait
    std::unordered_map<std::string_view, Entries::iterator> index_;  // of waiting_, by place
    std::uint64_t sequence_ = 0;
    std::uint64_t coalesced_ = 0;
    std::size_t bytes_ = 0;
    unsigned failures_ = 0;  // in a row
    std::uint64_t retry_at_ms_ = 0;
};

}  // namespace topgun
