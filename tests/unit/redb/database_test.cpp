// SPDX-License-Identifier: Apache-2.0
// Files that redb wrote, read as redb reads them.
#include <algorithm>
#include <sstream>

#include "redb_support.hpp"

using namespace topgun;
using namespace topgun::redb;

namespace {

// The sum that testdata/redb/README.md describes.
std::string sum(const test::Entries& entries) {
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto add = [&hash](const std::string& bytes) {
        Bytes sized;
        append_le(sized, static_cast<std::uint32_t>(bytes.size()));
        for (const char c : sized + bytes) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        }
    };
    for (const auto& [key, value] : entries) {
        add(key);
        add(value);
    }
    Bytes big_endian;
    append_be(big_endian, hash);
    return test::to_hex(big_endian);
}

std::string unpacked(const test::ScratchDir& dir, const std::string& name) {
    const auto path = dir.file(name + ".redb");
    test::spit(path, test::redb_bytes(name));
    return path;
}

const std::vector<std::string> kClosed = {"churn", "deep",      "empty", "foreign",
                                          "other", "savepoint", "small", "small-v3"};
const std::vector<std::string> kOpen = {"dirty", "killed", "nondurable", "quick"};

}  // namespace

TEST_CASE("tables of every file have what redb itself reads in them", "[redb]") {
    const test::ScratchDir dir;
    std::istringstream lines(test::slurp(test::testdata("redb/expected.txt")));
    std::string file, table, count, hash;
    std::size_t checked = 0;
    std::map<std::string, std::map<std::string, test::Entries>> contents;
    while (lines >> file >> table >> count >> hash) {
        CAPTURE(file, table);
        if (contents.count(file) == 0) {
            contents[file] = test::must(test::try_content(unpacked(dir, file)));
        }
        REQUIRE(contents[file].count(table) == 1);
        const auto& entries = contents[file][table];
        CHECK(std::to_string(entries.size()) == count);
        CHECK(sum(entries) == hash);
        CHECK(std::is_sorted(entries.begin(), entries.end()));
        ++checked;
    }
    CHECK(checked == 25);
}

TEST_CASE("a sound file passes its verification", "[redb]") {
    const test::ScratchDir dir;
    auto names = kClosed;
    names.insert(names.end(), kOpen.begin(), kOpen.end());
    for (const auto& name : names) {
        CAPTURE(name);
        const auto database = test::must(Database::open(unpacked(dir, name)));
        const auto report = test::must(database->verify());
        CHECK(report.damage == std::vector<std::string>{});
        CHECK(report.tables == database->tables().size());
        std::uint64_t entries = 0;
        for (const auto& table : database->tables()) entries += table.length;
        CHECK(report.entries == entries);
        CHECK((report.pages > 0 || name == "empty"));
    }
}

TEST_CASE("a file tells whether it was closed, and which commit it is read at", "[redb]") {
    const test::ScratchDir dir;
    for (const auto& name : kClosed) {
        CAPTURE(name);
        const auto commit = test::must(Database::open(unpacked(dir, name)))->commit();
        CHECK(commit.closed);
        CHECK_FALSE(commit.rolled_back);
        CHECK(commit.format == (name == "small-v3" ? 3 : 2));
    }
    for (const auto& name : kOpen) {
        CAPTURE(name);
        const auto commit = test::must(Database::open(unpacked(dir, name)))->commit();
        CHECK_FALSE(commit.closed);
        CHECK_FALSE(commit.rolled_back);
        CHECK(commit.id > 0);
    }
}

TEST_CASE("tables are listed with their types, whatever these are", "[redb]") {
    const test::ScratchDir dir;
    const auto database = test::must(Database::open(unpacked(dir, "other")));
    std::string listed;
    for (const auto& table : database->tables()) {
        listed += table.name + ": " + table.key_type + " -> " + table.value_type + " " +
                  std::to_string(table.length) + (table.multimap ? " multimap\n" : "\n");
    }
    CHECK(listed ==
          "fixed: u64 -> u64 600\n"
          "index: &str -> u64 701 multimap\n"
          "map__tags: &str -> &[u8] 4\n"
          "map__todos: &str -> &[u8] 5\n"
          "map__todos__backup: &str -> &[u8] 2\n"
          "numbers: u64 -> &str 300\n");
}

TEST_CASE("keys and values of a fixed width are read", "[redb]") {
    const test::ScratchDir dir;
    const auto database = test::must(Database::open(unpacked(dir, "other")));
    const auto entries = test::must(test::try_entries(*database, 0));
    REQUIRE(entries.size() == 600);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        REQUIRE(load_le<std::uint64_t>(entries[i].first.data()) == i);
        REQUIRE(load_le<std::uint64_t>(entries[i].second.data()) == i * i);
    }
}

TEST_CASE("a cursor is refused for a multimap, and for a table that there is not", "[redb]") {
    const test::ScratchDir dir;
    const auto database = test::must(Database::open(unpacked(dir, "other")));
    for (const std::size_t table : {1, 6}) {
        const auto cursor = database->cursor(table);
        REQUIRE_FALSE(cursor);
        CHECK(cursor.error().code() == Errc::usage);
    }
}

TEST_CASE("a cursor outlives its database", "[redb]") {
    const test::ScratchDir dir;
    auto database = test::must(Database::open(unpacked(dir, "deep")));
    auto cursor = test::must(database->cursor(1));
    database.reset();
    std::size_t entries = 0;
    while (test::must(cursor->next())) ++entries;
    CHECK(entries == 240);
    CHECK(cursor->bytes_read() > 240 * 500);
    CHECK_FALSE(test::must(cursor->next()));
}

TEST_CASE("what is no redb file is refused by its first bytes", "[redb]") {
    CHECK(looks_like_redb(test::redb_bytes("empty")));
    CHECK_FALSE(looks_like_redb("redb"));
    const test::ScratchDir dir;
    for (const auto& content : {std::string(), std::string("redb"), std::string(4096, 'x')}) {
        test::spit(dir.file("x"), content);
        const auto database = Database::open(dir.file("x"));
        REQUIRE_FALSE(database);
        CHECK(database.error().code() == Errc::bad_input);
        CHECK_THAT(database.error().text(), Catch::Contains("x: byte 0: is no redb file"));
    }
    CHECK(Database::open(dir.file("none")).error().code() == Errc::not_found);
}

TEST_CASE("another version of the format is named, with what to do", "[redb]") {
    const test::ScratchDir dir;
    for (const char format : {'\x01', '\x04'}) {
        test::Forge forge;
        test::spit(dir.file("x"),
                   forge.file(test::Forge::slot({}, 7, format), test::Forge::slot({}, 6, format)));
        const auto database = Database::open(dir.file("x"));
        REQUIRE_FALSE(database);
        CHECK(database.error().code() == Errc::unsupported_version);
        CHECK_THAT(database.error().text(),
                   Catch::Contains("redb's file format " + std::to_string(format)) &&
                       Catch::Contains(format == 1 ? "upgrades it" : "a newer redb"));
    }
}
