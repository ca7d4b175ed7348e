// SPDX-License-Identifier: Apache-2.0
// Statements that are ended at any moment: soon, without a trace, and the session goes on.
#include <atomic>
#include <chrono>
#include <thread>

#include "session_support.hpp"

using namespace topgun;
using namespace topgun::test;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

namespace {

// The promise is far less; machines that run the tests may be busy.
constexpr auto kSoon = 2s;

// One for each kind of operator. Each takes some tens of milliseconds, much of it in that operator,
// partly in files.
const char* const kReads[] = {
    "SELECT sum(length(t)) FROM a",
    "SELECT sum(a.id * b.n) FROM a JOIN b ON a.k = b.k",
    "SELECT count(b.n) FROM a LEFT JOIN b ON a.k = b.k AND a.id > b.n",
    "SELECT count(*) FROM a FULL JOIN b ON a.k = b.k AND a.id < b.n",
    "SELECT count(*) FROM a WHERE EXISTS (SELECT FROM b WHERE b.k = a.k AND b.n > a.id)",
    "SELECT count(*) FROM a WHERE k NOT IN (SELECT n FROM b)",
    "SELECT count(*) FROM a, (SELECT n FROM b WHERE n < 99) x WHERE a.id + x.n = 7",
    "SELECT max(c) FROM (SELECT t, count(*) AS c FROM a GROUP BY t) x",
    "SELECT count(*) FROM (SELECT k, s, sum(id) FROM a GROUP BY CUBE (k, s)) x",
    "SELECT min(t) FROM (SELECT t FROM a ORDER BY t DESC OFFSET 100) x",
    "SELECT max(r) FROM (SELECT rank() OVER (PARTITION BY s ORDER BY t) AS r FROM a) x",
    "SELECT max(m) FROM (SELECT min(t) OVER (PARTITION BY s ORDER BY id ROWS 99 PRECEDING) AS m "
    "FROM a) x",
    "SELECT count(*) FROM (SELECT t FROM a UNION SELECT t FROM a EXCEPT SELECT 'x') x",
    "SELECT sum(x) FROM a, LATERAL generate_series(1, a.s) AS x",
    "WITH RECURSIVE r (n) AS (SELECT 1 UNION SELECT n % 300 + 1 FROM r) SELECT count(*) FROM r",
    "SELECT sum((SELECT max(n) FROM b WHERE b.k = a.k)) FROM a",
    "SELECT count(*) FROM a WHERE t ~ '(x|y)*z?9{2}'",
};

const char* const kWrites[] = {
    "INSERT INTO w SELECT id, k FROM a",
    "UPDATE w SET k = w.k + (SELECT count(*) FROM a WHERE a.s = w.k)",
    "DELETE FROM w USING a WHERE a.id = w.id",
    "CREATE TABLE made AS SELECT * FROM a",
};

std::unique_ptr<sql::Session> world() {
    sql::SessionOptions options;
    options.threads = 2;
    options.memory_limit = std::uint64_t{1} << 20;
    auto session = open_session(options);
    run_all(*session, {"CREATE TABLE a AS SELECT g AS id, g * 7919 % 9973 AS k, g % 17 AS s,"
                       " 'text ' || g * 31 % 30011 AS t FROM generate_series(1, 30000) g",
                       "CREATE TABLE b AS SELECT g AS n, g * 3 % 9973 AS k"
                       " FROM generate_series(1, 10000) g",
                       "CREATE TABLE w (id bigint PRIMARY KEY, k bigint)",
                       "INSERT INTO w SELECT -g, g % 20 FROM generate_series(1, 2000) g"});
    return session;
}

struct Outcome {
    Result<std::vector<std::string>> rows;
    SteadyClock::duration late;  // from the first cancel() on
};

// Cancels `after` the statement has begun, again and again until it is over: a cancel() before it
// has begun is not meant for it.
Outcome cancelled(sql::Session& session, const std::string& text, std::chrono::microseconds after) {
    std::atomic<bool> over{false};
    const auto begin = SteadyClock::now();
    std::thread other([&] {
        std::this_thread::sleep_for(after);
        while (!over) {
            session.cancel();
            std::this_thread::sleep_for(200us);
        }
    });
    auto rows = rows_of(session, text);
    const auto late = SteadyClock::now() - begin - after;
    over = true;
    other.join();
    return {std::move(rows), late};
}

}  // namespace

