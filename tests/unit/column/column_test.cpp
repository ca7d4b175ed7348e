// SPDX-License-Identifier: Apache-2.0
#include "topgun/column/column.hpp"

#include <optional>

#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

Column texts(const std::vector<std::optional<std::string>>& values) {
    Column out(TypeId::text);
    for (const auto& value : values) {
        if (value)
            out.add_bytes(*value);
        else
            out.add_null();
    }
    return out;
}

}  // namespace

TEST_CASE("NULLs are told from values wherever they stand", "[column]") {
    for (const std::size_t null_at : {0u, 1u, 63u, 64u, 65u, 127u, 199u}) {
        Column column(TypeId::bigint);
        for (std::size_t i = 0; i < 200; ++i) {
            if (i == null_at)
                column.add_null();
            else
                column.add_integer(static_cast<std::int64_t>(i));
        }
        REQUIRE(column.size() == 200);
        CHECK(column.null_count() == 1);
        for (std::size_t i = 0; i < 200; ++i) {
            CHECK(column.is_null(i) == (i == null_at));
            CHECK(column.integer(i) == (i == null_at ? 0 : static_cast<std::int64_t>(i)));
        }
    }
}

TEST_CASE("a gathered column has the rows asked for and keeps their texts alive", "[column]") {
    std::shared_ptr<Column> gathered;
    {
        const auto column = texts({"zero", std::nullopt, "two", std::string(5000, 'x')});
        const std::uint32_t rows[] = {3, 1, 0, 3};
        gathered = Column::gather(column, rows);
    }
    REQUIRE(gathered->size() == 4);
    CHECK(gathered->bytes(0) == std::string(5000, 'x'));
    CHECK(gathered->is_null(1));
    CHECK(gathered->bytes(2) == "zero");
    CHECK(gathered->bytes(3) == gathered->bytes(0));
    CHECK(gathered->memory() >= 10'000);
}

TEST_CASE("a constant column answers for all its rows from one slot", "[column]") {
    Column one(TypeId::real);
    one.add_real(2.5);
    const auto constant = Column::constant(std::move(one), 1000);
    CHECK(constant->size() == 1000);
    CHECK(constant->real(999) == 2.5);
    CHECK(constant->reals().size() == 1);
    CHECK(constant->null_count() == 0);
    const std::uint32_t rows[] = {5, 900};
    const auto gathered = Column::gather(*constant, rows);
    CHECK(gathered->size() == 2);
    CHECK(gathered->is_constant());
    const auto flat = Column::flat(constant);
    CHECK_FALSE(flat->is_constant());
    CHECK(flat->reals().size() == 1000);
    CHECK(flat->real(500) == 2.5);
}

TEST_CASE("a column of NULLs has any type and no value", "[column]") {
    for (const auto id : {TypeId::null, TypeId::boolean, TypeId::numeric, TypeId::json}) {
        const auto column = Column::nulls(id, 70);
        CHECK(column->null_count() == 70);
        CHECK(column->is_null(69));
        const auto flat = Column::flat(column);
        CHECK(flat->null_count() == 70);
        CHECK(flat->size() == 70);
    }
}

TEST_CASE("batches are gathered column by column, also without columns", "[column]") {
    Batch batch;
    batch.rows = 3;
    Column numbers(TypeId::numeric);
    for (int i = 0; i < 3; ++i) numbers.add_decimal(Decimal(i));
    batch.columns = {std::make_shared<const Column>(texts({"a", "b", "c"})),
                     std::make_shared<const Column>(std::move(numbers))};
    const std::uint32_t rows[] = {2, 2};
    const auto picked = batch.gather(rows);
    CHECK(picked.rows == 2);
    CHECK(picked.columns[0]->bytes(1) == "c");
    CHECK(picked.columns[1]->decimal(0) == Decimal(2));
    CHECK(Batch{{}, 9}.gather(rows).rows == 2);
}
