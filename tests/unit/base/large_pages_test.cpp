// SPDX-License-Identifier: Apache-2.0
#include "topgun/base/large_pages.hpp"

#include <vector>

#include "topgun_test/support.hpp"

using namespace topgun;

TEST_CASE("large memory is aligned, usable to its end, and given back", "[base]") {
    for (const std::size_t bytes : {std::size_t{1}, kLargePage, kLargePage + 1}) {
        auto* const memory = static_cast<char*>(allocate_large_pages(bytes));
        CHECK(reinterpret_cast<std::uintptr_t>(memory) % kLargePage == 0);
        memory[0] = 'a';
        memory[bytes - 1] = 'z';
        free_large_pages(memory);
    }
    CHECK_THROWS_AS(allocate_large_pages(static_cast<std::size_t>(-1)), std::bad_alloc);
}

TEST_CASE("a vector keeps its elements as it grows into large memory", "[base]") {
    std::vector<std::uint32_t, LargePageAllocator<std::uint32_t>> numbers;
    const std::uint32_t count = 3 * kLargePage / sizeof(std::uint32_t);
    for (std::uint32_t i = 0; i < count; ++i) numbers.push_back(i);
    bool same = true;
    for (std::uint32_t i = 0; i < count; ++i) same &= numbers[i] == i;
    CHECK(same);
    CHECK(reinterpret_cast<std::uintptr_t>(numbers.data()) % kLargePage == 0);
    CHECK_THROWS_AS(numbers.reserve(numbers.max_size() + 1), std::length_error);
}
