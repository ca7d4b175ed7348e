// SPDX-License-Identifier: Apache-2.0
// A peer of the endpoint that sends anything: as one frame, and as the frames of a session.
#include <memory>

#include "fuzz.hpp"
#include "topgun/storage/memory_storage.hpp"
#include "topgun/sync/http.hpp"
#include "topgun/sync/hub.hpp"
#include "topgun/wire/codec.hpp"

using namespace topgun;

namespace {

// What the endpoint writes must be what a strict reader takes.
void drain(sync::Connection& peer) {
    while (const auto frame = peer.take()) {
        const auto message = wire::decode(*frame, {true});
        TOPGUN_FUZZ_CHECK_WITH(message, message ? "" : message.error().text());
    }
    TOPGUN_FUZZ_CHECK(peer.queued_bytes() == 0);
}

void hear(sync::Connection& peer, sync::Connection& other, BytesView frame) {
    const bool closed = peer.closed().has_value();
    TOPGUN_FUZZ_CHECK(peer.receive(frame).has_value() != closed);
    drain(peer);
    drain(other);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    const ManualTime time(1'700'000'000'000);
    sync::SeededEntropy entropy(1);
    MemoryStorage storage;
    sync::HubOptions options;
    options.node_id = "server";
    options.auth = size % 8 == 7 ? sync::AuthMode::token : sync::AuthMode::none;
    options.jwt.secret = "secret";
    const auto hub = sync::Hub::create(options, storage, time, entropy);
    TOPGUN_FUZZ_CHECK(hub);
    if (size % 8 == 6) {
        const auto kept = (*hub)->put_policy(
            {"p", "m", sync::PolicyAction::all, sync::PolicyEffect::allow, "data != 'hidden'"});
        TOPGUN_FUZZ_CHECK(kept);
    }
    const auto peer = (*hub)->connect();
    const auto other = (*hub)->connect();
    drain(*peer);
    drain(*other);
    hear(*peer, *other, wire::encoded(wire::SyncInit{"m", {}}));
    hear(*peer, *other, input);
    // Length and bytes, as in a batch, but each as a message of its own.
    for (auto rest = input; rest.size() >= 4;) {
        const std::size_t length = load_be<std::uint32_t>(rest.data());
        rest.remove_prefix(4);
        const auto frame = rest.substr(0, length);
        hear(*peer, *other, frame);
        rest.remove_prefix(frame.size());
    }
    // Locks end and waiting requests are dropped; whoever is left hears of it.
    for (const std::uint64_t now : {0u, 100u, 1'000'000u}) {
        (*hub)->tick(now);
        drain(*peer);
        drain(*other);
    }
    const auto reply = sync::answer_http_sync(**hub, "", input);
    TOPGUN_FUZZ_CHECK(reply.status == 200 || reply.status == 400 || reply.status == 401);
    TOPGUN_FUZZ_CHECK(reply.sequence <= storage.durable());
    // An op that was merged must be one that a walk can serve.
    for (const auto* path : {"", "4", "4f", "4f9"}) {
        hear(*peer, *other, wire::encoded(wire::MerkleReqBucket{"m", path}));
        hear(*peer, *other, wire::encoded(wire::OrMapMerkleReqBucket{"o", path}));
    }
    TOPGUN_FUZZ_CHECK((*hub)->unsettled() == 0);
    return 0;
}
