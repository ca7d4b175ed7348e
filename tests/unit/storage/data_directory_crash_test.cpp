// SPDX-License-Identifier: Apache-2.0
// Crashes at every step, torn writes, failing disks and kill -9: what was flushed is there
// afterwards.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "storage_support.hpp"

using namespace topgun;
using namespace topgun::test;
namespace fs = std::filesystem;

namespace {

// What a disk may hold after a crash: the files as they are, but of a log perhaps less, or rubbish,
// beyond what was synced.
struct Crash {
    fs::path folder;
    std::string step;
    std::size_t flushed = 0;   // ops that flush() or checkpoint() had confirmed
    std::size_t appended = 0;  // ops handed to append() by then
};

class CrashingWorld {
public:
    CrashingWorld(const fs::path& root, std::uint64_t seed_value) : root_(root), rng_(seed_value) {}

    std::string live() const { return (root_ / "live").string(); }

    DataDirectoryOptions options() {
        DataDirectoryOptions out;
        out.before_step = [this](std::string_view step) {
            if (fs::exists(live())) capture(step);
            return Status();
        };
        return out;
    }

    void confirm() {
        flushed = appended;
        note_synced();
    }
    void note_synced() {
        for (const auto& name : names_in(live())) {
            if (name.ends_with(".tgl")) synced_[name] = fs::file_size(fs::path(live()) / name);
        }
    }

    std::size_t flushed = 0;
    std::size_t appended = 0;
    std::vector<Crash> crashes;

private:
    void capture(std::string_view step) {
        for (int variant = 0; variant < 3; ++variant) {
            Crash crash{root_ / std::to_string(crashes.size()), std::string(step), flushed,
                        appended};
            fs::copy(live(), crash.folder);
            bool changed = variant == 0;
            for (const auto& name : names_in(crash.folder)) {
                if (name.ends_with(".tgl") && variant > 0) {
                    changed = tear(crash.folder / name, synced_[name], variant) || changed;
                }
            }
            if (changed)
                crashes.push_back(crash);
            else
                fs::remove_all(crash.folder);
        }
    }

    // Cuts the unsynced end anywhere, or keeps its length with other bytes in it.
    bool tear(const fs::path& log, std::uint64_t synced, int variant) {
        auto bytes = slurp(log);
        if (bytes.size() <= synced || synced == 0) return false;
        const auto from = synced + rng_.below(bytes.size() - synced);
        if (variant == 1)
            bytes.resize(from);
        else
            for (auto at = from; at < bytes.size(); ++at) bytes[at] = static_cast<char>(rng_());
        spit(log, bytes);
        return true;
    }

    fs::path root_;
    Random rng_;
    std::map<std::string, std::uint64_t> synced_;
};

// Merging what must be there into what is there changes nothing; nor the other way round.
void check_recovered(DataDirectory& directory, const std::vector<OwnedOp>& ops,
                     const Crash& crash) {
    for (std::size_t i = 0; i < crash.flushed; ++i) {
        const auto merged = must(directory.shared().replica.apply(ops[i].view()));
        if (changed_state(outcome_of(merged))) FAIL("op " << i << " was flushed and is gone");
    }
    Replica all;
    for (std::size_t i = 0; i < crash.appended; ++i) must(all.apply(ops[i].view()));
    const auto state = directory.state();
    for (const auto& id : state->maps()) {
        if (id.name == "late") continue;  // written after the crash
        const auto known = [&](const Row& row) {
            const auto merged = must(all.apply(row_op(id, row)));
            if (changed_state(outcome_of(merged))) FAIL("a row that nobody wrote: " << row.key);
        };
        must(for_each_row(*must(state->removed_tags(id)), known));
        must(for_each_row(*must(state->rows(id, {HashRange{}})), known));
    }
}

}  // namespace

