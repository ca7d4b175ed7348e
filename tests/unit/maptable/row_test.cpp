// SPDX-License-Identifier: Apache-2.0
// Rows of both generations as ops.
#include "topgun/maptable/row.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::maptable;
using namespace topgun::test;

namespace {

JsonbRow jsonb(std::optional<std::string_view> value, std::string_view node = "n1") {
    JsonbRow row;
    row.map = "m";
    row.key = "k";
    row.value = value;
    row.millis = 5;
    row.counter = 6;
    row.node = node;
    return row;
}

}  // namespace

TEST_CASE("a jsonb row is a record, or a tombstone however that is said", "[maptable]") {
    RowOps row;
    must(row.read(jsonb("7")));
    REQUIRE(row.ops().size() == 1);
    CHECK(row.ops()[0].kind == OpKind::put);
    CHECK(row.ops()[0].value == int_value(7));
    CHECK(row.ops()[0].stamp == Stamp{5, 6, "n1"});
    auto deleted = jsonb("7");
    deleted.deleted = true;
    for (const auto& one : {deleted, jsonb("null"), jsonb(std::nullopt)}) {
        must(row.read(one));
        REQUIRE(row.ops().size() == 1);
        CHECK(row.ops()[0].kind == OpKind::remove);
        CHECK(row.ops()[0].value.empty());
    }
}

TEST_CASE("a jsonb row of an OR-Map is its records, or removed tags", "[maptable]") {
    RowOps row;
    must(row.read(jsonb(R"({"type":"OR","records":[
        {"value":1,"tag":"t1","timestamp":{"millis":1,"counter":2,"nodeId":"a"},"ttlMs":9},
        {"value":null,"tag":"t2","timestamp":{"millis":3,"counter":4,"nodeId":"b"}}]})",
                        kOrMapNode)));
    REQUIRE(row.ops().size() == 2);
    CHECK(row.ops()[0].tag == "t1");
    CHECK(row.ops()[0].ttl_ms == 9);
    CHECK(row.ops()[1].stamp == Stamp{3, 4, "b"});
    must(row.read(jsonb(R"({"type":"OR_TOMBSTONES","tags":["a","b"]})", kOrMapNode)));
    REQUIRE(row.ops().size() == 2);
    CHECK(row.ops()[1].kind == OpKind::or_remove);
    CHECK(row.ops()[1].tag == "b");
    must(row.read(jsonb(R"({"type":"OR","records":[]})", kOrMapNode)));
    CHECK(row.ops().empty());
}

TEST_CASE("a jsonb row of no legal shape gives no op at all", "[maptable]") {
    RowOps row;
    for (const auto* value :
         {"{", "7", R"({"type":"OTHER","records":[]})", R"({"type":"OR"})",
          R"({"type":"OR","records":[{"value":1}]})",
          R"({"type":"OR","records":[{"value":1,"tag":"t","timestamp":{"millis":"1"}}]})",
          R"({"type":"OR","records":[{"value":1,"tag":"","timestamp":
              {"millis":1,"counter":1,"nodeId":"n"}}]})",
          R"({"type":"OR_TOMBSTONES","tags":["a",7]})"}) {
        CAPTURE(value);
        CHECK_FALSE(row.read(jsonb(value, kOrMapNode)));
        CHECK(row.ops().empty());
    }
    auto late = jsonb("7");
    late.millis = kMaxMillis + 1;
    CHECK_FALSE(row.read(late));
}

TEST_CASE("a bytea row is what its record says, until its moment", "[maptable]") {
    serverfiles::StoredRecord record;
    record.entries.push_back({{100, 1, "n"}, {}, int_value(7), kNoTtl});
    Bytes bytes;
    must(serverfiles::encode_stored_record(record, bytes));
    RowOps row;
    must(row.read(ByteaRow{"m", "k", bytes, 0}));
    REQUIRE(row.ops().size() == 1);
    CHECK(row.ops()[0].ttl_ms == kNoTtl);
    must(row.read(ByteaRow{"m", "k", bytes, 150}));
    CHECK(row.ops()[0].ttl_ms == 50);
    must(row.read(ByteaRow{"m", "k", bytes, 50}));
    CHECK(row.ops()[0].ttl_ms == 1);
    CHECK_FALSE(row.read(ByteaRow{"m", "k", "\xc1", 0}));
    CHECK(row.ops().empty());
}
