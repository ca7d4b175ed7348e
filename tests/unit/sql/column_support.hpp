// SPDX-License-Identifier: Apache-2.0
// What tests of columns share: values as PostgreSQL writes them, and random ones.
#pragma once

#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "cast.hpp"
#include "topgun/column/column.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

/// A column of a type out of texts as PostgreSQL reads them; "NULL" is NULL.
inline ColumnPtr column_of(DataType type, const std::vector<std::string>& texts) {
    auto out = std::make_shared<Column>(type);
    for (const auto& text : texts) {
        if (text == "NULL")
            out->add_null();
        else
            must(sql::add_parsed(*out, text));
    }
    return out;
}

inline std::string text_at(const Column& column, std::size_t row) {
    return column.is_null(row) ? "NULL" : sql::value_text(column, row);
}

/// All values, a space between them.
inline std::string texts_of(const Column& column) {
    std::string out;
    for (std::size_t row = 0; row < column.size(); ++row) {
        if (row > 0) out += ' ';
        out += text_at(column, row);
    }
    return out;
}

inline const std::vector<DataType>& scalar_types() {
    static const std::vector<DataType> types{
        TypeId::boolean,  TypeId::bigint,    TypeId::real,        TypeId::numeric,
        TypeId::text,     TypeId::bytea,     TypeId::date,        TypeId::time,
        TypeId::interval, TypeId::timestamp, TypeId::timestamptz, TypeId::json};
    return types;
}

/// Adds a random value; small ranges, so that many are equal, and now and then an extreme.
inline void add_random(Column& out, Random& rng) {
    const bool extreme = rng.chance(0.05);
    const auto small = rng.between(-5, 5);
    switch (out.storage()) {
        case Storage::none: return out.add_null();
        case Storage::integer:
            if (out.type().id == TypeId::boolean) return out.add_boolean(small > 0);
            return out.add_integer(extreme && out.type().id == TypeId::bigint
                                       ? (small > 0 ? INT64_MAX : INT64_MIN)
                                       : small);
        case Storage::real: {
            const double odd[] = {0.0,
                                  -0.0,
                                  1e300,
                                  -1e300,
                                  1e-300,
                                  std::numeric_limits<double>::infinity(),
                                  -std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::quiet_NaN()};
            return out.add_real(extreme ? odd[rng.below(8)] : static_cast<double>(small) / 4);
        }
        case Storage::decimal:
            if (extreme) {
                return out.add_decimal(must(Decimal::parse(small > 0 ? "12345678901234567890.5"
                                                                     : "-98765432109876543210")));
            }
            return out.add_decimal(Decimal::from_parts(small * (rng.chance(0.5) ? 10 : 1),
                                                       static_cast<int>(rng.between(0, 2))));
        case Storage::interval:
            return out.add_interval({static_cast<std::int32_t>(rng.between(-1, 1)),
                                     static_cast<std::int32_t>(rng.between(-31, 31)),
                                     extreme ? std::int64_t{86'400'000'000} * small : small});
        case Storage::bytes: break;
    }
    if (out.type().id == TypeId::json) {
        const char* const texts[] = {"null",   "true", "1",  "1.0",        "1.5", "\"a\"",
                                     "[1, 2]", "[1]",  "{}", "{\"a\": 1}", "-7",  "\"ab\""};
        return must(sql::add_parsed(out, texts[rng.below(12)]));
    }
    std::string text = extreme ? std::string("a\0", 2) : "prefix";
    for (auto i = rng.below(5); i > 0; --i) text += static_cast<char>('a' + rng.below(3));
    if (rng.chance(0.3)) text += "-a-long-tail-" + std::to_string(rng.below(4));
    out.add_bytes(text);
}

inline ColumnPtr random_column(DataType type, std::size_t rows, Random& rng, double nulls = 0.1) {
    auto out = std::make_shared<Column>(type);
    for (std::size_t row = 0; row < rows; ++row) {
        if (rng.chance(nulls))
            out->add_null();
        else
            add_random(*out, rng);
    }
    return out;
}

}  // namespace topgun::test
