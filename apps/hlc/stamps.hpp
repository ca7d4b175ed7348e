// SPDX-License-Identifier: Apache-2.0
// Timestamps given at the prompt or on standard input, and what can be said about one.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json_writer.hpp"
#include "common/line_reader.hpp"
#include "common/streams.hpp"
#include "topgun/clock/timestamp.hpp"

namespace topgun::cli {

/// One word to work on, and where it came from: "argument 2", "standard input, line 7".
struct Input {
    std::string text;
    std::string where;
};

/// The words of a command line in which "-" stands for the lines of standard input.
class Inputs {
public:
    explicit Inputs(const std::vector<std::string>& words) : words_(words) {}
    /// The next word, or nullopt at the end. Empty lines are passed over. Errors: io, limit.
    Result<std::optional<Input>> next();

private:
    const std::vector<std::string>& words_;
    std::size_t at_ = 0;
    LineReader lines_;
};

/// Parses a timestamp; the error names the place and the column.
Result<Timestamp> parse_input(const Input& input);

/// Column, from 1, at which `text` stops being a timestamp. @pre parse_stamp(text) fails.
std::size_t bad_column(std::string_view text);

void print_stamp(Output& out, const Stamp& stamp);
/// All fields as members of the object that is open.
void write_stamp(JsonWriter& json, const Stamp& stamp);

}  // namespace topgun::cli
