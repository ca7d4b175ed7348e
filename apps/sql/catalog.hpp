// SPDX-License-Identifier: Apache-2.0
// Answers of .tables, .schema, \d and their like, as text.
#pragma once

#include <string>
#include <vector>

#include "topgun/sql/session.hpp"

namespace topgun::cli {

/// Tables that a word means: "users", "a.users"; all for "".
std::vector<sql::TableInfo> tables_named(const std::vector<sql::TableInfo>& tables,
                                         const std::string& word);

/// .tables: one name a line, those that contain `text`.
std::string table_names(const std::vector<sql::TableInfo>& tables, const std::string& text);
/// .maps: schema, name, kind, rows.
std::string table_list(const std::vector<sql::TableInfo>& tables);
/// .schema: CREATE TABLE statements, of the visible columns.
std::string create_statements(const std::vector<sql::TableInfo>& tables);
/// \d TABLE: each column with its type.
std::string column_list(const std::vector<sql::TableInfo>& tables);
/// \dn: names of schemas with their number of tables.
std::string schema_list(const std::vector<sql::TableInfo>& tables,
                        const std::vector<std::string>& attached);

}  // namespace topgun::cli
