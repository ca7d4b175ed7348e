// SPDX-License-Identifier: Apache-2.0
#include "database.hpp"

#include <filesystem>

namespace topgun::sqlitefile {
namespace {

// A writer that recovers a log holds its readers up, for as long as reading the log takes.
constexpr int kPatienceMs = 5000;

Errc code_of(int status) {
    switch (status & 0xff) {
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
        case SQLITE_ERROR:
        case SQLITE_TOOBIG: return Errc::bad_input;
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return Errc::locked;
        default: return Errc::io;
    }
}

Error error_of(sqlite3* handle, int status) {
    if ((status & 0xff) == SQLITE_NOTADB) return Error(Errc::bad_input, "is no SQLite file");
    std::string text = handle == nullptr ? sqlite3_errstr(status) : sqlite3_errmsg(handle);
    return Error(code_of(status), text + " (SQLite error " + std::to_string(status) + ")");
}

// A name in the form of sqlite.org/uri.html.
std::string uri_of(const std::string& path, std::string_view parameters) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out = "file:";
    for (const char c : path) {
        if (c != '%' && c != '?' && c != '#') {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
    return out.append(parameters);
}

}  // namespace

void Statement::bind(int at, std::string_view text) {
    sqlite3_bind_text64(statement_.get(), at, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

Result<bool> Statement::next() {
    const int status = sqlite3_step(statement_.get());
    if (status == SQLITE_ROW) return true;
    if (status == SQLITE_DONE) return false;
    return error_of(sqlite3_db_handle(statement_.get()), status);
}

std::string_view Statement::text(int column) const {
    const auto* bytes = sqlite3_column_text(statement_.get(), column);
    if (bytes == nullptr) return {};
    return {reinterpret_cast<const char*>(bytes),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<Database> Database::open(const std::string& path, bool damaged_too) {
    // Side files stand beside the file itself, not beside a link to it.
    std::error_code missing;
    auto real = std::filesystem::canonical(path, missing).string();
    if (missing) return Error(Errc::not_found, "cannot open: " + missing.message());
    auto surroundings = Surroundings::of(real);
    if (!surroundings) return std::move(surroundings).error();
    if (surroundings->has_journal()) {
        return Error(Errc::locked, "a transaction is under way, or its writer died (" + path +
                                       "-journal): try again, or open a copy of both files with "
                                       "sqlite3, which takes it back, and read that");
    }
    if (!surroundings->has_log()) {
        return open_as(real, How::without_log, *surroundings, damaged_too);
    }
    if (surroundings->has_index()) {
        auto beside = open_as(real, How::beside_writer, *surroundings, damaged_too);
        // An index that cannot be used, such as another user's, is done without.
        if (beside || beside.error().code() != Errc::io) return beside;
    }
    return open_as(real, How::with_log, *surroundings, damaged_too);
}

Result<Database> Database::open_as(const std::string& path, How how,
                                   const Surroundings& surroundings, bool damaged_too) {
    // Without a file system's locks a log can be read when its index is in memory.
    const char* vfs = how == How::with_log ? "unix-none" : nullptr;
    const auto* parameters = how == How::without_log     ? "?mode=ro&immutable=1"
                             : how == How::beside_writer ? "?mode=ro&readonly_shm=1"
                                                         : "?mode=ro";
    Database out;
    out.path_ = path;
    sqlite3* handle = nullptr;
    const int status = sqlite3_open_v2(uri_of(path, parameters).c_str(), &handle,
                                       SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, vfs);
    out.handle_.reset(handle);
    if (status != SQLITE_OK) return error_of(handle, status);
    if (how != How::beside_writer) out.unlocked_ = surroundings;
    TOPGUN_TRY(out.make_harmless(how, damaged_too));
    // All that follows sees one moment, which is that of the first read.
    TOPGUN_TRY(out.run("BEGIN"));
    TOPGUN_TRY(out.run("SELECT count(*) FROM sqlite_schema"));
    return out;
}

// Nothing that a schema says is executed, and nothing is written when the file is closed.
Status Database::make_harmless(How how, bool damaged_too) const {
    auto* handle = handle_.get();
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, kPatienceMs);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    // Tells SQLite to read a file that is shorter than it says, too.
    if (damaged_too) sqlite3_db_config(handle, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, nullptr);
    if (how == How::with_log) TOPGUN_TRY(run("PRAGMA locking_mode = exclusive"));
    return run("PRAGMA cell_size_check = on");
}

Result<Statement> Database::prepare(const std::string& sql) const {
    sqlite3_stmt* statement = nullptr;
    const int status = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                          &statement, nullptr);
    if (status != SQLITE_OK) return error_of(handle_.get(), status);
    return Statement(statement);
}

Status Database::run(const std::string& sql) const {
    auto statement = prepare(sql);
    if (!statement) return std::move(statement).error();
    for (;;) {
        auto more = statement->next();
        if (!more) return std::move(more).error();
        if (!*more) return {};
    }
}

Status Database::end_reading() const {
    return unlocked_ ? unlocked_->still_so(path_) : Status();
}

}  // namespace topgun::sqlitefile
