// SPDX-License-Identifier: Apache-2.0
// The forms that plans are promised to have, beside the answers, which must not change with them.
#include "rules.hpp"

#include <algorithm>

#include "session_support.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

struct Line {
    std::size_t depth = 0;
    std::string text;
};

/// A plan's operators, by depth, without what is estimated.
std::vector<Line> plan_lines(sql::Session& session, const std::string& text) {
    std::vector<Line> out;
    std::string all = explained(session, text);
    for (std::size_t at = 0; at < all.size();) {
        const auto end = std::min(all.find('\n', at), all.size());
        auto line = all.substr(at, end - at);
        at = end + 1;
        line.resize(std::min(line.find("  (about"), line.size()));
        const auto depth = std::min(line.find_first_not_of(' '), line.size());
        out.push_back({depth, line.substr(depth)});
    }
    return out;
}

/// Operators of a plan that begin with `what`.
std::size_t count(const std::vector<Line>& plan, const std::string& what) {
    return static_cast<std::size_t>(std::count_if(
        plan.begin(), plan.end(), [&](const Line& line) { return line.text.starts_with(what); }));
}

/// Whether an operator that begins with `upper` has one that begins with `lower` somewhere beneath.
bool beneath(const std::vector<Line>& plan, const std::string& lower, const std::string& upper) {
    for (std::size_t i = 0; i < plan.size(); ++i) {
        if (!plan[i].text.starts_with(upper)) continue;
        for (auto k = i + 1; k < plan.size() && plan[k].depth > plan[i].depth; ++k) {
            if (plan[k].text.starts_with(lower)) return true;
        }
    }
    return false;
}

std::string shown(const std::vector<Line>& plan) {
    std::string out;
    for (const auto& line : plan) out += std::string(line.depth, ' ') + line.text + '\n';
    return out;
}

/// big: 3,000 rows whose k is 0 to 99; small: 50 rows; mid: 400 rows, its k 0 to 9. No NULLs but
/// where small.maybe is 5.
std::unique_ptr<sql::Session> world() {
    auto session = open_session();
    run_all(*session,
            {"CREATE TABLE big AS SELECT g AS id, g % 100 AS k, 'x' || g AS t, g AS unread"
             " FROM generate_series(1, 3000) g",
             "CREATE TABLE small AS SELECT g AS id, g % 10 AS k, CASE WHEN g <> 5 THEN g END"
             " AS maybe FROM generate_series(1, 50) g",
             "CREATE TABLE mid AS SELECT g AS id, g % 10 AS k, g AS n"
             " FROM generate_series(1, 400) g"});
    return session;
}

/// A query, its answer, what its plan holds as often as said, and what stands beneath what.
struct Form {
    std::string sql, answer;
    std::vector<std::pair<std::string, std::size_t>> counts;
    std::vector<std::pair<std::string, std::string>> beneath = {};
};

void check_forms(const std::vector<Form>& forms) {
    const auto session = world();
    for (const auto& form : forms) {
        const auto plan = plan_lines(*session, form.sql);
        CAPTURE(form.sql, shown(plan));
        CHECK(answer(*session, form.sql) == form.answer);
        for (const auto& [what, times] : form.counts) {
            CAPTURE(what);
            CHECK(count(plan, what) == times);
        }
        for (const auto& [lower, upper] : form.beneath) {
            CAPTURE(lower, upper);
            CHECK(beneath(plan, lower, upper));
        }
    }
}

}  // namespace

TEST_CASE("conditions go down to the tables that they are about", "[sql][rules]") {
    check_forms(
        {{"SELECT count(*) FROM big JOIN small ON big.k = small.id WHERE big.id > 10 AND small.k = "
          "3",
          "149",
          {{"Filter", 2}},
          {{"Filter (id > 10)", "Join"}, {"Filter (k = 3)", "Join"}, {"Scan big", "Filter (id"}}},
         {"SELECT count(*), count(small.id) FROM big LEFT JOIN small ON big.k = small.id"
          " WHERE big.id < 101",
          "100|50",
          {{"Filter", 1}, {"Left join", 1}},
          {{"Filter (id < 101)", "Left join"}}},
         {"SELECT count(*), count(small.id) FROM big LEFT JOIN small ON big.k = small.id"
          " AND small.k = 2",
          "3000|150",
          {{"Filter", 1}, {"Left join", 1}},
          {{"Filter (k = 2)", "Left join"}}},
         {"SELECT c FROM (SELECT k, count(*) AS c FROM big GROUP BY k) x WHERE k = 7 AND c > 2",
          "30",
          {{"Filter", 2}},
          {{"Filter (k = 7)", "Aggregate"}, {"Aggregate", "Filter (count > 2)"}}},
         {"SELECT count(*) FROM (SELECT t FROM big UNION ALL SELECT t FROM big) x WHERE t = 'x7'",
          "2",
          {{"Filter (t = 'x7')", 2}},
          {{"Filter (t = 'x7')", "Union all"}}},
         {"SELECT count(*) FROM big WHERE 1 = 1 AND id > 1 + 2",
          "2997",
          {{"Filter (id > 3)", 1}}}});
}

