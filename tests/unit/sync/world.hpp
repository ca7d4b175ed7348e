// SPDX-License-Identifier: Apache-2.0
// An endpoint in memory with a clock that stands still, and peers that speak by hand.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "topgun/base/sha2.hpp"
#include "topgun/storage/memory_storage.hpp"
#include "topgun/sync/hub.hpp"
#include "topgun/value/json.hpp"
#include "topgun/wire/codec.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

inline constexpr std::uint64_t kNow = 1'700'000'000'000;
inline const std::string kSecret = "test-secret";

/// A token signed with kSecret.
inline std::string make_token(const std::string& claims,
                              const std::string& header = R"({"alg":"HS256","typ":"JWT"})",
                              const std::string& secret = kSecret) {
    const auto text = base64url_encode(header) + '.' + base64url_encode(claims);
    return text + '.' + base64url_encode(hmac_sha256(secret, text));
}
inline std::string good_token(const std::string& subject = "ann") {
    return make_token(R"({"sub":")" + subject + R"(","exp":1700003600,"roles":["user"]})");
}

/// A memory storage whose writes become durable only when the test says so.
class HeldStorage final : public ServerStorage {
public:
    using ServerStorage::load;
    Status load(const std::vector<MapId>& only, const RowVisitor& visit) override {
        return inner.load(only, visit);
    }
    Result<StoreReport> store(std::span<const Op> ops) override {
        if (broken) return Error(Errc::io, "disk is gone");
        return inner.store(ops);
    }
    std::uint64_t durable() const override { return held ? reached : inner.durable(); }
    Status flush() override { return {}; }
    Status checkpoint() override { return {}; }
    Result<std::uint64_t> prune(const Timestamp& before) override { return inner.prune(before); }
    Status close(std::uint64_t ms) override { return inner.close(ms); }
    StorageStats stats() const override {
        auto out = inner.stats();
        out.failed = broken;
        return out;
    }
    SharedReplica* resident() override { return inner.resident(); }
    void listen(DurabilityListener* listener) override { inner.listen(listener); }

    void release() { reached = inner.durable(); }

    MemoryStorage inner;
    bool held = false;
    bool broken = false;
    std::uint64_t reached = 0;
};

struct World {
    explicit World(sync::HubOptions options = no_auth()) {
        hub = must(sync::Hub::create(std::move(options), storage, time, entropy));
    }
    static sync::HubOptions no_auth() {
        sync::HubOptions out;
        out.node_id = "server";
        out.auth = sync::AuthMode::none;
        return out;
    }
    static sync::HubOptions with_tokens() {
        auto out = no_auth();
        out.auth = sync::AuthMode::token;
        out.jwt.secret = kSecret;
        return out;
    }

    ManualTime time{kNow};
    sync::SeededEntropy entropy{7};
    HeldStorage storage;
    std::unique_ptr<sync::Hub> hub;
};

/// A connection with what it sent, decoded strictly: whatever the endpoint writes is canonical.
class Peer {
public:
    explicit Peer(World& world) : link(world.hub->connect()) {}

    template <typename T>
    std::vector<wire::Message> say(const T& message) {
        return say_bytes(wire::encoded(message));
    }
    std::vector<wire::Message> say_bytes(BytesView frame) {
        must(link->receive(frame));
        return heard();
    }
    std::vector<wire::Message> heard() {
        std::vector<wire::Message> out;
        while (auto frame = link->take()) out.push_back(must(wire::decode(*frame, {true})));
        return out;
    }

    std::unique_ptr<sync::Connection> link;
};

/// Of the only message, which must be of this type.
template <typename T>
T only(const std::vector<wire::Message>& messages) {
    REQUIRE(messages.size() == 1);
    CAPTURE(wire::type_name(messages[0]));
    REQUIRE(std::holds_alternative<T>(messages[0]));
    return std::get<T>(messages[0]);
}

/// All of one type, in order.
template <typename T>
std::vector<T> all(const std::vector<wire::Message>& messages) {
    std::vector<T> out;
    for (const auto& message : messages) {
        if (const auto* one = std::get_if<T>(&message)) out.push_back(*one);
    }
    return out;
}

inline wire::AnyValue text_value(std::string_view text) {
    return {string_value(text)};
}

inline wire::ClientOp put_op(std::string id, std::string key, std::string_view value,
                             std::uint64_t millis = kNow, std::string node = "c1") {
    wire::ClientOp op;
    op.id = std::move(id);
    op.map_name = "m";
    op.key = std::move(key);
    op.op_type = "PUT";
    op.record = wire::LwwMapRecord{text_value(value), {millis, 0, std::move(node)}, {}};
    return op;
}

inline wire::ClientOp remove_op(std::string id, std::string key, std::uint64_t millis = kNow) {
    auto op = put_op(std::move(id), std::move(key), "");
    op.op_type = "REMOVE";
    op.record = wire::LwwMapRecord{{}, {millis, 0, "c1"}, {}};
    return op;
}

inline wire::ClientOp or_add_op(std::string id, std::string key, std::string_view value,
                                std::uint64_t millis = kNow) {
    wire::ClientOp op;
    op.id = std::move(id);
    op.map_name = "o";
    op.key = std::move(key);
    op.op_type = "OR_ADD";
    const Timestamp stamp{millis, 0, "c1"};
    op.or_record = wire::OrMapRecord{text_value(value), stamp, format_stamp(stamp.view()), {}};
    return op;
}

inline wire::ClientOp or_remove_op(std::string id, std::string key, std::string tag) {
    wire::ClientOp op;
    op.id = std::move(id);
    op.map_name = "o";
    op.key = std::move(key);
    op.op_type = "OR_REMOVE";
    op.or_tag = std::move(tag);
    return op;
}

inline wire::ClientOpBatch batch_of(std::vector<wire::ClientOp> ops) {
    wire::ClientOpBatch out;
    out.ops = std::move(ops);
    return out;
}

}  // namespace topgun::test
