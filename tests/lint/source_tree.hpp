// SPDX-License-Identifier: Apache-2.0
// The files of the source tree, for rules that look at each of them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace topgun::test {

struct SourceFile {
    std::string path;  ///< Relative to the top, with '/'.
    bool is(std::string_view extension) const { return path.ends_with(extension); }
    bool is_cpp() const { return is(".cpp") || is(".hpp"); }
    bool below(std::string_view folder) const { return path.starts_with(folder); }
    std::string content() const;
};

/// All files that belong to the project, sorted. Build folders and version control are left out.
const std::vector<SourceFile>& source_tree();

/// Whether a name at the top is a build folder or version control.
bool is_ignored(const std::string& top_level_name);

}  // namespace topgun::test
