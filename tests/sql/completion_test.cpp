// SPDX-License-Identifier: Apache-2.0
#include "completion.hpp"

#include <algorithm>

#include "fake_session.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::cli;
using namespace topgun::test;

namespace {

using Words = std::vector<std::string>;

const CompletionWords& words() {
    static const CompletionWords all{
        {table_info("a", "users", {"id", "name", "nick"}),
         table_info("a", "orders", {"id", "total"}), table_info("b", "Odd Name", {"Full Name"})},
        {"length", "lower", "upper"}};
    return all;
}

Words offers(std::string_view line, std::string_view before = "") {
    return cli::complete(before, line, words()).candidates;
}

bool has(const Words& found, const std::string& word) {
    return std::find(found.begin(), found.end(), word) != found.end();
}

}  // namespace

TEST_CASE("keywords are completed as they were begun", "[sql][completion]") {
    CHECK(offers("SEL") == Words{"SELECT"});
    CHECK(offers("sel") == Words{"select"});
    CHECK(cli::complete("", "x SEL", words()).replaced == 3);
}

TEST_CASE("tables stand where a table is wanted", "[sql][completion]") {
    CHECK(offers("SELECT * FROM us") == Words{"users"});
    CHECK(offers("SELECT * FROM ") == Words{"\"Odd Name\"", "a", "b", "orders", "users"});
    CHECK(offers("SELECT * FROM users, o") == Words{"\"Odd Name\"", "orders"});
    CHECK(offers("JOIN o", "SELECT * FROM users\n") == Words{"\"Odd Name\"", "orders"});
    CHECK(offers("UPDATE a.") == Words{"orders", "users"});
}

TEST_CASE("columns are those of the tables that are named", "[sql][completion]") {
    CHECK(offers("SELECT n", "") == Words{"name", "natural", "nick", "not", "null", "nulls"});
    const auto found = offers("SELECT * FROM orders WHERE ");
    CHECK(has(found, "total"));
    CHECK_FALSE(has(found, "nick"));
    CHECK(has(offers("SELECT nic"), "nick"));
    CHECK(offers("SELECT users.n") == Words{"name", "nick"});
    CHECK(offers("u.n", "SELECT * FROM users u WHERE ") == Words{"name", "nick"});
    CHECK(offers("u.n", "SELECT * FROM users AS u WHERE ") == Words{"name", "nick"});
    CHECK(offers("SELECT * FROM b.\"Odd Name\" WHERE Fu") == Words{"\"Full Name\"", "FULL"});
}

TEST_CASE("functions are offered in expressions", "[sql][completion]") {
    CHECK(offers("SELECT le") == Words{"left", "length"});
    CHECK(offers("SELECT low") == Words{"lower"});
}

TEST_CASE("commands and their arguments are completed", "[sql][completion]") {
    CHECK(offers(".ta") == Words{".tables"});
    CHECK(offers("\\ti") == Words{"\\timing"});
    CHECK(offers(".mode ma") == Words{"markdown"});
    CHECK(offers(".explain d") == Words{"dag", "dot"});
    CHECK(offers("\\d us") == Words{"users"});
    CHECK(offers("\\x a") == Words{"auto"});
    CHECK(offers(".nothing x").empty());
}

TEST_CASE("file names are completed for commands that take them", "[sql][completion]") {
    const ScratchDir scratch;
    spit(scratch.file("report.sql"), "");
    spit(scratch.file("report.txt"), "");
    std::filesystem::create_directory(scratch.file("repos"));
    const auto folder = scratch.path().string() + '/';
    CHECK(offers(".read " + folder + "rep") ==
          Words{folder + "report.sql", folder + "report.txt", folder + "repos/"});
    CHECK(offers(".save " + folder + "nothing").empty());
}

TEST_CASE("what candidates share is found, whole characters only", "[sql][completion]") {
    CHECK(common_prefix({"name", "natural"}) == "na");
    CHECK(common_prefix({"x"}) == "x");
    CHECK(common_prefix({}).empty());
    CHECK(common_prefix({"a\xc3\xa4", "a\xc3\xb6"}) == "a");
}

TEST_CASE("candidates are listed in columns", "[sql][completion]") {
    CHECK(columns_of_words({"a", "bb", "c"}, 8) == "a   c\nbb\n");
    CHECK(columns_of_words({"a", "b"}, 1) == "a\nb\n");
    CHECK(columns_of_words({}, 80).empty());
}
