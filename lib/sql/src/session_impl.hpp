// SPDX-License-Identifier: Apache-2.0
// The session: what statements have in common, and what each kind of them does.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <vector>

#include "ast.hpp"
#include "binder.hpp"
#include "operators.hpp"
#include "schema.hpp"
#include "topgun/clock/hlc.hpp"
#include "topgun/dag/stop.hpp"
#include "topgun/query/query.hpp"
#include "topgun/sql/session.hpp"

namespace topgun::sql {

class SessionImpl final : public Session, public Catalog {
public:
    SessionImpl(SessionOptions options, Hlc clock);

    // Session.
    Status attach(const std::string& name, const std::string& path, const ReadOptions& options,
                  ReadReport* report) override;
    Status attach(const std::string& name, std::unique_ptr<StateReader> state) override;
    Status detach(const std::string& name) override;
    void set_parameter(std::int32_t number, std::optional<std::string> text) override;
    Result<Summary> execute(std::string_view text, TextRange range, ResultSink& sink) override;
    Result<std::string> explain(std::string_view text, TextRange range, Explain what) override;
    Result<Summary> query(std::string_view map, std::string_view dsl, ResultSink& sink) override;
    void cancel() noexcept override;
    std::vector<TableInfo> tables() const override;
    std::vector<std::string> functions() const override;
    bool in_transaction() const override { return transaction_.has_value(); }
    std::vector<Unsaved> unsaved() const override;
    Status visit_unsaved(const std::string& schema, const OpVisitor& visit) const override;
    void mark_saved(const std::string& schema) override;
    Result<std::unique_ptr<StateReader>> state(const std::string& schema) const override;
    const SessionOptions& options() const override { return options_; }
    void set_timeout(std::optional<std::chrono::milliseconds> timeout) override {
        options_.timeout = timeout;
    }

    // Catalog.
    Result<std::shared_ptr<const Table>> table(const std::vector<std::string>& name) const override;
    Result<std::shared_ptr<const Table>> table_function(
        const std::string& name, const std::vector<std::string>& arguments) const override;
    bool has_table_function(const std::string& name) const override;
    std::string schema_of(const Table& table) const override;

private:
    /// A map that a statement writes.
    struct Target {
        Schema* schema = nullptr;
        MapId id;
        std::shared_ptr<const MapTable> table;
        const TableDefinition* definition = nullptr;
    };
    /// What UPDATE does to it.
    struct Change {
        const Target& target;
        const std::vector<ast::Assignment>& set;
        const ast::ExprBox& where;
        const char* statement;
    };
    struct Mark {
        std::string name;  // of a savepoint; empty for the transaction's begin
        std::map<std::string, std::size_t> ops;
        std::map<std::string, std::map<MapId, TableDefinition>> definitions;
        std::map<std::string, std::set<MapId>> dropped;
    };
    struct Transaction {
        std::vector<Mark> marks;
        bool failed = false;
    };

    // Statements. Each may throw BindError.
    Result<Summary> run_statement(const ast::Statement& statement, ResultSink& sink);
    Result<Summary> run(const ast::Query& query, ResultSink& sink);
    Result<Summary> run(const ast::Insert& insert, ResultSink& sink);
    Result<Summary> run(const ast::Update& update, ResultSink& sink);
    Result<Summary> run(const ast::Delete& remove, ResultSink& sink);
    Result<Summary> run(const ast::CreateTable& create, ResultSink& sink);
    Result<Summary> run(const ast::CreateTableAs& create, ResultSink& sink);
    Result<Summary> run(const ast::DropTable& drop, ResultSink& sink);
    Result<Summary> run(const ast::CreateIndex& create, ResultSink& sink);
    Result<Summary> run(const ast::DropIndex& drop, ResultSink& sink);
    Result<Summary> run(const ast::Transaction& transaction, ResultSink& sink);
    Result<Summary> run(const ast::Explain& explain, ResultSink& sink);
    Status run_measured(QueryPlan& plan, CostReport& costs, Summary& out);
    Result<Summary> run_dsl(std::string_view map, const query::Query& wanted, ResultSink& sink);

    // Plans.
    QueryPlan planned(Binder& binder, QueryPlan plan);
    Result<dag::ExecutionReport> run_plan(QueryPlan& plan, ResultSink& sink, std::uint64_t& rows);
    /// @param name  of the rows that it makes for others.
    Result<dag::ExecutionReport> run_dag(const Plan& plan, OperatorSupplier end, RunContext& run,
                                         std::string_view name = {});
    class Rounds;
    Status run_stage(Stage& stage, RunContext& run, bool lazy);
    Status run_stages(QueryPlan& plan, RunContext& run);
    /// All rows of a plan in memory.
    Result<std::vector<Batch>> collect(QueryPlan plan);
    std::size_t threads() const;
    /// The ops of a schema that are committed and not saved: [first, last).
    std::pair<std::size_t, std::size_t> unsaved_ops(const Schema& schema) const;

