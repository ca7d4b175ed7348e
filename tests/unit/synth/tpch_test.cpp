// SPDX-License-Identifier: Apache-2.0
#include "topgun/synth/tpch.hpp"

#include <limits>
#include <map>
#include <set>

#include "states.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/value/value_view.hpp"
#include "tpch_rows.hpp"

using namespace topgun;
using namespace topgun::synth;
using namespace topgun::synth::tpch;
using namespace topgun::test;

namespace {

TpchOptions small() {
    TpchOptions options;
    options.scale = 0.002;
    return options;
}

}  // namespace

TEST_CASE("the same scale and seed give the same TPC-H maps on every machine", "[synth]") {
    // Changes only when the generator does: published timings refer to it.
    CHECK(name_of(*must(generate_tpch(small()))) == "a10c5d51c50f3ff1387e3a6b80932538");
    auto other = small();
    other.seed = 2;
    CHECK(name_of(*must(generate_tpch(other))) != name_of(*must(generate_tpch(small()))));
}

TEST_CASE("TPC-H maps have the rows of their scale, canonical and in trie order", "[synth]") {
    const std::map<std::string, std::size_t> expected = {
        {"customer", 300},  {"nation", 25}, {"orders", 3000}, {"part", 400},
        {"partsupp", 1600}, {"region", 5},  {"supplier", 20}};
    const auto state = must(generate_tpch(small()));
    REQUIRE(state->maps().size() == 8);
    std::uint64_t total = 0;
    for (const auto& id : state->maps()) {
        CAPTURE(id.name);
        const auto rows = all_rows(*state, id);
        total += rows.size();
        const auto found = expected.find(id.name);
        if (found != expected.end()) CHECK(rows.size() == found->second);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            REQUIRE(rows[i].key_hash == fnv1a(rows[i].key));
            REQUIRE(must(canonical(rows[i].value)) == rows[i].value);
            if (i == 0) continue;
            REQUIRE(std::tie(rows[i - 1].key_hash, rows[i - 1].key) <
                    std::tie(rows[i].key_hash, rows[i].key));
        }
        const std::vector<HashRange> half = {{0, 0x7fffffffu}}, rest = {{0x80000000u, ~0u}};
        CHECK(all_rows(*must(state->rows(id, half))).size() +
                  all_rows(*must(state->rows(id, rest))).size() ==
              rows.size());
        CHECK(all_removed(*state, id).empty());
    }
    CHECK(total == must(tpch_rows(small())));
}

TEST_CASE("every stamp of the TPC-H maps is of one write", "[synth]") {
    const auto state = must(generate_tpch(small()));
    std::set<std::pair<std::uint64_t, std::uint32_t>> stamps;
    std::size_t rows = 0;
    for (const auto& id : state->maps()) {
        for (const auto& row : all_rows(*state, id)) {
            stamps.emplace(row.stamp.millis, row.stamp.counter);
            ++rows;
        }
    }
    CHECK(stamps.size() == rows);
}

TEST_CASE("a part has four different suppliers at any scale", "[synth]") {
    TpchOptions options;
    options.scale = GENERATE(0.001, 0.0013, 0.002, 0.01, 0.1, 1.0);
    CAPTURE(options.scale);
    const Rows rows(options);
    for (std::uint64_t part = 1; part <= rows.count(Relation::part); ++part) {
        std::set<std::uint64_t> suppliers;
        for (std::uint64_t i = 0; i < 4; ++i) suppliers.insert(rows.supplier_of(part, i));
        INFO("part " << part);
        REQUIRE(suppliers.size() == 4);
        REQUIRE((*suppliers.begin() >= 1 && *suppliers.rbegin() <= rows.count(Relation::supplier)));
    }
}

TEST_CASE("line items are those of the orders, by one to seven", "[synth]") {
    TpchOptions options;
    options.scale = GENERATE(0.001, 0.0011, 0.01);
    const Rows rows(options);
    std::uint64_t lines = 0;
    std::map<std::uint64_t, std::uint64_t> by_count;
    for (std::uint64_t order = 0; order < rows.count(Relation::orders); ++order) {
        const auto count = rows.lines_of(order);
        ++by_count[count];
        lines += count;
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto line = rows.line(order, i);
            REQUIRE(line.shipped < line.received);
        }
    }
    CHECK(lines == rows.count(Relation::lineitem));
    CHECK((by_count.size() == 7 && by_count.begin()->first == 1 && by_count.rbegin()->first == 7));
    std::string last;
    rows.key(Relation::lineitem, lines - 1, last);
    std::string order;
    rows.key(Relation::orders, rows.count(Relation::orders) - 1, order);
    CHECK(last == order + '-' + std::to_string(rows.lines_of(rows.count(Relation::orders) - 1)));
}

TEST_CASE("dates are written as ISO texts", "[synth]") {
    CHECK(date_text(0) == "1970-01-01");
    CHECK(date_text(8035) == "1992-01-01");
    CHECK(date_text(10591) == "1998-12-31");
}

TEST_CASE("a scale out of range is refused", "[synth]") {
    TpchOptions options;
    options.scale = GENERATE(0.0, -1.0, 0.0009, 100.1, std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN());
    const auto state = generate_tpch(options);
    REQUIRE_FALSE(state);
    CHECK(state.error().code() == Errc::usage);
    CHECK_FALSE(tpch_rows(options));
}
