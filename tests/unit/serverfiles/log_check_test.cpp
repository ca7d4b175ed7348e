// SPDX-License-Identifier: Apache-2.0
// Faults of the server's write-ahead log, each planted and found.
#include "topgun/serverfiles/log_check.hpp"

#include "log_writer.hpp"

using namespace topgun;
using namespace topgun::serverfiles;
using namespace topgun::test;

namespace {

struct Checked {
    std::vector<LogFault> faults;
    std::vector<std::string> texts;
    LogCheckReport report;
};

Checked checked(const std::string& path) {
    Checked out;
    LogCheckVisitor visitor;
    visitor.found = [&](const LogFinding& finding) -> Status {
        out.faults.push_back(finding.fault);
        out.texts.push_back(finding.what);
        return {};
    };
    must(check_log(path, visitor, out.report));
    return out;
}

Bytes store(std::uint64_t sequence) {
    return frame(payload("m", "k", op_store(stored_lww(1, {1, 0, "n"})), sequence));
}

const std::uint32_t kHome = log_partition_of("m", "k");
using Faults = std::vector<LogFault>;

}  // namespace

TEST_CASE("a sound log has no findings, whatever it lacks", "[serverfiles]") {
    const ScratchDir folder;
    LogFolder log(folder.path() / "wal");
    log.append(segment_name(kHome, 7), store(7) + store(9));
    log.append(segment_name(kHome, 20), store(21));
    log.write("users", "alice", op_remove());
    log.write("m", "k", op_add(1, "1:0:n"));
    const auto sound = checked(log.path());
    CHECK(sound.faults.empty());
    CHECK(sound.report.files == 4);
    CHECK(sound.report.frames == 5);
    CHECK(sound.report.pending == 5);
    log.applied("m", "k", 9);
    CHECK(checked(log.path()).report.pending == 2);
    CHECK_FALSE(check_log(folder.file("missing"), {}, *std::make_unique<LogCheckReport>()));
}

TEST_CASE("each fault of a log is found", "[serverfiles]") {
    const ScratchDir folder;
    LogFolder log(folder.path() / "wal");
    const auto name = segment_name(kHome, 7);
    log.append(name, store(7));

    SECTION("a tail that was cut off") {
        log.append(name, store(8).substr(0, 20));
        CHECK(checked(log.path()).faults == Faults{LogFault::cut_tail});
    }
    SECTION("the same in a file that others follow") {
        log.append(name, store(8).substr(0, 20));
        log.append(segment_name(kHome, 9), store(9));
        CHECK(checked(log.path()).faults == Faults{LogFault::damage});
    }
    SECTION("bytes that are no frame, and frames behind them") {
        log.append(name, "junk" + store(8));
        const auto found = checked(log.path());
        CHECK(found.faults == Faults{LogFault::damage});
        CHECK(found.report.frames == 2);
        CHECK(found.texts[0].find("byte ") != std::string::npos);
    }
    SECTION("a checksum that differs") {
        auto bad = store(8);
        bad[10] = static_cast<char>(bad[10] ^ 1);
        log.append(name, bad + store(9));
        CHECK(checked(log.path()).faults == Faults{LogFault::damage});
    }
    SECTION("a version that is not known") {
        auto bad = store(8);
        bad[4] = 2;
        log.append(name, bad + store(9));
        CHECK(checked(log.path()).faults == Faults{LogFault::damage});
    }
    SECTION("numbers that repeat or go back") {
        log.append(name, store(7) + store(6) + store(8));
        CHECK(checked(log.path()).faults == Faults{LogFault::order, LogFault::order});
    }
    SECTION("an entry of another partition") {
        log.append(segment_name(kHome + 1, 8), store(8));
        CHECK(checked(log.path()).faults == Faults{LogFault::place});
    }
    SECTION("a number below that of its file") {
        log.append(segment_name(kHome, 9), store(8));
        CHECK(checked(log.path()).faults == Faults{LogFault::place});
    }
    SECTION("a mark above the last entry") {
        log.applied("m", "k", 8);
        CHECK(checked(log.path()).faults == Faults{LogFault::watermark});
    }
    SECTION("a mark of another length") {
        spit(folder.path() / "wal" / (name.substr(0, 13) + ".applied"), "short");
        CHECK(checked(log.path()).faults == Faults{LogFault::watermark});
    }
}
