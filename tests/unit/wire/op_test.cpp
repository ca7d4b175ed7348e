// SPDX-License-Identifier: Apache-2.0
// One op, in all the forms in which TopGun's encoders and older clients write it.
#include "topgun/wire/op.hpp"

#include "support.hpp"
#include "topgun_test/states.hpp"

using namespace topgun;
using test::packed;

namespace {

struct Read {
    bool ok = false;
    std::string error;
    wire::OpBatch batch;
    const std::vector<Op>& ops() { return batch.ops(); }
};

// `bytes` must outlive the result.
Read read(const Bytes& bytes) {
    Read out;
    msgpack::Reader reader(bytes);
    out.ok = out.batch.read(reader);
    if (!out.ok) out.error = out.batch.error(reader).text();
    return out;
}

const std::string kStamp = R"("timestamp":{"millis":5,"counter":1,"nodeId":"n"})";

}  // namespace

TEST_CASE("ops are told apart as the reference tells them", "[wire][op]") {
    struct Row {
        const char* what;
        std::string json;
        OpKind kind;
    };
    const std::vector<Row> rows{
        {"a record", R"("opType":"PUT","record":{"value":1,)" + kStamp + "}", OpKind::put},
        {"no op type", R"("record":{"value":1,)" + kStamp + "}", OpKind::put},
        {"a nil value", R"("opType":"PUT","record":{"value":null,)" + kStamp + "}", OpKind::remove},
        {"no value", R"("record":{)" + kStamp + "}", OpKind::remove},
        {"REMOVE wins", R"("opType":"REMOVE","record":{"value":1,)" + kStamp + "}", OpKind::remove},
        {"a nil record", R"("opType":"PUT","record":null,)" + kStamp, OpKind::remove},
        {"an OR record", R"("orRecord":{"value":1,"tag":"t",)" + kStamp + "}", OpKind::or_add},
        {"OR before tag", R"("orTag":"x","orRecord":{"value":1,"tag":"t",)" + kStamp + "}",
         OpKind::or_add},
        {"a tag", R"("opType":"OR_REMOVE","orTag":"t")", OpKind::or_remove},
        {"a counter", R"("opType":"COUNTER","counter":[1,2])", OpKind::counter},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        const auto bytes = packed(R"({"mapName":"m","key":"k",)" + row.json + "}");
        auto result = read(bytes);
        REQUIRE(result.ok);
        REQUIRE(result.ops().size() == 1);
        CHECK(op_kind_name(result.ops()[0].kind) == op_kind_name(row.kind));
    }
}

TEST_CASE("JavaScript's undefined as a value removes, as nil does", "[wire][op]") {
    auto bytes = packed(R"({"mapName":"m","key":"k","record":{"value":null,)" + kStamp + "}}");
    const auto nil = bytes.find('\xc0');
    REQUIRE(nil != Bytes::npos);
    bytes.replace(nil, 1, test::from_hex("d40000"));
    auto result = read(bytes);
    REQUIRE(result.ops().size() == 1);
    CHECK(result.ops()[0].kind == OpKind::remove);
    CHECK(result.ops()[0].value.empty());
}

TEST_CASE("ops that cannot be merged are counted, not guessed", "[wire][op]") {
    const auto nothing = packed(R"({"mapName":"m","key":"k","opType":"PUT"})");
    CHECK(read(nothing).batch.skipped() == 1);
    const auto unstamped = packed(R"({"mapName":"m","key":"k","opType":"REMOVE"})");
    CHECK(read(unstamped).batch.unstamped() == 1);
    const auto stamped = packed(R"({"mapName":"m","key":"k","opType":"REMOVE",)" + kStamp + "}");
    auto removal = read(stamped);
    REQUIRE(removal.ops().size() == 1);
    CHECK(removal.ops()[0].stamp == Stamp{5, 1, "n"});
}

