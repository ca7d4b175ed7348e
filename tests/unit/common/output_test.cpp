// SPDX-License-Identifier: Apache-2.0
#include "common/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "topgun_test/support.hpp"

using namespace topgun::cli;
using namespace topgun::test;

TEST_CASE("text of all sizes arrives in order", "[common][output]") {
    std::string expected, text;
    auto out = Output::memory(text);
    for (std::size_t size : {1, 100, 65535, 65536, 65537, 3, 200000, 0, 7}) {
        const std::string piece(size, static_cast<char>('a' + size % 26));
        expected += piece;
        out << piece;
    }
    out << 'x' << -5 << std::uint64_t{18446744073709551615u} << std::string("end");
    must(out.finish());
    CHECK(text == expected + "x-518446744073709551615end");
}

TEST_CASE("a file appears only when it is finished", "[common][output]") {
    const ScratchDir scratch;
    const auto path = scratch.file("out.json");
    {
        auto out = must(Output::file(path));
        out << "half";
    }
    CHECK(std::filesystem::is_empty(scratch.path()));
    auto out = must(Output::file(path));
    out << "whole";
    CHECK_FALSE(std::filesystem::exists(path));
    must(out.finish());
    CHECK(slurp(path) == "whole");
}

TEST_CASE("a file in a folder that does not exist is refused at once", "[common][output]") {
    const ScratchDir scratch;
    const auto out = Output::file(scratch.file("no/out.json"));
    REQUIRE_FALSE(out);
    CHECK(out.error().code() == topgun::Errc::not_found);
}

TEST_CASE("the first write error is kept, and reported at the end", "[common][output]") {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    REQUIRE(full >= 0);
    Output out(full, "the disk");
    out << "a";
    CHECK_FALSE(out.failed());
    out << std::string(100000, 'b');
    CHECK(out.failed());
    out << "c";
    const auto status = out.finish();
    ::close(full);
    REQUIRE_FALSE(status);
    CHECK(status.error().code() == topgun::Errc::io);
    CHECK(status.error().text() == "the disk: cannot write: No space left on device");
}

TEST_CASE("styles add escape codes only when colour is on", "[common][output]") {
    std::string text;
    auto out = Output::memory(text);
    CHECK(out.styled(Style::bad, "no") == "no");
    out.set_color(true);
    CHECK(out.styled(Style::bad, "no") == "\x1b[31mno\x1b[0m");
    CHECK(out.styled(Style::plain, "no") == "no");
}
