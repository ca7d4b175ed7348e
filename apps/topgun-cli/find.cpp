// SPDX-License-Identifier: Apache-2.0
// Finding programs: beside the front program first, so that two versions never mix.
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "front.hpp"

namespace topgun::cli::front {
namespace {

constexpr std::string_view kPrefix = "topgun-";

bool is_program(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> path_folders() {
    std::vector<std::string> folders;
    const char* path = std::getenv("PATH");
    std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
    while (!rest.empty()) {
        const auto end = rest.find(':');
        // An empty entry means the current folder, where a stranger may have left a program.
        if (end != 0) folders.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return folders;
}

bool is_known(std::string_view name) {
    const auto same = [name](const Entry& entry) { return entry.name == name; };
    return name == "cli" || std::any_of(commands().begin(), commands().end(), same) ||
           std::any_of(builtins().begin(), builtins().end(), same);
}

}  // namespace

std::string program_folder() {
    std::array<char, 4096> path{};
    const auto length = ::readlink("/proc/self/exe", path.data(), path.size());
    if (length <= 0 || static_cast<std::size_t>(length) == path.size()) return "";
    std::string folder(path.data(), static_cast<std::size_t>(length));
    return folder.substr(0, folder.rfind('/'));
}

std::string find_on_path(std::string_view program) {
    for (const auto& folder : path_folders()) {
        auto path = folder + '/' + std::string(program);
        if (is_program(path)) return path;
    }
    return "";
}

std::string find_program(std::string_view name) {
    // A name with a slash would leave the folders that programs may come from.
    if (name.empty() || name.find('/') != std::string_view::npos) return "";
    const auto program = std::string(kPrefix) + std::string(name);
    const auto folder = program_folder();
    if (!folder.empty()) {
        auto path = folder + '/' + std::string(libexec_from_bin()) + '/' + program;
        if (is_program(path)) return path;
    }
    return find_on_path(program);
}

std::vector<std::string> plug_ins() {
    std::vector<std::string> names;
    for (const auto& folder : path_folders()) {
        DIR* directory = ::opendir(folder.c_str());
        if (directory == nullptr) continue;
        while (const auto* item = ::readdir(directory)) {
            const std::string_view file = item->d_name;
            if (!file.starts_with(kPrefix) || is_known(file.substr(kPrefix.size()))) continue;
            if (is_program(folder + '/' + std::string(file))) {
                names.emplace_back(file.substr(kPrefix.size()));
            }
        }
        ::closedir(directory);
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace topgun::cli::front
