// SPDX-License-Identifier: Apache-2.0
// The wire's form of an op, read without allocating per op and written canonically.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::wire {

/// Appends an op as TopGun's CLIENT_OP payload: {id?, mapName, key, opType, record | orRecord |
/// orTag, timestamp?}. A counter's entry, for which TopGun has no op, is {mapName, key: node,
/// opType: "COUNTER", counter: [p, n]}.
TOPGUN_API void encode_op(const Op& op, Bytes& out);

/// True for an op that is the same once it has been written by encode_op() and read again: its
/// texts are UTF-8, its value is canonical, its numbers are in range, and it says nothing that its
/// kind has no place for. May be false for others that would be the same. Cost: O(op).
TOPGUN_API bool reads_back(const Op& op);

/// Ops decoded from one buffer. Keys, tags and node ids are views into that buffer, which must
/// outlive this; values are canonical copies held here. reset() keeps the memory for the next use.
class TOPGUN_API OpBatch {
public:
    /// Reads one op (a map as encode_op() writes it, or as either TopGun encoder does).
    ///
    /// Tolerant as both real servers together: any key order, any map and integer width, whole
    /// floats for integers, nil for what is absent, unknown fields. Classified in the reference's
    /// order: REMOVE or a nil record removes; else orRecord adds; else orTag removes a tag; else
    /// PUT. A PUT whose value is nil is a removal. A PUT without a record changes nothing and is
    /// skipped.
    /// @return false on malformed input: see error(). Nothing is added then, and the reader stands
    ///         where the fault is.
    bool read(msgpack::Reader& reader);
    /// Reads a SERVER_EVENT payload: the same with eventType for opType. A REMOVE without a record
    /// has no stamp, cannot be merged, and counts as unstamped().
    bool read_event(msgpack::Reader& reader);
    /// Reads {value, timestamp, ttlMs?} of a known map and key, as Merkle leaves carry it.
    bool read_lww_record(msgpack::Reader& reader, std::string_view map, std::string_view key);
    /// Reads {value, timestamp, tag, ttlMs?} of a known map and key.
    bool read_or_record(msgpack::Reader& reader, std::string_view map, std::string_view key);
    /// Reads a counter's state {p, n} or {positive, negative}: one op per node.
    bool read_counter_state(msgpack::Reader& reader, std::string_view name);
    /// Reads one tag out of an OR entry's list of removed ones.
    bool read_removed_tag(msgpack::Reader& reader, std::string_view map, std::string_view key);
    /// Reads the name of a map or a key for the functions above; valid until reset().
    bool read_name(msgpack::Reader& reader, std::string_view& name);

    /// A state to return to, which forgets what was read since.
    struct Mark {
        std::size_t ops = 0, values = 0, repaired = 0;
        std::uint64_t skipped = 0, unstamped = 0;
    };
    Mark mark() const noexcept;
    /// @pre the mark was taken after the last reset(), and no older one has been returned to.
    void roll_back(const Mark& mark);

    /// What was wrong, and where: for use after a failed read.
    Error error(const msgpack::Reader& reader) const;

    /// The ops read so far. Valid until the next read or reset().
    const std::vector<Op>& ops();
    std::size_t size() const noexcept { return ops_.size(); }
    std::uint64_t skipped() const noexcept { return skipped_; }
    std::uint64_t unstamped() const noexcept { return unstamped_; }
    void reset();

private:
    struct Range {
        std::size_t begin = 0, end = 0;
    };
    struct Record {
        bool present = false;  // the field is there
        bool nil = false;
        bool stamped = false;
        Range value;
        Stamp stamp;
        std::uint64_t ttl_ms = kNoTtl;
        std::string_view tag;
    };
    bool read_fields(msgpack::Reader& reader, std::string_view type_field);
    bool read_stamp(msgpack::Reader& reader, Stamp& stamp);
    bool read_text(msgpack::Reader& reader, std::string_view& text, const char* what);
    bool read_record(msgpack::Reader& reader, Record& record);
    bool complete(msgpack::Reader& reader, const Record& record, bool tagged);
    bool read_counts(msgpack::Reader& reader,
                     std::vector<std::pair<std::string_view, double>>& out);
    bool refuse(msgpack::Reader& reader, const char* expected);
    void push(const Op& op, Range value);

    std::vector<Op> ops_;
    std::vector<Range> ranges_;          // parallel to ops_: where the op's value stands in values_
    Bytes values_;                       // canonical values, one after the other
    std::size_t resolved_ = 0;           // ops whose value view is set already
    const char* resolved_in_ = nullptr;  // where values_ stood then
    std::deque<std::string> repaired_;   // texts that needed a repair; a deque keeps views valid
    Bytes scratch_;
    const char* expected_ = "";
    std::uint64_t skipped_ = 0;
    std::uint64_t unstamped_ = 0;
};

}  // namespace topgun::wire
