// SPDX-License-Identifier: Apache-2.0
#include "entry_processors.hpp"
#include "topgun/value/json.hpp"
#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

wire::AnyValue json(const std::string& text) {
    return {must(parse_json(text))};
}
std::string text_of(const std::optional<Bytes>& value) {
    if (!value) return "undefined";
    std::string out;
    append_json(*value, out);
    return out;
}
std::string text_of(const std::optional<wire::AnyValue>& value) {
    return text_of(value ? std::optional(value->bytes) : std::nullopt);
}

// "value result", or the error; "undefined" stands for no value at all.
std::string run(const std::string& name, const std::string& value, const std::string& args) {
    std::optional<Bytes> v, a;
    if (value != "undefined") v = must(parse_json(value));
    if (args != "undefined") a = must(parse_json(args));
    std::optional<ValueView> vv, av;
    if (v) vv = ValueView(*v);
    if (a) av = ValueView(*a);
    const auto out = sync::run_processor("builtin:" + name, vv, av);
    if (!out) return "error: " + out.error().message();
    return text_of(out->value) + " " + text_of(out->result) + (out->changed ? "" : " unchanged");
}

wire::EntryProcess process(std::string key, const std::string& name,
                           std::optional<wire::AnyValue> args = {}) {
    wire::EntryProcess out;
    out.request_id = "r";
    out.map_name = "m";
    out.key = std::move(key);
    out.processor = {"builtin:" + name, "return {value};", std::move(args)};
    return out;
}

}  // namespace

TEST_CASE("number processors count as JavaScript does, and integers stay exact", "[sync]") {
    CHECK(run("increment", "undefined", "undefined") == "1 1");
    CHECK(run("increment", "null", "5") == "5 5");
    CHECK(run("increment", "41", "undefined") == "42 42");
    CHECK(run("increment", "1.5", "1.5") == "3 3");
    CHECK(run("increment", "0.5", "1") == "1.5 1.5");
    CHECK(run("decrement", "1", "3") == "-2 -2");
    CHECK(run("decrement_floor", "5", "3") == R"(2 {"newValue":2,"wasFloored":false})");
    CHECK(run("decrement_floor", "2", "3") == R"(0 {"newValue":0,"wasFloored":true})");
    CHECK(run("multiply", "undefined", "7") == "7 7");
    CHECK(run("multiply", "6", "7") == "42 42");
    CHECK(run("multiply", "6", "undefined") == "error: there is no factor");
    CHECK(run("increment", R"("text")", "1") == "error: the value is not a number");
    CHECK(run("increment", "1", "[]") == "error: the argument is not a number");
    CHECK(run("multiply", "1e308", "1e308") == "error: the result is not a finite number");
    CHECK(run("increment", R"({"$int":"9223372036854775807"})", "1") ==
          "9.223372036854776e+18 9.223372036854776e+18");
    CHECK(run("increment", R"({"$int":"9223372036854775806"})", "1") ==
          R"({"$int":"9223372036854775807"} {"$int":"9223372036854775807"})");
}

TEST_CASE("conditional processors compare values, whatever the form of a number", "[sync]") {
    CHECK(run("put_if_absent", "undefined", "1") == "1 true");
    CHECK(run("put_if_absent", "2", "1") == "2 false unchanged");
    CHECK(run("put_if_absent", "undefined", "undefined") == "error: there is no value to put");
    CHECK(run("replace", "undefined", "1") == "undefined undefined unchanged");
    CHECK(run("replace", "2", "1") == "1 2");
    CHECK(run("replace_if_equals", "5", R"({"expected":5.0,"newValue":6})") == "6 true");
    CHECK(run("replace_if_equals", "5", R"({"expected":4,"newValue":6})") == "5 false unchanged");
    CHECK(run("replace_if_equals", "undefined", R"({"newValue":6})") == "6 true");
    CHECK(run("replace_if_equals", "5", R"({"expected":5})") == "undefined true");
    CHECK(run("delete_if_equals", R"({"a":[1]})", R"({"a":[1]})") == "undefined true");
    CHECK(run("delete_if_equals", "5", "6") == "5 false unchanged");
    CHECK(run("delete_if_equals", "undefined", "undefined") == "undefined true unchanged");
    CHECK(run("conditional_update", R"({"version":3,"a":1})",
              R"({"expectedVersion":3,"newData":{"a":2,"version":9}})") ==
          R"({"a":2,"version":4} {"conflict":false,"updated":true})");
    CHECK(run("conditional_update", R"({"version":3})", R"({"expectedVersion":2})") ==
          R"({"version":3} {"conflict":true,"updated":false} unchanged)");
    CHECK(run("conditional_update", "undefined", R"({"expectedVersion":2})") ==
          R"(undefined {"conflict":true,"updated":false} unchanged)");
    CHECK(run("conditional_update", R"({"a":1})", R"({"newData":{"b":2}})") ==
          R"({"a":1,"b":2,"version":1} {"conflict":false,"updated":true})");
}

