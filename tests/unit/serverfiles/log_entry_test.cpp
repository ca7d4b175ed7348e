// SPDX-License-Identifier: Apache-2.0
// Frames of the server's log: those that its encoder wrote, and each form of a write.
#include "log_writer.hpp"
#include "topgun/value/json.hpp"

using namespace topgun;
using namespace topgun::serverfiles;
using namespace topgun::test;

namespace {

std::string text(const LogEntry& entry) {
    static const char* const kKinds[] = {"store", "remove", "or_add", "or_remove", "or_prune"};
    std::string out = std::to_string(entry.sequence) + " " +
                      kKinds[static_cast<std::size_t>(entry.kind)] + (entry.bare ? " bare" : "") +
                      " " + entry.map + ":" + entry.key;
    for (const auto& record : entry.record.entries) {
        out += " " + record.tag + "@" + format_stamp(record.stamp.view()) + "=";
        append_json(record.value, out);
    }
    for (const auto& tag : entry.record.removed_tags) out += " -" + tag;
    if (entry.expiry != 0) out += " until " + std::to_string(entry.expiry);
    return out;
}

std::string decoded(const Bytes& payload) {
    const auto entry = decode_log_entry(payload);
    return entry ? text(*entry) : "error: " + entry.error().text();
}

std::vector<std::string> segment_texts(const std::string& path) {
    auto reader = must(SegmentReader::open(path));
    std::vector<std::string> out;
    LogEntry entry;
    while (must(reader.next(entry)) == SegmentReader::Outcome::entry) out.push_back(text(entry));
    CHECK(must(reader.next(entry)) == SegmentReader::Outcome::end);
    return out;
}

}  // namespace

TEST_CASE("the checksum is CRC-32C", "[serverfiles]") {
    CHECK(crc32c("") == 0);
    CHECK(crc32c("123456789") == 0xe3069283);
    CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
    CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
}

TEST_CASE("frames that the server's encoder wrote are read, older forms too", "[serverfiles]") {
    CHECK(segment_texts(testdata("serverfiles/frames/partition-001.log")) ==
          std::vector<std::string>{
              "1 store shop:tea @1700000000000:0:till-1=\"green\" until 1700000900000",
              "2 store shop:cups @1700000000001:7:till-2=-3",
              "3 store shop:list 1700000000000:1:x@1700000000000:1:x=\"a\" "
              "1700000000000:2:y@1700000000000:2:y=true -old-1 -old-2",
              "4 store shop:late 1700000000000:3:z@1700000000000:3:z=null until 1700000000005",
              "5 store shop:dead -gone",
              "6 store bare shop:bare @1699999999991:1:till-0={\"bool\":true,\"bytes\":{\"$bin\":"
              "\"AH+A/w==\"},\"float\":1.5,\"int\":-42,\"list\":[1,null,\"x\"],\"null\":null,"
              "\"text\":\"naïve 😀\"}",
              "7 remove shop:bin", "8 or_add shop:list 1700000000000:4:x@1700000000000:4:x=2.5",
              "9 or_remove shop:list -1700000000000:1:x", "10 or_prune shop:list -old-1"});
}

TEST_CASE("each kind of write is read", "[serverfiles]") {
    const Stamp stamp{5, 6, "n"};
    CHECK(decoded(payload("m", "k", op_store(stored_lww(1, stamp)), 1, stored_stamp(stamp))) ==
          "1 store m:k @5:6:n=1");
    CHECK(decoded(payload("m", "k", op_store(stored_int(1)), 2, stored_stamp(stamp))) ==
          "2 store bare m:k @5:6:n=1");
    CHECK(decoded(payload("m", "k", op_store(stored_int(1)), 2)) == "2 store bare m:k @0:0:=1");
    CHECK(decoded(payload("m", "", op_remove(), 3)) == "3 remove m:");
    CHECK(decoded(payload("m", "k", op_add(7, "t"), 4)) == "4 or_add m:k t@1:0:n=7");
    CHECK(decoded(payload("m", "k", op_remove_tag("t"), 5)) == "5 or_remove m:k -t");
    CHECK(decoded(payload("m", "k", op_prune({"t", "u"}), 6)) == "6 or_prune m:k -t -u");
    CHECK(decoded(payload("m", "k", op_remove(), ~std::uint64_t{0})) ==
          "18446744073709551615 remove m:k");
}

// The frame of storage reference 9.5, which leaves the stamp out: 17 bytes of its fields.
TEST_CASE("a change to an OR-Map's key has the bytes that the server gives it", "[serverfiles]") {
    const auto head = from_hex(
        "84a36d6170a5726f6f6d73a36b6579a56c6f626279a26f7081a76f7244656c746181a564656c746181a3616464"
        "81a5656e74727983a576616c756581a6537472696e67a56361726f6ca3746167a67461672d6331a974696d6573"
        "74616d70");
    const auto tail = from_hex("a873657175656e63650b");
    const auto written = head + stored_stamp({1'700'000'000'000, 0, "node-b"}) + tail;
    CHECK(to_hex(frame(written).substr(0, 9)) == "5447574c0100000090");
    CHECK(frame(written).size() == 157);
    CHECK(decoded(written) == "11 or_add rooms:lobby tag-c1@1700000000000:0:node-b=\"carol\"");
    CHECK(log_partition_of("rooms", "lobby") == 172);
}

TEST_CASE("forms that the server accepts, too, are read", "[serverfiles]") {
    CHECK(decoded(payload("m", "k", nested({"remove"}, "\xc0"), 1)) == "1 remove m:k");
    CHECK(decoded(payload("m", "k", op_remove(), 1) + "more") == "1 remove m:k");
    CHECK(decoded(payload("m", "k", op_remove(), 1, "\xc0")) == "1 remove m:k");
    const auto fields = [](const Bytes& expiry) {
        Bytes out;
        Writer writer(out);
        writer.map(1);
        writer.string("store");
        writer.map(2);
        writer.string("expiration_time");
        writer.raw(expiry);
        writer.string("value");
        writer.raw(stored_lww(1, {2, 0, "n"}));
        return payload("m", "k", out, 1);
    };
    CHECK(decoded(fields("\x09")) == "1 store m:k @2:0:n=1 until 9");
    CHECK(decoded(fields("\xff")) == "1 store m:k @2:0:n=1");
    CHECK(decoded(fields("\xc0")) == "1 store m:k @2:0:n=1");
}

TEST_CASE("what is no write is refused with the byte", "[serverfiles]") {
    const auto good = payload("m", "k", op_store(stored_lww(1, {2, 0, "n"})), 1);
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK_THAT(decoded(good.substr(0, size)), Catch::StartsWith("error: "));
    }
    Bytes word, store;
    Writer(word).string("truncate");
    Writer(store).string("store");
    for (const auto& op : {word, store, Bytes("\xc0"), nested({"store", "value"}, "\x01"),
                           nested({"orDelta", "delta", "swap"}, "\x80"), nested({"remove"}, "\x01"),
                           nested({"store"}, "\x80")}) {
        CAPTURE(to_hex(op));
        CHECK_THAT(decoded(payload("m", "k", op, 1)), Catch::Contains("byte"));
    }
    auto no_sequence = payload("m", "k", op_remove(), 1);
    no_sequence.replace(no_sequence.size() - 9, 8, "sequents");
    CHECK_THAT(decoded(no_sequence), Catch::Contains("sequence"));
}
