// SPDX-License-Identifier: Apache-2.0
// Write-behind: only winners are written, nothing is lost to failures, nothing is confirmed too
// early.
#include "topgun/storage/write_behind.hpp"
#include "fake_storage.hpp"

using namespace topgun;
using namespace topgun::test;
using Pace = WriteBehindQueue::Pace;

namespace {

// A write-behind storage without a thread, on a clock that stands still.
struct World {
    explicit World(WriteBehindLimits limits = {}) {
        WriteBehindOptions options;
        options.limits = limits;
        options.time = &time;
        options.background = false;
        auto fake = std::make_unique<FakeStorage>();
        inner = fake.get();
        storage = std::make_unique<WriteBehindStorage>(std::move(fake), options);
        storage->listen(&listener);
    }
    StoreReport store(const std::vector<OwnedOp>& ops) { return must(storage->store(views(ops))); }

    ManualTime time{1'000'000};
    RecordingListener listener;
    FakeStorage* inner = nullptr;
    std::unique_ptr<WriteBehindStorage> storage;
};

WriteBehindLimits limits_of(std::size_t capacity, std::size_t batch) {
    WriteBehindLimits limits;
    limits.capacity = capacity;
    limits.batch_size = batch;
    return limits;
}

std::vector<std::string> keys_of(const std::vector<OwnedOp>& ops) {
    std::vector<std::string> keys;
    for (const auto& op : ops) keys.push_back(op.key);
    return keys;
}

}  // namespace

TEST_CASE("ops wait for the interval or for a full batch", "[storage][write-behind]") {
    World world(limits_of(100, 3));
    const auto report = world.store({put("m", "a", 5)});
    CHECK(report.outcomes == std::vector<OpOutcome>{OpOutcome::queued});
    CHECK(report.sequence == 1);
    CHECK(world.storage->due_in() == 1000u);
    CHECK_FALSE(world.storage->step());
    world.time.advance(999);
    CHECK_FALSE(world.storage->step());
    world.time.advance(1);
    CHECK(world.storage->step());
    CHECK(world.inner->written() == 1);
    CHECK_FALSE(world.storage->due_in());

    world.store({put("m", "b", 5), put("m", "c", 5)});
    CHECK_FALSE(world.storage->step());
    world.store({put("m", "d", 5), put("m", "e", 5)});
    CHECK(world.storage->step());  // full
    CHECK(keys_of(world.inner->batches().back()) == std::vector<std::string>{"b", "c", "d"});
    CHECK_FALSE(world.storage->step());
    CHECK(world.storage->durable() == 4);
}

TEST_CASE("of several ops on one record only what a merge leaves is written",
          "[storage][write-behind]") {
    World world;
    world.store({put("m", "a", 5, "old"), put("m", "a", 9, "new"), put("m", "a", 7, "late"),
                 put("other", "a", 1, "its own"), or_add("t", "k", "1:0:n"),
                 or_add("t", "k", "2:0:n"), or_remove("t", "k", "1:0:n"), or_add("t", "k", "1:0:n"),
                 count("c", "n", 3, 9), count("c", "n", 5, 1), put("m", "gone", 4),
                 remove("m", "gone", 5)});
    must(world.storage->flush());
    REQUIRE(world.inner->batches().size() == 1);
    const auto batch = world.inner->batches()[0];
    REQUIRE(batch.size() == 6);
    CHECK(batch[0].value == text_value("new"));
    CHECK(batch[2].kind == OpKind::or_remove);
    CHECK(batch[3].tag == "2:0:n");
    CHECK(batch[4].value == count("c", "n", 5, 9).value);
    CHECK(batch[5].kind == OpKind::remove);
    CHECK(world.storage->stats().coalesced == 6);
    CHECK(world.storage->durable() == 12);
}

// Goal:   coalescing, failures and retries in any order never change what is stored in the end, and
//         TG-WB-001: at no moment is a sequence confirmed whose ops are not in the inner storage.
// Method: random ops with few keys, stores and flushes that fail at random; after every step the
//         confirmed ops are merged into a copy of the inner state, which must not change.
TEST_CASE("write-behind ends in the merge of all ops and confirms nothing early",
          "[storage][write-behind][property]") {
    const auto seed_value = seed(5);
    CAPTURE(seed_value);
    Random rng(seed_value);
    for (int world_number = 0; world_number < 20; ++world_number) {
        World world(limits_of(50, 1 + rng.below(20)));
        std::vector<OwnedOp> all;
        while (all.size() < 300) {
            auto ops = random_ops(rng, 1 + rng.below(8));
            if (world.storage->store(views(ops))) all.insert(all.end(), ops.begin(), ops.end());
            if (rng.below(4) == 0) world.inner->fail_stores(1);
            if (rng.below(6) == 0) world.inner->fail_flushes(1);
            world.time.advance(rng.below(2000));
            (void)world.storage->step();
            const auto durable = world.storage->durable();
            REQUIRE(durable <= all.size());
            auto& replica = world.inner->kept().replica;
            for (std::size_t i = 0; i < durable; ++i) {
                const auto merged = must(replica.apply(all[i].view()));
                if (changed_state(outcome_of(merged)))
                    FAIL("op " << i << " was confirmed too early");
            }
        }
        world.inner->fail_stores(0);
        world.inner->fail_flushes(0);
        must(world.storage->flush());
        CHECK(world.storage->durable() == all.size());
        CHECK(hash_of(*read_live(world.inner->kept())) == hash_of(all));
        CHECK(world.storage->stats().coalesced > 0);
    }
}

