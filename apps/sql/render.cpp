// SPDX-License-Identifier: Apache-2.0
#include "render.hpp"

#include <set>

#include "common/text.hpp"

namespace topgun::cli {

Renderer::~Renderer() = default;

const std::vector<std::pair<std::string, OutputMode>>& output_modes() {
    static const std::vector<std::pair<std::string, OutputMode>> modes = {
        {"table", OutputMode::table},       {"box", OutputMode::box},
        {"expanded", OutputMode::expanded}, {"csv", OutputMode::csv},
        {"tsv", OutputMode::tsv},           {"json", OutputMode::json},
        {"ndjson", OutputMode::ndjson},     {"markdown", OutputMode::markdown},
        {"html", OutputMode::html},         {"insert", OutputMode::insert},
        {"msgpack", OutputMode::msgpack}};
    return modes;
}

std::string_view mode_name(OutputMode mode) {
    return output_modes()[static_cast<std::size_t>(mode)].first;
}

std::unique_ptr<Renderer> make_renderer(const RenderOptions& options, Output& out) {
    switch (options.mode) {
        case OutputMode::table:
        case OutputMode::box: return make_grid_renderer(options, out);
        case OutputMode::expanded: return make_expanded_renderer(options, out);
        case OutputMode::csv:
        case OutputMode::tsv: return make_separated_renderer(options, out);
        case OutputMode::json:
        case OutputMode::ndjson: return make_json_renderer(options, out);
        case OutputMode::markdown:
        case OutputMode::html: return make_markup_renderer(options, out);
        case OutputMode::insert: return make_insert_renderer(options, out);
        case OutputMode::msgpack: return make_msgpack_renderer(options, out);
    }
    TOPGUN_ASSERT(false, "every mode has a renderer");
}

std::vector<std::string> unique_names(const std::vector<sql::ResultColumn>& columns) {
    std::vector<std::string> names;
    std::set<std::string> taken;
    for (const auto& column : columns) {
        auto name = column.name;
        for (unsigned n = 2; !taken.insert(name).second; ++n) {
            name = column.name + '_' + std::to_string(n);
        }
        names.push_back(std::move(name));
    }
    return names;
}

std::string row_count_line(std::uint64_t rows) {
    return '(' + counted(rows, "row", "rows") + ')';
}

}  // namespace topgun::cli
