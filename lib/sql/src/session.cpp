// SPDX-License-Identifier: Apache-2.0
#include "session_impl.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "decorrelate.hpp"
#include "distinct_rule.hpp"
#include "external_sort.hpp"
#include "group_table.hpp"
#include "identifier.hpp"
#include "parser.hpp"
#include "physical.hpp"
#include "rules.hpp"
#include "topgun/base/nearest.hpp"

namespace topgun::sql {
namespace {

std::string temporary_directory() {
    const char* set = std::getenv("TMPDIR");
    return set != nullptr && *set != '\0' ? set : "/tmp";
}

std::int64_t now_micros() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

// Errors of running expressions carry their place in the statement.
Error shown(std::string_view text, Error error) {
    if (!error.message().starts_with('@')) return error;
    const auto failed = failed_at(Error(error.code(), error.message()));
    return diagnose(text, {failed.message, {}, failed.offset, error.code()});
}

std::size_t count_readers(const Plan& plan, const StoredRows* rows) {
    const auto* stored = plan.as<plan::Stored>();
    std::size_t count = stored != nullptr && stored->rows.get() == rows ? 1 : 0;
    for (const auto& input : plan.inputs) count += count_readers(*input, rows);
    return count;
}

class KeepSink final : public ResultSink {
public:
    explicit KeepSink(std::vector<Batch>& to) : to_(to) {}
    Status begin(const std::vector<ResultColumn>&) override { return {}; }
    Status rows(const Batch& batch) override {
        to_.push_back(batch);
        return {};
    }

private:
    std::vector<Batch>& to_;
};

// A name like the one that is not there, or what there is where that is short.
std::string what_else(std::string_view name, const std::vector<std::string>& names) {
    const std::vector<std::string_view> known(names.begin(), names.end());
    const auto near = nearest_word(name, known);
    if (!near.empty()) return "; did you mean " + quote_identifier(near) + "?";
    constexpr std::size_t kListed = 8;
    if (names.empty() || names.size() > kListed) return {};
    std::string out;
    for (const auto& one : names)
        out += (out.empty() ? "; there is " : ", ") + quote_identifier(one);
    return out;
}

}  // namespace

ResultSink::~ResultSink() = default;
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::create(SessionOptions options) {
    if (options.spill_directory.empty()) options.spill_directory = temporary_directory();
    auto clock = Hlc::create(options.node);
    if (!clock) return std::move(clock).error();
    return std::unique_ptr<Session>(
        std::make_unique<SessionImpl>(std::move(options), std::move(*clock)));
}

SessionImpl::SessionImpl(SessionOptions options, Hlc clock)
    : options_(std::move(options)), clock_(std::move(clock)) {}

std::size_t SessionImpl::threads() const {
    if (options_.threads > 0) return options_.threads;
    return std::max(1u, std::thread::hardware_concurrency());
}

std::uint64_t SessionImpl::now_ms() const {
    return static_cast<std::uint64_t>(eval_.now / 1000);
}

Schema* SessionImpl::find_schema(std::string_view name) const {
    for (const auto& schema : schemas_) {
        if (schema->name() == name) return schema.get();
    }
    return nullptr;
}

// Where CREATE TABLE goes that names no schema: the first source that takes maps.
Schema& SessionImpl::default_schema() {
    for (const auto& schema : schemas_) {
        if (schema->dump() == nullptr) return *schema;
    }
    schemas_.push_back(std::make_unique<Schema>("main", cache_budget_));
    return *schemas_.back();
}

Status SessionImpl::attach(const std::string& name, const std::string& path,
                           const ReadOptions& options, ReadReport* report) {
    if (find_schema(name) != nullptr) {
        return Error(Errc::already_exists, "schema \"" + name + "\" exists already");
    }
    auto schema = std::make_unique<Schema>(name, cache_budget_);
    TOPGUN_TRY(schema->open(path, options, report));
    schemas_.push_back(std::move(schema));
    return {};
}

Status SessionImpl::attach(const std::string& name, std::unique_ptr<StateReader> state) {
    if (find_schema(name) != nullptr) {
        return Error(Errc::already_exists, "schema \"" + name + "\" exists already");
    }
    schemas_.push_back(std::make_unique<Schema>(name, cache_budget_));
    schemas_.back()->open(std::move(state));
    return {};
}

Status SessionImpl::detach(const std::string& name) {
    const auto* schema = find_schema(name);
    if (schema == nullptr) {
        return Error(Errc::not_found, "schema \"" + name + "\" does not exist");
    }
    if (transaction_) {
        return Error(Errc::usage, "no source can be detached within a transaction");
    }
    std::erase_if(schemas_, [schema](const auto& one) { return one.get() == schema; });
    saved_.erase(name);
    return {};
}

void SessionImpl::set_parameter(std::int32_t number, std::optional<std::string> text) {
    parameters_[number] = std::move(text);
}

void SessionImpl::cancel() noexcept {
    auto* const token = running_.load();
    if (token != nullptr) token->cancel();
}

std::string SessionImpl::schema_of(const Table& table) const {
    if (const auto* map = dynamic_cast<const MapTable*>(&table)) {
        for (const auto& schema : schemas_) {
            if (map->from().base == schema->base() && schema->find_map(table.name())) {
                return schema->name();
            }
        }
    }
    return {};
}

Result<std::shared_ptr<const Table>> SessionImpl::table(
    const std::vector<std::string>& name) const {
    struct Found {
        const Schema* schema = nullptr;
        std::optional<MapId> map;
        std::size_t dump_table = 0;
    };
    std::vector<Found> found;
    const auto& own = name.back();
    for (const auto& schema : schemas_) {
        const bool in_schema = name.size() == 1 || name[0] == schema->name();
        if (in_schema && name.size() <= 2) {
            if (auto id = schema->find_map(own)) {
                found.push_back({schema.get(), std::move(id), 0});
                continue;
            }
        }
        if (schema->dump() == nullptr) continue;
        // A dump's tables have schemas of their own: t, schema.t, source.t, source.schema.t.
        const auto& tables = schema->dump()->tables();
        for (std::size_t i = 0; i < tables.size(); ++i) {
            if (tables[i].name != own) continue;
            const bool by_own_schema = name.size() == 2 && name[0] == tables[i].schema;
            const bool in_full =
                name.size() == 3 && name[0] == schema->name() && name[1] == tables[i].schema;
            const bool by_source = in_schema && name.size() <= 2;
            if (by_own_schema || in_full || by_source) found.push_back({schema.get(), {}, i});
        }
    }
    if (found.size() > 1) {
        std::string where;
        for (const auto& one : found) {
            where += (where.empty() ? "" : ", ") + quote_identifier(one.schema->name());
            if (!one.map) {
                where +=
                    "." + quote_identifier(one.schema->dump()->tables()[one.dump_table].schema);
            }
        }
        return Error(Errc::usage, "table \"" + own + "\" is in several schemas; it is in " + where +
                                      ": write the schema in front of it");
    }
    if (found.empty()) {
        std::vector<std::string> names;
        for (const auto& info : tables()) names.push_back(info.name);
        return Error(Errc::not_found,
                     "relation " + quote_path(name) + " does not exist" + what_else(own, names));
    }
    const auto& one = found.front();
    if (!one.map) {
        return std::shared_ptr<const Table>(
            std::make_shared<DumpTable>(one.schema->shared_dump(), one.dump_table));
    }
    auto table = one.schema->map_table(*one.map, now_ms());
    if (!table) return std::move(table).error();
    return std::shared_ptr<const Table>(std::move(*table));
}

std::vector<TableInfo> SessionImpl::tables() const {
    std::vector<TableInfo> out;
    const auto now = static_cast<std::uint64_t>(now_micros() / 1000);
    const auto add_columns = [](TableInfo& info, const Table& table) {
        for (const auto& column : table.columns()) {
            info.columns.push_back({column.name, column.type, column.hidden, column.not_null});
        }
        info.rows = table.rows();
    };
    for (const auto& schema : schemas_) {
        for (const auto& id : schema->maps()) {
            TableInfo info;
            info.schema = schema->name();
            info.name = schema->table_name(id);
            info.kind = schema->definition(id) != nullptr ? "table" : map_kind_name(id.kind);
            auto table = schema->map_table(id, now);
            if (table) add_columns(info, **table);
            out.push_back(std::move(info));
        }
        if (schema->dump() == nullptr) continue;
        const auto& tables = schema->dump()->tables();
        for (std::size_t i = 0; i < tables.size(); ++i) {
            TableInfo info;
            info.schema = schema->name() + "." + tables[i].schema;
            info.name = tables[i].name;
            info.kind = "table";
            add_columns(info, DumpTable(schema->shared_dump(), i));
            out.push_back(std::move(info));
        }
    }
    return out;
}

std::vector<std::string> SessionImpl::functions() const {
    std::set<std::string> names;
    const auto add = [&names](std::string_view name) {
        const bool word = !name.empty() && (std::isalpha(static_cast<unsigned char>(name[0])) != 0);
        if (word) names.emplace(name);
    };
    for (const auto& function : sql::functions()) add(function.name);
    for (const auto& function : aggregate_functions()) add(function.name);
    for (const auto& function : window_functions()) add(function.name);
    for (const auto& function : set_functions()) add(function.name);
    for (const auto* name : {"diff", "ops", "conflicts", "nodes"}) names.emplace(name);
    return {names.begin(), names.end()};
}

std::pair<std::size_t, std::size_t> SessionImpl::unsaved_ops(const Schema& schema) const {
    const auto saved = saved_.find(schema.name());
    auto end = schema.ops().size();
    if (transaction_) {
        const auto& begin = transaction_->marks.front().ops;
        const auto known = begin.find(schema.name());
        end = known == begin.end() ? 0 : known->second;
    }
    const auto first = saved == saved_.end() ? std::size_t{0} : saved->second;
    return {std::min(first, end), end};
}

std::vector<Unsaved> SessionImpl::unsaved() const {
    std::vector<Unsaved> out;
    for (const auto& schema : schemas_) {
        const auto [first, last] = unsaved_ops(*schema);
        if (first < last) out.push_back({schema->name(), last - first});
    }
    return out;
}

Status SessionImpl::visit_unsaved(const std::string& of, const OpVisitor& visit) const {
    if (!of.empty() && find_schema(of) == nullptr) {
        return Error(Errc::not_found, "schema \"" + of + "\" does not exist");
    }
    for (const auto& schema : schemas_) {
        if (!of.empty() && schema->name() != of) continue;
        const auto [first, last] = unsaved_ops(*schema);
        for (auto i = first; i < last; ++i) TOPGUN_TRY(visit(schema->ops()[i].view()));
    }
    return {};
}

void SessionImpl::mark_saved(const std::string& of) {
    for (const auto& schema : schemas_) {
        if (!of.empty() && schema->name() != of) continue;
        saved_[schema->name()] = unsaved_ops(*schema).second;
    }
}

Result<std::unique_ptr<StateReader>> SessionImpl::state(const std::string& schema) const {
    const auto* found = find_schema(schema);
    if (found == nullptr) {
        return Error(Errc::not_found, "schema \"" + schema + "\" does not exist");
    }
    return found->state();
}

void SessionImpl::begin_statement() {
    if (!transaction_) eval_.now = now_micros();
    auto& token = tokens_[next_token_++ % tokens_.size()];
    token = std::make_unique<dag::CancelToken>();
    running_.store(token.get());
    deadline_.reset();
    if (options_.timeout) deadline_ = std::chrono::steady_clock::now() + *options_.timeout;
}

// What the statement's next plan may take. Never zero: the executor is to say how it ended.
std::optional<std::chrono::milliseconds> SessionImpl::time_left() const {
    if (!deadline_) return std::nullopt;
    using namespace std::chrono;
    const auto left = duration_cast<milliseconds>(*deadline_ - steady_clock::now());
    return std::max(left, milliseconds(1));
}

Result<Summary> SessionImpl::execute(std::string_view text, TextRange range, ResultSink& sink) {
    auto parsed = parse_range(text, range);
    if (auto* wrong = std::get_if<Diagnostic>(&parsed)) {
        if (transaction_) transaction_->failed = true;
        return diagnose(text, *wrong);
    }
    begin_statement();
    auto out = guarded(text, [&] { return run_statement(std::get<ast::Statement>(parsed), sink); });
    if (out) return out;
    if (transaction_) transaction_->failed = true;
    return shown(text, std::move(out).error());
}

Result<Summary> SessionImpl::run_statement(const ast::Statement& statement, ResultSink& sink) {
    if (transaction_ && transaction_->failed &&
        !std::holds_alternative<ast::Transaction>(statement.node)) {
        fail(statement.offset,
             "current transaction is aborted, commands ignored until end of transaction block",
             "ROLLBACK ends it");
    }
    return std::visit([&](const auto& node) { return run(node, sink); }, statement.node);
}

QueryPlan SessionImpl::planned(Binder& binder, QueryPlan plan) {
    const std::function<ColumnId()> new_id = [&binder] { return binder.new_id(); };
    const auto flatten = [&](PlanBox& one) {
        auto status = decorrelate(one, new_id);
        if (!status) fail({}, status.error().text(), {}, status.error().code());
        split_distinct(*one, new_id);
    };
    for (auto& stage : plan.stages) {
        flatten(stage.plan);
        if (stage.step) flatten(stage.step);
    }
    flatten(plan.root);
    optimize(plan);
    return plan;
}

Result<dag::ExecutionReport> SessionImpl::run_dag(const Plan& plan, OperatorSupplier end,
                                                  RunContext& run, std::string_view name) {
    const auto dag = make_dag(run, plan, std::move(end), threads());
    bool parallel = false;
    for (const auto& vertex : dag.vertices()) parallel = parallel || vertex.parallelism > 1;
    dag::ExecutorOptions how;
    // A thread costs more than a small query takes.
    how.threads = parallel ? threads() : 1;
    how.memory_limit = options_.memory_limit;
    how.timeout = time_left();
    how.cancel = running_.load();
    auto report = dag::run(dag, how);
    if (report && run.costs != nullptr) run.costs->add(name, dag, *report);
    return report;
}

// A recursion, round by round: each works on the rows that the one before has added.
class SessionImpl::Rounds {
public:
    Rounds(SessionImpl& session, Stage& stage, RunContext& run)
        : session_(session),
          stage_(stage),
          run_(run),
          known_(types_of(stage.plan->columns)),
          budget_(session.options_.memory_limit),
          held_(budget_) {}

