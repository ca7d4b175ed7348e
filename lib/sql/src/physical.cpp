// SPDX-License-Identifier: Apache-2.0
#include "physical.hpp"

#include <algorithm>
#include <array>

#include "identifier.hpp"

namespace topgun::sql {
namespace {

using dag::Routing;
using plan::JoinKind;

// Fewer rows than this are not worth a second thread.
constexpr double kManyRows = 20'000;
// Kept sides up to this are given to every processor rather than parted.
constexpr double kFewKept = 100'000;

// The output of a vertex: rows with these columns, from so many processors.
struct Stream {
    std::size_t vertex = 0;
    std::size_t parallelism = 1;
    std::vector<ColumnId> columns;
    std::vector<DataType> types;
    std::shared_ptr<Pipeline> pipeline = std::make_shared<Pipeline>();

    Layout layout() const {
        Layout out;
        for (std::size_t i = 0; i < columns.size(); ++i) out.emplace(columns[i], i);
        return out;
    }
};

std::set<ColumnId> with(std::set<ColumnId> columns, const std::vector<Scalar>& scalars) {
    for (const auto& scalar : scalars) add_columns(scalar, columns);
    return columns;
}

bool is_true(const Scalar& scalar) {
    return scalar.is_constant() && scalar.type.id == TypeId::boolean && !scalar.value->is_null(0) &&
           scalar.value->boolean(0);
}

class DagBuilder {
public:
    DagBuilder(RunContext& run, std::size_t threads) : run_(run), threads_(threads) {}

    dag::Dag build(const Plan& plan, OperatorSupplier end) {
        auto root = make(plan, column_set(plan));
        std::vector<std::size_t> order;
        const auto layout = root.layout();
        bool same = root.columns.size() == plan.columns.size();
        for (std::size_t i = 0; i < plan.columns.size(); ++i) {
            order.push_back(layout.at(plan.columns[i].id));
            same = same && order.back() == i;
        }
        if (!same) reorder(root, order);
        const auto sink = add("result", "", std::move(end), 1, nullptr);
        connect(root, sink, 1);
        dag::Dag out;
        for (std::size_t i = 0; i < vertices_.size(); ++i) {
            auto vertex = std::move(vertices_[i]);
            if (pipelines_[i] && !pipelines_[i]->empty()) {
                if (!vertex.detail.empty()) vertex.detail += "; ";
                vertex.detail += pipelines_[i]->text();
            }
            (void)out.add(std::move(vertex));
        }
        for (auto& edge : edges_) out.connect(std::move(edge));
        return out;
    }

private:
    std::size_t add(const std::string& name, std::string detail, OperatorSupplier supplier,
                    std::size_t parallelism, std::shared_ptr<Pipeline> pipeline) {
        dag::Vertex vertex;
        vertex.name = name + " " + std::to_string(vertices_.size());
        vertex.detail = std::move(detail);
        vertex.supplier = std::move(supplier);
        vertex.parallelism = parallelism;
        vertices_.push_back(std::move(vertex));
        pipelines_.push_back(std::move(pipeline));
        return vertices_.size() - 1;
    }

    void connect(const Stream& from, std::size_t to, std::size_t parallelism,
                 std::size_t ordinal = 0, int priority = 0) {
        const auto routing = from.parallelism == parallelism ? Routing::isolated
                             : parallelism == 1              ? Routing::to_one
                                                             : Routing::unicast;
        connect_by(from, to, routing, {}, ordinal, priority);
    }
    void connect_by(const Stream& from, std::size_t to, Routing routing,
                    std::vector<std::size_t> keys, std::size_t ordinal = 0, int priority = 0) {
        dag::Edge edge;
        edge.from = from.vertex;
        edge.to = to;
        edge.to_ordinal = ordinal;
        edge.routing = routing;
        edge.keys = std::move(keys);
        edge.priority = priority;
        edges_.push_back(std::move(edge));
    }

    static void reorder(Stream& stream, const std::vector<std::size_t>& order) {
        std::vector<ExpressionPtr> values;
        std::vector<ColumnId> columns;
        std::vector<DataType> types;
        for (const auto at : order) {
            values.push_back(
                make_column(at, stream.types[at], "#" + std::to_string(stream.columns[at]), 0));
            columns.push_back(stream.columns[at]);
            types.push_back(stream.types[at]);
        }
        stream.pipeline->project(std::move(values));
        stream.columns = std::move(columns);
        stream.types = std::move(types);
    }

