// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"
#include "topgun/wire/http.hpp"

namespace topgun::wire {

using test::packed;
using test::refusal;

namespace {
const char kStamp[] = R"({"millis":1700000000000,"counter":1,"nodeId":"node-1"})";

std::string op_with(const std::string& fields) {
    return R"({"type":"CLIENT_OP","payload":{"mapName":"m","key":"k")" + fields + "}}";
}
ClientOp op(const std::string& fields) {
    return test::decode_as<ClientOp>(packed(op_with(fields)));
}
}  // namespace

TEST_CASE("a refused field is named with its type, byte, path and expectation", "[wire]") {
    const auto bad = [](const char* payload) {
        return refusal(packed(R"({"type":"SERVER_EVENT","payload":)" + std::string(payload) + "}"));
    };
    CHECK(bad(R"({"mapName":"m","eventType":"PUT","key":"k","record":{"value":1,"timestamp":
              {"millis":1,"counter":4294967296,"nodeId":"n"}}})") ==
          "SERVER_EVENT: byte 67: payload.record.timestamp.counter: the number is out of range or "
          "not whole; expected an unsigned 32-bit integer");
    CHECK(bad(R"({"mapName":5,"eventType":"PUT","key":"k"})") ==
          "SERVER_EVENT: byte 38: payload.mapName: found integer; expected a string");
    CHECK(bad(R"({"mapName":"m","eventType":"GROW","key":"k"})") ==
          "SERVER_EVENT: byte 20: payload.eventType: unknown word \"GROW\"; expected PUT, REMOVE, "
          "OR_ADD or OR_REMOVE");
    CHECK(bad(R"({"mapName":"m","eventType":"PUT"})") ==
          "SERVER_EVENT: byte 9: payload.key: the field is missing");
    CHECK(bad("7") == "SERVER_EVENT: byte 9: payload: found integer; expected a map");
}

TEST_CASE("a refused element is named by its index, a refused entry by its key", "[wire]") {
    CHECK(refusal(packed(R"({"type":"OP_BATCH","payload":{"ops":[{"mapName":"m","key":"k"},
                            {"mapName":"m"}]}})"))
              .ends_with("payload.ops[1].key: the field is missing"));
    CHECK(refusal(packed(R"({"type":"SYNC_RESP_BUCKETS","payload":{"mapName":"m","path":"",
                            "buckets":{"4":1,"a":"x"}}})"))
              .ends_with(
                  "payload.buckets[\"a\"]: found string; expected an unsigned 32-bit integer"));
    CHECK(refusal(packed(R"({"type":"QUERY_SUB","payload":{"queryId":"q","mapName":"m","query":
                            {"predicate":{"op":"and","children":[{"op":"eq"},{"value":1}]}}}})"))
              .ends_with("payload.query.predicate.children[1].op: the field is missing"));
}

TEST_CASE("a frame that is no message says why", "[wire]") {
    CHECK(refusal("") == "byte 0: the input ends inside a MessagePack value; expected a map");
    CHECK(refusal("\x05") == "byte 0: found integer; expected a map");
    CHECK(refusal(packed("{}")) == "byte 0: type: the field is missing");
    CHECK(refusal(packed(R"({"type":5})")) == "byte 6: type: found integer; expected a string");
    CHECK(refusal(packed(R"({"type":"PING","timestamp":1})") + '\xc0') ==
          "PING: byte 22: unexpected bytes after the value");
    CHECK(refusal(packed(R"({"type":"SYNC_RESP_ROOT"})")) ==
          "SYNC_RESP_ROOT: byte 0: payload: the field is missing");
    CHECK(refusal(test::from_hex("82a474797065a450494e47a974696d657374616d70c1")) ==
          "PING: byte 21: 0xc1 is not MessagePack");
}

TEST_CASE("extensions are refused even where nobody reads them", "[wire]") {
    auto frame = test::from_hex("83a474797065a450494e47a974696d657374616d7001a178");
    CHECK(refusal(frame + test::from_hex("d6ff00000000")) ==
          "PING: byte 24: found an extension of type -1, which the protocol does not have");
    // Undefined, as msgpackr packs it, is as good as absent.
    CHECK(decode(frame + test::from_hex("d40000")));
}

