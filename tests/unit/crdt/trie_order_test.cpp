// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/trie_order.hpp"

#include <numeric>
#include <string>

#include "topgun/base/hash.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

std::vector<std::uint32_t> by_comparison(const std::vector<std::uint32_t>& hashes,
                                         const std::vector<std::string>& keys) {
    std::vector<std::uint32_t> order(hashes.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return hashes[a] != hashes[b] ? hashes[a] < hashes[b] : keys[a] < keys[b];
    });
    return order;
}

std::vector<std::uint32_t> by_radix(const std::vector<std::uint32_t>& hashes,
                                    const std::vector<std::string>& keys) {
    return trie_order(
        hashes.size(), [&](std::uint32_t at) { return hashes[at]; },
        [&](std::uint32_t at) { return std::string_view(keys[at]); });
}

}  // namespace

TEST_CASE("the radix sort orders as a comparison sort does", "[crdt][property]") {
    const auto seed = test::seed(47);
    CAPTURE(seed);
    Random rng(seed);
    for (const std::size_t count : {0u, 1u, 2u, 3u, 100u, 5000u}) {
        for (const std::uint32_t mask : {0xffffffffu, 0x3u, 0x00ffe003u, 0u}) {
            std::vector<std::uint32_t> hashes;
            std::vector<std::string> keys;
            for (std::size_t i = 0; i < count; ++i) {
                hashes.push_back(static_cast<std::uint32_t>(rng()) & mask);
                keys.push_back(std::to_string(i * 7919 % count) + "k");
            }
            CAPTURE(count, mask);
            CHECK(by_radix(hashes, keys) == by_comparison(hashes, keys));
        }
    }
}

TEST_CASE("keys of one hash are ordered by their bytes", "[crdt]") {
    const std::vector<std::string> keys = {"user:379192", "user:162789"};
    const std::vector<std::uint32_t> hashes = {fnv1a(keys[0]), fnv1a(keys[1])};
    REQUIRE(hashes[0] == hashes[1]);
    CHECK(by_radix(hashes, keys) == std::vector<std::uint32_t>{1, 0});
}