    // Columns with these values, computed behind those that are there where they are no columns.
    static std::vector<std::size_t> as_columns(Stream& stream, const std::vector<Scalar>& values) {
        std::vector<std::size_t> out;
        std::vector<ExpressionPtr> more;
        const auto layout = stream.layout();
        for (const auto& value : values) {
            if (value.is_column()) {
                out.push_back(layout.at(value.column));
                continue;
            }
            out.push_back(stream.columns.size() + more.size());
            more.push_back(lower(value, layout));
        }
        if (more.empty()) return out;
        std::vector<ExpressionPtr> all;
        for (std::size_t i = 0; i < stream.columns.size(); ++i) {
            all.push_back(
                make_column(i, stream.types[i], "#" + std::to_string(stream.columns[i]), 0));
        }
        for (auto& value : more) {
            stream.columns.push_back(kNoColumn);
            stream.types.push_back(value->type());
            all.push_back(std::move(value));
        }
        stream.pipeline->project(std::move(all));
        return out;
    }
    // Of computed columns, which nobody asks for by number.
    static constexpr ColumnId kNoColumn = 0xffffffffu;

    static std::vector<std::size_t> places(const Stream& stream, const std::set<ColumnId>& wanted) {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < stream.columns.size(); ++i) {
            if (wanted.contains(stream.columns[i])) out.push_back(i);
        }
        return out;
    }
    static void take(Stream& to, const Stream& from, const std::vector<std::size_t>& places) {
        for (const auto at : places) {
            to.columns.push_back(from.columns[at]);
            to.types.push_back(from.types[at]);
        }
    }

    Stream make(const Plan& plan, const std::set<ColumnId>& needed) {
        return std::visit([&](const auto& node) { return make(plan, node, needed); }, plan.node);
    }

    Stream source(const Plan& plan) {
        Stream out;
        for (const auto& column : plan.columns) {
            out.columns.push_back(column.id);
            out.types.push_back(column.type);
        }
        return out;
    }

    Stream make(const Plan& plan, const plan::Scan& scan, const std::set<ColumnId>&) {
        auto out = source(plan);
        const auto rows = scan.table->rows();
        if (!rows || static_cast<double>(*rows) > kManyRows) out.parallelism = threads_;
        std::optional<ColumnId> key;
        std::string columns;
        for (std::size_t i = 0; i < plan.columns.size(); ++i) {
            const auto& name = scan.table->columns()[scan.source[i]].name;
            if (name == "_key") key = plan.columns[i].id;
            columns += (columns.empty() ? "" : ", ") + name;
        }
        out.vertex =
            add("scan", scan.table->name() + " (" + columns + ")",
                scan_operator(run_, out.pipeline, scan, key), out.parallelism, out.pipeline);
        return out;
    }

    Stream make(const Plan& plan, const plan::Values& values, const std::set<ColumnId>&) {
        auto out = source(plan);
        Batch rows;
        rows.rows = values.rows.size();
        for (std::size_t c = 0; c < plan.columns.size(); ++c) {
            auto column = std::make_shared<Column>(plan.columns[c].type);
            for (const auto& row : values.rows) {
                column->keep_alive(*row[c].value);
                column->add_from(*row[c].value, 0);
            }
            rows.columns.push_back(std::move(column));
        }
        out.vertex = add("values", std::to_string(values.rows.size()) + " rows",
                         values_operator(run_, out.pipeline, std::move(rows)), 1, out.pipeline);
        return out;
    }

    Stream make(const Plan& plan, const plan::Stored& stored, const std::set<ColumnId>&) {
        auto out = source(plan);
        const bool many = static_cast<double>(stored.rows->rows) > kManyRows;
        if (many && !stored.rows->more) out.parallelism = threads_;
        out.vertex = add("stored", stored.rows->name, stored_operator(run_, out.pipeline, stored),
                         out.parallelism, out.pipeline);
        return out;
    }

