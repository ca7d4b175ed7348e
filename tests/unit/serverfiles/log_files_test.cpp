// SPDX-License-Identifier: Apache-2.0
// The log's folder: names of files, watermarks, partitions.
#include "log_writer.hpp"

using namespace topgun;
using namespace topgun::serverfiles;
using namespace topgun::test;

TEST_CASE("names of segments are read as the server reads them", "[serverfiles]") {
    const auto segment = parse_segment_name("partition-005-00000000000000000042.log");
    REQUIRE(segment);
    CHECK(segment->partition == 5);
    CHECK(segment->first_sequence == 42);
    const auto old = parse_segment_name("partition-270.log");
    REQUIRE(old);
    CHECK(old->partition == 270);
    CHECK(old->first_sequence == 0);
    for (const auto* name :
         {"", "partition-.log", "partition-x.log", "partition-1-.log", "partition-1-x.log",
          "partition-1-2-3.log", "partition-005.applied", "segment-005.log", "partition-5.log.tmp",
          "partition-99999999999.log", "partition.log"}) {
        CAPTURE(name);
        CHECK_FALSE(parse_segment_name(name));
    }
}

TEST_CASE("the log's partition is that of the map and the key", "[serverfiles]") {
    CHECK(log_partition_of("users", "alice") == 81);
    CHECK(log_partition_of("rooms", "lobby") == 172);
}

TEST_CASE("a folder's partitions are listed with their segments and watermarks", "[serverfiles]") {
    const ScratchDir dir;
    CHECK_FALSE(is_log_folder(dir.path().string()));
    CHECK_FALSE(is_log_folder(dir.file("none")));
    CHECK(list_log_files(dir.file("none")).error().code() == Errc::not_found);
    spit(dir.file("other.txt"), "x");
    CHECK_FALSE(is_log_folder(dir.path().string()));
    spit(dir.file("partition-007.applied"), std::string("\0\0\0\0\0\0\1\2", 8));
    CHECK(is_log_folder(dir.path().string()));
    spit(dir.file("partition-009.applied"), "short");
    for (const auto* name :
         {"partition-007-00000000000000000010.log", "partition-007-00000000000000000009.log",
          "partition-007.log", "partition-003-00000000000000000001.log"}) {
        spit(dir.file(name), "");
    }
    const auto files = must(list_log_files(dir.path().string()));
    REQUIRE(files.partitions.size() == 3);
    CHECK(files.partitions[0].partition == 3);
    CHECK(files.partitions[0].applied == 0);
    CHECK(files.partitions[1].applied == 258);
    REQUIRE(files.partitions[1].segments.size() == 3);
    CHECK(files.partitions[1].segments[0].first_sequence == 0);
    CHECK(files.partitions[1].segments[2].first_sequence == 10);
    CHECK(files.partitions[2].segments.empty());
    REQUIRE(files.notes.size() == 1);
    CHECK_THAT(files.notes[0], Catch::Contains("partition-009.applied: has 5 bytes instead of 8"));
}
