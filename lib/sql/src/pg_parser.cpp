// SPDX-License-Identifier: Apache-2.0
#include "pg_parser.hpp"

#include <pg_query.h>

#include <memory>

#include "topgun/base/utf.hpp"

namespace topgun::sql {

namespace {

// The library counts characters from 1; 0 stands for no place.
std::optional<std::size_t> offset_of(std::string_view statement, int character) {
    if (character <= 0) return std::nullopt;
    std::size_t at = 0;
    for (int i = 1; i < character && at < statement.size(); ++i) {
        at += decode_utf8(statement.substr(at)).length;
    }
    return at;
}

struct FreeResult {
    PgQueryParseResult& result;
    ~FreeResult() { pg_query_free_parse_result(result); }
};

}  // namespace

PgParse pg_parse(std::string_view statement) {
    auto result = pg_query_parse(std::string(statement).c_str());
    const FreeResult free_result{result};
    PgParse parse;
    if (result.error != nullptr) {
        parse.failure =
            PgParse::Failure{result.error->message, offset_of(statement, result.error->cursorpos)};
    } else {
        parse.json = result.parse_tree;
    }
    return parse;
}

}  // namespace topgun::sql
