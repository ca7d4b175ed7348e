// SPDX-License-Identifier: Apache-2.0
// Rows of the tables in which TopGun's servers keep their maps, and the ops that they stand for.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/base/export.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/maptable/key_state.hpp"
#include "topgun/serverfiles/stored_record.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::maptable {

/// Whose table it is. Both call it topgun_maps; the columns tell.
enum class Generation : std::uint8_t {
    jsonb,  ///< Of the former TypeScript server: values in JSON, stamps in columns.
    bytea,  ///< Of the Rust server: whole records in MessagePack.
};

/// What a row of an OR-Map has for its node id in a jsonb table.
inline constexpr std::string_view kOrMapNode = "__ORMAP__";
/// The key of the row that has all removed tags of an OR-Map in a jsonb table.
inline constexpr std::string_view kTombstonesKey = "__tombstones__";

/// No more damage than this is listed; ReadReport::damaged goes on counting.
inline constexpr std::size_t kMaxListedDamage = 1000;

/// What reading tables met.
struct ReadReport {
    std::uint64_t rows = 0;
    std::uint64_t ops = 0;
    std::uint64_t skipped = 0;  ///< Rows that say nothing: an OR-Map's key without any record.
    std::uint64_t damaged = 0;  ///< Rows that could not be decoded.
    std::vector<std::string> damage;  ///< With table, place, map, key, and why.

    void note(std::string what, std::uint64_t lost = 1) {
        damaged += lost;
        if (damage.size() < kMaxListedDamage) damage.push_back(std::move(what));
    }
    /// Adds what another reading met.
    void add(const ReadReport& more) {
        rows += more.rows;
        ops += more.ops;
        skipped += more.skipped;
        for (const auto& what : more.damage) note(what);
        damaged += more.damaged - more.damage.size();
    }
};

/// Views of what was read, for the time of one call.
struct JsonbRow {
    std::string_view map, key;
    std::optional<std::string_view> value;  ///< JSON; absent for SQL's NULL.
    std::uint64_t millis = 0, counter = 0;
    std::string_view node;
    bool deleted = false;
};

struct ByteaRow {
    std::string_view map, key;
    BytesView value;
    std::uint64_t expiration = 0;  ///< Unix milliseconds; 0 for never.
};

/// One row with all columns that the servers know, as it stands; borrowed for the time of a call.
struct TableRow {
    std::string_view map, key;
    std::optional<std::string_view> value;  ///< JSON or MessagePack; absent for NULL.
    // Of a jsonb table.
    std::int64_t millis = 0, counter = 0;
    std::string_view node;
    std::optional<bool> deleted = false;  ///< Absent for NULL.
    // Of a bytea table.
    std::int64_t expiration = 0;
    bool is_backup = false;
    std::optional<std::int64_t> created_at, updated_at;  ///< Absent where there is no such column.
};

/// Reads rows one after the other. Stamps are kept. In JSON a value of null is a tombstone, as the
/// TypeScript server reads it; in MessagePack forms that the Rust server accepts are accepted.
/// Threads: one owner.
class TOPGUN_API RowOps {
public:
    /// An LWW record or tombstone is one op, a key of an OR-Map one for each record and each
    /// removed tag. Errors: bad_input; then ops() is empty.
    Status read(const JsonbRow& row);
    Status read(const ByteaRow& row);
    Status read(Generation generation, const TableRow& row);
    /// Adds what is kept beside the last row. A fact about a record that the row does not hold any
    /// more says nothing.
    void add(Fact fact);
    /// Of the last row; they view it and this. None: the row says nothing.
    const std::vector<Op>& ops() const noexcept { return ops_; }

private:
    Status jsonb(const JsonbRow& row);
    Status jsonb_or_map();
    Status jsonb_or_record(const ValueView& record);
    Status bytea(const ByteaRow& row);
    Status removed_tag(std::optional<std::string_view> tag);

    Op base_;
    std::vector<Op> ops_;
    Bytes value_;
    serverfiles::StoredRecord record_;
    std::deque<Fact> facts_;  // those that ops_ views
};

/// A row on its way: counts it, hands on its ops, and notes it or fails when it could not be read.
/// @param read  what reading it into `row` gave. @param map, key  as far as they are known.
/// @param place  called for the place of a row that failed, which may be dear to find out.
/// Errors: that of the row, unless `keep_going`; those of `visit`.
template <typename Place>
Status hand_on(Status read, const RowOps& row, std::string_view map, std::string_view key,
               Place&& place, bool keep_going, const std::function<Status(const Op&)>& visit,
               ReadReport& report) {
    ++report.rows;
    if (!read) {
        const auto shown = [](std::string_view text) { return repair_utf8(text.substr(0, 64)); };
        auto error = std::move(read)
                         .error()
                         .within("map " + shown(map) + ", key " + shown(key))
                         .within(place());
        if (!keep_going) return error;
        report.note(error.text());
        return {};
    }
    if (row.ops().empty()) ++report.skipped;
    for (const auto& op : row.ops()) {
        ++report.ops;
        TOPGUN_TRY(visit(op));
    }
    return {};
}

}  // namespace topgun::maptable
