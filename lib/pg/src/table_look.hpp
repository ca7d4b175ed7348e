// SPDX-License-Identifier: Apache-2.0
// What a table has of the keys of a batch, read before the batch is merged with it.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "row_form.hpp"
#include "table_batch.hpp"
#include "topgun/maptable/row.hpp"
#include "topgun/pg/map_table.hpp"

namespace topgun::pg {

/// How a transaction looks at the rows that it may change.
enum class Look : std::uint8_t {
    none,  ///< Not at all: none is there.
    /// As they are in its snapshot. Whoever changes one of those that it writes makes it fail with
    /// SQLSTATE 40001 or, for a new row, 23505: then one that locks is better.
    optimistic,
    locked,  ///< They are locked, so that other writers wait.
};

/// Lives for one transaction, in which the keys of the batch stand in the temporary table
/// topgun_keys(n, map_name, key), n being their place in it.
class TableLook {
public:
    TableLook(Connection& connection, const MapTable& table, const TableBatch& batch)
        : connection_(connection), table_(table), batch_(batch) {}

    /// @pre has_extra says whether the table beside is there.
    /// Errors: those of the connection; bad_input for removed tags that cannot be read.
    Status read(Look look, bool has_extra);

    bool has_row(std::size_t n) const;
    /// True when something about the key stands in the table beside.
    bool has_facts(std::size_t n) const;
    /// Deletes, in the table beside, what was read of these keys, and nothing that came since.
    /// @pre has_facts() for each, and read() with has_extra. Errors: those of the connection.
    Status delete_facts(const std::vector<std::size_t>& places);
    /// Merges what is there into `state`. Errors: bad_input.
    Status merge_into(std::size_t n, maptable::KeyState& state);

    /// Tags removed in the OR-Maps of the batch without saying of which key: all of a jsonb table,
    /// those that the batch names of another.
    std::unordered_set<std::string>& tags_of(const std::string& map) { return tags_[map]; }
    /// True when a jsonb table has a row of such tags.
    bool has_tag_row(const std::string& map) const { return tag_rows_.contains(map); }
    /// Why that row cannot be read; null when it can. Nothing of the map can be merged then.
    const std::string* unreadable_tags(const std::string& map) const;

private:
    struct Existing {
        bool row = false;
        std::vector<std::optional<Bytes>> fields;  // of the row, as COPY gave them
        std::vector<maptable::Fact> facts;
    };

    Status stage_keys();
    Status read_rows(bool lock);
    Status read_facts(bool lock);
    Status read_tags(bool has_extra);
    Status read_beside_tags(const std::string& maps);
    Status read_tag_rows(const std::string& maps);

    Connection& connection_;
    const MapTable& table_;
    const TableBatch& batch_;
    std::unordered_map<std::size_t, Existing> existing_;  // by place in the batch
    std::unordered_map<std::string, std::unordered_set<std::string>> tags_;  // by map
    std::unordered_set<std::string> tag_rows_;
    std::unordered_map<std::string, std::string> unreadable_tags_;  // by map: why
    bool facts_locked_ = false;  // they stand in the temporary table topgun_facts, too
    maptable::RowOps ops_;
};

}  // namespace topgun::pg
