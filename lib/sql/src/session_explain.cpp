// SPDX-License-Identifier: Apache-2.0
// EXPLAIN: the plan, how it runs, and what each part of it took.
#include <algorithm>
#include <cstdio>

#include "parser.hpp"
#include "physical.hpp"
#include "session_impl.hpp"

namespace topgun::sql {
namespace {

std::string rows_text(double rows) {
    return std::to_string(static_cast<std::uint64_t>(std::max(0.0, rows)));
}

std::string joined(const std::vector<Scalar>& scalars) {
    std::string out;
    for (const auto& scalar : scalars) out += (out.empty() ? "" : ", ") + to_text(scalar);
    return out;
}

std::string terms_text(const std::vector<SortTerm>& terms) {
    std::string out;
    for (const auto& term : terms) {
        out += (out.empty() ? "" : ", ") + to_text(term.value) + (term.descending ? " DESC" : "");
        if (term.nulls_first != term.descending) {
            out += term.nulls_first ? " NULLS FIRST" : " NULLS LAST";
        }
    }
    return out;
}

struct Describe {
    const Plan& node;

    std::string operator()(const plan::Scan& scan) const {
        std::string out = "Scan " + scan.table->name();
        if (scan.alias != scan.table->name()) out += " AS " + scan.alias;
        std::string columns;
        for (const auto at : scan.source) {
            columns += (columns.empty() ? "" : ", ") + scan.table->columns()[at].name;
        }
        return out + " (" + columns + ")";
    }
    std::string operator()(const plan::Values& values) const {
        return "Values (" + std::to_string(values.rows.size()) +
               (values.rows.size() == 1 ? " row)" : " rows)");
    }
    std::string operator()(const plan::Stored& stored) const {
        return "Stored " + stored.rows->name;
    }
    std::string operator()(const plan::SetScan& set) const {
        std::string out = "Rows of ";
        for (std::size_t i = 0; i < set.calls.size(); ++i) {
            out += (i == 0 ? "" : ", ") + std::string(set.calls[i].function->name) + "(" +
                   joined(set.calls[i].arguments) + ")";
        }
        return out;
    }
    std::string operator()(const plan::Filter& filter) const {
        return "Filter " + to_text(filter.condition);
    }
    std::string operator()(const plan::Project& project) const {
        std::string out;
        for (std::size_t i = 0; i < project.values.size(); ++i) {
            const auto text = to_text(project.values[i]);
            out += (out.empty() ? "" : ", ") + text;
            if (text != project.columns[i].name) out += " AS " + project.columns[i].name;
        }
        return "Project " + out;
    }
    std::string operator()(const plan::Join& join) const {
        constexpr const char* kNames[] = {"Join",      "Left join", "Full join",
                                          "Semi join", "Anti join", "Mark join"};
        std::string out = kNames[static_cast<std::size_t>(join.kind)];
        if (join.condition == boolean_scalar(true)) {
            return join.kind == plan::JoinKind::inner ? "Cross join" : out;
        }
        return out + " on " + to_text(join.condition);
    }
    std::string operator()(const plan::Aggregate& aggregate) const {
        std::string out = aggregate.calls.empty() ? "Distinct" : "Aggregate";
        for (std::size_t i = 0; i < aggregate.calls.size(); ++i) {
            const auto& call = aggregate.calls[i];
            out += (i == 0 ? " " : ", ") + std::string(call.function.function->name) + "(" +
                   (call.function.distinct ? "DISTINCT " : "") +
                   (call.arguments.empty() ? "*" : joined(call.arguments)) + ")";
            if (call.filter) out += " FILTER (" + to_text(*call.filter) + ")";
        }
        if (!aggregate.keys.empty()) out += " by " + joined(aggregate.keys);
        if (!aggregate.sets.empty()) {
            out += " in " + std::to_string(aggregate.sets.size()) + " grouping sets";
        }
        return out;
    }
    std::string operator()(const plan::Window& window) const {
        std::string out = "Window";
        for (std::size_t i = 0; i < window.calls.size(); ++i) {
            out += (i == 0 ? " " : ", ") + window.calls[i].column.name + "(" +
                   joined(window.calls[i].arguments) + ")";
        }
        if (!window.partition.empty()) out += " partition by " + joined(window.partition);
        if (!window.order.empty()) out += " order by " + terms_text(window.order);
        return out;
    }
    std::string operator()(const plan::Sort& sort) const {
        return "Sort " + terms_text(sort.order);
    }
    std::string operator()(const plan::Limit& limit) const {
        std::string out = "Limit";
        if (limit.count) out += " " + std::to_string(*limit.count);
        if (limit.skip > 0) out += " offset " + std::to_string(limit.skip);
        if (!limit.ties.empty()) out += " with ties";
        return out;
    }
    std::string operator()(const plan::Union&) const { return "Union all"; }
};

void print(const Plan& plan, std::size_t depth, std::string& out) {
    out += std::string(depth * 2, ' ') + std::visit(Describe{plan}, plan.node);
    out += "  (about " + rows_text(plan.estimate) + (plan.estimate < 2 ? " row)\n" : " rows)\n");
    for (const auto& input : plan.inputs) print(*input, depth + 1, out);
}

std::string dag_text(const dag::Dag& dag) {
    std::string out;
    for (std::size_t v = 0; v < dag.vertices().size(); ++v) {
        const auto& vertex = dag.vertices()[v];
        out += vertex.name;
        if (vertex.parallelism > 1) out += " x" + std::to_string(vertex.parallelism);
        if (!vertex.detail.empty()) out += ": " + vertex.detail;
        out += '\n';
        for (const auto& edge : dag.edges()) {
            if (edge.from != v) continue;
            out += "    -> " + dag.vertices()[edge.to].name + " (" +
                   std::string(dag::routing_name(edge.routing));
            if (edge.to_ordinal > 0 || edge.priority > 0) {
                out += ", input " + std::to_string(edge.to_ordinal);
            }
            out += ")\n";
        }
    }
    return out;
}

class NoRows final : public ResultSink {
public:
    Status begin(const std::vector<ResultColumn>&) override { return {}; }
    Status rows(const Batch&) override { return {}; }
};

std::string milliseconds(std::chrono::nanoseconds time) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f ms",
                  std::chrono::duration<double, std::milli>(time).count());
    return text;
}

