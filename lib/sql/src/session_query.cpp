// SPDX-License-Identifier: Apache-2.0
// TopGun's query DSL beside SQL: a DSL query as a statement, and SQL that fits it as a DSL query.
#include <algorithm>

#include "identifier.hpp"
#include "memory_table.hpp"
#include "session_impl.hpp"
#include "topgun/query/run.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sql {
namespace {

using query::PredicateNode;

[[noreturn]] void no_fit(ast::Offset at, const std::string& what) {
    fail(at, "this does not fit TopGun's query DSL: " + what,
         "the DSL has comparisons of a field with constants, AND, OR, NOT, LIKE, IN, BETWEEN, "
         "ORDER BY fields, LIMIT, and GROUP BY with count, sum, min, max, avg",
         Errc::usage);
}

// SQL's tree as a query of the DSL.
class DslMaker {
public:
    query::Query make(const ast::Query& from) {
        const auto* select = std::get_if<ast::Select>(&from.body);
        if (select == nullptr) no_fit(from.offset, "it is no plain SELECT");
        if (!from.with.tables.empty()) no_fit(from.offset, "WITH");
        if (select->distinct) no_fit(from.offset, "DISTINCT");
        if (select->having) no_fit(select->having->offset, "HAVING");
        if (select->from.size() != 1) no_fit(from.offset, "it does not read exactly one map");
        const auto* table = std::get_if<ast::TableRef>(&select->from[0].node);
        if (table == nullptr) no_fit(select->from[0].offset, "it does not read a map");
        if (!table->alias.columns.empty()) no_fit(table->offset, "names for columns");
        name_ = table->alias.name.empty() ? table->name.back() : table->alias.name;
        map_ = table->name.back();
        if (select->where) out_.predicate = predicate(*select->where);
        groups(*select);
        items(*select);
        for (const auto& key : from.order_by) out_.sort.push_back(sort(key, *select));
        out_.limit = limit(from.limit, "LIMIT");
        if (const auto skip = limit(from.skip, "OFFSET")) out_.offset = *skip;
        if (from.with_ties) no_fit(from.offset, "WITH TIES");
        return std::move(out_);
    }
    const std::string& map() const { return map_; }

private:
    // A column of the map, with dots for what lies within it.
    std::optional<std::string> field(const ast::Expr& expr) const {
        const auto* column = std::get_if<ast::ColumnRef>(&expr.node);
        if (column == nullptr) return std::nullopt;
        std::string out;
        for (std::size_t i = 0; i < column->parts.size(); ++i) {
            if (i == 0 && column->parts.size() > 1 && column->parts[0] == name_) continue;
            out += (out.empty() ? "" : ".") + column->parts[i];
        }
        return out;
    }

    static std::optional<Bytes> constant(const ast::Expr& expr) {
        const auto* literal = std::get_if<ast::Literal>(&expr.node);
        if (literal == nullptr) return std::nullopt;
        Bytes out;
        msgpack::Writer writer(out);
        if (const auto* truth = std::get_if<bool>(&literal->value)) {
            writer.boolean(*truth);
        } else if (const auto* whole = std::get_if<std::int64_t>(&literal->value)) {
            writer.signed_integer(*whole);
        } else if (const auto* text = std::get_if<std::string>(&literal->value)) {
            writer.string(*text);
        } else if (const auto* number = std::get_if<ast::Numeric>(&literal->value)) {
            const auto value = Decimal::parse(number->text);
            if (!value) return std::nullopt;
            writer.real(value->to_double());
        } else {
            writer.nil();
        }
        return out;
    }

    PredicateNode leaf(query::Operator op, const ast::Expr& left,
                       std::optional<Bytes> value) const {
        PredicateNode out;
        const auto name = field(left);
        if (!name) no_fit(left.offset, "a condition whose left side is no column");
        out.op = op;
        out.attribute = *name;
        out.value = std::move(value);
        return out;
    }

