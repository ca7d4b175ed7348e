// SPDX-License-Identifier: Apache-2.0
// NDJSON and JSON records: nothing is lost either way, and what is wrong is named with its place.
#include <ctime>

#include "text_support.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/wire/op.hpp"

using namespace topgun;
using test::only_op;
using test::read_json;

namespace {

std::string line_of(const Op& op) {
    std::string out;
    append_ndjson(op, out);
    return out;
}

std::string ndjson_of(const test::OwnedOps& ops) {
    std::string out;
    for (const auto& op : ops.all()) append_ndjson(op, out);
    return out;
}

TextReadOptions going_on() {
    TextReadOptions options;
    options.keep_going = true;
    return options;
}

}  // namespace

TEST_CASE("each kind of op has its own form of record", "[storage][ndjson]") {
    Op op;
    op.map = "users";
    op.key = "k";
    op.stamp = {1700000000000, 3, "node-a"};
    const auto value = test::must(parse_json(R"({"n":5,"f":5.0})"));
    op.value = value;
    CHECK(line_of(op) == R"({"map":"users","kind":"lww","key":"k","value":{"f":5.0,"n":5},)"
                         R"("ts":"1700000000000:3:node-a"})"
                         "\n");
    op.ttl_ms = 5000;
    op.id = "17";
    CHECK(line_of(op) == R"({"map":"users","kind":"lww","key":"k","value":{"f":5.0,"n":5},)"
                         R"("ts":"1700000000000:3:node-a","ttlMs":5000,"id":"17"})"
                         "\n");
    op.id = {};
    op.kind = OpKind::or_add;
    op.tag = "1700000000000:3:node-a";
    CHECK(line_of(op) == R"({"map":"users","kind":"or","key":"k","value":{"f":5.0,"n":5},)"
                         R"("ts":"1700000000000:3:node-a","ttlMs":5000})"
                         "\n");
    op.tag = "t";
    CHECK(line_of(op) ==
          R"({"map":"users","kind":"or","key":"k","tag":"t","value":{"f":5.0,"n":5},)"
          R"("ts":"1700000000000:3:node-a","ttlMs":5000})"
          "\n");
    op.kind = OpKind::remove;
    op.value = {};
    op.tag = {};
    op.ttl_ms = kNoTtl;
    CHECK(line_of(op) == R"({"map":"users","kind":"lww","key":"k","deleted":true,)"
                         R"("ts":"1700000000000:3:node-a"})"
                         "\n");
}

TEST_CASE("removed tags and counters have no key", "[storage][ndjson]") {
    Op op;
    op.kind = OpKind::or_remove;
    op.map = "s";
    op.tag = "5:0:n";
    CHECK(line_of(op) == R"({"map":"s","kind":"or","removedTag":"5:0:n"})"
                         "\n");
    op.stamp = {9, 0, "n"};
    op.key = "k";
    CHECK(line_of(op) == R"({"map":"s","kind":"or","key":"k","removedTag":"5:0:n","ts":"9:0:n"})"
                         "\n");
    op = {};
    op.kind = OpKind::counter;
    op.map = "c";
    op.key = "n1";
    Bytes entry;
    encode_counter_entry(3, 0.5, entry);
    op.value = entry;
    CHECK(line_of(op) == R"({"map":"c","kind":"counter","node":"n1","p":3,"n":0.5})"
                         "\n");
}

TEST_CASE("a node id that the text form cannot hold makes the stamp an object",
          "[storage][ndjson]") {
    Op op;
    op.kind = OpKind::remove;
    op.map = "m";
    const auto node = GENERATE(as<std::string>{}, "", "a:b", ":");
    op.stamp = {5, 7, node};
    const auto line = line_of(op);
    CHECK(line == R"({"map":"m","kind":"lww","key":"","deleted":true,"ts":{"millis":5,"counter":7,)"
                  R"("nodeId":")" +
                      node + "\"}}\n");
    CHECK(only_op(read_json(line)) == "REMOVE 'm' '' '' '' 5:7:" + node);
}

