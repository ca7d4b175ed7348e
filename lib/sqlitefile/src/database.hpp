// SPDX-License-Identifier: Apache-2.0
// A SQLite file opened so that neither it, nor its folder, nor a writer is disturbed.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "stillness.hpp"
#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"

namespace topgun::sqlitefile {

/// A statement and the row that it stands at. Must not outlive its Database.
class Statement {
public:
    /// Parameters count from 1. `text` must live as long as this.
    void bind(int at, std::string_view text);
    /// Goes to the next row; false at the end. Errors: those of SQLite.
    Result<bool> next();

    /// Of the column's value in this row: SQLITE_TEXT and the like.
    int type(int column) const { return sqlite3_column_type(statement_.get(), column); }
    std::int64_t whole(int column) const { return sqlite3_column_int64(statement_.get(), column); }
    /// Borrowed until the next call of next(). @pre type() is SQLITE_TEXT.
    std::string_view text(int column) const;

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Threads: one owner.
class Database {
public:
    /// @param damaged_too  read what can be read of a file that is cut off.
    /// Errors: not_found, bad_input, locked, io.
    static Result<Database> open(const std::string& path, bool damaged_too);

    /// Errors: those of SQLite.
    Result<Statement> prepare(const std::string& sql) const;
    Status run(const std::string& sql) const;

    /// What was read counts only if this holds. Errors: locked.
    Status end_reading() const;

private:
    enum class How { without_log, with_log, beside_writer };
    struct Close {
        void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    };
    static Result<Database> open_as(const std::string& path, How how,
                                    const Surroundings& surroundings, bool damaged_too);
    Status make_harmless(How how, bool damaged_too) const;

    std::unique_ptr<sqlite3, Close> handle_;
    std::string path_;
    std::optional<Surroundings> unlocked_;  // how it was when reading without locks began
};

}  // namespace topgun::sqlitefile
