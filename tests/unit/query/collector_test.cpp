// SPDX-License-Identifier: Apache-2.0
#include "collector.hpp"

#include "states.hpp"
#include "topgun_test/values.hpp"

using namespace topgun;
using namespace topgun::query;

// Goal:   a lead never contradicts the order that it abbreviates.
// Method: random values and keys in both directions and null placements, every pair compared.
TEST_CASE("leads ascend as positions do, over any values", "[query][property]") {
    const auto seed = test::seed(20260828);
    CAPTURE(seed);
    Random rng{seed};
    std::size_t told = 0;
    for (int round = 0; round < 12; ++round) {
        std::vector<SortField> fields;
        if (round % 3 != 0) fields.push_back({"a", round % 2 == 0});
        const RowOrder order(fields, rng.chance(0.5) ? NullPlacement::last : NullPlacement::first);
        std::vector<Bytes> positions;
        for (int i = 0; i < 120; ++i) {
            Bytes value;
            msgpack::Writer writer(value);
            writer.map(1);
            writer.string("a");
            writer.raw(rng.chance(0.5) ? test::small_value(rng) : test::random_value(rng, 2));
            const auto key = test::random_text(rng);
            order.position_of({key, ValueView(value), {}}, positions.emplace_back());
        }
        std::size_t wrong = 0;
        for (const auto& a : positions) {
            for (const auto& b : positions) {
                if (lead_of(order, a) >= lead_of(order, b)) continue;
                ++told;
                wrong += order.compare(a, b) >= 0 ? 1 : 0;
            }
        }
        CHECK(wrong == 0);
    }
    CHECK(told > 12 * 120 * 40);
}

TEST_CASE("the first rows are kept in order, and more memory than allowed is an error", "[query]") {
    const RowOrder order({});
    Collector collector(order, std::nullopt, 2, 1000);
    const auto nil = ValueView();
    for (const auto* key : {"d", "b", "a", "c"}) {
        REQUIRE(collector.offer({key, nil, {}}));
    }
    const auto kept = collector.take();
    REQUIRE(kept.size() == 2);
    CHECK(order.key_of(kept[0].position) == "a");
    CHECK(order.key_of(kept[1].position) == "b");
    Collector small(order, std::nullopt, 2, 100);
    CHECK(small.offer({std::string(200, 'k'), nil, {}}).error().code() == Errc::limit);
}
