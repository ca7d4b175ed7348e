// SPDX-License-Identifier: Apache-2.0
// f(a => 1): which place an argument has that is given by its name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace topgun::sql {

/// An argument of a function as PostgreSQL declares it.
struct NamedArgument {
    std::string_view name;
    std::string_view otherwise;  ///< Its default as SQL writes a literal; empty for none.
};

/// The arguments of the function's version that has all of these names; empty when there is none.
std::vector<NamedArgument> named_arguments(std::string_view function,
                                           const std::vector<std::string>& names);

}  // namespace topgun::sql
