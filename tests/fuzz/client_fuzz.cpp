// SPDX-License-Identifier: Apache-2.0
// A server that sends anything to a client: as one frame, and as the frames of a session.
#include <memory>

#include "fuzz.hpp"
#include "topgun/sync/client.hpp"
#include "topgun/wire/codec.hpp"

using namespace topgun;

namespace {

Bytes text(std::string_view value) {
    return Bytes(1, static_cast<char>(0xa0 + value.size())).append(value);
}

void fill(SharedReplica& shared) {
    const Bytes value = text("x");
    for (const auto* key : {"hello", "k", "a", "b"}) {
        Op op;
        op.map = "m";
        op.key = key;
        op.stamp = {1'700'000'000'000, 1, "node-1"};
        op.value = value;
        TOPGUN_FUZZ_CHECK(shared.replica.apply(op));
        op.kind = OpKind::or_add;
        op.map = "o";
        op.tag = key;
        TOPGUN_FUZZ_CHECK(shared.replica.apply(op));
    }
}

// What the client writes must be what a strict reader takes.
std::size_t drain(sync::Client& client) {
    std::size_t frames = 0;
    for (; frames < 10'000; ++frames) {
        const auto frame = client.take();
        if (!frame) return frames;
        const auto message = wire::decode(*frame, {true});
        TOPGUN_FUZZ_CHECK_WITH(message, message ? "" : message.error().text());
    }
    TOPGUN_FUZZ_CHECK(frames < 10'000);
    return frames;
}

void greet(sync::Client& client, bool own) {
    client.connected(1);
    drain(client);
    wire::DeviceAck ack;
    if (own) ack.reconcile = wire::kReconcileVersion;
    client.receive(wire::encoded(ack));
    drain(client);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    const ManualTime time(1'700'000'000'000);
    auto clock = Hlc::create("client", time);
    TOPGUN_FUZZ_CHECK(clock);
    sync::MemoryReplica local;
    fill(local.shared());
    sync::ClientOptions options;
    options.clock = &*clock;
    sync::Client client(std::move(options), local);
    sync::SyncJob job;
    job.direction = static_cast<sync::SyncDirection>(size % 4);
    job.method = size % 3 == 0 ? sync::SyncMethod::walk : sync::SyncMethod::automatic;
    job.estimate = size % 11 == 0;
    job.follow = size % 5 == 0;
    client.start(std::move(job));
    const bool own = size % 2 == 0;
    greet(client, own);
    client.receive(input);
    drain(client);
    // Answers to what a client asks for by now, so that mutations get behind the first of them.
    client.receive(wire::encoded(wire::SyncRespRoot{"m", 1, {}}));
    client.receive(wire::encoded(wire::SyncRespBuckets{"m", "", {{"4", 7}}}));
    drain(client);
    // Length and bytes, as in a batch, but each as a message of its own.
    std::uint64_t now = 1;
    for (auto rest = input; rest.size() >= 4;) {
        const std::size_t length = load_be<std::uint32_t>(rest.data());
        rest.remove_prefix(4);
        const auto frame = rest.substr(0, length);
        client.receive(frame);
        drain(client);
        client.tick(now += 700);
        drain(client);
        rest.remove_prefix(frame.size());
    }
    client.disconnected(now);
    if (client.wants_connect()) greet(client, !own);
    for (int i = 0; i < 40; ++i) {
        client.tick(now += 1'000);
        drain(client);
    }
    Bytes memory;
    client.memory().serialize(memory);
    TOPGUN_FUZZ_CHECK(sync::PeerMemory::parse(memory));
    static_cast<void>(sync::PeerMemory::parse(input));
    TOPGUN_FUZZ_CHECK(client.report().maps.size() < 10'000);
    return 0;
}
