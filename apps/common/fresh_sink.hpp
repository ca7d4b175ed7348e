// SPDX-License-Identifier: Apache-2.0
// A refusal to mix what a command makes with what is there already.
#pragma once

#include <filesystem>
#include <string>

#include "topgun/source/source.hpp"

namespace topgun::cli {

/// Writing a state into a data directory merges it with the directory's own. A command whose output
/// must not do that refuses a directory that holds anything. Files are replaced, so they never mix.
/// Errors: already_exists.
inline Status require_fresh_sink(const std::string& path, Format format) {
    std::error_code ignored;
    if (format != Format::data_directory || !std::filesystem::exists(path, ignored) ||
        std::filesystem::is_empty(path, ignored)) {
        return {};
    }
    return Error(Errc::already_exists, path + ": is not empty; name a new directory");
}

}  // namespace topgun::cli