// Goal:   whatever a state holds, its lines give the same state.
// Method: random ops of all kinds, with values of every MessagePack kind and depth, merged into a
//         replica; its rows as NDJSON, read into a second replica; both named by content hash.
TEST_CASE("a state written as NDJSON and read again is the same state",
          "[storage][ndjson][property]") {
    const auto seed = test::seed(20260903);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 40; ++round) {
        const auto ops = test::any_ops(rng, 150, 256);
        const auto state = test::state_of(ops);
        const auto text = ndjson_of(test::state_ops(*state));
        const auto read = read_json(text);
        REQUIRE(read.error == "");
        REQUIRE(test::state_name(*test::state_of(read.ops)) == test::state_name(*state));
    }
}

TEST_CASE("an op written as NDJSON and read again is the same op", "[storage][ndjson][property]") {
    const auto seed = test::seed(20260904);
    CAPTURE(seed);
    Random rng(seed);
    const auto ops = test::any_ops(rng, 2000, 20);
    const auto read = read_json(ndjson_of(ops));
    REQUIRE(read.error == "");
    REQUIRE(read.ops.size() == ops.size());
    for (std::size_t i = 0; i < ops.size(); ++i)
        REQUIRE(test::op_text(read.ops[i]) == test::op_text(ops[i]));
    CHECK(read.counts.lines == ops.size());
    CHECK(read.counts.ops == ops.size());
}

TEST_CASE("JSON documents hold the same records in arrays and over many lines",
          "[storage][ndjson]") {
    const std::string one = R"({"map":"m","key":"a","value":1,"ts":"1:0:n"})";
    const std::string two =
        "{\n  \"map\": \"m\",\n  \"key\": \"b\",\n  \"value\": {\n    \"x\": [\n"
        "      {\n      }\n    ]\n  },\n  \"ts\": \"2:0:n\"\n}";
    const auto text = GENERATE_COPY(
        as<std::string>{}, "[" + one + "," + two + "]", "[\n" + one + ",\n" + two + "\n]\n",
        one + "\n" + one + "\n[" + "]\n", "  [ [" + one + " ] , [], " + two + "]",
        two + "\n" + one + "\n", "\xef\xbb\xbf\r\n\r\n" + one + "\r\n\r\n" + one);
    CAPTURE(text);
    const auto read = read_json(text);
    REQUIRE(read.error == "");
    REQUIRE(read.ops.size() == 2);
    CHECK(read.counts.ops == 2);
    CHECK(read.counts.damaged == 0);
}

TEST_CASE("a text without records is no error", "[storage][ndjson]") {
    const auto text =
        GENERATE(as<std::string>{}, "", "\n\n", "\xef\xbb\xbf", " \r\n", "[]", "[\n]\n", "[[],[]]");
    CAPTURE(text);
    const auto read = read_json(text);
    CHECK(read.error == "");
    CHECK(read.ops.size() == 0);
}

TEST_CASE("what a record leaves out has a default", "[storage][ndjson]") {
    TextReadOptions options;
    options.default_map = "d";
    options.default_stamp = {9, 1, "cli"};
    CHECK(only_op(read_json(R"({"key":"k","value":1})", options)) == "PUT 'd' 'k' '' '' 9:1:cli 1");
    CHECK(only_op(read_json(R"({"map":"m","key":"k","deleted":true})", options)) ==
          "REMOVE 'm' 'k' '' '' 9:1:cli");
    // The kind follows from fields that only one kind has.
    CHECK(only_op(read_json(R"({"node":"n","p":2})", options)) ==
          "COUNTER 'd' 'n' '' '' 0:0: [2,0]");
    CHECK(only_op(read_json(R"({"removedTag":"t"})", options)) == "OR_REMOVE 'd' '' 't' '' 0:0:");
    CHECK(only_op(read_json(R"({"key":"k","tag":"t","value":null})", options)) ==
          "OR_ADD 'd' 'k' 't' '' 9:1:cli null");
    CHECK(only_op(read_json(R"({"key":"k","value":1})")) ==
          "error: line 1, column 1: the record names no map");
}

