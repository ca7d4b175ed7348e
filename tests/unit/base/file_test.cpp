// SPDX-License-Identifier: Apache-2.0
// Goal: outputs are complete or absent, locks exclude, and no file can make a reader hang or
// allocate what it does not hold.
#include "topgun/base/file.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "topgun_test/support.hpp"

using namespace topgun;
namespace fs = std::filesystem;

namespace {

std::size_t entries(const test::ScratchDir& dir) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir.path()), {}));
}

template <typename T>
Errc code_of(const Result<T>& result) {
    REQUIRE_FALSE(result);
    return result.error().code();
}

}  // namespace

TEST_CASE("read_file returns every byte, whatever the size", "[base][file]") {
    test::ScratchDir dir;
    const auto size =
        GENERATE(as<std::size_t>{}, 0, 1, (1u << 18) - 1, 1u << 18, (1u << 18) + 1, 3'000'000);
    std::string content(size, '\0');
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 31 >> 3);
    test::spit(dir.file("f"), content);
    CHECK(test::must(read_file(dir.file("f"))) == content);
    CHECK(test::must(read_file(dir.file("f"), size)) == content);
    if (size > 0) CHECK(code_of(read_file(dir.file("f"), size - 1)) == Errc::limit);
}

TEST_CASE("read_file refuses devices that have no end", "[base][file]") {
    const auto refused = read_file("/dev/zero");
    CHECK(code_of(refused) == Errc::io);
    CHECK_THAT(refused.error().text(), Catch::Contains("/dev/zero: a device without an end"));
    CHECK(test::must(read_file("/dev/null")).empty());
}

TEST_CASE("read_file names what it cannot read", "[base][file]") {
    test::ScratchDir dir;
    const auto missing = read_file(dir.file("missing"));
    CHECK(code_of(missing) == Errc::not_found);
    CHECK(missing.error().text().find("missing: cannot open: ") != std::string::npos);
    CHECK(code_of(read_file(dir.path().string())) == Errc::io);
    CHECK(code_of(read_file(dir.file("a") + "/b")) == Errc::not_found);
}

TEST_CASE("read_file reads a pipe to its end, and stops at the limit", "[base][file]") {
    test::ScratchDir dir;
    const auto path = dir.file("pipe");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const auto limit = GENERATE(as<std::uint64_t>{}, 1'000'000, 999'999);
    std::thread writer([&] {
        std::ofstream out(path, std::ios::binary);
        for (int i = 0; i < 1000; ++i) out << std::string(1000, 'x');
    });
    const auto content = read_file(path, limit);
    writer.join();
    CHECK(content.has_value() == (limit == 1'000'000));
    if (content) CHECK(*content == std::string(1'000'000, 'x'));
}

TEST_CASE("a sparse file beyond the limit is refused without reading it", "[base][file]") {
    test::ScratchDir dir;
    test::spit(dir.file("f"), "x");
    fs::resize_file(dir.file("f"), std::uintmax_t{1} << 42);
    CHECK(code_of(read_file(dir.file("f"))) == Errc::limit);
    CHECK(code_of(read_file(dir.file("f"), 10)) == Errc::limit);
}

TEST_CASE("an input file is read by offset, and counts what it hands out", "[base][file]") {
    test::ScratchDir dir;
    test::spit(dir.file("f"), "0123456789");
    const auto file = test::must(InputFile::open(dir.file("f")));
    CHECK(file.size() == 10);
    CHECK(file.path() == dir.file("f"));
    Bytes out = "old";
    test::must(file.read_at(3, 4, out));
    CHECK(out == "3456");
    test::must(file.read_at(0, 10, out));
    CHECK(out == "0123456789");
    test::must(file.read_at(10, 0, out));
    CHECK(out.empty());
    CHECK(file.bytes_read() == 14);
}

TEST_CASE("reading past the end of an input file is bad input", "[base][file]") {
    test::ScratchDir dir;
    test::spit(dir.file("f"), "0123456789");
    const auto file = test::must(InputFile::open(dir.file("f")));
    Bytes out;
    CHECK(code_of(file.read_at(7, 4, out)) == Errc::bad_input);
    CHECK(code_of(file.read_at(11, 0, out)) == Errc::bad_input);
    CHECK(code_of(file.read_at(~std::uint64_t{0}, 1, out)) == Errc::bad_input);
    CHECK(code_of(file.read_at(1, ~std::size_t{0}, out)) == Errc::bad_input);
    CHECK(file.bytes_read() == 0);
    fs::resize_file(dir.file("f"), 5);
    CHECK(code_of(file.read_at(0, 10, out)) == Errc::bad_input);
}

TEST_CASE("an input file is a regular file; a named pipe neither passes nor blocks",
          "[base][file]") {
    test::ScratchDir dir;
    REQUIRE(::mkfifo(dir.file("pipe").c_str(), 0600) == 0);
    CHECK(code_of(InputFile::open(dir.file("pipe"))) == Errc::io);
    CHECK(code_of(InputFile::open(dir.path().string())) == Errc::io);
    CHECK(code_of(InputFile::open(dir.file("missing"))) == Errc::not_found);
}

TEST_CASE("several threads read one input file at once", "[base][file]") {
    test::ScratchDir dir;
    std::string content;
    for (int i = 0; i < 1000; ++i) content += std::to_string(1000 + i);
    test::spit(dir.file("f"), content);
    const auto file = test::must(InputFile::open(dir.file("f")));
    std::vector<std::jthread> threads;
    std::atomic<int> wrong{0};
    for (unsigned t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            Bytes out;
            for (unsigned i = t; i < 1000; i += 4) {
                const bool read = file.read_at(i * 4, 4, out).has_value();
                if (!read || out != std::to_string(1000 + i)) ++wrong;
            }
        });
    }
    threads.clear();
    CHECK(wrong == 0);
    CHECK(file.bytes_read() == 4000);
}

