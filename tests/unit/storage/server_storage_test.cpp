// SPDX-License-Identifier: Apache-2.0
// The storages behind the seam keep one contract, in memory and on disk.
#include <thread>

#include "fake_storage.hpp"
#include "topgun/storage/data_directory_storage.hpp"
#include "topgun/storage/write_behind.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

// One of each kind, by name.
std::unique_ptr<ServerStorage> make(const std::string& kind, const ScratchDir& scratch) {
    const auto on_disk = [&](SyncPolicy sync, DataDirectoryStorage::Commit commit) {
        DataDirectoryOptions options;
        options.sync = sync;
        return std::make_unique<DataDirectoryStorage>(open_directory(scratch.file("data"), options),
                                                      commit);
    };
    using Commit = DataDirectoryStorage::Commit;
    if (kind == "memory") return std::make_unique<MemoryStorage>();
    if (kind == "directory") return on_disk(SyncPolicy::batch, Commit::background);
    if (kind == "directory, every op synced")
        return on_disk(SyncPolicy::always, Commit::background);
    if (kind == "directory, flushed by hand") return on_disk(SyncPolicy::batch, Commit::on_flush);
    return std::make_unique<WriteBehindStorage>(on_disk(SyncPolicy::batch, Commit::on_flush));
}

std::string loaded_hash(ServerStorage& storage) {
    Replica replica;
    must(storage.load([&replica](const MapId& map, const Row& row) {
        must(replica.apply(row_op(map, row)));
        return Status();
    }));
    return hash_of(*read_replica(replica));
}

}  // namespace

TEST_CASE("every storage merges, confirms, and gives back what it took", "[storage][server]") {
    ScratchDir scratch;
    const std::string kind = GENERATE("memory", "directory", "directory, every op synced",
                                      "directory, flushed by hand", "write-behind");
    CAPTURE(kind);
    Random rng(seed(3));
    const auto ops = random_ops(rng, 500);
    RecordingListener listener;
    const auto storage = make(kind, scratch);
    storage->listen(&listener);
    std::uint64_t sequence = 0;
    for (std::size_t at = 0; at < ops.size(); at += 50) {
        const auto from = ops.begin() + static_cast<std::ptrdiff_t>(at);
        const auto report = must(storage->store(views({from, from + 50})));
        CHECK(report.outcomes.size() == 50);
        CHECK(report.refusals.empty());
        CHECK(report.sequence >= sequence);
        sequence = report.sequence;
    }
    must(storage->flush());
    CHECK(storage->durable() >= sequence);
    REQUIRE(listener.wait_durable(sequence));
    const auto heard = listener.sequences();
    CHECK(std::is_sorted(heard.begin(), heard.end()));
    CHECK(std::adjacent_find(heard.begin(), heard.end()) == heard.end());
    CHECK(loaded_hash(*storage) == hash_of(ops));
    must(storage->checkpoint());
    CHECK(storage->stats().durable == storage->stats().sequence);
    CHECK(loaded_hash(*storage) == hash_of(ops));
    must(storage->close(60'000));
}

TEST_CASE("what a storage on disk confirmed is there after a restart", "[storage][server]") {
    ScratchDir scratch;
    const std::string kind = GENERATE("directory", "directory, flushed by hand", "write-behind");
    Random rng(seed(4));
    const auto ops = random_ops(rng, 300);
    {
        const auto storage = make(kind, scratch);
        must(storage->store(views(ops)));
        must(storage->close(60'000));
    }
    CHECK(loaded_hash(*make(kind, scratch)) == hash_of(ops));
}

TEST_CASE("loading some maps leaves the others out", "[storage][server]") {
    ScratchDir scratch;
    const auto storage = make(GENERATE("memory", "directory", "write-behind"), scratch);
    must(storage->store(views({put("a", "k", 5), put("b", "k", 5), or_add("b", "k", "1:0:n")})));
    std::vector<MapId> seen;
    must(storage->load({{"b", MapKind::lww}, {"c", MapKind::lww}},
                       [&seen](const MapId& map, const Row&) {
                           seen.push_back(map);
                           return Status();
                       }));
    CHECK(seen == std::vector<MapId>{{"b", MapKind::lww}});
    const auto stopped = storage->load(
        [](const MapId&, const Row&) -> Status { return Error(Errc::cancelled, "enough"); });
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code() == Errc::cancelled);
}

TEST_CASE("pruning reaches what is kept", "[storage][server]") {
    ScratchDir scratch;
    const std::string kind = GENERATE("memory", "directory", "write-behind");
    const auto storage = make(kind, scratch);
    must(storage->store(views({remove("m", "a", 5), remove("m", "b", 50)})));
    must(storage->flush());
    CHECK(must(storage->prune({10, 0, ""})) == 1);
    CHECK(loaded_hash(*storage) == hash_of({remove("m", "b", 50)}));
}

TEST_CASE("an op that lost is confirmed no sooner than its winner", "[storage][server]") {
    ScratchDir scratch;
    const auto storage = make("directory, flushed by hand", scratch);
    const auto won = must(storage->store(views({put("m", "a", 9)})));
    const auto lost = must(storage->store(views({put("m", "a", 5)})));
    CHECK(lost.outcomes[0] == OpOutcome::lost);
    CHECK(lost.sequence >= won.sequence);
    CHECK(storage->durable() < lost.sequence);
    must(storage->flush());
    CHECK(storage->durable() >= lost.sequence);
}

TEST_CASE("a failing directory is told once and takes nothing more", "[storage][server]") {
    ScratchDir scratch;
    std::atomic<bool> fail{false};
    DataDirectoryOptions options;
    options.before_step = [&fail](std::string_view) -> Status {
        return fail ? Status(Error(Errc::io, "disk on fire")) : Status();
    };
    RecordingListener listener;
    DataDirectoryStorage storage(open_directory(scratch.file("data"), options));
    storage.listen(&listener);
    must(storage.store(views({put("m", "a", 5)})));
    REQUIRE(listener.wait_durable(1));
    fail = true;
    must(storage.store(views({put("m", "b", 5)})));
    REQUIRE(listener.wait_failures(1));
    for (int i = 0; i < 3; ++i) CHECK_FALSE(storage.store(views({put("m", "c", 5)})));
    CHECK_FALSE(storage.flush());
    CHECK(listener.failures().size() == 1);
    CHECK(storage.durable() == 1);
    CHECK(storage.stats().failed);
    // The cause, and not what follows from it.
    CHECK(storage.stats().last_error.find("disk on fire") != std::string::npos);
    CHECK_FALSE(storage.close(1000));
}

TEST_CASE("many writers share the syncs of one directory", "[storage][server][threads]") {
    ScratchDir scratch;
    std::atomic<int> syncs{0};
    DataDirectoryOptions options;
    options.before_step = [&syncs](std::string_view step) {
        if (step == "sync-log") ++syncs;
        return Status();
    };
    RecordingListener listener;
    DataDirectoryStorage storage(open_directory(scratch.file("data"), options));
    storage.listen(&listener);
    const auto write = [&](int me) {
        for (int i = 0; i < 100; ++i) {
            const auto op = put("m", std::to_string(me) + "/" + std::to_string(i), 5);
            (void)storage.store(std::vector<Op>{op.view()});
        }
    };
    std::vector<std::thread> writers;
    for (int me = 0; me < 4; ++me) writers.emplace_back(write, me);
    for (auto& writer : writers) writer.join();
    REQUIRE(listener.wait_durable(400));
    CHECK(syncs >= 1);
    CHECK(syncs < 400);
}
