// SPDX-License-Identifier: Apache-2.0
// Runs all CLI cases below one folder: run_cli_cases TOPGUN-CLI TESTDATA FOLDER.
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

#include "case.hpp"

namespace fs = std::filesystem;
using topgun::test::CliCase;

namespace {

std::vector<fs::path> case_folders(const fs::path& folder) {
    std::vector<fs::path> found;
    for (const auto& item : fs::directory_iterator(folder)) {
        if (item.is_directory()) found.push_back(item.path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

bool passes(const fs::path& program, const fs::path& testdata, const fs::path& folder,
            bool update) {
    const auto name = folder.parent_path().filename().string() + '/' + folder.filename().string();
    std::vector<std::string> faults;
    try {
        faults = CliCase(program, testdata, folder).run(update);
    } catch (const std::exception& error) {
        faults.emplace_back(error.what());
    }
    for (const auto& fault : faults) std::cout << name << ": " << fault << '\n';
    return faults.empty();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: run_cli_cases TOPGUN-CLI TESTDATA FOLDER\n";
        return 2;
    }
    const char* update = std::getenv("TOPGUN_UPDATE_GOLDENS");
    const char* chosen = std::getenv("TOPGUN_CLI_CASE");
    int good = 0, bad = 0;
    for (const auto& folder : case_folders(argv[3])) {
        if (chosen != nullptr && folder.string().find(chosen) == std::string::npos) continue;
        const bool rewrite = update != nullptr && std::string_view(update) == "1";
        ++(passes(argv[1], argv[2], folder, rewrite) ? good : bad);
    }
    std::cout << good << " cases passed, " << bad << " failed\n";
    // A folder without cases proves nothing.
    return bad == 0 && (good > 0 || chosen != nullptr) ? 0 : 1;
}
