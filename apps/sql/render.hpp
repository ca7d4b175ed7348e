// SPDX-License-Identifier: Apache-2.0
// Rows of a result as text: one class for each output mode, all behind one interface.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/output.hpp"
#include "topgun/sql/session.hpp"

namespace topgun::cli {

enum class OutputMode {
    table,
    box,
    expanded,
    csv,
    tsv,
    json,
    ndjson,
    markdown,
    html,
    insert,
    msgpack
};

/// The words of --output and .mode, in the order of the enumeration.
const std::vector<std::pair<std::string, OutputMode>>& output_modes();
std::string_view mode_name(OutputMode mode);

struct RenderOptions {
    OutputMode mode = OutputMode::table;
    bool header = true;                    ///< A line of column names, where the mode has one.
    std::optional<std::string> null_text;  ///< Instead of the mode's own.
    std::size_t columns_max = 0;           ///< Of the terminal; 0: rows are never cut.
    bool footer = false;                   ///< "(3 rows)", where the mode has one.
    bool expand_wide = false;  ///< A table wider than columns_max is shown expanded instead.
    std::string insert_table = "result";  ///< The table that mode insert names.
};

/// Shows one result. Calls come in the order begin, rows..., end. Write errors stay in the Output.
class Renderer {
public:
    virtual ~Renderer();
    virtual void begin(const std::vector<sql::ResultColumn>& columns) = 0;
    virtual void rows(const Batch& batch) = 0;
    virtual void end() = 0;
};

/// @param out  outlives the renderer.
std::unique_ptr<Renderer> make_renderer(const RenderOptions& options, Output& out);

/// Rows that modes with aligned columns look at before they settle the widths.
inline constexpr std::size_t kRowsToMeasure = 10'000;

// What make_renderer() chooses from.
std::unique_ptr<Renderer> make_grid_renderer(const RenderOptions& options, Output& out);
std::unique_ptr<Renderer> make_expanded_renderer(const RenderOptions& options, Output& out);
std::unique_ptr<Renderer> make_separated_renderer(const RenderOptions& options, Output& out);
std::unique_ptr<Renderer> make_json_renderer(const RenderOptions& options, Output& out);
std::unique_ptr<Renderer> make_markup_renderer(const RenderOptions& options, Output& out);
std::unique_ptr<Renderer> make_insert_renderer(const RenderOptions& options, Output& out);
std::unique_ptr<Renderer> make_msgpack_renderer(const RenderOptions& options, Output& out);

/// Names of columns with _2, _3 ... added where they occur again: keys of an object must differ.
std::vector<std::string> unique_names(const std::vector<sql::ResultColumn>& columns);

/// Appends a value as JSON: numbers with all their digits, JSON columns embedded, lists as arrays,
/// everything else as text. NaN and infinities, which JSON lacks, become text.
void append_json_value(const Column& column, std::size_t row, std::string& out);

/// "(1 row)", "(1,204 rows)".
std::string row_count_line(std::uint64_t rows);

}  // namespace topgun::cli
