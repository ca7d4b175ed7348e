// SPDX-License-Identifier: Apache-2.0
// Options that several commands share, so that they are spelled and behave alike everywhere.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/streams.hpp"
#include "topgun/base/error.hpp"
#include "topgun/clock/timestamp.hpp"

namespace topgun::cli {

/// --help's heading for options that every command has.
inline constexpr const char* kCommonGroup = "Common options";

/// --json: one JSON object instead of text. Write it with JsonWriter::begin_report().
CLI::Option* add_json_option(CLI::App& app, bool& json);
/// --ndjson: one JSON object per line. @param what  "one object per key that differs".
CLI::Option* add_ndjson_option(CLI::App& app, bool& ndjson, const std::string& what);

/// How the sources of a command are to be read.
struct SourceOptions {
    std::string format;             ///< --format, "" to find out by content and name.
    std::vector<std::string> maps;  ///< --map, empty for all.
};
/// --format and --map (repeatable).
void add_source_options(CLI::App& app, SourceOptions& options);
/// --format alone, for a command that does not choose maps.
CLI::Option* add_format_option(CLI::App& app, const std::string& name, std::string& format,
                               const std::string& description);

/// A required argument that names a source; "-" is standard input.
CLI::Option* add_source_argument(CLI::App& app, const std::string& name, std::string& path,
                                 const std::string& description);
/// As above, one or more of them. Must be the last argument.
CLI::Option* add_source_arguments(CLI::App& app, const std::string& name,
                                  std::vector<std::string>& paths, const std::string& description);
/// -o, --output FILE; "-" is standard output.
CLI::Option* add_output_option(CLI::App& app, std::string& path, const std::string& description);
/// Any other option that takes the name of a file, with completion: --report FILE.
CLI::Option* add_file_option(CLI::App& app, const std::string& names, std::string& path,
                             const std::string& description);
/// An option that may be given several times, one value each. (CLI11's own add_option for a vector
/// would swallow the arguments that follow.)
CLI::Option* add_repeatable_option(CLI::App& app, const std::string& names,
                                   std::vector<std::string>& values, const std::string& description,
                                   const std::string& value_name = "TEXT");
/// --dry-run, -n.
CLI::Option* add_dry_run_option(CLI::App& app, bool& dry_run);

/// An option that takes a moment, read by parse_moment(): --until, --at.
CLI::Option* add_moment_option(CLI::App& app, const std::string& names,
                               std::optional<Timestamp>& moment, const std::string& description);
/// An option that takes a duration, read by parse_duration(): --max-drift 60s.
CLI::Option* add_duration_option(CLI::App& app, const std::string& names, std::uint64_t& millis,
                                 const std::string& description);
/// An option that takes a count such as 1000000, 1_000_000, 250k or 1M (powers of 1000).
CLI::Option* add_count_option(CLI::App& app, const std::string& names, std::uint64_t& count,
                              const std::string& description);

/// An option with a fixed set of words. --help and completions list them.
template <typename Value>
CLI::Option* add_choice_option(CLI::App& app, const std::string& names, Value& value,
                               std::vector<std::pair<std::string, Value>> choices,
                               const std::string& description) {
    std::vector<std::string> words;
    for (const auto& choice : choices) words.push_back(choice.first);
    auto assign = [&value, choices = std::move(choices)](const std::string& word) {
        for (const auto& choice : choices) {
            if (choice.first == word) value = choice.second;
        }
    };
    return app.add_option_function<std::string>(names, std::move(assign), description)
        ->type_name("WORD")
        ->check(CLI::IsMember(std::move(words)));
}

/// A moment as users write it: "millis:counter:node", milliseconds alone, or a time as parse_utc()
/// reads it. Without counter and node it means the end of that millisecond, so that "until" and
/// "at" include everything stamped within it. Errors: usage.
Result<Timestamp> parse_moment(std::string_view text);
/// "250ms", "60s", "5m", "2h", "7d"; digits alone are milliseconds. Errors: usage.
Result<std::uint64_t> parse_duration(std::string_view text);
/// "1000", "1_000", "250k", "1M", "2G". Errors: usage.
Result<std::uint64_t> parse_count(std::string_view text);

/// Where -o says: a file that is complete or absent, or standard output for "-" and "".
class ChosenOutput {
public:
    /// @param io  outlives the object. Errors: not_found, io.
    static Result<ChosenOutput> open(const std::string& path, Streams io);

    Output& operator*() noexcept { return file_ ? *file_ : *standard_; }
    Output* operator->() noexcept { return &**this; }
    bool is_standard_output() const noexcept { return !file_; }
    /// For a file, makes it appear under its name; without this call it never does.
    /// Standard output is finished by run_command().
    Status finish();

private:
    explicit ChosenOutput(Output& standard) noexcept : standard_(&standard) {}
    Output* standard_;
    std::optional<Output> file_;
};

}  // namespace topgun::cli
