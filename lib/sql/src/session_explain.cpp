// SPDX-License-Identifier: Apache-2.0
// EXPLAIN: the plan, how it runs, and what each part of it took.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cost_report.hpp"
#include "parser.hpp"
#include "physical.hpp"
#include "session_impl.hpp"
#include "topgun/value/json.hpp"

namespace topgun::sql {
namespace {

using Json = nlohmann::ordered_json;

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

Json plan_json(const Plan& plan) {
    Json out{{"Node Type", std::visit(Describe{plan}, plan.node)},
             {"Plan Rows", static_cast<std::uint64_t>(std::max(0.0, plan.estimate))}};
    for (const auto& input : plan.inputs) out["Plans"].push_back(plan_json(*input));
    return out;
}

std::string to_json(const QueryPlan& query, const CostReport* costs) {
    Json out{{"Plan", plan_json(*query.root)}};
    for (const auto& stage : query.stages) {
        Json with{{"Name", stage.result->name}, {"Plan", plan_json(*stage.plan)}};
        if (stage.step) with["Step"] = plan_json(*stage.step);
        out["With"].push_back(std::move(with));
    }
    if (costs != nullptr) out["Execution"] = Json::parse(costs->json());
    // Plans quote the statement, which may hold any bytes.
    return Json::array({std::move(out)}).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void add_lines(std::string_view text, Column& lines) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.add_bytes(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

struct ExplainOptions {
    bool analyze = false;
    bool json = false;
};

bool is_on(const ast::ExplainOption& option) {
    constexpr std::string_view kOn[] = {"", "true", "on", "1"}, kOff[] = {"false", "off", "0"};
    if (std::find(std::begin(kOn), std::end(kOn), option.value) != std::end(kOn)) return true;
    if (std::find(std::begin(kOff), std::end(kOff), option.value) != std::end(kOff)) return false;
    fail(option.offset, option.name + " requires a Boolean value");
}

// Of PostgreSQL's options those that ask for more are taken, for there is no more to tell.
ExplainOptions options_of(const ast::Explain& explain) {
    constexpr std::string_view kKnown[] = {"verbose", "costs",  "settings", "buffers",
                                           "wal",     "timing", "summary"};
    ExplainOptions out;
    for (const auto& option : explain.options) {
        if (option.name == "format") {
            if (option.value != "text" && option.value != "json") {
                fail(option.offset,
                     "unrecognized value for EXPLAIN option \"format\": \"" + option.value + "\"",
                     "formats are text and json");
            }
            out.json = option.value == "json";
        } else if (option.name == "analyze") {
            out.analyze = is_on(option);
        } else if (std::find(std::begin(kKnown), std::end(kKnown), option.name) ==
                   std::end(kKnown)) {
            fail(option.offset, "unrecognized EXPLAIN option \"" + option.name + "\"");
        } else {
            (void)is_on(option);
        }
    }
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

// Runs a plan for what it takes; its rows go nowhere.
Status SessionImpl::run_measured(QueryPlan& plan, CostReport& costs, Summary& out) {
    NoRows none;
    std::uint64_t rows = 0;
    RunContext run;
    run.eval = eval_;
    run.spill_directory = options_.spill_directory;
    run.costs = &costs;
    TOPGUN_TRY(run_stages(plan, run));
    auto report = run_dag(*plan.root, sink_operator(run, none, rows), run);
    if (!report) return std::move(report).error();
    costs.set_spilled(run.spilled);
    out.report = std::move(*report);
    return {};
}

// EXPLAIN and EXPLAIN ANALYZE as statements: a column of lines, as PostgreSQL gives them.
Result<Summary> SessionImpl::run(const ast::Explain& explain, ResultSink& sink) {
    const auto options = options_of(explain);
    const auto* query = std::get_if<ast::Query>(&explain.statement->node);
    if (query == nullptr) fail(explain.statement->offset, "only queries can be explained");
    Binder binder(*this, parameters_, eval_);
    auto plan = planned(binder, binder.bind(*query));
    Summary out;
    CostReport costs;
    if (options.analyze) TOPGUN_TRY(run_measured(plan, costs, out));
    Column lines(options.json ? TypeId::json : TypeId::text);
    if (options.json) {
        auto value = parse_plain_json(to_json(plan, options.analyze ? &costs : nullptr));
        if (!value) return std::move(value).error();
        lines.add_bytes(*value);
    } else {
        auto text = to_text(plan);
        if (options.analyze) text += '\n' + costs.text();
        add_lines(text, lines);
    }
    TOPGUN_TRY(sink.begin({{"QUERY PLAN", lines.type()}}));
    Batch batch;
    batch.rows = lines.size();
    batch.columns.push_back(std::make_shared<const Column>(std::move(lines)));
    out.returns_rows = true;
    out.rows = batch.rows;
    out.tag = "EXPLAIN";
    TOPGUN_TRY(sink.rows(batch));
    return out;
}

}  // namespace topgun::sql
