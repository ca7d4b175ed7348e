// SPDX-License-Identifier: Apache-2.0
// All rows of one table of a dump by the columns that are wanted, with what cannot be read noted.
#pragma once

#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "row_reader.hpp"
#include "topgun/pgdump/map_tables.hpp"

namespace topgun::pgdump {

class TableRows {
public:
    TableRows(const Dump& dump, std::size_t table, std::vector<std::string> columns)
        : reader_(state_of(dump), table, std::move(columns), 0, 1) {}

    /// Calls take(row) for each row, which field() then has. Errors: those of reading, unless
    /// options.keep_going, and those of `take` and options.progress.
    template <typename Take>
    Status for_each(const MapReadOptions& options, MapReadReport& report, Take&& take) {
        std::uint64_t told = 0;
        for (;;) {
            auto more = reader_.next(rows_);
            // What stands in front of a damaged row is whole.
            for (std::size_t row = 0; row < rows_.rows; ++row) TOPGUN_TRY(take(row));
            if (!more) {
                if (!options.keep_going || more.error().code() == Errc::io) {
                    return std::move(more).error();
                }
                const auto lost = reader_.recover();
                report.note(more.error().text(), lost);
            }
            if (options.progress && reader_.bytes_read() > told) {
                TOPGUN_TRY(options.progress(reader_.bytes_read() - told));
                told = reader_.bytes_read();
            }
            if (more && !*more) return {};
        }
    }

    const Field& field(std::size_t column, std::size_t row) const {
        return rows_.columns[column][row];
    }
    /// False when a field may hold malformed UTF-8.
    bool utf8() const { return rows_.utf8; }
    /// "dump.sql: byte 17, line 3, table public.t".
    std::string place(std::size_t row) const {
        return reader_.place(rows_.chunk_of(row), rows_.starts[row]);
    }

private:
    RowReader reader_;
    RawRows rows_;
};

/// A number that uses up the text. @return false for anything else.
template <typename Number>
bool read_whole(std::string_view text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

}  // namespace topgun::pgdump