    Stream make(const Plan& plan, const plan::SetScan& set, const std::set<ColumnId>& needed) {
        auto wanted = needed;
        for (const auto& call : set.calls) wanted = with(std::move(wanted), call.arguments);
        auto input = make(*plan.inputs[0], wanted);
        auto spec = std::make_shared<SetScanSpec>();
        const auto layout = input.layout();
        Stream out;
        out.parallelism = input.parallelism;
        out.columns = input.columns;
        out.types = input.types;
        std::string detail;
        for (const auto& call : set.calls) {
            SetScanSpec::Call one;
            one.function = call.function;
            one.offset = call.offset;
            for (const auto& argument : call.arguments) {
                one.arguments.push_back(lower(argument, layout));
            }
            for (const auto& column : call.columns) {
                one.types.push_back(column.type);
                out.columns.push_back(column.id);
                out.types.push_back(column.type);
            }
            detail += (detail.empty() ? "" : ", ") + std::string(call.function->name);
            spec->calls.push_back(std::move(one));
        }
        if (set.ordinality) {
            spec->ordinality = true;
            out.columns.push_back(set.ordinality->id);
            out.types.push_back(TypeId::bigint);
        }
        out.vertex = add("rows", detail, set_scan_operator(run_, out.pipeline, spec),
                         out.parallelism, out.pipeline);
        connect(input, out.vertex, out.parallelism);
        return out;
    }

    Stream make(const Plan& plan, const plan::Filter& filter, const std::set<ColumnId>& needed) {
        auto wanted = needed;
        add_columns(filter.condition, wanted);
        auto out = make(*plan.inputs[0], wanted);
        const auto keep = places(out, needed);
        out.pipeline->filter(lower(filter.condition, out.layout()), keep);
        Stream kept;
        take(kept, out, keep);
        out.columns = std::move(kept.columns);
        out.types = std::move(kept.types);
        return out;
    }

    Stream make(const Plan& plan, const plan::Project& project, const std::set<ColumnId>&) {
        auto out = make(*plan.inputs[0], with({}, project.values));
        const auto layout = out.layout();
        std::vector<ExpressionPtr> values;
        for (const auto& value : project.values) values.push_back(lower(value, layout));
        out.pipeline->project(std::move(values));
        out.columns.clear();
        out.types.clear();
        for (const auto& column : project.columns) {
            out.columns.push_back(column.id);
            out.types.push_back(column.type);
        }
        return out;
    }

    // Equalities of a left value and a right one are keys; the rest is checked pair by pair.
    struct Condition {
        std::vector<Scalar> left, right, residual;
        std::vector<bool> null_safe;
    };
    static Condition split(const plan::Join& join, const std::set<ColumnId>& left,
                           const std::set<ColumnId>& right) {
        Condition out;
        auto parts = conjuncts(join.condition);
        std::erase_if(parts, is_true);
        const bool by_pairs = join.null_aware && parts.size() > 1;
        const auto within = [](const Scalar& scalar, const std::set<ColumnId>& all) {
            std::set<ColumnId> columns;
            add_columns(scalar, columns);
            return !columns.empty() &&
                   std::includes(all.begin(), all.end(), columns.begin(), columns.end());
        };
        for (auto& part : parts) {
            const bool same = part.kind == Scalar::Kind::call && part.function == &same_function();
            const bool equal = part.kind == Scalar::Kind::call && part.function->name == "=" &&
                               part.children.size() == 2 &&
                               part.children[0].type == part.children[1].type;
            bool taken = false;
            for (const std::size_t side : {0u, 1u}) {
                if (by_pairs || taken || !(same || equal)) continue;
                auto& a = part.children[side];
                auto& b = part.children[1 - side];
                if (!within(a, left) || !within(b, right)) continue;
                out.left.push_back(std::move(a));
                out.right.push_back(std::move(b));
                out.null_safe.push_back(same);
                taken = true;
            }
            if (!taken) out.residual.push_back(std::move(part));
        }
        return out;
    }

    static const char* kind_name(JoinKind kind) {
        constexpr std::array<const char*, 6> kNames{"inner", "left", "full",
                                                    "semi",  "anti", "mark"};
        return kNames[static_cast<std::size_t>(kind)];
    }

