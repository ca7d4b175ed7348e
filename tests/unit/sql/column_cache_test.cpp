// SPDX-License-Identifier: Apache-2.0
// Columns that are kept between statements show what the map shows, at every moment.
#include "column_cache.hpp"

#include <algorithm>
#include <thread>

#include "map_table.hpp"
#include "session_support.hpp"

using namespace topgun;
using namespace topgun::sql;
using namespace topgun::test;

namespace {

constexpr std::uint64_t kRecords = 40'000;
constexpr std::uint64_t kWritten = 1'000'000;
constexpr std::uint64_t kPlenty = std::uint64_t{1} << 30;

// Every seventh record expires, the others never; every eleventh has no "score".
std::string source_text() {
    std::string out;
    for (std::uint64_t i = 0; i < kRecords; ++i) {
        const auto number = std::to_string(i);
        out += R"({"map":"m","key":"k)" + number + R"(","value":{"name":"name )" + number + '"' +
               (i % 11 == 0 ? "" : R"(,"score":)" + std::to_string(i % 1000)) + R"(},"ts":")" +
               std::to_string(kWritten) + ":" + number + R"(:node")" +
               (i % 7 == 0 ? R"(,"ttlMs":)" + std::to_string(1000 + i) : "") + "}\n";
    }
    return out;
}

class CachedTable {
public:
    explicit CachedTable(std::uint64_t limit)
        : budget(std::make_shared<CacheBudget>(limit)),
          map_(ColumnCache(budget).of({"m", MapKind::lww}, kRecords)) {
        spit(scratch_.file("m.ndjson"), source_text());
        source_ = must(open_source(scratch_.file("m.ndjson")));
    }
    /// Rows of the columns as lines, in order of text. Asserts nothing: threads may call it.
    Result<std::vector<std::string>> rows(const std::vector<std::string>& names,
                                          std::uint64_t now_ms, bool cached, std::size_t parts,
                                          bool backwards = false) {
        auto table = MapTable::infer({"m", MapKind::lww}, {source_.state.get(), nullptr, nullptr},
                                     now_ms, cached ? map_ : nullptr);
        if (!table) return std::move(table).error();
        std::vector<std::size_t> columns;
        const auto& all = (*table)->columns();
        for (const auto& name : names) {
            const auto found = std::find_if(all.begin(), all.end(),
                                            [&](const auto& one) { return one.name == name; });
            columns.push_back(static_cast<std::size_t>(found - all.begin()));
        }
        std::vector<std::string> out;
        for (std::size_t i = 0; i < parts; ++i) {
            const auto part = backwards ? parts - 1 - i : i;
            auto scan = (*table)->scan(columns, part, parts, {});
            if (!scan) return std::move(scan).error();
            for (Batch batch;;) {
                auto more = (*scan)->next(batch);
                if (!more) return std::move(more).error();
                if (!*more) break;
                for (std::size_t row = 0; row < batch.rows; ++row) {
                    out.push_back(row_text(batch, row));
                }
            }
        }
        std::sort(out.begin(), out.end());
        return out;
    }
    std::vector<std::string> read(const std::vector<std::string>& names, std::uint64_t now_ms,
                                  bool cached = true, std::size_t parts = 2) {
        return must(rows(names, now_ms, cached, parts));
    }

    std::shared_ptr<CacheBudget> budget;

private:
    ScratchDir scratch_;
    Source source_;
    std::shared_ptr<CachedMap> map_;
};

}  // namespace

TEST_CASE("a map that is read again gives the same rows", "[sql][cache]") {
    CachedTable table(kPlenty);
    const auto now = kWritten + 10;
    const auto wanted = table.read({"_key", "score"}, now, false);
    REQUIRE(wanted.size() == kRecords);
    CHECK(table.read({"_key", "score"}, now) == wanted);
    CHECK(table.budget->used == 0);
    CHECK(table.read({"_key", "score"}, now, true, 3) == wanted);
    const auto used = table.budget->used.load();
    CHECK(used > kRecords * 2 * sizeof(std::int64_t));
    CHECK(table.read({"_key", "score"}, now, true, 1) == wanted);
    CHECK(table.budget->used == used);
    SECTION("with other columns beside them") {
        const auto more = table.read({"name", "_key"}, now, false);
        for (int round = 0; round < 3; ++round) CHECK(table.read({"name", "_key"}, now) == more);
        CHECK(table.budget->used > used);
    }
    SECTION("without any column") {
        for (int round = 0; round < 3; ++round) CHECK(table.read({}, now).size() == kRecords);
    }
}

