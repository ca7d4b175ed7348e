// SPDX-License-Identifier: Apache-2.0
// SQL on snapshots: single operators over narrow and wide records, and the queries of TPC-H beside
// SQLite, which reads the same rows from a file of its own.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "data.hpp"
#include "topgun/base/random.hpp"
#include "topgun/sql/session.hpp"
#include "topgun/sql/slt.hpp"
#include "topgun/storage/snapshot.hpp"
#include "topgun/synth/generate.hpp"
#include "topgun/synth/tpch.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::bench {
namespace {

constexpr double kScale = 0.1;
constexpr int kQueries = 22;

struct Folder {
    std::filesystem::path path;
    Folder() {
        auto pattern = (std::filesystem::temp_directory_path() / "topgun-sql-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) std::abort();
        path = pattern;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};
std::string file(const std::string& name) {
    static const Folder folder;
    return (folder.path / name).string();
}

// Counts rows; what a client would do with them is not measured.
class Counting final : public sql::ResultSink {
public:
    Status begin(const std::vector<sql::ResultColumn>&) override { return {}; }
    Status rows(const Batch& batch) override {
        count += batch.rows;
        return {};
    }
    std::uint64_t count = 0;
};

Result<std::uint64_t> run(sql::Session& session, const std::string& text) {
    Counting sink;
    auto summary = session.execute(text, {0, text.size()}, sink);
    if (!summary) return std::move(summary).error();
    return sink.count;
}

std::unique_ptr<sql::Session> open_session(const std::string& path, std::size_t threads) {
    sql::SessionOptions options;
    options.threads = threads;
    auto made = sql::Session::create(options);
    if (!made || !(*made)->attach("main", path)) std::abort();
    return std::move(*made);
}

// Stays open, as at a prompt. No threads: one for each core.
sql::Session& session_on(const std::string& path, std::size_t threads = 0) {
    static std::map<std::pair<std::string, std::size_t>, std::unique_ptr<sql::Session>> sessions;
    auto& session = sessions[{path, threads}];
    if (!session) session = open_session(path, threads);
    return *session;
}

// Map "events", and "users" that half of them refer to.
struct Event {
    double amount = 0;
    std::uint64_t bucket = 0;
    std::string_view kind;
    bool ok = false;
    std::uint64_t user = 0;
};
constexpr std::string_view kKinds[] = {"view", "click", "order", "return"};

template <typename Take>
void make_events(std::size_t count, const Take& take) {
    Random random(1);
    for (std::size_t i = 0; i < count; ++i) {
        Event event;
        event.amount = static_cast<double>(random.below(100'000)) / 100;
        event.bucket = random.below(100);
        event.kind = kKinds[random.below(4)];
        event.ok = random.chance(0.9);
        event.user = random.below(2 * std::max<std::size_t>(1, count / 10));
        take(i, event);
    }
}
std::string_view plan_of(std::size_t user) {
    return user % 5 == 0 ? "pro" : "free";
}

// Records of five fields, some 60 bytes.
const std::string& narrow(std::size_t count) {
    static std::map<std::size_t, std::string> written;
    auto& path = written[count];
    if (!path.empty()) return path;
    path = file("narrow-" + std::to_string(count) + ".tgs");
    Replica replica;
    auto put = [&replica, number = std::uint64_t{0}](const char* map, std::size_t key,
                                                     const Bytes& value) mutable {
        const auto name = std::to_string(key);
        Op op;
        op.map = map;
        op.key = name;
        op.value = value;
        op.stamp = {1'700'000'000'000 + number++, 0, "node-a"};
        if (!replica.apply(op)) std::abort();
    };
    make_events(count, [&put](std::size_t i, const Event& event) {
        Bytes value;
        msgpack::Writer writer(value);
        writer.map(5);
        writer.string("amount");
        writer.real(event.amount);
        writer.string("bucket");
        writer.unsigned_integer(event.bucket);
        writer.string("kind");
        writer.string(event.kind);
        writer.string("ok");
        writer.boolean(event.ok);
        writer.string("user");
        writer.unsigned_integer(event.user);
        put("events", i, value);
    });
    for (std::size_t i = 0; i < std::max<std::size_t>(1, count / 10); ++i) {
        Bytes value;
        msgpack::Writer writer(value);
        writer.map(2);
        writer.string("id");
        writer.unsigned_integer(i);
        writer.string("plan");
        writer.string(plan_of(i));
        put("users", i, value);
    }
    if (!write_snapshot(*read_replica(replica), path)) std::abort();
    return path;
}

// What `topgun-cli generate` writes: ten fields, some 210 bytes.
const std::string& wide(std::size_t count) {
    static std::map<std::size_t, std::string> written;
    auto& path = written[count];
    if (!path.empty()) return path;
    path = file("wide-" + std::to_string(count) + ".tgs");
    synth::GenerateOptions options;
    options.records = count;
    auto state = synth::generate_state(options);
    if (!state || !write_snapshot(**state, path)) std::abort();
    return path;
}

// Once open: the columns that a query reads have been read before.
void measure(benchmark::State& state, sql::Session& session, const std::string& text) {
    for (int i = 0; i < 2; ++i) {
        if (!run(session, text)) return state.SkipWithError("failed");
    }
    for (auto _ : state) {
        const auto rows = run(session, text);
        if (!rows || *rows == 0) return state.SkipWithError("no rows");
    }
}
void measure_records(benchmark::State& state, sql::Session& session, const char* text) {
    measure(state, session, text);
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

void narrow_bench(benchmark::State& state, const char* text) {
    measure_records(state, session_on(narrow(static_cast<std::size_t>(state.range(0)))), text);
}
void wide_bench(benchmark::State& state, const char* text) {
    measure_records(state, session_on(wide(static_cast<std::size_t>(state.range(0)))), text);
}
void one_thread_bench(benchmark::State& state, const char* text) {
    measure_records(state, session_on(wide(static_cast<std::size_t>(state.range(0))), 1), text);
}
// The first query of a session that has just been opened, which reads and decodes the snapshot.
void first_query(benchmark::State& state, const std::string& path, std::size_t threads,
                 const char* text) {
    for (auto _ : state) {
        state.PauseTiming();
        auto session = open_session(path, threads);
        state.ResumeTiming();
        if (!run(*session, text)) return state.SkipWithError("failed");
        state.PauseTiming();
        session.reset();
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
void narrow_first_bench(benchmark::State& state, const char* text) {
    first_query(state, narrow(static_cast<std::size_t>(state.range(0))), 0, text);
}
void wide_first_bench(benchmark::State& state, const char* text) {
    first_query(state, wide(static_cast<std::size_t>(state.range(0))), 0, text);
}

void must_run(sqlite3* database, const std::string& text) {
    if (sqlite3_exec(database, text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) std::abort();
}

// The rows of narrow() in typed columns, "users" indexed by id.
sqlite3* sqlite_events(std::size_t count) {
    static std::map<std::size_t, sqlite3*> databases;
    auto& database = databases[count];
    if (database != nullptr) return database;
    sqlite3_open(file("narrow-" + std::to_string(count) + ".sqlite").c_str(), &database);
    must_run(database,
             "BEGIN; CREATE TABLE events (amount REAL, bucket INTEGER, kind TEXT, ok INTEGER, "
             "user INTEGER); CREATE TABLE users (id INTEGER PRIMARY KEY, plan TEXT)");
    sqlite3_stmt* insert = nullptr;
    sqlite3_prepare_v2(database, "INSERT INTO events VALUES (?, ?, ?, ?, ?)", -1, &insert, nullptr);
    make_events(count, [insert](std::size_t, const Event& event) {
        sqlite3_bind_double(insert, 1, event.amount);
        sqlite3_bind_int64(insert, 2, static_cast<std::int64_t>(event.bucket));
        sqlite3_bind_text(insert, 3, event.kind.data(), static_cast<int>(event.kind.size()),
                          SQLITE_STATIC);
        sqlite3_bind_int64(insert, 4, event.ok ? 1 : 0);
        sqlite3_bind_int64(insert, 5, static_cast<std::int64_t>(event.user));
        if (sqlite3_step(insert) != SQLITE_DONE) std::abort();
        sqlite3_reset(insert);
    });
    sqlite3_finalize(insert);
    const auto users = std::max<std::size_t>(1, count / 10);
    must_run(database,
             "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < " +
                 std::to_string(users) +
                 ") INSERT INTO users SELECT i, CASE i % 5 WHEN 0 THEN 'pro' ELSE 'free' "
                 "END FROM n; COMMIT; ANALYZE");
    return database;
}

void measure_sqlite(benchmark::State& state, sqlite3* database, const std::string& text) {
    for (auto _ : state) {
        sqlite3_stmt* query = nullptr;
        if (sqlite3_prepare_v2(database, text.c_str(), -1, &query, nullptr) != SQLITE_OK) {
            return state.SkipWithError(sqlite3_errmsg(database));
        }
        int step = SQLITE_ROW;
        while (step == SQLITE_ROW) step = sqlite3_step(query);
        sqlite3_finalize(query);
        if (step != SQLITE_DONE) return state.SkipWithError("failed");
    }
}
void sqlite_bench(benchmark::State& state, const char* text) {
    measure_sqlite(state, sqlite_events(static_cast<std::size_t>(state.range(0))), text);
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

#define TOPGUN_SQL_BENCH(what, name, text) \
    BENCHMARK_CAPTURE(what, name, text)    \
        ->Arg(1000)                        \
        ->Arg(1'000'000)                   \
        ->Arg(10'000'000)                  \
        ->Unit(benchmark::kMillisecond)    \
        ->MeasureProcessCPUTime()          \
        ->UseRealTime()

constexpr const char* kGroups =
    "SELECT kind, count(*), sum(amount) FROM events WHERE bucket < 50 GROUP BY kind";
constexpr const char* kTop = "SELECT * FROM events ORDER BY amount DESC LIMIT 10";
constexpr const char* kJoin =
    "SELECT plan, sum(amount) FROM events JOIN users ON id = \"user\" GROUP BY plan";
constexpr const char* kWindow =
    "SELECT max(place) FROM (SELECT row_number() OVER (PARTITION BY bucket ORDER BY amount) AS "
    "place FROM events) AS ranked";
constexpr const char* kDistinct = "SELECT count(DISTINCT \"user\") FROM events";
constexpr const char* kWide = "SELECT count(*), avg(score) FROM users WHERE active GROUP BY bucket";

TOPGUN_SQL_BENCH(one_thread_bench, scan_filter_group, kWide);
TOPGUN_SQL_BENCH(wide_bench, scan_filter_group, kWide);
TOPGUN_SQL_BENCH(wide_first_bench, scan_filter_group, kWide);
TOPGUN_SQL_BENCH(narrow_first_bench, scan_filter_group, kGroups);
TOPGUN_SQL_BENCH(narrow_bench, scan_filter_group, kGroups);
TOPGUN_SQL_BENCH(sqlite_bench, scan_filter_group, kGroups);
TOPGUN_SQL_BENCH(narrow_bench, top_k, kTop);
TOPGUN_SQL_BENCH(sqlite_bench, top_k, kTop);
TOPGUN_SQL_BENCH(narrow_bench, join, kJoin);
TOPGUN_SQL_BENCH(sqlite_bench, join, kJoin);
TOPGUN_SQL_BENCH(narrow_bench, window, kWindow);
TOPGUN_SQL_BENCH(sqlite_bench, window, kWindow);
TOPGUN_SQL_BENCH(narrow_bench, count_distinct, kDistinct);
TOPGUN_SQL_BENCH(sqlite_bench, count_distinct, kDistinct);

const std::string& tpch() {
    static std::string path;
    if (!path.empty()) return path;
    path = file("tpch.tgs");
    synth::TpchOptions options;
    options.scale = kScale;
    auto state = synth::generate_tpch(options);
    if (!state || !write_snapshot(**state, path)) std::abort();
    return path;
}

std::string query_text(std::int64_t number) {
    const auto name = (number < 10 ? "/q0" : "/q") + std::to_string(number) + ".sql";
    std::ifstream in(TOPGUN_TPCH + name);
    std::stringstream text;
    text << in.rdbuf();
    auto out = text.str();
    out.erase(out.rfind(';'));
    return out;
}

void tpch_topgun(benchmark::State& state) {
    const auto text = query_text(state.range(0));
    for (auto i = 0; i < 2; ++i) {
        if (!run(session_on(tpch()), text)) return state.SkipWithError("failed");
    }
    for (auto _ : state) {
        if (!run(session_on(tpch()), text)) return state.SkipWithError("failed");
    }
}
BENCHMARK(tpch_topgun)
    ->DenseRange(1, kQueries)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

void bind_value(sqlite3_stmt* insert, int at, DataType type, const std::string& text) {
    if (type.id == TypeId::bigint)
        sqlite3_bind_int64(insert, at, std::strtoll(text.c_str(), nullptr, 10));
    else if (type.id == TypeId::real)
        sqlite3_bind_double(insert, at, std::strtod(text.c_str(), nullptr));
    else
        sqlite3_bind_text(insert, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

void copy_table(sqlite3* database, const std::string& name) {
    sql::slt::SessionDatabase from(session_on(tpch()));
    const sql::TableInfo* info = nullptr;
    const auto tables = session_on(tpch()).tables();
    for (const auto& table : tables) {
        if (table.name == name) info = &table;
    }
    if (info == nullptr) std::abort();
    std::string names, columns, marks;
    for (const auto& column : info->columns) {
        if (column.hidden || column.name.starts_with('_')) continue;
        const char* type = column.type.id == TypeId::bigint ? "INTEGER"
                           : column.type.id == TypeId::real ? "REAL"
                                                            : "TEXT";
        const char* comma = names.empty() ? "" : ", ";
        names += comma + column.name;
        columns += comma + column.name + ' ' + type;
        marks += std::string(comma) + '?';
    }
    const auto rows = from.execute("SELECT " + names + " FROM " + name);
    if (!rows) std::abort();
    must_run(database, "CREATE TABLE " + name + " (" + columns + ")");
    sqlite3_stmt* insert = nullptr;
    const auto text = "INSERT INTO " + name + " VALUES (" + marks + ")";
    sqlite3_prepare_v2(database, text.c_str(), -1, &insert, nullptr);
    const auto width = rows->types.size();
    for (std::size_t at = 0; at < rows->values.size(); at += width) {
        for (std::size_t i = 0; i < width; ++i) {
            bind_value(insert, static_cast<int>(i) + 1, rows->types[i], *rows->values[at + i]);
        }
        if (sqlite3_step(insert) != SQLITE_DONE) std::abort();
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
}

// The same rows in typed columns, indexed by primary and foreign keys.
sqlite3* tpch_sqlite_database() {
    static sqlite3* database = nullptr;
    if (database != nullptr) return database;
    sqlite3_open(file("tpch.sqlite").c_str(), &database);
    must_run(database, "PRAGMA case_sensitive_like = ON; BEGIN");
    for (const char* name :
         {"region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"}) {
        copy_table(database, name);
    }
    must_run(database,
             "CREATE UNIQUE INDEX r ON region(r_regionkey);"
             "CREATE UNIQUE INDEX n ON nation(n_nationkey);"
             "CREATE UNIQUE INDEX s ON supplier(s_suppkey);"
             "CREATE UNIQUE INDEX c ON customer(c_custkey);"
             "CREATE UNIQUE INDEX p ON part(p_partkey);"
             "CREATE UNIQUE INDEX ps ON partsupp(ps_partkey, ps_suppkey);"
             "CREATE INDEX ps_s ON partsupp(ps_suppkey);"
             "CREATE UNIQUE INDEX o ON orders(o_orderkey);"
             "CREATE INDEX o_c ON orders(o_custkey);"
             "CREATE UNIQUE INDEX l ON lineitem(l_orderkey, l_linenumber);"
             "CREATE INDEX l_ps ON lineitem(l_partkey, l_suppkey);"
             "COMMIT; ANALYZE");
    return database;
}

void tpch_sqlite(benchmark::State& state) {
    measure_sqlite(state, tpch_sqlite_database(), query_text(state.range(0)));
}
BENCHMARK(tpch_sqlite)
    ->DenseRange(1, kQueries)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace topgun::bench
