// SPDX-License-Identifier: Apache-2.0
#include "completion.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "common/text.hpp"
#include "dot_command.hpp"
#include "quote.hpp"
#include "render.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::cli {
namespace {

constexpr const char* kKeywords[] = {
    "ALL",       "AND",       "ANY",       "ARRAY",     "AS",         "ASC",      "BEGIN",
    "BETWEEN",   "BY",        "CASE",      "CAST",      "COMMIT",     "CONFLICT", "CREATE",
    "CROSS",     "CUBE",      "DELETE",    "DESC",      "DISTINCT",   "DO",       "DROP",
    "ELSE",      "END",       "EXCEPT",    "EXISTS",    "EXPLAIN",    "FALSE",    "FETCH",
    "FILTER",    "FIRST",     "FROM",      "FULL",      "GROUP",      "GROUPING", "HAVING",
    "ILIKE",     "IN",        "INNER",     "INSERT",    "INTERSECT",  "INTERVAL", "INTO",
    "IS",        "JOIN",      "LAST",      "LATERAL",   "LEFT",       "LIKE",     "LIMIT",
    "NATURAL",   "NOT",       "NULL",      "NULLS",     "OFFSET",     "ON",       "OR",
    "ORDER",     "OUTER",     "OVER",      "PARTITION", "PRECEDING",  "RANGE",    "RECURSIVE",
    "RETURNING", "RIGHT",     "ROLLBACK",  "ROLLUP",    "ROWS",       "SELECT",   "SET",
    "SETS",      "SIMILAR",   "TABLE",     "THEN",      "TO",         "TRUE",     "UNBOUNDED",
    "UNION",     "UPDATE",    "USING",     "VALUES",    "WHEN",       "WHERE",    "WINDOW",
    "WITH",      "FOLLOWING", "TIMESTAMP", "DATE",      "ORDINALITY", "ONLY",     "ROW"};

bool is_name_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

std::string as_identifier(const std::string& name) {
    const bool plain = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
                       name == lower(name) &&
                       std::all_of(name.begin(), name.end(), is_name_character);
    return plain ? name : quote_name(name);
}

// The words of a text, lower case, with a "." between those of a qualified name.
std::vector<std::string> tokens_of(std::string_view text) {
    std::vector<std::string> tokens;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '\'') {
            at = std::min(text.find('\'', at + 1), text.size() - 1) + 1;
            continue;
        }
        if (text[at] == '"') {
            const auto end = std::min(text.find('"', at + 1), text.size());
            tokens.emplace_back(text.substr(at + 1, end - at - 1));
            at = end + 1;
            continue;
        }
        if (!is_name_character(text[at])) {
            if (text[at] == '.' || text[at] == ',' || text[at] == '(')
                tokens.emplace_back(1, text[at]);
            ++at;
            continue;
        }
        const auto begin = at;
        while (at < text.size() && is_name_character(text[at])) ++at;
        tokens.push_back(lower(text.substr(begin, at - begin)));
    }
    return tokens;
}

class Completer {
public:
    Completer(std::string_view before, std::string_view line, const CompletionWords& words)
        : words_(words) {
        auto begin = line.size();
        while (begin > 0 && is_name_character(line[begin - 1])) --begin;
        word_ = line.substr(begin);
        // "u.na": what stands before the dot.
        if (begin > 0 && line[begin - 1] == '.') {
            auto end = begin - 1;
            auto from = end;
            const bool quoted = end > 0 && line[end - 1] == '"';
            if (quoted) {
                end = end - 1;
                from = end;
                while (from > 0 && line[from - 1] != '"') --from;
            } else {
                while (from > 0 && is_name_character(line[from - 1])) --from;
            }
            qualifier_ = line.substr(from, end - from);
            if (!quoted) qualifier_ = lower(qualifier_);
        }
        statement_ = std::string(before) + std::string(line.substr(0, begin));
        tokens_ = tokens_of(statement_);
    }

    Completion run() {
        if (!qualifier_.empty()) {
            add_qualified();
        } else if (wants_table()) {
            add_tables();
        } else {
            add_columns();
            for (const auto& function : words_.functions) add(function);
            add_keywords();
            add_tables();
        }
        return {word_.size(), {found_.begin(), found_.end()}};
    }

private:
    void add(const std::string& candidate) {
        // A name in quotes is found by what stands in them.
        const auto start = candidate.starts_with('"') ? 1u : 0u;
        if (lower(candidate).compare(start, word_.size(), lower(word_)) == 0) {
            found_.insert(candidate);
        }
    }

    void add_keywords() {
        // As it was begun: sel -> select, SEL -> SELECT.
        const bool small = !word_.empty() && word_ == lower(word_);
        for (const char* keyword : kKeywords) add(small ? lower(keyword) : keyword);
    }

    bool wants_table() const {
        static const std::set<std::string> before_table = {"from", "join", "into", "update",
                                                           "table"};
        if (tokens_.empty()) return false;
        if (before_table.count(tokens_.back()) > 0) return true;
        // FROM a, b
        if (tokens_.back() != ",") return false;
        for (auto token = tokens_.rbegin(); token != tokens_.rend(); ++token) {
            if (*token == "from") return true;
            if (*token == "select" || *token == "where" || *token == "(" || *token == "by" ||
                *token == "set") {
                return false;
            }
        }
        return false;
    }

    void add_tables() {
        for (const auto& table : words_.tables) {
            add(as_identifier(table.schema));
            add(as_identifier(table.name));
        }
    }