TEST_CASE("numbers may come as floats, names in any order, unknown fields pass", "[wire][op]") {
    Bytes bytes;
    msgpack::Writer writer(bytes);
    writer.map(4);
    writer.string("record");
    writer.map(3);
    writer.string("timestamp");
    writer.map(4);
    writer.string("nodeId");
    writer.string("n");
    writer.string("future");
    writer.array(0);
    writer.string("counter");
    writer.real(1.0);
    writer.string("millis");
    writer.real(1'700'000'000'000.0);
    writer.string("ttlMs");
    writer.real(250.0);
    writer.string("value");
    writer.raw(packed(R"({"b":1,"a":2})"));
    writer.string("extra");
    writer.raw(packed(R"([{"x":null}])"));
    writer.string("key");
    writer.string("k");
    writer.string("mapName");
    writer.string("m");
    auto result = read(bytes);
    REQUIRE(result.ok);
    const auto& op = result.ops().at(0);
    CHECK(op.stamp == Stamp{1'700'000'000'000, 1, "n"});
    CHECK(op.ttl_ms == 250);
    CHECK(op.value == packed(R"({"a":2,"b":1})"));
}

TEST_CASE("what is no op is refused with what was expected and where", "[wire][op]") {
    const std::vector<std::pair<std::string, std::string>> rows{
        {R"([1])", "an op, a map"},
        {R"({"key":"k","record":{"value":1,)" + kStamp + "}}", "an op with mapName"},
        {R"({"mapName":"m","record":{"value":1,)" + kStamp + "}}", "an op with key"},
        {R"({"mapName":"m","key":"k","record":{"value":1}})", "a record with a timestamp"},
        {R"({"mapName":"m","key":"k","record":{"value":1,"timestamp":{"millis":1,"counter":0}}})",
         "a timestamp with millis, counter and nodeId"},
        {R"({"mapName":"m","key":"k","record":{"value":1,"timestamp":{"millis":-1,"counter":0,)"
         R"("nodeId":"n"}}})",
         "millis, a whole number"},
        {R"({"mapName":"m","key":"k","record":{"value":1,"timestamp":{"millis":1,)"
         R"("counter":4294967296,"nodeId":"n"}}})",
         "counter, a whole number"},
        {R"({"mapName":"m","key":"k","orRecord":{"value":1,)" + kStamp + "}}",
         "an OR record with a tag"},
        {R"({"mapName":"m","key":"k","orTag":""})", "orTag that is not empty"},
        {R"({"mapName":"m","key":"k","opType":"COUNTER","counter":[1,-2]})", "counter, two counts"},
    };
    for (const auto& [json, expected] : rows) {
        CAPTURE(json);
        const auto bytes = packed(json);
        auto result = read(bytes);
        CHECK_FALSE(result.ok);
        CHECK(result.error.find(expected) != std::string::npos);
        CHECK(result.error.find("byte ") != std::string::npos);
        CHECK(result.ops().empty());
    }
}

TEST_CASE("a batch rolled back is as it was, and goes on", "[wire][op]") {
    const auto one = packed(R"({"mapName":"m","key":"a","record":{"value":"one",)" + kStamp + "}}");
    const auto two = packed(R"({"mapName":"m","key":"b","record":{"value":"two",)" + kStamp + "}}");
    wire::OpBatch batch;
    const auto add = [&batch](const Bytes& bytes) {
        msgpack::Reader reader(bytes);
        REQUIRE(batch.read(reader));
    };
    add(one);
    CHECK(batch.ops().size() == 1);
    const auto mark = batch.mark();
    add(two);
    CHECK(batch.ops().size() == 2);
    batch.roll_back(mark);
    CHECK(batch.size() == 1);
    add(two);
    add(one);
    REQUIRE(batch.ops().size() == 3);
    CHECK(batch.ops()[0].value == test::string_value("one"));
    CHECK(batch.ops()[1].value == test::string_value("two"));
    CHECK(batch.ops()[2].key == "a");
}

