// SPDX-License-Identifier: Apache-2.0
// Write-behind with its thread: back-pressure, retries, draining, and a crash in the middle.
#include <atomic>
#include <thread>

#include "fake_storage.hpp"
#include "topgun/storage/data_directory_storage.hpp"
#include "topgun/storage/write_behind.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

struct Threaded {
    explicit Threaded(std::size_t capacity, std::uint64_t interval_ms = 1) {
        WriteBehindOptions options;
        options.limits.capacity = capacity;
        options.limits.batch_size = 16;
        options.limits.flush_interval_ms = interval_ms;
        options.limits.backoff_ms = options.limits.backoff_max_ms = 1;
        options.room_wait_ms = 60'000;
        auto fake = std::make_unique<FakeStorage>();
        inner = fake.get();
        storage = std::make_unique<WriteBehindStorage>(std::move(fake), options);
        storage->listen(&listener);
    }

    RecordingListener listener;
    FakeStorage* inner = nullptr;
    std::unique_ptr<WriteBehindStorage> storage;
};

}  // namespace

TEST_CASE("the thread writes by itself and tells when", "[storage][write-behind][threads]") {
    Threaded world(1000);
    const auto op = put("m", "a", 5);
    const auto report = must(world.storage->store(std::vector<Op>{op.view()}));
    REQUIRE(world.listener.wait_durable(report.sequence));
    CHECK(world.inner->written() == 1);
}

TEST_CASE("a writer waits for room and goes on when there is some",
          "[storage][write-behind][threads]") {
    Threaded world(4);
    world.inner->block();
    const auto first = put("m", "first", 5);
    must(world.storage->store(std::vector<Op>{first.view()}));
    REQUIRE(world.inner->wait_inside());
    std::atomic<int> stored{0};
    std::thread writer([&] {
        for (int i = 0; i < 20; ++i) {
            const auto op = put("m", "k" + std::to_string(i), 5);
            if (world.storage->store(std::vector<Op>{op.view()})) ++stored;
        }
    });
    while (world.storage->stats().queued < 4) std::this_thread::yield();
    CHECK(stored <= 3);  // one place is taken by the batch that is out
    CHECK(world.storage->durable() == 0);
    world.inner->unblock();
    writer.join();
    CHECK(stored == 20);
    REQUIRE(world.listener.wait_durable(21));
    CHECK(world.inner->written() == 21);
}

TEST_CASE("failures are retried until they end", "[storage][write-behind][threads]") {
    Threaded world(1000);
    world.inner->fail_stores(4);
    const auto op = put("m", "a", 5);
    must(world.storage->store(std::vector<Op>{op.view()}));
    REQUIRE(world.listener.wait_durable(1));
    CHECK(world.listener.failures().size() == 4);
    CHECK(world.inner->written() == 1);
}

TEST_CASE("a flush waits for the slow storage, an interval it does not wait for",
          "[storage][write-behind][threads]") {
    Threaded world(1000, 3'600'000);
    std::vector<OwnedOp> ops;
    for (int i = 0; i < 100; ++i) ops.push_back(put("m", std::to_string(i), 5));
    must(world.storage->store(views({ops.begin(), ops.begin() + 10})));
    must(world.storage->flush());
    CHECK(world.storage->durable() == 10);
    must(world.storage->store(views(ops)));
    must(world.storage->close(60'000));
    CHECK(world.storage->durable() == 110);
    CHECK(hash_of(*read_live(world.inner->kept())) == hash_of(ops));
}

TEST_CASE("closing gives up at its deadline", "[storage][write-behind][threads]") {
    Threaded world(1000, 3'600'000);
    world.inner->fail_stores(1 << 30);
    const auto op = put("m", "a", 5);
    must(world.storage->store(std::vector<Op>{op.view()}));
    const auto closed = world.storage->close(20);
    REQUIRE_FALSE(closed);
    CHECK(closed.error().text().find("1 records are not written") != std::string::npos);
    CHECK(world.storage->pending().size() == 1);
}

// TG-WB-002. Goal:   nothing that was confirmed depends on memory.
// Method: writers note what was confirmed; the storage is dropped without being closed, as by a
//         crash, at some moment; everything confirmed by then is in the data directory below.
TEST_CASE("a crash loses nothing that was confirmed through write-behind",
          "[storage][write-behind][threads]") {
    ScratchDir scratch;
    for (int round = 0; round < 5; ++round) {
        std::vector<std::uint64_t> confirmed(2, 0);
        {
            RecordingListener listener;
            WriteBehindOptions options;
            options.limits.flush_interval_ms = 1;
            options.limits.batch_size = 32;
            WriteBehindStorage storage(
                std::make_unique<DataDirectoryStorage>(open_directory(scratch.file("data")),
                                                       DataDirectoryStorage::Commit::on_flush),
                options);
            storage.listen(&listener);
            const auto write = [&](std::size_t me) {
                for (std::uint64_t i = 0; i < 200; ++i) {
                    const auto key =
                        std::to_string(round) + "/" + std::to_string(me) + "/" + std::to_string(i);
                    const auto op = put("m", key, 5 + i);
                    const auto report = storage.store(std::vector<Op>{op.view()});
                    if (report && i % 20 == 19 && listener.wait_durable(report->sequence)) {
                        confirmed[me] = i + 1;
                    }
                }
            };
            std::thread first(write, 0), second(write, 1);
            first.join();
            second.join();
            const auto lost = put("m", "not confirmed", 5);
            must(storage.store(std::vector<Op>{lost.view()}));
        }
        const auto directory = open_directory(scratch.file("data"));
        CHECK(confirmed == std::vector<std::uint64_t>{200, 200});
        const auto& lww =
            std::get<LwwMap>(directory->shared().replica.get({"m", MapKind::lww}).crdt);
        std::uint64_t missing = 0;
        for (std::size_t me = 0; me < 2; ++me) {
            for (std::uint64_t i = 0; i < confirmed[me]; ++i) {
                const auto key =
                    std::to_string(round) + "/" + std::to_string(me) + "/" + std::to_string(i);
                missing += lww.find(key) ? 0 : 1;
            }
        }
        CHECK(missing == 0);
    }
}
