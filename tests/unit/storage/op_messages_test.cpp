// SPDX-License-Identifier: Apache-2.0
// Ops as messages: canonical, bounded, and readable by what reads captures.
#include "text_support.hpp"
#include "topgun/wire/capture.hpp"
#include "topgun/wire/codec.hpp"

using namespace topgun;

namespace {

std::vector<Bytes> messages_of(const test::OwnedOps& ops, std::size_t per_message = 100) {
    std::vector<Bytes> out;
    OpMessageWriter writer(
        [&out](BytesView message) {
            out.emplace_back(message);
            return Status();
        },
        per_message);
    for (const auto& op : ops.all()) test::must(writer.add(op));
    test::must(writer.finish());
    return out;
}

test::OwnedOps ops_of(const std::vector<Bytes>& messages) {
    Bytes all;
    for (const auto& message : messages) all += message;
    wire::CaptureReader reader(all);
    wire::OpBatch batch;
    while (test::must(reader.next(batch))) {
    }
    CHECK(reader.counts().damaged == 0);
    test::OwnedOps ops;
    for (const auto& op : batch.ops()) ops.add(op);
    return ops;
}

// Without values that only our own formats can hold.
test::OwnedOps sendable_ops(Random& rng, std::size_t count) {
    test::OwnedOps ops;
    const auto random = test::any_ops(rng, count, 251);
    for (const auto& op : random.all()) ops.add(op);
    return ops;
}

}  // namespace

TEST_CASE("messages are canonical OP_BATCH and COUNTER_SYNC frames", "[storage][messages]") {
    const auto read = test::read_json(R"({"map":"m","key":"k","value":1,"ts":"1:0:n","id":"7"}
                                         {"map":"c","node":"a","p":1.5,"n":2}
                                         {"map":"c","node":"b","p":4}
                                         {"map":"m","removedTag":"t","ts":"2:0:n"})");
    REQUIRE(read.error == "");
    const auto messages = messages_of(read.ops);
    REQUIRE(messages.size() == 2);
    std::string text;
    for (const auto& message : messages) {
        const auto decoded = test::must(wire::decode(message, {true}));
        test::must(wire::to_json(decoded, text));
        text += '\n';
    }
    CHECK(text ==
          R"({"payload":{"ops":[{"id":"7","key":"k","mapName":"m","opType":"PUT","record":)"
          R"({"timestamp":)"
          R"({"counter":0,"millis":1,"nodeId":"n"},"value":1}},{"key":"","mapName":"m",)"
          R"("opType":"OR_REMOVE",)"
          R"("orTag":"t","timestamp":{"counter":0,"millis":2,"nodeId":"n"}}]},"type":"OP_BATCH"})"
          "\n"
          R"({"payload":{"name":"c","state":{"n":{"a":2.0,"b":0.0},"negative":{"a":2.0,"b":0.0},)"
          R"("p":{"a":1.5,"b":4.0},"positive":{"a":1.5,"b":4.0}}},"type":"COUNTER_SYNC"})"
          "\n");
}

// Goal:   a state sent as messages is the same state on the other side.
TEST_CASE("a state written as messages and read again is the same state",
          "[storage][messages][property]") {
    const auto seed = test::seed(20260909);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 30; ++round) {
        auto replica = std::make_unique<Replica>();
        const auto random = sendable_ops(rng, 120);
        for (const auto& op : random.all()) {
            // Peers refuse extensions, but captures may hold them, and so may our messages.
            test::must(replica->apply(op));
        }
        const auto state = own_replica(std::move(replica));
        const auto ops = ops_of(messages_of(test::state_ops(*state), 1 + rng.below(40)));
        REQUIRE(test::state_name(*test::state_of(ops)) == test::state_name(*state));
    }
}

TEST_CASE("ops keep their order, and counters theirs", "[storage][messages][property]") {
    const auto seed = test::seed(20260910);
    CAPTURE(seed);
    Random rng(seed);
    const auto ops = sendable_ops(rng, 500);
    const auto texts = [](const test::OwnedOps& from, bool counters) {
        std::vector<std::string> out;
        for (const auto& op : from.all()) {
            if ((op.kind == OpKind::counter) == counters) out.push_back(test::op_text(op));
        }
        return out;
    };
    const auto read = ops_of(messages_of(ops, 7));
    CHECK(texts(read, false) == texts(ops, false));
    auto sent = texts(ops, true), received = texts(read, true);
    // Within one message a counter's nodes are sorted.
    std::sort(sent.begin(), sent.end());
    std::sort(received.begin(), received.end());
    CHECK(received == sent);
}

TEST_CASE("no message holds more ops than was asked for", "[storage][messages]") {
    Random rng(5);
    const auto ops = sendable_ops(rng, 200);
    const auto most = GENERATE(std::size_t{1}, std::size_t{3}, std::size_t{1000});
    for (const auto& message : messages_of(ops, most)) {
        wire::OpBatch batch;
        REQUIRE(test::must(wire::CaptureReader(message).next(batch)));
        CHECK(batch.size() >= 1);
        CHECK(batch.size() <= most);
    }
}

TEST_CASE("a message ends at a mebibyte, however few ops are in it", "[storage][messages]") {
    test::OwnedOps ops;
    Op op;
    op.map = "m";
    op.stamp = {1, 0, "n"};
    Bytes value;
    msgpack::Writer(value).string(std::string(600'000, 'x'));
    op.value = value;
    for (int i = 0; i < 5; ++i) ops.add(op);
    const auto messages = messages_of(ops);
    CHECK(messages.size() == 3);
    CHECK(ops_of(messages).size() == 5);
}

TEST_CASE("a node that counts twice is sent twice", "[storage][messages]") {
    const auto read = test::read_json(R"({"map":"c","node":"a","p":1}
                                         {"map":"c","node":"a","p":2}
                                         {"map":"d","node":"a","p":2})");
    CHECK(messages_of(read.ops).size() == 3);
}

TEST_CASE("a value too deep for a message is refused, with its key", "[storage][messages]") {
    Op op;
    op.map = "m";
    op.key = "k";
    op.stamp = {1, 0, "n"};
    Bytes sent;
    OpMessageWriter writer([&sent](BytesView message) {
        sent = message;
        return Status();
    });
    const Bytes fits = Bytes(251, '\x91') + '\x01';
    op.value = fits;
    test::must(writer.add(op));
    const Bytes deep = Bytes(252, '\x91') + '\x01';
    op.value = deep;
    const auto status = writer.add(op);
    REQUIRE_FALSE(status);
    CHECK(status.error().code() == Errc::limit);
    CHECK(status.error().text() == "map 'm', key 'k': the value is nested too deep for a message");
    test::must(writer.finish());
    CHECK(wire::decode(sent).has_value());
}

TEST_CASE("an error of the message sink comes back", "[storage][messages]") {
    OpMessageWriter writer([](BytesView) -> Status { return Error(Errc::io, "disk full"); }, 1);
    Op op;
    op.kind = OpKind::remove;
    op.map = "m";
    op.stamp = {1, 0, "n"};
    const auto status = writer.add(op);
    REQUIRE_FALSE(status);
    CHECK(status.error().text() == "disk full");
}

TEST_CASE("a counter's op that is no pair of counts is refused", "[storage][messages]") {
    OpMessageWriter writer([](BytesView) { return Status(); });
    Op op;
    op.kind = OpKind::counter;
    op.map = "c";
    op.value = "\xc0";
    const auto status = writer.add(op);
    REQUIRE_FALSE(status);
    CHECK(status.error().code() == Errc::bad_input);
}
