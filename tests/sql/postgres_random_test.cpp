// SPDX-License-Identifier: Apache-2.0
// Random queries on our engine and on PostgreSQL, which must agree. TOPGUN_SQL_QUERIES says how
// many; TOPGUN_TEST_SEED replays one set of tables with its queries.
#include <algorithm>
#include <cstdlib>
#include <map>

#include "postgres_database.hpp"
#include "random_query.hpp"
#include "topgun/source/source.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

constexpr int kQueriesPerWorld = 40;
constexpr std::uint64_t kLittleMemory = 200'000;

struct Engine {
    std::string name;
    std::unique_ptr<sql::Session> session;
    std::vector<std::string> with;  ///< What stands for the tables, where they are not alike.
};

Result<sql::slt::Answer> ask(const Engine& engine, const std::string& statement) {
    return sql::slt::SessionDatabase(*engine.session).execute(statement);
}

Engine make_engine(std::string name, std::size_t threads, std::uint64_t memory) {
    sql::SessionOptions options;
    options.threads = threads;
    options.memory_limit = memory;
    options.timeout = std::chrono::seconds(20);
    return {std::move(name), must(sql::Session::create(options)), {}};
}

// The tables as the snapshot has them, with the types that they were made with. JSON went in as
// text, for its null would come back as SQL's; columns of NULLs alone are not there at all.
std::string as_created(const RandomTable& table, const std::vector<sql::TableInfo>& known) {
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const auto& each) { return each.name == table.name; });
    const auto has = [&](const std::string& name) {
        return found != known.end() &&
               std::any_of(found->columns.begin(), found->columns.end(),
                           [&](const auto& column) { return column.name == name; });
    };
    std::string select;
    for (const auto& column : table.columns) {
        select += (select.empty() ? "" : ", ") + (has(column.name) ? column.name : "NULL") +
                  "::" + type_name(column.kind) + " AS " + column.name;
    }
    return table.name + " AS (SELECT " + select +
           (found != known.end() ? " FROM snap." + table.name + ")" : " WHERE false)");
}

Engine snapshot_engine(const std::vector<RandomTable>& tables, const std::string& path) {
    const auto writer = make_engine("writer", 1, std::uint64_t{1} << 30);
    for (auto table : tables) {
        for (auto& column : table.columns) {
            if (column.kind == Kind::json) column.kind = Kind::text;
        }
        for (const auto& statement : table.statements()) must(ask(writer, statement));
    }
    const auto state = must(writer.session->state("main"));
    must(write_state(*state, path, Format::snapshot));
    Engine out = make_engine("tables of a snapshot", 2, std::uint64_t{1} << 30);
    must(out.session->attach("snap", path));
    for (const auto& table : tables) {
        out.with.push_back(as_created(table, out.session->tables()));
    }
    return out;
}

struct World {
    std::vector<RandomTable> tables;
    std::unique_ptr<sql::slt::Database> postgres;
    std::vector<Engine> engines;
    ScratchDir scratch;

    World(PostgresServer& server, Random& random, std::size_t rows) {
        tables = random_tables(random, rows);
        postgres = must(slt_database(server));
        must(postgres->execute("SET statement_timeout = 2000"));
        engines.push_back(make_engine("one thread", 1, std::uint64_t{1} << 30));
        engines.push_back(make_engine("four threads", 4, std::uint64_t{1} << 30));
        engines.push_back(make_engine("little memory", 2, kLittleMemory));
        for (const auto& table : tables) {
            for (const auto& statement : table.statements()) {
                must(postgres->execute(statement));
                for (const auto& engine : engines) must(ask(engine, statement));
            }
        }
        must(postgres->execute("ANALYZE"));
        engines.push_back(snapshot_engine(tables, scratch.file("tables.tgs")));
    }

    /// What sets the tables up, to be replayed by hand.
    std::string script() const {
        std::string out;
        for (const auto& table : tables) {
            for (const auto& statement : table.statements()) out += statement + ";\n";
        }
        return out;
    }
};