TEST_CASE("undefined counts as nil in fields", "[wire]") {
    const auto hello =
        test::from_hex("82a474797065ac4445564943455f48454c4c4fab646576696365546f6b656e");
    CHECK_FALSE(test::decode_as<DeviceHello>(hello + test::from_hex("d40000")).device_token);
    const auto topic = test::from_hex(
        "82a474797065a9544f5049435f505542a77061796c6f616482a5746f706963a174a464617461");
    CHECK(test::decode_as<TopicPub>(topic + test::from_hex("d40000")).data.is_nil());
}

TEST_CASE("nesting is limited to 256 containers of all the frame", "[wire]") {
    const auto nested = [](std::size_t arrays) {
        Bytes frame = packed(R"({"type":"TOPIC_PUB","payload":{"topic":"t","data":null}})");
        // Keys are sorted, so that data comes first in the payload: replace its nil.
        const auto at = frame.find('\xc0');
        return frame.substr(0, at) + Bytes(arrays, '\x91') + '\x01' + frame.substr(at + 1);
    };
    CHECK(decode(nested(254)));
    const auto deep = decode(nested(255));
    REQUIRE_FALSE(deep);
    CHECK(deep.error().code() == Errc::limit);
    // Empty containers hold nothing and do not count.
    const auto shallow = nested(254);
    CHECK(decode(shallow.substr(0, shallow.find("\x91\x01")) + "\x91\x90" +
                 shallow.substr(shallow.find("\x91\x01") + 2)));
}

TEST_CASE("a predicate may be as deep as the frame", "[wire]") {
    std::string text = R"({"op":"eq"})";
    for (int i = 0; i < 120; ++i) text = R"({"op":"not","children":[)" + text + "]}";
    const auto frame = packed(R"({"type":"QUERY_SUB","payload":{"queryId":"q","mapName":"m","query":
                                 {"predicate":)" +
                              text + "}}}");
    const auto sub = test::decode_as<QuerySub>(frame);
    const auto* node = &*sub.query.predicate;
    int depth = 0;
    for (; node->children; node = &(*node->children)[0]) ++depth;
    CHECK(depth == 120);
    CHECK(node->op == "eq");
}

TEST_CASE("an op tells absent, nil and present records apart", "[wire]") {
    const std::string record = std::string(R"({"value":1,"timestamp":)") + kStamp + "}";
    CHECK(op("").record.is_absent());
    CHECK(op(R"(,"record":null)").record.is_nil());
    CHECK(op(",\"record\":" + record).record->timestamp == Timestamp(1700000000000, 1, "node-1"));
    CHECK(op(R"(,"orRecord":null)").or_record.is_nil());
    CHECK(op(R"(,"orTag":null)").or_tag.is_nil());
    CHECK(*op(R"(,"orTag":"1:2:n")").or_tag == "1:2:n");
    // What was nil is written as nil again, and what was absent is not written.
    CHECK(
        test::json_of(op(R"(,"record":null)")) ==
        op_with(R"(,"record":null)")
            .replace(0, std::string::npos,
                     R"({"payload":{"key":"k","mapName":"m","record":null},"type":"CLIENT_OP"})"));
    CHECK(encoded(op("")).find("record") == Bytes::npos);
}

TEST_CASE("a removal may come without a record, and a record without a value", "[wire]") {
    const auto event = test::decode_as<ServerEvent>(packed(
        R"({"type":"SERVER_EVENT","payload":{"mapName":"m","eventType":"REMOVE","key":"k"}})"));
    CHECK_FALSE(event.record);
    CHECK(op(std::string(R"(,"record":{"timestamp":)") + kStamp + "}").record->value.is_nil());
}

TEST_CASE("a field of no schema that cannot be read does not cost the op", "[wire]") {
    // Servers ignore an op's own timestamp, so that a client may put anything there.
    const auto strange = op(R"(,"timestamp":1700000000000,"synced":"no")");
    CHECK_FALSE(strange.timestamp);
    CHECK_FALSE(strange.synced);
    CHECK(op(std::string(R"(,"timestamp":)") + kStamp).timestamp ==
          Timestamp(1700000000000, 1, "node-1"));
}

TEST_CASE("ttlMs nil, as TopGun's server sends it, is as good as absent", "[wire]") {
    const auto with =
        op(std::string(R"(,"record":{"value":1,"ttlMs":null,"timestamp":)") + kStamp + "}");
    CHECK_FALSE(with.record->ttl_ms);
    CHECK(encoded(with).find("ttlMs") == Bytes::npos);
}