TEST_CASE("a failed batch is tried again with growing pauses, first in line",
          "[storage][write-behind]") {
    World world(limits_of(100, 2));
    world.inner->fail_stores(5);
    world.store({put("m", "a", 5), put("m", "b", 5)});
    for (const std::uint64_t pause : {500u, 1000u, 2000u, 4000u, 5000u}) {
        CHECK_FALSE(world.storage->step());
        CHECK(world.storage->due_in() == pause);
        world.time.advance(pause - 1);
        CHECK(world.storage->due_in() == 1u);
        if (pause == 2000) world.store({put("m", "c", 5), put("m", "a", 9)});  // must not overtake
        world.time.advance(1);
    }
    CHECK(world.storage->durable() == 0);
    CHECK(world.listener.failures().size() == 5);
    CHECK(world.storage->stats().failures == 5);
    CHECK(world.storage->stats().last_error == "store failed");
    CHECK(world.storage->step());
    CHECK(keys_of(world.inner->batches()[0]) == std::vector<std::string>{"a", "b"});
    CHECK(world.inner->batches()[0][0].stamp.millis == 9);
    CHECK(world.storage->durable() == 2);  // c waits still, and so does the sequence behind it
    CHECK(world.listener.sequences() == std::vector<std::uint64_t>{2});
    CHECK(world.storage->stats().last_error.empty());
}

TEST_CASE("a batch counts as written only once it is flushed", "[storage][write-behind]") {
    World world;
    world.inner->fail_flushes(1);
    world.store({put("m", "a", 5)});
    const auto flushed = world.storage->flush();
    REQUIRE_FALSE(flushed);
    CHECK(flushed.error().text().find("flush failed") != std::string::npos);
    CHECK(world.storage->durable() == 0);
    must(world.storage->flush());  // without regard to the backoff
    CHECK(world.storage->durable() == 1);
    CHECK(world.inner->batches().size() == 2);
}

TEST_CASE("ops that come while a batch is out do not touch it", "[storage][write-behind]") {
    WriteBehindQueue queue(limits_of(100, 10));
    const std::vector<OwnedOp> ops{put("m", "a", 5), put("m", "a", 9), put("m", "b", 5)};
    queue.add(std::vector<Op>{ops[0].view()}, 0);
    const auto batch = queue.take();
    queue.add(std::vector<Op>{ops[1].view(), ops[2].view()}, 1);
    CHECK(batch[0].stamp.millis == 5);
    CHECK(queue.size() == 3);
    CHECK(queue.resolved() == 0);
    CHECK_FALSE(queue.due(1'000'000, Pace::immediate));  // one at a time
    SECTION("and follow it when it succeeds") {
        queue.complete();
        CHECK(queue.resolved() == 1);
        CHECK(queue.take().size() == 2);
    }
    SECTION("and join it when it fails") {
        queue.give_back(2);
        CHECK(queue.size() == 2);
        CHECK(queue.resolved() == 0);
        const auto again = queue.take();
        REQUIRE(again.size() == 2);
        CHECK(again[0].stamp.millis == 9);
        queue.complete();
        CHECK(queue.resolved() == 3);
    }
}

TEST_CASE("a full queue takes what joins a waiting record, and nothing else",
          "[storage][write-behind]") {
    World world(limits_of(2, 100));
    world.store({put("m", "a", 5), put("m", "b", 5)});
    const auto op = put("m", "c", 5);
    const auto refused = world.storage->store(std::vector<Op>{op.view()});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::limit);
    CHECK(refused.error().text().find("2 records") != std::string::npos);
    CHECK(world.store({put("m", "a", 6), put("m", "b", 6)}).sequence == 4);
    const auto many = random_ops(*std::make_unique<Random>(1), 3);
    CHECK(world.storage->store(views(many)).error().text().find("at once") != std::string::npos);
    must(world.storage->flush());
    CHECK(world.store({op}).sequence == 5);
    CHECK(world.inner->written() == 2);
}

