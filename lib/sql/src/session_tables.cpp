// SPDX-License-Identifier: Apache-2.0
// The toolkit as tables: diff(), ops(), conflicts(), nodes(). Their arguments are names of attached
// sources or, where the session permits that, paths and URLs.
#include <algorithm>

#include "memory_table.hpp"
#include "session_impl.hpp"
#include "topgun/dag/stop.hpp"
#include "topgun/reconcile/diff.hpp"
#include "topgun/reconcile/merge.hpp"

namespace topgun::sql {
namespace {

constexpr std::int64_t kMicrosPerMilli = 1000;
// What a row of ops() takes, by estimate, apart from its texts.
constexpr std::uint64_t kRowBytes = 256;

// A state by the name of its schema, or by path.
struct Opened {
    Source source;
    std::unique_ptr<StateReader> changed;
    const StateReader* attached = nullptr;
    const StateReader& state() const {
        return attached != nullptr ? *attached : changed ? *changed : *source.state;
    }
};

// Writes a row from left to right.
class Cells {
public:
    explicit Cells(RowWriter& writer) : writer_(writer) {}
    Cells& text(std::string_view value) {
        next().add_bytes(value);
        return *this;
    }
    Cells& text_or_null(std::string_view value) {
        value.empty() ? next().add_null() : next().add_bytes(value);
        return *this;
    }
    Cells& integer(std::uint64_t value) {
        next().add_integer(static_cast<std::int64_t>(value));
        return *this;
    }
    Cells& time(std::uint64_t millis) {
        next().add_integer(static_cast<std::int64_t>(millis) * kMicrosPerMilli);
        return *this;
    }
    Cells& null() {
        next().add_null();
        return *this;
    }
    /// Time, node, counter and value of a row; NULLs for none.
    Cells& row(const Row* row) {
        if (row == nullptr) return null().null().null().null();
        time(row->stamp.millis).text(row->stamp.node).text(format_stamp(row->stamp));
        return text_or_null(row->value);
    }
    ~Cells() { writer_.end_row(); }

private:
    Column& next() { return writer_.columns()[at_++]; }
    RowWriter& writer_;
    std::size_t at_ = 0;
};

void add_version(std::vector<TableColumn>& columns, const std::string& suffix) {
    columns.push_back({"ts" + suffix, TypeId::timestamptz});
    columns.push_back({"node" + suffix, TypeId::text});
    columns.push_back({"hlc" + suffix, TypeId::text});
    columns.push_back({"value" + suffix, TypeId::json});
}

std::shared_ptr<const Table> diff_table(const StateReader& a, const StateReader& b,
                                        Status& status) {
    std::vector<TableColumn> columns{{"map", TypeId::text},
                                     {"kind", TypeId::text},
                                     {"_key", TypeId::text},
                                     {"tag", TypeId::text},
                                     {"difference", TypeId::text}};
    add_version(columns, "_a");
    add_version(columns, "_b");
    auto out = std::make_shared<MemoryTable>("diff", std::move(columns));
    RowWriter writer(*out);
    DiffOptions options;
    options.deep = true;
    options.on_difference = [&writer](const Difference& one) {
        const auto& row = one.a != nullptr ? *one.a : *one.b;
        Cells(writer)
            .text(one.map.name)
            .text(map_kind_name(one.map.kind))
            .text_or_null(row.key)
            .text_or_null(row.tag)
            .text(difference_name(one.kind))
            .row(one.a)
            .row(one.b);
    };
    auto result = diff_states(a, b, options);
    if (!result) status = std::move(result).error();
    writer.flush();
    return out;
}

Error not_attached(const std::string& function, const std::string& argument) {
    return Error(Errc::usage, function + "('" + argument +
                                  "'): no attached source has this name, and statements may not "
                                  "open others here");
}

// Ends with the statement.
ReadOptions while_not_stopped() {
    ReadOptions options;
    options.progress = [](std::uint64_t) {
        return dag::stop_requested() ? Status(Error(Errc::cancelled, "cancelled")) : Status();
    };
    return options;
}

Result<std::shared_ptr<const Table>> ops_table(const std::string& path, std::uint64_t most_bytes) {
    auto out =
        std::make_shared<MemoryTable>("ops", std::vector<TableColumn>{{"n", TypeId::bigint},
                                                                      {"op", TypeId::text},
                                                                      {"map", TypeId::text},
                                                                      {"_key", TypeId::text},
                                                                      {"tag", TypeId::text},
                                                                      {"value", TypeId::json},
                                                                      {"ts", TypeId::timestamptz},
                                                                      {"node", TypeId::text},
                                                                      {"hlc", TypeId::text},
                                                                      {"ttl", TypeId::bigint},
                                                                      {"id", TypeId::text}});
    RowWriter writer(*out);
    std::uint64_t number = 0, used = 0;
    auto report = read_ops(path, while_not_stopped(), [&](const Op& op) -> Status {
        used += kRowBytes + op.map.size() + op.key.size() + op.tag.size() + op.value.size();
        if (used > most_bytes) {
            return Error(Errc::limit,
                         path + ": its ops need more memory than a statement may take");
        }
        Cells cells(writer);
        cells.integer(++number)
            .text(op_kind_name(op.kind))
            .text(op.map)
            .text(op.key)
            .text_or_null(op.tag)
            .text_or_null(op.value);
        if (op.stamp == Stamp{})
            cells.null().null().null();
        else
            cells.time(op.stamp.millis).text(op.stamp.node).text(format_stamp(op.stamp));
        op.ttl_ms == kNoTtl ? cells.null() : cells.integer(op.ttl_ms);
        cells.text_or_null(op.id);
        return {};
    });
    if (!report) return std::move(report).error();
    writer.flush();
    return std::shared_ptr<const Table>(std::move(out));
}

class Conflicts final : public ConflictObserver {
public:
    explicit Conflicts(RowWriter& writer) : writer_(writer) {}
    void on_conflict(const Conflict& conflict) override {
        constexpr std::string_view kFields[] = {"millis", "counter", "node", "content"};
        const auto field = std::min<std::size_t>(static_cast<std::size_t>(conflict.decided_by), 3);
        Cells(writer_)
            .text(conflict.map.name)
            .text(map_kind_name(conflict.map.kind))
            .text_or_null(conflict.loser.key)
            .text_or_null(conflict.loser.tag)
            .text(conflict.winner.removed ? "removed" : kFields[field])
            .row(&conflict.winner)
            .row(&conflict.loser);
    }

private:
    RowWriter& writer_;
};

Result<std::shared_ptr<const Table>> conflicts_table(const std::vector<Opened>& sources) {
    std::vector<TableColumn> columns{{"map", TypeId::text},
                                     {"kind", TypeId::text},
                                     {"_key", TypeId::text},
                                     {"tag", TypeId::text},
                                     {"decided_by", TypeId::text}};
    add_version(columns, "_winner");
    add_version(columns, "_loser");
    auto out = std::make_shared<MemoryTable>("conflicts", std::move(columns));
    RowWriter writer(*out);
    Conflicts observer(writer);
    std::vector<const StateReader*> states;
    for (const auto& one : sources) states.push_back(&one.state());
    MergeOptions options;
    options.observer = &observer;
    const auto merged = merge_states(std::move(states), options);
    for (const auto& id : merged->maps()) {
        auto rows = merged->rows(id);
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(for_each_row(**rows, [](const Row&) {}));
    }
    writer.flush();
    return std::shared_ptr<const Table>(std::move(out));
}

Result<std::shared_ptr<const Table>> nodes_table(const std::vector<Opened>& sources,
                                                 const std::vector<std::string>& names) {
    auto out = std::make_shared<MemoryTable>(
        "nodes", std::vector<TableColumn>{{"source", TypeId::text},
                                          {"map", TypeId::text},
                                          {"kind", TypeId::text},
                                          {"node", TypeId::text},
                                          {"records", TypeId::bigint},
                                          {"tombstones", TypeId::bigint},
                                          {"bytes", TypeId::bigint},
                                          {"first_ts", TypeId::timestamptz},
                                          {"last_ts", TypeId::timestamptz},
                                          {"last_hlc", TypeId::text}});
    RowWriter writer(*out);
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const auto& state = sources[i].state();
        for (const auto& id : state.maps()) {
            auto facts = state.summary(id);
            if (!facts) return std::move(facts).error();
            for (const auto& [name, node] : (*facts)->nodes) {
                Cells(writer)
                    .text(names[i])
                    .text(id.name)
                    .text(map_kind_name(id.kind))
                    .text(name)
                    .integer(node.records)
                    .integer(node.tombstones)
                    .integer(node.bytes)
                    .time(node.first.millis)
                    .time(node.last.millis)
                    .text(format_stamp(node.last.view()));
            }
        }
    }
    writer.flush();
    return std::shared_ptr<const Table>(std::move(out));
}

}  // namespace

