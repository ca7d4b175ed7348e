// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/op.hpp"

#include <limits>

#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;

TEST_CASE("a record is visible up to and including its last millisecond", "[crdt]") {
    CHECK_FALSE(is_expired(1'000'000, 500, 1'000'000));
    CHECK_FALSE(is_expired(1'000'000, 500, 1'000'499));
    CHECK_FALSE(is_expired(1'000'000, 500, 1'000'500));
    CHECK(is_expired(1'000'000, 500, 1'000'501));
}

TEST_CASE("records without time to live, or with none left to overflow, do not expire", "[crdt]") {
    constexpr auto kLate = std::numeric_limits<std::uint64_t>::max();
    CHECK_FALSE(is_expired(0, kNoTtl, kLate));
    CHECK_FALSE(is_expired(0, 0, kLate));
    CHECK_FALSE(is_expired(kLate, 5, kLate));
    CHECK_FALSE(is_expired(kLate - 1, kLate - 1, kLate));
    CHECK(is_expired(0, 1, 2));
    CHECK_FALSE(is_expired(5, 100, 50));  // a clock that stands before the write
}

TEST_CASE("the order of contents is total: value before tombstone, bytes, time to live", "[crdt]") {
    const Bytes low = test::int_value(1), high = test::int_value(2), none;
    CHECK(compare_content(low, kNoTtl, none, kNoTtl) > 0);
    CHECK(compare_content(none, kNoTtl, low, 5) < 0);
    CHECK(compare_content(low, 5, high, 1) < 0);
    CHECK(compare_content(low, kNoTtl, low, 1'000'000) > 0);
    CHECK(compare_content(low, 7, low, 7) == 0);
}

TEST_CASE("every op kind names its map kind and the wire's word", "[crdt]") {
    CHECK(map_kind_of(OpKind::put) == MapKind::lww);
    CHECK(map_kind_of(OpKind::remove) == MapKind::lww);
    CHECK(map_kind_of(OpKind::or_add) == MapKind::or_map);
    CHECK(map_kind_of(OpKind::or_remove) == MapKind::or_map);
    CHECK(map_kind_of(OpKind::counter) == MapKind::counter);
    CHECK(op_kind_name(OpKind::put) == "PUT");
    CHECK(op_kind_name(OpKind::remove) == "REMOVE");
    CHECK(op_kind_name(OpKind::or_add) == "OR_ADD");
    CHECK(op_kind_name(OpKind::or_remove) == "OR_REMOVE");
    CHECK(op_kind_name(OpKind::counter) == "COUNTER");
    CHECK(map_kind_name(MapKind::lww) == "lww");
    CHECK(map_kind_name(MapKind::or_map) == "or");
    CHECK(map_kind_name(MapKind::counter) == "counter");
}
