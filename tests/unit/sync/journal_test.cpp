// SPDX-License-Identifier: Apache-2.0
#include "topgun/storage/data_directory_storage.hpp"
#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

wire::JournalSubscribe follow(std::string id = "j1") {
    wire::JournalSubscribe out;
    out.request_id = std::move(id);
    return out;
}

wire::JournalRead read(std::string from, std::optional<std::uint32_t> limit = {},
                       std::optional<std::string> map = {}) {
    return {"r1", std::move(from), limit, std::move(map)};
}

std::vector<std::string> numbers(const std::vector<wire::JournalEvent>& events) {
    std::vector<std::string> out;
    for (const auto& event : events) out.push_back(event.sequence);
    return out;
}

using Numbers = std::vector<std::string>;

}  // namespace

TEST_CASE("each change is pushed to every follower of the journal, the writer too", "[sync]") {
    World world;
    Peer ann(world), bob(world);
    CHECK(ann.say(follow()).empty());
    CHECK(bob.say(follow()).empty());
    const auto heard = ann.say(put_op("1", "k", "v"));
    const auto mine = all<wire::JournalEvent>(heard);
    REQUIRE(mine.size() == 1);
    CHECK(mine[0].sequence == "1");
    CHECK(mine[0].type == wire::JournalType::put);
    CHECK(mine[0].map_name == "m");
    CHECK(mine[0].key == "k");
    CHECK(mine[0].value == text_value("v"));
    CHECK(mine[0].timestamp == Timestamp(kNow, 0, "c1"));
    CHECK(mine[0].node_id == "c1");
    CHECK_FALSE(mine[0].previous_value);
    CHECK(all<wire::JournalEvent>(bob.heard()) == mine);
    // The same again is no change, and neither is what lost.
    CHECK(all<wire::JournalEvent>(ann.say(put_op("1", "k", "v"))).empty());
    CHECK(all<wire::JournalEvent>(ann.say(put_op("2", "k", "u", kNow - 5))).empty());
}

TEST_CASE("removals are deletions without a value, and additions to a set are puts", "[sync]") {
    World world;
    Peer peer(world);
    peer.say(follow());
    const auto add = or_add_op("1", "s", "x");
    for (const auto& op : {put_op("1", "k", "v"), remove_op("2", "k", kNow + 1), add,
                           or_remove_op("3", "s", add.or_record->tag)}) {
        must(peer.link->receive(wire::encoded(op)));
    }
    const auto events = all<wire::JournalEvent>(peer.heard());
    REQUIRE(events.size() == 4);
    CHECK(events[1].type == wire::JournalType::del);
    CHECK_FALSE(events[1].value);
    CHECK(events[2].type == wire::JournalType::put);
    CHECK(events[2].map_name == "o");
    CHECK(events[3].type == wire::JournalType::del);
    CHECK(events[3].key == "s");
    CHECK(events[3].node_id == "server");
    CHECK(numbers(events) == Numbers{"1", "2", "3", "4"});
}

TEST_CASE("a subscription filters by map and type, and several give one event", "[sync]") {
    World world;
    Peer some(world), deletes(world), several(world);
    auto only_o = follow("a");
    only_o.map_name = "o";
    some.say(only_o);
    auto removed = follow("b");
    removed.types = {wire::JournalType::del};
    deletes.say(removed);
    for (const auto& one : {only_o, removed, follow("c")}) several.say(one);
    Peer writer(world);
    writer.say(put_op("1", "k", "v"));
    writer.say(or_add_op("2", "s", "x"));
    writer.say(remove_op("3", "k", kNow + 1));
    CHECK(numbers(all<wire::JournalEvent>(some.heard())) == Numbers{"2"});
    CHECK(numbers(all<wire::JournalEvent>(deletes.heard())) == Numbers{"3"});
    CHECK(numbers(all<wire::JournalEvent>(several.heard())) == Numbers{"1", "2", "3"});
    CHECK(several.say(wire::JournalUnsubscribe{"c"}).empty());
    CHECK(several.say(wire::JournalUnsubscribe{"nothing"}).empty());
    writer.say(put_op("4", "l", "v"));
    CHECK(several.heard().empty());
    some.say(wire::JournalUnsubscribe{"a"});
    writer.say(or_add_op("5", "s", "y"));
    CHECK(some.heard().empty());
}