// Goal:   TG-DIR-001 and TG-DIR-002 hold wherever a crash strikes.
// Method: a hook copies the folder before every step that changes it, three times: as it is, with
//         the unsynced end of each log cut somewhere, and with rubbish there. Each copy is opened,
//         compared with what was confirmed by then, used on, and opened again.
TEST_CASE("a crash at any step loses nothing that was flushed", "[storage][directory][property]") {
    ScratchDir scratch;
    const auto seed_value = seed(20);
    CAPTURE(seed_value);
    Random rng(seed_value);
    CrashingWorld world(scratch.path(), seed_value);
    const auto ops = random_ops(rng, 400);
    for (int session = 0; session < 2; ++session) {
        const auto directory = open_directory(world.live(), world.options());
        world.note_synced();
        for (int round = 0; round < 7 && world.appended + 20 <= ops.size(); ++round) {
            const auto count = 1 + rng.below(20);
            const auto from = ops.begin() + static_cast<std::ptrdiff_t>(world.appended);
            const std::vector<OwnedOp> batch(from, from + static_cast<std::ptrdiff_t>(count));
            world.appended += count;
            append(*directory, batch);
            if (rng.below(4) == 0) {
                must(directory->checkpoint());
                world.confirm();
            } else if (rng.below(2) == 0) {
                must(directory->flush());
                world.confirm();
            }
        }
    }
    REQUIRE(world.crashes.size() > 40);
    std::vector<std::string> steps;
    for (const auto& crash : world.crashes) {
        CAPTURE(crash.step, crash.folder, crash.flushed);
        steps.push_back(crash.step);
        const auto late = put("late", "key", 1);
        DataDirectoryOptions reading;
        reading.read_only = true;
        if (!names_in(crash.folder).empty()) {
            check_recovered(*open_directory(crash.folder.string(), reading), ops, crash);
        }
        {
            const auto directory = open_directory(crash.folder.string());
            check_recovered(*directory, ops, crash);
            append(*directory, {late});
            must(directory->checkpoint());
        }
        reading.on_damage = OnDamage::refuse;
        const auto directory = open_directory(crash.folder.string(), reading);
        check_recovered(*directory, ops, crash);
        CHECK(must(directory->shared().replica.apply(late.view())) == Merged::equal);
        fs::remove_all(crash.folder);
    }
    for (const auto* step : {"lock", "create-log", "write-log", "sync-log", "write-snapshot",
                             "drop-file", "sync-directory"}) {
        CAPTURE(step);
        CHECK(std::find(steps.begin(), steps.end(), step) != steps.end());
    }
}

TEST_CASE("a log cut at any byte keeps every op before the cut", "[storage][directory]") {
    ScratchDir scratch;
    std::vector<std::uint64_t> ends;
    {
        const auto directory = open_directory(scratch.file("data"));
        ends.push_back(directory->stats().log_bytes);
        for (int i = 0; i < 6; ++i) {
            append(*directory, {put("m", "k" + std::to_string(i), 5)});
            must(directory->flush());
            ends.push_back(directory->stats().log_bytes);
        }
    }
    const auto log = scratch.path() / "data" / "log-00000001.tgl";
    const auto whole = slurp(log);
    REQUIRE(whole.size() == ends.back());
    DataDirectoryOptions reading;
    reading.read_only = true;
    for (auto size = ends.front(); size <= whole.size(); ++size) {
        spit(log, whole.substr(0, size));
        const auto directory = open_directory(scratch.file("data"), reading);
        const auto expected = std::upper_bound(ends.begin(), ends.end(), size) - ends.begin() - 1;
        CAPTURE(size);
        CHECK(directory->recovery().ops == static_cast<std::uint64_t>(expected));
        CHECK(directory->recovery().complete());
    }
}

TEST_CASE("each sync policy syncs when it says", "[storage][directory]") {
    using Steps = std::vector<std::string>;
    ScratchDir scratch;
    Steps steps;
    DataDirectoryOptions options;
    options.before_step = [&steps](std::string_view step) {
        steps.emplace_back(step);
        return Status();
    };
    options.sync = GENERATE(SyncPolicy::batch, SyncPolicy::always, SyncPolicy::never);
    const auto directory = open_directory(scratch.file("data"), options);
    steps.clear();
    append(*directory, {put("m", "a", 5), put("m", "b", 5)});
    const bool always = options.sync == SyncPolicy::always;
    CHECK(steps == (always ? Steps{"write-log", "sync-log"} : Steps{}));
    CHECK(directory->durable() == (always ? 2u : 0u));
    must(directory->flush());
    CHECK(steps == (options.sync == SyncPolicy::never ? Steps{"write-log"}
                                                      : Steps{"write-log", "sync-log"}));
    CHECK(directory->durable() == 2);
    steps.clear();
    must(directory->flush());
    CHECK(steps.empty());  // nothing new, so nothing to wait for
}

