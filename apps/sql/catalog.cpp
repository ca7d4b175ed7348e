// SPDX-License-Identifier: Apache-2.0
#include "catalog.hpp"

#include <algorithm>
#include <map>

#include "common/table.hpp"
#include "common/text.hpp"
#include "quote.hpp"

namespace topgun::cli {
namespace {

std::string printed(const Table& table) {
    std::string text;
    Output out = Output::memory(text);
    table.print(out);
    out.flush();
    return text;
}

}  // namespace

std::vector<sql::TableInfo> tables_named(const std::vector<sql::TableInfo>& tables,
                                         const std::string& word) {
    std::vector<sql::TableInfo> found;
    for (const auto& table : tables) {
        if (word.empty() || table.name == word || table.schema + '.' + table.name == word) {
            found.push_back(table);
        }
    }
    return found;
}

std::string table_names(const std::vector<sql::TableInfo>& tables, const std::string& text) {
    std::string out;
    for (const auto& table : tables) {
        const auto name = table.schema + '.' + table.name;
        if (name.find(text) != std::string::npos) out += printable(name) + '\n';
    }
    return out;
}

std::string table_list(const std::vector<sql::TableInfo>& tables) {
    if (tables.empty()) return "";
    Table out({{"Schema"}, {"Table"}, {"Kind"}, {"Rows", Table::Align::right}});
    for (const auto& table : tables) {
        out.add_row({{table.schema},
                     {table.name, Style::bold},
                     {table.kind},
                     table.rows ? Table::Cell(*table.rows) : Table::Cell("-")});
    }
    return printed(out);
}

std::string create_statements(const std::vector<sql::TableInfo>& tables) {
    std::string out;
    for (const auto& table : tables) {
        out += "CREATE TABLE " + printable(quote_name(table.schema)) + '.' +
               printable(quote_name(table.name)) + " (";
        const char* between = "\n";
        for (const auto& column : table.columns) {
            if (column.hidden) continue;
            out += between + ("    " + printable(quote_name(column.name))) + ' ' +
                   type_name(column.type) + (column.not_null ? " NOT NULL" : "");
            between = ",\n";
        }
        out += "\n);\n";
    }
    return out;
}

std::string column_list(const std::vector<sql::TableInfo>& tables) {
    std::string out;
    for (const auto& table : tables) {
        if (!out.empty()) out += '\n';
        out += printable(table.schema + '.' + table.name) + " (" + printable(table.kind) + ")\n";
        Table lines({{"Column"}, {"Type"}, {"Note"}});
        for (const auto& column : table.columns) {
            lines.add_row({{column.name, Style::bold},
                           {type_name(column.type)},
                           {column.hidden     ? "not part of *"
                            : column.not_null ? "not null"
                                              : ""}});
        }
        out += printed(lines);
    }
    return out;
}

std::string schema_list(const std::vector<sql::TableInfo>& tables,
                        const std::vector<std::string>& attached) {
    std::map<std::string, std::uint64_t> counts;
    for (const auto& name : attached) counts[name] = 0;
    for (const auto& table : tables) ++counts[table.schema];
    if (counts.empty()) return "";
    Table out({{"Schema"}, {"Tables", Table::Align::right}});
    for (const auto& [name, count] : counts) out.add_row({{name, Style::bold}, count});
    return printed(out);
}

}  // namespace topgun::cli
