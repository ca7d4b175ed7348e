// SPDX-License-Identifier: Apache-2.0
#include "logger.hpp"

#include <array>

#include "topgun/base/time_source.hpp"
#include "topgun/value/json.hpp"

namespace topgun::cli {
namespace {

constexpr std::array kLevels = {"debug", "info", "warning", "error"};

std::string json_line(const net::LogEvent& event) {
    std::string out = "{\"ts\":" + std::to_string(system_time().now_ms()) + ",\"level\":\"";
    out += kLevels[static_cast<std::size_t>(event.level)];
    out += "\",\"message\":";
    append_json_string(event.message, out);
    for (const auto& [name, value] : event.fields) {
        out += ',';
        append_json_string(name, out);
        out += ':';
        append_json_string(value, out);
    }
    return out + '}';
}

std::string text_line(const net::LogEvent& event) {
    std::string out(event.message);
    for (std::size_t i = 0; i < event.fields.size(); ++i) {
        out += i == 0 ? ": " : ", ";
        out += std::string(event.fields[i].first) + ' ' + event.fields[i].second;
    }
    return out;
}

}  // namespace

void Logger::log(const net::LogEvent& event) {
    if (json_) {
        const bool wanted =
            event.level >= net::LogLevel::warning || io_.err.verbosity() != Verbosity::quiet;
        if (wanted) io_.err.plain(json_line(event) + "\n");
        return;
    }
    const auto line = text_line(event);
    switch (event.level) {
        case net::LogLevel::debug: return io_.err.detail(line);
        case net::LogLevel::info: return io_.err.note(line);
        case net::LogLevel::warning: return io_.err.warning(line);
        case net::LogLevel::error: return io_.err.error(line);
    }
}

}  // namespace topgun::cli