    // NOT goes down to the leaves, because the DSL's is true of what is missing and SQL's is not.
    PredicateNode predicate(const ast::Expr& expr, bool negate = false) const {
        if (const auto* node = std::get_if<ast::Logical>(&expr.node)) {
            PredicateNode out;
            out.op = node->any != negate ? query::Operator::any_of : query::Operator::all_of;
            for (const auto& operand : node->operands) {
                out.children.push_back(predicate(operand, negate));
            }
            return out;
        }
        if (const auto* node = std::get_if<ast::Not>(&expr.node)) {
            return predicate(*node->operand, !negate);
        }
        auto out = condition(expr);
        return negate ? negated(std::move(out)) : out;
    }

    PredicateNode condition(const ast::Expr& expr) const {
        if (const auto* node = std::get_if<ast::IsTest>(&expr.node)) {
            if (node->kind != ast::IsTest::Kind::null) no_fit(expr.offset, "IS TRUE");
            return leaf(node->negated ? query::Operator::is_not_null : query::Operator::is_null,
                        *node->operand, std::nullopt);
        }
        if (const auto* node = std::get_if<ast::Binary>(&expr.node)) return comparison(*node, expr);
        if (const auto* node = std::get_if<ast::Between>(&expr.node)) {
            const auto low = constant(*node->low), high = constant(*node->high);
            if (!low || !high || node->symmetric) no_fit(expr.offset, "BETWEEN without constants");
            auto out = leaf(query::Operator::between, *node->operand, array({*low, *high}));
            return node->negated ? negated(std::move(out)) : out;
        }
        if (const auto* node = std::get_if<ast::InList>(&expr.node)) {
            std::vector<Bytes> values;
            for (const auto& one : node->list) {
                const auto value = constant(one);
                if (!value) no_fit(one.offset, "IN without constants");
                values.push_back(*value);
            }
            auto out = leaf(query::Operator::in, *node->operand, array(values));
            return node->negated ? negated(std::move(out)) : out;
        }
        if (const auto* node = std::get_if<ast::Like>(&expr.node)) {
            // The DSL's LIKE looks past case, and so fits ILIKE alone.
            if (node->kind != ast::Like::Kind::ilike || node->escape) {
                no_fit(expr.offset, "LIKE minds case, the DSL's like does not; ILIKE fits");
            }
            auto out = leaf(query::Operator::like, *node->operand, constant(*node->pattern));
            return node->negated ? negated(std::move(out)) : out;
        }
        if (field(expr)) {
            Bytes yes;
            msgpack::Writer(yes).boolean(true);
            return leaf(query::Operator::eq, expr, std::move(yes));
        }
        no_fit(expr.offset, "a condition of this kind");
    }

    static PredicateNode negated(PredicateNode inner) {
        using Op = query::Operator;
        if (inner.op == Op::is_null || inner.op == Op::is_not_null) {
            inner.op = inner.op == Op::is_null ? Op::is_not_null : Op::is_null;
            return inner;
        }
        PredicateNode there, opposite, out;
        there.op = Op::is_not_null;
        there.attribute = inner.attribute;
        opposite.op = Op::negate;
        opposite.children.push_back(std::move(inner));
        out.op = Op::all_of;
        out.children.push_back(std::move(there));
        out.children.push_back(std::move(opposite));
        return out;
    }

    static Bytes array(const std::vector<Bytes>& values) {
        Bytes out;
        msgpack::Writer writer(out);
        writer.array(values.size());
        for (const auto& value : values) writer.raw(value);
        return out;
    }

