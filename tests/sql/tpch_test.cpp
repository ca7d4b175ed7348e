// SPDX-License-Identifier: Apache-2.0
// The queries of TPC-H on generated maps: what our engine answers is what PostgreSQL answers to the
// same rows.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "postgres_database.hpp"
#include "topgun/storage/snapshot.hpp"
#include "topgun/synth/tpch.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::test;
using sql::slt::Answer;
using sql::slt::Database;

namespace {

struct Relation {
    const char* name;
    const char* columns;  // as PostgreSQL declares them
    const char* key;
};

// Types are those that our engine finds in the data.
constexpr Relation kRelations[] = {
    {"region", "r_regionkey bigint, r_name text, r_comment text", "r_regionkey"},
    {"nation", "n_nationkey bigint, n_name text, n_regionkey bigint, n_comment text",
     "n_nationkey"},
    {"supplier",
     "s_suppkey bigint, s_name text, s_address text, s_nationkey bigint, s_phone text, s_acctbal "
     "double precision, s_comment text",
     "s_suppkey"},
    {"customer",
     "c_custkey bigint, c_name text, c_address text, c_nationkey bigint, c_phone text, c_acctbal "
     "double precision, c_mktsegment text, c_comment text",
     "c_custkey"},
    {"part",
     "p_partkey bigint, p_name text, p_mfgr text, p_brand text, p_type text, p_size bigint, "
     "p_container text, p_retailprice double precision, p_comment text",
     "p_partkey"},
    {"partsupp",
     "ps_partkey bigint, ps_suppkey bigint, ps_availqty bigint, ps_supplycost double precision, "
     "ps_comment text",
     "ps_partkey, ps_suppkey"},
    {"orders",
     "o_orderkey bigint, o_custkey bigint, o_orderstatus text, o_totalprice double precision, "
     "o_orderdate text, o_orderpriority text, o_clerk text, o_shippriority bigint, o_comment text",
     "o_orderkey"},
    {"lineitem",
     "l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber bigint, l_quantity "
     "bigint, l_extendedprice double precision, l_discount double precision, l_tax double "
     "precision, l_returnflag text, l_linestatus text, l_shipdate text, l_commitdate text, "
     "l_receiptdate text, l_shipinstruct text, l_shipmode text, l_comment text",
     "l_orderkey, l_linenumber"}};

std::string names_of(const Relation& relation) {
    std::string out;
    std::string_view rest = relation.columns;
    while (!rest.empty()) {
        const auto end = std::min(rest.find(", "), rest.size());
        out += (out.empty() ? "" : ", ") + std::string(rest.substr(0, rest.find(' ')));
        rest.remove_prefix(std::min(end + 2, rest.size()));
    }
    return out;
}

void copy_table(const Relation& relation, Database& from, Database& to) {
    const std::string name = relation.name;
    const auto rows = must(from.execute("SELECT " + names_of(relation) + " FROM " + name));
    must(to.execute("CREATE TABLE " + name + " (" + relation.columns + ", PRIMARY KEY (" +
                    relation.key + "))"));
    const auto width = rows.types.size();
    constexpr std::size_t kRowsAtOnce = 500;
    for (std::size_t at = 0; at < rows.values.size();) {
        std::string insert = "INSERT INTO " + name + " VALUES ";
        for (std::size_t i = 0; i < kRowsAtOnce && at < rows.values.size(); ++i, at += width) {
            insert += i == 0 ? "(" : ", (";
            for (std::size_t c = 0; c < width; ++c) {
                // The generated texts have no quotes.
                insert += (c == 0 ? "'" : ", '") + rows.values[at + c].value() + "'";
            }
            insert += ')';
        }
        must(to.execute(insert));
    }
    must(to.execute("ANALYZE " + name));
}

std::optional<double> number_in(const std::string& text) {
    double number = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return number;
}

// Sums of floats depend on the order of their rows, so numbers may differ in their last digits.
bool is_alike(const std::optional<std::string>& a, const std::optional<std::string>& b) {
    if (a == b) return true;
    if (!a || !b) return false;
    const auto x = number_in(*a), y = number_in(*b);
    constexpr double kTolerance = 1e-9;
    return x && y && std::abs(*x - *y) <= kTolerance * std::max(std::abs(*x), std::abs(*y));
}

}  // namespace

TEST_CASE("the queries of TPC-H answer as on PostgreSQL", "[sql][postgres][tpch]") {
    const ScratchDir folder;
    const auto path = folder.file("tpch.tgs");
    synth::TpchOptions options;
    options.seed = 3;  // with 1, queries 18 and 20 find nothing at this scale
    must(write_snapshot(*must(synth::generate_tpch(options)), path));
    const auto session = must(sql::Session::create());
    must(session->attach("tpch", path));
    sql::slt::SessionDatabase ours(*session);
    const auto server = must(PostgresServer::start());
    const auto theirs = must(slt_database(*server));
    for (const auto& relation : kRelations) copy_table(relation, ours, *theirs);
    for (int number = 1; number <= 22; ++number) {
        const auto name = (number < 10 ? "q0" : "q") + std::to_string(number) + ".sql";
        CAPTURE(name);
        auto text = slurp(testdata("tpch") / name);
        text.erase(text.rfind(';'));
        const auto expected = must(theirs->execute(text));
        const auto got = must(ours.execute(text));
        CHECK_FALSE(expected.values.empty());
        REQUIRE(got.types.size() == expected.types.size());
        REQUIRE(got.values.size() == expected.values.size());
        for (std::size_t i = 0; i < got.values.size(); ++i) {
            INFO("value " << i << ": " << got.values[i].value_or("NULL") << ", on PostgreSQL "
                          << expected.values[i].value_or("NULL"));
            CHECK(is_alike(got.values[i], expected.values[i]));
        }
    }
}