    // Writes.
    Target target(const ast::TableRef& name);
    Status check_writable(const Target& target, ast::Offset at, const char* statement);
    Status begin_change(const Target& target);
    /// An op with the next stamp.
    OwnedOp next_op(const Target& target, OpKind kind);
    Result<std::vector<Batch>> proposed_rows(const Target& into, const ast::Insert& insert,
                                             std::vector<std::size_t>& columns);
    Result<std::vector<OwnedOp>> new_records(const Target& into,
                                             const std::vector<std::size_t>& columns,
                                             const std::vector<Batch>& rows, bool& keyed);
    Result<std::uint64_t> insert_rows(const Target& target, const std::vector<std::size_t>& columns,
                                      const std::vector<Batch>& rows,
                                      const ast::OnConflict* conflict,
                                      std::vector<OwnedOp>& written);
    Result<std::vector<OwnedOp>> without_taken(const Target& target, std::vector<OwnedOp> ops,
                                               const std::vector<Batch>& rows,
                                               const ast::OnConflict* conflict,
                                               std::vector<Batch>& refused);
    Result<std::vector<char>> existing(const Target& target, const std::vector<std::string>& keys);
    Status check_unique(const Target& target, const std::vector<OwnedOp>& written);
    Result<std::uint64_t> update_on_conflict(const Target& target, const ast::OnConflict& conflict,
                                             const std::vector<std::size_t>& columns,
                                             const std::vector<Batch>& rows,
                                             std::vector<OwnedOp>& written);
    /// Updates the records that a plan over the scope's first table gives.
    Result<std::uint64_t> update_rows(const Change& change, Binder& binder, Scope& scope,
                                      PlanBox plan, std::vector<OwnedOp>& written);
    Status remove_moved(const Target& target, const std::unordered_set<std::string>& updated,
                        const std::unordered_set<std::string>& moved, std::vector<OwnedOp>& ops);
    Status returning(const Target& target, const std::vector<ast::SelectItem>& items,
                     const std::vector<OwnedOp>& rows, ResultSink& sink, Summary& summary);
    Status apply_all(const Target& target, std::vector<OwnedOp> ops);
    Mark mark(std::string name) const;
    void roll_back_to(const Mark& mark);

    Schema* find_schema(std::string_view name) const;
    Schema& default_schema();
    /// Where CREATE puts it; null when it stands already and that is no fault, with a notice.
    Schema* schema_for_new(const ast::TableRef& table, bool if_not_exists, Summary& out);
    std::uint64_t now_ms() const;
    void begin_statement();
    std::optional<std::chrono::milliseconds> time_left() const;
    template <typename Call>
    auto guarded(std::string_view text, Call&& call) -> decltype(call());

    SessionOptions options_;
    std::shared_ptr<CacheBudget> cache_budget_ =
        std::make_shared<CacheBudget>(options_.memory_limit / kCacheShare);
    Hlc clock_;
    std::vector<std::unique_ptr<Schema>> schemas_;
    Parameters parameters_;
    EvalContext eval_;
    std::optional<Transaction> transaction_;
    std::map<std::string, std::size_t> saved_;  // ops of each schema that were saved
    // Cancellation of the statement that runs. Tokens stay where they are, since a signal handler
    // may hold one a moment longer than the statement takes.
    std::array<std::unique_ptr<dag::CancelToken>, 8> tokens_;
    std::size_t next_token_ = 0;
    std::atomic<dag::CancelToken*> running_{nullptr};
    std::optional<std::chrono::steady_clock::time_point> deadline_;  // of that statement
};

// Runs what a statement does, with all that can end it early turned into errors: bad names and
// types, a lack of memory, cancel(), the timeout, whichever part noticed it first.
template <typename Call>
auto SessionImpl::guarded(std::string_view text, Call&& call) -> decltype(call()) {
    const auto& token = *running_.load();
    auto out = [&]() -> decltype(call()) {
        const dag::StopScope scope(token, deadline_);
        try {
            return call();
        } catch (const BindError& error) {
            // Without a place in the text it says nothing of it either.
            if (error.diagnostic.code == Errc::cancelled)
                return Error(Errc::cancelled, "cancelled");
            return diagnose(text, error.diagnostic);
        } catch (const std::bad_alloc&) {
            return Error(Errc::limit, "out of memory");
        } catch (const std::length_error&) {
            return Error(Errc::limit, "out of memory");
        }
    }();
    running_.store(nullptr);
    if (out || token.cancelled() || !deadline_) return out;
    const auto code = out.error().code();
    const bool stopped = code == Errc::cancelled || code == Errc::limit;
    if (!stopped || std::chrono::steady_clock::now() < *deadline_) return out;
    return Error(Errc::limit,
                 "not done within " + std::to_string(options_.timeout->count()) + " ms");
}

/// The plan of a statement as text: `what` is plan, dag or dot.
std::string explain_plan(const QueryPlan& plan, Explain what, RunContext& run, std::size_t threads);
/// TopGun's query DSL for a SELECT that fits it. Errors: usage, saying what does not fit.
Result<std::string> explain_query(const ast::Query& query, const Catalog& catalog);

}  // namespace topgun::sql
