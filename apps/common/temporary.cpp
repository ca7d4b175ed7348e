// SPDX-License-Identifier: Apache-2.0
#include "temporary.hpp"

#include <cstdlib>
#include <filesystem>

namespace topgun::cli {

Result<std::string> temporary_folder() {
    std::error_code failed;
    const auto path = std::filesystem::temp_directory_path(failed);
    if (!failed) return path.string();
    const char* named = std::getenv("TMPDIR");
    return Error(Errc::not_found, "temporary files: " + std::string(named ? named : "/tmp") + ": " +
                                      failed.message() + "; set TMPDIR to a folder");
}

}  // namespace topgun::cli
