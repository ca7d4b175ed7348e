// SPDX-License-Identifier: Apache-2.0
// A phone's queue arrives in whatever framing its network layer used; each must give the same ops.
#include "topgun/wire/capture.hpp"

#include "support.hpp"
#include "topgun_test/states.hpp"

using namespace topgun;
using test::packed;

namespace {

struct Captured {
    std::vector<std::string> ops;
    std::vector<std::string> errors;
    wire::CaptureCounts counts;
};

std::string text_of(const Op& op) {
    return std::string(op_kind_name(op.kind)) + " " + std::string(op.map) + "/" +
           std::string(op.key) + " " + format_stamp(op.stamp) + " tag=" + std::string(op.tag) +
           " value=" + test::to_hex(op.value) + " ttl=" + std::to_string(op.ttl_ms) +
           " id=" + std::string(op.id);
}

Captured read_all(BytesView data) {
    Captured out;
    wire::CaptureReader reader(data);
    wire::OpBatch batch;
    for (;;) {
        auto more = reader.next(batch);
        if (!more)
            out.errors.push_back(more.error().text());
        else if (!*more)
            break;
    }
    for (const auto& op : batch.ops()) out.ops.push_back(text_of(op));
    out.counts = reader.counts();
    return out;
}

const std::string kOp1 = R"({"mapName":"m","key":"a","opType":"PUT","record":{"value":1,)"
                         R"("timestamp":{"millis":5,"counter":1,"nodeId":"n"}}})";
const std::string kOp2 = R"({"mapName":"m","key":"b","opType":"REMOVE","record":{"value":null,)"
                         R"("timestamp":{"millis":6,"counter":0,"nodeId":"n"}}})";
const std::vector<std::string> kBoth = {"PUT m/a 5:1:n tag= value=01 ttl=18446744073709551615 id=",
                                        "REMOVE m/b 6:0:n tag= value= ttl=18446744073709551615 "
                                        "id="};

Bytes op_batch(std::string_view fields_before = "", std::string_view fields_after = "") {
    return packed(R"({"payload":{"ops":[)" + kOp1 + "," + kOp2 + "]" + std::string(fields_after) +
                  R"(},"type":"OP_BATCH")" + std::string(fields_before) + "}");
}

// A map written field by field: in this order, and with names twice where the test wants it.
Bytes map_of(const std::vector<std::pair<std::string, Bytes>>& fields) {
    Bytes out;
    msgpack::Writer writer(out);
    writer.map(fields.size());
    for (const auto& [name, value] : fields) {
        writer.string(name);
        writer.raw(value);
    }
    return out;
}

Bytes list_of(const std::vector<Bytes>& elements) {
    Bytes out;
    msgpack::Writer writer(out);
    writer.array(elements.size());
    for (const auto& element : elements) writer.raw(element);
    return out;
}

Bytes binary_of(BytesView bytes) {
    Bytes out;
    msgpack::Writer(out).binary(bytes);
    return out;
}

}  // namespace

TEST_CASE("every framing of the same ops gives the same ops", "[wire][capture]") {
    const Bytes batch = op_batch();
    const Bytes client1 = packed(R"({"type":"CLIENT_OP","payload":)" + kOp1 + "}");
    const Bytes client2 = packed(R"({"type":"CLIENT_OP","payload":)" + kOp2 + "}");
    Bytes server_frames, client_frames;
    append_le<std::uint32_t>(server_frames, 2);
    for (const auto& frame : {client1, client2}) {
        append_le(server_frames, static_cast<std::uint32_t>(frame.size()));
        server_frames += frame;
        append_be(client_frames, static_cast<std::uint32_t>(frame.size()));
        client_frames += frame;
    }
    const auto wrapped = [](BytesView frames) {
        return map_of({{"type", packed(R"("BATCH")")}, {"data", binary_of(frames)}});
    };
    const std::vector<std::pair<const char*, Bytes>> framings{
        {"OP_BATCH", batch},
        {"CLIENT_OP each", client1 + client2},
        {"BATCH of a server", wrapped(server_frames)},
        {"BATCH of a client", wrapped(client_frames)},
        {"bare ops", packed(kOp1) + packed(kOp2)},
        {"an array of ops", list_of({packed(kOp1), packed(kOp2)})},
        {"an array of messages", list_of({client1, client2})},
        {"an HTTP request", packed(R"({"clientId":"c","clientHlc":{"millis":1,"counter":0,)"
                                   R"("nodeId":"c"},"operations":[)" +
                                   kOp1 + "," + kOp2 + "]}")},
    };
    for (const auto& [name, bytes] : framings) {
        CAPTURE(name);
        const auto captured = read_all(bytes);
        CHECK(captured.errors.empty());
        CHECK(captured.ops == kBoth);
        CHECK(captured.counts.ops == 2);
        CHECK(captured.counts.damaged == 0);
    }
}

