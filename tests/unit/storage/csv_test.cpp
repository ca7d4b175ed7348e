// SPDX-License-Identifier: Apache-2.0
// CSV both ways: nothing is lost, and what is wrong is named with its place.
#include "text_support.hpp"

using namespace topgun;
using test::only_op;
using test::read_csv;

namespace {

std::string csv_of(const StateReader& state) {
    std::string out;
    test::must(write_csv(state, [&out](std::string_view text) {
        out += text;
        return Status();
    }));
    return out;
}

TextReadOptions in_map(std::string_view map, std::string_view key_column = "_key") {
    TextReadOptions options;
    options.default_map = map;
    options.key_column = key_column;
    options.default_stamp = {9, 1, "cli"};
    return options;
}

std::unique_ptr<StateReader> state_of_json(std::string_view text) {
    const auto read = test::read_json(text);
    REQUIRE(read.error == "");
    return test::state_of(read.ops);
}

constexpr std::string_view kHead = "_map,_kind,_key,_ts,_ttl,_tag,_deleted,_value";

}  // namespace

TEST_CASE("a table with a key column becomes records", "[storage][csv]") {
    const auto read = read_csv(
        "id,name,age,zip,note,ok\r\n"
        "u1,Anna,41,01067,,true\r\n"
        "u2,\"Li, Bo\",-1.5e3,\"5\",\"\",null\r\n",
        in_map("users", "id"));
    REQUIRE(read.error == "");
    REQUIRE(read.ops.size() == 2);
    CHECK(test::op_text(read.ops[0]) ==
          R"(PUT 'users' 'u1' '' '' 9:1:cli {"age":41,"name":"Anna","ok":true,"zip":"01067"})");
    CHECK(test::op_text(read.ops[1]) ==
          R"(PUT 'users' 'u2' '' '' 9:1:cli {"age":-1500.0,"name":"Li, Bo","note":"",)"
          R"("ok":null,"zip":"5"})");
    CHECK(read.counts.lines == 3);
    CHECK(read.counts.ops == 2);
}

TEST_CASE("an unquoted cell is a number only when a number keeps it exactly", "[storage][csv]") {
    using Row = std::pair<std::string, std::string>;
    const auto [cell, json] = GENERATE(values<Row>({
        {"0", "0"},
        {"-0", "0"},
        {"-12", "-12"},
        {"18446744073709551615", R"({"$int":"18446744073709551615"})"},
        {"-9223372036854775808", R"({"$int":"-9223372036854775808"})"},
        {"18446744073709551616", R"("18446744073709551616")"},
        {"1e999", R"("1e999")"},
        {"5.0", "5.0"},
        {"1E+2", "100.0"},
        {"-0.0", "-0.0"},
        {"01", R"("01")"},
        {"+1", R"("+1")"},
        {"1.", R"("1.")"},
        {".5", R"(".5")"},
        {"1e", R"("1e")"},
        {"0x1", R"("0x1")"},
        {"-", R"("-")"},
        {" 1", R"(" 1")"},
        {"1,000", ""},
        {"NaN", R"("NaN")"},
        {"True", R"("True")"},
        {"true", "true"},
        {"false", "false"},
        {"null", "null"},
        {"\"true\"", R"("true")"},
        {"\"1\"", R"("1")"},
        {"\"\"", R"("")"},
    }));
    CAPTURE(cell);
    const auto read = read_csv("_key,v\nk," + cell + "\n", in_map("m"));
    if (json.empty()) {
        CHECK(read.error == "line 2, column 5: expected 2 cells, as in the header, found 3");
    } else {
        CHECK(only_op(read) == "PUT 'm' 'k' '' '' 9:1:cli {\"v\":" + json + "}");
    }
}

TEST_CASE("quoted cells hold commas, quotes and lines", "[storage][csv]") {
    CHECK(only_op(read_csv("\"_key\",\"a \"\"b\"\"\"\n\"k,\r\n1\",\"x\n\"\"\"\n", in_map("m"))) ==
          "PUT 'm' 'k,\r\n1' '' '' 9:1:cli {\"a \\\"b\\\"\":\"x\\n\\\"\"}");
}

