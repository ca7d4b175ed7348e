// SPDX-License-Identifier: Apache-2.0
#include "history_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "topgun/base/file.hpp"

namespace topgun::cli {

namespace fs = std::filesystem;

std::string history_path() {
    // A relative path in it is to be ignored, says the XDG specification.
    if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
        return std::string(state) + "/topgun/sql_history";
    }
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home != '/') return "";
    return std::string(home) + "/.local/state/topgun/sql_history";
}

std::vector<std::string> history_entries(std::string_view statement) {
    std::vector<std::string> lines;
    bool has_comment = false;
    for (std::size_t at = 0; at < statement.size();) {
        const auto end = std::min(statement.find('\n', at), statement.size());
        const auto line = statement.substr(at, end - at);
        at = end + 1;
        const auto first = line.find_first_not_of(" \t\r");
        if (first == std::string_view::npos) continue;
        const auto last = line.find_last_not_of(" \t\r");
        has_comment = has_comment || line.find("--") != std::string_view::npos;
        lines.emplace_back(line.substr(first, last + 1 - first));
    }
    if (has_comment || lines.size() < 2) return lines;
    std::string joined;
    for (const auto& line : lines) (joined += joined.empty() ? "" : " ") += line;
    return {joined};
}

std::vector<std::string> HistoryFile::load() const {
    std::vector<std::string> entries;
    if (path_.empty()) return entries;
    auto text = read_file(path_);
    if (!text) return entries;
    const bool too_long = text->size() > kBytesMax;
    std::string_view rest = *text;
    if (too_long) {
        rest.remove_prefix(rest.size() - kBytesMax);
        rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
    }
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        if (end > 0) entries.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const bool too_many = entries.size() > kEntriesMax;
    if (too_many) {
        entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(kEntriesMax));
    }
    // Twice the bound before it is cut, so that not every start rewrites the file.
    if (too_long || (too_many && text->size() > kBytesMax / 2)) {
        std::string kept;
        for (const auto& entry : entries) (kept += entry) += '\n';
        auto file = AtomicFile::create(path_);
        if (file && file->write(kept)) (void)file->commit();
    }
    return entries;
}

Status HistoryFile::add(const std::string& entry) const {
    if (path_.empty() || entry.empty()) return {};
    std::error_code failed;
    fs::create_directories(fs::path(path_).parent_path(), failed);
    const int file = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return Error(Errc::io, path_ + ": " + std::strerror(errno));
    const auto line = entry + '\n';
    const auto written = ::write(file, line.data(), line.size());
    ::close(file);
    if (written == static_cast<ssize_t>(line.size())) return {};
    return Error(Errc::io, path_ + ": cannot write");
}

}  // namespace topgun::cli
