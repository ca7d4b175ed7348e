// SPDX-License-Identifier: Apache-2.0
// Statements that ask for too much: each has to end soon, by itself, by its timeout or by cancel().
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "topgun/sql/session.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

// The promise is about 100 ms; machines that run the tests may be busy, and sanitizers are slow.
constexpr auto kSoon = 5s;

class CountSink final : public sql::ResultSink {
public:
    Status begin(const std::vector<sql::ResultColumn>&) override { return {}; }
    Status rows(const Batch& batch) override {
        if (batch.rows > 0 && !batch.columns.empty() && !batch.columns[0]->is_null(0) &&
            batch.columns[0]->storage() == Storage::integer) {
            first_ = batch.columns[0]->integer(0);
        }
        return {};
    }
    std::int64_t first() const { return first_; }

private:
    std::int64_t first_ = -1;
};

std::unique_ptr<sql::Session> open(std::optional<std::chrono::milliseconds> timeout = {}) {
    sql::SessionOptions options;
    options.threads = 2;
    options.memory_limit = std::uint64_t{32} << 20;
    options.timeout = timeout;
    auto session = sql::Session::create(options);
    REQUIRE(session);
    return std::move(*session);
}

Result<std::int64_t> first_of(sql::Session& session, const std::string& text) {
    CountSink sink;
    auto summary = session.execute(text, {0, text.size()}, sink);
    if (!summary) return std::move(summary).error();
    return sink.first();
}

std::string repeated(const std::function<std::string(int)>& part, int count,
                     const std::string& between) {
    std::string out;
    for (int i = 0; i < count; ++i) out += (i == 0 ? "" : between) + part(i);
    return out;
}

// Each would go on for minutes, in parts of the engine that learn of the end in ways of their own.
const char* const kEndless[] = {
    "SELECT count(*) FROM generate_series(1, 1000000000000)",
    "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT * FROM r a, r b",
    "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
    "SELECT count(*) FROM generate_series(1, 1000000) g"
    " WHERE repeat('a', 1000) ~ ('x{' || (g % 900) || '}y')",
    "SELECT max(length(repeat('x', 1000000 + g))) FROM generate_series(1, 1000000) g",
    "SELECT max(c) FROM (SELECT min(g::text) OVER (ORDER BY g ROWS BETWEEN 100000 PRECEDING AND"
    " 100000 FOLLOWING EXCLUDE CURRENT ROW) c FROM generate_series(1, 300000) g) x"
    " CROSS JOIN generate_series(1, 100000000)",
};

}  // namespace

TEST_CASE("a timeout ends whatever runs", "[sql][hostile]") {
    const std::string text = GENERATE(from_range(std::begin(kEndless), std::end(kEndless)));
    CAPTURE(text);
    const auto session = open(50ms);
    const auto start = Clock::now();
    const auto result = first_of(*session, text);
    CHECK(Clock::now() - start < kSoon);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Errc::limit);
    const auto message = result.error().text();
    CHECK((message == "not done within 50 ms" || message.find("memory limit") != message.npos));
    CHECK(*first_of(*session, "SELECT 42") == 42);
}

TEST_CASE("cancel() ends whatever runs, and the session goes on", "[sql][hostile]") {
    const std::string text = GENERATE(from_range(std::begin(kEndless), std::begin(kEndless) + 5));
    CAPTURE(text);
    const auto session = open();
    std::atomic<bool> over{false};
    // Again and again: a cancel() before the statement has begun is not meant for it.
    std::thread other([&] {
        while (!over) {
            std::this_thread::sleep_for(20ms);
            session->cancel();
        }
    });
    const auto start = Clock::now();
    const auto result = first_of(*session, text);
    over = true;
    other.join();
    CHECK(Clock::now() - start < kSoon);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Errc::cancelled);
    CHECK(*first_of(*session, "SELECT 42") == 42);
}

TEST_CASE("texts of a batch may together be longer than memory has room for", "[sql][hostile]") {
    const auto session = open();
    const auto longest = first_of(
        *session, "SELECT max(length(repeat('x', 100000 + g))) FROM generate_series(1, 1000) g");
    REQUIRE(longest);
    CHECK(*longest == 101000);
}

TEST_CASE("a text that would be too long is an error", "[sql][hostile]") {
    const auto* expression =
        GENERATE("repeat('x', 1000000000)", "lpad('x', 1000000000)", "rpad('x', 1000000000, 'ab')",
                 "format('%1000000000s', 'x')", "repeat(repeat('x', 100000), 100000)");
    CAPTURE(expression);
    const auto result = first_of(*open(), std::string("SELECT length(") + expression + ")");
    REQUIRE_FALSE(result);
}

TEST_CASE("a search for a long part is linear in the text", "[sql][hostile]") {
    const auto session = open(5000ms);
    const auto at = first_of(
        *session, "SELECT position(repeat('a', 100000) || 'b' IN repeat('a', 400000) || 'b')");
    REQUIRE(at);
    CHECK(*at == 300001);
}

TEST_CASE("lookups beside each other do not copy each other", "[sql][hostile]") {
    const auto lookup = [](int i) {
        return "(SELECT max(x) FROM generate_series(1, 9) x WHERE x < g + " + std::to_string(i) +
               ")";
    };
    const auto session = open();
    const auto result = first_of(
        *session, "SELECT " + repeated(lookup, 24, " + ") + " FROM generate_series(5, 5) g");
    REQUIRE(result);
    // The largest below 5 + i, of those up to 9: 4 to 9, then 9 again.
    CHECK(*result == 4 + 5 + 6 + 7 + 8 + 19 * 9);
}

TEST_CASE("a statement may be as large as it likes, or says that it may not", "[sql][hostile]") {
    const auto number = [](int i) { return std::to_string(i); };
    const auto select = [](int i) { return "SELECT " + std::to_string(i) + " AS n"; };
    const auto session = open(10000ms);
    CHECK(*first_of(*session, "SELECT count(*) FROM generate_series(1, 20) g WHERE g IN (" +
                                  repeated(number, 10000, ", ") + ")") == 20);
    CHECK(*first_of(*session, "SELECT " + repeated(number, 1600, ", ")) == 0);
    CHECK(*first_of(*session, "SELECT count(*) FROM (" + repeated(select, 400, " UNION ALL ") +
                                  ") x") == 400);
    for (const auto& text :
         {"SELECT " + std::string(100000, '(') + "1", "SELECT " + repeated(number, 20000, " + "),
          repeated(select, 5000, " UNION ")}) {
        const auto result = first_of(*session, text);
        REQUIRE_FALSE(result);
        CHECK(result.error().text().find("line 1, column ") == 0);
    }
}
