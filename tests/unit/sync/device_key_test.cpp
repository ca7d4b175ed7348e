// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/device_key.hpp"

#include <filesystem>

#include "world.hpp"

using namespace topgun;
using namespace topgun::test;
using sync::keep_device_key;

namespace {

// What a device is given by an endpoint with this key.
struct Met {
    std::optional<std::string> id, token;
};
Met meet(const std::string& key, std::optional<std::string> token, std::uint64_t seed) {
    auto options = World::no_auth();
    options.device_key = key;
    ManualTime time(kNow);
    sync::SeededEntropy entropy(seed);
    HeldStorage storage;
    const auto hub = must(sync::Hub::create(std::move(options), storage, time, entropy));
    const auto link = hub->connect();
    must(link->receive(wire::encoded(wire::DeviceHello{std::move(token)})));
    const auto frame = link->take();
    REQUIRE(frame);
    const auto ack = std::get<wire::DeviceAck>(must(wire::decode(*frame, {true})));
    return {ack.device_id, ack.device_token};
}

}  // namespace

TEST_CASE("a device key is drawn once, and then read", "[sync]") {
    const ScratchDir folder;
    const auto path = folder.file("key");
    sync::SeededEntropy first(1), second(2);
    const auto key = must(keep_device_key(path, first));
    CHECK(key.size() == 64);
    CHECK(must(keep_device_key(path, second)) == key);
    CHECK(must(keep_device_key(folder.file("other"), second)) != key);
    const auto mode = std::filesystem::status(path).permissions();
    CHECK(mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    // Nothing else is left there.
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE("a file with another content is no device key, an empty one is none yet", "[sync]") {
    const ScratchDir folder;
    const auto path = folder.file("key");
    const std::string good(64, 'a');
    spit(path, good);
    CHECK(must(keep_device_key(path)) == good);
    for (const auto& bad : {good + "a", good.substr(1), std::string(64, 'A'), good + "\n\n",
                            std::string("\n"), std::string(100'000, 'a')}) {
        spit(path, bad);
        const auto kept = keep_device_key(path);
        REQUIRE_FALSE(kept);
        CHECK_THAT(kept.error().text(), Catch::Contains(path));
        CHECK(slurp(path) == bad);
    }
    spit(path, "");
    CHECK(must(keep_device_key(path)).size() == 64);
    CHECK_FALSE(keep_device_key(folder.file("none/key")));
}

TEST_CASE("an endpoint with the same key knows a device again, another one does not", "[sync]") {
    sync::SeededEntropy entropy(3);
    const auto key = sync::draw_device_key(entropy);
    const auto first = meet(key, {}, 10);
    REQUIRE(first.token);
    const auto again = meet(key, first.token, 11);
    CHECK(again.id == first.id);
    CHECK_FALSE(again.token);
    CHECK(meet(sync::draw_device_key(entropy), first.token, 12).id != first.id);
}
