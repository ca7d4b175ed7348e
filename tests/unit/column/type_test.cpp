// SPDX-License-Identifier: Apache-2.0
#include "topgun/column/type.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;

TEST_CASE("types are named as PostgreSQL names them", "[column]") {
    CHECK(type_name(TypeId::bigint) == "bigint");
    CHECK(type_name(TypeId::real) == "double precision");
    CHECK(type_name(TypeId::timestamptz) == "timestamp with time zone");
    CHECK(type_name(TypeId::json) == "jsonb");
    CHECK(type_name(DataType::list_of(TypeId::text)) == "text[]");
    CHECK(DataType::list_of(TypeId::text) != DataType::list_of(TypeId::bigint));
    CHECK(storage_of(DataType::list_of(TypeId::text)) == Storage::bytes);
    CHECK(storage_of(TypeId::date) == Storage::integer);
}

TEST_CASE("intervals are compared with months of 30 days and days of 24 hours", "[column]") {
    CHECK(Interval{1, 0, 0}.span() == Interval{0, 30, 0}.span());
    CHECK(Interval{0, 1, 0}.span() == Interval{0, 0, 86'400'000'000}.span());
    CHECK(Interval{0, 1, -1}.span() < Interval{0, 1, 0}.span());
    CHECK(Interval{INT32_MAX, INT32_MAX, INT64_MAX}.span() > Interval{INT32_MAX, 0, 0}.span());
}
