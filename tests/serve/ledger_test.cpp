// SPDX-License-Identifier: Apache-2.0
// The audit's judge: what it takes for lost, and what it must not.
#include "ledger.hpp"

#include "topgun_test/support.hpp"

namespace topgun::cli {
namespace {

Op put(const std::string& key, std::uint64_t millis, std::string_view value) {
    Op op;
    op.map = "m";
    op.key = key;
    op.stamp = {millis, 0, "a"};
    op.value = value;
    if (value.empty()) op.kind = OpKind::remove;
    return op;
}

void store(ReadBack& state, const Op& op) {
    state[place_of(map_kind_of(op.kind), op.map, op.key, op.tag)] = written_of(op.stamp, op.value);
}

TEST_CASE("what was acknowledged and is there is kept", "[bench]") {
    Ledger ledger;
    ReadBack state;
    const std::string x = "x", y = "y";
    const auto first = put(x, 1, "\x01"), second = put(y, 2, "");
    ledger.sent(0, first, 1);
    ledger.sent(0, second, 2);
    CHECK(ledger.acknowledged(0, 2) == 2);
    store(state, first);
    store(state, second);
    const auto verdict = ledger.verify(state);
    CHECK(verdict.checked == 2);
    CHECK(verdict.kept == 2);
    CHECK(verdict.lost == 0);
    CHECK(ledger.acknowledged_ops() == 2);
}

TEST_CASE("a key that is gone, older or altered is lost, and named", "[bench]") {
    Ledger ledger;
    ReadBack state;
    const std::string key = "x";
    const auto older = put(key, 1, "\x01"), acknowledged = put(key, 5, "\x02");
    ledger.sent(3, older, 1);
    ledger.sent(3, acknowledged, 2);
    CHECK(ledger.acknowledged(3, 2) == 2);
    auto expected = Loss::Kind::missing;
    SECTION("nothing is there") {}
    SECTION("the write before it is there") {
        store(state, older);
        expected = Loss::Kind::older;
    }
    SECTION("its stamp with another value is there") {
        store(state, put(key, 5, "\x03"));
        expected = Loss::Kind::altered;
    }
    SECTION("its stamp as a removal is there") {
        store(state, put(key, 5, ""));
        expected = Loss::Kind::altered;
    }
    SECTION("a newer write that nobody sent is there") {
        store(state, put(key, 9, "\x02"));
        expected = Loss::Kind::altered;
    }
    const auto verdict = ledger.verify(state);
    CHECK(verdict.checked == 1);
    CHECK(verdict.lost == 1);
    REQUIRE(verdict.losses.size() == 1);
    CHECK(verdict.losses[0].kind == expected);
    CHECK(describe_place(verdict.losses[0].place) == "m, key x");
    CHECK(verdict.losses[0].acknowledged.millis == 5);
    // Once told, it is not told again.
    CHECK(ledger.verify(state).lost == 0);
}

TEST_CASE("writes under way may be there or not", "[bench]") {
    Ledger ledger;
    const std::string x = "x", y = "y";
    const auto acknowledged = put(x, 1, "\x01"), pending = put(x, 2, "\x02");
    const auto never = put(y, 3, "\x03");
    ledger.sent(0, acknowledged, 1);
    ledger.sent(0, pending, 2);
    ledger.sent(0, never, 3);
    CHECK(ledger.acknowledged(0, 1) == 1);
    ReadBack without, with;
    store(without, acknowledged);
    store(with, pending);
    SECTION("neither is") {
        const auto verdict = ledger.verify(without);
        CHECK(verdict.checked == 1);
        CHECK(verdict.lost == 0);
        // It did not survive the crash, so that it cannot turn up later.
        CHECK(ledger.verify(with).lost == 1);
    }
    SECTION("one is, and must be from then on") {
        CHECK(ledger.verify(with).lost == 0);
        const auto verdict = ledger.verify(without);
        REQUIRE(verdict.losses.size() == 1);
        CHECK(verdict.losses[0].kind == Loss::Kind::older);
    }
}

TEST_CASE("acknowledgements of one writer say nothing of another", "[bench]") {
    Ledger ledger;
    const std::string x = "x", y = "y";
    ledger.sent(0, put(x, 1, "\x01"), 1);
    ledger.sent(1, put(y, 1, "\x01"), 1);
    CHECK(ledger.acknowledged(1, 1) == 1);
    const auto verdict = ledger.verify({});
    REQUIRE(verdict.losses.size() == 1);
    CHECK(describe_place(verdict.losses[0].place) == "m, key y");
}

TEST_CASE("each tag of an OR-Map is a place of its own", "[bench]") {
    Ledger ledger;
    ReadBack state;
    const std::string key = "k", first = "1:0:a", second = "2:0:a";
    auto op = put(key, 1, "\x01");
    op.kind = OpKind::or_add;
    op.tag = first;
    ledger.sent(0, op, 1);
    store(state, op);
    op.stamp.millis = 2;
    op.tag = second;
    ledger.sent(0, op, 2);
    CHECK(ledger.acknowledged(0, 2) == 2);
    const auto verdict = ledger.verify(state);
    CHECK(verdict.checked == 2);
    REQUIRE(verdict.losses.size() == 1);
    CHECK(describe_place(verdict.losses[0].place) == "m, key k, tag 2:0:a");
}

}  // namespace
}  // namespace topgun::cli