TEST_CASE("an atomic file appears only at commit", "[base][file]") {
    test::ScratchDir dir;
    auto file = test::must(AtomicFile::create(dir.file("out")));
    test::must(file.write("hello "));
    test::must(file.write("world"));
    CHECK(file.size() == 11);
    CHECK_FALSE(fs::exists(dir.file("out")));
    test::must(file.commit());
    CHECK(test::slurp(dir.file("out")) == "hello world");
    CHECK(entries(dir) == 1);
    CHECK_THROWS_AS(file.commit(), Bug);
}

TEST_CASE("an atomic file that is dropped leaves the old file untouched", "[base][file]") {
    test::ScratchDir dir;
    test::spit(dir.file("out"), "old");
    {
        auto file = test::must(AtomicFile::create(dir.file("out")));
        test::must(file.write(std::string(3'000'000, 'x')));
        CHECK(entries(dir) == 2);
    }
    CHECK(test::slurp(dir.file("out")) == "old");
    CHECK(entries(dir) == 1);
}

TEST_CASE("committing an atomic file replaces the old one and keeps its permissions",
          "[base][file]") {
    test::ScratchDir dir;
    test::spit(dir.file("out"), "old and longer");
    fs::permissions(dir.file("out"), fs::perms::owner_read | fs::perms::owner_write);
    auto file = test::must(AtomicFile::create(dir.file("out")));
    test::must(file.write("new"));
    test::must(file.commit());
    CHECK(test::slurp(dir.file("out")) == "new");
    CHECK(fs::status(dir.file("out")).permissions() ==
          (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a new atomic file obeys the process's permission mask", "[base][file]") {
    test::ScratchDir dir;
    const auto mask = ::umask(027);
    auto file = test::must(AtomicFile::create(dir.file("out")));
    test::must(file.commit());
    ::umask(mask);
    struct stat status {};
    REQUIRE(::stat(dir.file("out").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("writes larger and smaller than the buffer keep their order", "[base][file]") {
    test::ScratchDir dir;
    auto file = test::must(AtomicFile::create(dir.file("out")));
    std::string expected;
    for (const std::size_t size : {5u, 1u << 20, 3u, (1u << 20) - 1, 2u, 1u, 5'000'000u, 7u}) {
        const std::string part(size, static_cast<char>('a' + expected.size() % 26));
        test::must(file.write(part));
        expected += part;
    }
    CHECK(file.size() == expected.size());
    test::must(file.commit());
    CHECK((test::slurp(dir.file("out")) == expected));
}

TEST_CASE("a header is written over after the fact", "[base][file]") {
    test::ScratchDir dir;
    auto file = test::must(AtomicFile::create(dir.file("out")));
    test::must(file.write("....body"));
    test::must(file.write_at(0, "HEAD"));
    test::must(file.write("tail"));
    CHECK(file.size() == 12);
    test::must(file.commit());
    CHECK(test::slurp(dir.file("out")) == "HEADbodytail");
}

TEST_CASE("a moved atomic file commits once, from its new place", "[base][file]") {
    test::ScratchDir dir;
    auto first = test::must(AtomicFile::create(dir.file("out")));
    test::must(first.write("a"));
    {
        auto second = std::move(first);
        test::must(second.write("b"));
        test::must(second.commit());
    }
    CHECK(test::slurp(dir.file("out")) == "ab");
}

TEST_CASE("two atomic files under one name do not disturb each other; the last commit stays",
          "[base][file]") {
    test::ScratchDir dir;
    auto first = test::must(AtomicFile::create(dir.file("out")));
    auto second = test::must(AtomicFile::create(dir.file("out")));
    test::must(first.write("first"));
    test::must(second.write("second"));
    test::must(second.commit());
    CHECK(test::slurp(dir.file("out")) == "second");
    test::must(first.commit());
    CHECK(test::slurp(dir.file("out")) == "first");
    CHECK(entries(dir) == 1);
}

TEST_CASE("an atomic file refuses a place that is missing or no regular file", "[base][file]") {
    test::ScratchDir dir;
    REQUIRE(::mkfifo(dir.file("pipe").c_str(), 0600) == 0);
    CHECK(code_of(AtomicFile::create(dir.file("no/such/out"))) == Errc::not_found);
    CHECK(code_of(AtomicFile::create(dir.path().string())) == Errc::io);
    CHECK(code_of(AtomicFile::create(dir.file("pipe"))) == Errc::io);
    CHECK(entries(dir) == 1);
}

TEST_CASE("a full disk is reported, and leaves the old file", "[base][file]") {
    test::ScratchDir dir;
    test::spit(dir.file("out"), "old");
    // A limit on file size stands in for the full disk; only the child process has it.
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{100'000, 100'000};
        ::setrlimit(RLIMIT_FSIZE, &small);
        auto file = AtomicFile::create(dir.file("out"));
        bool failed = false;
        for (int i = 0; file && !failed && i < 8; ++i) {
            const auto status = file->write(std::string(500'000, 'x'));
            failed = !status && status.error().code() == Errc::io;
        }
        if (file) {
            auto dropped = std::move(*file);
        }
        ::_exit(failed ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(test::slurp(dir.file("out")) == "old");
    CHECK(entries(dir) == 1);
}

TEST_CASE("a signal handler can remove temporaries that are not committed", "[base][file]") {
    test::ScratchDir dir;
    auto done = test::must(AtomicFile::create(dir.file("done")));
    test::must(done.commit());
    auto open = test::must(AtomicFile::create(dir.file("open")));
    CHECK(entries(dir) == 2);
    remove_temporaries();
    CHECK(entries(dir) == 1);
    CHECK(fs::exists(dir.file("done")));
    CHECK(code_of(open.commit()) == Errc::not_found);
}

TEST_CASE("an append file adds to what is there", "[base][file]") {
    test::ScratchDir dir;
    test::spit(dir.file("log"), "abc");
    {
        auto file = test::must(AppendFile::open(dir.file("log")));
        CHECK(file.size() == 3);
        test::must(file.write("def"));
        test::must(file.sync());
        CHECK(file.size() == 6);
    }
    CHECK(test::slurp(dir.file("log")) == "abcdef");
    auto fresh = test::must(AppendFile::open(dir.file("new")));
    CHECK(fresh.size() == 0);
    CHECK(code_of(AppendFile::open(dir.file("no/log"))) == Errc::not_found);
}

TEST_CASE("after a cut, an append file goes on at the cut", "[base][file]") {
    test::ScratchDir dir;
    auto file = test::must(AppendFile::open(dir.file("log")));
    test::must(file.write("good torn"));
    test::must(file.truncate(4));
    CHECK(file.size() == 4);
    test::must(file.write("more"));
    CHECK(test::slurp(dir.file("log")) == "goodmore");
    test::must(file.truncate(0));
    CHECK(test::slurp(dir.file("log")).empty());
}

TEST_CASE("a lock keeps out a second holder in the same process, and names the first",
          "[base][file]") {
    test::ScratchDir dir;
    {
        const auto lock = test::must(FileLock::acquire(dir.file("lock")));
        const auto second = FileLock::acquire(dir.file("lock"));
        CHECK(code_of(second) == Errc::locked);
        const auto holder = "process " + std::to_string(::getpid());
        CHECK(second.error().text().find(holder) != std::string::npos);
        CHECK(FileLock::acquire(dir.file("other")));
    }
    CHECK(FileLock::acquire(dir.file("lock")));
}

TEST_CASE("a lock keeps out another process until its holder dies", "[base][file]") {
    test::ScratchDir dir;
    int locked[2];
    int release[2];
    REQUIRE(::pipe(locked) == 0);
    REQUIRE(::pipe(release) == 0);
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto lock = FileLock::acquire(dir.file("lock"));
        char byte = lock ? 'y' : 'n';
        const bool told = ::write(locked[1], &byte, 1) == 1;
        const bool waited = ::read(release[0], &byte, 1) == 1;
        ::_exit(told && waited ? 0 : 1);  // without destructors, as a crash would
    }
    char byte = 0;
    REQUIRE(::read(locked[0], &byte, 1) == 1);
    CHECK(byte == 'y');
    const auto mine = FileLock::acquire(dir.file("lock"));
    CHECK(code_of(mine) == Errc::locked);
    CHECK(mine.error().text().find(std::to_string(child)) != std::string::npos);
    REQUIRE(::write(release[1], "x", 1) == 1);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(FileLock::acquire(dir.file("lock")));
    for (const int fd : {locked[0], locked[1], release[0], release[1]}) ::close(fd);
}

TEST_CASE("a moved lock is still held, once", "[base][file]") {
    test::ScratchDir dir;
    auto first = test::must(FileLock::acquire(dir.file("lock")));
    {
        const auto second = std::move(first);
        CHECK(code_of(FileLock::acquire(dir.file("lock"))) == Errc::locked);
    }
    CHECK(FileLock::acquire(dir.file("lock")));
}

TEST_CASE("a directory can be synced, and a missing one cannot", "[base][file]") {
    test::ScratchDir dir;
    CHECK(sync_directory(dir.path().string()));
    CHECK(code_of(sync_directory(dir.file("missing"))) == Errc::not_found);
}

TEST_CASE("who reads a file and replaces it waits for others who do", "[base][file]") {
    test::ScratchDir dir;
    const auto path = dir.file("count");
    test::spit(path, "");
    constexpr int kTimes = 25;
    const auto add = [&](char mark) {
        for (int i = 0; i < kTimes; ++i) {
            const auto lock = test::must(FileLock::wait_for_folder_of(path));
            auto text = test::must(read_file(path));
            auto file = test::must(AtomicFile::create(path));
            test::must(file.write(text + mark));
            test::must(file.commit());
        }
    };
    std::thread other(add, 'b');
    add('a');
    other.join();
    const auto text = test::slurp(path);
    CHECK(std::count(text.begin(), text.end(), 'a') == kTimes);
    CHECK(std::count(text.begin(), text.end(), 'b') == kTimes);
    CHECK(code_of(FileLock::wait_for_folder_of(dir.file("nowhere/x"))) == Errc::not_found);
}