// Goal:   what we write is what we read, for every kind of op.
TEST_CASE("an op survives its encoding", "[wire][op][property]") {
    const auto seed = test::seed(20261122);
    CAPTURE(seed);
    Random rng(seed);
    test::OpShape shape;
    shape.value_depth = 3;
    for (const auto& op : test::random_ops(rng, 2000, shape)) {
        const auto before = op.view();
        Bytes bytes;
        wire::encode_op(before, bytes);
        CAPTURE(test::to_hex(bytes));
        auto result = read(bytes);
        REQUIRE(result.ok);
        REQUIRE(result.ops().size() == 1);
        const auto& after = result.ops()[0];
        CHECK(after.kind == before.kind);
        CHECK(after.map == before.map);
        CHECK(after.tag == before.tag);
        CHECK(after.value == before.value);
        CHECK(after.stamp == before.stamp);
        if (before.kind != OpKind::remove) CHECK(after.ttl_ms == before.ttl_ms);
        Bytes again;
        wire::encode_op(after, again);
        CHECK(again == bytes);
    }
}

// Goal:   what is logged without being read again is what a reader will find.
// Method: ops with something wrong or out of place, and none; those that are said to read back are
//         written, read and compared in every field.
TEST_CASE("an op that reads back is found as it was", "[wire][op][property]") {
    const auto seed = test::seed(20261123);
    CAPTURE(seed);
    Random rng(seed);
    test::OpShape shape;
    shape.value_depth = 2;
    const std::vector<void (*)(OwnedOp&)> twists{
        [](OwnedOp&) {},
        [](OwnedOp& op) { op.key = "\xff"; },
        [](OwnedOp& op) { op.map = "\xed\xa0\x80"; },  // half a surrogate pair: repaired
        [](OwnedOp& op) { op.id = "\xc3"; },
        [](OwnedOp& op) { op.stamp.node_id = "\xe2\x82"; },
        [](OwnedOp& op) { op.stamp.millis = kMaxMillis + 1; },
        [](OwnedOp& op) { op.ttl_ms = kMaxMillis + 1; },
        [](OwnedOp& op) { op.ttl_ms = 5; },
        [](OwnedOp& op) { op.tag = "t"; },
        [](OwnedOp& op) { op.tag.clear(); },
        [](OwnedOp& op) { op.value = "\xc0"; },
        [](OwnedOp& op) { op.value.clear(); },
        [](OwnedOp& op) { op.value = Bytes("\xcc\x05", 2); },      // a wider five
        [](OwnedOp& op) { op.value = Bytes("\xd4\x00\x00", 3); },  // undefined
        [](OwnedOp& op) { op.value += op.value; },
        [](OwnedOp& op) { op.value = "\xd9"; },
        [](OwnedOp& op) {
            op.value = Bytes(
                "\x82\xa1"
                "b\x01\xa1"
                "a\x01",
                7);
        },
        [](OwnedOp& op) { op.value = Bytes(msgpack::kMaxDepth + 1, '\x91'); },
        [](OwnedOp& op) { op.stamp = {}; },
        [](OwnedOp& op) { op.id = "17"; },
    };
    std::size_t said = 0, denied = 0;
    for (auto& op : test::random_ops(rng, 20'000, shape)) {
        twists[rng.below(twists.size())](op);
        const auto before = op.view();
        if (!wire::reads_back(before)) {
            ++denied;
            continue;
        }
        ++said;
        Bytes bytes;
        wire::encode_op(before, bytes);
        CAPTURE(test::to_hex(bytes));
        auto result = read(bytes);
        REQUIRE(result.ok);
        REQUIRE(result.ops().size() == 1);
        const auto& after = result.ops()[0];
        REQUIRE(after.kind == before.kind);
        REQUIRE(after.map == before.map);
        REQUIRE(after.key == before.key);
        REQUIRE(after.stamp == before.stamp);
        REQUIRE(after.ttl_ms == before.ttl_ms);
        REQUIRE(after.value == before.value);
        REQUIRE(after.tag == before.tag);
        REQUIRE(after.id == before.id);
    }
    CHECK(said > 3'000);
    CHECK(denied > 3'000);
}