std::vector<std::string> rows_of(const sql::slt::Answer& answer, bool ordered) {
    std::vector<std::string> rows;
    const auto width = answer.types.size();
    for (std::size_t i = 0; i < answer.values.size(); i += width) {
        std::string row;
        for (std::size_t j = i; j < i + width; ++j)
            row += answer.values[j].value_or("NULL") + " | ";
        rows.push_back(std::move(row));
    }
    if (!ordered) std::sort(rows.begin(), rows.end());
    return rows;
}

std::string shown(const std::vector<std::string>& rows) {
    std::string out = std::to_string(rows.size()) + " rows\n";
    for (std::size_t i = 0; i < std::min<std::size_t>(rows.size(), 30); ++i) out += rows[i] + '\n';
    return out;
}

// Empty when they agree.
std::string difference(const Result<sql::slt::Answer>& wanted, const Result<sql::slt::Answer>& got,
                       bool ordered) {
    if (!wanted || !got) {
        if (!wanted && !got) return "";
        return wanted ? "ours fails: " + got.error().text()
                      : "PostgreSQL fails: " + wanted.error().text();
    }
    const auto a = rows_of(*wanted, ordered), b = rows_of(*got, ordered);
    return a == b ? "" : "PostgreSQL: " + shown(a) + "ours: " + shown(b);
}

struct Tally {
    int compared = 0;                     ///< Queries.
    int refused = 0;                      ///< PostgreSQL has no plan for these.
    int slow = 0;                         ///< PostgreSQL did not finish in time.
    int starved = 0;                      ///< With little memory there was no answer.
    std::map<std::string, int> failures;  ///< Of queries that fail on both sides.
};

// Some operators hold what they cannot do without, such as one partition of a window.
bool is_starved(const Engine& engine, const Result<sql::slt::Answer>& answer) {
    return engine.session->options().memory_limit == kLittleMemory && !answer &&
           answer.error().code() == Errc::limit;
}

void compare(World& world, const RandomSelect& query, Tally& tally) {
    const auto wanted = world.postgres->execute(query.text());
    const auto failure = wanted ? std::string() : wanted.error().text();
    if (failure.find("statement timeout") != std::string::npos) {
        ++tally.slow;
        return;
    }
    if (failure.find("FULL JOIN is only supported") != std::string::npos) {
        ++tally.refused;
        return;
    }
    if (!wanted) ++tally.failures[failure];
    ++tally.compared;
    for (const auto& engine : world.engines) {
        const auto got = ask(engine, query.text(engine.with));
        if (wanted && is_starved(engine, got)) {
            ++tally.starved;
            continue;
        }
        if (!got && got.error().text().find("not done within") != std::string::npos) {
            ++tally.slow;
            continue;
        }
        const auto found = difference(wanted, got, query.ordered);
        if (found.empty()) continue;
        FAIL_CHECK(engine.name << "\n" << found << "\n" << world.script() << query.text() << ";");
        return;
    }
}

}  // namespace

// Goal:   our engine means by a query what PostgreSQL means.
// Method: random tables, random queries whose answers are determined; ours on one thread, on
//         several, with so little memory that it must spill, and with other statistics.
TEST_CASE("random queries have PostgreSQL's answers", "[sql][postgres][property]") {
    const auto server = must(PostgresServer::start());
    const char* many = std::getenv("TOPGUN_SQL_QUERIES");
    const int queries = many != nullptr ? std::atoi(many) : 40;
    const auto first = test::seed(20261121);
    Tally tally;
    for (int done = 0; done < queries; done += kQueriesPerWorld) {
        const auto seed = first + static_cast<std::uint64_t>(done / kQueriesPerWorld);
        CAPTURE(seed);
        Random random(seed);
        const std::size_t rows = random.chance(0.1) ? 3000 : random.chance(0.5) ? 8 : 30;
        World world(*server, random, rows);
        RandomQuery generator(random, world.tables, rows > 100 ? 1 : 5);
        for (int i = 0; i < kQueriesPerWorld; ++i) compare(world, generator.next(), tally);
    }
    std::string failures;
    for (const auto& [text, count] : tally.failures) {
        failures += "\n" + std::to_string(count) + " fail: " + text;
    }
    WARN(tally.compared << " compared, " << tally.refused << " refused, " << tally.slow << " slow, "
                        << tally.starved << " starved" << failures);
    CHECK(tally.compared > queries * 8 / 10);
}
