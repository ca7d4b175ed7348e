// SPDX-License-Identifier: Apache-2.0
#include "topgun/sqlitefile/map_file.hpp"

#include <algorithm>
#include <utility>

#include "database.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::sqlitefile {
namespace {

constexpr std::uint64_t kBytesBetweenReports = 1 << 20;

// Names are compared as SQLite does, apart from its own and virtual tables.
constexpr const char* kFindTables = R"(
SELECT t.name FROM sqlite_schema t
WHERE t.type = 'table' AND t.rootpage > 0 AND 7 =
  (SELECT count(*) FROM pragma_table_info(t.name) c
   WHERE lower(c.name) IN ('map_name', 'key', 'value', 'ts_millis', 'ts_counter', 'ts_node_id',
                           'is_deleted'))
ORDER BY t.name)";

constexpr const char* kColumns[] = {"map_name",   "key",        "value",     "ts_millis",
                                    "ts_counter", "ts_node_id", "is_deleted"};
enum Column : int { kMap, kKey, kValue, kMillis, kCounter, kNode, kDeleted };

Result<std::vector<std::string>> find_tables(const Database& database) {
    auto statement = database.prepare(kFindTables);
    if (!statement) return std::move(statement).error();
    std::vector<std::string> out;
    for (;;) {
        auto more = statement->next();
        if (!more) return std::move(more).error();
        if (!*more) return out;
        out.emplace_back(statement->text(0));
    }
}

Result<std::string> choose_table(const Database& database, const std::string& wanted) {
    auto tables = find_tables(database);
    if (!tables) return std::move(tables).error();
    const auto name = wanted.empty() ? std::string(kDefaultTable) : wanted;
    if (std::find(tables->begin(), tables->end(), name) != tables->end()) return name;
    if (wanted.empty() && tables->size() == 1) return tables->front();
    std::string list;
    for (const auto& table : *tables) list += (list.empty() ? "" : ", ") + table;
    if (wanted.empty() && !tables->empty()) {
        return Error(Errc::usage, "several tables hold maps: " + list + "; name one behind '#'");
    }
    return Error(Errc::not_found,
                 "there is no table " + name + " that holds maps; " +
                     (tables->empty() ? std::string("no table of this file does")
                                      : "these do: " + list + " (name one behind '#')"));
}

std::string quoted(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) out.append(c == '"' ? 2 : 1, c);
    return out + '"';
}

std::string statement_for(const std::string& table, std::size_t maps) {
    std::string out = "SELECT ";
    for (const auto* column : kColumns) out += std::string(column) + ", ";
    out.resize(out.size() - 2);
    out += " FROM " + quoted(table);
    for (std::size_t i = 0; i < maps; ++i) out += i == 0 ? " WHERE map_name IN (?" : ", ?";
    return maps == 0 ? out : out + ')';
}

Error bad(int column, const char* what) {
    return Error(Errc::bad_input, std::string(kColumns[column]) + what);
}

class TableReader {
public:
    TableReader(const std::string& table, const MapFileOptions& options,
                const std::function<Status(const Op&)>& visit, maptable::ReadReport& report)
        : table_(table), options_(options), visit_(visit), report_(report) {}

    Status run(const Database& database) {
        auto statement = database.prepare(statement_for(table_, options_.maps.size()));
        if (!statement) return std::move(statement).error().within(place());
        for (std::size_t i = 0; i < options_.maps.size(); ++i) {
            statement->bind(static_cast<int>(i) + 1, options_.maps[i]);
        }
        for (std::uint64_t untold = 0;;) {
            auto more = statement->next();
            if (!more) return end(std::move(more).error());
            if (*more) TOPGUN_TRY(take(*statement));
            untold += *more ? size_of(*statement) : 0;
            if (options_.progress && (!*more || untold >= kBytesBetweenReports)) {
                TOPGUN_TRY(options_.progress(std::exchange(untold, 0)));
            }
            if (!*more) return {};
        }
    }

private:
    // What stands behind a damaged page cannot be reached.
    Status end(Error error) {
        error = std::move(error).within("after " + std::to_string(report_.rows) + " rows");
        error = std::move(error).within(place());
        if (!options_.keep_going || error.code() != Errc::bad_input) return error;
        report_.note(error.text());
        return {};
    }