TEST_CASE("an outer join whose NULLs are filtered out is an inner one", "[sql][rules]") {
    check_forms(
        {{"SELECT count(*) FROM big LEFT JOIN small ON big.k = small.id WHERE small.k > 3",
          "900",
          {{"Left join", 0}, {"Join", 1}}},
         // These are true of the NULLs, or may be.
         {"SELECT count(*) FROM big LEFT JOIN small ON big.k = small.id WHERE small.k IS NULL",
          "1500",
          {{"Join", 0}}},
         {"SELECT count(*) FROM big LEFT JOIN small ON big.k = small.id"
          " WHERE coalesce(small.k, 9) > 3",
          "2400",
          {{"Left join", 1}, {"Join", 0}}},
         {"SELECT count(*) FROM big LEFT JOIN small ON big.k = small.id WHERE small.k > 3 OR big.k "
          "= 0",
          "930",
          {{"Left join", 1}, {"Join", 0}}}});
}

TEST_CASE("EXISTS and IN are joins that look for one partner", "[sql][rules]") {
    check_forms(
        {{"SELECT count(*) FROM big WHERE EXISTS (SELECT FROM small WHERE small.id = big.k)",
          "1500",
          {{"Semi join", 1}}},
         {"SELECT count(*) FROM big WHERE k IN (SELECT maybe FROM small)",
          "1470",
          {{"Semi join", 1}}},
         {"SELECT count(*) FROM big WHERE NOT EXISTS (SELECT FROM small WHERE small.maybe = big.k)",
          "1530",
          {{"Anti join", 1}}},
         {"SELECT count(*) FROM big WHERE k NOT IN (SELECT id FROM small)",
          "1500",
          {{"Anti join", 1}}},
         // A NULL on the right leaves no row for which NOT IN is true.
         {"SELECT count(*) FROM big WHERE k NOT IN (SELECT maybe FROM small)",
          "0",
          {{"Anti join", 1}}},
         {"SELECT count(*) FROM small WHERE EXISTS (SELECT FROM mid WHERE mid.n = small.id * 10)"
          " OR id = 50",
          "41",
          {{"Mark join", 1}}}});
}

TEST_CASE("what all sides of an OR demand is a key of the join", "[sql][rules]") {
    const auto session = world();
    const std::string text =
        "SELECT count(*) FROM big, small"
        " WHERE (big.k = small.id AND big.id < 5) OR (big.k = small.id AND small.k = 1)";
    CHECK(answer(*session, text) == "153");
    CHECK(explained(*session, text, sql::Explain::dag).find("inner on k = k") == std::string::npos);
    const auto dag = explained(*session, text, sql::Explain::dag);
    CAPTURE(dag);
    CHECK((dag.find("inner on k = id") != dag.npos || dag.find("inner on id = k") != dag.npos));
}

TEST_CASE("tables are joined in an order that does not depend on how they are written",
          "[sql][rules]") {
    const auto session = world();
    const std::string tables[] = {"big, mid, small", "small, big, mid", "mid, small, big"};
    for (const auto& from : tables) {
        const auto text = "SELECT count(*), sum(big.id) FROM " + from +
                          " WHERE big.k = small.id AND mid.id = small.id";
        const auto plan = plan_lines(*session, text);
        CAPTURE(text, shown(plan));
        CHECK(answer(*session, text) == "1500|2213250");
        CHECK(count(plan, "Join on") == 2);  // none of them a product
    }
}

