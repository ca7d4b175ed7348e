// SPDX-License-Identifier: Apache-2.0
// Merging ops into a server's table: batches, each a transaction, that read what is there, merge
// and write only what changed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/maptable/key_state.hpp"
#include "topgun/pg/connection.hpp"
#include "topgun/pg/map_table.hpp"
#include "topgun/replica/row.hpp"

namespace topgun::pg {

/// Creates a table as the server of that generation does, with its indexes, unless it is there.
TOPGUN_API Result<MapTable> create_map_table(Connection& connection, std::string_view name,
                                             maptable::Generation generation);

/// What becomes of LWW tombstones in a bytea table, for which its server has no form.
enum class TombstoneForm : std::uint8_t {
    beside,  ///< Kept in the table beside: the server does not know of the removal.
    rows,  ///< A record with Null: live to the server, removed to its clients and to this library.
    none,  ///< Left out.
};

/// find_map_table(), and create_map_table() when there is none. @param created  set to which.
TOPGUN_API Result<MapTable> choose_or_create_table(Connection& connection,
                                                   const std::string& wanted,
                                                   maptable::Generation create, bool& created);

struct TableWriteOptions {
    std::size_t batch_keys = 10'000;
    std::size_t batch_bytes = std::size_t{16} << 20;  ///< Of keys, values and tags.
    /// What is there is replaced, whatever its stamp. Keys that no op names stay.
    bool overwrite = false;
    TombstoneForm tombstones = TombstoneForm::beside;
    /// A statement that each batch's transaction ends with; may give "" for none.
    std::function<std::string()> with_batch{};
    unsigned attempts = 8;           ///< Of one batch, over lost connections and deadlocks.
    std::uint64_t backoff_ms = 200;  ///< Before the second; doubles.
};

/// The rows of a state of which nothing was written. Memory: their names, some millions at most.
class TOPGUN_API RefusedRows {
public:
    /// A key, with whatever records it has.
    void add(MapKind kind, std::string_view map, std::string_view key);
    /// One record, or with an empty key one removed tag.
    void add_tag(std::string_view map, std::string_view key, std::string_view tag);
    void add(const RefusedRows& other);
    bool empty() const noexcept { return places_.empty(); }
    bool has(const MapId& map, const Row& row) const;

private:
    void insert(std::string place);
    std::unordered_set<std::string> places_;
};

struct TableWriteReport {
    std::uint64_t inserted = 0;    ///< Rows.
    std::uint64_t updated = 0;     ///< Rows.
    std::uint64_t removed = 0;     ///< Rows that gave way to tombstones.
    std::uint64_t tombstones = 0;  ///< Tombstones of keys that had no row.
    /// Values that the server of this table will not see exactly; they stand beside.
    std::uint64_t inexact = 0;
    std::uint64_t removed_tags = 0;  ///< Written without knowing of which key.
    std::uint64_t unchanged = 0;     ///< Keys that had all of it already.
    std::uint64_t batches = 0;       ///< Transactions that were committed.
    std::uint64_t retries = 0;
    /// Keys that the table or the database does not take, or whose row cannot be read: nothing of
    /// them was written. Of an OR-Map's key it may be single records.
    std::uint64_t refused = 0;
    std::vector<std::string> refusals;  ///< With map, key and why; kMaxListedDamage at most.
    RefusedRows refused_rows;

    TOPGUN_API void add(const TableWriteReport& other);
    void refuse(std::string_view map, std::string_view key, const std::string& why);
};

class TableBatch;
struct TableForm;

/// Merges by the rules of crdt: in any order, twice, beside other writers, the table ends the same.
/// Rows are written as the server of the table's generation writes them; what its columns cannot
/// say goes to a table beside it, "<table>_extra", which is made when it is needed:
/// LWW tombstones and removed tags without a known key (bytea), times to live, counters, and values
/// that the server would not give back unchanged. read_map_table() reads both.
/// Rows of backups are left alone.
///
/// A batch is one transaction. When it fails for a reason that may pass (a lost connection, a
/// deadlock), it is tried again as a whole, on a new connection if need be. When the database does
/// not take what is in it (too long a key, a character that it does not know, a constraint), it is
/// halved until that is alone, and refused.
/// Memory: a batch, and in a jsonb table the removed tags of the OR-Maps that are written to. Cost:
/// see README. Threads: one owner. Several writers may work on one table.
class TOPGUN_API TableWriter {
public:
    /// @param connecting  how to connect, and again after a loss. Errors: those of connecting;
    /// usage for a table with too long a name.
    static Result<std::unique_ptr<TableWriter>> open(ConnectOptions connecting, MapTable table,
                                                     TableWriteOptions options = {});
    ~TableWriter();

    /// Takes an op; now and then a batch is written. Errors: those of flush().
    Status add(const Op& op);
    /// Writes what was added; it is durable afterwards. Errors: those of the connection; then what
    /// was added stays for the next flush().
    Status flush();
    /// flush(), then removes from their keys' rows the records whose tags were removed without
    /// saying of which key: reads the rows of the maps concerned. Errors: as flush().
    Status finish();

    const TableWriteReport& report() const noexcept { return report_; }
    /// The same, and begins a new one.
    TableWriteReport take_report() { return std::exchange(report_, {}); }
    const MapTable& table() const noexcept { return table_; }
    /// As people name it, without a password.
    const std::string& database() const noexcept { return database_; }
    /// Ops taken, also those that changed nothing.
    std::uint64_t ops() const noexcept { return ops_; }

private:
    TableWriter(ConnectOptions connecting, MapTable table, TableWriteOptions options);
    Status connect();
    Status write(const TableBatch& batch, bool last);
    Status write_whole(const TableBatch& batch, bool last);
    Status attempt(const TableBatch& batch, bool last, bool& passing);
    Status settle(const std::string& map, const std::unordered_set<std::string>& tags);

    ConnectOptions connecting_;
    MapTable table_;
    std::string database_;
    TableWriteOptions options_;
    std::unique_ptr<Connection> connection_;
    std::unique_ptr<TableBatch> batch_;
    std::unique_ptr<TableForm> form_;
    TableWriteReport report_;
    std::uint64_t ops_ = 0;
    std::string refused_by_;  // SQLSTATE with which the last batch failed; empty otherwise
    bool empty_ = false;      // no row was there when this was opened, nor was one met since
    /// Removed tags without key that were written, by map: for finish().
    std::unordered_map<std::string, std::unordered_set<std::string>> unsettled_;
};

}  // namespace topgun::pg
