// SPDX-License-Identifier: Apache-2.0
// Captured messages as a source: one content in every framing of the wire.
#include "source_support.hpp"
#include "topgun/wire/batch.hpp"
#include "topgun/wire/codec.hpp"
#include "topgun/wire/op.hpp"

using namespace topgun;
using test::Lines;
using test::must;

namespace {

// Wire messages by hand, around ops as the codec writes them.
Bytes encoded_op(const OwnedOp& op) {
    Bytes out;
    wire::encode_op(op.view(), out);
    return out;
}

Bytes client_op(const OwnedOp& op) {
    Bytes out;
    msgpack::Writer writer(out);
    writer.map(2);
    writer.string("type");
    writer.string("CLIENT_OP");
    writer.string("payload");
    writer.raw(encoded_op(op));
    return out;
}

void append_list(msgpack::Writer& writer, const std::vector<OwnedOp>& ops) {
    writer.array(ops.size());
    for (const auto& op : ops) writer.raw(encoded_op(op));
}

Bytes op_batch(const std::vector<OwnedOp>& ops) {
    Bytes out;
    msgpack::Writer writer(out);
    writer.map(2);
    writer.string("type");
    writer.string("OP_BATCH");
    writer.string("payload");
    writer.map(1);
    writer.string("ops");
    append_list(writer, ops);
    return out;
}

Bytes http_request(const std::vector<OwnedOp>& ops) {
    Bytes out;
    msgpack::Writer writer(out);
    writer.map(3);
    writer.string("clientId");
    writer.string("phone");
    writer.string("clientHlc");
    writer.map(3);
    writer.string("millis");
    writer.unsigned_integer(5);
    writer.string("counter");
    writer.unsigned_integer(0);
    writer.string("nodeId");
    writer.string("phone");
    writer.string("operations");
    append_list(writer, ops);
    return out;
}

Bytes batch(const std::vector<Bytes>& frames, wire::BatchLayout layout) {
    wire::Batch message;
    message.count = static_cast<std::uint32_t>(frames.size());
    wire::pack_batch(frames, layout, message.data.bytes);
    return wire::encoded(message);
}

Bytes listed(const std::vector<Bytes>& messages) {
    Bytes out;
    msgpack::Writer writer(out);
    writer.array(messages.size());
    for (const auto& message : messages) writer.raw(message);
    return out;
}

}  // namespace

// Goal:   a capture says the same in whatever frames it came.
// Method: random ops in each framing of the wire, nested ones too, one after the other; each gives
//         back its ops in order, and each message is counted.
TEST_CASE("captured messages are read in every framing", "[source][property]") {
    const auto seed = test::seed(20270201);
    CAPTURE(seed);
    Random rng(seed);
    test::ScratchDir dir;
    test::OpShape shape;
    shape.value_depth = 2;
    for (int round = 0; round < 10; ++round) {
        const auto ops = test::random_ops(rng, 1 + rng.below(30), shape);
        std::vector<Bytes> singles;
        Bytes bare, plain;
        Lines expected;
        for (const auto& op : ops) {
            singles.push_back(client_op(op));
            plain += singles.back();
            bare += encoded_op(op);
            expected.push_back(test::op_line(op.view()));
        }
        const auto to_client = batch(singles, wire::BatchLayout::to_client);
        const auto to_server = batch(singles, wire::BatchLayout::to_server);
        const Bytes captures[] = {plain,
                                  op_batch(ops),
                                  to_client,
                                  to_server,
                                  http_request(ops),
                                  bare,
                                  listed(singles),
                                  batch({to_server}, wire::BatchLayout::to_client),
                                  listed({listed({op_batch(ops)})})};
        Bytes all;
        Lines expected_of_all;
        for (const auto& capture : captures) {
            test::spit(dir.file("c.msgpack"), capture);
            const auto read = test::all_ops(dir.file("c.msgpack"));
            CHECK(read.lines == expected);
            CHECK(read.report.complete());
            CHECK(read.report.messages > 0);
            all += capture;
            expected_of_all.insert(expected_of_all.end(), expected.begin(), expected.end());
        }
        test::spit(dir.file("all.msgpack"), all);
        CHECK(test::all_ops(dir.file("all.msgpack")).lines == expected_of_all);
        CHECK(test::state_lines(dir.file("all.msgpack")) == test::lines_of(*test::state_of(ops)));
    }
}

TEST_CASE("messages without records are counted, not taken for damage", "[source]") {
    test::ScratchDir dir;
    wire::Ping ping;
    ping.timestamp = 5;
    test::spit(dir.file("c.msgpack"),
               wire::encoded(ping) + op_batch(test::some_ops()) + wire::encoded(ping));
    const auto source = must(open_source(dir.file("c.msgpack")));
    CHECK(source.report.messages == 3);
    CHECK(source.report.stateless == 2);
    CHECK(source.report.complete());
    CHECK(test::lines_of(*source.state) == test::expected_lines());
}
