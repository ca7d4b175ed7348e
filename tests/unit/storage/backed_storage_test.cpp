// SPDX-License-Identifier: Apache-2.0
// A database behind a data directory: it gets everything once, whatever crashes or stays away.
#include "topgun/storage/backed_storage.hpp"

#include <atomic>
#include <condition_variable>

#include "storage_support.hpp"
#include "topgun/replica/visit.hpp"

using namespace topgun;
using namespace topgun::test;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

// What outlives the connections to it.
struct FakeDatabase {
    Replica state{TieRule::by_content};
    std::string identity = "first";
    std::string refuse_key = "none";
    std::size_t got = 0;   // ops, also those that it had
    int merges_left = -1;  // before it goes away in the middle of one; -1 for never
    bool away = false;

    Status reachable() const {
        return away ? Status(Error(Errc::unreachable, "the database is away")) : Status();
    }
    std::string hash() { return hash_of(*read_replica(state)); }
};

class FakeBacking final : public Backing {
public:
    explicit FakeBacking(FakeDatabase& database) : database_(database) {}
    const std::string& name() const override { return name_; }
    Result<std::string> identity() override {
        TOPGUN_TRY(database_.reachable());
        return database_.identity;
    }
    Status load(const std::function<Status(const Op&)>& visit, BackingRead& read) override {
        TOPGUN_TRY(database_.reachable());
        return visit_all_rows(*read_replica(database_.state),
                              [&](const MapId& id, const Row& row) -> Status {
                                  ++read.rows;
                                  return visit(row_op(id, row));
                              });
    }
    Result<BackingRefusals> merge(std::span<const Op> ops) override {
        TOPGUN_TRY(database_.reachable());
        const bool fails = database_.merges_left == 0;
        if (database_.merges_left > 0) --database_.merges_left;
        BackingRefusals out;
        for (const auto& op : fails ? ops.first(ops.size() / 2) : ops) {
            ++database_.got;
            if (op.key == database_.refuse_key) {
                ++out.count;
                out.reasons.push_back("key " + std::string(op.key) + ": not that one");
            } else {
                must(database_.state.apply(op));
            }
        }
        if (fails) return Error(Errc::unreachable, "the connection was lost");
        return out;
    }

private:
    std::string name_ = "fake database";
    FakeDatabase& database_;
};

BackedStorage::OpenBacking opener(FakeDatabase& database) {
    return [&database](auto) { return std::unique_ptr<Backing>(new FakeBacking(database)); };
}

// A storage without a thread.
std::unique_ptr<BackedStorage> open_backed(const std::string& folder, FakeDatabase& database,
                                           DataDirectoryOptions opening = {},
                                           BackedOptions options = {}) {
    options.background = false;
    return must(BackedStorage::open(folder, std::move(opening), opener(database), options));
}

void store(ServerStorage& storage, const std::vector<OwnedOp>& ops) {
    must(storage.store(views(ops)));
    must(storage.flush());
}

std::string state_of(BackedStorage& storage) {
    return hash_of(*storage.directory().state());
}

// Everything that was confirmed is in the database.
void check_all_there(FakeDatabase& database, const std::vector<OwnedOp>& ops) {
    for (const auto& op : ops) {
        if (changed_state(outcome_of(must(database.state.apply(op.view()))))) {
            FAIL("the database lacks an op on " << op.map << ", " << op.key);
        }
    }
}

std::vector<OwnedOp> numbered_puts(std::size_t count, std::uint64_t millis = 5) {
    std::vector<OwnedOp> ops;
    for (std::size_t i = 0; i < count; ++i) ops.push_back(put("m", std::to_string(i), millis));
    return ops;
}

}  // namespace