TEST_CASE("columns with an underscore say what the record is", "[storage][csv]") {
    const std::string head = std::string(kHead) + ",f\n";
    CHECK(only_op(read_csv(head + "m,lww,k,5:0:n,7,,,,1\n")) ==
          "PUT 'm' 'k' '' '' 5:0:n ttl=7 {\"f\":1}");
    CHECK(only_op(read_csv(head + "m,,k,5:0:n,,,,,\n")) == "PUT 'm' 'k' '' '' 5:0:n {}");
    CHECK(only_op(read_csv(head + "m,,k,5:0:n,,,false,\"[1,\"\"x\"\"]\",\n")) ==
          "PUT 'm' 'k' '' '' 5:0:n [1,\"x\"]");
    CHECK(only_op(read_csv(head + "m,,\"\",\"{\"\"millis\"\":5,\"\"counter\"\":0,\"\"nodeId\"\":"
                                  "\"\"a:b\"\"}\",,,true,,\n")) == "REMOVE 'm' '' '' '' 5:0:a:b");
    CHECK(only_op(read_csv(head + "m,or,k,5:0:n,,t,,,1\n")) ==
          "OR_ADD 'm' 'k' 't' '' 5:0:n {\"f\":1}");
    CHECK(only_op(read_csv(head + "m,or,k,5:0:n,,,,null,\n")) ==
          "OR_ADD 'm' 'k' '5:0:n' '' 5:0:n null");
    CHECK(only_op(read_csv(head + "m,or,,,,t,true,,\n")) == "OR_REMOVE 'm' '' 't' '' 0:0:");
    CHECK(only_op(read_csv(head + "m,counter,n1,,,,,\"[3.0,0.5]\",\n")) ==
          "COUNTER 'm' 'n1' '' '' 0:0: [3,0.5]");
}

TEST_CASE("a state is written with a column for each field", "[storage][csv]") {
    const auto state = state_of_json(
        R"({"map":"u","key":"a","value":{"name":"Li, Bo","n":5,"s":"5","r":2.0,"e":"","z":null},
            "ts":"1:0:n"}
           {"map":"u","key":"b","value":{"name":"x","tags":["t"],"n":9007199254740993},"ts":"2:0:n",
            "ttlMs":9}
           {"map":"u","key":"c","deleted":true,"ts":"3:0:n"}
           {"map":"u","key":"d","value":{},"ts":"4:0:n"}
           {"map":"u","key":"e","value":{"_key":1,"n":2},"ts":"5:0:n"}
           {"map":"t","kind":"or","key":"k","value":"x","ts":"5:0:n"}
           {"map":"t","removedTag":"4:0:n"}
           {"map":"c","node":"n1","p":3,"n":1})");
    CHECK(csv_of(*state) ==
          std::string(kHead) +
              ",e,n,name,r,s,tags,z\n"
              "c,counter,n1,,,,,\"[3,1]\",,,,,,,\n"
              "t,or,,,,4:0:n,true,,,,,,,,\n"
              "t,or,k,5:0:n,,,,\"\"\"x\"\"\",,,,,,,\n"
              "u,lww,e,5:0:n,,,,\"{\"\"_key\"\":1,\"\"n\"\":2}\",,2,,,,,\n"
              "u,lww,d,4:0:n,,,,{},,,,,,,\n"
              "u,lww,a,1:0:n,,,,,\"\",5,\"Li, Bo\",2.0,\"5\",,null\n"
              "u,lww,c,3:0:n,,,true,,,,,,,,\n"
              "u,lww,b,2:0:n,9,,,\"{\"\"n\"\":{\"\"$int\"\":\"\"9007199254740993\"\"},\"\"name\"\":"
              "\"\"x\"\",\"\"tags\"\":[\"\"t\"\"]}\",,9007199254740993,x,,,\"[\"\"t\"\"]\",\n");
}

// Goal:   whatever a state holds, its table gives the same state.
// Method: as for NDJSON: random ops of all kinds into a replica, its table into a second one.
TEST_CASE("a state written as CSV and read again is the same state", "[storage][csv][property]") {
    const auto seed = test::seed(20260907);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 40; ++round) {
        const auto state = test::state_of(test::any_ops(rng, 150, round % 2 == 0 ? 256 : 2));
        const auto text = csv_of(*state);
        const auto read = read_csv(text);
        REQUIRE(read.error == "");
        REQUIRE(test::state_name(*test::state_of(read.ops)) == test::state_name(*state));
        REQUIRE(csv_of(*test::state_of(read.ops)) == text);
    }
}

TEST_CASE("more fields than columns stay in the value", "[storage][csv]") {
    std::string value;
    for (std::size_t i = 0; i <= kMaxFieldColumns; ++i) {
        value += (i == 0 ? "\"f" : ",\"f") + std::to_string(i) + "\":" + std::to_string(i);
    }
    const auto state =
        state_of_json(R"({"map":"m","key":"k","ts":"1:0:n","value":{)" + value + "}}");
    const auto text = csv_of(*state);
    CHECK(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find('\n')),
                     ',') == static_cast<std::ptrdiff_t>(7 + kMaxFieldColumns));
    CHECK(test::state_name(*test::state_of(read_csv(text).ops)) == test::state_name(*state));
}