TEST_CASE("the queue is bounded in bytes, too", "[storage][write-behind]") {
    auto limits = limits_of(1000, 100);
    limits.capacity_bytes = 1000;
    World world(limits);
    world.store({put("m", "a", 5, std::string(600, 'x'))});
    const auto second = put("m", "b", 5, std::string(600, 'x'));
    CHECK(world.storage->store(std::vector<Op>{second.view()}).error().code() == Errc::limit);
    must(world.storage->flush());
    world.store({second});
    must(world.storage->flush());
    CHECK(world.inner->written() == 2);
}

TEST_CASE("malformed ops are refused at once, the others are taken", "[storage][write-behind]") {
    World world;
    auto no_tag = or_add("t", "k", "x");
    no_tag.tag.clear();
    auto no_counts = count("c", "n", 1, 1);
    no_counts.value = text_value("many");
    const auto report =
        world.store({put("m", "a", 5), no_tag, put("m", "b", 5), no_counts, put("m", "c", 5)});
    CHECK(report.sequence == 3);
    REQUIRE(report.refusals.size() == 2);
    CHECK(report.refusals[0].index == 1);
    CHECK(report.refusals[1].index == 3);
    must(world.storage->flush());
    CHECK(keys_of(world.inner->batches()[0]) == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("what the inner storage refuses is told and does not hold up the rest",
          "[storage][write-behind]") {
    World world;
    world.inner->refuse_key("b");
    world.store({put("m", "a", 5), put("m", "b", 5), put("m", "c", 5)});
    must(world.storage->flush());
    CHECK(world.listener.refused() == std::vector<std::string>{"b: not that one"});
    CHECK(world.storage->durable() == 3);
}

TEST_CASE("one tag under many keys is queued in bounded steps", "[storage][write-behind]") {
    World world;
    std::vector<OwnedOp> ops;
    for (int i = 0; i < 100; ++i) ops.push_back(or_add("t", "k" + std::to_string(i), "1:0:n"));
    ops.push_back(or_remove("t", "k1", "1:0:n"));
    world.store(ops);
    must(world.storage->flush());
    CHECK(hash_of(*read_live(world.inner->kept())) == hash_of(ops));
}

TEST_CASE("a clock that steps back does not stop the writing", "[storage][write-behind]") {
    World world;
    world.inner->fail_stores(1);
    world.store({put("m", "a", 5)});
    world.time.advance(1000);
    CHECK_FALSE(world.storage->step());
    world.time.set(10);
    CHECK(world.storage->step());
}

TEST_CASE("loading sees what is stored and what waits", "[storage][write-behind]") {
    World world;
    world.store({put("m", "a", 5)});
    must(world.storage->flush());
    world.store(
        {put("m", "a", 9, "newer"), or_add("t", "k", "1:0:n"), or_remove("t", "k", "2:0:n")});
    Replica loaded;
    const auto take = [&loaded](const MapId& map, const Row& row) -> Status {
        auto merged = loaded.apply(row_op(map, row));
        return merged ? Status() : Status(std::move(merged).error());
    };
    must(world.storage->load(take));
    CHECK(hash_of(*read_replica(loaded)) ==
          hash_of({put("m", "a", 9, "newer"), or_add("t", "k", "1:0:n"),
                   or_remove("t", "k", "2:0:n")}));
    Replica only;
    must(world.storage->load({{"m", MapKind::lww}}, [&only](const MapId& map, const Row& row) {
        must(only.apply(row_op(map, row)));
        return Status();
    }));
    CHECK(hash_of(*read_replica(only)) == hash_of({put("m", "a", 9, "newer")}));
}

TEST_CASE("closing writes what waits, or says what is left", "[storage][write-behind]") {
    World world(limits_of(100, 2));
    world.store({put("m", "a", 5), put("m", "b", 5), put("m", "c", 5)});
    SECTION("all written") {
        must(world.storage->close(10'000));
        CHECK(world.inner->written() == 3);
        CHECK(world.inner->closed);
        CHECK(world.storage->durable() == 3);
    }
    SECTION("none written") {
        world.inner->fail_stores(1000);
        const auto closed = world.storage->close(10'000);
        REQUIRE_FALSE(closed);
        CHECK(closed.error().code() == Errc::limit);
        CHECK(closed.error().text() == "write-behind: 3 records are not written: store failed");
        CHECK(keys_of(world.storage->pending()) == std::vector<std::string>{"a", "b", "c"});
    }
    const auto op = put("m", "d", 5);
    CHECK(world.storage->store(std::vector<Op>{op.view()}).error().code() == Errc::usage);
}

TEST_CASE("a checkpoint comes after what waits", "[storage][write-behind]") {
    World world;
    world.store({put("m", "a", 5)});
    must(world.storage->checkpoint());
    CHECK(world.inner->checkpoints == 1);
    CHECK(world.inner->written() == 1);
    world.inner->fail_stores(1);
    world.store({put("m", "b", 5)});
    CHECK_FALSE(world.storage->checkpoint());
    CHECK(world.inner->checkpoints == 1);
}
