// SPDX-License-Identifier: Apache-2.0
// Statements that are not about rows: tables, transactions, EXPLAIN; and what is refused.
#include "parser_tree.hpp"
#include "scanner.hpp"

namespace topgun::sql {

using namespace ast;

Statement TreeReader::statement(const Json& node) {
    const Offset where{static_cast<std::uint32_t>(here_)};
    return Statement{where, statement_node(node)};
}

Statement::Node TreeReader::statement_node(const Json& node) {
    const auto form = kind(node);
    const auto& object = body(node);
    if (form == "SelectStmt") return query(object);
    if (form == "InsertStmt") return insert(object);
    if (form == "UpdateStmt") return update(object);
    if (form == "DeleteStmt") return remove(object);
    if (form == "CreateStmt") return create_table(object);
    if (form == "CreateTableAsStmt") return create_table_as(object);
    if (form == "IndexStmt") return create_index(object);
    if (form == "DropStmt" && word(object, "removeType") == "OBJECT_INDEX") {
        return drop_index(object);
    }
    if (form == "DropStmt") return drop_table(object);
    if (form == "TruncateStmt") return truncate(object);
    if (form == "TransactionStmt") return transaction(object);
    if (form == "ExplainStmt") return explain(object);
    refuse_statement();
    return Query{};
}

// Names the statement by its own first words.
void TreeReader::refuse_statement() {
    const Offset where{static_cast<std::uint32_t>(here_)};
    Scanner scanner(text_.substr(here_));
    std::string words;
    std::string_view hint =
        "there are SELECT, VALUES, INSERT, UPDATE, DELETE, CREATE TABLE, DROP TABLE, BEGIN, "
        "COMMIT, "
        "ROLLBACK and EXPLAIN";
    for (int i = 0; i < 2; ++i) {
        const auto token = scanner.next();
        if (token.kind != Token::Kind::word) break;
        if (i > 0) words += ' ';
        for (const char c : text_.substr(here_ + token.begin, token.end - token.begin)) {
            words += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
        }
        if (words == "SET" || words == "RESET" || words == "SHOW") {
            hint = "settings are options of the program";
            break;
        }
        if (words != "CREATE" && words != "ALTER" && words != "DROP") break;
    }
    if (words.empty()) words = "this statement";
    unsupported(where, words, std::string(hint));
}

TableRef TreeReader::created_table(const Json& object) {
    auto result = table(object);
    // All tables of a session are as good as temporary until they are saved.
    if (word(object, "relpersistence") == "u") {
        unsupported(result.offset, "an unlogged table", "create a table");
    }
    return result;
}

ColumnDefinition TreeReader::column_definition(const Json& object) {
    ColumnDefinition result;
    result.offset = offset(object);
    allow_only(object, "a column",
               {"colname", "typeName", "is_local", "constraints", "collClause"});
    result.name = word(object, "colname");
    if (has(object, "collClause")) check_collation(field(object, "collClause"));
    result.type = type(field(object, "typeName"));
    for (const auto& node : list(object, "constraints")) {
        if (failure_) break;
        column_constraint(body(node), result);
    }
    return result;
}

void TreeReader::column_constraint(const Json& object, ColumnDefinition& column) {
    const auto form = word(object, "contype");
    if (form == "CONSTR_NOTNULL") {
        column.not_null = true;
    } else if (form == "CONSTR_PRIMARY") {
        column.primary_key = true;
    } else if (form == "CONSTR_UNIQUE") {
        column.unique = true;
    } else if (form == "CONSTR_DEFAULT") {
        column.default_value = box(object, "raw_expr");
    } else if (form != "CONSTR_NULL") {
        unsupported(offset(object), "this constraint",
                    "there are NOT NULL, PRIMARY KEY and UNIQUE");
    }
}

// TRUNCATE is DELETE without a condition: peers have to be told of each record.
Delete TreeReader::truncate(const Json& object) {
    Delete result;
    const auto& tables = list(object, "relations");
    if (tables.size() != 1) {
        const Offset where{static_cast<std::uint32_t>(here_)};
        unsupported(where, "TRUNCATE of several tables", "truncate them one by one");
    }
    result.table = table(body(tables.front()));
    return result;
}

TableKey TreeReader::table_key(const Json& object) {
    TableKey result;
    result.offset = offset(object);
    const auto form = word(object, "contype");
    result.primary = form == "CONSTR_PRIMARY";
    result.columns = names(list(object, "keys"));
    if ((!result.primary && form != "CONSTR_UNIQUE") || result.columns.empty()) {
        unsupported(result.offset, "this constraint", "there are PRIMARY KEY and UNIQUE");
    }
    return result;
}

CreateTable TreeReader::create_table(const Json& object) {
    CreateTable result;
    result.table = created_table(field(object, "relation"));
    allow_only(object, "CREATE TABLE", {"relation", "tableElts", "oncommit", "if_not_exists"});
    result.if_not_exists = flag(object, "if_not_exists");
    for (const auto& node : list(object, "tableElts")) {
        if (failure_) break;
        if (kind(node) == "ColumnDef") {
            result.columns.push_back(column_definition(body(node)));
        } else if (kind(node) == "Constraint") {
            result.keys.push_back(table_key(body(node)));
        } else {
            unsupported(result.table.offset, "LIKE in CREATE TABLE", "name the columns");
        }
    }
    return result;
}

CreateTableAs TreeReader::create_table_as(const Json& object) {
    CreateTableAs result;
    const auto& into = field(object, "into");
    result.table = created_table(field(into, "rel"));
    const auto form = word(object, "objtype");
    if (form == "OBJECT_MATVIEW") {
        unsupported(result.table.offset, "a materialized view", "use CREATE TABLE name AS");
    }
    allow_only(object, "CREATE TABLE AS", {"query", "into", "objtype", "if_not_exists"});
    allow_only(into, "CREATE TABLE AS", {"rel", "colNames", "onCommit", "skipData"});
    result.if_not_exists = flag(object, "if_not_exists");
    result.columns = names(list(into, "colNames"));
    result.with_data = !flag(into, "skipData");
    const auto& source = field(object, "query");
    if (kind(source) != "SelectStmt") {
        unsupported(result.table.offset, "CREATE TABLE AS without a query");
        return result;
    }
    result.query = query(body(source));
    return result;
}

DropTable TreeReader::drop_table(const Json& object) {
    DropTable result;
    if (word(object, "removeType") != "OBJECT_TABLE") {
        refuse_statement();
        return result;
    }
    const Offset where{static_cast<std::uint32_t>(here_)};
    if (word(object, "behavior") == "DROP_CASCADE") {
        unsupported(where, "CASCADE", "nothing depends on a map; leave it out");
    }
    result.if_exists = flag(object, "missing_ok");
    for (const auto& node : list(object, "objects")) {
        TableRef table;
        table.offset = where;
        table.name = names(list(body(node), "items"));
        result.tables.push_back(std::move(table));
    }
    return result;
}

CreateIndex TreeReader::create_index(const Json& object) {
    CreateIndex result;
    const Offset where{static_cast<std::uint32_t>(here_)};
    if (flag(object, "unique")) {
        unsupported(where, "a unique index on a table that exists", "say UNIQUE in CREATE TABLE");
    }
    if (has(object, "whereClause")) unsupported(where, "an index over a part of the rows");
    result.name = word(object, "idxname");
    result.if_not_exists = flag(object, "if_not_exists");
    result.table = created_table(field(object, "relation"));
    for (const auto& node : list(object, "indexParams")) {
        const auto column = word(body(node), "name");
        if (column.empty()) unsupported(where, "an index over an expression");
        result.columns.emplace_back(column);
    }
    return result;
}

DropIndex TreeReader::drop_index(const Json& object) {
    DropIndex result;
    result.if_exists = flag(object, "missing_ok");
    for (const auto& node : list(object, "objects")) {
        result.names.push_back(names(list(body(node), "items")));
    }
    return result;
}

Transaction TreeReader::transaction(const Json& object) {
    const Offset where{static_cast<std::uint32_t>(here_)};
    const auto form = word(object, "kind");
    Transaction result;
    result.savepoint = word(object, "savepoint_name");
    if (form == "TRANS_STMT_COMMIT") {
        result.kind = Transaction::Kind::commit;
    } else if (form == "TRANS_STMT_ROLLBACK") {
        result.kind = Transaction::Kind::rollback;
    } else if (form == "TRANS_STMT_SAVEPOINT") {
        result.kind = Transaction::Kind::savepoint;
    } else if (form == "TRANS_STMT_RELEASE") {
        result.kind = Transaction::Kind::release;
    } else if (form == "TRANS_STMT_ROLLBACK_TO") {
        result.kind = Transaction::Kind::rollback_to;
    } else if (form != "TRANS_STMT_BEGIN" && form != "TRANS_STMT_START") {
        unsupported(where, "a prepared transaction", "use COMMIT or ROLLBACK");
    }
    if (has(object, "options")) {
        unsupported(where, "a transaction mode", "write BEGIN alone");
    }
    if (flag(object, "chain")) unsupported(where, "AND CHAIN", "write BEGIN after it");
    return result;
}

Explain TreeReader::explain(const Json& object) {
    Explain result;
    for (const auto& node : list(object, "options")) {
        const auto& element = body(node);
        const auto& argument = field(element, "arg");
        ExplainOption option;
        option.offset = offset(element);
        option.name = word(element, "defname");
        if (kind(argument) == "String") {
            option.value = name_of(argument);
        } else if (!argument.is_null()) {
            unsupported(option.offset, "a number as an option of EXPLAIN", "write on or off");
        }
        result.options.push_back(std::move(option));
    }
    const auto& inner = field(object, "query");
    const auto form = kind(inner);
    if (form != "SelectStmt" && form != "InsertStmt" && form != "UpdateStmt" &&
        form != "DeleteStmt" && form != "CreateTableAsStmt") {
        unsupported(Offset{static_cast<std::uint32_t>(here_)}, "EXPLAIN of this statement",
                    "explain a query, INSERT, UPDATE, DELETE or CREATE TABLE AS");
        return result;
    }
    result.statement = statement(inner);
    return result;
}

}  // namespace topgun::sql
