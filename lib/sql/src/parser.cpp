// SPDX-License-Identifier: Apache-2.0
#include "parser.hpp"

#include <algorithm>
#include <limits>

#include "long_names.hpp"
#include "parser_tree.hpp"
#include "pg_parser.hpp"
#include "scanner.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::sql {

namespace {

Diagnostic too_much(std::string message, std::string hint, std::size_t offset) {
    return {std::move(message), std::move(hint), offset, Errc::limit};
}

// What PostgreSQL's parser must not be given: it takes C strings, and recurses without a bound.
std::optional<Diagnostic> check_text(std::string_view statement, std::size_t base) {
    if (statement.size() > kLongestStatement) {
        return too_much(
            "statement of more than " + std::to_string(kLongestStatement >> 20) + " MiB",
            "split it into several statements", base);
    }
    if (base + statement.size() > std::numeric_limits<std::uint32_t>::max()) {
        return too_much("text of more than 4 GiB", "", base);
    }
    if (const auto at = find_invalid_utf8(statement); at < statement.size()) {
        return Diagnostic{"malformed UTF-8", "", base + at, Errc::bad_input};
    }
    if (const auto at = statement.find('\0'); at != std::string_view::npos) {
        return Diagnostic{"zero byte in SQL text", "", base + at, Errc::bad_input};
    }
    if (const auto at = find_deep_nesting(statement, kDeepestText)) {
        return too_much("nested too deeply",
                        "split the statement, or use IN and VALUES for long lists", base + *at);
    }
    return std::nullopt;
}

}  // namespace

std::variant<ast::Statement, Diagnostic> parse_range(std::string_view text, TextRange range) {
    const auto base = std::min(range.begin, text.size());
    const auto statement = text.substr(base, std::max(range.end, base) - base);
    if (auto problem = check_text(statement, base)) return std::move(*problem);
    const LongNames long_names(statement);
    if (const auto at = long_names.impossible()) {
        return Diagnostic{"this name is not supported",
                          "names of more than 63 bytes are written without U&, and no name begins "
                          "with the control character 1",
                          base + *at, Errc::bad_input};
    }
    auto parse = pg_parse(long_names.text());
    if (parse.failure) {
        return Diagnostic{long_names.restore(parse.failure->message), "",
                          base + parse.failure->offset.value_or(0), Errc::bad_input};
    }
    const auto tree = nlohmann::json::parse(parse.json, nullptr, false);
    parse.json = {};
    const auto statements = tree.is_object() ? tree.find("stmts") : tree.end();
    if (statements == tree.end() || !statements->is_array() || statements->size() != 1) {
        const bool none = statements != tree.end() && statements->empty();
        return Diagnostic{none ? "no statement" : "more than one statement", "", base,
                          Errc::bad_input};
    }
    TreeReader reader(text, base, long_names);
    const auto& first = statements->front();
    auto result =
        reader.statement(first.is_object() && first.contains("stmt") ? first["stmt"] : first);
    if (reader.failure()) return *reader.failure();
    return result;
}

Result<ast::Statement> parse_statement(std::string_view text, TextRange range) {
    auto parsed = parse_range(text, range);
    if (const auto* diagnostic = std::get_if<Diagnostic>(&parsed)) {
        return diagnose(text, *diagnostic);
    }
    return std::get<ast::Statement>(std::move(parsed));
}

Result<std::vector<ast::Statement>> parse_statements(std::string_view text) {
    std::vector<ast::Statement> statements;
    for (const auto range : split_statements(text)) {
        auto statement = parse_statement(text, range);
        if (!statement) return std::move(statement).error();
        statements.push_back(std::move(*statement));
    }
    return statements;
}

}  // namespace topgun::sql