TEST_CASE("a journal is read from a number on, in pages", "[sync]") {
    World world;
    Peer peer(world);
    for (int i = 1; i <= 10; ++i) {
        peer.say(i % 2 == 0 ? or_add_op("1", "s", std::to_string(i), kNow + std::uint64_t(i))
                            : put_op("1", "k" + std::to_string(i), "v"));
    }
    const auto page = [&](const wire::JournalRead& message) {
        return only<wire::JournalReadResponse>(peer.say(message));
    };
    const auto first = page(read("0", 3));
    CHECK(first.request_id == "r1");
    CHECK(numbers(first.events) == Numbers{"1", "2", "3"});
    CHECK(first.has_more);
    CHECK(numbers(page(read("8", 100)).events) == Numbers{"8", "9", "10"});
    CHECK_FALSE(page(read("8", 100)).has_more);
    CHECK_FALSE(page(read("8", 3)).has_more);
    const auto sets = page(read("3", 2, "o"));
    CHECK(numbers(sets.events) == Numbers{"4", "6"});
    CHECK(sets.has_more);
    CHECK(page(read("11")).events.empty());
    CHECK(page(read("99999999999999999999999")).events.empty());
    CHECK(page(read("nonsense")).events.size() == 10);
    CHECK(page(read("-1", 0)).events.empty());
    CHECK(page(read("0", 0)).has_more);
    CHECK(page(read("0", {}, "none")).events.empty());
}

