// SPDX-License-Identifier: Apache-2.0
// The runner of SQL test files, on a database whose answers are known beforehand.
#include "topgun/sql/slt.hpp"

#include <map>

#include "md5.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::sql;
using namespace topgun::test;

namespace {

// Answers by the statement's text; everything else is an error that names it.
class Scripted final : public slt::Database {
public:
    Result<slt::Answer> execute(std::string_view statement) override {
        executed.emplace_back(statement);
        const auto found = answers.find(std::string(statement));
        if (found != answers.end()) return found->second;
        return Error(stop ? Errc::cancelled : Errc::bad_input,
                     "relation \"" + std::string(statement) + "\" does not exist");
    }
    std::map<std::string, slt::Answer> answers;
    std::vector<std::string> executed;
    bool stop = false;
};

struct Outcome {
    slt::Report report;
    std::vector<slt::Failure> failures;
};

Outcome run(Scripted& database, std::string_view file) {
    Outcome outcome;
    slt::Options options;
    options.on_failure = [&](const slt::Failure& failure) { outcome.failures.push_back(failure); };
    outcome.report = must(slt::run(file, database, options));
    return outcome;
}

slt::Answer numbers(std::vector<std::optional<std::string>> values, std::size_t columns = 1) {
    slt::Answer answer;
    answer.types.assign(columns, DataType(TypeId::bigint));
    answer.values = std::move(values);
    return answer;
}

bool passes(const slt::Answer& answer, const std::string& record) {
    Scripted database;
    database.answers["Q"] = answer;
    const auto outcome = run(database, record);
    REQUIRE(outcome.report.passed + outcome.report.failed == 1);
    return outcome.report.passed == 1;
}

}  // namespace

