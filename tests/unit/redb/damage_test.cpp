// SPDX-License-Identifier: Apache-2.0
// Damaged and half-written files: an error, or what was committed; never anything else.
#include <unistd.h>

#include <fstream>

#include "redb_support.hpp"

using namespace topgun;
using namespace topgun::redb;
using test::Forge;

namespace {

using Content = std::map<std::string, test::Entries>;

void poke(const std::string& path, std::size_t at, char byte) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
}

// A file of two commits; the second changed one leaf of two.
struct TwoCommits {
    std::string before, after;
    std::size_t new_leaf = 0, old_leaf = 0;  // offsets of pages that only one commit has

    explicit TwoCommits(char flags) {
        Forge forge;
        const auto shared = forge.leaf({{"a", "1"}});
        const auto old_child = forge.leaf({{"b", "old"}});
        const auto old_tables = tables(forge, shared, old_child);
        const auto new_child = forge.leaf({{"b", "new"}});
        const auto new_tables = tables(forge, shared, new_child);
        old_leaf = (2 + old_child.page) * Forge::kPage;
        new_leaf = (2 + new_child.page) * Forge::kPage;
        const auto older = Forge::slot(Forge::root(old_tables, 1), 7);
        const auto newer = Forge::slot(Forge::root(new_tables, 1), 8);
        after = forge.file(older, newer, flags);
    }
    static Forge::Child tables(Forge& forge, const Forge::Child& left, const Forge::Child& right) {
        return forge.leaf({{"map__t", Forge::definition(forge.branch({left, right}, {"a"}), 2)}});
    }
    static Content content(const std::string& value) {
        return {{"map__t", {{"a", "1"}, {"b", value}}}};
    }
};

constexpr char kPrimary1 = 1, kDirty = 2, kTwoPhase = 4;

// Strictly read, a damaged file is an error or what it was.
void check_reading(const std::string& path, const Content& expected) {
    const auto content = test::try_content(path);
    if (content) CHECK(*content == expected);
    OpenOptions options;
    options.keep_going = true;
    const auto database = Database::open(path, options);
    if (!database) {
        CHECK_FALSE(content);
        return;
    }
    const auto report = (*database)->verify();
    REQUIRE(report);
    if (report->damage.empty() && (*database)->damage().empty()) {
        const auto again = test::try_content(path, options);
        REQUIRE(again);
        CHECK(*again == expected);
    }
}

}  // namespace

TEST_CASE("the newest commit counts, whichever slot it is in", "[redb]") {
    const test::ScratchDir dir;
    for (const char flags : {0, 1, 2, 3, 4, 5, 7}) {
        CAPTURE(int{flags});
        test::spit(dir.file("f"), TwoCommits(flags).after);
        const auto commit = test::must(Database::open(dir.file("f")))->commit();
        const auto content = test::must(test::try_content(dir.file("f")));
        CHECK(commit.id == 8);
        CHECK(commit.closed == ((flags & kDirty) == 0));
        CHECK(content == TwoCommits::content("new"));
    }
    // Its second commit was flushed, but not made the primary: it never happened.
    test::spit(dir.file("f"), TwoCommits(kDirty | kTwoPhase).after);
    CHECK(test::must(test::try_content(dir.file("f"))) == TwoCommits::content("old"));
}

TEST_CASE("a commit that was under way when its writer died is rolled back", "[redb]") {
    const test::ScratchDir dir;
    const TwoCommits file(kPrimary1 | kDirty);
    const std::size_t newer_slot = 64 + 128;
    for (const auto at : {file.new_leaf, newer_slot + 20, newer_slot + 120}) {
        CAPTURE(at);
        test::spit(dir.file("f"), file.after);
        poke(dir.file("f"), at, '\x55');
        const auto database = test::must(Database::open(dir.file("f")));
        CHECK(database->commit().rolled_back);
        CHECK(database->commit().id == 7);
        CHECK(database->damage().empty());
        CHECK(test::must(test::try_content(dir.file("f"))) == TwoCommits::content("old"));
    }
    poke(dir.file("f"), file.old_leaf, '\x55');
    const auto neither = Database::open(dir.file("f"));
    REQUIRE_FALSE(neither);
    CHECK(neither.error().code() == Errc::bad_input);
    CHECK_THAT(neither.error().text(), Catch::Contains("neither of its two commits is whole") &&
                                           Catch::Contains("byte 192: the checksum"));
}