TEST_CASE("array processors push, pop and remove", "[sync]") {
    CHECK(run("array_push", "undefined", "1") == "[1] 1");
    CHECK(run("array_push", "[1]", R"({"a":2})") == R"([1,{"a":2}] 2)");
    CHECK(run("array_push", "5", "1") == "error: the value is not of kind array");
    CHECK(run("array_pop", "[1,2]", "undefined") == "[1] 2");
    CHECK(run("array_pop", "[]", "undefined") == "[] undefined unchanged");
    CHECK(run("array_pop", "undefined", "undefined") == "[] undefined");
    CHECK(run("array_remove", "[1,2,1]", "1.0") == "[2,1] true");
    CHECK(run("array_remove", "[1]", "3") == "[1] false unchanged");
    CHECK(run("array_remove", "undefined", "3") == "[] false");
}

TEST_CASE("property processors follow dotted paths", "[sync]") {
    CHECK(run("set_property", "undefined", R"({"path":"a.b","value":1})") ==
          R"({"a":{"b":1}} {"a":{"b":1}})");
    CHECK(run("set_property", R"({"a":{"c":2},"z":0})", R"({"path":"a.b","value":[1]})") ==
          R"({"a":{"b":[1],"c":2},"z":0} {"a":{"b":[1],"c":2},"z":0})");
    CHECK(run("set_property", R"({"a":[1,2]})", R"({"path":"a.1","value":9})") ==
          R"({"a":[1,9]} {"a":[1,9]})");
    CHECK(run("set_property", R"({"a":[1]})", R"({"path":"a.1.b","value":9})") ==
          R"({"a":[1,{"b":9}]} {"a":[1,{"b":9}]})");
    CHECK(run("set_property", R"({"a":[1]})", R"({"path":"a.7","value":9})") ==
          "error: the path leaves an array");
    CHECK(run("set_property", R"({"a":5})", R"({"path":"a.b","value":9})") ==
          "error: the path goes through what has no fields");
    CHECK(run("set_property", "undefined", R"({"value":9})") == "error: there is no path");
    std::string deep = "a";
    for (int i = 0; i < 40; ++i) deep += ".a";
    CHECK(run("set_property", "undefined", R"({"path":")" + deep + R"(","value":9})") ==
          "error: the path has too many parts");
    CHECK(run("delete_property", R"({"a":{"b":1,"c":2}})", R"("a.b")") == R"({"a":{"c":2}} 1)");
    CHECK(run("delete_property", R"({"a":[{"b":1}]})", R"("a.0.b")") == R"({"a":[{}]} 1)");
    CHECK(run("delete_property", R"({"a":[1,2]})", R"("a.0")") == R"({"a":[null,2]} 1)");
    CHECK(run("delete_property", R"({"a":1})", R"("b.c")") == R"({"a":1} undefined unchanged)");
    CHECK(run("delete_property", "undefined", R"("b")") == "undefined undefined unchanged");
    CHECK(run("merge", R"({"a":1,"b":1})", R"({"b":2,"c":3})") ==
          R"({"a":1,"b":2,"c":3} {"a":1,"b":2,"c":3})");
    CHECK(run("merge", "undefined", "undefined") == "{} {}");
    CHECK(run("merge", "5", "{}") == "error: the value is not of kind map");
    CHECK(run("get", R"({"a":1})", "undefined") == R"({"a":1} {"a":1} unchanged)");
    CHECK(run("get", "undefined", "undefined") == "undefined undefined unchanged");
}

