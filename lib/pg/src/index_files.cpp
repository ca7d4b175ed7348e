// SPDX-License-Identifier: Apache-2.0
// Source of the form: storage reference 11.4.
#include "index_files.hpp"

#include "topgun/base/file.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::pg {
namespace {

using maptable::Problem;

constexpr std::uint64_t kFileMax = std::uint64_t{16} << 20;

// An attribute may be a path: "address.city".
bool has_attribute(ValueView value, std::string_view attribute) {
    if (value.find(attribute)) return true;
    const auto dot = attribute.find('.');
    if (dot == std::string_view::npos) return false;
    const auto inner = value.find(attribute.substr(0, dot));
    return inner && has_attribute(*inner, attribute.substr(dot + 1));
}

}  // namespace

Status IndexFiles::load(const std::string& path, const maptable::TableChecker::Found& found) {
    const auto say = [&](std::string what) {
        return found({Problem::index_file, {}, {}, false, path + ": " + std::move(what)});
    };
    auto text = read_file(path, kFileMax);
    if (!text) return std::move(text).error();
    auto value = parse_plain_json(*text);
    if (!value) return say(value.error().text());
    const ValueView list(*value);
    if (list.kind() != msgpack::Kind::array) return say("is no list of definitions");
    Status status;
    list.for_each_element([&](const ValueView& element) {
        if (!status) return;
        const auto map = element.find("mapName").value_or(ValueView()).as_string();
        const auto attribute = element.find("attribute").value_or(ValueView()).as_string();
        if (!map || !attribute) {
            status = say("a definition without mapName or attribute");
            return;
        }
        Definition definition{std::string(*attribute), path};
        const auto dimension = element.find("dimension").value_or(ValueView()).as_uint64();
        definition.dimension = static_cast<std::uint32_t>(dimension.value_or(0));
        maps_[std::string(*map)].definitions.push_back(std::move(definition));
    });
    return status;
}

std::unordered_map<std::string, std::uint32_t> IndexFiles::dimensions() const {
    std::unordered_map<std::string, std::uint32_t> out;
    for (const auto& [map, defined] : maps_) {
        for (const auto& one : defined.definitions) {
            if (one.dimension != 0) out.emplace(map, one.dimension);
        }
    }
    return out;
}

void IndexFiles::see(const maptable::CheckedRow& checked) {
    const auto map = maps_.find(checked.row.map);
    if (map == maps_.end()) return;
    map->second.seen = true;
    if (checked.record == nullptr) return;
    for (auto& one : map->second.definitions) {
        for (const auto& entry : checked.record->entries) {
            one.seen = one.seen || has_attribute(ValueView(entry.value), one.attribute);
        }
    }
}

Status IndexFiles::finish(const maptable::TableChecker::Found& found) const {
    for (const auto& [map, defined] : maps_) {
        for (const auto& one : defined.definitions) {
            if (one.seen) continue;
            TOPGUN_TRY(
                found({Problem::index_file,
                       map,
                       {},
                       false,
                       one.path + ": " +
                           (defined.seen ? "no record has the attribute '" + one.attribute + "'"
                                         : std::string("there is no such map"))}));
        }
    }
    return {};
}

}  // namespace topgun::pg
