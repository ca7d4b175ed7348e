// SPDX-License-Identifier: Apache-2.0
// One batch of a TableWriter: what was added, and the transaction that writes it.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "topgun/maptable/row.hpp"
#include "topgun/pg/table_writer.hpp"

namespace topgun::pg {

/// Ops by the key that they concern, merged among themselves.
class TableBatch {
public:
    struct Key {
        std::string map, key;
        maptable::KeyState incoming;
    };
    using Tags = std::map<std::string, std::vector<std::string>>;  // by map

    /// Errors: bad_input for names that PostgreSQL does not take, and for a key that is known as
    /// one of a map of the other kind.
    Status add(const Op& op);
    /// True when the op's key is in it.
    bool has(const Op& op) const;
    bool empty() const { return keys_.empty() && tags_.empty() && counters_.empty(); }
    std::size_t keys() const { return keys_.size(); }
    std::size_t bytes() const { return bytes_; }

    const std::vector<Key>& all() const { return keys_; }
    /// Removed without saying of which key.
    const Tags& tags() const { return tags_; }
    /// By map and node.
    const std::map<std::pair<std::string, std::string>, Bytes>& counters() const {
        return counters_;
    }

private:
    Status add_keyed(const Op& op);

    std::vector<Key> keys_;
    std::unordered_map<std::string, std::size_t> index_;  // by map, U+0000, key
    Tags tags_;
    std::map<std::pair<std::string, std::string>, Bytes> counters_;
    std::size_t bytes_ = 0;
};

/// Writes a batch. After an error the transaction is to be rolled back, and nothing was written.
class BatchTransaction {
public:
    /// @param direct  nothing of this is in the table: rows go to it without a look.
    BatchTransaction(Connection& connection, const MapTable& table,
                     const TableWriteOptions& options, const TableBatch& batch, bool has_extra,
                     bool direct);
    /// From BEGIN to COMMIT. Errors: those of the connection, which says whether to try again;
    /// locked when another writer came first, which is worth another try.
    Status run();
    /// What run() did. @pre it succeeded.
    const TableWriteReport& report() const { return report_; }
    bool has_extra() const { return has_extra_; }

private:
    struct Existing {
        bool found = false;         // there is a row
        std::vector<Bytes> fields;  // of the row, as COPY gave them
        std::vector<bool> nulls;
        std::vector<maptable::Fact> facts;
    };
    struct ExtraRow {
        std::string map, key;
        std::string_view kind;
        maptable::Fact fact;
    };

    Status stage_keys();
    Status read_rows();
    Status read_facts();
    Status read_tags();
    Status read_tags_of_jsonb();
    Status write_rows();
    Status write_key(const TableBatch::Key& key, Existing* existing, CopyIn& copy);
    Status write_removed_tags(CopyIn& copy);
    Result<maptable::KeyState> merged(const TableBatch::Key& key, Existing* existing,
                                      bool& changed);
    Status read_existing(const TableBatch::Key& key, const Existing& existing,
                         maptable::KeyState& state);
    Status put_row(const TableBatch::Key& key, const maptable::KeyState& state, bool found,
                   CopyIn& copy);
    void put_bytea(const maptable::ByteaRowOut& row, CopyIn& copy);
    void put_jsonb(const maptable::JsonbRowOut& row, CopyIn& copy);
    void begin_row(std::string_view map, std::string_view key, bool found, bool gone, CopyIn& copy);
    Status apply_rows();
    Status gather_counters();
    Status write_extra();
    Status need_extra();
    bool is_bytea() const { return table_.generation == maptable::Generation::bytea; }

    Connection& connection_;
    const MapTable& table_;
    const TableWriteOptions& options_;
    const TableBatch& batch_;
    bool has_extra_;
    bool direct_;
    bool staged_ = false;  // rows wait in a temporary table
    std::unordered_map<std::size_t, Existing> existing_;  // by place in the batch
    // Tags that are removed in the table without a key, by map: all of them.
    std::unordered_map<std::string, std::unordered_set<std::string>> known_tags_;
    std::unordered_set<std::string> tag_rows_;  // maps that have a row of them, jsonb
    TableBatch::Tags new_tags_;
    std::vector<ExtraRow> extra_;
    maptable::RowOps ops_;
    std::uint64_t fresh_ = 0, changed_ = 0, gone_ = 0;
    TableWriteReport report_;
};

}  // namespace topgun::pg