bool SessionImpl::has_table_function(const std::string& name) const {
    return name == "diff" || name == "ops" || name == "conflicts" || name == "nodes";
}

Result<std::shared_ptr<const Table>> SessionImpl::table_function(
    const std::string& name, const std::vector<std::string>& arguments) const {
    const auto usage = [&name](const char* how) {
        return Error(Errc::usage,
                     name + " is called as " + how + ", with names of attached sources, or paths");
    };
    if (name == "ops") {
        if (arguments.size() != 1) return usage("ops('log.tgl')");
        const auto* schema = find_schema(arguments[0]);
        const bool attached = schema != nullptr && !schema->path().empty();
        if (!attached && !options_.open_sources) return not_attached(name, arguments[0]);
        return ops_table(attached ? schema->path() : arguments[0], options_.memory_limit);
    }
    std::vector<std::string> names = arguments;
    if (names.empty() && name != "diff") {
        for (const auto& schema : schemas_) names.push_back(schema->name());
    }
    if (name == "diff" && names.size() != 2) return usage("diff('a.tgs', 'b.tgs')");
    if (names.empty()) return usage((name + "('a.tgs', ...)").c_str());
    std::vector<Opened> sources;
    for (const auto& one : names) {
        Opened opened;
        if (const auto* schema = find_schema(one)) {
            // Without changes its facts need no reading.
            if (schema->ops().empty() && schema->base() != nullptr)
                opened.attached = schema->base();
            else
                opened.changed = schema->state();
        } else {
            if (!options_.open_sources) return not_attached(name, one);
            auto source = open_source(one, while_not_stopped());
            if (!source) return std::move(source).error();
            opened.source = std::move(*source);
        }
        sources.push_back(std::move(opened));
    }
    if (name == "nodes") return nodes_table(sources, names);
    if (name == "conflicts") return conflicts_table(sources);
    Status status;
    auto out = diff_table(sources[0].state(), sources[1].state(), status);
    if (!status) return std::move(status).error();
    return out;
}

}  // namespace topgun::sql