TEST_CASE("names that begin with an underscore are passed over", "[storage][ndjson]") {
    CHECK(only_op(
              read_json(R"({"_comment":{"a":[1,"]}"]},"map":"m","key":"k","value":1,"ts":"1:0:n",)"
                        R"("_":null})")) == "PUT 'm' 'k' '' '' 1:0:n 1");
}

TEST_CASE("texts may be written with any JSON escapes", "[storage][ndjson]") {
    CHECK(
        only_op(read_json(
            R"({"\u006dap":"\u00e9","key":"a\/\"\n","value":"\ud83d\ude00","ts":"1:0:\u006e"})")) ==
        "PUT '\xc3\xa9' 'a/\"\n' '' '' 1:0:n \"\xf0\x9f\x98\x80\"");
}

TEST_CASE("a null value removes from an LWW map, as on the wire, and is a value in an OR map",
          "[storage][ndjson]") {
    CHECK(only_op(read_json(R"({"map":"m","key":"k","value":null,"ts":"1:0:n"})")) ==
          "REMOVE 'm' 'k' '' '' 1:0:n");
    CHECK(only_op(read_json(
              R"({"map":"m","key":"k","value":null,"deleted":true,"ts":"1:0:n","ttlMs":null})")) ==
          "REMOVE 'm' 'k' '' '' 1:0:n");
    CHECK(only_op(read_json(R"({"map":"m","kind":"or","key":"k","value":null,"ts":"1:0:n"})")) ==
          "OR_ADD 'm' 'k' '1:0:n' '' 1:0:n null");
}

