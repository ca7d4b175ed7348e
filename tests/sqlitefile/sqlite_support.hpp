// SPDX-License-Identifier: Apache-2.0
// Files as the former server makes them, and what is read of them.
#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "topgun/sqlitefile/map_file.hpp"
#include "topgun/storage/text_formats.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

// Storage reference 3.1.
inline std::string table_ddl(const std::string& table = "topgun_maps") {
    return "CREATE TABLE " + table +
           " (map_name TEXT NOT NULL, key TEXT NOT NULL, value TEXT, ts_millis INTEGER NOT NULL,"
           " ts_counter INTEGER NOT NULL, ts_node_id TEXT NOT NULL, is_deleted INTEGER DEFAULT 0,"
           " created_at INTEGER DEFAULT (strftime('%s','now')*1000),"
           " updated_at INTEGER DEFAULT (strftime('%s','now')*1000),"
           " PRIMARY KEY (map_name, key));"
           "CREATE INDEX idx_" +
           table + "_map ON " + table +
           "(map_name);"
           "CREATE INDEX idx_" +
           table + "_updated ON " + table + "(updated_at);";
}

/// The start of a statement that adds rows: map, key, value, millis, counter, node, deleted.
inline std::string insert_into(const std::string& table = "topgun_maps") {
    return "INSERT INTO " + table +
           " (map_name, key, value, ts_millis, ts_counter, ts_node_id, is_deleted) VALUES ";
}

/// A file that is being written.
class SqliteWriter {
public:
    explicit SqliteWriter(const std::string& path, const std::string& sql = {}) {
        REQUIRE(sqlite3_open(path.c_str(), &handle_) == SQLITE_OK);
        run(sql);
    }
    ~SqliteWriter() { sqlite3_close(handle_); }
    SqliteWriter(const SqliteWriter&) = delete;
    SqliteWriter& operator=(const SqliteWriter&) = delete;

    int try_run(const std::string& sql) {
        return sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    }
    void run(const std::string& sql) {
        const int status = try_run(sql);
        INFO(sql << ": " << sqlite3_errmsg(handle_));
        REQUIRE(status == SQLITE_OK);
    }

private:
    sqlite3* handle_ = nullptr;
};

/// A file that is closed.
inline std::string make_file(const ScratchDir& dir, const std::string& rows,
                             const std::string& name = "topgun.db") {
    const SqliteWriter writer(dir.file(name), "PRAGMA journal_mode = wal;" + table_ddl() + rows);
    return dir.file(name);
}

struct MapsRead {
    std::vector<std::string> lines;  // sorted: rows come in no order
    maptable::ReadReport report;
};

inline Result<MapsRead> try_read(const std::string& path,
                                 const sqlitefile::MapFileOptions& options = {}) {
    MapsRead out;
    const auto visit = [&out](const Op& op) -> Status {
        append_ndjson(op, out.lines.emplace_back());
        return {};
    };
    TOPGUN_TRY(sqlitefile::read_map_ops(path, options, visit, out.report));
    std::sort(out.lines.begin(), out.lines.end());
    return out;
}

inline std::vector<std::string> read_lines(const std::string& path,
                                           const sqlitefile::MapFileOptions& options = {}) {
    return must(try_read(path, options)).lines;
}

inline Error refusal(const std::string& path, const sqlitefile::MapFileOptions& options = {}) {
    auto read = try_read(path, options);
    if (read) FAIL(path << " was read without an error");
    return std::move(read).error();
}

/// Names, times of change and bytes of all that stands in a folder.
inline std::map<std::string, std::string> picture_of(const ScratchDir& dir) {
    std::map<std::string, std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
        const auto time = entry.last_write_time().time_since_epoch().count();
        out[entry.path().filename().string()] = std::to_string(time) + slurp(entry.path());
    }
    return out;
}

}  // namespace topgun::test
