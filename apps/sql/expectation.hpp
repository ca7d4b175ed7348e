// SPDX-License-Identifier: Apache-2.0
// --expect: a rule about the number of rows, which makes a query a gate.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"

namespace topgun::cli {

/// Comparisons of n, joined by `and` and `or` (`and` binds closer).
class Expectation {
public:
    /// "n < 10", "n >= 1 and n <= 5 or n = 100". Operators: = == <> != < <= > >=.
    /// Errors: usage, with the place.
    static Result<Expectation> parse(std::string_view text);

    bool holds(std::uint64_t rows) const;
    const std::string& text() const noexcept { return text_; }

private:
    enum class Operator { equal, unequal, less, less_or_equal, greater, greater_or_equal };
    struct Comparison {
        Operator op;
        std::uint64_t number;
        bool holds(std::uint64_t rows) const;
    };
    std::string text_;
    std::vector<std::vector<Comparison>> any_of_all_;
};

}  // namespace topgun::cli