TEST_CASE("a database gets what is durable, once", "[storage][backed]") {
    const ScratchDir scratch;
    FakeDatabase database;
    const auto storage = open_backed(scratch.file("d"), database);
    store(*storage, {put("m", "a", 5), or_add("o", "k", "5:0:n1"), count("c", "n1", 3, 1)});
    CHECK(storage->backing_stats().pending == 3);
    must(storage->send());
    CHECK(database.hash() == state_of(*storage));
    store(*storage, {remove("m", "a", 6), or_remove("o", "k", "5:0:n1")});
    must(storage->send());
    CHECK(database.hash() == state_of(*storage));
    const auto stats = storage->backing_stats();
    CHECK(stats.pending == 0);
    CHECK(stats.lag_ms == 0);
    CHECK(database.got == 5);
    must(storage->send());
    CHECK(database.got == 5);
}

TEST_CASE("a start sends what the database lacks, and nothing else", "[storage][backed]") {
    const ScratchDir scratch;
    FakeDatabase database;
    const bool checkpoint = GENERATE(false, true);
    {
        const auto storage = open_backed(scratch.file("d"), database);
        store(*storage, numbered_puts(1000));
        must(storage->send());
        CHECK(database.got == 1000);
        store(*storage, numbered_puts(10, 6));
        if (checkpoint) must(storage->checkpoint());
    }  // killed, as far as the database can tell
    {
        const auto storage = open_backed(scratch.file("d"), database);
        CHECK(storage->backing_stats().pending == 10);
        CHECK_FALSE(storage->backing_stats().everything);
        must(storage->send());
        CHECK(database.got == 1010);
        CHECK(database.hash() == state_of(*storage));
        must(storage->close(1000));
    }
    CHECK(open_backed(scratch.file("d"), database)->backing_stats().pending == 0);
}

// Goal:   TG-BKD-001 holds wherever a crash strikes, of either side.
// Method: a hook copies the folder before every step that changes it, and remembers what was
//         confirmed. The database goes away in the middle of merges, and comes back. Each copy is
//         opened with the database as it is by now, which then must have all of it.
TEST_CASE("what was confirmed reaches the database after any crash",
          "[storage][backed][property]") {
    const ScratchDir scratch;
    const auto seed_value = seed(20261122);
    CAPTURE(seed_value);
    Random rng(seed_value);
    const auto live = scratch.file("live");
    struct Crash {
        std::string folder;
        std::size_t confirmed = 0;
    };
    std::vector<Crash> crashes;
    std::size_t stored = 0, confirmed = 0;
    DataDirectoryOptions opening;
    opening.before_step = [&](std::string_view) {
        if (!fs::exists(live)) return Status();
        crashes.push_back({scratch.file(std::to_string(crashes.size())), confirmed});
        fs::copy(live, crashes.back().folder);
        return Status();
    };
    FakeDatabase database;
    const auto ops = random_ops(rng, 600);
    while (stored + 30 < ops.size()) {
        database.away = false;
        const auto storage = open_backed(live, database, opening);
        for (int round = 0; round < 8 && stored + 30 < ops.size(); ++round) {
            const auto begin = ops.begin() + static_cast<std::ptrdiff_t>(stored);
            const auto size = 1 + rng.below(30);
            stored += size;
            store(*storage, {begin, begin + static_cast<std::ptrdiff_t>(size)});
            confirmed = stored;
            database.away = rng.below(3) == 0;
            database.merges_left = rng.below(4) == 0 ? 0 : -1;
            if (rng.below(2) == 0 && storage->send()) CHECK(database.hash() == state_of(*storage));
            if (rng.below(4) == 0) must(storage->checkpoint());
        }
    }
    database.away = false;
    database.merges_left = -1;
    REQUIRE(crashes.size() > 40);
    for (std::size_t i = 0; i < crashes.size(); i += 1 + rng.below(4)) {
        CAPTURE(i);
        const auto storage = open_backed(crashes[i].folder, database);
        must(storage->send());
        CHECK(storage->backing_stats().pending == 0);
        check_all_there(
            database,
            {ops.begin(), ops.begin() + static_cast<std::ptrdiff_t>(crashes[i].confirmed)});
        CHECK(database.hash() == state_of(*storage));
    }
    const auto storage = open_backed(live, database);
    must(storage->send());
    check_all_there(database, {ops.begin(), ops.begin() + static_cast<std::ptrdiff_t>(stored)});
}

