// SPDX-License-Identifier: Apache-2.0
// How a shell behaves: what options set at the start and dot commands change later.
#pragma once

#include <optional>
#include <string>

#include "render.hpp"
#include "topgun/sql/session.hpp"

namespace topgun::cli {

enum class Expand { off, on, automatic };

struct Settings {
    OutputMode mode = OutputMode::table;
    bool header = true;
    std::optional<std::string> null_text;
    Expand expand = Expand::off;
    std::string insert_table = "result";
    bool timer = false;
    bool echo = false;
    bool bail = true;
    bool pager = true;
    std::optional<sql::Explain> explain;
    std::string to_format;  ///< Of what .save and --write make; empty: by name.
};

/// A terminal as large as it says it is, else as COLUMNS and LINES say, else 80 by 24.
struct Screen {
    bool is_terminal = false;
    std::size_t columns = 80, lines = 24;
};
Screen screen_of(int descriptor);

}  // namespace topgun::cli
