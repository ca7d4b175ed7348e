// SPDX-License-Identifier: Apache-2.0
// Settings that change how what follows in a dump is read: encoding, quotes, schema, database.
#include <algorithm>

#include "catalog.hpp"

namespace topgun::pgdump {

Status Catalog::set(Lexer& in) {
    in.accept("session");
    in.accept("local");
    if (!in.peek().is_name()) return {};
    const auto name = in.take().text;
    if (!in.accept("=") && !in.accept("to")) return {};
    const auto value = in.take().text;
    if (name == "client_encoding") return encoding(value);
    if (name == "standard_conforming_strings") backslashes_ = value == "off";
    if (name == "search_path" && !value.empty() && value != "pg_catalog") schema_ = value;
    return {};
}

// SELECT pg_catalog.set_config('search_path', '', false);
void Catalog::select(Lexer& in) {
    QualifiedName name;
    if (!read_name(in, name) || name.name != "set_config" || !in.accept("(")) return;
    if (in.take().text != "search_path" || !in.accept(",")) return;
    const auto value = in.take().text;
    schema_ = value.empty() ? "public" : value.substr(0, value.find(','));
}

Status Catalog::encoding(std::string_view name) {
    std::string word;
    for (const char c : name) {
        if (c != '-' && c != '_') word += lower(c);
    }
    // SQL_ASCII says nothing of the encoding: each text is checked when it is read.
    if (word == "utf8" || word == "unicode" || word == "sqlascii") return {};
    return Error(Errc::bad_input, "the dump's encoding is " + std::string(name) +
                                      ", and only UTF8 can be read: make it with pg_dump "
                                      "--encoding=UTF8");
}

Status Catalog::command(std::string_view line) {
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    const auto space = line.find(' ');
    const auto word = line.substr(0, space);
    if (space == std::string_view::npos) return {};
    auto rest = line.substr(space + 1);
    if (word == "\\encoding") return encoding(rest);
    if (word != "\\connect" && word != "\\c") return {};
    // \connect -reuse-previous=on "dbname='a b'", \connect name, \connect "A"
    if (rest.starts_with("-reuse-previous="))
        rest = rest.substr(std::min(rest.find(' '), rest.size()));
    Lexer in(rest);
    auto token = in.take();
    database_ = std::move(token.text);
    if (token.kind == TokenKind::quoted && database_.starts_with("dbname='")) {
        // The inner quotes of a connection string have escapes with backslashes.
        std::string name;
        for (std::size_t i = 8; i < database_.size() && database_[i] != '\''; ++i) {
            if (database_[i] == '\\' && i + 1 < database_.size()) ++i;
            name += database_[i];
        }
        database_ = std::move(name);
    }
    schema_ = "public";
    backslashes_ = false;
    return {};
}

}  // namespace topgun::pgdump