TEST_CASE("a database that is away keeps no write waiting, and is told of later",
          "[storage][backed]") {
    const ScratchDir scratch;
    FakeDatabase database;
    {
        const auto storage = open_backed(scratch.file("d"), database);
        store(*storage, numbered_puts(5));
        must(storage->send());
        database.away = true;
        store(*storage, numbered_puts(7, 6));
        CHECK(storage->durable() == storage->stats().sequence);
        CHECK_FALSE(storage->send());
        CHECK_FALSE(storage->send());
        const auto stats = storage->backing_stats();
        CHECK(stats.pending == 7);
        CHECK(stats.failing == 2);
        CHECK(stats.last_error == "the database is away");
        const auto closed = storage->close(1000);
        REQUIRE_FALSE(closed);
        CHECK(closed.error().code() == Errc::limit);
        CHECK_THAT(closed.error().text(),
                   Catch::Contains("fake database lacks 7 writes") && Catch::Contains("is away"));
    }
    database.away = false;
    const auto storage = open_backed(scratch.file("d"), database);
    must(storage->send());
    CHECK(database.got == 12);
    CHECK(storage->backing_stats().last_error.empty());
}

TEST_CASE("logs are kept for a database up to a bound, beyond it gets everything",
          "[storage][backed]") {
    const ScratchDir scratch;
    FakeDatabase database;
    BackedOptions options;
    options.keep_log_bytes = 2000;
    const auto storage = open_backed(scratch.file("d"), database, {}, options);
    store(*storage, numbered_puts(3));
    must(storage->send());
    database.away = true;
    const auto logs = [&] {
        std::size_t out = 0;
        for (const auto& name : names_in(scratch.file("d"))) out += name.ends_with(".tgl") ? 1 : 0;
        return out;
    };
    for (std::uint64_t round = 0; round < 3; ++round) {
        store(*storage, {put("m", "x", 10 + round)});
        CHECK_FALSE(storage->send());
        must(storage->checkpoint());
    }
    CHECK(logs() == 4);
    store(*storage, numbered_puts(100, 20));
    CHECK_FALSE(storage->send());
    CHECK(storage->backing_stats().everything);
    CHECK(storage->backing_stats().pending == 101);
    must(storage->checkpoint());
    CHECK(logs() == 1);
    database.away = false;
    must(storage->send());
    CHECK_FALSE(storage->backing_stats().everything);
    CHECK(storage->backing_stats().pending == 0);
    CHECK(database.hash() == state_of(*storage));
    store(*storage, {put("m", "after", 30)});
    must(storage->send());
    CHECK(database.hash() == state_of(*storage));
}

TEST_CASE("a database that is not the one it was gets everything", "[storage][backed]") {
    const ScratchDir scratch;
    FakeDatabase database;
    auto storage = open_backed(scratch.file("d"), database);
    store(*storage, numbered_puts(50));
    must(storage->send());
    const bool restarts = GENERATE(false, true);
    if (restarts) {
        storage = nullptr;
    } else {
        database.away = true;
        store(*storage, {put("m", "x", 7)});
        CHECK_FALSE(storage->send());
    }
    database = FakeDatabase();
    database.identity = "second";
    if (restarts) storage = open_backed(scratch.file("d"), database);
    must(storage->send());
    CHECK(database.hash() == state_of(*storage));
}

