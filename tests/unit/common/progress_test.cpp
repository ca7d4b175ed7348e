// SPDX-License-Identifier: Apache-2.0
#include "common/progress.hpp"

#include <catch2/catch.hpp>

#include "topgun/base/utf.hpp"
#include "topgun_test/support.hpp"

using namespace topgun::cli;
using Unit = Progress::Unit;

TEST_CASE("a progress line shows share, rate and time left", "[common][progress]") {
    CHECK(progress_line("merging", 500'000, 2'000'000, Unit::records, 1000, 120) ==
          "merging  [======>                 ]  25%  500 k of 2.00 M records  500 k/s  ETA 0:04");
    CHECK(progress_line("reading", 3 << 20, 0, Unit::bytes, 2000, 120) ==
          "reading  3.0 MiB  1.5 MiB/s");
    CHECK(progress_line("reading", 10, 10, Unit::ops, 1000, 120) ==
          "reading  [========================] 100%  10 of 10 ops  10/s");
}

TEST_CASE("on a narrow terminal the bar gives way to the numbers", "[common][progress]") {
    CHECK(progress_line("merging", 500'000, 2'000'000, Unit::records, 1000, 80) ==
          "merging  [====>              ]  25%  500 k of 2.00 M records  500 k/s  ETA 0:04");
    CHECK(progress_line("merging", 500'000, 2'000'000, Unit::records, 1000, 64) ==
          "merging   25%  500 k of 2.00 M records  500 k/s  ETA 0:04");
}

TEST_CASE("a progress line copes with nothing done, no time and wrong totals",
          "[common][progress]") {
    CHECK(progress_line("x", 0, 10, Unit::records, 0, 120) ==
          "x  [>                       ]   0%  0 of 10 records  0/s");
    CHECK(progress_line("x", 20, 10, Unit::records, 1000, 120) ==
          "x  [========================] 100%  20 of 20 records  20/s");
    CHECK(progress_line("x", 1, ~std::uint64_t{0}, Unit::records, 1000, 200)
              .ends_with("ETA 100000:00:01"));
}

TEST_CASE("a progress line never fills the last column", "[common][progress]") {
    const auto columns = static_cast<std::size_t>(GENERATE(range(0, 100)));
    const auto line = progress_line("merging", 500'000, 2'000'000, Unit::records, 1000, columns);
    CHECK((topgun::display_width(line) < columns || line.empty()));
}

TEST_CASE("without a terminal nothing is shown", "[common][progress]") {
    std::string out_text, err_text;
    auto out = Output::memory(out_text);
    Messages err(Output::memory(err_text), "topgun-cli test", false);
    {
        Progress progress(Streams{out, err}, "merging", 10'000'000);
        for (int i = 0; i < 10'000; ++i) progress.add(1000);
        progress.set(5);
    }
    CHECK(err_text.empty());
}

TEST_CASE("messages appear above the status line, which is removed at the end",
          "[common][progress]") {
    std::string text;
    Messages err(Output::memory(text), "topgun-cli test", true);
    err.set_status_line("50%");
    err.note("a note");
    err.set_status_line("60%");
    err.set_status_line("");
    err.note("the end");
    CHECK(text ==
          "50%\r\x1b[Ktopgun-cli test: a note\n50%\r\x1b[K60%\r\x1b[Ktopgun-cli test: the end\n");
}
