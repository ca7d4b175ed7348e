// SPDX-License-Identifier: Apache-2.0
#include "topgun/merkle/sketch.hpp"

#include <set>

#include "topgun/base/hash.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

std::vector<SketchItem> random_items(Random& rng, std::size_t count) {
    std::vector<SketchItem> out(count);
    for (auto& item : out) item = {rng(), rng()};
    return out;
}

Sketch sketch_of(std::span<const SketchItem> items, std::size_t cells = Sketch::kDefaultCells) {
    Sketch sketch(cells);
    sketch.add(items);
    return sketch;
}

std::set<SketchItem> as_set(const std::vector<SketchItem>& items) {
    return {items.begin(), items.end()};
}

// Two sets with `common` members in common and `difference` others, spread over both sides.
struct Pair {
    std::vector<SketchItem> a, b, only_a, only_b;
};

Pair random_pair(Random& rng, std::size_t common, std::size_t difference) {
    Pair pair;
    pair.a = pair.b = random_items(rng, common);
    for (const auto& item : random_items(rng, difference)) {
        if (rng.chance(0.5)) {
            pair.a.push_back(item);
            pair.only_a.push_back(item);
        } else {
            pair.b.push_back(item);
            pair.only_b.push_back(item);
        }
    }
    return pair;
}

void check_difference(const SketchDifference& got, const Pair& pair) {
    CHECK(as_set(got.only_a) == as_set(pair.only_a));
    CHECK(as_set(got.only_b) == as_set(pair.only_b));
    CHECK(got.only_a.size() == pair.only_a.size());
    CHECK(got.only_b.size() == pair.only_b.size());
    CHECK(std::is_sorted(got.only_a.begin(), got.only_a.end()));
    CHECK(std::is_sorted(got.only_b.begin(), got.only_b.end()));
}

}  // namespace