std::string report_text(const dag::Dag& dag, const dag::ExecutionReport& report) {
    std::string out;
    for (std::size_t v = 0; v < report.vertices.size(); ++v) {
        const auto& vertex = report.vertices[v];
        out += vertex.name + ": rows in " + std::to_string(vertex.rows_in) + ", out " +
               std::to_string(vertex.rows_out) + ", time " + milliseconds(vertex.busy);
        if (!dag.vertices()[v].detail.empty()) out += "  [" + dag.vertices()[v].detail + "]";
        out += '\n';
    }
    out += "elapsed " + milliseconds(report.elapsed) + ", memory " +
           std::to_string(report.peak_memory / 1024) + " KiB";
    return out;
}

}  // namespace

std::string to_text(const QueryPlan& query) {
    std::string out;
    for (const auto& stage : query.stages) {
        out += "With " + stage.result->name + ":\n";
        print(*stage.plan, 1, out);
        if (!stage.step) continue;
        out += "  then, until no row is new:\n";
        print(*stage.step, 2, out);
    }
    print(*query.root, 0, out);
    return out;
}

std::string explain_plan(const QueryPlan& plan, Explain what, RunContext& run,
                         std::size_t threads) {
    if (what == Explain::plan) return to_text(plan);
    std::uint64_t rows = 0;
    NoRows sink;
    const auto dag = make_dag(run, *plan.root, sink_operator(run, sink, rows), threads);
    return what == Explain::dot ? dag.to_dot() : dag_text(dag);
}

Result<std::string> SessionImpl::explain(std::string_view text, TextRange range, Explain what) {
    auto parsed = parse_range(text, range);
    if (auto* wrong = std::get_if<Diagnostic>(&parsed)) return diagnose(text, *wrong);
    begin_statement();
    auto* statement = &std::get<ast::Statement>(parsed);
    if (auto* explain = std::get_if<ast::Explain>(&statement->node)) {
        statement = &*explain->statement;
    }
    return guarded(text, [&]() -> Result<std::string> {
        const auto* query = std::get_if<ast::Query>(&statement->node);
        if (query == nullptr) fail(statement->offset, "only queries can be explained");
        if (what == Explain::query) return explain_query(*query, *this);
        Binder binder(*this, parameters_, eval_);
        const auto plan = planned(binder, binder.bind(*query));
        RunContext run;
        run.eval = eval_;
        return explain_plan(plan, what, run, threads());
    });
}

// EXPLAIN and EXPLAIN ANALYZE as statements: a column of lines, as PostgreSQL gives them.
Result<Summary> SessionImpl::run(const ast::Explain& explain, ResultSink& sink) {
    bool analyze = false;
    for (const auto& option : explain.options) {
        const bool on = option.value != "off" && option.value != "false" && option.value != "0";
        if (option.name == "analyze") analyze = on;
    }
    const auto* query = std::get_if<ast::Query>(&explain.statement->node);
    if (query == nullptr) fail(explain.statement->offset, "only queries can be explained");
    Binder binder(*this, parameters_, eval_);
    auto plan = planned(binder, binder.bind(*query));
    std::string text = to_text(plan);
    Summary out;
    if (analyze) {
        NoRows none;
        std::uint64_t rows = 0;
        RunContext run;
        run.eval = eval_;
        run.spill_directory = options_.spill_directory;
        TOPGUN_TRY(run_stages(plan, run));
        const auto dag = make_dag(run, *plan.root, sink_operator(run, none, rows), threads());
        dag::ExecutorOptions how;
        how.threads = threads();
        how.memory_limit = options_.memory_limit;
        how.timeout = time_left();
        how.cancel = running_.load();
        auto report = dag::run(dag, how);
        if (!report) return std::move(report).error();
        text += '\n' + report_text(dag, *report);
        if (run.spilled > 0) {
            text += ", spilled " + std::to_string(run.spilled / 1024) + " KiB";
        }
        out.report = std::move(*report);
    }
    TOPGUN_TRY(sink.begin({{"QUERY PLAN", TypeId::text}}));
    auto lines = std::make_shared<Column>(TypeId::text);
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines->add_bytes(text.substr(0, end));
        text.erase(0, std::min(end + 1, text.size()));
    }
    Batch batch;
    batch.rows = lines->size();
    batch.columns.push_back(std::move(lines));
    out.returns_rows = true;
    out.rows = batch.rows;
    out.tag = "EXPLAIN";
    TOPGUN_TRY(sink.rows(batch));
    return out;
}

}  // namespace topgun::sql
