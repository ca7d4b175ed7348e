// SPDX-License-Identifier: Apache-2.0
// The borders between chunks are where an index could go wrong.
#include "topgun/crdt/chunked_vector.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;

namespace {
constexpr std::size_t kChunk = std::size_t{1} << 18;
}

TEST_CASE("elements stand where they were put, across the borders of chunks", "[crdt]") {
    ChunkedVector<std::uint64_t> numbers;
    CHECK(numbers.size() == 0);
    CHECK(numbers.memory() == 0);
    const auto count = 2 * kChunk + 3;
    for (std::uint64_t i = 0; i < count; ++i) numbers.push_back(i * 7);
    REQUIRE(numbers.size() == count);
    for (const auto at :
         {std::size_t{0}, kChunk - 1, kChunk, 2 * kChunk - 1, 2 * kChunk, count - 1})
        CHECK(numbers[at] == at * 7);
    std::uint64_t visited = 0;
    bool in_order = true;
    numbers.for_each([&](std::uint64_t number) { in_order &= number == 7 * visited++; });
    CHECK(visited == count);
    CHECK(in_order);
}

TEST_CASE("a large vector keeps its elements in place as it grows", "[crdt]") {
    ChunkedVector<int> numbers;
    for (std::size_t i = 0; i < kChunk; ++i) numbers.push_back(1);
    const int* const first = &numbers[0];
    for (std::size_t i = 0; i < kChunk; ++i) numbers.push_back(2);
    CHECK(&numbers[0] == first);
    for (std::size_t i = 0; i < kChunk; ++i) numbers.pop_back();
    CHECK(numbers.size() == kChunk);
    CHECK(numbers.back() == 1);
    numbers.push_back(3);
    CHECK(numbers[kChunk] == 3);
    while (numbers.size() > 0) numbers.pop_back();
    CHECK(numbers.memory() == 0);
    numbers.push_back(4);
    CHECK(numbers[0] == 4);
}
