// SPDX-License-Identifier: Apache-2.0
#include "locate.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "format.hpp"
#include "server.hpp"
#include "topgun/base/file.hpp"
#include "topgun/pgdump/dump.hpp"

namespace topgun::source {
namespace {

Result<Bytes> file_head(const std::string& path) {
    auto file = InputFile::open(path);
    Bytes head;
    if (!file) return std::move(file).error();
    // A tar file shows what it is in its first block only.
    constexpr std::uint64_t kHead = 512;
    TOPGUN_TRY(file->read_at(0, std::min(file->size(), kHead), head));
    return head;
}

// What is called so may be a part of what is called so in front of a '#'.
void split_part(Located& found) {
    std::error_code error;
    const auto mark = found.path.rfind('#');
    if (mark == std::string::npos || std::filesystem::exists(found.path, error) ||
        !std::filesystem::exists(found.path.substr(0, mark), error)) {
        return;
    }
    found.part = found.path.substr(mark + 1);
    found.path.resize(mark);
}

Status check_part(const std::string& path, const Located& found) {
    const bool has_tables = found.format == Format::sqlite || found.format == Format::dump;
    if (found.part.empty() || has_tables) return {};
    if (found.format != Format::redb) {
        return Error(Errc::not_found, path + ": there is no such file, and " +
                                          std::string(format_name(found.format)) +
                                          " sources have no parts that could be named");
    }
    if (found.part == kBase) return {};
    return Error(Errc::usage,
                 path + ": only '#base' can be named, which is the file without its log");
}

Status locate_folder(const std::string& path, Format wanted, Located& found) {
    if ((wanted == Format::automatic || wanted == Format::dump) &&
        pgdump::is_dump_directory(found.path)) {
        found.format = Format::dump;
        return {};
    }
    if (locate_server_files(wanted, found.path, found.format)) return {};
    if (wanted != Format::automatic && wanted != Format::data_directory) {
        return Error(Errc::usage, path + ": is a directory, not a file of the format " +
                                      std::string(format_name(wanted)));
    }
    found.format = Format::data_directory;
    return {};
}

// What stands in a file outweighs its name.
bool is_binary(Format format) {
    return format == Format::snapshot || format == Format::log || format == Format::messages ||
           format == Format::dump || format == Format::redb || format == Format::sqlite;
}

Status locate_file(const std::string& path, Format wanted, Located& found) {
    if (wanted == Format::data_directory || wanted == Format::server_log) {
        return Error(Errc::not_found,
                     path + (wanted == Format::server_log ? ": is not the folder of a server's log"
                                                          : ": is not a data directory"));
    }
    auto head = file_head(found.path);
    if (!head) return std::move(head).error();
    found.format = wanted != Format::automatic ? wanted : by_content(*head);
    const auto by_name = by_extension(path == "-" ? path : found.path);
    // '{' and '[' begin both kinds of JSON, and may begin the first column's name in a table.
    const bool both_json = (found.format == Format::ndjson || found.format == Format::json) &&
                           (by_name == Format::ndjson || by_name == Format::json);
    if (wanted == Format::automatic && (found.format == Format::automatic || both_json ||
                                        (by_name == Format::csv && !is_binary(found.format)))) {
        found.format = by_name;
    }
    if (found.format != Format::automatic) return {};
    return Error(Errc::bad_input, source_name(path) +
                                      (head->empty() ? ": is empty" : ": is of no known format") +
                                      "; name the format with --format if its content is right");
}

}  // namespace

Spool::~Spool() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

Result<Spool> Spool::of(const std::string& from) {
    const char* folder = std::getenv("TMPDIR");
    std::string path = std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") +
                       "/topgun-stdin-XXXXXX";
    const int fd = ::mkstemp(path.data());
    if (fd < 0)
        return Error(Errc::io, path + ": cannot create a temporary: " + std::strerror(errno));
    ::close(fd);
    Spool spool;
    spool.path_ = path;
    auto bytes = read_file(from);
    if (!bytes) return std::move(bytes).error();
    auto file = AppendFile::open(path);
    if (!file) return std::move(file).error();
    TOPGUN_TRY(file->write(*bytes));
    return spool;
}

std::string source_name(const std::string& path) {
    return path == "-" ? "standard input" : path;
}

Result<Located> locate(const std::string& path, Format wanted) {
    Located found;
    found.path = path;
    split_part(found);
    if (wanted == Format::automatic) {
        if (auto foreign = foreign_scheme(path)) return std::move(*foreign);
    }
    struct stat status {};
    const bool exists = ::stat(found.path.c_str(), &status) == 0;
    if (path == "-" || (exists && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))) {
        auto spooled = Spool::of(found.path);
        if (!spooled) return std::move(spooled).error();
        found.spool = std::move(*spooled);
        found.path = found.spool.path();
    }
    const bool folder = ::stat(found.path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    TOPGUN_TRY(folder ? locate_folder(path, wanted, found) : locate_file(path, wanted, found));
    TOPGUN_TRY(check_part(path, found));
    return found;
}

}  // namespace topgun::source