    /// False when a round has added nothing.
    Result<bool> next() {
        // A round may be over before its run has looked.
        TOPGUN_TRY(check_stop());
        StoredRows produced;
        const auto& plan = first_ ? *stage_.plan : *stage_.step;
        first_ = false;
        auto report =
            session_.run_dag(plan, keep_operator(run_, produced), run_, stage_.result->name);
        if (!report) return std::move(report).error();
        auto fresh = take_new(produced);
        for (const auto& batch : fresh.batches) {
            if (!held_.grow(batch.memory())) {
                return budget_.over_limit().within("a recursive query");
            }
            stage_.result->batches.push_back(batch);
        }
        stage_.result->rows += fresh.rows;
        stage_.working->rows = fresh.rows;
        stage_.working->batches = std::move(fresh.batches);
        return fresh.rows > 0;
    }

private:
    // UNION: only rows that were not there before.
    StoredRows take_new(StoredRows& rows) {
        if (!stage_.distinct) return std::move(rows);
        StoredRows fresh;
        std::vector<std::uint32_t> groups;
        for (const auto& batch : rows.batches) {
            std::vector<std::uint32_t> first;
            auto next = static_cast<std::uint32_t>(known_.size());
            known_.add(batch, groups);
            for (std::uint32_t row = 0; row < groups.size(); ++row) {
                if (groups[row] != next) continue;
                first.push_back(row);
                ++next;
            }
            if (first.empty()) continue;
            fresh.rows += first.size();
            fresh.batches.push_back(batch.gather(first));
        }
        return fresh;
    }