TEST_CASE("a wrong record is refused with line, column and what was expected",
          "[storage][ndjson]") {
    using Row = std::pair<std::string, std::string>;
    const auto [text, error] = GENERATE(values<Row>({
        {R"({"map":"m","key":"k","valeu":1,"ts":"1:0:n"})",
         "line 1, column 22: a record has no field 'valeu' (names of fields to be ignored start "
         "with '_')"},
        {"\n\n"
         R"({"map":"m" "key":"k"})",
         "line 3, column 12: expected ',' or '}', found '\"'"},
        {R"({"map":"m","key":"k")",
         "line 1, column 21: expected ',' or '}', found the end of the line"},
        {R"({"map":"m","key":"k)",
         "line 1, column 20: expected '\"' at the end of the string, found the end of the line"},
        {R"({"map":"m","key)",
         "line 1, column 16: expected '\"' at the end of the name, found the end of the line"},
        {R"({"map":"m","key":)", "line 1, column 18: expected a value, found the end of the line"},
        {R"({"map":"m","key":,"ts":1})", "line 1, column 18: expected a value, found ','"},
        {R"({"map":"m",,})",
         "line 1, column 12: expected a field's name in double quotes, found ','"},
        {R"({map:"m"})", "line 1, column 2: expected a field's name in double quotes, found 'm'"},
        {R"({"map" "m"})", "line 1, column 8: expected ':', found '\"'"},
        {R"({"map":"é","key":"k","value":{"a":[1,x]},"ts":"1:0:n"})",
         "line 1, column 38: expected a value, found 'x'"},
        {R"({"map":"m","key":"k","value":tru,"ts":"1:0:n"})",
         "line 1, column 30: expected true, found 't'"},
        {R"({"map":"m","key":"k","value":-,"ts":"1:0:n"})",
         "line 1, column 31: expected a digit, found ','"},
        {R"({"map":"m","key":"k","value":[1},"ts":"1:0:n"})",
         "line 1, column 32: expected ',' or ']', found '}'"},
        {R"({"map":"m","key":"k","value":{"$bin":"?"},"ts":"1:0:n"})",
         "line 1, column 30: \"$bin\": base64, character 1: not a base64 digit"},
        {R"({"map":"m","key":"k","value":1})", "line 1, column 1: the record has no timestamp"},
        {R"({"map":"m","value":1,"ts":"1:0:n"})", "line 1, column 1: the record has no key"},
        {R"({"map":"m","key":"k","ts":"1:0:n"})",
         "line 1, column 1: the record has neither a value nor a mark that it is deleted"},
        {R"({"map":"m","key":"k","deleted":true,"value":1,"ts":"1:0:n"})",
         "line 1, column 1: a deleted record has no value"},
        {R"({"map":"m","key":"k","deleted":true,"ts":"1:0:n","ttlMs":5})",
         "line 1, column 1: a deleted record has no time to live"},
        {R"({"map":"m","key":"k","deleted":1,"ts":"1:0:n"})",
         "line 1, column 32: expected true or false"},
        {R"({"map":"m","key":"k","value":1,"ts":"1:00:n"})",
         "line 1, column 37: timestamp '1:00:n': bad counter (digits without leading zeros, up to "
         "2^32 - 1)"},
        {R"({"map":"m","key":"k","value":1,"ts":{"millis":1,"counter":0}})",
         "line 1, column 37: expected a timestamp with millis, counter and nodeId"},
        {R"({"map":"m","key":"k","value":1,"ts":{"millis":9007199254740992,"counter":0,)"
         R"("nodeId":"n"}})",
         "line 1, column 37: expected millis, a whole number up to 2^53 - 1"},
        {R"({"map":"m","key":"k","value":1,"ts":{"millis":1,"counter":-1,"nodeId":"n"}})",
         "line 1, column 37: expected counter, a whole number up to 2^32 - 1"},
        {R"({"map":"m","key":"k","value":1,"ts":{"millis":1,"counter":0,"nodeId":"n","x":1}})",
         "line 1, column 37: a timestamp has no field 'x'"},
        {R"({"map":"m","key":"k","value":1,"ts":7})",
         "line 1, column 37: expected a timestamp: text, or {millis, counter, nodeId}"},
        {R"({"map":"m","key":5,"value":1,"ts":"1:0:n"})",
         "line 1, column 18: expected a string as 'key', found '5'"},
        {R"({"map":"m","kind":"set","key":"k"})",
         "line 1, column 19: expected the kind \"lww\", \"or\" or \"counter\""},
        {R"({"map":"m","key":"k","key":"k"})", "line 1, column 22: the field 'key' is there twice"},
        {R"({"map":"m","key":"k","value":1,"ts":"1:0:n","ttlMs":-1})",
         "line 1, column 53: expected ttlMs, a whole number of milliseconds up to 2^53 - 1"},
        {R"({"map":"m","kind":"lww","key":"k","tag":"t","value":1,"ts":"1:0:n"})",
         "line 1, column 1: a record of an LWW map has no tag"},
        {R"({"map":"m","kind":"lww","removedTag":"t","ts":"1:0:n"})",
         "line 1, column 38: the field 'removedTag' belongs to OR maps"},
        {R"({"map":"m","kind":"or","key":"k","deleted":true,"ts":"1:0:n"})",
         "line 1, column 44: the field 'deleted' belongs to LWW maps; OR maps have removedTag"},
        {R"({"map":"m","kind":"or","removedTag":"t","tag":"t"})",
         "line 1, column 47: the field 'tag' contradicts removedTag"},
        {R"({"map":"m","removedTag":""})", "line 1, column 1: a removed tag must not be empty"},
        {R"({"map":"m","kind":"or","key":"k","tag":"","value":1,"ts":"1:0:n"})",
         "line 1, column 40: the tag must not be empty"},
        {R"({"map":"m","kind":"counter","node":"n","p":-1})",
         "line 1, column 44: expected a count that is finite and not negative"},
        {R"({"map":"m","kind":"counter","node":"n","p":{"$float":"NaN"}})",
         "line 1, column 44: expected a count that is finite and not negative"},
        {R"({"map":"m","kind":"counter","node":"n"})",
         "line 1, column 1: a counter's entry has neither p nor n"},
        {R"({"map":"m","kind":"counter","p":1})", "line 1, column 1: the record has no node"},
        {R"({"map":"m","kind":"counter","node":"n","p":1,"ts":"1:0:n"})",
         "line 1, column 1: a counter's entry has no timestamp"},
        {R"({"map":"m","kind":"counter","key":"n","p":1})",
         "line 1, column 35: the field 'key' does not belong to counters"},
        {R"({"map":"m","kind":"lww","key":"n","p":1})",
         "line 1, column 39: the field 'p' belongs to counters"},
        {"{\"map\":\"m\xff\"}", "line 1, column 10: the text is not valid UTF-8"},
        {"{\"map\":\"m\x01\"}",
         "line 1, column 10: a control character in a string must be escaped"},
        {"7", "line 1, column 1: expected a record, an object, found '7'"},
        {"[7]", "line 1, column 2: expected a record, an object, found '7'"},
        {"[{}", "line 1, column 2: the record names no map"},
        {"[[[[[[[[[]]]]]]]]]", "line 1, column 9: more than 8 arrays inside each other"},
        {"[\n", "line 2, column 1: expected a record, an object, found the end of the text"},
        {"[,]", "line 1, column 2: expected a record, an object, found ','"},
        {"]", "line 1, column 1: expected a record, an object, found ']'"},
    }));
    CAPTURE(text);
    const auto read = read_json(text);
    CHECK(read.error == error);
    CHECK(read.code == Errc::bad_input);
    CHECK(read.ops.size() == 0);
    CHECK(read.counts.damaged == 1);
    CHECK(read.damage.empty());
}

