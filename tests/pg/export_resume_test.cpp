// SPDX-License-Identifier: Apache-2.0
// Exports that are interrupted: what stays, what is said, and what taking it up gives.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>

#include "export_world.hpp"

namespace topgun::test {
namespace {

// Exports in a process of its own, which is killed as soon as a part is listed.
void export_until_killed(const World& world) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        auto options = small_memory(world);
        options.progress = [&](std::uint64_t) {
            const auto kept = pg::kept_parts(world.output);
            if (kept && *kept) ::kill(::getpid(), SIGKILL);
        };
        (void)pg::export_table(options);
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    CHECK_FALSE(std::filesystem::exists(world.output));
}

std::vector<std::string> command(const World& world, std::vector<std::string> more = {}) {
    std::vector<std::string> out{"pg", "export", world.url(), "-o", world.output};
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

// Ends the sessions of exports. @param readers  only those that read rows.
void end_sessions(const World& world, bool readers) {
    (void)must(connect(world.database)
                   ->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                           "current_database() AND application_name = 'topgun-cli pg export'" +
                           std::string(readers ? " AND query LIKE 'COPY%'" : "")));
}

TEST_CASE("an export that was killed is taken up, with what changed since", "[pg][export]") {
    const World world(kJsonbTable + kJsonbRows);
    export_until_killed(world);
    const auto kept = must(pg::kept_parts(world.output));
    REQUIRE(kept);
    CHECK(kept->rows > 0);
    CHECK(kept->rows < 20'001);
    // Each row gets a new place, so that most change sides between what was read and what was not.
    world.run(
        "UPDATE topgun_maps SET ts_counter = ts_counter + 1 WHERE ts_node_id <> '__ORMAP__';"
        "INSERT INTO topgun_maps VALUES ('map1', 'new', '1', 1, 0, 'n', false)");
    const auto resumed = cli(command(world, {"--resume", "--json"}));
    INFO(resumed.err);
    CHECK(resumed.status == 0);
    CHECK(resumed.err.find("of several moments") != std::string::npos);
    const auto report = nlohmann::json::parse(resumed.out);
    CHECK(report["moments"].size() == 2);
    CHECK(report["records"] == 20'001);
    CHECK(same_state(world));
    CHECK_FALSE(parts_exist(world));
}

TEST_CASE("unchanged rows are not read again", "[pg][export]") {
    const World world(kByteaTable + kByteaRows);
    export_until_killed(world);
    const auto kept = must(pg::kept_parts(world.output));
    REQUIRE(kept);
    auto options = small_memory(world);
    options.resume = true;
    std::atomic<std::uint64_t> read{0};
    bool merging = false;
    options.stage = [&](pg::ExportStage stage, std::uint64_t) {
        merging = stage == pg::ExportStage::merging;
    };
    options.progress = [&](std::uint64_t rows) { read += merging ? 0 : rows; };
    CHECK(must(pg::export_table(options)).read.rows == 16'500);
    CHECK(read == 16'500 - kept->rows);
    CHECK(same_state(world));
}

TEST_CASE("a second interruption keeps what the first had", "[pg][export]") {
    const World world(kJsonbTable + kJsonbRows);
    export_until_killed(world);
    auto options = small_memory(world);
    options.resume = true;
    std::atomic<bool> stop{false};
    options.stop = [&] { return stop.load(); };
    const auto first = must(pg::kept_parts(world.output))->parts;
    options.progress = [&](std::uint64_t) {
        stop = must(pg::kept_parts(world.output))->parts > first;
    };
    const auto stopped = pg::export_table(options);
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code() == Errc::cancelled);
    // As when the line was being written.
    spit(world.output + ".parts/parts.ndjson",
         slurp(world.output + ".parts/parts.ndjson") + R"({"files":["99.)");
    world.run("UPDATE topgun_maps SET ts_counter = 7 WHERE map_name = 'map2'");
    options = small_memory(world);
    options.resume = true;
    CHECK(must(pg::export_table(options)).moments.size() == 3);
    CHECK(same_state(world));
}

TEST_CASE("without --resume an export begins afresh, and says so", "[pg][export]") {
    const World world(kJsonbTable + kJsonbRows);
    export_until_killed(world);
    const auto afresh = cli(command(world));
    CHECK(afresh.status == 0);
    CHECK(afresh.err.find("--resume takes them up") != std::string::npos);
    CHECK(same_state(world));
    CHECK_FALSE(parts_exist(world));
    const auto nothing = cli(command(world, {"--resume"}));
    CHECK(nothing.status == 0);
    CHECK(nothing.err.find("nothing to take up") != std::string::npos);
}

TEST_CASE("parts of something else are not taken up", "[pg][export]") {
    const World world(kJsonbTable + kJsonbRows);
    export_until_killed(world);
    CHECK(cli(command(world, {"--resume", "-m", "map1"})).status == 2);
    const auto list = world.output + ".parts/parts.ndjson";
    const auto lines = slurp(list);
    spit(list, "nonsense\n" + lines);
    CHECK(cli(command(world, {"--resume"})).status == 3);
    spit(list, lines);
    world.run("VACUUM FULL topgun_maps");
    const auto moved = cli(command(world, {"--resume"}));
    CHECK(moved.status == 2);
    CHECK(moved.err.find("made anew") != std::string::npos);
    CHECK(must(pg::kept_parts(world.output)));
}

TEST_CASE("a folder of somebody else's is left alone", "[pg][export]") {
    const World world(kJsonbTable + kJsonbRows);
    std::filesystem::create_directory(world.output + ".parts");
    spit(world.output + ".parts/1.tgs", "mine");
    CHECK(cli(command(world, {"--memory", "1M"})).status == 5);
    CHECK(slurp(world.output + ".parts/1.tgs") == "mine");
}

TEST_CASE("a lost connection is replaced, and its rows are read again", "[pg][export]") {
    const World world(kByteaTable + kByteaRows);
    auto options = small_memory(world);
    (void)must(pg::export_table(options));
    const auto before = slurp(world.output);
    std::once_flag once;
    std::atomic<unsigned> heard{0};
    options.progress = [&](std::uint64_t) {
        std::call_once(once, [&] { end_sessions(world, true); });
    };
    options.note = [&](const std::string&) { ++heard; };
    CHECK(must(pg::export_table(options)).read.rows == 16'500);
    CHECK(heard > 0);
    CHECK(slurp(world.output) == before);
}

TEST_CASE("when the moment itself is lost, what was read is kept", "[pg][export]") {
    const World world(kJsonbTable + kJsonbRows);
    auto options = small_memory(world);
    options.progress = [&](std::uint64_t) {
        const auto kept = pg::kept_parts(world.output);
        if (kept && *kept) end_sessions(world, false);
    };
    const auto lost = pg::export_table(options);
    REQUIRE_FALSE(lost);
    CHECK(lost.error().code() == Errc::unreachable);
    REQUIRE(must(pg::kept_parts(world.output)));
    CHECK(cli(command(world, {"--resume"})).status == 0);
    CHECK(same_state(world));
}

// No file may grow beyond so much, as on a disk that is full.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit now{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &now);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int);
};

TEST_CASE("a full disk ends an export, and leaves what can be taken up", "[pg][export]") {
    const World world(kJsonbTable + kJsonbRows);
    auto options = small_memory(world);
    {
        // Enough for each part, not for the whole.
        const FullDisk full(600'000);
        const auto failed = pg::export_table(options);
        REQUIRE_FALSE(failed);
        CHECK(failed.error().code() == Errc::io);
        CHECK(failed.error().text().find("out.tgs") != std::string::npos);
    }
    CHECK_FALSE(std::filesystem::exists(world.output));
    CHECK(must(pg::kept_parts(world.output))->rows == 20'001);
    options.resume = true;
    CHECK(must(pg::export_table(options)).written.rows == 20'000);
    CHECK(same_state(world));
    options.resume = false;
    {
        const FullDisk full(1'000);
        CHECK_FALSE(pg::export_table(options));
    }
    CHECK_FALSE(parts_exist(world));
    CHECK(same_state(world));
}

}  // namespace
}  // namespace topgun::test
