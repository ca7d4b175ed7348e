// SPDX-License-Identifier: Apache-2.0
#include "common/size_option.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "common/text.hpp"

namespace topgun::cli {

Result<std::uint64_t> parse_size(std::string_view text) {
    struct Unit {
        std::string_view suffix;
        int shift;
    };
    static constexpr Unit kUnits[] = {{"", 0},     {"B", 0},    {"k", 10},   {"K", 10},
                                      {"kB", 10},  {"KB", 10},  {"KiB", 10}, {"M", 20},
                                      {"MB", 20},  {"MiB", 20}, {"G", 30},   {"GB", 30},
                                      {"GiB", 30}, {"T", 40},   {"TB", 40},  {"TiB", 40}};
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    std::uint64_t number = 0;
    for (const auto& unit : kUnits) {
        const auto read = std::from_chars(text.data(), text.data() + end, number);
        if (text.substr(end) != unit.suffix || read.ec != std::errc()) continue;
        if (number > std::numeric_limits<std::uint64_t>::max() >> unit.shift) break;
        return number << unit.shift;
    }
    return Error(Errc::usage, "'" + printable(text.substr(0, 64)) + "' is no size such as 256M");
}

CLI::Option* add_size_option(CLI::App& app, const std::string& names, std::uint64_t& bytes,
                             const std::string& description) {
    auto assign = [&bytes, names](const std::string& text) {
        auto size = parse_size(text);
        if (!size) throw CLI::ValidationError(names, size.error().text());
        bytes = *size;
    };
    return app.add_option_function<std::string>(names, std::move(assign), description)
        ->type_name("SIZE");
}

}  // namespace topgun::cli
