// SPDX-License-Identifier: Apache-2.0
// Evaluates constant expressions without the binder: what tests of functions are written with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace topgun::test {

/// An expression and the text of its value: "NULL" for NULL, "error: ..." for what fails; for a
/// function that returns rows its rows, "1|a; 2|b".
struct Expected {
    std::string_view sql;
    std::string_view text;
};

/// The value of an expression of literals, casts, operators and calls.
std::string evaluate(std::string_view sql);

void check_values(const std::vector<Expected>& cases);

}  // namespace topgun::test
