// SPDX-License-Identifier: Apache-2.0
// Takes the text of a dump apart into statements, commands and rows, piece by piece.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"
#include "topgun/base/file.hpp"

namespace topgun::pgdump {

/// Line ends in a text. Cost: O(text.size()), eight bytes at a time.
std::uint64_t count_lines(std::string_view text) noexcept;

/// A statement, or a command of psql's. Valid until the next call.
struct Statement {
    std::string_view text;     ///< Without what exceeds StatementReader::kMaxText.
    bool cut = false;          ///< There is more than `text`.
    bool command = false;      ///< Begins with a backslash and ends with its line.
    bool complete = false;     ///< Ended by a semicolon; false at a file's premature end.
    bool after_blank = false;  ///< Only blanks stand between it and the statement before.
    std::uint64_t offset = 0;  ///< In the file, of the first byte.
    std::uint64_t end = 0;     ///< Of the byte behind the last.
    std::uint64_t line = 0;    ///< From 1.
    std::uint64_t groups = 0;  ///< Opening parentheses that stand in no other.
};

/// Rows of COPY that lie behind each other.
struct RowRun {
    std::uint64_t offset = 0, length = 0;
    std::uint64_t line = 0;
    std::uint64_t rows = 0;
};

/// Reads a file from front to back in large pieces. Threads: one owner.
class StatementReader {
public:
    /// More than any CREATE TABLE needs; of other statements only the beginning is of interest.
    static constexpr std::size_t kMaxText = std::size_t{4} << 20;

    StatementReader(const InputFile& file, std::function<Status(std::uint64_t)> progress)
        : file_(file), progress_(std::move(progress)) {}

    /// False at the end of the file. Errors: io, those of `progress`.
    Result<bool> next(Statement& out);
    /// Reads the rows behind a COPY statement that next() gave, up to the line `\.`.
    /// @param run_size  bytes after which a run of rows ends.
    /// @return false when the file ends before that line.
    Result<bool> copy_rows(std::size_t run_size, const std::function<void(const RowRun&)>& take);

    /// Whether backslashes escape in plain strings, as a SET before said.
    void set_backslashes(bool on) noexcept { backslashes_ = on; }
    /// Marks of pg_dump's at the beginning and the end of each dump in the file.
    bool has_missing_end() const noexcept { return begins_ > ends_; }
    std::uint64_t offset() const noexcept { return base_ + at_; }
    std::uint64_t line();

private:
    bool more();
    bool ensure(std::size_t size);
    bool skip_gap(Statement& out);
    void note_comment(std::string_view line);
    bool pass_line();
    bool pass_block_comment();
    bool scan_statement();
    bool scan_string(bool escapes);
    bool scan_until(char quote);
    bool scan_dollar();
    bool scan_word();
    void count_block(std::string_view word);
    bool find_line_end(std::size_t& end, bool& long_row);
    Result<bool> result(bool value);

    const InputFile& file_;
    std::function<Status(std::uint64_t)> progress_;
    std::optional<Error> error_;
    Bytes buffer_, piece_;
    std::uint64_t base_ = 0;   // offset of buffer_[0]
    std::size_t at_ = 0;       // what was not looked at yet
    std::size_t start_ = 0;    // what must be kept
    std::size_t counted_ = 0;  // line_ is the line of this byte
    std::uint64_t line_ = 1;
    bool in_rows_ = false;   // lines are counted as rows
    bool dropping_ = false;  // the statement's beginning is in head_
    Bytes head_;
    bool backslashes_ = false;
    std::uint64_t begins_ = 0, ends_ = 0;
    // Within a statement.
    std::uint64_t groups_ = 0;
    std::size_t depth_ = 0;  // of parentheses
    std::size_t words_ = 0;
    std::string first_words_;      // initials of the words CREATE, OR, REPLACE, FUNCTION, PROCEDURE
    std::size_t block_depth_ = 0;  // of BEGIN ATOMIC ... END
};

}  // namespace topgun::pgdump
