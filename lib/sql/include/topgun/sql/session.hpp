// SPDX-License-Identifier: Apache-2.0
// SQL on states and dumps: sources are attached as schemas, statements run, writes become ops.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/column/column.hpp"
#include "topgun/dag/executor.hpp"
#include "topgun/source/source.hpp"
#include "topgun/sql/statements.hpp"

namespace topgun::sql {

struct ResultColumn {
    std::string name;
    DataType type;
};

/// Takes the rows of a statement. Called by one thread at a time, not always the same.
class TOPGUN_API ResultSink {
public:
    virtual ~ResultSink();
    /// Before the rows of each statement that has some.
    virtual Status begin(const std::vector<ResultColumn>& columns) = 0;
    virtual Status rows(const Batch& batch) = 0;
};

/// What a statement did.
struct Summary {
    std::string tag;            ///< As PostgreSQL's: "SELECT 3", "INSERT 0 3", "CREATE TABLE".
    bool returns_rows = false;  ///< begin() was called.
    std::uint64_t rows = 0;     ///< Returned.
    std::uint64_t changed = 0;  ///< Records written.
    std::vector<std::string> notices;
    dag::ExecutionReport report;  ///< Of the last plan that ran; empty when none did.
};

enum class Explain {
    query,  ///< TopGun's query DSL as JSON, for statements that fit it.
    plan,   ///< The logical plan after its rules, a line for each operator.
    dag,    ///< Vertices and edges as they would run.
    dot,    ///< The same for Graphviz.
};

/// What can be queried.
struct TableInfo {
    struct Column {
        std::string name;
        DataType type;
        bool hidden = false;    ///< Not part of `*`: _ts, _node, _map ...
        bool not_null = false;
    };
    std::string schema;
    std::string name;
    std::string kind;  ///< "lww", "or", "counter"; "table" for tables of dumps and the session's.
    std::optional<std::uint64_t> rows;  ///< Where known without a scan.
    std::vector<Column> columns;
};

/// How much of a schema is not saved yet.
struct Unsaved {
    std::string schema;
    std::uint64_t changes = 0;
};

struct SessionOptions {
    std::size_t threads = 0;  ///< 0: one for each core.
    /// Bytes for sorts, joins and groups before they spill. Columns of maps that statements come
    /// back to are kept decoded in up to a quarter as much again.
    std::uint64_t memory_limit = std::uint64_t{1} << 30;
    std::optional<std::chrono::milliseconds> timeout;  ///< Of one statement.
    std::string spill_directory;  ///< Empty: TMPDIR, or /tmp.
    std::string node = "sql";     ///< Stamps writes.
    /// Changes to attached sources are refused unless there is somewhere for them to go.
    bool writable = false;
    /// Table functions (diff, ops, conflicts, nodes) open what their arguments name: any file, and
    /// any URL, with the tokens and PG* variables of this process. Never for statements of others.
    bool open_sources = false;
};

/// A session: sources, tables made in it, writes not saved yet. Threads: one at a time, apart from
/// cancel().
class TOPGUN_API Session {
public:
    static Result<std::unique_ptr<Session>> create(SessionOptions options = {});
    virtual ~Session();

    /// Opens a source as schema `name`; its maps, or the tables of a dump, are its tables. What
    /// reading met goes to `report` when given.
    /// Errors: those of open_source(); already_exists.
    virtual Status attach(const std::string& name, const std::string& path,
                          const ReadOptions& options = {}, ReadReport* report = nullptr) = 0;
    /// A state that is open already. Errors: already_exists.
    virtual Status attach(const std::string& name, std::unique_ptr<StateReader> state) = 0;
    virtual Status detach(const std::string& name) = 0;

    /// $1 is number 1. A text becomes what its context wants; no text is NULL.
    virtual void set_parameter(std::int32_t number, std::optional<std::string> text) = 0;

    /// Runs the one statement in `range` of `text`. Errors show line, column and caret within
    /// `text`; the session goes on, a transaction does not.
    virtual Result<Summary> execute(std::string_view text, TextRange range, ResultSink& sink) = 0;
    virtual Result<std::string> explain(std::string_view text, TextRange range, Explain what) = 0;
    /// A query of TopGun's DSL (JSON) on a map: the same rows as over the wire.
    virtual Result<Summary> query(std::string_view map, std::string_view dsl, ResultSink& sink) = 0;
    /// Ends the statement that runs with Errc::cancelled. Any thread, also a signal handler.
    virtual void cancel() noexcept = 0;

    virtual std::vector<TableInfo> tables() const = 0;
    /// Names of functions, for completion.
    virtual std::vector<std::string> functions() const = 0;

    virtual bool in_transaction() const = 0;
    /// Writes committed and not saved yet, in order, each an op with a stamp newer than what it
    /// replaced.
    /// By schema; those without any are left out.
    virtual std::vector<Unsaved> unsaved() const = 0;
    /// @param schema  whose; empty: all, schema by schema. Errors: those of visit; not_found.
    virtual Status visit_unsaved(const std::string& schema, const OpVisitor& visit) const = 0;
    /// Forgets them: they have been saved. What the session shows stays.
    /// @param schema  as above.
    virtual void mark_saved(const std::string& schema) = 0;
    /// A schema with its changes as one state. Valid until the next statement.
    virtual Result<std::unique_ptr<StateReader>> state(const std::string& schema) const = 0;

    virtual const SessionOptions& options() const = 0;
    virtual void set_timeout(std::optional<std::chrono::milliseconds> timeout) = 0;
};

}  // namespace topgun::sql