TEST_CASE("a line holds one record and nothing else", "[storage][ndjson]") {
    const auto rest = GENERATE(as<std::string>{}, "x", "{}", ",", "]");
    const auto read = read_json(R"({"map":"m","key":"k","value":1,"ts":"1:0:n"} )" + rest);
    CHECK(read.error == "line 1, column 46: unexpected text after the record");
}

TEST_CASE("a value nested too deep is refused as a limit", "[storage][ndjson]") {
    const std::string open(257, '['), close(257, ']');
    const auto read =
        read_json(R"({"map":"m","key":"k","value":)" + open + "1" + close + R"(,"ts":"1:0:n"})");
    CHECK(read.error == "line 1, column 286: nested deeper than 256 levels");
    CHECK(read.code == Errc::limit);
}

TEST_CASE("with keep_going damaged lines are noted and the others read", "[storage][ndjson]") {
    const std::string good = R"({"map":"m","key":"k","value":1,"ts":"1:0:n"})";
    const auto read = read_json(good + "\n{\"map\":\"m\",\"key\":\"x\n" + good + "\nnonsense\n" +
                                    good.substr(0, 30) + "\n[" + good + ",{},\n\n" + good,
                                going_on());
    REQUIRE(read.error == "");
    CHECK(read.ops.size() == 4);
    CHECK(read.counts.ops == 4);
    CHECK(read.counts.lines == 8);
    CHECK(read.counts.damaged == 5);
    std::string all;
    for (const auto& damage : read.damage) all += damage.text() + "\n";
    CHECK(all ==
          "line 2, column 20: expected '\"' at the end of the string, found the end of the line\n"
          "line 4, column 1: expected a record, an object, found 'n'\n"
          "line 5, column 31: expected ',' or '}', found the end of the line\n"
          "line 6, column 47: the record names no map\n"
          "line 6, column 50: expected a record, an object, found the end of the line\n");
}

TEST_CASE("in a JSON document reading goes on at the next record that is indented alike",
          "[storage][ndjson]") {
    const auto record = [](const std::string& key) {
        return "  {\n    \"map\": \"m\",\n    \"key\": \"" + key +
               "\",\n    \"value\": {\n      \"key\": \"inner\"\n    },\n    \"ts\": \"1:0:n\"\n  "
               "}";
    };
    auto broken = record("b");
    SECTION("a missing comma") {
        broken.replace(broken.find("\"m\","), 4, "\"m\" ");
    }
    SECTION("a quote too many") {
        broken.replace(broken.find("\"b\""), 3, "\"b\"\"");
    }
    SECTION("a bracket too many") {
        broken.replace(broken.find("\"b\""), 3, "{\"b\"");
    }
    SECTION("a wrong field") {
        broken.replace(broken.find("\"key\""), 5, "\"kex\"");
    }
    SECTION("cut short") {
        broken.resize(broken.find("\"ts\""));
    }
    const auto read =
        read_json("[\n" + record("a") + ",\n" + broken + ",\n" + record("c") + "\n]\n", going_on());
    REQUIRE(read.error == "");
    CHECK(read.counts.damaged == 1);
    REQUIRE(read.ops.size() == 2);
    CHECK(read.ops[0].key == "a");
    CHECK(read.ops[1].key == "c");
}