TEST_CASE("parts of a scan may differ in whether they use the cache", "[sql][cache]") {
    CachedTable table(kPlenty);
    const auto wanted = table.read({"_key"}, kWritten, false);
    // The first part of the second scan makes the column one worth keeping, after the last part.
    for (const bool backwards : {false, true, true, false}) {
        CHECK(must(table.rows({"_key"}, kWritten, true, 2, backwards)) == wanted);
    }
}

TEST_CASE("records that expire leave the cached columns", "[sql][cache]") {
    CachedTable table(kPlenty);
    // From the time when all are live to the one when the last of those that expire has gone.
    for (const std::uint64_t age : {10u, 900u, 1001u, 5000u, 30'000u, 50'000u}) {
        CAPTURE(age);
        const auto now = kWritten + age;
        const auto wanted = table.read({"_key", "name"}, now, false);
        for (int round = 0; round < 3; ++round) {
            CHECK(table.read({"_key", "name"}, now) == wanted);
        }
        // A column that comes later has the same rows.
        CHECK(table.read({"score"}, now).size() == wanted.size());
    }
    CHECK(table.read({"_key"}, kWritten + 50'000).size() == kRecords - (kRecords + 6) / 7);
}

TEST_CASE("cached columns take no more memory than they may", "[sql][cache]") {
    constexpr std::uint64_t kRoomForOneColumn = kRecords * 60;
    for (const std::uint64_t limit : {std::uint64_t{0}, std::uint64_t{1000}, kRoomForOneColumn}) {
        CAPTURE(limit);
        CachedTable table(limit);
        const auto now = kWritten + 10;
        for (const auto* name : {"_key", "name", "score", "_key", "name"}) {
            const auto wanted = table.read({name}, now, false);
            for (int round = 0; round < 3; ++round) {
                CHECK(table.read({name}, now) == wanted);
                CHECK(table.budget->used <= limit);
            }
        }
        CHECK((limit < kRoomForOneColumn || table.budget->used > 0));
    }
}

TEST_CASE("threads may fill and read a cache at once", "[sql][cache]") {
    CachedTable table(kRecords * 100);
    const auto wanted = table.read({"_key", "name", "score"}, kWritten, false).size();
    (void)table.read({"_key", "name", "score"}, kWritten);
    std::vector<std::size_t> counts(4);
    std::vector<std::thread> threads;
    for (auto& count : counts) {
        threads.emplace_back([&table, &count] {
            const auto rows = table.rows({"_key", "name", "score"}, kWritten, true, 2);
            if (rows) count = rows->size();
        });
    }
    for (auto& thread : threads) thread.join();
    for (const auto count : counts) CHECK(count == wanted);
}

TEST_CASE("changes of the session show through cached columns", "[sql][cache]") {
    const ScratchDir scratch;
    spit(scratch.file("m.ndjson"), source_text());
    SessionOptions options;
    options.writable = true;
    auto session = open_session(options);
    REQUIRE(session->attach("s", scratch.file("m.ndjson")));
    const std::string query =
        "SELECT count(*), sum(score) FROM m WHERE _key IN ('k1', 'k2', 'new')"
        " OR name LIKE '%99'";
    const auto before = answer(*session, query);
    for (int round = 0; round < 3; ++round) CHECK(answer(*session, query) == before);
    run_all(*session, {"BEGIN", "UPDATE m SET score = 100000 WHERE _key = 'k1'"});
    const auto changed = answer(*session, query);
    CHECK(changed != before);
    CHECK(answer(*session, query) == changed);
    run_all(*session, {"ROLLBACK"});
    CHECK(answer(*session, query) == before);
}
