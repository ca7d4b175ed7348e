// SPDX-License-Identifier: Apache-2.0
// What the Tab key offers: words that fit where the cursor stands. No terminal is needed here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topgun/sql/session.hpp"

namespace topgun::cli {

/// What there is to be named.
struct CompletionWords {
    std::vector<sql::TableInfo> tables;
    std::vector<std::string> functions;
};

struct Completion {
    std::size_t replaced = 0;             ///< Bytes before the cursor that a candidate replaces.
    std::vector<std::string> candidates;  ///< Sorted, each once.
};

/// Candidates for the word that ends at the end of `line`. Columns of tables that the statement
/// names come first when there are any; names that need quotes get them.
/// @param before  earlier lines of the same statement.
Completion complete(std::string_view before, std::string_view line, const CompletionWords& words);

/// What all candidates begin with.
std::string common_prefix(const std::vector<std::string>& candidates);

/// Candidates side by side in columns, for a terminal `columns_max` wide.
std::string columns_of_words(const std::vector<std::string>& words, std::size_t columns_max);

}  // namespace topgun::cli
