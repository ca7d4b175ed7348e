// SPDX-License-Identifier: Apache-2.0
// Records as the Rust server writes them, to the byte.
#include "topgun/serverfiles/stored_record.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::serverfiles;
using namespace topgun::test;

namespace {

const Timestamp kStamp{1'700'000'000'000, 3, "node-b"};
const std::string kStampHex =
    "83a66d696c6c6973cf0000018bcfe56800a7636f756e74657203a66e6f64654964a66e6f64652d62";

// The bytes of an LWW record with a value, without the head and the stamp that all have.
std::string written(const Bytes& value, const Timestamp& stamp = kStamp) {
    StoredRecord record;
    record.entries.push_back({stamp, {}, value, kNoTtl});
    Bytes out;
    must(encode_stored_record(record, out));
    const auto hex = to_hex(out);
    const std::string head = "81a36c777782a576616c7565", middle = "a974696d657374616d70";
    REQUIRE(hex.starts_with(head));
    if (stamp == kStamp) {
        REQUIRE(hex.ends_with(middle + kStampHex));
        return hex.substr(head.size(), hex.size() - head.size() - middle.size() - kStampHex.size());
    }
    return hex;
}

Bytes json_value(std::string_view text) {
    return must(parse_plain_json(text));
}

}  // namespace

// shared reference, storage 7.5: measured with the server's own serialiser.
TEST_CASE("values are written as the server writes them", "[serverfiles]") {
    CHECK(written(json_value("null")) == "a44e756c6c");
    CHECK(written(json_value("42")) == "81a3496e742a");
    CHECK(written(json_value("-1")) == "81a3496e74ff");
    CHECK(written(int_value(INT64_MIN)) == "81a3496e74d38000000000000000");
    CHECK(written(json_value("true")) == "81a4426f6f6cc3");
    CHECK(written(json_value("1.5")) == "81a5466c6f6174cb3ff8000000000000");
    Bytes binary;
    msgpack::Writer(binary).binary(std::string("\x00\x7f\x80\xff", 4));
    CHECK(written(binary) == "81a5427974657394007fcc80ccff");
    CHECK(written(json_value(R"({"a":[null,"x"],"b":1})")) ==
          "81a34d617082a16181a5417272617992a44e756c6c81a6537472696e67a178a16281a3496e7401");
    CHECK(written(json_value("null"), Timestamp{}) ==
          "81a36c777782a576616c7565a44e756c6ca974696d657374616d7083a66d696c6c697300a7636f756e746572"
          "00a66e6f64654964a0");
}

TEST_CASE("records of OR-Maps are written as the server writes them", "[serverfiles]") {
    StoredRecord record;
    record.kind = MapKind::or_map;
    Bytes out;
    must(encode_stored_record(record, out));
    CHECK(to_hex(out) == "81a56f724d617081a77265636f72647390");
    record.entries.push_back(
        {{1'700'000'000'000, 0, "n1"}, "1700000000000:0:n1", int_value(7), kNoTtl});
    record.removed_tags.emplace_back("1699999999999:4:n2");
    out.clear();
    must(encode_stored_record(record, out));
    CHECK(to_hex(out) ==
          "81a56f724d617082a77265636f7264739183a576616c756581a3496e7407a3746167b2313730303030303030"
          "303030303a303a6e31a974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e746572"
          "00a66e6f64654964a26e31aa746f6d6273746f6e657391b2313639393939393939393939393a343a6e32");
}

TEST_CASE("what the server has no form for is refused with its place", "[serverfiles]") {
    StoredRecord record;
    Bytes large;
    msgpack::Writer(large).map(1);
    msgpack::Writer(large).string("n");
    msgpack::Writer(large).unsigned_integer(std::uint64_t{1} << 63);
    record.entries.push_back({kStamp, {}, large, kNoTtl});
    Bytes out = "kept";
    const auto refused = encode_stored_record(record, out);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text().find("field 'n'") != std::string::npos);
    CHECK(refused.error().text().find("63 bits") != std::string::npos);
    CHECK(out == "kept");
}

TEST_CASE("any record comes back as it was written", "[serverfiles]") {
    const auto seeded = seed(20261121);
    Random random(seeded);
    for (int round = 0; round < 2'000; ++round) {
        CAPTURE(seeded, round);
        StoredRecord record;
        record.kind = random.chance(0.5) ? MapKind::lww : MapKind::or_map;
        const auto count = record.kind == MapKind::lww ? 1 : random.below(4);
        for (std::uint64_t i = 0; i < count; ++i) {
            StoredRecord::Entry entry;
            entry.stamp = {random.below(kMaxMillis), static_cast<std::uint32_t>(random()), "n"};
            entry.value = json_value(R"({"a":[1,-1,1.5,"x",null,true],"n":)" +
                                     std::to_string(random.below(1u << 31)) + "}");
            if (record.kind == MapKind::or_map) entry.tag = "t" + std::to_string(random());
            record.entries.push_back(std::move(entry));
        }
        for (auto more = record.kind == MapKind::or_map ? random.below(3) : 0; more > 0; --more) {
            record.removed_tags.push_back("r" + std::to_string(random()));
        }
        Bytes out;
        must(encode_stored_record(record, out));
        const auto again = must(decode_stored_record(out));
        CHECK(again.kind == record.kind);
        CHECK(again.removed_tags == record.removed_tags);
        REQUIRE(again.entries.size() == record.entries.size());
        for (std::size_t i = 0; i < record.entries.size(); ++i) {
            CHECK(again.entries[i].stamp == record.entries[i].stamp);
            CHECK(again.entries[i].tag == record.entries[i].tag);
            CHECK(again.entries[i].value == record.entries[i].value);
        }
    }
}