TEST_CASE("columns that nobody reads are not read", "[sql][rules]") {
    const auto session = world();
    const std::string text = "SELECT t FROM (SELECT *, unread + 1 AS more FROM big) x WHERE k = 1";
    const auto plan = plan_lines(*session, text);
    CAPTURE(shown(plan));
    CHECK(count(plan, "Scan big (k, t)") == 1);
    CHECK(explained(*session, text).find("unread") == std::string::npos);
}

TEST_CASE("projections upon each other are one", "[sql][rules]") {
    check_forms({{"SELECT a + 1 FROM (SELECT id + 1 AS a, t || 'y' AS b FROM big WHERE id = 1) x",
                  "3",
                  {{"Project", 1}}},
                 {"SELECT c * 2 FROM (SELECT b + 1 AS c FROM (SELECT id + 1 AS b FROM small"
                  " WHERE id = 7) x) y",
                  "18",
                  {{"Project", 1}}}});
}

TEST_CASE("a correlated subquery is computed once for all rows", "[sql][rules][decorrelate]") {
    check_forms({{"SELECT sum((SELECT max(n) FROM mid WHERE mid.k = small.k)) FROM small",
                  "19775",
                  {{"Aggregate max(n) by k", 1}, {"Scan mid", 1}},
                  {{"Aggregate max(n) by k", "Left join"}}},
                 {"SELECT count(*) FROM small WHERE id * 7 > (SELECT avg(n) FROM mid"
                  " WHERE mid.k = small.k)",
                  "21",
                  {{"Scan mid", 1}},
                  {{"Aggregate avg(n) by k", "Join on"}}},
                 // count(*) of nothing is 0, not NULL: for k = 0 to 9 only.
                 {"SELECT sum((SELECT count(*) FROM mid WHERE mid.k = small.id)) FROM small",
                  "360",
                  {{"Scan mid", 1}}},
                 {"SELECT count(*), sum(x.m) FROM small, LATERAL (SELECT max(n) AS m FROM mid"
                  " WHERE mid.k = small.id) x",
                  "50|3555",
                  {{"Aggregate", 2}}},
                 {"SELECT count(*), sum(n) FROM small, LATERAL (SELECT n FROM mid"
                  " WHERE mid.k = small.k ORDER BY n DESC LIMIT 2) x",
                  "100|39050",
                  {}}});
}

// Goal:   a plan means the same before its rules and after them.
// Method: conditions that some rule moves, written so that it does: once as they are, once within a
//         subquery that ends in OFFSET 0, which nothing may pass.
TEST_CASE("rules change no answers", "[sql][rules]") {
    const auto session = world();
    const std::string conditions[] = {
        "big.id % 3 = 0",
        "small.k > 2",
        "small.id IS NULL",
        "big.k = small.id + 1",
        "coalesce(small.k, 0) = 0",
        "big.k < 5 OR small.k = 7",
        "NOT (small.k = 4)",
        "big.k IN (SELECT id FROM small)",
        "small.k IN (SELECT maybe FROM small)",
        "big.k NOT IN (SELECT maybe FROM small)",
        "EXISTS (SELECT FROM mid WHERE mid.n = big.k AND mid.k > small.k)",
        "big.id > (SELECT avg(n) FROM mid WHERE mid.k = small.k)"};
    const std::string joins[] = {"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"};
    for (const auto& join : joins) {
        for (const auto& condition : conditions) {
            const auto from = " FROM big " + join + " small ON big.k = small.id * 3";
            const auto text = "SELECT count(*), sum(big.id), sum(small.id)" + from + " WHERE ";
            auto fenced = condition;
            for (const auto& [name, other] : {std::pair{"big.id", "x.id1"},
                                              {"big.k", "x.k1"},
                                              {"small.id", "x.id2"},
                                              {"small.k", "x.k2"}}) {
                for (auto at = fenced.find(name); at != fenced.npos; at = fenced.find(name)) {
                    fenced.replace(at, std::string(name).size(), other);
                }
            }
            CAPTURE(join, condition);
            CHECK(answer(*session, text + condition) ==
                  answer(*session,
                         "SELECT count(*), sum(id1), sum(id2) FROM (SELECT big.id AS id1,"
                         " big.k AS k1, small.id AS id2, small.k AS k2" +
                             from + " OFFSET 0) x WHERE " + fenced));
        }
    }
}