TEST_CASE("cancel() ends each kind of operator at any moment", "[sql][cancel]") {
    const auto seed = test::seed(7201);
    CAPTURE(seed);
    Random rng(seed);
    const auto session = world();
    std::size_t ended = 0;
    for (const std::string text : kReads) {
        const auto expected = answer(*session, text);
        CAPTURE(text, expected);
        CHECK(expected.find("error") == expected.npos);
        for (int round = 0; round < 4; ++round) {
            const std::chrono::microseconds after(rng.below(round < 2 ? 1'000 : 15'000));
            CAPTURE(after.count());
            const auto outcome = cancelled(*session, text, after);
            CHECK(outcome.late < kSoon);
            if (outcome.rows) {
                CHECK(outcome.rows->front() == expected);
            } else {
                ++ended;
                CHECK(outcome.rows.error().text() == "cancelled");
                CHECK(outcome.rows.error().code() == Errc::cancelled);
            }
        }
        CHECK(answer(*session, text) == expected);
    }
    CHECK(ended > 0);
}

TEST_CASE("a write that is cancelled has not happened", "[sql][cancel]") {
    const auto seed = test::seed(7202);
    CAPTURE(seed);
    Random rng(seed);
    std::size_t ended = 0;
    for (const std::string text : kWrites) {
        CAPTURE(text);
        const auto session = world();
        const std::string content = "SELECT count(*), sum(id), sum(k), max(_hlc) FROM w";
        const auto before = answer(*session, content);
        const auto tables = session->tables().size();
        for (int round = 0; round < 4; ++round) {
            const std::chrono::microseconds after(rng.below(5'000));
            const auto outcome = cancelled(*session, text, after);
            CAPTURE(after.count());
            CHECK(outcome.late < kSoon);
            if (outcome.rows) break;  // It was quicker; what it did is tested elsewhere.
            ++ended;
            CHECK(outcome.rows.error().text() == "cancelled");
            CHECK(answer(*session, content) == before);
            CHECK(session->tables().size() == tables);
        }
    }
    CHECK(ended > 0);
}

TEST_CASE("a timeout ends each kind of operator", "[sql][cancel]") {
    const auto session = world();
    for (const std::string text : kReads) {
        CAPTURE(text);
        session->set_timeout(1ms);
        const auto begin = SteadyClock::now();
        const auto rows = rows_of(*session, text);
        CHECK(SteadyClock::now() - begin < kSoon);
        session->set_timeout(std::nullopt);
        if (!rows) {
            CHECK(rows.error().code() == Errc::limit);
            CHECK(rows.error().text() == "not done within 1 ms");
        }
        CHECK(answer(*session, "SELECT 42") == "42");
    }
}

TEST_CASE("whoever takes the rows may stop them with an error", "[sql][cancel]") {
    const auto session = world();
    class FullSink final : public sql::ResultSink {
    public:
        Status begin(const std::vector<sql::ResultColumn>&) override { return {}; }
        Status rows(const Batch&) override {
            ++calls;
            return Error(Errc::io, "no room left");
        }
        int calls = 0;
    };
    for (const std::string text :
         {"SELECT * FROM a", "SELECT * FROM a ORDER BY t", "SELECT * FROM a JOIN b ON a.k = b.k",
          "SELECT t, count(*) FROM a GROUP BY t", "UPDATE w SET k = 1 RETURNING *"}) {
        CAPTURE(text);
        FullSink sink;
        const auto done = session->execute(text, {0, text.size()}, sink);
        REQUIRE_FALSE(done);
        CHECK(done.error().code() == Errc::io);
        CHECK(done.error().text().find("no room left") != std::string::npos);
        CHECK(sink.calls == 1);
        CHECK(answer(*session, "SELECT 42") == "42");
    }
}
