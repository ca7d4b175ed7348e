// SPDX-License-Identifier: Apache-2.0
// Two values that SQL calls equal, with different hashes, are a row that a join does not find.
#include "topgun/column/hash.hpp"

#include <limits>
#include <set>

#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

template <typename Add>
std::uint64_t hash_of(DataType type, Add&& add) {
    Column column(type);
    add(column);
    std::uint64_t hash[1] = {1};
    hash_column(column, hash);
    return hash[0];
}

std::uint64_t real(double value) {
    return hash_of(TypeId::real, [=](Column& c) { c.add_real(value); });
}
std::uint64_t decimal(std::string_view text) {
    return hash_of(TypeId::numeric,
                   [=](Column& c) { c.add_decimal(test::must(Decimal::parse(text))); });
}
std::uint64_t interval(Interval value) {
    return hash_of(TypeId::interval, [=](Column& c) { c.add_interval(value); });
}
std::uint64_t json(std::string_view text) {
    return hash_of(TypeId::json, [=](Column& c) { c.add_bytes(test::must(parse_json(text))); });
}
std::uint64_t null(DataType type) {
    return hash_of(type, [](Column& c) { c.add_null(); });
}

}  // namespace

TEST_CASE("equal values of different form have one hash", "[column][hash]") {
    CHECK(real(0.0) == real(-0.0));
    CHECK(real(std::numeric_limits<double>::quiet_NaN()) ==
          real(-std::numeric_limits<double>::quiet_NaN()));
    CHECK(decimal("1.0") == decimal("1.00"));
    CHECK(decimal("100") == decimal("100.000"));
    CHECK(decimal("10") != decimal("1"));
    CHECK(decimal("0") == decimal("0.00"));
    CHECK(interval({1, 0, 0}) == interval({0, 30, 0}));
    CHECK(interval({0, 1, 0}) == interval({0, 0, 86'400'000'000}));
    CHECK(json(R"({"a":[1,2]})") == json(R"({"a":[1.0,2]})"));
    CHECK(json(R"([1])") != json(R"([[1]])"));
    CHECK(json(R"({"a":1})") != json(R"(["a",1])"));
}

TEST_CASE("NULLs hash alike, and unlike zero and the empty text", "[column][hash]") {
    CHECK(null(TypeId::bigint) == null(TypeId::text));
    CHECK(null(TypeId::bigint) != hash_of(TypeId::bigint, [](Column& c) { c.add_integer(0); }));
    CHECK(null(TypeId::text) != hash_of(TypeId::text, [](Column& c) { c.add_bytes(""); }));
}

TEST_CASE("hashes of rows take every column into account, in its place", "[column][hash]") {
    Batch batch;
    Column a(TypeId::bigint), b(TypeId::bigint);
    for (int i = 0; i < 100; ++i) {
        a.add_integer(i / 10);
        b.add_integer(i % 10);
    }
    batch.rows = 100;
    batch.columns = {std::make_shared<const Column>(std::move(a)),
                     std::make_shared<const Column>(std::move(b))};
    std::vector<std::uint64_t> both, first, swapped;
    const std::size_t ab[] = {0, 1}, only_a[] = {0}, ba[] = {1, 0};
    hash_rows(batch, ab, both);
    hash_rows(batch, only_a, first);
    hash_rows(batch, ba, swapped);
    CHECK(std::set(both.begin(), both.end()).size() == 100);
    CHECK(std::set(first.begin(), first.end()).size() == 10);
    CHECK(both[1] == swapped[10]);
    CHECK(both[1] != both[10]);
}

TEST_CASE("a constant column hashes as its rows would", "[column][hash]") {
    Column one(TypeId::text);
    one.add_bytes("x");
    const auto constant = Column::constant(std::move(one), 5);
    std::vector<std::uint64_t> a(5, 7), b(5, 7);
    hash_column(*constant, a);
    hash_column(*Column::flat(constant), b);
    CHECK(a == b);
}