// The reader takes the usual order of fields in one pass; any other goes through a search.
TEST_CASE("the order of a message's fields does not matter", "[wire][capture]") {
    const Bytes type = packed(R"("OP_BATCH")");
    const Bytes ops = list_of({packed(kOp1), packed(kOp2)});
    const Bytes other = packed(R"({"x":[1,2,{"y":null}]})");
    const std::vector<Bytes> messages{
        map_of({{"type", type}, {"payload", map_of({{"ops", ops}})}}),
        map_of({{"payload", map_of({{"ops", ops}})}, {"type", type}}),
        map_of({{"type", type}, {"payload", map_of({{"ops", ops}, {"z", other}})}, {"t", other}}),
        map_of({{"type", type}, {"payload", map_of({{"a", other}, {"ops", ops}})}}),
        map_of({{"id", other}, {"type", type}, {"payload", map_of({{"ops", ops}})}}),
    };
    for (const auto& message : messages) {
        CAPTURE(test::to_hex(message));
        const auto captured = read_all(message);
        CHECK(captured.errors.empty());
        CHECK(captured.ops == kBoth);
        CHECK(captured.counts.types == std::map<std::string, std::uint64_t>{{"OP_BATCH", 1}});
    }
}

TEST_CASE("of a field that stands twice the last one counts", "[wire][capture]") {
    const Bytes type = packed(R"("OP_BATCH")");
    const Bytes one = list_of({packed(kOp1)});
    const Bytes two = list_of({packed(kOp2)});
    const auto only_second = std::vector<std::string>{kBoth[1]};
    CHECK(
        read_all(map_of({{"type", type}, {"payload", map_of({{"ops", one}, {"ops", two}})}})).ops ==
        only_second);
    CHECK(read_all(map_of({{"type", type},
                           {"payload", map_of({{"ops", one}})},
                           {"payload", map_of({{"ops", two}})}}))
              .ops == only_second);
    const auto ping = read_all(map_of(
        {{"type", type}, {"payload", map_of({{"ops", one}})}, {"type", packed(R"("PING")")}}));
    CHECK(ping.ops.empty());
    CHECK(ping.counts.stateless == 1);
}

TEST_CASE("a damaged op costs itself and those after it in its message, no other message",
          "[wire][capture]") {
    const Bytes bad = packed(R"({"mapName":"m","key":7,"opType":"PUT"})");
    const Bytes message =
        map_of({{"type", packed(R"("OP_BATCH")")},
                {"payload", map_of({{"ops", list_of({packed(kOp1), bad, packed(kOp2)})}})}});
    const auto captured = read_all(message + op_batch());
    REQUIRE(captured.errors.size() == 1);
    CHECK(captured.errors[0].find("OP_BATCH at byte 0: ") == 0);
    CHECK(captured.errors[0].find("key, a string") != std::string::npos);
    CHECK(captured.ops == std::vector<std::string>{kBoth[0], kBoth[0], kBoth[1]});
    CHECK(captured.counts.damaged == 1);
}

TEST_CASE("messages behind rubbish are found again", "[wire][capture]") {
    for (const auto rubbish : {std::string("\xc1"), std::string("rubbish"), std::string(50, '\xff'),
                               std::string("\xdf\xff\xff\xff\xff"), std::string(3, '\0')}) {
        CAPTURE(test::to_hex(rubbish));
        const auto captured = read_all(op_batch() + rubbish + op_batch());
        CHECK(captured.ops.size() == 4);
        CHECK_FALSE(captured.errors.empty());
    }
}

TEST_CASE("a capture cut anywhere keeps its whole ops and says so", "[wire][capture]") {
    const auto whole = op_batch() + op_batch();
    const auto border = whole.size() / 2;
    for (std::size_t cut = 1; cut < whole.size(); ++cut) {
        CAPTURE(cut);
        const auto captured = read_all(BytesView(whole).substr(0, cut));
        CHECK(captured.errors.empty() == (cut == border));
        // Ops that stand whole in the part that was cut off its message are found as bare ones.
        CHECK(captured.ops.size() <= (cut <= border ? 2u : 4u));
        CHECK(captured.ops.size() >= (cut < border ? 0u : 2u));
        for (std::size_t i = 0; i < captured.ops.size(); ++i) {
            CHECK(captured.ops[i] == kBoth[i % 2]);
        }
    }
}

