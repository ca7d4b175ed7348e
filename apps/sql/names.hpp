// SPDX-License-Identifier: Apache-2.0
// Words of the command line: sources and their schemas, parameters, sizes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"

namespace topgun::cli {

/// "NAME=PATH" or "PATH".
struct NamedPath {
    std::string name;  ///< Empty when none was given.
    std::string path;
};
/// A name is an identifier; "./a=b.tgs" is a path.
NamedPath parse_named_path(const std::string& text);

/// A schema's name for a path: the file name without extension, lower case, as an identifier that
/// needs no quotes. "Nightly 2024.tgs" is nightly_2024, "-" is stdin.
std::string schema_name(const std::string& path);

/// `name`, or name_2, name_3 ... when it is among those taken.
std::string free_name(const std::string& name, const std::vector<std::string>& taken);

struct Parameter {
    std::int32_t number = 0;  ///< 0: the next one.
    std::string text;
};
/// "3=text" or "text". Errors: usage for a number out of range.
Result<Parameter> parse_parameter(const std::string& text);
/// 1 to 65535, as PostgreSQL's wire allows. Errors: usage.
Result<std::int32_t> parse_parameter_number(std::string_view text);

/// "2", "0.5": seconds as milliseconds. Errors: usage.
Result<std::uint64_t> parse_seconds(std::string_view text);

}  // namespace topgun::cli
