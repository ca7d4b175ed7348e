// SPDX-License-Identifier: Apache-2.0
#include "topgun/schema/schema_provider.hpp"

#include <mutex>

#include "schema_json.hpp"
#include "topgun/base/file.hpp"

namespace topgun {

SchemaProvider::~SchemaProvider() = default;

std::vector<std::string> validate_write(const SchemaProvider& schemas, std::string_view map,
                                        BytesView value) {
    if (value.empty() || ValueView(value).is_nil()) return {};
    const auto schema = schemas.find(map);
    return schema ? schema->validate(ValueView(value)) : std::vector<std::string>();
}

std::shared_ptr<const SchemaValidator> SchemaTable::find(std::string_view map) const {
    const std::shared_lock lock(mutex_);
    const auto found = schemas_.find(map);
    return found == schemas_.end() ? nullptr : found->second;
}

Status SchemaTable::set(std::string map, MapSchema schema) {
    auto compiled = SchemaValidator::compile(std::move(schema));
    if (!compiled) return std::move(compiled).error().within("map '" + map + "'");
    const std::lock_guard lock(mutex_);
    schemas_.insert_or_assign(std::move(map), std::move(*compiled));
    return {};
}

bool SchemaTable::remove(std::string_view map) {
    const std::lock_guard lock(mutex_);
    const auto found = schemas_.find(map);
    if (found == schemas_.end()) return false;
    schemas_.erase(found);
    return true;
}

std::vector<std::string> SchemaTable::maps() const {
    const std::shared_lock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, schema] : schemas_) names.push_back(name);
    return names;
}

Status add_schemas(std::string_view json, SchemaTable& table) {
    auto parsed = schema::parse_schemas(json);
    if (!parsed) return std::move(parsed).error();
    for (const auto& [map, schema] : *parsed) {
        auto compiled = SchemaValidator::compile(schema);
        if (!compiled) return std::move(compiled).error().within("map '" + map + "'");
    }
    for (auto& [map, schema] : *parsed) TOPGUN_TRY(table.set(std::move(map), std::move(schema)));
    return {};
}

Status load_schema_file(const std::string& path, SchemaTable& table) {
    constexpr std::uint64_t kLargestFile = std::uint64_t{64} << 20;
    auto bytes = read_file(path, kLargestFile);
    if (!bytes) return std::move(bytes).error();
    auto added = add_schemas(*bytes, table);
    if (!added) return std::move(added).error().within(path);
    return {};
}

}  // namespace topgun