    SessionImpl& session_;
    Stage& stage_;
    RunContext& run_;
    GroupTable known_;
    dag::MemoryBudget budget_;
    dag::Reservation held_;
    bool first_ = true;
};

// @param lazy  nobody else reads the rows: a recursion goes on only as long as they are wanted.
Status SessionImpl::run_stage(Stage& stage, RunContext& run, bool lazy) {
    if (!stage.step) {
        auto report =
            run_dag(*stage.plan, keep_operator(run, *stage.result), run, stage.result->name);
        return report ? Status() : Status(std::move(report).error());
    }
    auto rounds = std::make_shared<Rounds>(*this, stage, run);
    if (lazy) {
        stage.result->more = [rounds] { return rounds->next(); };
        return {};
    }
    for (;;) {
        auto more = rounds->next();
        if (!more) return std::move(more).error();
        if (!*more) return {};
    }
}

Status SessionImpl::run_stages(QueryPlan& plan, RunContext& run) {
    for (std::size_t i = 0; i < plan.stages.size(); ++i) {
        const auto* rows = plan.stages[i].result.get();
        std::size_t uses = count_readers(*plan.root, rows);
        for (std::size_t other = i + 1; other < plan.stages.size(); ++other) {
            // Their rounds read it again and again.
            if (plan.stages[other].step) uses += 2 * count_readers(*plan.stages[other].step, rows);
            uses += 2 * count_readers(*plan.stages[other].plan, rows);
        }
        TOPGUN_TRY(run_stage(plan.stages[i], run, uses == 1));
    }
    return {};
}

Result<dag::ExecutionReport> SessionImpl::run_plan(QueryPlan& plan, ResultSink& sink,
                                                   std::uint64_t& rows) {
    RunContext run;
    run.eval = eval_;
    run.spill_directory = options_.spill_directory;
    TOPGUN_TRY(run_stages(plan, run));
    return run_dag(*plan.root, sink_operator(run, sink, rows), run);
}

Result<std::vector<Batch>> SessionImpl::collect(QueryPlan plan) {
    std::vector<Batch> out;
    KeepSink sink(out);
    std::uint64_t rows = 0;
    auto report = run_plan(plan, sink, rows);
    if (!report) return std::move(report).error();
    return out;
}

Result<Summary> SessionImpl::run(const ast::Query& query, ResultSink& sink) {
    Binder binder(*this, parameters_, eval_);
    auto plan = planned(binder, binder.bind(query));
    std::vector<ResultColumn> columns;
    for (const auto& column : plan.root->columns) columns.push_back({column.name, column.type});
    TOPGUN_TRY(sink.begin(columns));
    Summary out;
    out.returns_rows = true;
    auto report = run_plan(plan, sink, out.rows);
    if (!report) return std::move(report).error();
    out.report = std::move(*report);
    out.tag = "SELECT " + std::to_string(out.rows);
    return out;
}

}  // namespace topgun::sql
