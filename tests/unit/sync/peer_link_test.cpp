// SPDX-License-Identifier: Apache-2.0
// Endpoints that keep each other equal.
#include "topgun/sync/peer_link.hpp"
#include "client_world.hpp"
#include "topgun/base/random.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

const MapId kMap{"m", MapKind::lww};

// A link of one endpoint to another, with a wire that can be cut.
class Line {
public:
    Line(World& from, World& to, sync::PeerOptions options = {})
        : from_(from), to_(to), link(*from.hub, std::move(options)) {}

    void connect() {
        connection_ = to_.hub->connect();
        link.client().connected(now_);
    }
    void cut() {
        if (!connection_) return;
        connection_.reset();
        link.client().disconnected(now_);
    }
    bool connected() const { return connection_ != nullptr; }
    /// All that either side has to say at the moment. False when that is nothing.
    bool step() {
        from_.hub->settle();
        to_.hub->settle();
        if (!connection_) return false;
        bool moved = false;
        while (const auto frame = link.client().take()) {
            must(connection_->receive(*frame));
            moved = true;
        }
        to_.hub->settle();
        while (const auto frame = connection_->take()) {
            link.client().receive(*frame);
            moved = true;
        }
        return moved;
    }
    void pass_time(std::uint64_t ms) { link.client().tick(now_ += ms); }

private:
    World& from_;
    World& to_;
    std::unique_ptr<sync::Connection> connection_;
    std::uint64_t now_ = 1'000;

public:
    sync::PeerLink link;
};

void settle(std::vector<Line*> lines) {
    for (bool moved = true; moved;) {
        moved = false;
        for (auto* line : lines) moved = line->step() || moved;
    }
}

sync::HubOptions named(const std::string& node) {
    auto out = World::no_auth();
    out.node_id = node;
    return out;
}

}  // namespace

TEST_CASE("endpoints with different maps become equal when they meet", "[sync][peer]") {
    World a(named("a")), b(named("b"));
    fill(a, many_puts(100));
    fill(b, {or_add("o", {kNow, 1, "n"}, int_value(1)), or_remove("gone"), counter("n1", 4, 1)});
    Line line(a, b);
    line.connect();
    settle({&line});
    CHECK(line.link.client().state() == sync::ClientState::following);
    CHECK(differences(lines_of(a.hub->maps().shared()), lines_of(b.hub->maps().shared())) == kNone);
    CHECK(root_of(a, kMap) != 0);
}

TEST_CASE("a write to either endpoint is at the other without waiting for a comparison",
          "[sync][peer]") {
    World a(named("a")), b(named("b"));
    fill(a, many_puts(3));
    Line line(a, b);
    line.connect();
    settle({&line});
    const auto passes = line.link.client().report().passes;

    Peer at_a(a), at_b(b);
    at_a.say(put_op("1", "from a", "v"));
    settle({&line});
    CHECK(root_of(a, kMap) == root_of(b, kMap));
    at_b.say(put_op("1", "from b", "v"));
    settle({&line});
    CHECK(root_of(a, kMap) == root_of(b, kMap));
    // The first map of its name, too, and one whose other half is a removal.
    at_a.say(or_add_op("2", "k", "v"));
    settle({&line});
    at_b.say(or_remove_op("2", "k", format_stamp(Timestamp{kNow, 0, "c1"}.view())));
    settle({&line});
    CHECK(differences(lines_of(a.hub->maps().shared()), lines_of(b.hub->maps().shared())) == kNone);
    CHECK(line.link.client().report().passes == passes);
    CHECK(line.link.passed_on() == 2);
}

TEST_CASE("a change is not passed on before it is durable", "[sync][peer]") {
    World a(named("a")), b(named("b"));
    Line line(a, b);
    line.connect();
    settle({&line});
    a.storage.held = true;
    Peer at_a(a);
    at_a.say(put_op("1", "k", "v"));
    settle({&line});
    CHECK(root_of(b, kMap) == 0);
    a.storage.release();
    settle({&line});
    CHECK(root_of(b, kMap) == root_of(a, kMap));
}

TEST_CASE("policies of an endpoint do not keep it from merging what its peer holds",
          "[sync][peer]") {
    World a(named("a")), b(named("b"));
    sync::Policy policy;
    policy.id = "only-ann";
    policy.map_pattern = "secret";
    policy.action = sync::PolicyAction::all;
    policy.effect = sync::PolicyEffect::allow;
    must(a.hub->put_policy(policy));
    fill(b, many_puts(20));
    Line line(a, b);
    line.connect();
    settle({&line});
    CHECK(root_of(a, kMap) == root_of(b, kMap));
    // Everybody else is still asked.
    Peer stranger(a);
    CHECK(all<wire::OpRejected>(stranger.say(put_op("1", "x", "v"))).size() == 1);
}

