// SPDX-License-Identifier: Apache-2.0
// SQL texts to statements, to trees, to SQL again.
#include "fuzz.hpp"
#include "parser.hpp"
#include "topgun/base/utf.hpp"

using namespace topgun;

namespace {

void check_diagnostic(std::string_view text, const sql::Diagnostic& diagnostic) {
    TOPGUN_FUZZ_CHECK(!diagnostic.message.empty());
    TOPGUN_FUZZ_CHECK_WITH(diagnostic.offset <= text.size(), diagnostic.message);
    const auto shown = sql::render(text, diagnostic);
    TOPGUN_FUZZ_CHECK_WITH(is_utf8(shown), shown);
    for (const char c : shown) {
        TOPGUN_FUZZ_CHECK_WITH(c == '\n' || static_cast<unsigned char>(c) >= 0x20, shown);
    }
}

void check_statement(std::string_view text, sql::TextRange range) {
    const auto parsed = sql::parse_range(text, range);
    if (const auto* diagnostic = std::get_if<sql::Diagnostic>(&parsed)) {
        return check_diagnostic(text, *diagnostic);
    }
    const auto& statement = std::get<sql::ast::Statement>(parsed);
    TOPGUN_FUZZ_CHECK(statement.offset.at == range.begin);
    const auto printed = to_text(statement);
    const auto again = sql::parse_statements(printed);
    if (!again) {
        // Parentheses for each operand can make a deep tree too deep, and nothing else can fail.
        TOPGUN_FUZZ_CHECK_WITH(again.error().code() == Errc::limit,
                               printed + '\n' + again.error().text());
        return;
    }
    TOPGUN_FUZZ_CHECK_WITH(again->size() == 1 && again->front() == statement, printed);
    TOPGUN_FUZZ_CHECK_WITH(to_text(again->front()) == printed, printed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::view_of(data, size);
    const auto ranges = sql::split_statements(text);
    std::size_t end = 0;
    for (const auto range : ranges) {
        TOPGUN_FUZZ_CHECK(end <= range.begin && range.begin < range.end && range.end <= size);
        end = range.end;
        check_statement(text, range);
    }
    if (sql::statement_complete(text)) {
        // What is complete stays so, and what follows is a statement of its own.
        const auto more = sql::split_statements(std::string(text) + "\nnext");
        TOPGUN_FUZZ_CHECK(more.size() == ranges.size() + 1);
    }
    return 0;
}
