// SPDX-License-Identifier: Apache-2.0
#include "topgun/replica/row.hpp"

#include <limits>
#include <set>

#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

Row place(std::string_view key, std::string_view tag = {}) {
    Row row;
    row.key = key;
    row.key_hash = fnv1a(key);
    row.tag = tag;
    return row;
}

Row removed(std::string_view tag) {
    Row row;
    row.removed = true;
    row.tag = tag;
    return row;
}

}  // namespace

TEST_CASE("places are ordered: removed tags, then hash, key, tag", "[replica]") {
    const Row order[] = {
        removed("a"),         removed("b"),  place("user:162789", "t1"), place("user:162789", "t2"),
        place("user:379192"), place("", "z")};
    for (std::size_t a = 0; a < std::size(order); ++a) {
        for (std::size_t b = 0; b < std::size(order); ++b) {
            CAPTURE(a, b);
            CHECK((compare_place(order[a], order[b]) < 0) == (a < b));
            CHECK((compare_place(order[a], order[b]) == 0) == (a == b));
        }
    }
}

TEST_CASE("any difference between two rows shows in their content", "[replica]") {
    const Timestamp stamp(5, 1, "n");
    const Bytes value = test::int_value(1), other = test::int_value(2);
    auto base = place("key", "tag");
    base.stamp = stamp.view();
    base.value = value;
    std::vector<Row> rows(9, base);
    rows[1].key = "ke";
    rows[1].tag = "ytag";  // the same bytes in a row
    rows[2].value = other;
    rows[3].ttl_ms = 5;
    rows[4].stamp.counter = 2;
    rows[5].stamp.millis = 6;
    rows[6].stamp.node = "m";
    rows[7].removed = true;
    rows[8].value = {};
    std::set<Hash128> contents;
    Bytes scratch;
    for (const auto& row : rows) contents.insert(row_content(row, scratch));
    CHECK(contents.size() == rows.size());
    CHECK(row_content(base, scratch) == row_content(rows[0], scratch));
}

TEST_CASE("a row's sketch item leads to its place and tells its content", "[replica]") {
    Bytes scratch;
    const auto a = place("key", "t1"), b = place("key", "t2");
    const auto item_a = row_sketch_item(a, row_content(a, scratch));
    const auto item_b = row_sketch_item(b, row_content(b, scratch));
    CHECK(item_a.key >> 32 == fnv1a("key"));
    CHECK(item_b.key >> 32 == fnv1a("key"));
    CHECK(item_a.key != item_b.key);
    CHECK(item_a.content == row_content(a, scratch).low);
    const auto gone = removed("t1");
    CHECK(row_sketch_item(gone, row_content(gone, scratch)).key != item_a.key);
}

TEST_CASE("versions of one row are ordered as a merge orders them", "[replica]") {
    const Timestamp early(5, 0, "n"), late(5, 0, "o");
    const Bytes one = test::int_value(1), two = test::int_value(2);
    auto a = place("k"), b = place("k");
    a.stamp = early.view();
    b.stamp = late.view();
    CHECK(compare_version(a, b) < 0);
    CHECK(compare_version(b, a) > 0);
    b.stamp = early.view();
    a.value = one;
    CHECK(compare_version(a, b) > 0);  // a value beats a tombstone
    b.value = two;
    CHECK(compare_version(a, b) < 0);
    a.value = two;
    a.ttl_ms = 7;
    CHECK(compare_version(a, b) < 0);
    b.ttl_ms = 7;
    CHECK(compare_version(a, b) == 0);
}

TEST_CASE("a row becomes the op that brings another replica to it", "[replica][property]") {
    const auto seed = test::seed(77);
    CAPTURE(seed);
    Random rng(seed);
    auto replica = test::replica_of(test::random_ops(rng, 300, {}));
    Replica copy;
    const auto state = read_replica(replica);
    for (const auto& map : state->maps()) {
        for (auto* cursor : {test::must(state->removed_tags(map)).release(),
                             test::must(state->StateReader::rows(map)).release()}) {
            const std::unique_ptr<RowCursor> owned(cursor);
            test::must(for_each_row(
                *owned, [&](const Row& row) { (void)test::must(copy.apply(row_op(map, row))); }));
        }
    }
    CHECK(test::lines_of(copy) == test::lines_of(replica));
}

TEST_CASE("counter entries survive their encoding, whole counts as integers", "[replica]") {
    using Limits = std::numeric_limits<double>;
    const double counts[] = {0,
                             1,
                             127,
                             0.5,
                             1e15,
                             9007199254740991.0,
                             9007199254740992.0,
                             1e300,
                             Limits::denorm_min(),
                             Limits::max()};
    for (const double positive : counts) {
        for (const double negative : counts) {
            Bytes bytes;
            encode_counter_entry(positive, negative, bytes);
            double p = -1, n = -1;
            REQUIRE(decode_counter_entry(bytes, p, n));
            CHECK(p == positive);
            CHECK(n == negative);
        }
    }
    Bytes bytes;
    encode_counter_entry(-0.0, 5, bytes);
    CHECK(test::to_hex(bytes) == "920005");
}

TEST_CASE("what is no pair of counts is refused as a counter entry", "[replica]") {
    double p = 0, n = 0;
    for (const auto* hex :
         {"", "c0", "90", "9101", "93010203", "92a13101", "920105ff", "9201", "82010203", "92ff01",
          "92cb7ff800000000000001", "9201cb7ff0000000000000", "92cbbff000000000000001"}) {
        CAPTURE(hex);
        CHECK_FALSE(decode_counter_entry(test::from_hex(hex), p, n));
    }
}
