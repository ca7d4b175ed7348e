// SPDX-License-Identifier: Apache-2.0
// Where the schemas of maps come from: a seam, a table in memory, and a file that fills it.
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/schema/schema.hpp"

namespace topgun {

/// Threads: find() may be called from any thread.
class TOPGUN_API SchemaProvider {
public:
    virtual ~SchemaProvider();
    /// The map's schema, or null: then everything is valid. Shared, because it may be replaced
    /// while somebody validates.
    virtual std::shared_ptr<const SchemaValidator> find(std::string_view map) const = 0;
};

/// Errors of a value that is to be written to a map; empty when it may be. Removals, which have no
/// bytes, and null are valid in every map.
TOPGUN_API std::vector<std::string> validate_write(const SchemaProvider& schemas,
                                                   std::string_view map, BytesView value);

/// Schemas by map name. Threads: synchronised.
class TOPGUN_API SchemaTable final : public SchemaProvider {
public:
    std::shared_ptr<const SchemaValidator> find(std::string_view map) const override;
    /// Sets or replaces a schema. Errors: those of compiling it; then the old one stays.
    Status set(std::string map, MapSchema schema);
    /// False when there was none.
    bool remove(std::string_view map);
    /// Names of maps with a schema, sorted.
    std::vector<std::string> maps() const;

private:
    mutable std::shared_mutex mutex_;
    std::map<std::string, std::shared_ptr<const SchemaValidator>, std::less<>> schemas_;
};

/// Parses {"<map>": <schema>, ...} and adds all of them, or on an error none.
TOPGUN_API Status add_schemas(std::string_view json, SchemaTable& table);
/// The same from a file of at most 64 MiB. Errors name the file, and those of reading it.
TOPGUN_API Status load_schema_file(const std::string& path, SchemaTable& table);

}  // namespace topgun
