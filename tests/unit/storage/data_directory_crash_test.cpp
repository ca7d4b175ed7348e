// SPDX-License-Identifier: Apache-2.0
// Crashes at every step, torn writes, failing disks: what was flushed is there afterwards.
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

TEST_CASE("a snapshot that may fill the disk is not begun, so that the log has room",
          "[storage][directory]") {
    ScratchDir scratch;
    const auto path = scratch.file("data");
    std::uint64_t free = 1'500'000;
    DataDirectoryOptions options;
    options.free_bytes = [&free] { return free; };
    const auto directory = open_directory(path, options);
    append(*directory, {put("m", "a", 5, std::string(500'000, 'x'))});
    must(directory->flush());
    const auto refused = directory->checkpoint();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::io);
    CHECK(refused.error().text().find("1500000 are free; everything is in the logs") !=
          std::string::npos);
    CHECK(names_in(path) == std::vector<std::string>{"LOCK", "log-00000001.tgl"});
    CHECK_FALSE(directory->stats().failed);
    append(*directory, {put("m", "b", 5)});
    must(directory->flush());
    free = 2'000'000;
    CHECK(must(directory->checkpoint()).written);
    // The snapshot that is there says how large the next one is.
    append(*directory, {put("m", "c", 5)});
    free = 1'300'000;
    CHECK(must(directory->checkpoint()).written);
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