TEST_CASE("a file that was closed is never silently read at an older commit", "[redb]") {
    const test::ScratchDir dir;
    const TwoCommits file(kPrimary1);
    test::spit(dir.file("f"), file.after);
    poke(dir.file("f"), file.new_leaf, '\x55');
    CHECK(test::try_content(dir.file("f")).error().code() == Errc::bad_input);
    test::spit(dir.file("f"), file.after);
    poke(dir.file("f"), 64 + 128 + 20, '\x55');
    CHECK_THAT(Database::open(dir.file("f")).error().text(),
               Catch::Contains("byte 192: the checksum of commit slot 1 differs"));
    OpenOptions options;
    options.keep_going = true;
    const auto database = test::must(Database::open(dir.file("f"), options));
    CHECK(database->commit().rolled_back);
    CHECK(database->damage().size() == 1);
    CHECK(test::must(test::try_content(dir.file("f"), options)) == TwoCommits::content("old"));
}

TEST_CASE("what is sound of a damaged table can be read", "[redb]") {
    const test::ScratchDir dir;
    Forge forge;
    std::vector<Forge::Child> leaves;
    for (const char* key : {"a", "b", "c"}) leaves.push_back(forge.leaf({{key, key}}));
    test::spit(dir.file("f"), forge.with_table(forge.branch(leaves, {"a", "b"}), 3));
    poke(dir.file("f"), (2 + leaves[1].page) * Forge::kPage, '\x55');
    const auto database = test::must(Database::open(dir.file("f")));
    const auto cursor = test::must(database->cursor(0));
    CHECK(test::must(cursor->next()));
    CHECK(cursor->key() == "a");
    const auto damaged = cursor->next();
    REQUIRE_FALSE(damaged);
    CHECK_THAT(damaged.error().text(),
               Catch::Contains("f: table map__t: page at byte 1536: is no page of a tree"));
    CHECK(test::must(cursor->next()));
    CHECK(cursor->value() == "c");
    CHECK_FALSE(test::must(cursor->next()));
}

TEST_CASE("a file that is written while it is read is told from a damaged one", "[redb]") {
    const test::ScratchDir dir;
    const TwoCommits file(kPrimary1 | kDirty);
    test::spit(dir.file("f"), file.after);
    const auto database = test::must(Database::open(dir.file("f")));
    const auto cursor = test::must(database->cursor(0));
    // A writer uses the page anew, and commits.
    poke(dir.file("f"), file.new_leaf + 1, '\x55');
    poke(dir.file("f"), 64 + 104, '\x09');
    CHECK(test::must(cursor->next()));
    const auto changed = cursor->next();
    REQUIRE_FALSE(changed);
    CHECK(changed.error().code() == Errc::locked);
    CHECK_THAT(changed.error().text(), Catch::Contains("stop the server, or read a copy"));
}

// Goal:   no single damaged byte is read as something that was never committed.
// Method: each byte of a whole small file is inverted, and one of its bits, one after the other;
//         strict reading is an error or the content, and so is what passes verification.
TEST_CASE("any damaged byte is noticed, or does not matter", "[redb][property]") {
    const test::ScratchDir dir;
    for (const char flags : {kPrimary1, static_cast<char>(kPrimary1 | kTwoPhase)}) {
        const auto file = TwoCommits(flags).after;
        test::spit(dir.file("f"), file);
        for (std::size_t at = 0; at < file.size(); ++at) {
            for (const unsigned mask : {0xffu, 1u << at % 8}) {
                CAPTURE(at, mask);
                poke(dir.file("f"), at,
                     static_cast<char>(static_cast<unsigned char>(file[at]) ^ mask));
                check_reading(dir.file("f"), TwoCommits::content("new"));
            }
            poke(dir.file("f"), at, file[at]);
        }
    }
}

TEST_CASE("a file that is cut short is noticed, or lacks nothing", "[redb][property]") {
    const test::ScratchDir dir;
    const auto file = TwoCommits(kPrimary1).after;
    for (std::size_t size = 0; size < file.size(); size += 1 + size % 7) {
        CAPTURE(size);
        test::spit(dir.file("f"), file.substr(0, size));
        check_reading(dir.file("f"), TwoCommits::content("new"));
    }
}

TEST_CASE("damage to a file that redb wrote is noticed, or does not matter", "[redb][property]") {
    const test::ScratchDir dir;
    const auto file = test::redb_bytes("small");
    test::spit(dir.file("f"), file);
    const auto expected = test::must(test::try_content(dir.file("f")));
    std::size_t flipped = 0;
    // Most of the file is free pages and their bitmaps: zeros and runs of ones.
    for (std::size_t at = 0; at < file.size(); ++at) {
        if (file[at] == '\0' || (at > 0 && file[at] == file[at - 1])) continue;
        CAPTURE(at);
        ++flipped;
        poke(dir.file("f"), at, static_cast<char>(~file[at]));
        check_reading(dir.file("f"), expected);
        poke(dir.file("f"), at, file[at]);
    }
    CHECK(flipped > 2000);
}
