// SPDX-License-Identifier: Apache-2.0
#include "export_manifest.hpp"

#include <array>
#include <charconv>

#include "topgun/value/json.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::pg {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::array kKinds{MapKind::lww, MapKind::or_map, MapKind::counter};

// One object a line, written member by member.
class Line {
public:
    template <typename Append>
    Line& member(std::string_view name, Append&& append) {
        text_ += text_.empty() ? "{" : ",";
        append_json_string(name, text_);
        text_ += ':';
        append(text_);
        return *this;
    }
    Line& text(std::string_view name, std::string_view value) {
        return member(name, [&](std::string& out) { append_json_string(value, out); });
    }
    Line& number(std::string_view name, std::uint64_t value) {
        return member(name, [&](std::string& out) { out += std::to_string(value); });
    }
    template <typename Range, typename Append>
    Line& list(std::string_view name, const Range& range, Append&& append) {
        return member(name, [&](std::string& out) {
            out += '[';
            for (const auto& element : range) {
                if (out.back() != '[') out += ',';
                append(element, out);
            }
            out += ']';
        });
    }
    Line& texts(std::string_view name, const std::vector<std::string>& values) {
        return list(name, values,
                    [](const auto& value, auto& out) { append_json_string(value, out); });
    }
    std::string end() && { return std::move(text_) + "}"; }

private:
    std::string text_;
};

std::string tally_line(const MapId& map, const MapTally& sums) {
    Line line;
    line.text("map", map.name).text("kind", map_kind_name(map.kind)).number("rows", sums.rows);
    return std::move(line.text("content", hex(sums.content))).end();
}

std::uint64_t number_of(const ValueView& object, std::string_view name) {
    const auto field = object.find(name);
    return field ? field->as_uint64().value_or(0) : 0;
}

std::string text_of(const ValueView& object, std::string_view name) {
    const auto field = object.find(name);
    return std::string(field ? field->as_string().value_or("") : "");
}

template <typename Visit>
void each_of(const ValueView& object, std::string_view name, Visit&& visit) {
    const auto field = object.find(name);
    if (field) field->for_each_element(std::forward<Visit>(visit));
}

std::vector<std::string> texts_of(const ValueView& object, std::string_view name) {
    std::vector<std::string> out;
    each_of(object, name,
            [&](const ValueView& text) { out.emplace_back(text.as_string().value_or("")); });
    return out;
}

std::uint64_t word_of(std::string_view hex_digits) {
    std::uint64_t out = 0;
    std::from_chars(hex_digits.data(), hex_digits.data() + hex_digits.size(), out, 16);
    return out;
}

void read_tally(const ValueView& line, Tally& tally) {
    MapId map{text_of(line, "map"), MapKind::lww};
    const auto kind = text_of(line, "kind");
    for (const auto known : kKinds) {
        if (map_kind_name(known) == kind) map.kind = known;
    }
    const auto content = text_of(line, "content") + std::string(32, '0');
    const std::string_view digits = content;
    tally.add(map, {number_of(line, "rows"),
                    {word_of(digits.substr(0, 16)), word_of(digits.substr(16, 16))}});
}

ExportTarget read_target(const ValueView& line) {
    ExportTarget out;
    out.database = text_of(line, "database");
    out.table = text_of(line, "table");
    out.relations = text_of(line, "relations");
    out.maps = texts_of(line, "maps");
    out.unit_blocks = number_of(line, "unitBlocks");
    return out;
}

ExportPart read_part(const ValueView& line) {
    ExportPart out;
    out.files = texts_of(line, "files");
    each_of(line, "units",
            [&](const ValueView& unit) { out.units.push_back(unit.as_uint64().value_or(0)); });
    out.read.rows = number_of(line, "rows");
    out.read.ops = number_of(line, "ops");
    out.read.skipped = number_of(line, "skipped");
    out.read.damaged = number_of(line, "damaged");
    out.read.damage = texts_of(line, "damage");
    each_of(line, "contents", [&](const ValueView& sums) { read_tally(sums, out.tally); });
    return out;
}

Status take_line(std::string_view text, bool first, ExportManifest& out) {
    auto value = parse_json(text);
    if (!value) return std::move(value).error();
    const ValueView line(*value);
    if (first) {
        const auto version = number_of(line, "export");
        if (version == 0) return Error(Errc::bad_input, "not the list of an export's parts");
        if (version > kVersion) {
            return Error(Errc::unsupported_version, "written by a newer version");
        }
        out.target = read_target(line);
    } else if (line.find("transaction")) {
        out.moments.push_back({number_of(line, "millis"), number_of(line, "transaction")});
    } else {
        if (out.moments.empty()) return Error(Errc::bad_input, "a part without a moment");
        out.parts.push_back(read_part(line));
        out.parts.back().moment = out.moments.size() - 1;
    }
    return {};
}

}  // namespace

std::string target_line(const ExportTarget& target) {
    Line line;
    line.number("export", kVersion).text("database", target.database).text("table", target.table);
    line.texts("maps", target.maps).text("relations", target.relations);
    return std::move(line.number("unitBlocks", target.unit_blocks)).end();
}

std::string moment_line(const ExportMoment& moment) {
    Line line;
    line.text("moment", format_utc(moment.millis)).number("millis", moment.millis);
    return std::move(line.number("transaction", moment.transaction)).end();
}

std::string part_line(const ExportPart& part) {
    Line line;
    line.texts("files", part.files).list("units", part.units, [](auto unit, auto& out) {
        out += std::to_string(unit);
    });
    line.number("rows", part.read.rows).number("ops", part.read.ops);
    line.number("skipped", part.read.skipped).number("damaged", part.read.damaged);
    line.texts("damage", part.read.damage);
    line.list("contents", part.tally.maps(),
              [](const auto& sums, auto& out) { out += tally_line(sums.first, sums.second); });
    return std::move(line).end();
}

Result<ExportManifest> parse_manifest(std::string_view text) {
    ExportManifest out;
    bool first = true;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) break;
        auto status = take_line(text.substr(0, end), std::exchange(first, false), out);
        if (!status) return std::move(status).error().within("line " + std::to_string(number));
        text.remove_prefix(end + 1);
    }
    if (first) return Error(Errc::bad_input, "not the list of an export's parts");
    return out;
}

}  // namespace topgun::pg