TEST_CASE("MD5 gives the digests of RFC 1321", "[sql][slt]") {
    CHECK(md5_hex("") == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(md5_hex("abc") == "900150983cd24fb0d6963f7d28e17f72");
    CHECK(md5_hex("message digest") == "f96b697d7cb7938d525a2f31aaf161d0");
    std::string digits;
    for (int i = 0; i < 8; ++i) digits += "1234567890";
    CHECK(md5_hex(digits) == "57edf4a22be3c955ac49da2e2107b67a");
    // The length must go into a block of its own.
    CHECK(md5_hex(std::string(56, 'a')) == "3b0c8ac703f828b04c6c197006d17218");
}

TEST_CASE("a statement passes when it ends as the file says", "[sql][slt]") {
    Scripted database;
    database.answers["CREATE TABLE t"] = {};
    database.answers["UPDATE t"].changed = 3;
    const auto outcome = run(database,
                             "# a comment\n\n"
                             "statement ok\nCREATE TABLE t\n\n"
                             "statement error\nDROP TABLE x\n\n"
                             "statement error does not exist\nDROP TABLE x\n\n"
                             "statement error\nDROP TABLE x\n----\nrelation \"D.*\" does\n\n"
                             "statement count 3\nUPDATE t;\n");
    CHECK(outcome.report.passed == 5);
    CHECK(outcome.report.failed == 0);
    CHECK(database.executed.back() == "UPDATE t");
}

TEST_CASE("a statement fails when it ends otherwise", "[sql][slt]") {
    Scripted database;
    database.answers["A"].changed = 3;
    const auto outcome = run(database,
                             "statement error\nA\n\n"
                             "statement ok\nB\n\n"
                             "statement error syntax\nB\n\n"
                             "statement count 2\nA\n\n"
                             "statement perhaps\nA\n\n"
                             "loop i 0 10\n\n");
    CHECK(outcome.report.passed == 0);
    REQUIRE(outcome.failures.size() == 6);
    CHECK(outcome.failures[1].line == 4);
    CHECK(outcome.failures[1].statement == "B");
    CHECK(outcome.failures[1].expected == "ok");
    CHECK(outcome.failures[1].got == "error: relation \"B\" does not exist");
    CHECK(outcome.failures[3].got == "3 rows");
    CHECK(outcome.failures[5].got == "unknown record 'loop'");
}

TEST_CASE("results are compared value by value", "[sql][slt]") {
    const auto answer = numbers({"3", "1", std::nullopt});
    CHECK(passes(answer, "query I nosort\nQ\n----\n3\n1\nNULL\n"));
    CHECK(passes(answer, "query I\nQ\n----\n3\n1\nNULL"));
    CHECK(passes(answer, "query I rowsort\nQ\n----\n1\n3\nNULL\n"));
    CHECK_FALSE(passes(answer, "query I nosort\nQ\n----\n1\n3\nNULL\n"));
    CHECK_FALSE(passes(answer, "query I nosort\nQ\n----\n3\n1\n"));
    CHECK_FALSE(passes(answer, "query II nosort\nQ\n----\n3\n1\nNULL\n"));
    CHECK(passes(numbers({}), "query I\nQ\n----\n\n"));
}

TEST_CASE("rows and values are sorted apart", "[sql][slt]") {
    const auto answer = numbers({"2", "1", "1", "9"}, 2);
    CHECK(passes(answer, "query II rowsort\nQ\n----\n1\n9\n2\n1\n"));
    CHECK(passes(answer, "query II valuesort\nQ\n----\n1\n1\n2\n9\n"));
    CHECK(passes(answer, "query II rowsort\nQ\n----\n1 9\n2 1\n"));
    CHECK(passes(answer, "query II\nQ\n----\n2\t1\n1\t9\n"));
    CHECK_FALSE(passes(answer, "query II\nQ\n----\n1\t9\n2\t1\n"));
}

TEST_CASE("the type letters decide how values are shown", "[sql][slt]") {
    slt::Answer answer;
    answer.types = {TypeId::real, TypeId::real, TypeId::text, TypeId::boolean, TypeId::boolean};
    answer.values = {"2.71828", "3.9", "", "true", "true"};
    CHECK(passes(answer, "query RITIT\nQ\n----\n2.718\n3\n(empty)\n1\ntrue\n"));
    answer.types = {TypeId::text};
    answer.values = {"a\nb\xc3\xa4"};
    CHECK(passes(answer, "query T\nQ\n----\na@b@@\n"));
    CHECK(passes(answer, "query T\nQ\n----\na@b\xc3\xa4\n"));
    CHECK_FALSE(passes(answer, "query T\nQ\n----\na b\xc3\xa4\n"));
}

TEST_CASE("a hash stands for many values", "[sql][slt]") {
    const auto answer = numbers({"2", "1"});
    CHECK(passes(answer,
                 "query I rowsort\nQ\n----\n2 values hashing to " + md5_hex("1\n2\n") + "\n"));
    CHECK_FALSE(
        passes(answer, "query I nosort\nQ\n----\n2 values hashing to " + md5_hex("1\n2\n") + "\n"));
}

TEST_CASE("queries with one label must agree", "[sql][slt]") {
    Scripted database;
    database.answers["A"] = numbers({"1", "2"});
    database.answers["B"] = numbers({"2", "1"});
    const auto outcome = run(database,
                             "query I rowsort same\nA\n\n"
                             "query I rowsort same\nB\n\n"
                             "query I nosort label-2\nA\n\n"
                             "query I nosort label-2\nB\n\n");
    CHECK(outcome.report.passed == 3);
    REQUIRE(outcome.failures.size() == 1);
    CHECK(outcome.failures[0].line == 10);
}

TEST_CASE("records for other databases are skipped, and so is all after a halt", "[sql][slt]") {
    Scripted database;
    database.answers["Q"] = numbers({"1"});
    const auto outcome = run(database,
                             "onlyif mysql\nstatement ok\nQ\n\n"
                             "skipif postgresql # not so\nstatement ok\nQ\n\n"
                             "skipif mssql\nonlyif topgun\nquery I\nQ\n----\n1\n\n"
                             "hash-threshold 8\n\n"
                             "onlyif oracle\nhalt\n\n"
                             "statement ok\nQ\n\n"
                             "halt\n\n"
                             "statement error\nQ\n");
    CHECK(outcome.report.passed == 2);
    CHECK(outcome.report.failed == 0);
    CHECK(outcome.report.skipped == 3);
}

TEST_CASE("a query may have to fail", "[sql][slt]") {
    Scripted database;
    const auto outcome = run(database, "query error exist\nQ\n\nquery error division\nQ\n\n");
    CHECK(outcome.report.passed == 1);
    CHECK(outcome.report.failed == 1);
}

TEST_CASE("an interrupted statement ends the run", "[sql][slt]") {
    Scripted database;
    database.stop = true;
    const auto report = slt::run("statement ok\nQ\n\n", database);
    REQUIRE_FALSE(report);
    CHECK(report.error().code() == Errc::cancelled);
}

TEST_CASE("a file can be completed with what a database answers", "[sql][slt]") {
    Scripted database;
    database.answers["Q"] = numbers({"2", std::nullopt});
    slt::Report report;
    const std::string before = "# head\nquery I rowsort\nQ\n----\n";
    const std::string after = "\nstatement ok\nX\n\nquery I\nQ\n----\nold\n";
    CHECK(must(slt::complete(before + after, database, {}, report)) ==
          before + "2\nNULL\n" + "\nstatement ok\nX\n\nquery I\nQ\n----\n2\nNULL\n");
    CHECK(report.failed == 3);
}

TEST_CASE("no file makes the runner fail otherwise than by its report", "[sql][slt]") {
    const auto seed_used = seed(20260817);
    CAPTURE(seed_used);
    Random rng(seed_used);
    static constexpr const char* kPieces[] = {"query ",  "statement ", "ok",   "error ", "(",
                                              "----",    "\n",         "\n\n", "I",      "count ",
                                              "rowsort", "skipif ",    " ",    "[",      "halt"};
    for (int round = 0; round < 2000; ++round) {
        std::string file;
        for (auto i = rng.below(30); i > 0; --i) file += kPieces[rng.below(std::size(kPieces))];
        Scripted database;
        database.answers["I"] = numbers({"1"});
        CAPTURE(file);
        CHECK(slt::run(file, database).has_value());
    }
}