    Status take(const Statement& row) {
        auto read = this->read(row);
        const auto text = [&row](int column) {
            return row.type(column) == SQLITE_TEXT ? row.text(column) : std::string_view("?");
        };
        return maptable::hand_on(
            std::move(read), ops_, text(kMap), text(kKey), [this] { return place(); },
            options_.keep_going, visit_, report_);
    }

    std::string place() const { return options_.name + ": table " + table_; }

    Status read(const Statement& from) {
        // Whatever a column is declared as, SQLite keeps anything in it.
        for (const int column : {kMap, kKey, kNode}) {
            if (from.type(column) != SQLITE_TEXT) return bad(column, " is no text");
            if (!is_utf8(from.text(column))) return bad(column, " is not UTF-8");
        }
        for (const int column : {kMillis, kCounter}) {
            if (from.type(column) != SQLITE_INTEGER || from.whole(column) < 0) {
                return bad(column, " is no whole number in range");
            }
        }
        const bool has_flag = from.type(kDeleted) != SQLITE_NULL;
        if (has_flag && from.type(kDeleted) != SQLITE_INTEGER) return bad(kDeleted, " is no flag");
        maptable::JsonbRow row;
        row.map = from.text(kMap);
        row.key = from.text(kKey);
        if (from.type(kValue) == SQLITE_TEXT) {
            row.value = from.text(kValue);
        } else if (from.type(kValue) != SQLITE_NULL) {
            return bad(kValue, " is no text");
        }
        row.millis = static_cast<std::uint64_t>(from.whole(kMillis));
        row.counter = static_cast<std::uint64_t>(from.whole(kCounter));
        row.node = from.text(kNode);
        row.deleted = has_flag && from.whole(kDeleted) != 0;
        return ops_.read(row);
    }

    static std::uint64_t size_of(const Statement& row) {
        std::uint64_t out = 0;
        for (const int column : {kMap, kKey, kValue}) {
            if (row.type(column) == SQLITE_TEXT) out += row.text(column).size();
        }
        return out;
    }

    const std::string& table_;
    const MapFileOptions& options_;
    const std::function<Status(const Op&)>& visit_;
    maptable::ReadReport& report_;
    maptable::RowOps ops_;
};

Status read_table(const std::string& path, const MapFileOptions& options,
                  const std::function<Status(const Op&)>& visit, maptable::ReadReport& report) {
    auto database = Database::open(path, options.keep_going);
    if (!database) return std::move(database).error().within(options.name);
    auto table = choose_table(*database, options.table);
    if (!table) return std::move(table).error().within(options.name);
    TOPGUN_TRY(TableReader(*table, options, visit, report).run(*database));
    auto ended = database->end_reading();
    return ended ? Status() : Status(std::move(ended).error().within(options.name));
}

Status check(const std::string& path, const std::string& name, std::vector<std::string>& damage) {
    auto database = Database::open(path, true);
    if (!database) return std::move(database).error();
    auto statement = database->prepare("PRAGMA integrity_check(" +
                                       std::to_string(maptable::kMaxListedDamage) + ")");
    if (!statement) return std::move(statement).error();
    for (;;) {
        auto more = statement->next();
        if (!more) return std::move(more).error();
        if (!*more) return database->end_reading();
        if (statement->text(0) == "ok") continue;
        damage.push_back(name + ": " + std::string(statement->text(0)));
    }
}

}  // namespace

Status read_map_ops(const std::string& path, const MapFileOptions& options,
                    const std::function<Status(const Op&)>& visit, maptable::ReadReport& report) {
    auto named = options;
    if (named.name.empty()) named.name = path;
    return read_table(path, named, visit, report);
}

Status check_file(const std::string& path, const std::string& name,
                  std::vector<std::string>& damage) {
    auto status = check(path, name, damage);
    if (status) return {};
    auto error = std::move(status).error().within(name);
    // A check that damage keeps from its end has found that.
    if (error.code() != Errc::bad_input) return error;
    damage.push_back(error.text());
    return {};
}

}  // namespace topgun::sqlitefile
