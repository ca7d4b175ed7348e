// SPDX-License-Identifier: Apache-2.0
// The list of an export's parts, as it is written and as it may be found.
#include "export_manifest.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::pg;
using namespace topgun::test;

namespace {

ExportTarget target() {
    ExportTarget out;
    out.database = "postgres://u@h:1/d";
    out.table = "public.odd \"name\"\n";
    out.relations = "16384:16385";
    out.maps = {"users", "t\xc3\xa4gs"};
    out.unit_blocks = 128;
    return out;
}

ExportPart part() {
    ExportPart out;
    out.files = {"0.tgs", "1.tgs"};
    out.units = {0, 7, 18446744073709551615u};
    out.read.rows = 5;
    out.read.ops = 6;
    out.read.skipped = 1;
    out.read.note("table t: map m, key k: bad", 2);
    out.tally.add({"m", MapKind::lww}, MapTally{3, {0x0123456789abcdef, 0xfedcba9876543210}});
    out.tally.add({"m", MapKind::counter}, MapTally{1, {1, 2}});
    return out;
}

std::string list() {
    return target_line(target()) + "\n" + moment_line({1700000000000, 42}) + "\n" +
           part_line(part()) + "\n";
}

}  // namespace

TEST_CASE("a list of parts reads as it was written", "[pg][export]") {
    const auto read = must(
        parse_manifest(list() + moment_line({1700000000001, 43}) + "\n" + part_line({}) + "\n"));
    CHECK(read.target == target());
    REQUIRE(read.moments.size() == 2);
    CHECK(read.moments[0].millis == 1700000000000);
    CHECK(read.moments[1].transaction == 43);
    REQUIRE(read.parts.size() == 2);
    const auto& first = read.parts[0];
    CHECK(first.files == part().files);
    CHECK(first.units == part().units);
    CHECK(first.read.rows == 5);
    CHECK(first.read.ops == 6);
    CHECK(first.read.skipped == 1);
    CHECK(first.read.damaged == 2);
    CHECK(first.read.damage == part().read.damage);
    CHECK(first.tally.maps() == part().tally.maps());
    CHECK(first.moment == 0);
    CHECK(read.parts[1].moment == 1);
    CHECK(read.parts[1].files.empty());
}

TEST_CASE("of a list that was cut short the whole lines count", "[pg][export]") {
    const auto whole = list();
    const auto first_line = whole.find('\n') + 1;
    for (std::size_t size = first_line; size < whole.size(); ++size) {
        CAPTURE(size);
        const auto read = must(parse_manifest(std::string_view(whole).substr(0, size)));
        CHECK(read.parts.empty());
    }
    CHECK(must(parse_manifest(whole)).parts.size() == 1);
    for (std::size_t size = 0; size < first_line; ++size) {
        CHECK_FALSE(parse_manifest(std::string_view(whole).substr(0, size)));
    }
}

TEST_CASE("what is no list of parts is refused with its line", "[pg][export]") {
    const auto target = target_line({}) + "\n", moment = moment_line({}) + "\n";
    const auto parts = part_line({}) + "\n";
    const auto text = GENERATE_COPY(as<std::string>{}, "", "\n", "{}\n", "[]\n", "no json\n",
                                    "{\"export\":0}\n", target + "no json\n", target + parts,
                                    target + moment + parts + "{\"files\":\n");
    CAPTURE(text);
    const auto read = parse_manifest(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == Errc::bad_input);
    const auto newer = parse_manifest("{\"export\":99}\n");
    REQUIRE_FALSE(newer);
    CHECK(newer.error().code() == Errc::unsupported_version);
}
