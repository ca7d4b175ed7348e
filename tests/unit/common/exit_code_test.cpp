// SPDX-License-Identifier: Apache-2.0
// (The table of Errc and status is tested through a program, in tests/cli/frame_test.cpp.)
#include "common/exit_code.hpp"

#include <catch2/catch.hpp>

using namespace topgun::cli;

TEST_CASE("the worse of two outcomes is the one that must not be missed", "[common]") {
    const ExitCode rising[] = {ExitCode::ok,      ExitCode::differences, ExitCode::incomplete,
                               ExitCode::damaged, ExitCode::refused,     ExitCode::usage,
                               ExitCode::internal};
    for (std::size_t i = 0; i < std::size(rising); ++i) {
        for (std::size_t j = 0; j < std::size(rising); ++j) {
            CAPTURE(i, j);
            CHECK(worse_of(rising[i], rising[j]) == rising[std::max(i, j)]);
        }
    }
}
