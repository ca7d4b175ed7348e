// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"
#include "topgun/wire/http.hpp"

namespace topgun::wire {

using test::to_hex;

TEST_CASE("the canonical form has `type` first, declared order and smallest headers", "[wire]") {
    CHECK(to_hex(encoded(Pong{1700000000000, 1700000000005})) ==
          "83a474797065a4504f4e47a974696d657374616d70cf0000018bcfe56800aa73657276657254696d65"
          "cf0000018bcfe56805");
    CHECK(
        to_hex(encoded(SyncRespRoot{"m", 1, Timestamp(1700000000000, 1, "node-1")})) ==
        "82a474797065ae53594e435f524553505f524f4f54a77061796c6f616483a76d61704e616d65a16da8726f6f74"
        "4861736801a974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657201a66e6f64"
        "654964a66e6f64652d31");
    CHECK(to_hex(encoded(AuthRequired{})) == "81a474797065ad415554485f5245515549524544");
}

TEST_CASE("a struct and the Message around it encode alike", "[wire]") {
    const OpAck ack{.last_id = "4", .achieved_level = WriteConcern::applied};
    CHECK(encoded(ack) == encoded(Message(ack)));
}

TEST_CASE("floats take eight bytes even when whole", "[wire]") {
    const auto frame = encoded(CounterUpdate{"c", {{{"a", 3}}, {}}});
    CHECK(to_hex(frame).find("a161cb4008000000000000") != std::string::npos);
}

TEST_CASE("a counter is written under all four names", "[wire]") {
    CHECK(test::json_of(CounterUpdate{"c", {{{"a", 3}}, {{"b", 1}}}}) ==
          R"({"payload":{"name":"c","state":{"n":{"b":1.0},"negative":{"b":1.0},"p":{"a":3.0},)"
          R"("positive":{"a":3.0}}},"type":"COUNTER_UPDATE"})");
}

TEST_CASE("a tombstone's value and a leaving row's value are nil, not absent", "[wire]") {
    LeafRecord leaf{"k", {.timestamp = {1, 0, "n"}}};
    CHECK(test::json_of(SyncRespLeaf{"m", "", {leaf}}).find(R"("value":null)") !=
          std::string::npos);
    CHECK(test::json_of(QueryUpdate{"q", "k", {}, ChangeType::leave}).find(R"("value":null)") !=
          std::string::npos);
}

TEST_CASE("an optional value that is nil is left out", "[wire]") {
    const EntryProcessResponse reply{.request_id = "r", .success = true, .result = AnyValue{}};
    CHECK(test::json_of(reply) ==
          R"({"requestId":"r","success":true,"type":"ENTRY_PROCESS_RESPONSE"})");
}

TEST_CASE("query sorts are written as arrays, hybrid sorts as objects", "[wire]") {
    QuerySub sub{.query_id = "q", .map_name = "m"};
    sub.query.sort = SortOrder{{{"z", SortDirection::asc}}};
    CHECK(test::json_of(sub).find(R"("sort":[{"direction":"asc","field":"z"}])") !=
          std::string::npos);
    HybridQuerySubscribe hybrid{.subscription_id = "s", .map_name = "m"};
    hybrid.sort = SortObject{{{"z", SortDirection::asc}, {"a", SortDirection::desc}}};
    CHECK(to_hex(encoded(hybrid)).find("82a17aa3617363a161a464657363") != std::string::npos);
}

TEST_CASE("a number that JavaScript cannot hold is a bug of the caller", "[wire]") {
    CHECK_THROWS_AS(encoded(Ping{kMaxWhole + 1}), Bug);
    CHECK_NOTHROW(encoded(Ping{kMaxWhole}));
    CHECK_THROWS_AS(encoded(TopicPub{"t", AnyValue{Bytes()}}), Bug);
}

TEST_CASE("malformed text is an error in the JSON view", "[wire]") {
    std::string out;
    const auto status = to_json(TopicSub{"\xff"}, out);
    REQUIRE_FALSE(status);
    CHECK(status.error().text().starts_with("TOPIC_SUB: "));
}

TEST_CASE("same() holds for NaN where == does not", "[wire]") {
    const auto nan = std::numeric_limits<double>::quiet_NaN();
    const Message a = CounterSync{"c", {{{"n", nan}}, {}}};
    CHECK(same(a, a));
    CHECK_FALSE(a == a);
    CHECK_FALSE(same(a, CounterSync{"c", {{{"n", 1}}, {}}}));
    CHECK_FALSE(same(a, CounterUpdate{"c", {{{"n", nan}}, {}}}));
}

}  // namespace topgun::wire