    Stream make(const Plan& plan, const plan::Join& join, const std::set<ColumnId>& needed) {
        auto condition = split(join, column_set(*plan.inputs[0]), column_set(*plan.inputs[1]));
        auto wanted = with(needed, condition.residual);
        auto left =
            make(*plan.inputs[0], restricted(with(wanted, condition.left), *plan.inputs[0]));
        auto right =
            make(*plan.inputs[1], restricted(with(wanted, condition.right), *plan.inputs[1]));
        auto spec = std::make_shared<JoinSpec>();
        spec->kind = join.kind;
        spec->null_aware = join.null_aware;
        spec->left_out = places(left, needed);
        spec->right_out = places(right, needed);
        spec->left_keys = as_columns(left, condition.left);
        spec->right_keys = as_columns(right, condition.right);
        spec->null_safe = condition.null_safe;
        spec->left_types = left.types;
        spec->right_types = right.types;
        Stream out;
        take(out, left, spec->left_out);
        if (join.kind == JoinKind::inner || join.kind == JoinKind::left ||
            join.kind == JoinKind::full) {
            take(out, right, spec->right_out);
        } else {
            spec->right_out.clear();
        }
        if (join.mark) {
            out.columns.push_back(join.mark->id);
            out.types.push_back(TypeId::boolean);
        }
        std::string detail = kind_name(join.kind);
        for (std::size_t i = 0; i < condition.left.size(); ++i) {
            detail += (i == 0 ? " on " : ", ") + to_text(condition.left[i]) + " = " +
                      to_text(condition.right[i]);
        }
        if (!condition.residual.empty()) {
            Layout both = left.layout();
            for (std::size_t i = 0; i < right.columns.size(); ++i) {
                both.emplace(right.columns[i], left.columns.size() + i);
            }
            auto rest = all_of(std::move(condition.residual));
            detail += " where " + to_text(rest);
            spec->residual = lower(rest, both);
        }
        place_join(plan, join, *spec, left, right, out, detail, spec);
        return out;
    }

    static std::set<ColumnId> restricted(const std::set<ColumnId>& wanted, const Plan& plan) {
        std::set<ColumnId> out;
        for (const auto& column : plan.columns) {
            if (wanted.contains(column.id)) out.insert(column.id);
        }
        return out;
    }

    // The kept side goes to every processor of the other, or both are parted by key.
    void place_join(const Plan& plan, const plan::Join& join, const JoinSpec& keys, Stream& left,
                    Stream& right, Stream& out, const std::string& detail,
                    std::shared_ptr<const JoinSpec> spec) {
        const bool keyed = !keys.left_keys.empty();
        const bool large = plan.inputs[1]->estimate > kFewKept;
        const bool part = keyed && !join.null_aware && threads_ > 1 &&
                          (large || (join.kind == JoinKind::full && left.parallelism > 1));
        if (part)
            out.parallelism = threads_;
        else
            out.parallelism = join.kind == JoinKind::full ? 1 : left.parallelism;
        out.vertex = add("join", detail, join_operator(run_, out.pipeline, std::move(spec)),
                         out.parallelism, out.pipeline);
        if (part) {
            connect_by(right, out.vertex, Routing::partitioned, keys.right_keys, 0, 0);
            connect_by(left, out.vertex, Routing::partitioned, keys.left_keys, 1, 1);
            return;
        }
        if (out.parallelism > 1)
            connect_by(right, out.vertex, Routing::broadcast, {}, 0, 0);
        else
            connect(right, out.vertex, 1, 0, 0);
        connect(left, out.vertex, out.parallelism, 1, 1);
    }

    static AggregateSpec::Call lowered(const plan::Aggregate::Call& call, const Layout& layout) {
        AggregateSpec::Call out;
        out.function = call.function;
        out.offset = call.offset;
        for (const auto& argument : call.arguments) {
            out.arguments.push_back(lower(argument, layout));
        }
        for (const auto& key : call.order) out.arguments.push_back(lower(key, layout));
        if (call.filter) out.filter = lower(*call.filter, layout);
        out.partial = partial_types(call.function);
        return out;
    }

    // True when sorted rows serve every call with an ORDER BY, and others do not mind them.
    static bool has_one_order(const plan::Aggregate& aggregate) {
        const plan::Aggregate::Call* first = nullptr;
        for (const auto& call : aggregate.calls) {
            const auto& function = call.function;
            if (function.function->ordered_set || function.distinct) return false;
            // Where order does not show it is not minded.
            if (call.order.empty() || function.function->partial != nullptr) continue;
            if (first == nullptr) first = &call;
            if (first->order != call.order || first->function.order != function.order) return false;
        }
        return first != nullptr && aggregate.sets.empty();
    }