// Goal:   any difference that a sketch has room for is found exactly, whatever the size of the
// sets. Method: sizes of difference up to what 1024 cells hold, in sets up to 20 000; the cells
// that were
//         needed per item are collected, for the promise of about 1.4 in the header.
TEST_CASE("two sketches tell the exact difference of their sets", "[merkle][property]") {
    const auto seed = test::seed(2024);
    CAPTURE(seed);
    Random rng(seed);
    double cells = 0, items = 0;
    for (const std::size_t difference :
         {0u, 1u, 2u, 3u, 5u, 10u, 20u, 50u, 100u, 200u, 350u, 500u, 600u}) {
        for (const std::size_t common : {0u, 10u, 1000u, 20'000u}) {
            if (common == 20'000 && difference % 100 != 0 && difference > 3) continue;
            CAPTURE(difference, common);
            const auto pair = random_pair(rng, common, difference);
            const auto found = sketch_difference(sketch_of(pair.a), sketch_of(pair.b));
            REQUIRE(found);
            check_difference(*found, pair);
            CHECK(found->cells_used >= std::min<std::size_t>(16, difference));
            if (difference >= 100) {
                cells += static_cast<double>(found->cells_used);
                items += static_cast<double>(difference);
            }
        }
    }
    // Prefixes grow by a quarter, which adds to what a cell-by-cell transfer would need.
    INFO("cells per differing item: " << cells / items);
    CHECK(cells / items < 1.75);
    CHECK(cells / items > 1.0);
}

TEST_CASE("a thousand cells nearly always hold seven hundred differences", "[merkle][property]") {
    const auto seed = test::seed(700);
    CAPTURE(seed);
    Random rng(seed);
    int decoded = 0;
    for (int round = 0; round < 40; ++round) {
        const auto pair = random_pair(rng, 500, 700);
        if (const auto found = sketch_difference(sketch_of(pair.a), sketch_of(pair.b))) {
            check_difference(*found, pair);
            ++decoded;
        }
    }
    CHECK(decoded >= 30);
}

TEST_CASE("a difference beyond the sketch is admitted, not invented", "[merkle][property]") {
    const auto seed = test::seed(41);
    CAPTURE(seed);
    Random rng(seed);
    for (const std::size_t difference : {1100u, 2000u, 10'000u}) {
        const auto pair = random_pair(rng, 100, difference);
        CHECK_FALSE(sketch_difference(sketch_of(pair.a), sketch_of(pair.b)));
    }
    const auto pair = random_pair(rng, 10, 40);
    CHECK_FALSE(sketch_difference(sketch_of(pair.a, 16), sketch_of(pair.b, 16)));
    CHECK_FALSE(sketch_difference(Sketch(0), sketch_of(pair.b)));
}

TEST_CASE("a prefix of a sketch is the sketch of that length", "[merkle][property]") {
    const auto seed = test::seed(8);
    CAPTURE(seed);
    Random rng(seed);
    const auto items = random_items(rng, 3000);
    for (const std::size_t cells : {1u, 16u, 100u, 1023u, 1024u}) {
        auto sketch = sketch_of(items);
        sketch.truncate(cells);
        CHECK(sketch == sketch_of(items, cells));
    }
    // Sketches of two lengths are compared over the shorter one.
    const auto pair = random_pair(rng, 2000, 20);
    const auto found = sketch_difference(sketch_of(pair.a, 64), sketch_of(pair.b, 1024));
    REQUIRE(found);
    check_difference(*found, pair);
}

TEST_CASE("sketches of parts add up, and removing undoes adding", "[merkle][property]") {
    const auto seed = test::seed(15);
    CAPTURE(seed);
    Random rng(seed);
    const auto items = random_items(rng, 900);
    const auto whole = sketch_of(items);
    Sketch sum;
    for (std::size_t from = 0; from < items.size(); from += 100) {
        sum.add(sketch_of(std::span(items).subspan(from, 100)));
    }
    CHECK(sum == whole);
    for (const auto& item : items) sum.remove(item);
    CHECK(sum == Sketch());
    sum.add(whole);
    sum.subtract(whole);
    CHECK(sum == Sketch());
}

TEST_CASE("a sketch survives its bytes", "[merkle]") {
    Random rng(3);
    const auto sketch = sketch_of(random_items(rng, 50), 64);
    Bytes bytes;
    sketch.serialize(bytes);
    CHECK(bytes.size() == 64 * 32);
    CHECK(test::must(Sketch::parse(bytes)) == sketch);
    CHECK(test::must(Sketch::parse("")).size() == 0);
    for (const std::size_t size : {1u, 31u, 33u, 2047u}) {
        CHECK(Sketch::parse(BytesView(bytes).substr(0, size)).error().code() == Errc::bad_input);
    }
}

// Another order of operations, another rounding or another constant would make two builds of this
// library unable to reconcile with each other.
TEST_CASE("the cells of a known set never change", "[merkle][golden]") {
    Sketch sketch(4096);
    for (std::uint64_t i = 0; i < 64; ++i) sketch.add({splitmix64(i), splitmix64(~i)});
    Bytes bytes;
    sketch.serialize(bytes);
    CHECK(test::to_hex(BytesView(bytes).substr(0, 32)) ==
          "fcb58e2fb0d80e2424d7c817c0bf00a64141fcb659790dd54000000000000000");
    CHECK(hex32(static_cast<std::uint32_t>(xxh3_64(bytes))) == "0397f0e7");
}

TEST_CASE("forged sketches are answered, and never make the reader loop", "[merkle][property]") {
    const auto seed = test::seed(66);
    CAPTURE(seed);
    Random rng(seed);
    Bytes honest;
    sketch_of(random_items(rng, 40), 256).serialize(honest);
    for (int round = 0; round < 300; ++round) {
        Bytes forged(round % 3 == 0 ? 256 * 32 : 32 * (1 + rng.below(300)), '\0');
        if (round % 3 == 0) forged = honest;
        const auto edits = rng.below(20);
        for (std::uint64_t i = 0; i < edits; ++i)
            forged[rng.below(forged.size())] = static_cast<char>(rng());
        if (round % 3 == 1) {
            // Cells that all look pure: every count is one.
            for (std::size_t at = 24; at < forged.size(); at += 32)
                store_le(&forged[at], std::uint64_t{1});
        }
        const auto sketch = test::must(Sketch::parse(forged));
        const auto found = sketch_difference(sketch, Sketch(sketch.size()));
        if (found) CHECK(found->only_a.size() + found->only_b.size() <= 2 * sketch.size());
    }
}

TEST_CASE("a cell that produces its own item again does not loop", "[merkle]") {
    // The same item everywhere: each cell looks like it holds exactly that one.
    Sketch one(1);
    one.add({7, 9});
    Bytes cell;
    one.serialize(cell);
    Bytes forged;
    for (int i = 0; i < 512; ++i) forged += cell;
    const auto found = sketch_difference(test::must(Sketch::parse(forged)), Sketch(512));
    CHECK_FALSE(found);
}

TEST_CASE("symbols that travelled decode as the cells themselves", "[merkle]") {
    Random rng(test::seed(20261128));
    for (const std::size_t difference : {1u, 5u, 40u, 300u}) {
        CAPTURE(difference);
        const auto pair = random_pair(rng, 3'000, difference);
        const auto a = sketch_of(pair.a);
        const auto b = sketch_of(pair.b);
        // In two parts, as a peer asks for more.
        const std::size_t first = difference, all = difference * 2 + 24;
        Bytes head, tail;
        b.append_symbols(0, first, head);
        b.append_symbols(first, all - first, tail);
        CHECK(head.size() + tail.size() <= all * 24);
        auto theirs = test::must(Sketch::parse_symbols(head));
        theirs.append(test::must(Sketch::parse_symbols(tail)));
        REQUIRE(theirs.size() == all);
        const auto found = decode_difference(a, theirs);
        REQUIRE(found);
        check_difference(*found, pair);
    }
}

TEST_CASE("symbols that are cut off are refused", "[merkle]") {
    Random rng(test::seed(20261129));
    const auto sketch = sketch_of(random_items(rng, 400), 3);
    Bytes bytes;
    sketch.append_symbols(0, 3, bytes);
    for (std::size_t cut = 1; cut < 22; ++cut) {
        CHECK_FALSE(Sketch::parse_symbols(BytesView(bytes).substr(0, bytes.size() - cut)));
    }
}

TEST_CASE("a sketch that grows equals one of that length", "[merkle]") {
    Random rng(test::seed(20261130));
    const auto items = random_items(rng, 500);
    auto sketch = sketch_of(items, 16);
    sketch.extend(200, items);
    CHECK(sketch == sketch_of(items, 200));
    sketch.extend(100, items);
    CHECK(sketch.size() == 200);
}

TEST_CASE("digests tell equal sets, and about how much differs", "[merkle]") {
    Random rng(test::seed(20261201));
    for (const std::size_t difference : {0u, 1u, 20u, 1'000u, 20'000u}) {
        CAPTURE(difference);
        const auto pair = random_pair(rng, 30'000, difference);
        SetDigest a, b;
        for (const auto& item : pair.a) a.add(item);
        for (auto at = pair.b.rbegin(); at != pair.b.rend(); ++at) b.add(*at);
        Bytes bytes;
        b.serialize(bytes);
        CHECK(bytes.size() < 250);
        const auto theirs = test::must(SetDigest::parse(bytes));
        CHECK(theirs == b);
        CHECK((a == theirs) == (difference == 0));
        const auto estimate = estimate_difference(a, theirs);
        // Four standard deviations.
        CHECK(static_cast<double>(estimate) >= static_cast<double>(difference) * 0.28);
        CHECK(static_cast<double>(estimate) <= static_cast<double>(difference) * 1.72);
        for (const auto& item : pair.only_a) a.remove(item);
        for (const auto& item : pair.only_b) a.add(item);
        CHECK(a == theirs);
    }
}