TEST_CASE("where the place is lost, everything is sent", "[storage][backed]") {
    const ScratchDir scratch;
    FakeDatabase database;
    const auto mark = scratch.file("d") + "/database.json";
    {
        const auto storage = open_backed(scratch.file("d"), database);
        store(*storage, numbered_puts(20));
        must(storage->send());
    }
    const auto text = slurp(mark);
    const auto damage = GENERATE(0, 1, 2, 3);
    CAPTURE(damage);
    if (damage == 0) spit(mark, text.substr(0, text.size() / 2));
    if (damage == 1) fs::remove(mark);
    if (damage == 2) spit(mark, R"({"version":1,"database":"first","log":9,"offset":10})");
    if (damage == 3) {
        // Somebody served the folder without the database, and logs went.
        const auto directory = open_directory(scratch.file("d"));
        append(*directory, numbered_puts(1, 9));
        must(directory->checkpoint());
    }
    const auto storage = open_backed(scratch.file("d"), database);
    CHECK(storage->backing_stats().everything);
    CHECK(storage->backing_stats().pending == 20);
    must(storage->send());
    CHECK(database.got == 40);
    CHECK(database.hash() == state_of(*storage));
}

TEST_CASE("what others wrote to the database comes in at the start, and does not go back",
          "[storage][backed]") {
    const ScratchDir scratch;
    FakeDatabase database;
    {
        const auto storage = open_backed(scratch.file("d"), database);
        store(*storage, {put("m", "newer there", 5, "mine"), put("m", "older there", 5, "mine")});
        must(storage->send());
    }
    must(database.state.apply(put("m", "newer there", 9, "theirs").view()));
    must(database.state.apply(put("m", "only there", 8, "theirs").view()));
    const auto storage = open_backed(scratch.file("d"), database);
    CHECK(storage->learned() == 2);
    CHECK(storage->backing_read().rows == 3);
    CHECK(storage->largest_stamp() == Timestamp{9, 0, "n1"});
    must(storage->send());
    CHECK(database.got == 2);
    CHECK(state_of(*storage) == database.hash());
    CHECK(must(storage->store(views({put("m", "only there", 7)}))).outcomes[0] == OpOutcome::lost);
}

TEST_CASE("what the database refuses is counted, and holds nothing up", "[storage][backed]") {
    const ScratchDir scratch;
    FakeDatabase database;
    database.refuse_key = "1";
    const auto storage = open_backed(scratch.file("d"), database);
    store(*storage, numbered_puts(3));
    must(storage->send());
    must(storage->send());
    const auto refused = storage->backing_stats().refused;
    CHECK(refused.count == 1);
    REQUIRE(refused.reasons.size() == 1);
    CHECK(refused.reasons[0] == "key 1: not that one");
    CHECK(database.got == 3);
    CHECK(storage->backing_stats().pending == 0);
}

TEST_CASE("values larger than a piece of a log, and values that hold a log, arrive as they are",
          "[storage][backed]") {
    const ScratchDir scratch;
    FakeDatabase database;
    const auto storage = open_backed(scratch.file("d"), database);
    Bytes log;
    append_log_header({}, log);
    must(append_log_frame(put("m", "forged", 99).view(), log));
    auto holds_log = put("m", "holds a log", 5);
    holds_log.value.clear();
    Bytes logs;
    while (logs.size() < 9 * kMegabyte) logs += log;
    msgpack::Writer(holds_log.value).binary(logs);
    store(*storage, {put("m", "a", 5), holds_log, put("m", "b", 5)});
    store(*storage, numbered_puts(20'000));
    must(storage->send());
    CHECK(database.hash() == state_of(*storage));
    CHECK(database.got == 20'003);
}

TEST_CASE("a thread sends in the background, and close() sends the rest", "[storage][backed]") {
    const ScratchDir scratch;
    FakeDatabase database;
    BackedOptions options;
    options.flush_interval_ms = 1;
    const auto storage =
        must(BackedStorage::open(scratch.file("d"), {}, opener(database), options));
    store(*storage, numbered_puts(10));
    while (storage->backing_stats().pending > 0) std::this_thread::yield();
    store(*storage, numbered_puts(10, 6));
    must(storage->close(60'000));
    CHECK(database.got == 20);
    CHECK(database.hash() == state_of(*storage));
}
