// SPDX-License-Identifier: Apache-2.0
#include "sound_part.hpp"

#include <string>

#include "topgun/value/json.hpp"

namespace topgun::maptable {
namespace {

// By the same reader as whole rows: as the only one of its list.
bool is_sound(std::string_view before, const ValueView& element) {
    std::string json(before);
    if (!append_plain_json(element.bytes(), json)) return false;
    json += "]}";
    JsonbRow alone;
    alone.map = alone.key = "-";
    alone.value = json;
    alone.node = kOrMapNode;
    RowOps reader;
    return static_cast<bool>(reader.read(alone));
}

}  // namespace

std::optional<SoundElements> sound_elements(const TableRow& row) {
    if (row.node != kOrMapNode || !row.value) return std::nullopt;
    const auto parsed = parse_plain_json(*row.value);
    if (!parsed) return std::nullopt;
    const ValueView value(*parsed);
    if (value.kind() != msgpack::Kind::map) return std::nullopt;
    const auto type = value.find("type");
    const auto word = type ? type->as_string() : std::nullopt;
    if (word != "OR" && word != "OR_TOMBSTONES") return std::nullopt;
    SoundElements out;
    out.list = word == "OR" ? "records" : "tags";
    const std::string_view before =
        word == "OR" ? R"({"type":"OR","records":[)" : R"({"type":"OR_TOMBSTONES","tags":[)";
    const auto list = value.find(out.list);
    if (!list || list->kind() != msgpack::Kind::array) return std::nullopt;
    std::size_t place = 0;
    list->for_each_element([&](const ValueView& element) {
        ++place;
        if (is_sound(before, element)) out.kept.push_back(place);
    });
    if (out.kept.empty()) return std::nullopt;
    return out;
}

}  // namespace topgun::maptable
