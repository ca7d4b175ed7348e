// SPDX-License-Identifier: Apache-2.0
// One batch of a TableWriter on its way: merged with what is there, and written where it changed.
#pragma once

#include <string>
#include <vector>

#include "table_look.hpp"
#include "topgun/pg/table_writer.hpp"

namespace topgun::pg {

/// What the writer knows of its table beyond MapTable.
struct TableForm {
    bool extra = false;  ///< The table beside is there.
    /// The columns have the server's own types: rows go to them by COPY, without a cast.
    bool plain = true;
    bool json = false;  ///< `value` is json, not jsonb.
};

/// Writes a batch. After an error the transaction is to be rolled back, and nothing was written.
class BatchTransaction {
public:
    BatchTransaction(Connection& connection, const MapTable& table, const TableForm& form,
                     const TableWriteOptions& options, const TableBatch& batch, Look look);
    /// From BEGIN to COMMIT. Errors: those of the connection, which says whether to try again;
    /// locked when another writer came first, which is worth another try.
    Status run();
    /// What run() did. @pre it succeeded.
    const TableWriteReport& report() const { return report_; }
    bool has_extra() const { return form_.extra; }

private:
    struct RowOut {
        std::string_view map, key;
        maptable::ByteaRowOut bytea;
        maptable::JsonbRowOut jsonb;
    };
    struct ExtraRow {
        std::string map, key;
        std::string_view kind;
        maptable::Fact fact;
    };

    Status look_for_extra();
    void merge_keys();
    const std::string* unreadable(const TableBatch::Key& key) const;
    Result<maptable::KeyState> merged(const TableBatch::Key& key, std::size_t n, bool& changed);
    void add_row(const TableBatch::Key& key, std::size_t n, const maptable::KeyState& state);
    void add_removed_tags();
    Status gather_counters();
    Status write_rows();
    Status write_extra();
    Status stage_extra(const std::vector<ExtraRow>& rows);
    Status copy_extra(const std::vector<ExtraRow>& rows, const std::string& table);
    Status need_extra();
    Status stage(const std::vector<RowOut>& rows);
    Status copy_rows(const std::vector<RowOut>& rows, const std::string& table);
    bool is_bytea() const { return table_.generation == maptable::Generation::bytea; }

    Connection& connection_;
    const MapTable& table_;
    TableForm form_;
    const TableWriteOptions& options_;
    const TableBatch& batch_;
    Look look_;
    TableLook there_;
    TableBatch::Tags new_tags_;
    std::vector<RowOut> new_, changed_;
    std::vector<std::size_t> gone_;   // places in the batch of keys whose rows are to go
    std::vector<std::size_t> stale_;  // and of those whose facts are not true any more
    std::vector<ExtraRow> extra_;
    TableWriteReport report_;
};

}  // namespace topgun::pg