TEST_CASE("a peer's stamps are kept however far ahead, and do not pull the clock", "[sync][peer]") {
    World a(named("a")), b(named("b"));
    const auto ahead = kNow + 3'600'000;
    fill(b, many_puts(2, ahead));
    Line line(a, b);
    line.connect();
    settle({&line});
    CHECK(root_of(a, kMap) == root_of(b, kMap));
    CHECK(a.hub->counters().drifted == 2);
    CHECK(a.hub->now().millis < ahead);
    REQUIRE(a.hub->clock_skews().contains("n1"));
    CHECK(a.hub->clock_skews().at("n1").ahead_ms == 3'600'000);
}

TEST_CASE("the clock of an endpoint is never behind what came from its peer", "[sync][peer]") {
    World a(named("a")), b(named("b"));
    fill(b, many_puts(1, kNow + 30'000));
    Line line(a, b);
    line.connect();
    settle({&line});
    CHECK(a.hub->now().millis >= kNow + 30'000);
}

TEST_CASE("changes beyond what may wait come with the next comparison, which follows at once",
          "[sync][peer]") {
    World a(named("a")), b(named("b"));
    sync::PeerOptions options;
    options.queue_bytes = 2'000;
    options.resync_ms = 1'000'000;
    Line line(a, b, options);
    line.connect();
    settle({&line});
    Peer at_a(a);
    for (int i = 0; i < 200; ++i) {
        at_a.say(put_op(std::to_string(i), "k" + std::to_string(i), "v"));
        a.hub->settle();
    }
    const auto passed_on = line.link.passed_on();
    CHECK(passed_on > 0);
    CHECK(passed_on < 200);
    settle({&line});
    CHECK(root_of(a, kMap) != root_of(b, kMap));
    line.pass_time(100);
    settle({&line});
    CHECK(root_of(a, kMap) == root_of(b, kMap));
    CHECK(line.link.passed_on() == passed_on);
}

TEST_CASE("three endpoints in a ring converge after partitions", "[sync][peer]") {
    const auto seeded = seed(20261122);
    for (std::uint64_t round = 0; round < 40; ++round) {
        CAPTURE(seeded, round);
        Random random(seeded + round);
        World a(named("a")), b(named("b")), c(named("c"));
        std::vector<World*> worlds{&a, &b, &c};
        Line ab(a, b), bc(b, c), ca(c, a);
        std::vector<Line*> lines{&ab, &bc, &ca};
        std::vector<std::unique_ptr<Peer>> writers;
        for (auto* world : worlds) writers.push_back(std::make_unique<Peer>(*world));
        for (int step = 0; step < 120; ++step) {
            auto& line = *lines[random.below(3)];
            const auto id = std::to_string(step);
            const auto key = "k" + std::to_string(random.below(12));
            const auto at = random.below(3);
            // One node for each place: two that stamp alike would break every CRDT.
            const auto node = std::string(1, static_cast<char>('x' + at));
            const auto millis = kNow + random.below(50);
            switch (random.below(8)) {
                case 0: line.connected() ? line.cut() : line.connect(); break;
                case 1: line.pass_time(random.below(6'000)); break;
                case 2:
                case 3: line.step(); break;
                case 4: {
                    auto op = remove_op(id, key, millis);
                    op.record->timestamp = {millis, static_cast<std::uint32_t>(step), node};
                    writers[at]->say(op);
                    break;
                }
                case 5: {
                    auto op = or_add_op(id, key, id);
                    op.or_record->tag = node + id;
                    writers[at]->say(op);
                    break;
                }
                case 6: {
                    const auto earlier = std::to_string(random.below(120));
                    writers[at]->say(or_remove_op(
                        id, key,
                        std::string(1, static_cast<char>('x' + random.below(3))) + earlier));
                    break;
                }
                default: {
                    auto op = put_op(id, key, id, millis, node);
                    op.record->timestamp.counter = static_cast<std::uint32_t>(step);
                    writers[at]->say(op);
                }
            }
        }
        // One edge stays broken: two are enough.
        const auto broken = random.below(4);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (i == broken)
                lines[i]->cut();
            else if (!lines[i]->connected())
                lines[i]->connect();
        }
        for (int i = 0; i < 4; ++i) {
            settle(lines);
            for (auto* line : lines) line->pass_time(2'000);
        }
        settle(lines);
        const auto expected = lines_of(a.hub->maps().shared());
        CHECK(differences(expected, lines_of(b.hub->maps().shared())) == kNone);
        CHECK(differences(expected, lines_of(c.hub->maps().shared())) == kNone);
    }
}