TEST_CASE("BATCH in BATCH is read to a limit", "[wire][capture]") {
    Bytes message = op_batch();
    const auto wrap = [&message] {
        Bytes frames;
        append_le<std::uint32_t>(frames, 1);
        append_le(frames, static_cast<std::uint32_t>(message.size()));
        frames += message;
        message = map_of({{"type", packed(R"("BATCH")")}, {"data", binary_of(frames)}});
    };
    for (int level = 0; level < 8; ++level) wrap();
    CHECK(read_all(message).ops == kBoth);
    wrap();
    const auto refused = read_all(message);
    REQUIRE_FALSE(refused.errors.empty());
    CHECK(refused.errors[0].find("more than 8 levels deep") != std::string::npos);
}

TEST_CASE("state comes out of answers and events too", "[wire][capture]") {
    const std::string stamp = R"({"millis":5,"counter":1,"nodeId":"n"})";
    const auto leaf = read_all(packed(
        R"({"type":"SYNC_RESP_LEAF","payload":{"mapName":"m","path":"00","records":[{"key":"a",)"
        R"("record":{"value":1,"timestamp":)" +
        stamp + "}}]}}"));
    CHECK(leaf.ops == std::vector<std::string>{kBoth[0]});
    const auto entries = read_all(
        packed(R"({"type":"ORMAP_SYNC_RESP_LEAF","payload":{"mapName":"o","path":"00","entries":[)"
               R"({"key":"k","records":[{"value":"x","timestamp":)" +
               stamp + R"(,"tag":"5:1:n"}],"tombstones":["4:0:n"]}]}})"));
    CHECK(entries.ops == std::vector<std::string>{
                             "OR_REMOVE o/k 0:0: tag=4:0:n value= ttl=18446744073709551615 id=",
                             "OR_ADD o/k 5:1:n tag=5:1:n value=a178 ttl=18446744073709551615 id="});
    const auto event = read_all(
        packed(R"({"type":"SERVER_EVENT","payload":{"mapName":"m","eventType":"PUT","key":"a",)"
               R"("record":{"value":1,"timestamp":)" +
               stamp + "}}}"));
    CHECK(event.ops == std::vector<std::string>{kBoth[0]});
    const auto removed = read_all(packed(
        R"({"type":"SERVER_EVENT","payload":{"mapName":"m","eventType":"REMOVE","key":"a"}})"));
    CHECK(removed.ops.empty());
    CHECK(removed.counts.unstamped == 1);
    const auto counters = read_all(packed(R"({"type":"COUNTER_SYNC","payload":{"name":"c",)"
                                          R"("state":{"p":{"a":2,"b":1},"n":{"b":4}}}})"));
    CHECK(counters.ops.size() == 2);
    CHECK(counters.counts.ops == 2);
}

// Goal:   no field order, framing or damage in front of it makes a message's ops differ.
// Method: random ops in both orders of fields, and after a copy of the message that was cut.
TEST_CASE("the straight way and the search read the same", "[wire][capture][property]") {
    const auto seed = test::seed(20261121);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 200; ++round) {
        CAPTURE(round);
        test::OpShape shape;
        shape.counter = false;
        std::vector<Bytes> encoded;
        for (const auto& op : test::random_ops(rng, 1 + rng.below(20), shape)) {
            wire::encode_op(op.view(), encoded.emplace_back());
        }
        const Bytes type = packed(R"("OP_BATCH")");
        const Bytes payload = map_of({{"ops", list_of(encoded)}});
        const auto straight = read_all(map_of({{"type", type}, {"payload", payload}}));
        const auto searched = read_all(map_of({{"payload", payload}, {"type", type}}));
        CHECK(straight.errors == searched.errors);
        CHECK(straight.ops == searched.ops);
        CHECK(straight.ops.size() == encoded.size());
    }
}

TEST_CASE("a map that is nothing we know is named with its place", "[wire][capture]") {
    const auto captured = read_all(packed(R"({"hello":1})"));
    REQUIRE(captured.errors.size() == 1);
    CHECK(captured.errors[0].find("no message (no 'type'), no op and no HTTP sync body") !=
          std::string::npos);
    CHECK(read_all("").errors.empty());
    CHECK(read_all(packed(R"({"type":"PING","timestamp":1})")).counts.stateless == 1);
}