    PredicateNode comparison(const ast::Binary& node, const ast::Expr& expr) const {
        struct Word {
            std::string_view sql;
            query::Operator op, turned;
        };
        using Op = query::Operator;
        constexpr Word kWords[] = {{"=", Op::eq, Op::eq},      {"<>", Op::neq, Op::neq},
                                   {"<", Op::lt, Op::gt},      {"<=", Op::lte, Op::gte},
                                   {">", Op::gt, Op::lt},      {">=", Op::gte, Op::lte},
                                   {"~", Op::regex, Op::regex}};
        for (const auto& word : kWords) {
            if (word.sql != node.op) continue;
            if (auto value = constant(*node.right)) {
                return leaf(word.op, *node.left, std::move(value));
            }
            if (auto value = constant(*node.left); value && node.op != "~") {
                return leaf(word.turned, *node.right, std::move(value));
            }
            no_fit(expr.offset, "a comparison without a constant");
        }
        no_fit(expr.offset, "the operator " + node.op);
    }

    void groups(const ast::Select& select) {
        for (const auto& item : select.group_by) {
            const bool simple =
                item.kind == ast::GroupItem::Kind::simple && item.values.size() == 1;
            if (!simple) no_fit(item.offset, "grouping sets");
            const ast::Expr* key = &item.values[0];
            if (const auto* literal = std::get_if<ast::Literal>(&key->node)) {
                const auto* number = std::get_if<std::int64_t>(&literal->value);
                if (number != nullptr && *number >= 1 &&
                    static_cast<std::size_t>(*number) <= select.items.size()) {
                    key = &select.items[static_cast<std::size_t>(*number - 1)].value;
                }
            }
            const auto name = field(*key);
            if (!name) no_fit(item.offset, "GROUP BY something else than a field");
            out_.group_by.push_back(*name);
        }
    }

    void items(const ast::Select& select) {
        std::vector<std::string> fields;
        bool all = false;
        for (const auto& item : select.items) {
            if (std::holds_alternative<ast::Star>(item.value.node)) {
                all = true;
                continue;
            }
            if (const auto name = field(item.value)) {
                if (*name != "_key") fields.push_back(*name);
                continue;
            }
            const auto* call = std::get_if<ast::FunctionCall>(&item.value.node);
            if (call == nullptr || out_.group_by.empty()) {
                no_fit(item.offset, "an expression in the list");
            }
            aggregation(*call, item.offset);
        }
        if (out_.group_by.empty() && !all) out_.fields = std::move(fields);
    }

    void aggregation(const ast::FunctionCall& call, ast::Offset at) {
        const auto& name = call.name.back();
        if (call.distinct || call.filter || call.over || !call.order_by.empty()) {
            no_fit(at, "an aggregate with DISTINCT, FILTER, ORDER BY or OVER");
        }
        if (name == "count" && call.star) {
            out_.aggregations.push_back({query::AggregateFunction::count, std::nullopt});
            return;
        }
        using F = query::AggregateFunction;
        for (const auto function : {F::sum, F::min, F::max, F::avg}) {
            if (query::aggregate_word(function) != name || call.arguments.size() != 1) continue;
            const auto of = field(call.arguments[0]);
            if (!of) no_fit(at, "an aggregate of something else than a field");
            out_.aggregations.push_back({function, *of});
            return;
        }
        no_fit(at, "the function " + name);
    }

    query::SortField sort(const ast::SortKey& key, const ast::Select& select) const {
        const ast::Expr* value = &key.value;
        if (const auto* literal = std::get_if<ast::Literal>(&value->node)) {
            const auto* number = std::get_if<std::int64_t>(&literal->value);
            if (number != nullptr && *number >= 1 &&
                static_cast<std::size_t>(*number) <= select.items.size()) {
                value = &select.items[static_cast<std::size_t>(*number - 1)].value;
            }
        }
        if (const auto name = field(*value)) {
            for (const auto& item : select.items) {
                if (item.alias == *name) return {result_name(item.value), key.descending};
            }
            return {*name, key.descending};
        }
        return {result_name(*value), key.descending};
    }

    // What the DSL calls a value in its results.
    std::string result_name(const ast::Expr& expr) const {
        if (const auto name = field(expr)) return *name;
        const auto* call = std::get_if<ast::FunctionCall>(&expr.node);
        if (call == nullptr) no_fit(expr.offset, "ORDER BY an expression");
        if (call->star) return "__count";
        const auto of = call->arguments.size() == 1 ? field(call->arguments[0]) : std::nullopt;
        if (!of) no_fit(expr.offset, "ORDER BY an expression");
        return "__" + call->name.back() + "_" + *of;
    }