    // Rows by key, then by the order of the calls: this sort can spill, while a call that sorts
    // what it was given holds all of it.
    Stream sorted_groups(Stream input, const plan::Aggregate& aggregate,
                         const std::vector<std::size_t>& keys, bool by_key) {
        SortOperatorSpec spec;
        std::string detail;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            spec.order.push_back({keys[i], false, false});
            detail += (detail.empty() ? "by " : ", ") + to_text(aggregate.keys[i]);
        }
        for (const auto& call : aggregate.calls) {
            if (call.order.empty() || call.function.function->partial != nullptr) continue;
            const auto at = as_columns(input, call.order);
            for (std::size_t i = 0; i < at.size(); ++i) {
                auto term = call.function.order[i];
                term.column = at[i];
                spec.order.push_back(term);
                detail += (detail.empty() ? "by " : ", ") + to_text(call.order[i]) +
                          (term.descending ? " desc" : "");
            }
            break;
        }
        spec.types = input.types;
        Stream out;
        out.parallelism = by_key ? threads_ : 1;
        out.columns = input.columns;
        out.types = input.types;
        out.vertex = add("sort", detail, sort_operator(run_, out.pipeline, std::move(spec)),
                         out.parallelism, out.pipeline);
        if (by_key)
            connect_by(input, out.vertex, Routing::partitioned, keys);
        else
            connect(input, out.vertex, 1);
        return out;
    }

    Stream make(const Plan& plan, const plan::Aggregate& aggregate, const std::set<ColumnId>&) {
        std::set<ColumnId> wanted;
        visit_scalars(plan, [&wanted](const Scalar& scalar) { add_columns(scalar, wanted); });
        auto input = make(*plan.inputs[0], wanted);
        bool partial = input.parallelism > 1;
        std::string detail;
        for (const auto& key : aggregate.keys) {
            detail += (detail.empty() ? "by " : ", ") + to_text(key);
        }
        for (const auto& call : aggregate.calls) {
            partial = partial && !partial_types(call.function).empty();
            detail += (detail.empty() ? "" : "; ") + std::string(call.function.function->name);
        }
        // Whole rows can be parted only by keys that all sets have.
        const bool by_key =
            input.parallelism > 1 && !partial && !aggregate.keys.empty() && aggregate.sets.empty();
        const bool sorted = !partial && has_one_order(aggregate);
        std::vector<std::size_t> key_places;
        if (by_key || sorted) key_places = as_columns(input, aggregate.keys);
        auto spec = std::make_shared<AggregateSpec>();
        if (sorted) {
            input = sorted_groups(std::move(input), aggregate, key_places, by_key);
            spec->sorted = true;
        }
        const auto layout = input.layout();
        for (std::size_t i = 0; i < aggregate.keys.size(); ++i) {
            const auto& key = aggregate.keys[i];
            spec->keys.push_back(by_key || sorted
                                     ? make_column(key_places[i], key.type, to_text(key), 0)
                                     : lower(key, layout));
            spec->key_types.push_back(key.type);
        }
        for (const auto& call : aggregate.calls) {
            spec->calls.push_back(lowered(call, layout));
            // The rows come in this order.
            if (sorted && !call.function.function->ordered_set) {
                spec->calls.back().function.order.clear();
            }
        }
        spec->sets = aggregate.sets;
        spec->always_a_row =
            !aggregate.never_empty_group &&
            (aggregate.sets.empty() ? aggregate.keys.empty()
                                    : std::any_of(aggregate.sets.begin(), aggregate.sets.end(),
                                                  [](const auto& set) { return set.empty(); }));
        spec->input_types = input.types;
        Stream out;
        for (const auto& column : aggregate.key_columns) {
            out.columns.push_back(column.id);
            out.types.push_back(column.type);
        }
        if (!aggregate.sets.empty()) {
            out.columns.push_back(aggregate.set_index.id);
            out.types.push_back(TypeId::bigint);
        }
        const auto group_columns = out.columns.size();
        for (const auto& call : aggregate.calls) {
            out.columns.push_back(call.column.id);
            out.types.push_back(call.column.type);
        }
        // A row that is there for no rows must come from one processor alone.
        const bool many = plan.estimate > kManyRows && !spec->always_a_row;
        if (!partial) {
            out.parallelism = by_key ? threads_ : 1;
            out.vertex = add("aggregate", detail, aggregate_operator(run_, out.pipeline, spec),
                             out.parallelism, out.pipeline);
            if (by_key && !sorted)
                connect_by(input, out.vertex, Routing::partitioned, key_places);
            else
                connect(input, out.vertex, out.parallelism);
            return out;
        }
        spec->mode = AggregateMode::partial;
        spec->always_a_row = false;
        Stream middle;
        middle.parallelism = input.parallelism;
        middle.vertex =
            add("aggregate", detail + "; partial", aggregate_operator(run_, middle.pipeline, spec),
                middle.parallelism, middle.pipeline);
        connect(input, middle.vertex, middle.parallelism);
        auto last = std::make_shared<AggregateSpec>();
        last->mode = AggregateMode::final;
        last->sets = aggregate.sets;
        last->always_a_row =
            !aggregate.never_empty_group && (aggregate.keys.empty() || !aggregate.sets.empty());
        std::vector<std::size_t> keys;
        for (std::size_t i = 0; i < group_columns; ++i) {
            last->keys.push_back(make_column(i, out.types[i], "key", 0));
            last->key_types.push_back(out.types[i]);
            keys.push_back(i);
        }
        last->input_types = last->key_types;
        last->first_state = group_columns;
        for (const auto& call : aggregate.calls) {
            AggregateSpec::Call one;
            one.function = call.function;
            one.offset = call.offset;
            one.partial = partial_types(call.function);
            last->input_types.insert(last->input_types.end(), one.partial.begin(),
                                     one.partial.end());
            last->calls.push_back(std::move(one));
        }
        out.parallelism = many && !keys.empty() ? threads_ : 1;
        out.vertex = add("aggregate", "final", aggregate_operator(run_, out.pipeline, last),
                         out.parallelism, out.pipeline);
        if (out.parallelism > 1)
            connect_by(middle, out.vertex, Routing::partitioned, keys);
        else
            connect(middle, out.vertex, 1);
        return out;
    }

