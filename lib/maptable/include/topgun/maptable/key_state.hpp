// SPDX-License-Identifier: Apache-2.0
// What is known of one key, and the rows that say it in the tables of either generation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/base/export.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/serverfiles/stored_record.hpp"

namespace topgun::maptable {

/// One key of an LWW map or OR-Map, merged from ops by the rules of crdt.
/// Threads: one owner.
class TOPGUN_API KeyState {
public:
    /// @pre kind is lww or or_map.
    explicit KeyState(MapKind kind) { record_.kind = kind; }

    /// @return true when this says something new. @pre map_kind_of(op.kind) is this kind, and op
    /// concerns this key. A removed tag is kept, and keeps records of its tag out.
    bool merge(const Op& op);
    /// Drops the record of a tag that is kept elsewhere, if it is here. @return true if it was.
    bool drop(std::string_view tag);

    MapKind kind() const noexcept { return record_.kind; }
    /// Records by tag, removed tags in order. An LWW tombstone has an empty value.
    const serverfiles::StoredRecord& record() const noexcept { return record_; }
    bool is_tombstone() const noexcept;
    /// Of the latest record; 0 without any.
    std::uint64_t latest_millis() const noexcept;

private:
    serverfiles::StoredRecord record_;
};

/// What a row cannot say of a record, and is kept beside it. It holds for exactly the record with
/// this tag and stamp: a server that writes the row anew knows nothing of it.
struct Fact {
    bool removed = false;  ///< The key's LWW tombstone, in tables that have none.
    std::string tag;       ///< Of an OR-Map's record.
    Timestamp stamp;
    std::uint64_t ttl_ms = kNoTtl;
    std::optional<Bytes> value;  ///< Canonical; where the row has only something like it.
};

/// A row of the Rust server. Without a value there is no row: a tombstone is a fact alone.
struct ByteaRowOut {
    std::optional<Bytes> value;
    std::uint64_t millis = 0;  ///< For created_at and updated_at.
};

/// A row of the TypeScript server; an OR-Map's removed tags are not in it. Without `present` there
/// is none: an OR-Map's key without records.
struct JsonbRowOut {
    bool present = true;
    std::optional<std::string> json;
    Timestamp stamp;
    bool deleted = false;
};

/// Encodes a key as the Rust server does; an OR-Map's removed tags are in it. Values that it has no
/// form for (integers beyond 63 bits, extensions) become what comes nearest, and a fact.
/// @param null_rows  an LWW tombstone is a record with Null, which RowOps reads as one, and no
/// fact. Errors: bad_input for names that its tables do not take.
TOPGUN_API Status encode_row(std::string_view map, std::string_view key, const KeyState& state,
                             ByteaRowOut& out, std::vector<Fact>& facts, bool null_rows = false);
/// The same for the TypeScript server: what JSON cannot say, and the time to live of LWW records,
/// become facts. Errors: as above, and for a counter beyond 31 bits.
TOPGUN_API Status encode_row(std::string_view map, std::string_view key, const KeyState& state,
                             JsonbRowOut& out, std::vector<Fact>& facts);
/// The value of the row with all removed tags of a jsonb OR-Map.
TOPGUN_API std::string encode_removed_tags(const std::vector<std::string>& tags);

}  // namespace topgun::maptable
