// SPDX-License-Identifier: Apache-2.0
// One connection to PostgreSQL: statements, COPY both ways in binary form, errors that say why.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/base/export.hpp"

struct pg_conn;
struct pg_result;

namespace topgun::pg {

struct ConnectOptions {
    /// A URL, or what libpq takes in its place: "service=app", "host=... dbname=...". What it does
    /// not say comes from PG* variables, service and password files, as for psql.
    std::string target;
    std::uint64_t connect_s = 10;            ///< Unless the target says connect_timeout itself.
    std::uint64_t statement_ms = 0;          ///< Bound on one statement; 0 for none.
    bool read_only = false;                  ///< Transactions write nothing, whatever is asked.
    std::string application = "topgun-cli";  ///< What the server shows in its list of sessions.
    /// Asked some ten times a second while a statement runs; true cancels it.
    std::function<bool()> stop{};
};

/// What a failed statement was told, beyond the text: for those who decide what to do next.
struct TOPGUN_API Failure {
    std::string sqlstate;  ///< Five characters; empty when the connection itself broke.
    /// Trying again may succeed: the server restarts, a deadlock, a serialisation conflict.
    bool transient() const noexcept;
    bool lost() const noexcept;  ///< The connection is of no use any more.
};

/// The rows of a result. Views live as long as it.
class TOPGUN_API Rows {
public:
    explicit Rows(pg_result* result) noexcept;
    ~Rows();
    Rows(Rows&& other) noexcept;
    Rows& operator=(Rows&&) = delete;

    std::size_t size() const noexcept;
    /// Empty for NULL. @pre row < size().
    std::optional<std::string_view> text(std::size_t row, std::size_t column) const;
    /// The same for a column that is never NULL: then "".
    std::string_view at(std::size_t row, std::size_t column) const {
        return text(row, column).value_or(std::string_view());
    }
    /// Rows that a statement without a result changed.
    std::uint64_t affected() const;

private:
    pg_result* result_;
};

/// A parameter: text, or NULL. Bytes go as text in the form \x...: see bytea_text().
using Parameter = std::optional<std::string>;

/// Bytes as PostgreSQL reads them from a text.
TOPGUN_API std::string bytea_text(BytesView bytes);
/// The reverse, for bytes in a result. Errors: bad_input.
TOPGUN_API Result<Bytes> read_bytea_text(std::string_view text);
/// A name as part of a statement, in double quotes.
TOPGUN_API std::string quoted_name(std::string_view name);

class CopyOut;
class CopyIn;

/// Threads: one at a time.
class TOPGUN_API Connection {
public:
    /// Errors: unreachable with what the server said (wrong password, no such database), usage for
    /// a target that cannot be read.
    static Result<std::unique_ptr<Connection>> open(ConnectOptions options);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// The database as people name it, without a password: postgres://user@host:5432/db.
    const std::string& name() const noexcept { return name_; }
    /// Of the server, such as 150006.
    int server_version() const;

    /// Runs one statement. Errors: unreachable (connection lost, no permission, out of room),
    /// bad_input (what the server found wrong with data), usage (with the statement), cancelled.
    Result<Rows> query(const std::string& sql, std::span<const Parameter> parameters = {});
    Result<Rows> query(const std::string& sql, std::initializer_list<Parameter> parameters) {
        return query(sql, std::span(parameters.begin(), parameters.size()));
    }
    /// The same for one or several statements without parameters and without interest in rows.
    Status run(const std::string& sql);
    /// @param sql  COPY ... TO STDOUT (FORMAT binary). The connection serves nothing else until the
    /// last row, or the end of the reader.
    Result<CopyOut> copy_out(const std::string& sql);
    /// @param sql  COPY ... FROM STDIN (FORMAT binary).
    Result<CopyIn> copy_in(const std::string& sql);

    /// Why the last call failed.
    const Failure& failure() const noexcept { return failure_; }

private:
    friend class CopyOut;
    friend class CopyIn;
    Connection(pg_conn* connection, ConnectOptions options);
    Error lost_error();
    Error result_error(const pg_result* result, std::string_view sql);
    Status wait_readable();
    Status wait_result();
    Result<pg_result*> last_result(std::string_view sql);
    std::string settings() const;
    Status begin_copy(const std::string& sql, int expected);
    void cancel();
    void drain();

    pg_conn* connection_;
    ConnectOptions options_;
    std::string name_;
    Failure failure_;
};

/// Rows as they come. Ending it early cancels the rest.
class TOPGUN_API CopyOut {
public:
    ~CopyOut();
    CopyOut(CopyOut&& other) noexcept;
    CopyOut& operator=(CopyOut&&) = delete;

    using Fields = std::vector<std::optional<BytesView>>;
    /// The next row's fields, valid until the next call. False after the last one.
    Result<bool> next(Fields& fields);
    /// Received so far.
    std::uint64_t bytes() const noexcept { return bytes_; }

private:
    friend class Connection;
    CopyOut(Connection& connection, std::string sql);
    Status parse(Fields& fields);
    Status parse_header();

    Connection* connection_;  // null when done
    std::string sql_;
    char* buffer_ = nullptr;  // libpq's
    std::size_t size_ = 0, at_ = 0;
    bool header_ = true;
    std::uint64_t bytes_ = 0;
};

/// Rows to be stored, sent in pieces. Without finish() the statement fails and nothing is stored.
class TOPGUN_API CopyIn {
public:
    ~CopyIn();
    CopyIn(CopyIn&& other) noexcept;
    CopyIn& operator=(CopyIn&&) = delete;

    /// Begins a row; its fields follow.
    Status row(std::uint16_t fields);
    void null();
    void text(std::string_view utf8);
    void bytes(BytesView bytes);
    void int8(std::int64_t value);
    void int4(std::int32_t value);
    void boolean(bool value);
    /// JSON text for a jsonb column.
    void jsonb(std::string_view json);
    /// Sends the rest, and waits. @return rows stored. Errors: as Connection::query().
    Result<std::uint64_t> finish();
    std::uint64_t sent() const noexcept { return sent_; }

private:
    friend class Connection;
    CopyIn(Connection& connection, std::string sql);
    Status send();
    void field(BytesView bytes);

    Connection* connection_;  // null when done
    std::string sql_;
    Bytes buffer_;
    std::uint64_t sent_ = 0;
};

// The forms of fields in binary COPY. Errors: bad_input for another length.
TOPGUN_API Result<std::int64_t> read_int8(BytesView field);
TOPGUN_API Result<std::int32_t> read_int4(BytesView field);
TOPGUN_API Result<bool> read_boolean(BytesView field);

}  // namespace topgun::pg