TEST_CASE("a processor never makes what cannot be sent", "[sync]") {
    const auto deep = std::string(235, '[') + std::string(235, ']');
    CHECK(run("array_push", "undefined", deep).starts_with("[["));
    const auto deeper = std::string(245, '[') + std::string(245, ']');
    CHECK(run("array_push", "undefined", deeper) == "error: the result is nested too deeply");
    CHECK(run("nothing", "1", "1") == "error: no such processor");
}

TEST_CASE("a processed entry is stamped, stored, told and answered", "[sync]") {
    World world;
    Peer ann(world), bob(world);
    bob.say(wire::SyncInit{"m", {}});
    ann.say(wire::SyncInit{"m", {}});
    const auto heard = ann.say(process("k", "increment", json("5")));
    const auto reply = all<wire::EntryProcessResponse>(heard);
    REQUIRE(reply.size() == 1);
    CHECK(reply[0].request_id == "r");
    CHECK(reply[0].success);
    CHECK(text_of(reply[0].result) == "5");
    CHECK(text_of(reply[0].new_value) == "5");
    CHECK_FALSE(reply[0].error);
    // The sender did not know the stamp.
    REQUIRE(all<wire::ServerEvent>(heard).size() == 1);
    const auto event = only<wire::ServerEvent>(bob.heard());
    CHECK(event.event_type == wire::EventType::put);
    REQUIRE(event.record);
    CHECK(event.record->timestamp.node_id == "server");
    CHECK(event.record->value == json("5"));
    // Newer than whatever was heard of before.
    ann.say(put_op("1", "k", "x", kNow + 30'000));
    bob.heard();
    CHECK(all<wire::EntryProcessResponse>(ann.say(process("k", "replace", json("1"))))[0].success);
    CHECK(only<wire::ServerEvent>(bob.heard()).record->value == json("1"));
    ann.say(process("k", "delete_if_equals", json("1")));
    CHECK(only<wire::ServerEvent>(bob.heard()).event_type == wire::EventType::remove);
    const auto gone = all<wire::EntryProcessResponse>(ann.say(process("k", "get")));
    CHECK(gone[0].success);
    CHECK_FALSE(gone[0].new_value);
    CHECK_FALSE(gone[0].result);
    CHECK(bob.heard().empty());
}

TEST_CASE("code and bad names are refused in the answer", "[sync]") {
    World world;
    Peer peer(world);
    const auto error_of = [&](const wire::EntryProcess& message) {
        const auto reply = only<wire::EntryProcessResponse>(peer.say(message));
        CHECK_FALSE(reply.success);
        CHECK(reply.request_id == "r");
        CHECK_FALSE(reply.new_value);
        return reply.error.value_or("");
    };
    auto code = process("k", "increment");
    code.processor.name = "mine";
    CHECK(error_of(code).find("code is not run here") != std::string::npos);
    auto bad = process("k", "increment");
    bad.map_name = "__topgun_policies";
    CHECK(error_of(bad) == "map name is reserved");
    CHECK(error_of(process("k", "multiply")) == "there is no factor");
    // {type: "ENTRY_PROCESS", requestId: "x"} lacks the rest.
    const auto answer = peer.say_bytes(
        "\x82\xa4type\xad"
        "ENTRY_PROCESS\xa9requestId\xa1x");
    CHECK(only<wire::EntryProcessResponse>(answer).request_id == "x");
}

TEST_CASE("a batch processes each key once, and answers for each", "[sync]") {
    World world;
    Peer peer(world);
    peer.say(put_op("1", "text", "x"));
    wire::EntryProcessBatch batch;
    batch.request_id = "b";
    batch.map_name = "m";
    batch.keys = {"b", "a", "text", "a"};
    batch.processor = {"builtin:increment", "", {}};
    const auto reply = all<wire::EntryProcessBatchResponse>(peer.say(batch));
    REQUIRE(reply.size() == 1);
    CHECK(reply[0].request_id == "b");
    REQUIRE(reply[0].results.size() == 3);
    CHECK(text_of(reply[0].results.find("a")->new_value) == "1");
    CHECK(reply[0].results.find("b")->success);
    CHECK(reply[0].results.find("text")->error == "the value is not a number");
    batch.processor.name = "mine";
    const auto refused = only<wire::EntryProcessBatchResponse>(peer.say(batch));
    CHECK(refused.results.size() == 3);
    CHECK_FALSE(refused.results.find("a")->success);
}

TEST_CASE("a batch is bounded in keys and in what it answers", "[sync]") {
    auto options = World::no_auth();
    options.limits.process_keys = 3;
    options.limits.queue_bytes = 10'000;
    World world(options);
    Peer peer(world);
    wire::EntryProcessBatch batch;
    batch.request_id = "b";
    batch.map_name = "m";
    batch.keys = {"1", "2", "3", "4"};
    batch.processor = {"builtin:array_push", "", json("1")};
    const auto few = all<wire::EntryProcessBatchResponse>(peer.say(batch))[0];
    CHECK(few.results.find("3")->success);
    CHECK_FALSE(few.results.find("4")->success);
    CHECK(few.results.find("4")->error == "too much for one batch: not processed");
    batch.keys = {"1", "2", "3"};
    batch.processor = {"builtin:replace", "", text_value(std::string(6'000, 'x'))};
    const auto large = all<wire::EntryProcessBatchResponse>(peer.say(batch))[0];
    CHECK(large.results.find("1")->success);
    CHECK_FALSE(large.results.find("2")->success);
}

// TG-SYN-001
TEST_CASE("a processor's answer waits for the disk, that of a mere read too", "[sync]") {
    World world;
    world.storage.held = true;
    Peer ann(world), bob(world);
    CHECK(ann.say(process("k", "increment")).empty());
    CHECK(bob.say(process("k", "get")).empty());
    world.storage.release();
    world.hub->settle();
    CHECK(only<wire::EntryProcessResponse>(ann.heard()).success);
    CHECK(text_of(only<wire::EntryProcessResponse>(bob.heard()).result) == "1");
    world.storage.broken = true;
    CHECK(only<wire::EntryProcessResponse>(ann.say(process("k", "increment"))).error ==
          "not stored: disk is gone");
}

TEST_CASE("an expired record counts as none", "[sync]") {
    World world;
    Peer peer(world);
    auto op = put_op("1", "k", "x");
    op.record->ttl_ms = 1'000;
    peer.say(op);
    world.time.advance(1'001);
    CHECK(text_of(
              all<wire::EntryProcessResponse>(peer.say(process("k", "put_if_absent", json("7"))))[0]
                  .new_value) == "7");
}

TEST_CASE("conflict resolvers are refused, and none is listed", "[sync]") {
    World world;
    Peer peer(world);
    wire::RegisterResolver add;
    add.request_id = "r1";
    add.map_name = "m";
    add.resolver.name = "mine";
    const auto added = only<wire::RegisterResolverResponse>(peer.say(add));
    CHECK_FALSE(added.success);
    CHECK(added.request_id == "r1");
    CHECK(added.error->find("not available") != std::string::npos);
    const auto removed = only<wire::UnregisterResolverResponse>(
        peer.say(wire::UnregisterResolver{"r2", "m", "mine"}));
    CHECK_FALSE(removed.success);
    const auto list = only<wire::ListResolversResponse>(peer.say(wire::ListResolvers{"r3", {}}));
    CHECK(list.request_id == "r3");
    CHECK(list.resolvers.empty());
}

TEST_CASE("what a processor says it stored beats a clock that was ahead", "[sync]") {
    World world;
    Peer peer(world);
    const auto store_ahead = [&](std::uint64_t millis) {
        auto op = put("k", {millis, kMaxCounter, "z"}, must(parse_json("5")));
        op.map = "m";
        const Op view = op.view();
        must(world.hub->apply({&view, 1}, {}, 0));
    };
    store_ahead(kNow + 3'600'000);
    const auto done =
        only<wire::EntryProcessResponse>(peer.say(process("k", "increment", json("1"))));
    CHECK(done.success);
    CHECK(text_of(only<wire::EntryProcessResponse>(peer.say(process("k", "get"))).new_value) ==
          "6");
    store_ahead(kMaxMillis);
    const auto refused =
        only<wire::EntryProcessResponse>(peer.say(process("k", "increment", json("1"))));
    CHECK_FALSE(refused.success);
    CHECK_FALSE(refused.new_value);
    CHECK_THAT(refused.error.value_or(""), Catch::Contains("last timestamp"));
}
