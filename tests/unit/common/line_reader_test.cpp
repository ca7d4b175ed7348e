// SPDX-License-Identifier: Apache-2.0
#include "common/line_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

#include "topgun_test/support.hpp"

using namespace topgun::cli;
using topgun::test::must;

namespace {

// Makes a file standard input while it lives.
class StandardInput {
public:
    explicit StandardInput(const std::string& path) : saved_(::dup(STDIN_FILENO)) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        ::dup2(file, STDIN_FILENO);
        ::close(file);
    }
    ~StandardInput() {
        if (saved_ >= 0) ::dup2(saved_, STDIN_FILENO);
        if (saved_ >= 0) ::close(saved_);
    }
    StandardInput(const StandardInput&) = delete;
    StandardInput& operator=(const StandardInput&) = delete;

private:
    int saved_;
};

std::vector<std::string> all_lines(std::string_view content) {
    const topgun::test::ScratchDir scratch;
    topgun::test::spit(scratch.path() / "input", content);
    const StandardInput input(scratch.file("input"));
    LineReader reader;
    std::vector<std::string> lines;
    std::string line;
    while (must(reader.next(line))) {
        lines.push_back(line);
        CHECK(reader.line_number() == lines.size());
    }
    CHECK_FALSE(must(reader.next(line)));
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("lines are read with either ending, and without one at the end", "[common][input]") {
    CHECK(all_lines("").empty());
    CHECK(all_lines("\n") == Lines{""});
    CHECK(all_lines("a\nb\n") == Lines{"a", "b"});
    CHECK(all_lines("a\r\n\r\nb") == Lines{"a", "", "b"});
    CHECK(all_lines(std::string_view("a\0b\n", 4)) == Lines{std::string("a\0b", 3)});
}

TEST_CASE("lines across the edges of the buffer stay whole", "[common][input]") {
    std::string content;
    Lines expected;
    for (const std::size_t size : {65535, 1, 65536, 0, 65537, 200000, 5}) {
        expected.emplace_back(size, static_cast<char>('a' + size % 26));
        content += expected.back() + '\n';
    }
    CHECK(all_lines(content) == expected);
}

TEST_CASE("a line without end is refused before it fills the memory", "[common][input]") {
    const StandardInput input("/dev/zero");
    LineReader reader;
    std::string line;
    const auto result = reader.next(line);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == topgun::Errc::limit);
    CHECK(result.error().text().find("standard input, line 1: longer than") == 0);
}