TEST_CASE("the list of damage is bounded, its count is not", "[storage][ndjson]") {
    std::string text;
    for (int i = 0; i < 3000; ++i) text += "x\n";
    const auto read = read_json(text, going_on());
    CHECK(read.damage.size() == kMaxListedDamage);
    CHECK(read.counts.damaged == 3000);
}

TEST_CASE("an error of the sink ends the reading and comes back as it was", "[storage][ndjson]") {
    const std::string line = R"({"map":"m","key":"k","value":1,"ts":"1:0:n"})"
                             "\n";
    auto options = going_on();
    TextCounts counts;
    std::vector<TextDamage> damage;
    int calls = 0;
    const auto status = read_json_records(
        line + line + line, options,
        [&](const Op&) -> Status {
            return ++calls == 2 ? Status(Error(Errc::io, "disk full")) : Status();
        },
        counts, damage);
    REQUIRE_FALSE(status);
    CHECK(status.error().code() == Errc::io);
    CHECK(status.error().text() == "disk full");
    CHECK(calls == 2);
    CHECK(counts.ops == 1);
    CHECK(damage.empty());
}

TEST_CASE("ops in the wire's form are read from JSON", "[storage][ndjson]") {
    CHECK(only_op(read_json(
              R"({"mapName":"m","key":"k","opType":"PUT","record":{"value":{"a":1},"timestamp":)"
              R"({"millis":5,"counter":0.0,"nodeId":"n"},"ttlMs":7},"id":"1","synced":false})")) ==
          "PUT 'm' 'k' '' '1' 5:0:n ttl=7 {\"a\":1}");
    CHECK(only_op(read_json(R"({"mapName":"m","key":"k","opType":"REMOVE","record":null,)"
                            R"("timestamp":{"millis":5,"counter":0,"nodeId":"n"}})")) ==
          "REMOVE 'm' 'k' '' '' 5:0:n");
    CHECK(only_op(read_json(
              R"({"mapName":"m","key":"k","orRecord":{"value":1,"tag":"t","timestamp":)"
              R"({"millis":5,"counter":0,"nodeId":"n"}}})")) == "OR_ADD 'm' 'k' 't' '' 5:0:n 1");
    CHECK(only_op(read_json(R"({"mapName":"m","key":"k","orTag":"t"})")) ==
          "OR_REMOVE 'm' 'k' 't' '' 0:0:");
}

TEST_CASE("whole messages are read from JSON", "[storage][ndjson]") {
    const std::string op =
        R"({"mapName":"m","key":"k","opType":"PUT","record":{"value":1,"timestamp":)"
        R"({"millis":5,"counter":0,"nodeId":"n"}}})";
    const auto batch = read_json(
        R"({"type":"OP_BATCH","payload":{"ops":[)" + op + "," + op + "]}}\n" +
        R"({"type":"CLIENT_OP","payload":)" + op + "}\n" + R"({"type":"PING","timestamp":1})" +
        "\n" + R"({"clientId":"c","clientHlc":{},"operations":[)" + op + "]}\n" +
        R"({"type":"COUNTER_SYNC","payload":{"name":"c","state":{"p":{"a":1},"n":{}}}})");
    REQUIRE(batch.error == "");
    CHECK(batch.ops.size() == 5);
    CHECK(batch.counts.skipped == 0);
    CHECK(batch.counts.stateless == 1);
    CHECK(test::op_text(batch.ops[4]) == "COUNTER 'c' 'a' '' '' 0:0: [1,0]");
}

