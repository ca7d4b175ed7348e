// SPDX-License-Identifier: Apache-2.0
// to_char(), to_date(), to_timestamp(), to_number(): values by templates.
#include "function.hpp"
#include "moment.hpp"
#include "value_format.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using T = std::string_view;

// An infinite moment has no text by a template, and an empty template gives none.
template <bool with_zone>
Result<ColumnPtr> moment_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                              DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto moment = arguments[0]->integer(row);
        const auto pattern = arguments[1]->bytes(row);
        if (!is_infinite(moment) && !pattern.empty()) {
            return add_result(out, format_moment(moment, with_zone, pattern));
        }
        out.add_null();
        return {};
    });
}

}  // namespace

void add_formats(std::vector<Function>& to) {
    const DataType text(TypeId::text);
    to.push_back({"to_char", {TypeId::timestamp, text}, text, moment_rows<false>});
    to.push_back({"to_char", {TypeId::timestamptz, text}, text, moment_rows<true>});
    to.push_back({"to_char",
                  {TypeId::interval, text},
                  text,
                  kernel2<Interval, T>([](const Interval& i, T pattern) {
                      return format_interval_by(i, pattern);
                  })});
    to.push_back({"to_char", {TypeId::bigint, text}, text, kernel2<I, T>([](I n, T pattern) {
                      return format_number(Decimal(n), pattern);
                  })});
    to.push_back({"to_char",
                  {TypeId::numeric, text},
                  text,
                  kernel2<Decimal, T>(
                      [](const Decimal& n, T pattern) { return format_number(n, pattern); })});
    to.push_back({"to_char",
                  {TypeId::real, text},
                  text,
                  kernel2<double, T>([](double n, T pattern) -> Result<std::string> {
                      auto value = Decimal::from_double(n);
                      if (!value) return std::move(value).error();
                      return format_number(*value, pattern);
                  })});
    to.push_back(
        {"to_timestamp", {text, text}, TypeId::timestamptz, kernel2<T, T>([](T t, T pattern) {
             return parse_moment(t, pattern);
         })});
    to.push_back(
        {"to_date", {text, text}, TypeId::date, kernel2<T, T>([](T t, T pattern) -> Result<I> {
             auto moment = parse_moment(t, pattern);
             if (!moment) return moment;
             return date_of(*moment);
         })});
    to.push_back({"to_number", {text, text}, TypeId::numeric, kernel2<T, T>([](T t, T pattern) {
                      return parse_number(t, pattern);
                  })});
}

}  // namespace topgun::sql