TEST_CASE("of equal keys the last one counts", "[wire]") {
    // {"type":"PING","timestamp":1,"type":"SYNC_INIT","mapName":"m","mapName":"n"}
    const auto frame = test::from_hex("85a474797065a450494e47a974696d657374616d7001a474797065a9") +
                       "SYNC_INIT" + test::from_hex("a76d61704e616d65a16da76d61704e616d65a16e");
    CHECK(test::decode_as<SyncInit>(frame).map_name == "n");
    // A list that stands twice does not grow.
    const auto twice =
        test::from_hex("82a474797065a84f505f4241544348a77061796c6f616482a36f707390a36f707390");
    CHECK(test::decode_as<ClientOpBatch>(twice).ops.empty());
}

TEST_CASE("bytes are read from binary, index maps and arrays", "[wire]") {
    const auto vector = [](const char* bytes) {
        return packed(
            R"({"type":"VECTOR_SEARCH","payload":{"id":"v","mapName":"m","k":2,"queryVector":)" +
            std::string(bytes) + "}}");
    };
    const auto expected = test::from_hex("0000803f");
    for (const auto* form : {R"({"$bin":"AACAPw=="})", R"({"3":63,"2":128,"1":0,"0":0})",
                             "[0,0,128,63]", "[0.0,0.0,128.0,63.0]"}) {
        CAPTURE(form);
        CHECK(test::decode_as<VectorSearch>(vector(form)).query_vector.bytes == expected);
    }
    CHECK(test::decode_as<VectorSearch>(vector("{}")).query_vector.bytes.empty());
    CHECK(refusal(vector(R"({"0":0,"2":1})"))
              .ends_with("a key of the index map is no index; expected 0, 1, 2 and so on"));
    CHECK(refusal(vector(R"({"0":0,"x":1})")).find("no index") != std::string::npos);
    CHECK(refusal(vector(R"({"0":0,"01":1})")).find("no index") != std::string::npos);
    CHECK(refusal(vector("[256]")).find("queryVector[0]") != std::string::npos);
    CHECK(refusal(vector("\"text\"")).find("found string") != std::string::npos);
}

TEST_CASE("an index map with a key twice must still be complete", "[wire]") {
    const auto frame = [](const char* map) {
        return test::from_hex("83a474797065a54241544348a5636f756e7401a464617461" +
                              std::string(map));
    };
    CHECK(test::decode_as<Batch>(frame("83a13007a13008a13109")).data.bytes == "\x08\x09");
    CHECK(refusal(frame("83a13007a13008a13209"))
              .ends_with("data: index 1 of the index map is missing"));
}

TEST_CASE("sort orders are read from arrays and objects, keeping their order", "[wire]") {
    // {"z":"asc","a":"desc","z":"desc"}: JavaScript keeps the first place and the last value.
    const auto head = test::from_hex(
        "82a474797065a951554552595f535542a77061796c6f616483a771756572794964a171"
        "a76d61704e616d65a16da5717565727981a4736f7274");
    const auto object = test::decode_as<QuerySub>(
        head + test::from_hex("83a17aa3617363a161a464657363a17aa464657363"));
    const std::vector<SortField> expected = {{"z", SortDirection::desc},
                                             {"a", SortDirection::desc}};
    CHECK(object.query.sort->fields == expected);
    const auto array = test::decode_as<QuerySub>(packed(
        R"({"type":"QUERY_SUB","payload":{"queryId":"q","mapName":"m","query":{"sort":
            [{"field":"z","direction":"desc"},{"field":"a","direction":"desc"}]}}})"));
    CHECK(array == object);
    CHECK(refusal(head + "\x05").ends_with("payload.query.sort: found integer; expected an array"));
}

TEST_CASE("counters are read from either pair of names, taking the greater of both", "[wire]") {
    const auto state = [](const char* text) {
        return test::decode_as<CounterSync>(
                   packed(R"({"type":"COUNTER_SYNC","payload":{"name":"c","state":)" +
                          std::string(text) + "}}"))
            .state;
    };
    const CounterState expected{{{"a", 3}, {"b", 5}}, {{"a", 1}}};
    CHECK(state(R"({"p":{"a":3,"b":5},"n":{"a":1}})") == expected);
    CHECK(state(R"({"positive":{"a":3,"b":5.0},"negative":{"a":1}})") == expected);
    CHECK(state(R"({"p":{"a":3,"b":2},"n":{},"positive":{"a":1,"b":5},"negative":{"a":1}})") ==
          expected);
    CHECK(state(R"({"p":{"a":3,"b":5},"n":{"a":1},"positive":null})") == expected);
    CHECK(refusal(packed(R"({"type":"COUNTER_SYNC","payload":{"name":"c","state":{"x":{}}}})"))
              .ends_with("payload.state: no counts; expected p and n, or positive and negative"));
}

