// SPDX-License-Identifier: Apache-2.0
// Keys and values are views into an arena: a byte that moves is a corrupted map.
#include "topgun/crdt/arena.hpp"

#include <string>
#include <vector>

#include "topgun_test/support.hpp"

using namespace topgun;

TEST_CASE("an arena's copies keep their bytes and addresses while it grows and moves", "[crdt]") {
    const auto seed = test::seed(31);
    CAPTURE(seed);
    Random rng(seed);
    Arena arena;
    std::vector<std::pair<const char*, std::string>> copies;
    std::size_t total = 0;
    for (int i = 0; i < 3000; ++i) {
        std::string text(rng.chance(0.01) ? rng.below(100'000) : rng.below(60),
                         static_cast<char>(rng()));
        copies.emplace_back(arena.copy(text), text);
        total += text.size();
    }
    const Arena moved = std::move(arena);
    for (const auto& [at, text] : copies) {
        CHECK(at != nullptr);
        CHECK(std::string_view(at, text.size()) == text);
    }
    CHECK(moved.used() == total);
    CHECK(moved.reserved() >= total);
}

TEST_CASE("an arena takes no memory for empty texts and a little for small ones", "[crdt]") {
    Arena arena;
    CHECK(arena.copy("") != nullptr);
    CHECK(arena.reserved() == 0);
    arena.copy("x");
    CHECK(arena.reserved() <= 1024);
    // One value larger than any chunk gets a chunk of just its size.
    arena.copy(std::string(5'000'000, 'v'));
    CHECK(arena.reserved() < 5'100'000);
}
