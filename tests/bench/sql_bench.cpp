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

sql::Session& session_on(const std::string& path) {
    static std::map<std::string, std::unique_ptr<sql::Session>> sessions;
    auto& session = sessions[path];
    if (!session) {
        auto made = sql::Session::create();
        if (!made || !(*made)->attach("main", path)) std::abort();
        session = std::move(*made);
    }
    return *session;
}

// Records of five fields, some 60 bytes; map "events", and "users" that half of them refer to.
const std::string& narrow(std::size_t count) {
    static std::map<std::size_t, std::string> written;
    auto& path = written[count];
    if (!path.empty()) return path;
    path = file("narrow-" + std::to_string(count) + ".tgs");
    Replica replica;
    Random random(1);
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
    constexpr std::string_view kKinds[] = {"view", "click", "order", "return"};
    const auto users = std::max<std::size_t>(1, count / 10);
    for (std::size_t i = 0; i < count; ++i) {
        Bytes value;
        msgpack::Writer writer(value);
        writer.map(5);
        writer.string("amount");
        writer.real(static_cast<double>(random.below(100'000)) / 100);
        writer.string("bucket");
        writer.unsigned_integer(random.below(100));
        writer.string("kind");
        writer.string(kKinds[random.below(4)]);
        writer.string("ok");
        writer.boolean(random.chance(0.9));
        writer.string("user");
        writer.unsigned_integer(random.below(2 * users));
        put("events", i, value);
    }
    for (std::size_t i = 0; i < users; ++i) {
        Bytes value;
        msgpack::Writer writer(value);
        writer.map(2);
        writer.string("id");
        writer.unsigned_integer(i);
        writer.string("plan");
        writer.string(random.chance(0.2) ? "pro" : "free");
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

void measure(benchmark::State& state, const std::string& path, const std::string& text) {
    auto& session = session_on(path);
    for (auto _ : state) {
        const auto rows = run(session, text);
        if (!rows || *rows == 0) return state.SkipWithError("no rows");
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

void narrow_bench(benchmark::State& state, const char* text) {
    measure(state, narrow(static_cast<std::size_t>(state.range(0))), text);
}
void wide_bench(benchmark::State& state, const char* text) {
    measure(state, wide(static_cast<std::size_t>(state.range(0))), text);
}

#define TOPGUN_SQL_BENCH(what, name, text) \
    BENCHMARK_CAPTURE(what, name, text)    \
        ->Arg(1000)                        \
        ->Arg(1'000'000)                   \
        ->Arg(10'000'000)                  \
        ->Unit(benchmark::kMillisecond)    \
        ->MeasureProcessCPUTime()          \
        ->UseRealTime()

TOPGUN_SQL_BENCH(narrow_bench, scan_filter_group,
                 "SELECT kind, count(*), sum(amount) FROM events WHERE bucket < 50 GROUP BY kind");
TOPGUN_SQL_BENCH(wide_bench, scan_filter_group,
                 "SELECT plan, count(*), sum(score) FROM users WHERE bucket < 50 GROUP BY plan");
TOPGUN_SQL_BENCH(narrow_bench, top_k, "SELECT * FROM events ORDER BY amount DESC LIMIT 10");
TOPGUN_SQL_BENCH(narrow_bench, join,
                 "SELECT plan, sum(amount) FROM events JOIN users ON id = \"user\" GROUP BY plan");
TOPGUN_SQL_BENCH(narrow_bench, window,
                 "SELECT max(place) FROM (SELECT row_number() OVER (PARTITION BY bucket ORDER BY "
                 "amount) AS place FROM events) AS ranked");
TOPGUN_SQL_BENCH(narrow_bench, count_distinct, "SELECT count(DISTINCT \"user\") FROM events");

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
    auto& session = session_on(tpch());
    const auto text = query_text(state.range(0));
    for (auto _ : state) {
        if (!run(session, text)) return state.SkipWithError("failed");
    }
}
BENCHMARK(tpch_topgun)
    ->DenseRange(1, kQueries)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

void must_run(sqlite3* database, const std::string& text) {
    if (sqlite3_exec(database, text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) std::abort();
}

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
    auto* database = tpch_sqlite_database();
    const auto text = query_text(state.range(0));
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
BENCHMARK(tpch_sqlite)
    ->DenseRange(1, kQueries)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace topgun::bench
