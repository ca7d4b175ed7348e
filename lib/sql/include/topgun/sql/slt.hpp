// SPDX-License-Identifier: Apache-2.0
// SQL tests as data: runs files of sqllogictest's format, so that public suites can be pointed at
// an engine.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/column/type.hpp"
#include "topgun/sql/session.hpp"

namespace topgun::sql::slt {

/// What a statement gave.
struct Answer {
    std::vector<DataType> types;  ///< Of the columns; none when it returns no rows.
    /// Row by row, as text; no text is NULL.
    std::vector<std::optional<std::string>> values;
    std::uint64_t changed = 0;  ///< Rows or records that it changed.
};

/// What the statements of a file run on.
class TOPGUN_API Database {
public:
    virtual ~Database();
    /// @param statement  without semicolon. Errc::cancelled ends the run; any other error is what
    ///                   the statement was answered with.
    virtual Result<Answer> execute(std::string_view statement) = 0;
};

/// A session as such a database. An answer of more than kMaxValues values is an error.
class TOPGUN_API SessionDatabase final : public Database {
public:
    static constexpr std::size_t kMaxValues = 20'000'000;
    /// @param session  outlives the object.
    explicit SessionDatabase(Session& session) : session_(session) {}
    Result<Answer> execute(std::string_view statement) override;

private:
    Session& session_;
};

struct Failure {
    std::size_t line = 0;  ///< Of the record, from 1.
    std::string statement;
    std::string expected;  ///< Lines as they stand in the file, or words.
    std::string got;
};

struct Report {
    std::uint64_t passed = 0;
    std::uint64_t failed = 0;
    std::uint64_t skipped = 0;  ///< By skipif, onlyif, or because of a halt before them.
};

struct Options {
    /// Names by which skipif and onlyif mean the database.
    std::vector<std::string> engines = {"topgun", "postgresql"};
    /// Called for each record that fails, in order.
    std::function<void(const Failure&)> on_failure;
};

/// Runs the records of a file in order, one after the other, whatever fails.
///
/// The format is that of SQLite's sqllogictest: `statement ok|error`, `query TYPES [SORT] [LABEL]`
/// with one value a line or a hash, labels, `hash-threshold`, `halt`, `skipif`, `onlyif`. Of later
/// runners it knows `statement count N`, `query error`, a pattern for an error (on its line or
/// below `----`; found as text or as regular expression anywhere in the message), one row a line
/// with blanks or tabs between values, types other than I, R and T (taken as T), and text that is
/// not ASCII. A record of any other kind fails.
///
/// Values: I is a whole number (booleans 1 and 0), R has three decimals, T is the value's text;
/// NULL, (empty), and @ for what is not printable.
/// Errors: cancelled.
TOPGUN_API Result<Report> run(std::string_view file, Database& database,
                              const Options& options = {});

/// The file with the results that the database gives in place of its own. Records that are skipped,
/// statements and errors stay as they are; a query that fails counts as failed and stays, too.
/// Results appear one value a line.
TOPGUN_API Result<std::string> complete(std::string_view file, Database& database,
                                        const Options& options, Report& report);

}  // namespace topgun::sql::slt
