// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "support.hpp"
#include "topgun/wire/vectors.hpp"

namespace topgun::wire {
namespace {

VectorCheck verify(const char* hex, const char* json, const char* name = "V", bool strict = false) {
    return verify_vector(name, test::from_hex(hex), json, strict);
}
const char kPing[] = "82a474797065a450494e47a974696d657374616d7005";
// {"type":"TOPIC_PUB","payload":{"topic":"t","data": and then the value.
const char kTopic[] =
    "82a474797065a9544f5049435f505542a77061796c6f616482a5746f706963a174a464617461";

std::string compare(const std::string& value, const std::string& json) {
    const auto check =
        verify((kTopic + value).c_str(),
               (R"({"type":"TOPIC_PUB","payload":{"topic":"t","data":)" + json + "}}").c_str());
    return check.ok ? "same" : check.detail;
}

}  // namespace

TEST_CASE("generated vectors are canonical, and complete", "[wire]") {
    const auto vectors = generate_vectors(7);
    std::set<std::string> names;
    for (const auto& vector : vectors) {
        const auto check = verify_vector(vector.name, vector.msgpack, vector.json, true);
        INFO(vector.name << ": " << check.detail);
        CHECK(check.ok);
        CHECK_FALSE(check.skipped);
        names.insert(vector.name);
    }
    CHECK(names.size() == 2 * (kMessageTypes + 2));
    for (const auto& type : message_types()) {
        CHECK(names.count(std::string(type.name)) == 1);
        CHECK(names.count(std::string(type.name) + "__min") == 1);
    }
}

TEST_CASE("the seed alone decides what is generated", "[wire]") {
    const auto a = generate_vectors(7), b = generate_vectors(7), c = generate_vectors(8);
    REQUIRE(a.size() == b.size());
    std::size_t changed = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        CHECK(a[i].msgpack == b[i].msgpack);
        CHECK(a[i].json == b[i].json);
        changed += a[i].msgpack == c[i].msgpack ? 0 : 1;
    }
    CHECK(changed > 150);
}

TEST_CASE("a full vector has every field, a minimal one only the required", "[wire]") {
    for (const auto& vector : generate_vectors(7)) {
        if (vector.name == "QUERY_RESP") {
            const auto reply = test::decode_as<QueryResp>(vector.msgpack);
            CHECK((reply.next_cursor && reply.has_more && reply.cursor_status &&
                   reply.merkle_root_hash && reply.error && reply.code));
        } else if (vector.name == "CLIENT_OP__min") {
            const auto op = test::decode_as<ClientOp>(vector.msgpack);
            CHECK(op == ClientOp{.map_name = op.map_name, .key = op.key});
        }
    }
}

TEST_CASE("a generated view reads as it should", "[wire]") {
    CHECK(test::must(view_frame(encoded(Batch{1, {"\x01\xff"}}))) ==
          "{\n  \"type\": \"BATCH\",\n  \"count\": 1,\n  \"data\": {\n    \"type\": \"Buffer\",\n"
          "    \"data\": [\n      1,\n      255\n    ]\n  }\n}\n");
    CHECK(test::must(view_frame(encoded(CounterSync{"c", {{{"a", 3}}, {}}}))).find("\"a\": 3.0") !=
          std::string::npos);
    CHECK_FALSE(view_frame("\x05"));
}

TEST_CASE("a difference is shown with its path and both sides", "[wire]") {
    CHECK(verify(kPing, R"({"type":"PING","timestamp":5})").ok);
    CHECK(verify(kPing, R"({"type":"PING","timestamp":6})").detail ==
          "$.timestamp: the bytes say 5, the JSON says 6");
    CHECK(verify(kPing, R"({"type":"PING"})").detail ==
          "$.timestamp: in the bytes, but not in the JSON");
    CHECK(verify(kPing, R"({"type":"PING","timestamp":5,"x":1})").detail ==
          "$.x: in the JSON, but not in the bytes");
    CHECK(compare("9201a178", R"([1,"y"])") ==
          R"($.payload.data[1]: the bytes say "x", the JSON says "y")");
    CHECK(compare("9201a178", "[1]") ==
          "$.payload.data: the bytes have 2 elements, the JSON has 1");
    CHECK(verify(kPing, "{").detail.starts_with("the JSON cannot be read: "));
}

