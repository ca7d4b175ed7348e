// SPDX-License-Identifier: Apache-2.0
// A key's state goes into a row and what stands beside it, and comes out again unchanged.
#include "topgun/maptable/key_state.hpp"

#include "topgun/maptable/row.hpp"
#include "topgun/value/json.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

using namespace topgun;
using namespace topgun::maptable;
using namespace topgun::test;

namespace {

KeyState state_of(MapKind kind, const std::vector<OwnedOp>& ops) {
    KeyState state(kind);
    for (const auto& op : ops) state.merge(op.view());
    return state;
}

// What a reader makes of the rows that encode_row() gave.
KeyState read_back(const KeyState& state, bool bytea) {
    std::vector<Fact> facts;
    RowOps row;
    if (bytea) {
        ByteaRowOut out;
        must(encode_row("m", "k", state, out, facts));
        if (out.value) must(row.read(ByteaRow{"m", "k", *out.value, 0}));
    } else {
        JsonbRowOut out;
        must(encode_row("m", "k", state, out, facts));
        if (out.present) {
            JsonbRow in;
            in.map = "m";
            in.key = "k";
            in.value = out.json;
            in.millis = out.stamp.millis;
            in.counter = out.stamp.counter;
            in.node = out.stamp.node_id;
            in.deleted = out.deleted;
            must(row.read(in));
        }
    }
    KeyState back(state.kind());
    for (const auto& fact : facts) {
        if (!fact.removed) {
            row.add(fact);
            continue;
        }
        back.merge(remove("k", fact.stamp).view());
    }
    for (const auto& op : row.ops()) back.merge(op);
    return back;
}

void check_same(const KeyState& a, const KeyState& b) {
    REQUIRE(a.record().entries.size() == b.record().entries.size());
    for (std::size_t i = 0; i < a.record().entries.size(); ++i) {
        const auto& x = a.record().entries[i];
        const auto& y = b.record().entries[i];
        CHECK(x.stamp == y.stamp);
        CHECK(x.tag == y.tag);
        CHECK(to_hex(x.value) == to_hex(y.value));
        CHECK(x.ttl_ms == y.ttl_ms);
    }
}

}  // namespace

TEST_CASE("what a row cannot say stands beside it, and nothing is lost", "[maptable]") {
    Random rng(seed(20261122));
    for (int round = 0; round < 4000; ++round) {
        CAPTURE(round);
        OpShape shape;
        shape.keys = 1;
        shape.counter = false;
        shape.lww = round % 2 == 0;
        shape.or_map = !shape.lww;
        shape.value_depth = 3;
        const auto kind = shape.lww ? MapKind::lww : MapKind::or_map;
        const auto state = state_of(kind, random_ops(rng, 1 + rng.below(6), shape));
        for (const bool bytea : {true, false}) {
            CAPTURE(bytea);
            const auto back = read_back(state, bytea);
            check_same(state, back);
            if (bytea) CHECK(state.record().removed_tags == back.record().removed_tags);
        }
    }
}

TEST_CASE("a removed tag keeps its record out, whichever came first", "[maptable]") {
    const auto add = or_add("k", {5, 0, "n"}, int_value(1));
    const auto gone = or_remove("5:0:n");
    for (const auto& ops : {std::vector{add, gone}, std::vector{gone, add}}) {
        const auto state = state_of(MapKind::or_map, ops);
        CHECK(state.record().entries.empty());
        CHECK(state.record().removed_tags == std::vector<std::string>{"5:0:n"});
    }
}

TEST_CASE("what servers cannot take is refused by name", "[maptable]") {
    std::vector<Fact> facts;
    ByteaRowOut bytea;
    JsonbRowOut jsonb;
    const auto one = state_of(MapKind::lww, {put("k", {5, 0, "n"}, int_value(1))});
    const std::string nul("a\0b", 3);
    CHECK_FALSE(encode_row(nul, "k", one, bytea, facts));
    CHECK_FALSE(encode_row("m", nul, one, jsonb, facts));
    CHECK_FALSE(encode_row("m__backup", "k", one, bytea, facts));
    CHECK_FALSE(encode_row("m", "__tombstones__", one, jsonb, facts));
    const auto late = state_of(MapKind::lww, {put("k", {5, 0x80000000u, "n"}, int_value(1))});
    CHECK_FALSE(encode_row("m", "k", late, jsonb, facts));
    CHECK(encode_row("m", "k", late, bytea, facts));
    const auto marked = state_of(MapKind::lww, {put("k", {5, 0, "__ORMAP__"}, int_value(1))});
    CHECK_FALSE(encode_row("m", "k", marked, jsonb, facts));
}

TEST_CASE("plain JSON is what JavaScript would say, and tells when that is not all", "[maptable]") {
    const auto plain = [](std::string_view hex, bool& exact) {
        std::string out;
        exact = append_plain_json(from_hex(hex), out);
        return out;
    };
    bool exact = false;
    CHECK(plain("82a16101a162cb4014000000000000", exact) == R"({"a":1,"b":5.0})");
    CHECK(exact);
    CHECK(plain("cfffffffffffffffff", exact) == "18446744073709551615");
    CHECK(exact);
    CHECK(plain("81a424696e74a135", exact) == R"({"$int":"5"})");
    CHECK(exact);
    CHECK(plain("c402dead", exact) == R"({"0":222,"1":173})");
    CHECK_FALSE(exact);
    CHECK(plain("cb7ff8000000000000", exact) == "null");
    CHECK_FALSE(exact);
    CHECK(plain("a3610062", exact) ==
          "\"a\xef\xbf\xbd"
          "b\"");
    CHECK_FALSE(exact);
}