TEST_CASE("a field that differs from _value beside it was edited, and is refused",
          "[storage][csv]") {
    const std::string head =
        "_map,_key,_ts,_value,name,n\nm,k,1:0:n,\"{\"\"name\"\":\"\"x\"\",\"\"n\"\":5.0,\"\"t\"\":["
        "]}\",";
    CHECK(only_op(read_csv(head + "x,5.0\n")) ==
          R"(PUT 'm' 'k' '' '' 1:0:n {"n":5.0,"name":"x","t":[]})");
    CHECK(only_op(read_csv(head + ",5\n")) ==
          R"(PUT 'm' 'k' '' '' 1:0:n {"n":5.0,"name":"x","t":[]})");
    CHECK(read_csv(head + "y,5\n").error ==
          "line 2, column 49: the field 'name' differs from _value; leave one of the two empty");
    CHECK(read_csv(head + "x,6\n").error ==
          "line 2, column 51: the field 'n' differs from _value; leave one of the two empty");
    CHECK(read_csv("_map,_key,_ts,_value,x\nm,k,1:0:n,[],1\n").error ==
          "line 2, column 14: the field 'x' is not in _value; leave one of the two empty");
}

TEST_CASE("a header that cannot be used is refused, whatever may be passed over",
          "[storage][csv]") {
    using Row = std::pair<std::string, std::string>;
    const auto [text, error] = GENERATE(values<Row>({
        {"a,b\n", "line 1, column 1: no column is named '_key', which must hold the keys"},
        {"\n_key,b\n",
         "line 2, column 1: no column is named '_map', and no map was named otherwise"},
        {"_map,_key,a,b,a\n", "line 1, column 15: the column 'a' is there twice"},
        {"_map,_key,_ts,_ts\n", "line 1, column 15: the column '_ts' is there twice"},
        {"_map,_key,,b\n", "line 1, column 11: the column has no name"},
        {"_map,_key,\"b\n", "line 1, column 11: the quoted cell that begins here has no end"},
    }));
    CAPTURE(text);
    auto options = TextReadOptions();
    options.keep_going = true;
    const auto read = read_csv(text + "k,1\n", options);
    CHECK(read.error == error);
    CHECK(read.ops.size() == 0);
    CHECK(read_csv("id,_key\n", in_map("m", "id")).error ==
          "line 1, column 4: both '_key' and 'id' could hold the keys");
    CHECK(read_csv(std::string(20'000, ','), options).error ==
          "line 1, column 16385: more than 16384 columns");
}

TEST_CASE("a wrong row is refused with line, column and what was expected", "[storage][csv]") {
    using Row = std::pair<std::string, std::string>;
    const auto [row, error] = GENERATE(values<Row>({
        {"m,lww,k", "column 1: expected 9 cells, as in the header, found 3"},
        {"m,lww,k,1:0:n,,,,,,x", "column 20: expected 9 cells, as in the header, found 10"},
        {"m,set,k,1:0:n,,,,,1", "column 3: expected the kind lww, or or counter"},
        {"m,lww,,1:0:n,,,,,1", "column 1: the record has no key"},
        {"m,lww,k,,,,,,1", "column 1: the record has no timestamp"},
        {",lww,k,1:0:n,,,,,1", "column 1: the record names no map"},
        {"m,lww,k,1:0,,,,,1",
         "column 9: timestamp '1:0': expected three fields, millis:counter:node"},
        {"m,lww,k,{},,,,,1", "column 9: expected a timestamp with millis, counter and nodeId"},
        {"m,lww,k,{,,,,,1",
         "column 9: _ts: line 1, column 2: expected a member's name in double quotes, or '}', "
         "found the end of the text"},
        {"m,lww,k,1:0:n,1.5,,,,1",
         "column 15: expected _ttl, a whole number of milliseconds up to 2^53 - 1"},
        {"m,lww,k,1:0:n,9007199254740992,,,,1",
         "column 15: expected _ttl, a whole number of milliseconds up to 2^53 - 1"},
        {"m,lww,k,1:0:n,,t,,,1", "column 1: a record of an LWW map has no tag"},
        {"m,lww,k,1:0:n,,,yes,,1", "column 17: expected true, false or nothing"},
        {"m,lww,k,1:0:n,,,true,,1", "column 1: a deleted record has no value"},
        {"m,lww,k,1:0:n,,,,\"{\"\"a\",1",
         "column 18: _value: line 1, column 4: expected '\"' at the end of the string, found the "
         "end of the text"},
        {"m,counter,k,,,,,1,", "column 1: expected two counts that are finite and not negative"},
        {"m,counter,k,,,,,\"[1,-1]\",",
         "column 1: expected two counts that are finite and not negative"},
        {"m,lww,k\"x\",1:0:n,,,,,1",
         "column 8: a quote inside a cell that does not begin with one"},
        {"m,lww,\"k\"x,1:0:n,,,,,1",
         "column 10: expected ',' or the end of the line behind a quoted cell, found 'x'"},
        {"m,lww,\"k,1:0:n,,,,,1", "column 7: the quoted cell that begins here has no end"},
        {"m,lww,k\r1,1:0:n,,,,,1",
         "column 8: a carriage return inside a cell must stand in quotes"},
        {"m,lww,\xc3\xa9\xff,1:0:n,,,,,1", "column 8: the text is not valid UTF-8"},
    }));
    CAPTURE(row);
    const auto text = std::string(kHead) + ",f\n\n" + row + "\n";
    const auto read = read_csv(text);
    CHECK(read.error == "line 3, " + error);
    CHECK(read.counts.damaged == 1);
    auto options = TextReadOptions();
    options.keep_going = true;
    const auto rest = read_csv(text + "m,lww,k,1:0:n,,,,,1\n", options);
    CHECK(rest.ops.size() == 1);
    REQUIRE(rest.damage.size() == 1);
    CHECK(rest.damage[0].text() == "line 3, " + error);
}

TEST_CASE("a deleted row with field columns but no fields has no value", "[storage][csv]") {
    CHECK(only_op(read_csv("_key,_deleted,f\nk,true,\n", in_map("m"))) ==
          "REMOVE 'm' 'k' '' '' 9:1:cli");
    CHECK(only_op(read_csv("_key\nk\n", in_map("m"))) ==
          "error: line 2, column 1: the record has neither a value nor a mark that it is deleted");
}

TEST_CASE("a table without rows is no error", "[storage][csv]") {
    const auto text = GENERATE(as<std::string>{}, "", "\r\n\n", "\xef\xbb\xbf", "_key\n", "_key");
    CAPTURE(text);
    const auto read = read_csv(text, in_map("m"));
    CHECK(read.error == "");
    CHECK(read.ops.size() == 0);
}

TEST_CASE("an error of the CSV sink ends the reading", "[storage][csv]") {
    TextCounts counts;
    std::vector<TextDamage> damage;
    auto options = in_map("m");
    options.keep_going = true;
    const auto status = read_csv_records(
        "_key,v\na,1\nb,2\n", options,
        [](const Op&) -> Status { return Error(Errc::cancelled, "stopped"); }, counts, damage);
    REQUIRE_FALSE(status);
    CHECK(status.error().text() == "stopped");
    CHECK(counts.ops == 0);
}

TEST_CASE("an error of the writer's function ends the writing", "[storage][csv]") {
    const auto state = state_of_json(R"({"map":"m","key":"k","value":1,"ts":"1:0:n"})");
    const auto status =
        write_csv(*state, [](std::string_view) -> Status { return Error(Errc::io, "disk full"); });
    REQUIRE_FALSE(status);
    CHECK(status.error().text() == "disk full");
}

// Goal:   no table makes the reader crash, hang, or read outside its text.
TEST_CASE("mangled tables are read or refused, never worse", "[storage][csv][property]") {
    const auto seed = test::seed(20260908);
    CAPTURE(seed);
    Random rng(seed);
    const auto whole = csv_of(*test::state_of(test::any_ops(rng, 15, 3)));
    static constexpr char kBytes[] = ",\"\r\n{}[]\":0-e.tfn\xff\xc3_";
    for (int round = 0; round < 3000; ++round) {
        auto text = whole;
        for (auto edits = 1 + rng.below(4); edits > 0 && !text.empty(); --edits) {
            const auto at = rng.below(text.size());
            switch (rng.below(4)) {
                case 0: text[at] = kBytes[rng.below(sizeof kBytes)]; break;
                case 1: text.erase(at, rng.below(20)); break;
                case 2: text.insert(at, 1, kBytes[rng.below(sizeof kBytes)]); break;
                default: text.resize(at); break;
            }
        }
        auto options = TextReadOptions();
        const auto strict = read_csv(text, options);
        options.keep_going = true;
        const auto tolerant = read_csv(text, options);
        REQUIRE(strict.error.empty() == (tolerant.error.empty() && tolerant.damage.empty()));
        REQUIRE(tolerant.ops.size() >= strict.ops.size());
    }
}