TEST_CASE("numbers compare by value", "[wire]") {
    CHECK(compare("01", "1.0") == "same");
    CHECK(compare("cb3ff0000000000000", "1") == "same");
    CHECK(compare("ff", "-1") == "same");
    CHECK(compare("cfffffffffffffffff", "18446744073709551615") == "same");
    CHECK(compare("cfffffffffffffffff", "-1") != "same");
    CHECK(compare("ff", "18446744073709551615") != "same");
    CHECK(compare("cb7ff8000000000000", "null") == "same");
    CHECK(compare("cb7ff0000000000000", "null") == "same");
    CHECK(compare("cb3fb999999999999a", "0.1") == "same");
    CHECK(compare("cb3fb999999999999a", "0.10001") != "same");
    CHECK(compare("01", "true") != "same");
    CHECK(compare("c3", "true") == "same");
    CHECK(compare("c0", "null") == "same");
    CHECK(compare("a131", "1") != "same");
}

TEST_CASE("bytes compare in every form that peers and we write", "[wire]") {
    const char* const forms[] = {R"({"type":"Buffer","data":[1,2]})", R"({"$bin":"AQI="})", "[1,2]",
                                 R"({"0":1,"1":2})"};
    for (const auto* form : forms) {
        CAPTURE(form);
        CHECK(compare("c4020102", form) == "same");
        CHECK(compare("c4020103", form) != "same");
    }
    CHECK(compare("82a13001a13102", R"({"type":"Buffer","data":[1,2]})") == "same");
    CHECK(compare("920102", R"({"type":"Buffer","data":[1,2]})") == "same");
    CHECK(compare("82a13001a13102", R"({"0":1,"1":2})") == "same");
    CHECK(compare("c40101", R"({"type":"Buffer","data":[1],"x":1})") != "same");
}

TEST_CASE("undefined in the bytes is absent in the JSON, and null in arrays", "[wire]") {
    CHECK(compare("81a161d40000", "{}") == "same");
    CHECK(compare("91d40000", "[null]") == "same");
    CHECK(compare("81a161c0", "{}") != "same");
}

TEST_CASE("our own escapes are read, and user keys that look like them are not", "[wire]") {
    CHECK(compare("cf7fffffffffffffff", R"({"$int":"9223372036854775807"})") == "same");
    CHECK(compare("cf7fffffffffffffff", R"({"$int":"9223372036854775806"})") != "same");
    CHECK(compare("cb7ff8000000000000", R"({"$float":"NaN"})") == "same");
    CHECK(compare("81a424696e7401", R"({"$int":1})") == "same");
    CHECK(compare("81a424696e7401", R"({"$map":[["$int",1]]})") == "same");
    CHECK(compare("81a32467741a", R"({"$gt":26})") == "same");
}

TEST_CASE("of equal keys the last counts in the comparison too", "[wire]") {
    CHECK(compare("82a16101a16102", R"({"a":2})") == "same");
    CHECK(compare("81017a", R"({"1":122})") == "same");
}

TEST_CASE("an unknown type is compared, and reported as skipped", "[wire]") {
    const auto check = verify("82a474797065a54c41544552a16101", R"({"type":"LATER","a":1})");
    CHECK(check.ok);
    CHECK(check.skipped);
    CHECK(check.detail == "type LATER is not known; only the JSON was compared");
    CHECK_FALSE(verify("82a474797065a54c41544552a16101", R"({"type":"LATER","a":2})").ok);
}

TEST_CASE("a vector whose bytes are no message fails with the decoder's words", "[wire]") {
    CHECK(verify("81a474797065a450494e47", R"({"type":"PING"})").detail ==
          "PING: byte 0: timestamp: the field is missing");
    CHECK(verify("82a474", "{}").detail.find("the input ends inside") != std::string::npos);
}

TEST_CASE("strict verification demands the canonical encoding", "[wire]") {
    const char wide[] = "82a474797065a450494e47a974696d657374616d70cc05";
    const char json[] = R"({"type":"PING","timestamp":5})";
    CHECK(verify(wide, json).ok);
    const auto check = verify(wide, json, "V", true);
    CHECK_FALSE(check.ok);
    CHECK(check.detail.find("timestamp: not canonical: cc05") != std::string::npos);
    CHECK(verify(kPing, json, "V", true).ok);
}

TEST_CASE("names tell HTTP bodies from frames", "[wire]") {
    const auto body = encoded(HttpSyncResponse{.server_hlc = {1, 0, "n"}});
    const char json[] = R"({"serverHlc":{"millis":1,"counter":0,"nodeId":"n"}})";
    CHECK(verify_vector("HTTP_SYNC_RESPONSE__min", body, json, true).ok);
    CHECK_FALSE(verify_vector("HTTP_SYNC_REQUEST", body, json).ok);
    CHECK_FALSE(verify_vector("OP_ACK", body, json).ok);
}

}  // namespace topgun::wire