    Stream make(const Plan& plan, const plan::Window& window, const std::set<ColumnId>& needed) {
        auto wanted = restricted(needed, *plan.inputs[0]);
        visit_scalars(plan, [&wanted](const Scalar& scalar) { add_columns(scalar, wanted); });
        auto input = make(*plan.inputs[0], wanted);
        auto spec = std::make_shared<WindowSpec>();
        spec->out = places(input, needed);
        // Everything that the functions look at as columns, in one go.
        std::vector<Scalar> values = window.partition;
        for (const auto& term : window.order) values.push_back(term.value);
        for (const auto& call : window.calls) {
            values.insert(values.end(), call.arguments.begin(), call.arguments.end());
            for (const auto* one : {&call.filter, &call.start_distance, &call.end_distance}) {
                if (*one) values.push_back(**one);
            }
        }
        const auto at = as_columns(input, values);
        std::size_t next = 0;
        std::vector<std::size_t> keys;
        for (std::size_t i = 0; i < window.partition.size(); ++i) {
            keys.push_back(at[next]);
            spec->partition.push_back({at[next++], false, false});
        }
        std::string detail;
        for (const auto& term : window.order) {
            spec->order.push_back({at[next++], term.descending, term.nulls_first});
        }
        Stream out;
        take(out, input, spec->out);
        for (const auto& call : window.calls) {
            auto function = call.function;
            function.arguments.clear();
            for (std::size_t i = 0; i < call.arguments.size(); ++i) {
                function.arguments.push_back(at[next++]);
            }
            if (call.filter) function.filter = at[next++];
            if (call.start_distance) function.frame.start_distance = at[next++];
            if (call.end_distance) function.frame.end_distance = at[next++];
            function.order = spec->order;
            spec->calls.push_back(std::move(function));
            spec->offsets.push_back(call.offset);
            out.columns.push_back(call.column.id);
            out.types.push_back(call.column.type);
            detail += (detail.empty() ? "" : ", ") + call.column.name;
        }
        spec->types = input.types;
        const bool part = input.parallelism > 1 && !keys.empty();
        out.parallelism = part ? threads_ : 1;
        out.vertex = add("window", detail, window_operator(run_, out.pipeline, spec),
                         out.parallelism, out.pipeline);
        if (part)
            connect_by(input, out.vertex, Routing::partitioned, keys);
        else
            connect(input, out.vertex, 1);
        return out;
    }

