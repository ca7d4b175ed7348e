// SPDX-License-Identifier: Apache-2.0
#include "fake_session.hpp"

#include <algorithm>
#include <cstdlib>

#include "topgun/sql/diagnostic.hpp"

namespace topgun::test {
namespace {

Result<sql::Summary> answer_numbers(std::int64_t count, sql::ResultSink& sink) {
    sql::Summary summary;
    TOPGUN_TRY(sink.begin({{"n", TypeId::bigint}}));
    auto column = std::make_shared<Column>(TypeId::bigint);
    for (std::int64_t n = 1; n <= count; ++n) column->add_integer(n);
    Batch batch;
    batch.rows = column->size();
    batch.columns.push_back(column);
    TOPGUN_TRY(sink.rows(batch));
    summary.returns_rows = true;
    summary.rows = batch.rows;
    summary.tag = "SELECT " + std::to_string(count);
    return summary;
}

std::int64_t number_in(const std::string& statement) {
    return std::strtoll(statement.substr(statement.find_last_of(" \n") + 1).c_str(), nullptr, 10);
}

}  // namespace

Status FakeSession::attach(const std::string& name, std::unique_ptr<StateReader>) {
    attached.emplace_back(name, "");
    return {};
}

Status FakeSession::attach(const std::string& name, const std::string& path, const ReadOptions&,
                           ReadReport*) {
    if (path == "missing.tgs") return Error(Errc::not_found, path + ": No such file or directory");
    attached.emplace_back(name, path);
    return {};
}

Status FakeSession::detach(const std::string& name) {
    const auto removed = std::erase_if(attached, [&](const auto& a) { return a.first == name; });
    if (removed == 0) return Error(Errc::not_found, "no schema '" + name + "'");
    return {};
}

void FakeSession::set_parameter(std::int32_t number, std::optional<std::string> text) {
    parameters[number] = std::move(text);
}

Result<sql::Summary> FakeSession::execute(std::string_view text, sql::TextRange range,
                                          sql::ResultSink& sink) {
    const std::string statement(text.substr(range.begin, range.end - range.begin));
    executed.push_back(statement);
    sql::Summary summary;
    summary.tag = statement;
    if (statement.starts_with("SELECT")) return answer_numbers(number_in(statement), sink);
    if (statement == "wait") return Error(Errc::cancelled, "cancelled");
    if (statement.starts_with("fail")) {
        sql::Diagnostic diagnostic;
        diagnostic.message = "it fails";
        diagnostic.offset = range.begin;
        return sql::diagnose(text, diagnostic);
    }
    if (statement.starts_with("change ")) {
        summary.changed = static_cast<std::uint64_t>(number_in(statement));
        changes += summary.changed;
    }
    if (statement.starts_with("other ")) {
        summary.changed = static_cast<std::uint64_t>(number_in(statement));
        other_changes += summary.changed;
    }
    if (statement == "begin") transaction = true;
    if (statement == "commit") transaction = false;
    if (statement == "notice") summary.notices.emplace_back("take notice");
    return summary;
}

Result<std::string> FakeSession::explain(std::string_view text, sql::TextRange range,
                                         sql::Explain what) {
    return "plan " + std::to_string(static_cast<int>(what)) + " of " +
           std::string(text.substr(range.begin, range.end - range.begin));
}

Result<sql::Summary> FakeSession::query(std::string_view map, std::string_view dsl,
                                        sql::ResultSink& sink) {
    executed.push_back(std::string(map) + ": " + std::string(dsl));
    return answer_numbers(1, sink);
}

std::vector<sql::Unsaved> FakeSession::unsaved() const {
    std::vector<sql::Unsaved> out;
    if (changes > 0) out.push_back({"main", changes});
    if (other_changes > 0) out.push_back({"other", other_changes});
    return out;
}

void FakeSession::mark_saved(const std::string& schema) {
    if (schema != "other") changes = 0;
    if (schema != "main") other_changes = 0;
}

Status FakeSession::visit_unsaved(const std::string& schema, const OpVisitor& visit) const {
    const auto count = (schema == "other" ? 0 : changes) + (schema == "main" ? 0 : other_changes);
    for (std::uint64_t n = 0; n < count; ++n) {
        const auto key = "key-" + std::to_string(n);
        Op op;
        op.kind = OpKind::remove;
        op.map = "m";
        op.key = key;
        op.stamp = {1'700'000'000'000 + n, 0, "sql"};
        TOPGUN_TRY(visit(op));
    }
    return {};
}

Result<std::unique_ptr<StateReader>> FakeSession::state(const std::string& schema) const {
    return Error(Errc::not_found, "no schema '" + schema + "'");
}

sql::TableInfo table_info(const std::string& schema, const std::string& name,
                          const std::vector<std::string>& columns) {
    sql::TableInfo table;
    table.schema = schema;
    table.name = name;
    table.kind = "lww";
    for (const auto& column : columns) {
        table.columns.push_back({column, column == "id" ? TypeId::bigint : TypeId::text,
                                 column.starts_with('_'), column == "id"});
    }
    return table;
}

}  // namespace topgun::test
