// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/token_file.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::test;

TEST_CASE("a token is read from a file without what an editor adds", "[sync]") {
    const ScratchDir folder;
    const auto path = folder.file("token");
    for (const auto* text : {"a.b.c", "a.b.c\n", "a.b.c \t\r\n\n"}) {
        spit(path, text);
        CHECK(must(sync::read_token_file(path)) == "a.b.c");
    }
}

TEST_CASE("a file without a token is an error, and so is one that is none", "[sync]") {
    const ScratchDir folder;
    const auto path = folder.file("token");
    CHECK_FALSE(sync::read_token_file(path));
    for (const auto* text : {"", "\n", " \r\n"}) {
        spit(path, text);
        const auto read = sync::read_token_file(path);
        REQUIRE_FALSE(read);
        CHECK(read.error().code() == Errc::usage);
    }
    spit(path, std::string(70'000, 'x'));
    CHECK_FALSE(sync::read_token_file(path));
}
