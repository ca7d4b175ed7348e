// SPDX-License-Identifier: Apache-2.0
// Answers in sqllogictest's spelling, and their comparison with what a file expects.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slt_parser.hpp"
#include "topgun/sql/slt.hpp"

namespace topgun::sql::slt {

/// One value as a line. `letter` is the column's type in the file.
/// @param exact  text that is not ASCII stays as it is, instead of a @ for each byte.
std::string format_value(char letter, DataType type, const std::optional<std::string>& value,
                         bool exact);

/// The values of an answer as lines, sorted as the record asks.
std::vector<std::string> format_answer(const Record& record, const Answer& answer, bool exact);

/// "30 values hashing to 3c13dee48d9356ae19af2515e05e6b54".
std::string hash_line(const std::vector<std::string>& values);

/// Whether the file's results are what the database gave, in any of the forms that slt.hpp names.
bool agrees(const Record& record, const Answer& answer);

/// Whether an error's text has what the file asks for.
bool message_matches(const std::string& pattern, std::string_view message);

}  // namespace topgun::sql::slt
