// SPDX-License-Identifier: Apache-2.0
// What was typed in earlier sessions: one file under the user's state folder, nowhere else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"

namespace topgun::cli {

/// $XDG_STATE_HOME/topgun/sql_history, or below ~/.local/state; empty when there is no home.
std::string history_path();

/// A statement as lines of history: one, unless a line comment would swallow what follows it.
std::vector<std::string> history_entries(std::string_view statement);

/// The file: an entry a line, oldest first, readable by its owner alone. Several sessions may add
/// to it at once.
class HistoryFile {
public:
    static constexpr std::size_t kEntriesMax = 1000;
    static constexpr std::size_t kBytesMax = std::size_t{1} << 20;

    /// @param path  "" for a history that is kept nowhere.
    explicit HistoryFile(std::string path) : path_(std::move(path)) {}
    /// The last kEntriesMax entries; a file that has grown beyond the bounds is cut to them.
    /// A missing file is an empty one.
    std::vector<std::string> load() const;
    /// Errors: io. Makes the folder and the file where needed.
    Status add(const std::string& entry) const;

private:
    std::string path_;
};

}  // namespace topgun::cli
