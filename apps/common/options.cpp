// SPDX-License-Identifier: Apache-2.0
// Shared options: spelling, help text and the reading of their values.
#include "common/options.hpp"

#include <charconv>
#include <limits>

#include "common/text.hpp"

namespace topgun::cli {
namespace {

const std::vector<std::string> kWritten = {"tgs", "tgl", "dir", "msgpack", "ndjson", "json", "csv"};
const std::vector<std::string> kRead = {"tgs", "tgl",  "dir",  "msgpack", "ndjson", "json",
                                        "csv", "dump", "redb", "wal",     "sqlite"};

// Greater than every node id, because 0xff never occurs in UTF-8.
constexpr const char* kAfterAllNodes = "\xff";

template <typename Number>
bool parse_whole(std::string_view text, Number& out) {
    const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
    return !text.empty() && result.ec == std::errc() && result.ptr == text.data() + text.size();
}

struct Unit {
    std::string_view suffix;
    std::uint64_t factor;
};

// A number followed by one of the units; nullopt when it is none, or beyond 64 bits.
template <std::size_t N>
std::optional<std::uint64_t> parse_with_unit(std::string_view text, const Unit (&units)[N]) {
    const auto digits = text.find_first_not_of("0123456789");
    const auto suffix = digits == std::string_view::npos ? "" : text.substr(digits);
    for (const auto& unit : units) {
        std::uint64_t number = 0;
        if (suffix != unit.suffix || !parse_whole(text.substr(0, digits), number)) continue;
        if (number > std::numeric_limits<std::uint64_t>::max() / unit.factor) return std::nullopt;
        return number * unit.factor;
    }
    return std::nullopt;
}

// Hands a value that the reader refuses back to CLI11, which ends in status 2 with the option
// named.
template <typename Value, typename Target>
CLI::Option* add_parsed_option(CLI::App& app, const std::string& names, Target& target,
                               Result<Value> (*parse)(std::string_view), const char* value_name,
                               const std::string& description) {
    auto assign = [&target, parse, names](const std::string& text) {
        auto value = parse(text);
        if (!value) throw CLI::ValidationError(names, value.error().text());
        target = std::move(*value);
    };
    return app.add_option_function<std::string>(names, std::move(assign), description)
        ->type_name(value_name);
}

}  // namespace

CLI::Option* add_json_option(CLI::App& app, bool& json) {
    return app.add_flag("--json", json, "Print one JSON object instead of text");
}

CLI::Option* add_ndjson_option(CLI::App& app, bool& ndjson, const std::string& what) {
    return app.add_flag("--ndjson", ndjson, "Print JSON lines: " + what);
}

CLI::Option* add_format_option(CLI::App& app, const std::string& name, std::string& format,
                               const std::string& description) {
    return app.add_option(name, format, description)
        ->type_name("FORMAT")
        ->check(CLI::IsMember(kWritten));
}

void add_source_options(CLI::App& app, SourceOptions& options) {
    app.add_option("--format", options.format,
                   "Read every source as this format, whatever its content and name say")
        ->type_name("FORMAT")
        ->check(CLI::IsMember(kRead));
    add_repeatable_option(app, "-m,--map", options.maps, "Only this map; may be repeated", "MAP");
}

CLI::Option* add_source_argument(CLI::App& app, const std::string& name, std::string& path,
                                 const std::string& description) {
    return app.add_option(name, path, description)->type_name("SOURCE")->required();
}

CLI::Option* add_source_arguments(CLI::App& app, const std::string& name,
                                  std::vector<std::string>& paths, const std::string& description) {
    return app.add_option(name, paths, description)->type_name("SOURCE")->required();
}

CLI::Option* add_output_option(CLI::App& app, std::string& path, const std::string& description) {
    return add_file_option(app, "-o,--output", path, description);
}

CLI::Option* add_file_option(CLI::App& app, const std::string& names, std::string& path,
                             const std::string& description) {
    return app.add_option(names, path, description)->type_name("FILE");
}

CLI::Option* add_repeatable_option(CLI::App& app, const std::string& names,
                                   std::vector<std::string>& values, const std::string& description,
                                   const std::string& value_name) {
    return app.add_option(names, values, description)
        ->type_name(value_name)
        ->allow_extra_args(false);
}

CLI::Option* add_dry_run_option(CLI::App& app, bool& dry_run) {
    return app.add_flag("-n,--dry-run", dry_run, "Say what would be done, and write nothing");
}

CLI::Option* add_moment_option(CLI::App& app, const std::string& names,
                               std::optional<Timestamp>& moment, const std::string& description) {
    return add_parsed_option(app, names, moment, parse_moment, "MOMENT", description);
}

CLI::Option* add_duration_option(CLI::App& app, const std::string& names, std::uint64_t& millis,
                                 const std::string& description) {
    return add_parsed_option(app, names, millis, parse_duration, "DURATION", description);
}

CLI::Option* add_count_option(CLI::App& app, const std::string& names, std::uint64_t& count,
                              const std::string& description) {
    return add_parsed_option(app, names, count, parse_count, "COUNT", description);
}

Result<Timestamp> parse_moment(std::string_view text) {
    std::uint64_t millis = 0;
    if (parse_whole(text, millis)) {
        if (millis <= kMaxMillis) return Timestamp(millis, kMaxCounter, kAfterAllNodes);
        return Error(Errc::usage, "milliseconds above 2^53 - 1");
    }
    // Only a date has a '-' after the year; node ids come after two colons.
    if (text.size() > 4 && text[4] == '-') {
        auto time = parse_utc(text);
        if (time) return Timestamp(*time, kMaxCounter, kAfterAllNodes);
        return Error(Errc::usage, time.error().text());
    }
    if (text.find(':') == std::string_view::npos) {
        return Error(Errc::usage, "'" + printable(text.substr(0, 64)) +
                                      "': expected a UTC time such as 2026-01-31T12:00:00Z, a "
                                      "timestamp millis:counter:node, or milliseconds since 1970");
    }
    auto stamp = parse_timestamp(text);
    if (!stamp) return Error(Errc::usage, stamp.error().text());
    return stamp;
}

Result<std::uint64_t> parse_duration(std::string_view text) {
    static constexpr Unit kUnits[] = {{"", 1},       {"ms", 1},        {"s", 1000},
                                      {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
    if (const auto millis = parse_with_unit(text, kUnits)) return *millis;
    return Error(Errc::usage,
                 "'" + std::string(text) + "' is no duration such as 250ms, 60s, 5m, 2h");
}

Result<std::uint64_t> parse_count(std::string_view text) {
    static constexpr Unit kUnits[] = {{"", 1}, {"k", 1000}, {"M", 1'000'000}, {"G", 1'000'000'000}};
    std::string digits(text);
    std::erase(digits, '_');
    if (const auto count = parse_with_unit(digits, kUnits)) return *count;
    return Error(Errc::usage, "'" + std::string(text) + "' is no count such as 1000, 250k, 1M");
}

Result<ChosenOutput> ChosenOutput::open(const std::string& path, Streams io) {
    ChosenOutput chosen(io.out);
    if (path.empty() || path == "-") return chosen;
    auto file = Output::file(path);
    if (!file) return std::move(file).error();
    chosen.file_ = std::move(*file);
    return chosen;
}

Status ChosenOutput::finish() {
    if (file_) return file_->finish();
    return {};
}

}  // namespace topgun::cli
