// SPDX-License-Identifier: Apache-2.0
// A slot lost in this table is a key that its map holds and never finds again.
#include "topgun/crdt/key_index.hpp"

#include <unordered_map>
#include <vector>

#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

// Keys are numbers; hashes collide as often as the test wants.
struct Model {
    explicit Model(std::uint64_t hash_mask) : mask(hash_mask) {}

    std::uint64_t hash_of(std::uint64_t key) const { return splitmix64(key) & mask; }
    std::uint32_t find(std::uint64_t key) const {
        return index.find(hash_of(key), [&](std::uint32_t at) { return keys[at] == key; });
    }
    void insert(std::uint64_t key) {
        index.insert(hash_of(key), static_cast<std::uint32_t>(keys.size()));
        keys.push_back(key);
    }
    // As the map does it: the last entry moves into the gap.
    void erase(std::uint32_t position) {
        index.erase(hash_of(keys[position]), position);
        const auto last = static_cast<std::uint32_t>(keys.size() - 1);
        if (position != last) {
            index.move(hash_of(keys[last]), last, position);
            keys[position] = keys[last];
        }
        keys.pop_back();
    }

    std::uint64_t mask;
    KeyIndex index;
    std::vector<std::uint64_t> keys;
};

}  // namespace

// Goal:   whatever the order of inserts and erases, every key is found where it stands, and no
// other. Method: random runs against the list of keys, with hashes from well spread to nearly all
// alike,
//         sizes around each growth of the table, and draining to empty.
TEST_CASE("the index finds exactly the keys that are in it", "[crdt][property]") {
    const auto seed = test::seed(7);
    CAPTURE(seed);
    Random rng(seed);
    for (const std::uint64_t mask : {~std::uint64_t{0}, std::uint64_t{0xff}, std::uint64_t{7},
                                     std::uint64_t{0}, std::uint64_t{0xf0000000000fu}}) {
        CAPTURE(mask);
        Model model(mask);
        for (int step = 0; step < 3000; ++step) {
            const auto key = rng.below(400);
            const auto found = model.find(key);
            const bool grow = step % 1000 < 500 ? rng.chance(0.7) : rng.chance(0.3);
            if (found == KeyIndex::kNone && grow) model.insert(key);
            if (found != KeyIndex::kNone) {
                REQUIRE(model.keys[found] == key);
                if (!grow) model.erase(found);
            }
            REQUIRE(model.index.size() == model.keys.size());
        }
        for (std::uint32_t at = 0; at < model.keys.size(); ++at)
            CHECK(model.find(model.keys[at]) == at);
        while (!model.keys.empty())
            model.erase(static_cast<std::uint32_t>(rng.below(model.keys.size())));
        for (std::uint64_t key = 0; key < 400; ++key) CHECK(model.find(key) == KeyIndex::kNone);
    }
}

TEST_CASE("an empty index finds nothing and guesses nothing", "[crdt]") {
    KeyIndex index;
    const auto any = [](std::uint32_t) { return true; };
    CHECK(index.find(5, any) == KeyIndex::kNone);
    CHECK(index.first_guess(5) == KeyIndex::kNone);
    index.prefetch(5);
    index.insert(5, 0);
    CHECK(index.find(5, any) == 0);
    CHECK(index.first_guess(5) == 0);
    index.clear();
    CHECK(index.size() == 0);
    CHECK(index.find(5, any) == KeyIndex::kNone);
}

TEST_CASE("the index stays at most seven eighths full, and reserve() avoids growth", "[crdt]") {
    for (const std::size_t count : {1u, 7u, 8u, 14u, 15u, 56u, 57u, 1000u, 7168u}) {
        CAPTURE(count);
        KeyIndex index;
        index.reserve(count);
        const auto reserved = index.memory();
        for (std::uint32_t i = 0; i < count; ++i) index.insert(splitmix64(i), i);
        CHECK(index.memory() == reserved);
        CHECK(reserved / 8 * 7 >= count * 8);
    }
}

TEST_CASE("misuse of the index is a bug, not a hang", "[crdt]") {
    KeyIndex index;
    CHECK_THROWS_AS(index.erase(1, 0), Bug);
    index.insert(1, 0);
    CHECK_THROWS_AS(index.erase(1, 7), Bug);
    CHECK_THROWS_AS(index.move(2, 9, 3), Bug);
}
