// SPDX-License-Identifier: Apache-2.0
// Statements that need more memory than they may have: the answers are the same, by way of files.
#include <numeric>

#include "session_support.hpp"
#include "topgun/column/hash.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

constexpr std::uint64_t kLittle = std::uint64_t{1} << 20;
constexpr const char* kNowhere = "/nonexistent/for/spilling";

/// Many rows as few numbers: how many, and a digest that does not mind their order, or does.
struct Digest {
    std::uint64_t rows = 0, any_order = 0, in_order = 0;
    bool operator==(const Digest&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Digest& digest) {
    return out << digest.rows << " rows, " << digest.any_order << ", " << digest.in_order;
}

class DigestSink final : public sql::ResultSink {
public:
    explicit DigestSink(bool ordered) : ordered_(ordered) {}
    Status begin(const std::vector<sql::ResultColumn>& columns) override {
        columns_.resize(columns.size());
        std::iota(columns_.begin(), columns_.end(), std::size_t{0});
        return {};
    }
    Status rows(const Batch& batch) override {
        hash_rows(batch, columns_, hashes_);
        for (const auto hash : hashes_) {
            ++digest.rows;
            digest.any_order += Random(hash)();
            if (ordered_) digest.in_order = digest.in_order * 31 + hash;
        }
        return {};
    }
    Digest digest;

private:
    bool ordered_;
    std::vector<std::size_t> columns_;
    std::vector<std::uint64_t> hashes_;
};

Result<Digest> digest_of(sql::Session& session, const std::string& text, bool ordered) {
    DigestSink sink(ordered);
    auto summary = session.execute(text, {0, text.size()}, sink);
    if (!summary) return std::move(summary).error();
    return sink.digest;
}

/// Two tables of every kind of value: `a` of 100,000 rows and `b` of 25,000, whose keys k agree now
/// and then, are NULL now and then, and are met several times.
std::vector<std::string> tables(std::uint64_t seed) {
    Random rng(seed);
    const auto number = [&rng](std::int64_t from, std::int64_t to) {
        return std::to_string(rng.between(from, to));
    };
    const auto table = [&](const std::string& name, const std::string& rows) {
        const auto factor = number(1'000, 9'999'999), more = number(0, 1'000'000);
        const auto mixed = "((g * " + factor + " + " + more + ") % 1000003)";
        return "CREATE TABLE " + name + " AS SELECT g AS id, CASE WHEN " + mixed +
               " % 41 > 0 THEN " + mixed + " % " + number(20'000, 30'000) + " END AS k, " + mixed +
               " % 17 - 8 AS s, CASE WHEN g % 13 > 0 THEN 'text ' || " + mixed + " % " +
               number(40'000, 60'000) + " END AS t, (" + mixed +
               " % 1000) / 8.0::double precision AS d, DATE '2020-01-01' + (" + mixed +
               " % 900)::int AS day FROM generate_series(1, " + rows + ") g";
    };
    return {table("a", "100000"), table("b", "25000")};
}

/// The same tables in sessions with plenty of memory; with little, and one thread or two; with
/// little and nowhere to spill to.
struct Worlds {
    std::unique_ptr<sql::Session> plenty, one, two, nowhere;
};

// Made once: it takes longer than a test.
Worlds& worlds(std::uint64_t seed) {
    static Worlds made = [seed] {
        const auto world = [seed](std::size_t threads, std::uint64_t memory,
                                  const std::string& directory = {}) {
            sql::SessionOptions options;
            options.threads = threads;
            options.memory_limit = memory;
            options.spill_directory = directory;
            auto out = open_session(options);
            run_all(*out, tables(seed));
            return out;
        };
        return Worlds{world(1, std::uint64_t{1} << 30), world(1, kLittle), world(2, kLittle),
                      world(2, kLittle, kNowhere)};
    }();
    return made;
}

struct Spilling {
    std::string sql;
    bool ordered = false;
};

// Goal:   what does not fit into memory is answered as what does.
// Method: each statement runs with plenty of memory on one thread, then with little on one and on
//         two; and with little and nowhere to spill to, which has to fail: else it had enough.
void check_spilling(const std::vector<Spilling>& statements) {
    const auto seed = test::seed(20261121);
    CAPTURE(seed);
    auto& [plenty, one, two, nowhere] = worlds(seed);
    for (const auto& [sql, ordered] : statements) {
        CAPTURE(sql);
        const auto expected = must(digest_of(*plenty, sql, ordered));
        CHECK(expected.rows > 0);
        CHECK(must(digest_of(*one, sql, ordered)) == expected);
        CHECK(must(digest_of(*two, sql, ordered)) == expected);
        const auto failed = digest_of(*nowhere, sql, ordered);
        REQUIRE_FALSE(failed);
        CHECK(failed.error().code() == Errc::io);
        CHECK(failed.error().text().find(kNowhere) != std::string::npos);
        CHECK(answer(*nowhere, "SELECT 42") == "42");
    }
}

}  // namespace

TEST_CASE("sorts and windows that spill give what they give in memory", "[sql][spill][property]") {
    check_spilling(
        {{"SELECT * FROM a ORDER BY t, d DESC, id", true},
         {"SELECT id, k, t FROM a ORDER BY k DESC NULLS LAST, id LIMIT 60000 OFFSET 777", true},
         {"SELECT s, d FROM a ORDER BY s, d FETCH FIRST 50000 ROWS WITH TIES", true},
         {"SELECT id, rank() OVER (PARTITION BY s, k % 100 ORDER BY day, t),"
          " sum(d) OVER (PARTITION BY k % 1000 ORDER BY id ROWS 3 PRECEDING) FROM a"},
         {"SELECT id, lag(t) OVER (PARTITION BY k ORDER BY id), count(*) OVER (PARTITION BY k)"
          " FROM a"}});
}

TEST_CASE("joins that spill give what they give in memory", "[sql][spill][property]") {
    check_spilling(
        {{"SELECT a.*, b.* FROM a JOIN b ON a.k = b.k AND a.s < b.s"},
         {"SELECT a.id, b.id, b.t FROM a LEFT JOIN b ON a.k = b.k AND a.day = b.day"},
         {"SELECT a.id, a.d, b.* FROM b RIGHT JOIN a ON a.t = b.t AND a.s = b.s"},
         {"SELECT a.id, a.k, b.id, b.t FROM a FULL JOIN b ON a.k = b.k AND a.s = b.s"},
         {"SELECT a.id, b.id FROM a JOIN b ON a.k IS NOT DISTINCT FROM b.k AND a.t = b.t"},
         {"SELECT * FROM a WHERE EXISTS (SELECT FROM b WHERE b.k = a.k AND b.d > a.d)"},
         {"SELECT * FROM a WHERE NOT EXISTS (SELECT FROM b WHERE b.k = a.k AND b.d > a.d)"},
         {"SELECT * FROM a WHERE k IN (SELECT k FROM b)"},
         {"SELECT id, EXISTS (SELECT FROM b WHERE b.k = a.k) FROM a"}});
}

TEST_CASE("NOT IN that spills minds its NULLs", "[sql][spill][property]") {
    check_spilling({{"SELECT id, k FROM a WHERE k NOT IN (SELECT k FROM b WHERE k IS NOT NULL)"},
                    {"SELECT count(*) FROM a WHERE k NOT IN (SELECT k FROM b)"},
                    {"SELECT id, k NOT IN (SELECT k FROM b) FROM a"},
                    {"SELECT id, k IN (SELECT k FROM b WHERE k IS NOT NULL) FROM a"}});
}

TEST_CASE("groups that spill give what they give in memory", "[sql][spill][property]") {
    check_spilling(
        {{"SELECT k, t, count(*), sum(s), min(t), max(day), avg(d) FROM a GROUP BY k, t"},
         {"SELECT k, max(t), sum(id) FILTER (WHERE s > 0)"
          " FROM a GROUP BY k"},
         {"SELECT k, s, GROUPING(k, s), count(*), sum(id) FROM a GROUP BY ROLLUP (k, s)"},
         {"SELECT t, s, count(*) FROM a GROUP BY CUBE (t, s) HAVING count(*) > 1"},
         {"SELECT count(*), sum(d), max(t) FROM a JOIN (SELECT k, max(t) AS most FROM b"
          " GROUP BY k) x ON a.k = x.k AND a.t <= x.most"}});
}

TEST_CASE("distinct rows and sets that spill are what they are in memory",
          "[sql][spill][property]") {
    check_spilling({{"SELECT DISTINCT t, s FROM a"},
                    {"SELECT DISTINCT ON (t) t, s, id FROM a ORDER BY t, s, id", true},
                    {"SELECT t, s FROM a UNION SELECT t, s FROM b"},
                    {"SELECT t FROM a UNION ALL SELECT t FROM b ORDER BY 1", true},
                    {"SELECT k, s FROM a INTERSECT SELECT k, s FROM b"},
                    {"SELECT t, s FROM a EXCEPT SELECT t, s FROM b"},
                    {"SELECT k FROM a EXCEPT ALL SELECT k FROM b"},
                    {"SELECT t FROM a INTERSECT ALL SELECT t FROM b"}});
}