TEST_CASE("texts are UTF-8 once decoded", "[wire]") {
    const auto frame = [](const char* name) {
        return test::from_hex("82a474797065a953594e435f494e4954a76d61704e616d65" +
                              std::string(name));
    };
    CHECK(test::decode_as<SyncInit>(frame("a6eda0bdedb880")).map_name == "\U0001f600");
    CHECK(test::decode_as<SyncInit>(frame("a3eda0bd")).map_name == "\ufffd");
    CHECK(refusal(frame("a1ff")) == "SYNC_INIT: byte 24: mapName: the string is not valid UTF-8");
}

TEST_CASE("users' values keep the kinds of their numbers and lose the peers' habits", "[wire]") {
    // {"b":1.0,"a":[1,null]} as map16, with the integer 1 as uint64.
    const auto frame = test::from_hex(
        "82a474797065a9544f5049435f505542a77061796c6f616482a5746f706963a174a464617461"
        "de0002a162cb3ff0000000000000a16192cf0000000000000001c0");
    const auto topic = test::decode_as<TopicPub>(frame);
    CHECK(test::to_hex(topic.data.bytes) == "82a1619201c0a162cb3ff0000000000000");
}

TEST_CASE("an unknown type is a message of its own and comes back as it was", "[wire]") {
    const auto frame = test::from_hex("de0002a474797065a54c41544552a16101");
    const auto message = test::must(decode(frame));
    CHECK(std::get<UnknownMessage>(message) == UnknownMessage{"LATER", frame});
    CHECK(type_name(message) == "LATER");
    CHECK(encoded(message) == frame);
}

TEST_CASE("the partition map may be asked for without a payload", "[wire]") {
    for (const auto* text : {R"({"type":"PARTITION_MAP_REQUEST"})",
                             R"({"type":"PARTITION_MAP_REQUEST","payload":null})",
                             R"({"type":"PARTITION_MAP_REQUEST","payload":{}})"}) {
        const auto request = test::decode_as<PartitionMapRequest>(packed(text));
        CHECK_FALSE(request.current_version);
        CHECK(test::json_of(request) == R"({"type":"PARTITION_MAP_REQUEST"})");
    }
    const auto request = test::decode_as<PartitionMapRequest>(
        packed(R"({"type":"PARTITION_MAP_REQUEST","payload":{"currentVersion":0}})"));
    CHECK(request.current_version == 0u);
}

TEST_CASE("a full resync is written only when true", "[wire]") {
    OrMapSyncRespRoot root{.map_name = "o", .timestamp = {1, 0, "n"}};
    CHECK(encoded(root).find("fullResync") == Bytes::npos);
    root.full_resync = true;
    CHECK(test::decode_as<OrMapSyncRespRoot>(encoded(root)).full_resync);
}

TEST_CASE("HTTP bodies: an empty request asks for nothing, a missing filter matches all",
          "[wire]") {
    CHECK(test::must(decode_http_sync_request("")) == HttpSyncRequest{});
    const auto request = test::must(decode_http_sync_request(packed(
        std::string(R"({"clientId":"c","queries":[{"queryId":"q","mapName":"m"}],"clientHlc":)") +
        kStamp + "}")));
    CHECK((*request.queries)[0].filter.is_nil());
    const auto bad = decode_http_sync_request(packed(R"({"clientId":"c"})"));
    REQUIRE_FALSE(bad);
    CHECK(bad.error().text() == "HTTP sync request: byte 0: clientHlc: the field is missing");
}

TEST_CASE("an announced length sizes nothing", "[wire]") {
    for (const auto* name : {"frame-str-4gib", "frame-bin-4gib", "frame-array-4gi", "frame-map-4gi",
                             "frame-ext-4gib"}) {
        const auto frame =
            test::slurp(test::testdata("wire-bad") / (std::string(name) + ".msgpack"));
        CAPTURE(name);
        CHECK(refusal(frame).find("the input ends inside a MessagePack value") !=
              std::string::npos);
    }
}

}  // namespace topgun::wire