    static std::optional<std::uint32_t> limit(const ast::ExprBox& expr, const char* clause) {
        if (!expr) return std::nullopt;
        const auto* literal = std::get_if<ast::Literal>(&expr->node);
        const auto* number =
            literal != nullptr ? std::get_if<std::int64_t>(&literal->value) : nullptr;
        if (number == nullptr || *number < 0 || *number > INT64_C(0xffffffff)) {
            no_fit(expr->offset, std::string(clause) + " without a constant");
        }
        return static_cast<std::uint32_t>(*number);
    }

    query::Query out_;
    std::string name_, map_;
};

}  // namespace

Result<std::string> explain_query(const ast::Query& query, const Catalog&) {
    DslMaker maker;
    const auto made = maker.make(query);
    return query::format_query_json(made);
}

Result<Summary> SessionImpl::query(std::string_view map, std::string_view dsl, ResultSink& sink) {
    auto parsed = query::parse_query_json(dsl);
    if (!parsed) return std::move(parsed).error().within("query");
    begin_statement();
    return guarded(dsl, [&] { return run_dsl(map, *parsed, sink); });
}

Result<Summary> SessionImpl::run_dsl(std::string_view map, const query::Query& wanted,
                                     ResultSink& sink) {
    std::vector<std::string> name;
    const auto dot = map.find('.');
    if (dot != std::string_view::npos && find_schema(map.substr(0, dot)) != nullptr) {
        name = {std::string(map.substr(0, dot)), std::string(map.substr(dot + 1))};
    } else {
        name = {std::string(map)};
    }
    auto found = table(name);
    if (!found) return std::move(found).error();
    const auto* table = dynamic_cast<const MapTable*>(found->get());
    if (table == nullptr) {
        return Error(Errc::usage, "TopGun's queries read maps, not tables of a dump");
    }
    std::unique_ptr<StateReader> state;
    for (const auto& schema : schemas_) {
        if (schema->base() == table->from().base && schema->find_map(table->name())) {
            state = schema->state();
        }
    }
    query::QueryOptions options;
    options.stop = [] { return dag::stop_requested(); };
    options.memory_max = options_.memory_limit;
    auto page = query::run_query(*state, table->id(), wanted, now_ms(), options);
    if (!page) return std::move(page).error();
    const bool tagged = table->id().kind == MapKind::or_map;
    std::vector<ResultColumn> columns{{"key", TypeId::text}};
    if (tagged) columns.push_back({"tag", TypeId::text});
    columns.push_back({"value", TypeId::json});
    TOPGUN_TRY(sink.begin(columns));
    Summary out;
    out.returns_rows = true;
    out.rows = page->rows.size();
    out.tag = "SELECT " + std::to_string(out.rows);
    out.notices = page->warnings;
    if (page->next_cursor) out.notices.push_back("next cursor: " + *page->next_cursor);
    for (std::size_t from = 0; from < page->rows.size(); from += kBatchRows) {
        Column keys(TypeId::text), tags(TypeId::text), values(TypeId::json);
        const auto to = std::min(page->rows.size(), from + kBatchRows);
        for (auto i = from; i < to; ++i) {
            keys.add_bytes(page->rows[i].key);
            tags.add_bytes(page->rows[i].tag);
            values.add_bytes(page->rows[i].value);
        }
        Batch batch;
        batch.rows = to - from;
        batch.columns.push_back(std::make_shared<const Column>(std::move(keys)));
        if (tagged) batch.columns.push_back(std::make_shared<const Column>(std::move(tags)));
        batch.columns.push_back(std::make_shared<const Column>(std::move(values)));
        TOPGUN_TRY(sink.rows(batch));
    }
    return out;
}

}  // namespace topgun::sql