    bool is_named(const sql::TableInfo& table) const {
        return std::find(tokens_.begin(), tokens_.end(), table.name) != tokens_.end();
    }

    // Columns of the tables that the statement names; of all tables while it names none.
    void add_columns() {
        const bool any = std::any_of(words_.tables.begin(), words_.tables.end(),
                                     [this](const auto& table) { return is_named(table); });
        for (const auto& table : words_.tables) {
            if (!any || is_named(table)) add_columns_of(table);
        }
    }

    void add_columns_of(const sql::TableInfo& table) {
        for (const auto& column : table.columns) add(as_identifier(column.name));
    }

    // After a dot: tables of a schema, columns of a table or of what an alias stands for.
    void add_qualified() {
        for (const auto& table : words_.tables) {
            if (table.schema == qualifier_) add(as_identifier(table.name));
            if (table.name == qualifier_ || is_alias_of(table.name)) add_columns_of(table);
        }
    }

    // "users u" or "users AS u".
    bool is_alias_of(const std::string& table) const {
        for (std::size_t i = 0; i + 1 < tokens_.size(); ++i) {
            if (tokens_[i] != table) continue;
            const auto next = tokens_[i + 1] == "as" ? i + 2 : i + 1;
            if (next < tokens_.size() && tokens_[next] == qualifier_) return true;
        }
        return false;
    }

    const CompletionWords& words_;
    std::string word_, qualifier_, statement_;
    std::vector<std::string> tokens_;
    std::set<std::string> found_;
};

std::vector<std::string> file_names(const std::string& typed) {
    namespace fs = std::filesystem;
    const auto slash = typed.rfind('/');
    const auto folder = slash == std::string::npos ? std::string() : typed.substr(0, slash + 1);
    const auto begin = typed.substr(folder.size());
    std::vector<std::string> found;
    std::error_code failed;
    for (const auto& item : fs::directory_iterator(folder.empty() ? "." : folder, failed)) {
        const auto name = item.path().filename().string();
        if (!name.starts_with(begin) || (begin.empty() && name.starts_with('.'))) continue;
        std::error_code ignored;
        found.push_back(folder + name + (item.is_directory(ignored) ? "/" : ""));
    }
    std::sort(found.begin(), found.end());
    return found;
}

Completion complete_command(std::string_view line, const CompletionWords& words) {
    const auto blank = line.find_first_of(" \t");
    std::vector<std::string> known;
    if (blank == std::string_view::npos) {
        for (const auto& spec : dot_specs()) {
            known.insert(known.end(), spec.names.begin(), spec.names.end());
        }
    }
    const auto word = std::string(line.substr(line.find_last_of(" \t") + 1));
    const auto command = parse_dot_command(line.substr(0, blank));
    if (blank != std::string_view::npos && command) {
        switch (command->id) {
            case DotId::read:
            case DotId::open:
            case DotId::save:
            case DotId::output:
            case DotId::run: return {word.size(), file_names(word)};
            case DotId::schema:
            case DotId::describe:
            case DotId::tables:
                for (const auto& table : words.tables) known.push_back(table.name);
                break;
            case DotId::close:
                for (const auto& table : words.tables) known.push_back(table.schema);
                break;
            case DotId::mode:
                for (const auto& mode : output_modes()) known.push_back(mode.first);
                break;
            case DotId::explain: known = {"query", "plan", "dag", "dot", "off"}; break;
            case DotId::expanded: known = {"on", "off", "auto"}; break;
            case DotId::headers:
            case DotId::pager:
            case DotId::timer:
            case DotId::echo:
            case DotId::bail: known = {"on", "off"}; break;
            default: break;
        }
    }
    std::set<std::string> found;
    for (const auto& name : known) {
        if (name.starts_with(word)) found.insert(name);
    }
    return {word.size(), {found.begin(), found.end()}};
}

}  // namespace

Completion complete(std::string_view before, std::string_view line, const CompletionWords& words) {
    const auto start = line.find_first_not_of(" \t");
    if (start != std::string_view::npos && (line[start] == '.' || line[start] == '\\') &&
        (line[start] == '\\' || before.empty())) {
        return complete_command(line.substr(start), words);
    }
    return Completer(before, line, words).run();
}

std::string common_prefix(const std::vector<std::string>& candidates) {
    if (candidates.empty()) return "";
    auto prefix = candidates.front();
    for (const auto& candidate : candidates) {
        const auto end =
            std::mismatch(prefix.begin(), prefix.end(), candidate.begin(), candidate.end()).first;
        prefix.erase(end, prefix.end());
    }
    // Not within a character.
    return prefix.substr(0, find_invalid_utf8(prefix));
}

std::string columns_of_words(const std::vector<std::string>& words, std::size_t columns_max) {
    std::size_t width = 0;
    for (const auto& word : words) width = std::max(width, display_width(printable(word)) + 2);
    if (width == 0) return "";
    const auto columns = std::max<std::size_t>(1, columns_max / width);
    const auto lines = (words.size() + columns - 1) / columns;
    std::string out;
    for (std::size_t line = 0; line < lines; ++line) {
        for (auto i = line; i < words.size(); i += lines) {
            const auto word = printable(words[i]);
            out += word;
            if (i + lines < words.size()) out.append(width - display_width(word), ' ');
        }
        out += '\n';
    }
    return out;
}

}  // namespace topgun::cli
