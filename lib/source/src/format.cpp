// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "format.hpp"
#include "topgun/pgdump/dump.hpp"
#include "topgun/redb/database.hpp"
#include "topgun/source/remote.hpp"

namespace topgun {
namespace {

struct Word {
    std::string_view word;
    Format format;
};
constexpr std::array kWords = {
    Word{"auto", Format::automatic},    Word{"snapshot", Format::snapshot},
    Word{"log", Format::log},           Word{"directory", Format::data_directory},
    Word{"msgpack", Format::messages},  Word{"ndjson", Format::ndjson},
    Word{"json", Format::json},         Word{"csv", Format::csv},
    Word{"dump", Format::dump},         Word{"tgs", Format::snapshot},
    Word{"tgl", Format::log},           Word{"dir", Format::data_directory},
    Word{"redb", Format::redb},         Word{"wal", Format::server_log},
    Word{"sqlite", Format::sqlite},     Word{"endpoint", Format::endpoint},
    Word{"database", Format::database},
};

struct Extension {
    std::string_view extension;
    Format format;
};
constexpr std::array kExtensions = {
    Extension{".tgs", Format::snapshot},     Extension{".tgl", Format::log},
    Extension{".msgpack", Format::messages}, Extension{".mp", Format::messages},
    Extension{".ndjson", Format::ndjson},    Extension{".jsonl", Format::ndjson},
    Extension{".json", Format::json},        Extension{".csv", Format::csv},
    Extension{".sql", Format::dump},         Extension{".dump", Format::dump},
    Extension{".redb", Format::redb},        Extension{".db", Format::sqlite},
    Extension{".sqlite", Format::sqlite},    Extension{".sqlite3", Format::sqlite},
};

// Source: sqlite.org/fileformat.html, section 1.3.
constexpr std::string_view kSqliteMagic("SQLite format 3\0", 16);

}  // namespace

std::string_view format_name(Format format) noexcept {
    for (const auto& entry : kWords) {
        if (entry.format == format) return entry.word;
    }
    return "auto";
}

Result<Format> parse_format(std::string_view word) {
    for (const auto& entry : kWords) {
        if (entry.word == word) return entry.format;
    }
    return Error(Errc::usage,
                 "format '" + std::string(word) +
                     "': expected auto, snapshot, log, directory, msgpack, ndjson, json, csv, "
                     "dump, redb, wal or sqlite");
}

namespace source {

Format by_extension(std::string_view path) noexcept {
    if (is_endpoint(path)) return Format::endpoint;
    if (is_database(path)) return Format::database;
    for (const auto& entry : kExtensions) {
        if (path.ends_with(entry.extension)) return entry.format;
    }
    return path.ends_with('/') ? Format::data_directory : Format::automatic;
}

Format by_content(BytesView head) noexcept {
    if (head.starts_with("TGSNAP\r\n")) return Format::snapshot;
    if (head.starts_with("TGSLOG\r\n")) return Format::log;
    if (redb::looks_like_redb(head)) return Format::redb;
    if (head.starts_with(kSqliteMagic)) return Format::sqlite;
    if (pgdump::looks_like_dump(head)) return Format::dump;
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    while (!head.empty() &&
           (head[0] == ' ' || head[0] == '\t' || head[0] == '\n' || head[0] == '\r')) {
        head.remove_prefix(1);
    }
    if (head.empty()) return Format::automatic;
    if (head[0] == '{') return Format::ndjson;
    if (head[0] == '[') return Format::json;
    const auto byte = static_cast<unsigned char>(head[0]);
    const bool map = (byte >= 0x80 && byte <= 0x8f) || byte == 0xde || byte == 0xdf;
    const bool array = (byte >= 0x90 && byte <= 0x9f) || byte == 0xdc || byte == 0xdd;
    return map || array ? Format::messages : Format::automatic;
}

std::optional<Error> foreign_scheme(std::string_view path) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (path.starts_with(scheme)) {
            return Error(Errc::usage, std::string(path) + ": sources of the kind " +
                                          std::string(scheme) +
                                          " are not supported by this version");
        }
    }
    return std::nullopt;
}

}  // namespace source

Result<Format> format_for_writing(const std::string& path) {
    if (auto foreign = source::foreign_scheme(path)) return std::move(*foreign);
    const auto format = source::by_extension(path);
    if (format == Format::dump) {
        return Error(Errc::usage, "'" + path + "': dumps of PostgreSQL are read, not written");
    }
    if (format == Format::redb || format == Format::sqlite) {
        return Error(Errc::usage, "'" + path + "': files of TopGun's server are read, not written");
    }
    if (format != Format::automatic) return format;
    if (path == "-") {
        return Error(Errc::usage,
                     "standard output has no name that tells the format: name it with --to");
    }
    return Error(Errc::usage, "'" + path +
                                  "': the name does not tell the format; end it in .tgs, .tgl, "
                                  ".msgpack, .ndjson, .json, .csv or /, or name the format");
}

}  // namespace topgun