TEST_CASE("much unflushed data is written early, yet is durable only after a flush",
          "[storage][directory]") {
    ScratchDir scratch;
    const auto directory = open_directory(scratch.file("data"));
    for (int i = 0; i < 40; ++i) {
        append(*directory, {put("m", std::to_string(i), 5, std::string(100'000, 'x'))});
    }
    CHECK(directory->stats().log_bytes > std::uint64_t{2 << 20});
    CHECK(directory->durable() == 0);
    must(directory->flush());
    CHECK(directory->durable() == 40);
}

// TG-DIR-004
TEST_CASE("after a failed step nothing more is confirmed, and opening anew recovers",
          "[storage][directory]") {
    ScratchDir scratch;
    const auto path = scratch.file("data");
    const std::string failing = GENERATE("write-log", "sync-log");
    CAPTURE(failing);
    bool fail = false;
    DataDirectoryOptions options;
    options.before_step = [&](std::string_view step) -> Status {
        if (fail && step == failing) return Error(Errc::io, "disk on fire");
        return {};
    };
    {
        const auto directory = open_directory(path, options);
        append(*directory, {put("m", "a", 5)});
        must(directory->flush());
        fail = true;
        append(*directory, {put("m", "b", 5)});
        const auto flushed = directory->flush();
        REQUIRE_FALSE(flushed);
        CHECK(flushed.error().text().find("disk on fire") != std::string::npos);
        fail = false;  // the disk is well again, but what it holds is not known
        CHECK(directory->durable() == 1);
        CHECK(directory->stats().failed);
        CHECK(directory->flush().error().code() == Errc::io);
        const auto op = put("m", "c", 5);
        CHECK(directory->append(std::vector<Op>{op.view()}).error().code() == Errc::io);
        CHECK(directory->checkpoint().error().code() == Errc::io);
    }
    const auto again = open_directory(path);
    CHECK(again->recovery().complete());
    CHECK(again->recovery().ops == (failing == "sync-log" ? 2u : 1u));
    append(*again, {put("m", "c", 5)});
    must(again->flush());
}

TEST_CASE("a checkpoint that fails can be repeated, and ops go on meanwhile",
          "[storage][directory]") {
    ScratchDir scratch;
    const auto path = scratch.file("data");
    const std::string failing =
        GENERATE("create-log", "write-snapshot", "drop-file", "sync-directory");
    CAPTURE(failing);
    bool fail = true;
    DataDirectoryOptions options;
    options.before_step = [&](std::string_view step) -> Status {
        if (fail && step == failing) return Error(Errc::io, "no room");
        return {};
    };
    if (failing == "create-log") fail = false;
    std::vector<OwnedOp> ops{put("m", "a", 5)};
    {
        const auto directory = open_directory(path, options);
        append(*directory, ops);
        fail = true;
        CHECK_FALSE(directory->checkpoint());
        ops.push_back(put("m", "b", 5));
        append(*directory, {ops.back()});
        must(directory->flush());
        DataDirectoryOptions reading;
        reading.read_only = true;
        CHECK(hash_of(*open_directory(path, reading)->state()) == hash_of(ops));
        fail = false;
        CHECK(must(directory->checkpoint()).written);
        CHECK(names_in(path).size() == 3);
    }
    CHECK(hash_of(*open_directory(path)->state()) == hash_of(ops));
}

TEST_CASE("leftovers of an interrupted write are cleared away", "[storage][directory]") {
    ScratchDir scratch;
    const auto path = scratch.file("data");
    append(*open_directory(path), {put("m", "a", 5)});
    spit(path + "/snapshot-00000002.tgs.4711-0.tmp", "half a snapshot");
    spit(path + "/log-00000002.tgl.4711-1.tmp", "");
    const auto directory = open_directory(path);
    CHECK(names_in(path) == std::vector<std::string>{"LOCK", "log-00000001.tgl"});
    CHECK(directory->recovery().ops == 1);
}

// Goal:   appends, flushes, checkpoints, prunes and readers may run at once.
// Method: two writers count up, a third thread checkpoints, a fourth reads; readers find whole rows
//         in order and never fewer than before; a recovery finds all that was flushed.
TEST_CASE("checkpoints and readers run beside writers", "[storage][directory][threads]") {
    ScratchDir scratch;
    const auto path = scratch.file("data");
    constexpr int kBatches = 60, kBatch = 50;
    {
        const auto directory = open_directory(path);
        std::atomic<bool> done{false};
        std::atomic<int> failures{0};
        const auto write = [&](const std::string& name) {
            for (int batch = 0; batch < kBatches; ++batch) {
                std::vector<OwnedOp> ops;
                for (int i = 0; i < kBatch; ++i) {
                    const auto key = name + std::to_string(batch * kBatch + i);
                    ops.push_back(put("m", key, 5, key));
                    ops.push_back(or_add("t", "k" + std::to_string(i), key + ":0:" + name));
                    if (i % 5 == 0) ops.push_back(or_remove("t", "", key + ":0:" + name));
                }
                const auto report = directory->append(views(ops));
                const auto flushed = directory->flush();
                if (!report || !flushed || directory->durable() < report->sequence) ++failures;
            }
        };
        std::thread first(write, "a"), second(write, "b");
        std::thread checkpoints([&] {
            while (!done) {
                if (!directory->checkpoint()) ++failures;
                if (!directory->prune({1, 0, ""})) ++failures;
            }
        });
        std::thread reader([&] {
            std::uint64_t before = 0;
            while (!done) {
                const auto state = directory->state();
                if (!state->has({"m", MapKind::lww})) continue;
                std::uint64_t rows = 0;
                Row last;
                std::string last_key;
                const auto cursor = must(state->rows({"m", MapKind::lww}, {HashRange{}}));
                must(for_each_row(*cursor, [&](const Row& row) {
                    last.key = last_key;
                    if (rows > 0 && compare_place(last, row) >= 0) ++failures;
                    if (row.value != text_value(row.key)) ++failures;
                    last = row;
                    last_key = row.key;
                    ++rows;
                }));
                if (rows < before) ++failures;
                before = rows;
            }
        });
        first.join();
        second.join();
        done = true;
        checkpoints.join();
        reader.join();
        CHECK(failures == 0);
        CHECK(directory->stats().checkpoints > 0);
    }
    const auto again = open_directory(path);
    CHECK(again->recovery().complete());
    CHECK(must(again->state()->facts({"m", MapKind::lww}))->records == 2u * kBatches * kBatch);
    const auto tags = again->state();
    CHECK(must(tags->facts({"t", MapKind::or_map}))->records == 2u * kBatches * kBatch / 5 * 4);
    CHECK(must(tags->facts({"t", MapKind::or_map}))->tombstones == 2u * kBatches * kBatch / 5);
}

namespace {

// Appends numbered keys and reports each flushed count, until it is killed.
[[noreturn]] void write_until_killed(const std::string& path, std::uint64_t from, int report_to) {
    auto opened = DataDirectory::open(path);
    if (!opened) ::_exit(3);
    auto& directory = **opened;
    std::thread checkpoints([&directory] {
        for (;;) {
            if (!directory.checkpoint()) ::_exit(4);
        }
    });
    for (auto next = from;;) {
        std::vector<OwnedOp> ops;
        for (int i = 0; i < 20; ++i, ++next)
            ops.push_back(put("m", std::to_string(next), 5 + next));
        if (!directory.append(views(ops)) || !directory.flush()) ::_exit(5);
        if (::write(report_to, &next, sizeof next) != sizeof next) ::_exit(6);
    }
}

}  // namespace

TEST_CASE("kill -9 loses nothing that was confirmed", "[storage][directory][process]") {
    ScratchDir scratch;
    const auto path = scratch.file("data");
    Random rng(seed(9));
    std::uint64_t confirmed = 0;
    for (int round = 0; round < 12; ++round) {
        int ends[2] = {};
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        const auto child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) write_until_killed(path, confirmed, ends[1]);
        ::close(ends[1]);
        // Killed after some confirmations: at no particular moment of writing, syncing,
        // checkpointing.
        const auto wanted = 1 + rng.below(40);
        std::uint64_t heard = 0;
        for (std::uint64_t got = 0;
             got < wanted && ::read(ends[0], &heard, sizeof heard) == sizeof heard;) {
            ++got;
            confirmed = heard;
        }
        ::usleep(static_cast<useconds_t>(rng.below(5000)));
        ::kill(child, SIGKILL);
        while (::read(ends[0], &heard, sizeof heard) == sizeof heard) confirmed = heard;
        ::close(ends[0]);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFSIGNALED(status));

        DataDirectoryOptions options;
        options.on_damage = OnDamage::refuse;
        const auto directory = open_directory(path, options);
        std::uint64_t missing = 0;
        const auto& lww =
            std::get<LwwMap>(directory->shared().replica.get({"m", MapKind::lww}).crdt);
        for (std::uint64_t i = 0; i < confirmed; ++i)
            missing += lww.find(std::to_string(i)) ? 0 : 1;
        CAPTURE(round, confirmed);
        CHECK(missing == 0);
        CHECK(confirmed > 0);
    }
}
