// SPDX-License-Identifier: Apache-2.0
// Which table and columns the rows of a COPY or an INSERT belong to.
#include "catalog.hpp"

namespace topgun::pgdump {
namespace {

// The names in parentheses, if there are some.
bool column_names(Lexer& in, Layout& out) {
    out.all_columns = !in.accept("(");
    if (out.all_columns) return true;
    while (in.peek().is_name()) {
        out.names.push_back(in.take().text);
        in.accept(",");
    }
    return in.accept(")");
}

// Columns that nobody names are counted in the first row. @pre the next token is VALUES.
std::size_t first_row_width(Lexer& in) {
    std::size_t depth = 0, width = 0;
    in.take();
    while (!in.at_end()) {
        const auto token = in.take();
        if (token.is("(")) ++depth;
        if (token.is(")") && depth > 0 && --depth == 0) break;
        if (depth == 1 && (token.is(",") || token.is("("))) ++width;
    }
    return width;
}

}  // namespace

bool Catalog::copy_target(std::string_view statement, RowTarget& out) {
    Lexer in(statement, backslashes_);
    QualifiedName name;
    if (!in.accept("copy") || !read_name(in, name)) return false;
    Layout found;
    if (!column_names(in, found)) return false;
    if (in.accept("with") && in.accept("oids")) found.names.insert(found.names.begin(), "");
    if (!in.accept("from") || !in.accept("stdin")) return false;
    in.accept("with");
    if (!in.peek().is(";") && !in.at_end()) {
        const auto from = in.peek().begin;
        found.unsupported = in.slice(from, std::min(statement.size() - 1, from + 60));
    }
    out.table = table(name, false);
    out.layout = layout(out.table, std::move(found));
    return true;
}

bool Catalog::insert_target(std::string_view statement, RowTarget& out) {
    Lexer in(statement, backslashes_);
    QualifiedName name;
    if (!in.accept("insert") || !in.accept("into") || !read_name(in, name)) return false;
    Layout found;
    found.copy = false;
    found.backslashes = backslashes_;
    if (!column_names(in, found)) return false;
    if (in.accept("overriding")) {
        in.take();
        in.accept("value");
    }
    found.default_values = in.accept("default");
    if (!in.peek().is("values")) return false;
    found.header_size = in.peek().end;
    found.header = statement.substr(0, found.header_size);
    out.table = table(name, false);
    std::size_t count = 0;
    if (found.all_columns && !state_.tables[out.table].declared &&
        state_.tables[out.table].columns.empty()) {
        count = first_row_width(in);
    }
    if (!state_.tables[out.table].declared) undeclared_columns(out.table, found, count);
    out.layout = layout(out.table, std::move(found));
    return true;
}

std::uint32_t Catalog::layout(std::size_t table, Layout layout) {
    auto& layouts = state_.data[table].layouts;
    if (layout.copy && !state_.tables[table].declared) undeclared_columns(table, layout, 0);
    if (!layouts.empty() && !layout.copy && layouts.back().header == layout.header &&
        layouts.back().backslashes == layout.backslashes) {
        return static_cast<std::uint32_t>(layouts.size() - 1);
    }
    layouts.push_back(std::move(layout));
    return static_cast<std::uint32_t>(layouts.size() - 1);
}

// In a dump of data only, names are all that is known of columns, and sometimes not even those.
void Catalog::undeclared_columns(std::size_t table, const Layout& layout, std::size_t count) {
    auto& columns = state_.tables[table].columns;
    if (!columns.empty()) return;
    auto names = layout.names;
    for (std::size_t i = 0; i < count; ++i) names.push_back("column" + std::to_string(i + 1));
    for (auto& name : names) {
        if (name.empty()) continue;
        DumpColumn column;
        column.name = std::move(name);
        column.type_name = "unknown";
        column.type = TypeId::text;
        columns.push_back(std::move(column));
        declarations_[table].types.push_back({"unknown", false});
    }
}

}  // namespace topgun::pgdump
