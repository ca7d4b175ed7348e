// SPDX-License-Identifier: Apache-2.0
// Rows of a table as raw fields: COPY's lines and INSERT's values look the same behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "table_data.hpp"

namespace topgun::pgdump {

/// A field's text without escapes; a NULL has no data, an empty text has.
using Field = std::string_view;
inline bool is_null(const Field& field) noexcept {
    return field.data() == nullptr;
}

/// A piece of the file in memory.
struct Chunk {
    std::shared_ptr<const Bytes> bytes;
    std::uint64_t offset = 0, line = 0;
    std::size_t table = 0;  ///< Whose rows they are: perhaps a partition of the table scanned.
    bool utf8 = false;      ///< All of it is UTF-8.
};

/// Some rows, field by field.
struct RawRows {
    std::size_t rows = 0;
    std::vector<std::vector<Field>> columns;  ///< Those asked for.
    std::vector<const char*> starts;          ///< Where each row begins, in a chunk.
    std::vector<Chunk> chunks;                ///< What fields point into ...
    std::shared_ptr<ByteHeap> heap;           ///< ... and this, where they had escapes.

    /// False when a field may hold malformed UTF-8.
    bool utf8 = true;
    void clear();
    /// The chunk of a row.
    const Chunk& chunk_of(std::size_t row) const;
};

/// Reads a part of a table and of all below it. Threads: one owner.
class RowReader {
public:
    RowReader(std::shared_ptr<const DumpState> state, std::size_t table,
              std::vector<std::string> names, std::size_t part, std::size_t parts);

    /// Replaces `out` by the next rows, up to `most`. False at the end. Errors: bad_input with the
    /// place of the row; io.
    Result<bool> next(RawRows& out, std::size_t most = kBatchRows);
    /// The number of the next rows, without reading them.
    std::size_t pass(std::size_t most = kBatchRows);
    /// Goes on with the rest behind an error: the row that could not be read is left out, or, when
    /// where it ends is not known, what was read at once with it. @return how many rows, at least.
    std::uint64_t recover();
    /// Bytes of the file that were read.
    std::uint64_t bytes_read() const noexcept { return bytes_read_; }

    /// "dump.sql: byte 17, line 3, table public.t".
    std::string place(const Chunk& chunk, const char* at) const;

private:
    struct Piece {
        std::size_t table;
        std::size_t run;
    };
    Status open_run();
    void map_columns();
    Status copy_row(RawRows& out);
    Status insert_row(RawRows& out);
    Status insert_header();
    Status value(RawRows& out, Field& field);
    Status string_value(RawRows& out, Field& field, bool escapes);
    void skip_spaces();
    void set_fields(RawRows& out);
    bool unescape(RawRows& out, Field& field);
    Error error(const char* at, std::string what) const;

    std::shared_ptr<const DumpState> state_;
    std::vector<std::string> names_;
    std::vector<Piece> pieces_;
    std::size_t piece_ = 0;
    std::uint64_t passed_ = 0;  // rows of the piece, for pass()
    Chunk chunk_;
    const Layout* layout_ = nullptr;
    const Layout* mapped_ = nullptr;  // what target_, absent_ and width_ are of
    const char* at_ = nullptr;        // in the chunk; null when none is open
    const char* end_ = nullptr;
    const char* row_ = nullptr;
    bool in_statement_ = false;
    std::size_t width_ = 0;            // fields of a row that must be there
    std::vector<std::size_t> target_;  // column for each field; kNone for those not wanted
    std::vector<std::size_t> absent_;  // columns that the rows lack
    std::vector<Field> fields_;
    std::uint64_t bytes_read_ = 0;
};

}  // namespace topgun::pgdump