    Stream sorted(const Plan& input_plan, const std::vector<SortTerm>& order,
                  const std::set<ColumnId>& needed, std::optional<std::uint64_t> limit,
                  std::vector<SortSpec>& terms) {
        std::vector<Scalar> values;
        for (const auto& term : order) values.push_back(term.value);
        auto input = make(input_plan, with(needed, values));
        const auto at = as_columns(input, values);
        SortOperatorSpec spec;
        std::string detail;
        for (std::size_t i = 0; i < order.size(); ++i) {
            spec.order.push_back({at[i], order[i].descending, order[i].nulls_first});
            detail += (i == 0 ? "by " : ", ") + to_text(order[i].value) +
                      (order[i].descending ? " desc" : "");
        }
        spec.types = input.types;
        spec.limit = limit;
        terms = spec.order;
        if (limit) detail += "; first " + std::to_string(*limit);
        const auto stage = [&](const Stream& from, std::size_t parallelism) {
            Stream out;
            out.parallelism = parallelism;
            out.columns = from.columns;
            out.types = from.types;
            out.vertex = add("sort", detail, sort_operator(run_, out.pipeline, spec), parallelism,
                             out.pipeline);
            connect(from, out.vertex, parallelism);
            return out;
        };
        if (limit && input.parallelism > 1) input = stage(input, input.parallelism);
        return stage(input, 1);
    }

    static void keep_only(Stream& stream, const std::set<ColumnId>& needed) {
        const auto keep = places(stream, needed);
        if (keep.size() != stream.columns.size()) reorder(stream, keep);
    }

    Stream make(const Plan& plan, const plan::Sort& sort, const std::set<ColumnId>& needed) {
        std::vector<SortSpec> terms;
        auto out = sorted(*plan.inputs[0], sort.order, needed, std::nullopt, terms);
        keep_only(out, needed);
        return out;
    }

    Stream make(const Plan& plan, const plan::Limit& limit, const std::set<ColumnId>& needed) {
        LimitSpec spec;
        spec.count = limit.count;
        spec.skip = limit.skip;
        Stream input;
        if (const auto* sort = plan.inputs[0]->as<plan::Sort>()) {
            std::optional<std::uint64_t> first;
            if (limit.count && limit.ties.empty()) first = *limit.count + limit.skip;
            std::vector<SortSpec> terms;
            input = sorted(*plan.inputs[0]->inputs[0], sort->order, needed, first, terms);
            if (!limit.ties.empty()) spec.ties = terms;
        } else {
            input = make(*plan.inputs[0], needed);
        }
        Stream out;
        out.columns = input.columns;
        out.types = input.types;
        std::string detail = limit.count ? std::to_string(*limit.count) : "all";
        if (limit.skip > 0) detail += " after " + std::to_string(limit.skip);
        out.vertex =
            add("limit", detail, limit_operator(run_, out.pipeline, spec), 1, out.pipeline);
        connect(input, out.vertex, 1);
        keep_only(out, needed);
        return out;
    }

    Stream make(const Plan& plan, const plan::Union& all, const std::set<ColumnId>&) {
        Stream out;
        for (const auto& column : all.columns) {
            out.columns.push_back(column.id);
            out.types.push_back(column.type);
        }
        std::vector<Stream> inputs;
        std::vector<std::vector<std::size_t>> sources;
        for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
            inputs.push_back(make(*plan.inputs[i], {all.sources[i].begin(), all.sources[i].end()}));
            const auto layout = inputs.back().layout();
            auto& places = sources.emplace_back();
            for (const auto id : all.sources[i]) places.push_back(layout.at(id));
            out.parallelism = std::max(out.parallelism, inputs.back().parallelism);
        }
        out.vertex = add("union", "", union_operator(run_, out.pipeline, std::move(sources)),
                         out.parallelism, out.pipeline);
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            // Input after input, so that rows come in the order in which they were written.
            connect(inputs[i], out.vertex, out.parallelism, i, static_cast<int>(i));
        }
        return out;
    }

    RunContext& run_;
    std::size_t threads_;
    std::vector<dag::Vertex> vertices_;
    std::vector<std::shared_ptr<Pipeline>> pipelines_;
    std::vector<dag::Edge> edges_;
};

}  // namespace

dag::Dag make_dag(RunContext& run, const Plan& plan, OperatorSupplier end, std::size_t threads) {
    return DagBuilder(run, std::max<std::size_t>(1, threads)).build(plan, std::move(end));
}

}  // namespace topgun::sql
