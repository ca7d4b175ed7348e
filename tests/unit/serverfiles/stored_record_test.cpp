// SPDX-License-Identifier: Apache-2.0
// Records as the server stores them: its own bytes, and every form that it accepts.
#include "topgun/serverfiles/stored_record.hpp"

#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::serverfiles;

namespace {

std::string stored(std::string_view hex) {
    const auto record = decode_stored_record(test::from_hex(hex));
    if (!record) return "error";
    std::string out = record->kind == MapKind::lww ? "lww" : "or";
    for (const auto& entry : record->entries) {
        out += " " + entry.tag + "@" + format_stamp(entry.stamp.view()) + "=";
        append_json(entry.value, out);
    }
    for (const auto& tag : record->removed_tags) out += " -" + tag;
    return out;
}

// {millis 1700000000000, counter 3, nodeId "node-b"}, as the server encodes it.
const std::string kStamp =
    "83a66d696c6c6973cf0000018bcfe56800a7636f756e74657203a66e6f64654964a66e6f64652d62";

std::string lww(const std::string& value) {
    return "81a36c777782a576616c7565" + value + "a974696d657374616d70" + kStamp;
}

}  // namespace

TEST_CASE("stored records are read in every form that the server accepts", "[serverfiles]") {
    const std::string stamp = "83a66d696c6c697305a7636f756e74657206a66e6f64654964a16e";
    const auto written = [&](const std::string& value) {
        return "81a36c777782a576616c7565" + value + "a974696d657374616d70" + stamp;
    };
    CHECK(stored(written("81a3496e742a")) == "lww @5:6:n=42");
    CHECK(stored(written("81a3496e742a") + "ffff") == "lww @5:6:n=42");
    CHECK(stored("81a36c77779281a3496e742a930506a16e") == "lww @5:6:n=42");
    CHECK(stored("810092810207930506a16e") == "lww @5:6:n=7");
    CHECK(stored(written("a44e756c6c")) == "lww @5:6:n=null");
    CHECK(stored(written("81a44e756c6cc0")) == "lww @5:6:n=null");
    CHECK(stored(written("81a34d617082a162a44e756c6ca161a44e756c6c")) ==
          R"(lww @5:6:n={"a":null,"b":null})");
    CHECK(stored("81a36c777783a576616c756581a3496e7401a17801a974696d657374616d70" + stamp) ==
          "lww @5:6:n=1");
    CHECK(stored("81a56f724d617081a77265636f72647390") == "or");
    for (const auto& hex :
         {std::string("c1"), std::string(), std::string("80"), std::string("c0"),
          "82" + written("81a3496e742a").substr(2), written("2a"), written("c0"),
          written("81a3496e74cb3ff8000000000000"), written("81a3496e74cf8000000000000000"),
          written("a3496e74"), written("81a3496e742a").substr(0, 40), std::string("81a34c77770")}) {
        CAPTURE(hex);
        CHECK(stored(hex.size() % 2 == 0 ? hex : hex + "0") == "error");
    }
}

// Measured with rmp-serde, the server's own encoder.
TEST_CASE("golden records of the server are read", "[serverfiles]") {
    const auto as = [](const std::string& value) { return "lww @1700000000000:3:node-b=" + value; };
    CHECK(stored(lww("a44e756c6c")) == as("null"));
    CHECK(stored(lww("81a3496e742a")) == as("42"));
    CHECK(stored(lww("81a3496e74ff")) == as("-1"));
    CHECK(stored(lww("81a3496e74d38000000000000000")) == as(R"({"$int":"-9223372036854775808"})"));
    CHECK(stored(lww("81a4426f6f6cc3")) == as("true"));
    CHECK(stored(lww("81a5466c6f6174cb3ff8000000000000")) == as("1.5"));
    CHECK(stored(lww("81a5427974657394007fcc80ccff")) == as(R"({"$bin":"AH+A/w=="})"));
    CHECK(stored(lww("81a34d617082a16181a5417272617992a44e756c6c81a6537472696e67a178a16281a3496e74"
                     "01")) == as(R"({"a":[null,"x"],"b":1})"));
    CHECK(
        stored("81a36c777782a576616c7565a44e756c6ca974696d657374616d7083a66d696c6c697300a7636f756e"
               "74657200a66e6f64654964a0") == "lww @0:0:=null");
    CHECK(stored("81a56f724d617081a77265636f72647390") == "or");
    CHECK(stored(
              "81a56f724d617082a77265636f7264739183a576616c756581a3496e7407a3746167b231373030303030"
              "3030303030303a303a6e31a974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a763"
              "6f756e74657200a66e6f64654964a26e31aa746f6d6273746f6e657391b231363939393939393939"
              "3939393a343a6e32") ==
          "or 1700000000000:0:n1@1700000000000:0:n1=7 -1699999999999:4:n2");
    CHECK(stored("81ac6f72546f6d6273746f6e657381a47461677391a5313a303a6e") == "or -1:0:n");
}

TEST_CASE("a record becomes the ops that make it", "[serverfiles]") {
    Op base;
    base.map = "m";
    base.key = "k";
    std::vector<Op> ops;
    auto record = test::must(decode_stored_record(test::from_hex(lww("81a3496e742a"))));
    test::must(append_record_ops(record, base, 1'700'000'000'500, ops));
    REQUIRE(ops.size() == 1);
    CHECK(ops[0].kind == OpKind::put);
    CHECK(ops[0].stamp == Stamp{1'700'000'000'000, 3, "node-b"});
    CHECK(ops[0].ttl_ms == 500);
    ops.clear();
    test::must(append_record_ops(record, base, 5, ops));
    CHECK(ops[0].ttl_ms == 1);
    ops.clear();
    record = test::must(decode_stored_record(test::from_hex(lww("a44e756c6c"))));
    test::must(append_record_ops(record, base, 0, ops));
    CHECK(ops[0].kind == OpKind::remove);
    CHECK(ops[0].value.empty());
    for (const std::string tag : {"", "t"}) {
        ops.clear();
        StoredRecord removed;
        removed.kind = MapKind::or_map;
        removed.removed_tags = {tag};
        const auto status = append_record_ops(removed, base, 0, ops);
        CHECK(status.has_value() == !tag.empty());
        CHECK(ops.size() == tag.size());
    }
}