TEST_CASE("the ring forgets the oldest, by number and by bytes", "[sync]") {
    auto options = World::no_auth();
    options.journal_capacity = 5;
    options.limits.journal_bytes = 100'000;
    World world(options);
    Peer peer(world);
    for (int i = 0; i < 20; ++i) peer.say(put_op("1", "k" + std::to_string(i), "v"));
    auto all_of_it = only<wire::JournalReadResponse>(peer.say(read("0")));
    CHECK(numbers(all_of_it.events) == Numbers{"16", "17", "18", "19", "20"});
    for (int i = 0; i < 5; ++i) peer.say(put_op("1", "l" + std::to_string(i), Bytes(40'000, 'x')));
    all_of_it = only<wire::JournalReadResponse>(peer.say(read("0")));
    CHECK(numbers(all_of_it.events) == Numbers{"24", "25"});
}

TEST_CASE("a read gives no more at once than a leaf, but at least one event", "[sync]") {
    auto options = World::no_auth();
    options.limits.leaf_bytes = 1'000;
    World world(options);
    Peer peer(world);
    for (int i = 0; i < 5; ++i) peer.say(put_op("1", "k" + std::to_string(i), Bytes(900, 'x')));
    std::size_t seen = 0;
    std::string from = "0";
    for (int pages = 0; pages < 5; ++pages) {
        const auto page = only<wire::JournalReadResponse>(peer.say(read(from)));
        REQUIRE_FALSE(page.events.empty());
        seen += page.events.size();
        from = std::to_string(std::stoull(page.events.back().sequence) + 1);
        if (!page.has_more) break;
    }
    CHECK(seen == 5);
}

TEST_CASE("a subscription replays what the ring holds, then goes on", "[sync]") {
    World world;
    Peer writer(world), reader(world), beyond(world);
    for (int i = 0; i < 5; ++i) writer.say(put_op("1", "k" + std::to_string(i), "v"));
    auto from = follow();
    from.from_sequence = "3";
    CHECK(numbers(all<wire::JournalEvent>(reader.say(from))) == Numbers{"3", "4", "5"});
    writer.say(put_op("1", "l", "v"));
    CHECK(numbers(all<wire::JournalEvent>(reader.heard())) == Numbers{"6"});
    from.from_sequence = "1000";
    CHECK(beyond.say(from).empty());
    writer.say(put_op("1", "n", "v"));
    CHECK(numbers(all<wire::JournalEvent>(beyond.heard())) == Numbers{"7"});
}

TEST_CASE("a long replay waits for the connection to take it", "[sync]") {
    auto options = World::no_auth();
    options.limits.queue_bytes = 20'000;
    World world(options);
    Peer writer(world), reader(world);
    for (int i = 0; i < 500; ++i) writer.say(put_op("1", "k" + std::to_string(i), "v"));
    auto from = follow();
    from.from_sequence = "0";
    must(reader.link->receive(wire::encoded(from)));
    Numbers seen;
    for (int rounds = 0; rounds < 1'000 && seen.size() < 500; ++rounds) {
        CHECK(reader.link->queued_bytes() < 11'000);
        for (auto& number : numbers(all<wire::JournalEvent>(reader.heard())))
            seen.push_back(std::move(number));
        world.hub->tick(static_cast<std::uint64_t>(rounds));
    }
    REQUIRE(seen.size() == 500);
    for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == std::to_string(i + 1));
    CHECK_FALSE(reader.link->closed());
}

TEST_CASE("who is slower than the ring is told how much is gone", "[sync]") {
    auto options = World::no_auth();
    options.limits.queue_bytes = 20'000;
    options.journal_capacity = 10;
    World world(options);
    Peer writer(world), reader(world);
    reader.say(follow());
    for (int i = 0; i < 300; ++i) writer.say(put_op("1", "k" + std::to_string(i), "v"));
    const auto before = all<wire::JournalEvent>(reader.heard()).size();
    world.hub->tick(1);
    const auto after = reader.heard();
    const auto error = all<wire::ErrorMessage>(after);
    REQUIRE(error.size() == 1);
    CHECK(error[0].code == 429);
    CHECK(numbers(all<wire::JournalEvent>(after)).back() == "300");
    CHECK(world.hub->counters().journal_missed == 300 - 10 - before);
}

TEST_CASE("a journal that is off says so", "[sync]") {
    auto options = World::no_auth();
    options.journal_capacity = 0;
    World world(options);
    Peer peer(world);
    CHECK(only<wire::ErrorMessage>(peer.say(follow())).code == 501);
    peer.say(put_op("1", "k", "v"));
    const auto page = only<wire::JournalReadResponse>(peer.say(read("0")));
    CHECK(page.events.empty());
    CHECK_FALSE(page.has_more);
}

TEST_CASE("subscriptions of one connection are bounded, and one name is one", "[sync]") {
    auto options = World::no_auth();
    options.limits.journal_subscriptions = 2;
    World world(options);
    Peer peer(world);
    for (const auto* id : {"a", "b", "a"}) CHECK(peer.say(follow(id)).empty());
    CHECK(only<wire::ErrorMessage>(peer.say(follow("c"))).code == 413);
    // {type: "JOURNAL_READ", requestId: "x"} lacks fromSequence.
    const auto answer = peer.say_bytes("\x82\xa4type\xacJOURNAL_READ\xa9requestId\xa1x");
    CHECK(only<wire::JournalReadResponse>(answer).request_id == "x");
}

// TG-SYN-001
TEST_CASE("the journal shows nothing before it is durable", "[sync]") {
    World world;
    Peer writer(world), reader(world);
    reader.say(follow());
    world.storage.release();
    world.storage.held = true;
    writer.say(put_op("1", "k", "v"));
    CHECK(reader.heard().empty());
    CHECK(only<wire::JournalReadResponse>(reader.say(read("0"))).events.empty());
    auto late = follow();
    late.from_sequence = "0";
    CHECK(writer.say(late).empty());
    world.storage.release();
    world.hub->settle();
    CHECK(numbers(all<wire::JournalEvent>(reader.heard())) == Numbers{"1"});
    CHECK(numbers(all<wire::JournalEvent>(writer.heard())) == Numbers{"1"});
}

TEST_CASE("numbers of the journal rise over a restart", "[sync]") {
    const ScratchDir scratch;
    ManualTime time(kNow);
    sync::SeededEntropy entropy(1);
    std::uint64_t last = 0;
    for (std::uint64_t run = 0; run < 3; ++run) {
        CAPTURE(run);
        DataDirectoryStorage storage(must(DataDirectory::open(scratch.file("data"))),
                                     DataDirectoryStorage::Commit::on_flush);
        const auto hub = must(sync::Hub::create(World::no_auth(), storage, time, entropy));
        const auto peer = hub->connect();
        auto from = follow();
        from.from_sequence = "0";
        must(peer->receive(wire::encoded(from)));
        for (int i = 0; i < 3; ++i) {
            must(peer->receive(
                wire::encoded(put_op("1", "k", "v", kNow + run * 10 + std::uint64_t(i)))));
        }
        must(storage.flush());
        hub->settle();
        std::size_t events = 0;
        while (const auto frame = peer->take()) {
            const auto message = must(wire::decode(*frame, {true}));
            const auto* event = std::get_if<wire::JournalEvent>(&message);
            CHECK_FALSE(std::holds_alternative<wire::ErrorMessage>(message));
            if (event == nullptr) continue;
            ++events;
            CHECK(std::stoull(event->sequence) > last);
            last = std::stoull(event->sequence);
        }
        CHECK(events == 3);
    }
}
