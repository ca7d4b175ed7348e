// SPDX-License-Identifier: Apache-2.0
// Source of the form: storage reference 11.4.
#include "index_files.hpp"

#include "topgun/serverfiles/log_check.hpp"

namespace topgun::pg {
namespace {

using maptable::Problem;

}  // namespace

Status IndexFiles::load(const std::string& path, const maptable::TableChecker::Found& found) {
    auto definitions = serverfiles::read_index_file(path);
    if (!definitions && definitions.error().code() != Errc::bad_input) {
        return std::move(definitions).error();
    }
    if (!definitions) {
        return found({Problem::index_file, {}, {}, false, definitions.error().text()});
    }
    for (auto& one : *definitions) {
        Definition definition{std::move(one.attribute), path};
        definition.dimension = static_cast<std::uint32_t>(one.dimension);
        maps_[one.map].definitions.push_back(std::move(definition));
    }
    return {};
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
            one.seen =
                one.seen || serverfiles::has_attribute(ValueView(entry.value), one.attribute);
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
