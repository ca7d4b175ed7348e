// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "ast_text.hpp"
#include "identifier.hpp"

namespace topgun::sql::ast {

void Writer::write(const Target& target) {
    path(target.path);
}

void Writer::write(const Assignment& assignment) {
    if (assignment.multiple) add("(");
    list(assignment.targets);
    add(assignment.multiple ? ") = " : " = ");
    write(assignment.value);
}

void Writer::write(const OnConflict& conflict) {
    add(" ON CONFLICT");
    if (!conflict.columns.empty()) {
        add(" ");
        name_list(conflict.columns);
    }
    if (conflict.set.empty()) return add(" DO NOTHING");
    clause(" DO UPDATE SET ", conflict.set);
    clause(" WHERE ", conflict.where);
}

void Writer::write(const Insert& insert) {
    write(insert.with);
    add("INSERT INTO ");
    write(insert.table);
    if (!insert.columns.empty()) {
        clause(" (", insert.columns);
        add(")");
    }
    if (insert.source) {
        add(" ");
        write(*insert.source);
    } else {
        add(" DEFAULT VALUES");
    }
    if (insert.on_conflict) write(*insert.on_conflict);
    clause(" RETURNING ", insert.returning);
}

void Writer::write(const Update& update) {
    write(update.with);
    add("UPDATE ");
    write(update.table);
    clause(" SET ", update.set);
    clause(" FROM ", update.from);
    clause(" WHERE ", update.where);
    clause(" RETURNING ", update.returning);
}

void Writer::write(const Delete& remove) {
    write(remove.with);
    add("DELETE FROM ");
    write(remove.table);
    clause(" USING ", remove.from);
    clause(" WHERE ", remove.where);
    clause(" RETURNING ", remove.returning);
}

void Writer::write(const TableKey& key) {
    add(key.primary ? "PRIMARY KEY " : "UNIQUE ");
    name_list(key.columns);
}

void Writer::write(const CreateTable& create) {
    add(create.if_not_exists ? "CREATE TABLE IF NOT EXISTS " : "CREATE TABLE ");
    write(create.table);
    add(" (");
    list(create.columns);
    if (!create.columns.empty() && !create.keys.empty()) add(", ");
    list(create.keys);
    add(")");
}

void Writer::write(const CreateTableAs& create) {
    add(create.if_not_exists ? "CREATE TABLE IF NOT EXISTS " : "CREATE TABLE ");
    write(create.table);
    if (!create.columns.empty()) {
        add(" ");
        name_list(create.columns);
    }
    add(" AS ");
    write(create.query);
    if (!create.with_data) add(" WITH NO DATA");
}

void Writer::write(const DropTable& drop) {
    add(drop.if_exists ? "DROP TABLE IF EXISTS " : "DROP TABLE ");
    list(drop.tables);
}

void Writer::write(const CreateIndex& create) {
    add(create.if_not_exists ? "CREATE INDEX IF NOT EXISTS " : "CREATE INDEX ");
    if (!create.name.empty()) {
        name(create.name);
        add(" ");
    }
    add("ON ");
    write(create.table);
    add(" ");
    name_list(create.columns);
}

void Writer::write(const DropIndex& drop) {
    add(drop.if_exists ? "DROP INDEX IF EXISTS " : "DROP INDEX ");
    bool first = true;
    for (const auto& one : drop.names) {
        if (!std::exchange(first, false)) add(", ");
        add(quote_path(one));
    }
}

void Writer::write(const Transaction& transaction) {
    static constexpr std::array<std::string_view, 6> words = {
        "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT ", "RELEASE ", "ROLLBACK TO "};
    add(words[static_cast<std::size_t>(transaction.kind)]);
    if (!transaction.savepoint.empty()) name(transaction.savepoint);
}

void Writer::write(const ExplainOption& option) {
    // Keywords that may stand there.
    if (option.name == "analyze" || option.name == "verbose") {
        add(option.name);
    } else {
        name(option.name);
    }
    if (!option.value.empty()) add(" " + quote_string(option.value));
}

void Writer::write(const Explain& explain) {
    add("EXPLAIN ");
    if (!explain.options.empty()) {
        clause("(", explain.options);
        add(") ");
    }
    write(*explain.statement);
}

void Writer::write(const Statement& statement) {
    std::visit([this](const auto& node) { write(node); }, statement.node);
}

std::string to_text(const Statement& statement) {
    Writer writer;
    writer.write(statement);
    return writer.take();
}

}  // namespace topgun::sql::ast