TEST_CASE("a damaged message names its type and not a byte that nobody saw", "[storage][ndjson]") {
    const auto read = read_json(
        "\n"
        R"({"type":"CLIENT_OP","payload":{"mapName":"m","key":5}})");
    CHECK(read.error == "line 2, column 1: CLIENT_OP: found integer; expected key, a string");
    CHECK(read_json(R"({"type":"person","key":"k","value":1})").error ==
          "line 1, column 9: this is no type of a message");
    CHECK(read_json(R"({"type":"person","map":"m","key":"k","value":1,"ts":"1:0:n"})").error ==
          "line 1, column 2: a record has no field 'type' (names of fields to be ignored start "
          "with '_')");
}

TEST_CASE("JSON of a wire op says the same as its MessagePack", "[storage][ndjson][property]") {
    const auto seed = test::seed(20260905);
    CAPTURE(seed);
    Random rng(seed);
    const auto ops = test::any_ops(rng, 300, 8);
    for (const auto& op : ops.all()) {
        Bytes encoded;
        wire::encode_op(op, encoded);
        wire::OpBatch batch;
        msgpack::Reader reader(encoded);
        REQUIRE(batch.read(reader));
        REQUIRE(batch.ops().size() == 1);
        std::string text;
        append_json(test::must(canonical(encoded)), text);
        REQUIRE(only_op(read_json(text)) == test::op_text(batch.ops()[0]));
    }
}

// Goal:   no input makes the reader crash, hang, or read outside its text.
// Method: sound text with random bytes changed, cut, doubled or swapped in; read in both modes.
TEST_CASE("mangled text is read or refused, never worse", "[storage][ndjson][property]") {
    const auto seed = test::seed(20260906);
    CAPTURE(seed);
    Random rng(seed);
    const auto ops = test::any_ops(rng, 12, 6);
    const auto lines = ndjson_of(ops);
    std::string array = "[" + lines;
    for (auto& c : array) c = c == '\n' ? ',' : c;
    array.back() = ']';
    static constexpr char kBytes[] = "{}[]\",:\\\n \t0-e.tfn\xff\xc3_$";
    for (int round = 0; round < 3000; ++round) {
        auto text = rng.chance(0.5) ? lines : array;
        for (auto edits = 1 + rng.below(4); edits > 0; --edits) {
            const auto at = rng.below(text.size());
            switch (rng.below(4)) {
                case 0: text[at] = kBytes[rng.below(sizeof kBytes)]; break;
                case 1: text.erase(at, rng.below(20)); break;
                case 2: text.insert(at, 1, kBytes[rng.below(sizeof kBytes)]); break;
                default: text.resize(std::max<std::size_t>(at, 1)); break;
            }
            if (text.empty()) text = "{";
        }
        const auto strict = read_json(text);
        const auto tolerant = read_json(text, going_on());
        REQUIRE(tolerant.error == "");
        REQUIRE(strict.error.empty() == tolerant.damage.empty());
        REQUIRE(tolerant.ops.size() >= strict.ops.size());
        if (!strict.error.empty()) REQUIRE(strict.error == tolerant.damage[0].text());
    }
}

// Goal:   damage everywhere does not make reading slower than linear.
// Method: the work for twice the text takes less than four times as long, with room for noise.
TEST_CASE("reading badly damaged text takes linear time", "[storage][ndjson]") {
    const auto seconds = [](const std::string& text) {
        // Processor time: what else the machine does must not count.
        const auto start = std::clock();
        CHECK(read_json(text, going_on()).counts.damaged > 1000);
        return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    };
    const auto unit =
        GENERATE(as<std::string>{}, "{\"a\" 1},", "\n{\"a\":{\"b\"},", "\n {\"a\" 1},",
                 "\n{\"a\":[1,", "\n{\"a\":{\"b\":\"c\",", "{} {}\n");
    CAPTURE(unit);
    const auto text = [&unit](std::size_t count) {
        std::string out = "[";
        for (std::size_t i = 0; i < count; ++i) out += unit;
        return out + "\n\n";
    };
    const auto once = seconds(text(20'000));
    CHECK(seconds(text(80'000)) < 16 * once + 0.2);
}
