// SPDX-License-Identifier: Apache-2.0
// SQLite files as sources, for libtopgun, which loads this when it meets one.
#include "topgun/source/sqlite_access.hpp"
#include "topgun/sqlitefile/map_file.hpp"

namespace topgun::sqlitefile {
namespace {

class Files final : public SqliteAccess {
public:
    Status read(const SqliteFile& file, const ReadOptions& options, const OpVisitor& visit,
                ReadReport& report) override {
        MapFileOptions reading;
        reading.name = file.name;
        reading.table = file.table;
        reading.maps = options.maps;
        reading.keep_going = options.keep_going;
        reading.progress = options.progress;
        maptable::ReadReport read;
        TOPGUN_TRY(read_map_ops(file.path, reading, visit, read));
        report.damage.insert(report.damage.end(), read.damage.begin(), read.damage.end());
        return {};
    }

    Status check(const SqliteFile& file, std::vector<std::string>& damage) override {
        return check_file(file.path, file.name, damage);
    }
};

}  // namespace
}  // namespace topgun::sqlitefile

/// Found by name when libtopgun meets its first file. The object lives as long as the process.
extern "C" TOPGUN_API topgun::SqliteAccess* topgun_sqlitefile_access() {
    static topgun::sqlitefile::Files files;
    return &files;
}
