// SPDX-License-Identifier: Apache-2.0
// Files whose checksums hold but whose structure does not: nothing is believed, and reading ends.
#include "redb_support.hpp"

using namespace topgun;
using namespace topgun::redb;
using test::Forge;

namespace {

// Why the table of a forged file cannot be read; empty when it can.
std::string fault(const std::string& file) {
    const test::ScratchDir dir;
    test::spit(dir.file("f"), file);
    auto database = Database::open(dir.file("f"));
    if (!database) return database.error().text();
    auto entries = test::try_entries(**database, 0);
    const auto verified = test::must((*database)->verify());
    CHECK(verified.damage.empty() == entries.has_value());
    return entries ? std::string() : entries.error().message();
}

Forge::Child deep(Forge& forge, int levels) {
    auto child = forge.leaf({{"a", "1"}});
    // The second child of each branch is never reached before the first.
    const auto other = forge.leaf({{"z", "1"}});
    for (int i = 0; i < levels; ++i) child = forge.branch({child, other}, {"m"});
    return child;
}

}  // namespace

TEST_CASE("what the forge makes is a file like any other", "[redb]") {
    Forge forge;
    const auto left = forge.leaf({{"a", "1"}, {"b", std::string(2000, 'b')}});
    const auto right = forge.leaf({{"c", "3"}});
    const test::ScratchDir dir;
    test::spit(dir.file("f"), forge.with_table(forge.branch({left, right}, {"bb"}), 3));
    const auto content = test::must(test::try_content(dir.file("f")));
    CHECK(content == std::map<std::string, test::Entries>{
                         {"map__t", {{"a", "1"}, {"b", std::string(2000, 'b')}, {"c", "3"}}}});
    CHECK(test::must(test::must(Database::open(dir.file("f")))->verify()).damage.empty());
}

TEST_CASE("keys that are out of order are refused", "[redb]") {
    const auto leaf_fault = [](const test::Entries& entries) {
        Forge forge;
        return fault(forge.with_table(forge.leaf(entries), entries.size()));
    };
    CHECK(leaf_fault({{"a", "1"}, {"b", "2"}}).empty());
    CHECK(leaf_fault({{"b", "1"}, {"a", "2"}}) == "its keys are not in order");
    CHECK(leaf_fault({{"a", "1"}, {"a", "2"}}) == "its keys are not in order");
}

TEST_CASE("a page that stands in the wrong place of the tree is refused", "[redb]") {
    const auto branch_fault = [](const std::string& separator) {
        Forge forge;
        const auto left = forge.leaf({{"a", "1"}, {"b", "2"}});
        const auto right = forge.leaf({{"c", "3"}});
        return fault(forge.with_table(forge.branch({left, right}, {separator}), 3));
    };
    CHECK(branch_fault("b").empty());
    CHECK(branch_fault("bz").empty());
    CHECK(branch_fault("a") == "its keys do not belong into its place in the tree");
    CHECK(branch_fault("c") == "its keys do not belong into its place in the tree");
}

TEST_CASE("a page that stands in several places is met once", "[redb]") {
    Forge forge;
    const auto leaf = forge.leaf({{"a", "1"}});
    CHECK(fault(forge.with_table(forge.branch({leaf, leaf}, {"a"}), 2)) ==
          "its keys do not belong into its place in the tree");
    // Where the order of keys is unknown, the number of pages ends it.
    Forge wide;
    auto child = wide.leaf({{"a", "1"}});
    for (int i = 0; i < 20; ++i) child = wide.branch({child, child}, {"a"});
    CHECK(fault(wide.with_table(child, 1 << 20, "u64")) == "a tree has more pages than the file");
}

TEST_CASE("a tree is followed to a stated depth", "[redb]") {
    Forge shallow;
    CHECK(fault(shallow.with_table(deep(shallow, 5), 7)) ==
          "its keys do not belong into its place in the tree");
    Forge forge;
    CHECK(fault(forge.with_table(deep(forge, 33), 34)) == "the tree is deeper than 32 pages");
}

TEST_CASE("offsets that lead out of a page are refused", "[redb]") {
    const auto page_fault = [](std::string content, std::size_t at, std::uint32_t value) {
        store_le(content.data() + at, value);
        Forge forge;
        return fault(forge.with_table(forge.page(content), 2));
    };
    const auto leaf = Forge::leaf_content({{"a", "1"}, {"b", "2"}});
    CHECK(page_fault(leaf, 4, 21).empty());
    CHECK(page_fault(leaf, 4, 3) == "a key ends before it begins");
    CHECK(page_fault(leaf, 4, 23) == "a key ends before it begins");
    CHECK(page_fault(leaf, 12, 99) == "a value ends before it begins");
    CHECK(page_fault(leaf, 16, 4000) == "its content ends behind it");
    CHECK(page_fault(leaf, 16, 0xffffffff) == "its content ends behind it");
    CHECK(page_fault(leaf, 0, 3) == "is no page of a tree");
    CHECK(page_fault(leaf, 0, 1) == "is empty");
    CHECK(page_fault(leaf, 0, 0xffff0001) == "its content ends behind it");
    CHECK(page_fault(leaf, 0, 0xffff0002) == "its content ends behind it");
}

TEST_CASE("pages that are not in the file are refused", "[redb]") {
    const auto number_fault = [](std::uint64_t page) {
        Forge forge;
        (void)forge.leaf({{"a", "1"}});
        return fault(forge.with_table({page, {}}, 1));
    };
    for (const auto page : {std::uint64_t{2}, std::uint64_t{64}, std::uint64_t{0xfffff},
                            std::uint64_t{1} << 20, std::uint64_t{0xfffff} << 20,
                            std::uint64_t{20} << 59, std::uint64_t{31} << 59, ~std::uint64_t{0}}) {
        CAPTURE(page);
        CHECK_THAT(number_fault(page), Catch::Contains("is not in the file"));
    }
    CHECK(number_fault(0) == "its checksum differs");
}

TEST_CASE("a number of entries that is not right is found by verification", "[redb]") {
    Forge forge;
    const test::ScratchDir dir;
    test::spit(dir.file("f"), forge.with_table(forge.leaf({{"a", "1"}}), 2));
    const auto report = test::must(test::must(Database::open(dir.file("f")))->verify());
    CHECK(report.damage == std::vector<std::string>{"table map__t: has 1 entries instead of 2"});
}

TEST_CASE("a definition that cannot be read is damage of its table alone", "[redb]") {
    Forge forge;
    const auto tree = forge.leaf({{"a", "1"}});
    const auto good = Forge::definition(tree, 1);
    auto of_no_kind = good, long_type = good, no_text = good;
    of_no_kind[0] = 1;
    store_le(long_type.data() + 60, std::uint32_t{0xffffffff});
    no_text.back() = '\xff';
    const auto tables = forge.leaf({{"map__a", good.substr(0, 63)},
                                    {"map__b", of_no_kind},
                                    {"map__c", long_type},
                                    {"map__d", no_text},
                                    {"map__e\xff", good},
                                    {"map__f", good}});
    const test::ScratchDir dir;
    test::spit(dir.file("f"),
               forge.file(Forge::slot(Forge::root(tables, 6), 7), Forge::slot({}, 6)));
    CHECK(Database::open(dir.file("f")).error().code() == Errc::bad_input);
    OpenOptions options;
    options.keep_going = true;
    const auto database = test::must(Database::open(dir.file("f"), options));
    CHECK(database->damage().size() == 5);
    REQUIRE(database->tables().size() == 1);
    CHECK(database->tables()[0].name == "map__f");
    CHECK(test::must(test::try_entries(*database, 0)).size() == 1);
}
