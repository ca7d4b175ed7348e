// SPDX-License-Identifier: Apache-2.0
// Data directories under real threads and a real kill -9.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "storage_support.hpp"

using namespace topgun;
using namespace topgun::test;

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
