// SPDX-License-Identifier: Apache-2.0
#include "common/options.hpp"

#include <catch2/catch.hpp>

#include "common/size_option.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::cli;
using topgun::test::must;

TEST_CASE("durations are read with their units", "[common][options]") {
    CHECK(must(parse_duration("0")) == 0);
    CHECK(must(parse_duration("250")) == 250);
    CHECK(must(parse_duration("250ms")) == 250);
    CHECK(must(parse_duration("60s")) == 60'000);
    CHECK(must(parse_duration("5m")) == 300'000);
    CHECK(must(parse_duration("2h")) == 7'200'000);
    CHECK(must(parse_duration("7d")) == 604'800'000);
}

TEST_CASE("what is no duration is refused as usage", "[common][options]") {
    const auto text = GENERATE(as<std::string>{}, "", "s", "-5s", "5 s", "5S", "1.5h", "5sm",
                               "18446744073709551616", "18446744073709551615s");
    CAPTURE(text);
    const auto result = parse_duration(text);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Errc::usage);
}

TEST_CASE("counts are read with separators and powers of a thousand", "[common][options]") {
    CHECK(must(parse_count("0")) == 0);
    CHECK(must(parse_count("1_000_000")) == 1'000'000);
    CHECK(must(parse_count("250k")) == 250'000);
    CHECK(must(parse_count("1M")) == 1'000'000);
    CHECK(must(parse_count("18446744073709551615")) == ~std::uint64_t{0});
    const auto bad = GENERATE(as<std::string>{}, "", "k", "_", "-1", "1K", "1.5M",
                              "18446744073709551616", "18446744073710M", "0x10", "1 000");
    CAPTURE(bad);
    CHECK_FALSE(parse_count(bad));
}

TEST_CASE("sizes count in powers of 1024, however they are spelled", "[common][options]") {
    CHECK(must(parse_size("65536")) == 65536);
    CHECK(must(parse_size("512k")) == 512 * 1024);
    CHECK(must(parse_size("256MB")) == 256u << 20);
    CHECK(must(parse_size("1GiB")) == 1u << 30);
    for (const char* bad : {"", "x", "1.5G", "-1", "1X", "99999999999999999999", "99999999999T"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_size(bad));
    }
}

TEST_CASE("a moment without counter and node comes after everything of its millisecond",
          "[common][options]") {
    const auto moment = must(parse_moment("2023-11-14T22:13:20Z"));
    CHECK(moment.millis == 1'700'000'000'000);
    CHECK(must(parse_moment("1700000000000")) == moment);
    CHECK(Stamp{1'700'000'000'000, kMaxCounter, "\xf4\x8f\xbf\xbf"} < moment.view());
    CHECK(moment.view() < Stamp{1'700'000'000'001, 0, "a"});
    CHECK(must(parse_moment("1700000000000:5:n")) == Timestamp(1'700'000'000'000, 5, "n"));
    // A node id may look like a date.
    CHECK(must(parse_moment("5:0:2023-11-14")) == Timestamp(5, 0, "2023-11-14"));
}

TEST_CASE("what is no moment is refused as usage", "[common][options]") {
    const auto text = GENERATE(as<std::string>{}, "", "now", "5:0", "5:0:", "2023-13-14", "2023-11",
                               "9007199254740992", "-5", "1e3");
    CAPTURE(text);
    const auto result = parse_moment(text);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Errc::usage);
}

TEST_CASE("the chosen output is standard output for '-' and nothing", "[common][options]") {
    std::string text, ignored;
    auto out = Output::memory(text);
    Messages err(Output::memory(ignored), "test", false);
    for (const char* path : {"", "-"}) {
        auto chosen = must(ChosenOutput::open(path, Streams{out, err}));
        CHECK(chosen.is_standard_output());
        *chosen << "data ";
        must(chosen.finish());
    }
    must(out.finish());
    CHECK(text == "data data ");
}

TEST_CASE("the chosen output is a file that appears at the end", "[common][options]") {
    const test::ScratchDir scratch;
    std::string text;
    auto out = Output::memory(text);
    Messages err(Output::memory(text), "test", false);
    auto chosen = must(ChosenOutput::open(scratch.file("report.json"), Streams{out, err}));
    CHECK_FALSE(chosen.is_standard_output());
    *chosen << "data";
    CHECK(std::filesystem::exists(scratch.path() / "report.json") == false);
    must(chosen.finish());
    CHECK(test::slurp(scratch.path() / "report.json") == "data");
    CHECK(text.empty());
}
