// SPDX-License-Identifier: Apache-2.0
#include "server.hpp"

#include <filesystem>

#include "topgun/serverfiles/server_log.hpp"
#include "topgun/serverfiles/server_state.hpp"

namespace topgun::source {
namespace {

// Where the server has them when nothing else is said.
constexpr const char* kDatabaseName = "topgun.redb";
constexpr const char* kLogName = "topgun-wal";

}  // namespace

std::string log_beside(const std::string& database) {
    const auto log = (std::filesystem::path(database).parent_path() / kLogName).string();
    return serverfiles::is_log_folder(log) ? log : std::string();
}

bool locate_server_files(Format wanted, std::string& path, Format& format) {
    const auto is = [wanted](Format one) { return wanted == Format::automatic || wanted == one; };
    if (is(Format::server_log) && serverfiles::is_log_folder(path)) {
        format = Format::server_log;
        return true;
    }
    const auto database = std::filesystem::path(path) / kDatabaseName;
    std::error_code error;
    if (is(Format::redb) && std::filesystem::is_regular_file(database, error)) {
        path = database.string();
        format = Format::redb;
        return true;
    }
    return false;
}

Status read_server_files(const ServerFiles& files, const ReadOptions& options, bool as_state,
                         const OpVisitor& visit, ReadReport& report) {
    serverfiles::ServerReadOptions reading;
    reading.keep_going = options.keep_going;
    reading.progress = options.progress;
    serverfiles::ServerReadReport read;
    Status status;
    if (files.format == Format::redb) {
        const auto log = files.with_log ? log_beside(files.path) : std::string();
        status = serverfiles::read_server_ops(files.path, log, files.name, reading, visit, read);
    } else if (as_state) {
        status = serverfiles::read_log_state(files.path, reading, visit, read);
    } else {
        status = serverfiles::read_log_ops(files.path, reading, visit, read);
    }
    report.damage.insert(report.damage.end(), read.damage.begin(), read.damage.end());
    report.notes.insert(report.notes.end(), read.notes.begin(), read.notes.end());
    report.skipped += read.unstamped;
    return status;
}

}  // namespace topgun::source
