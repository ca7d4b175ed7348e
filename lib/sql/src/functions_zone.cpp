// SPDX-License-Identifier: Apache-2.0
// Time zones that are offsets from UTC, and what time it is.
#include <chrono>

#include "characters.hpp"
#include "function.hpp"
#include "moment.hpp"
#include "text_kernels.hpp"
#include "zone.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using T = std::string_view;
using V = Interval;

Result<I> zone_offset(T zone) {
    return offset_of_zone(zone);
}
Result<I> zone_offset(const V& zone) {
    if (zone.months != 0 || zone.days != 0) {
        return Error(Errc::bad_input, "interval time zone \"" + format_interval(zone) +
                                          "\" must not include months or days");
    }
    return zone.micros;
}

// AT TIME ZONE: local time of a zone from a moment, or the moment from the local time.
template <typename Zone, bool to_local>
Result<I> in_zone(const Zone& zone, I moment) {
    if (is_infinite(moment)) return moment;
    auto offset = zone_offset(zone);
    if (!offset) return offset;
    return add_interval(moment, {0, 0, to_local ? *offset : -*offset});
}

Result<ColumnPtr> start_rows(const EvalContext& context, Arguments, std::size_t rows,
                             DataType result) {
    Column one(result);
    one.add_integer(context.now);
    return ColumnPtr(Column::constant(std::move(one), rows));
}
Result<ColumnPtr> clock_rows(const EvalContext&, Arguments, std::size_t rows, DataType result) {
    Column out(result);
    for (std::size_t row = 0; row < rows; ++row) {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        out.add_integer(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
    }
    return ColumnPtr(std::make_shared<const Column>(std::move(out)));
}

void add_zones(std::vector<Function>& to) {
    const DataType text(TypeId::text), interval(TypeId::interval);
    const DataType local(TypeId::timestamp), moment(TypeId::timestamptz);
    to.push_back({"timezone", {text, moment}, local, kernel2<T, I>([](T zone, I t) {
                      return in_zone<T, true>(zone, t);
                  })});
    to.push_back({"timezone", {text, local}, moment, kernel2<T, I>([](T zone, I t) {
                      return in_zone<T, false>(zone, t);
                  })});
    to.push_back({"timezone", {interval, moment}, local, kernel2<V, I>([](const V& zone, I t) {
                      return in_zone<V, true>(zone, t);
                  })});
    to.push_back({"timezone", {interval, local}, moment, kernel2<V, I>([](const V& zone, I t) {
                      return in_zone<V, false>(zone, t);
                  })});
    for (const auto* name : {"now", "transaction_timestamp", "statement_timestamp"}) {
        to.push_back({name, {}, moment, start_rows});
    }
    to.push_back({"clock_timestamp", {}, moment, clock_rows, false, true});
}

}  // namespace

Result<std::int64_t> offset_of_zone(std::string_view zone) {
    const auto bad = [zone] {
        return Error(Errc::usage, "time zone \"" + std::string(zone.substr(0, 64)) +
                                      "\" is not supported: use UTC or an offset such as '-02:00' "
                                      "or INTERVAL '2 hours'");
    };
    auto rest = zone;
    while (!rest.empty() && is_word_character(static_cast<unsigned char>(rest[0])) &&
           (rest[0] < '0' || rest[0] > '9')) {
        rest.remove_prefix(1);
    }
    const auto name = lowered(zone.substr(0, zone.size() - rest.size()));
    if (!name.empty() && name != "utc" && name != "gmt" && name != "z" && name != "zulu") {
        return bad();
    }
    if (rest.empty()) return name.empty() ? Result<I>(bad()) : Result<I>(I{0});
    const bool plus = rest[0] == '+';
    if (plus || rest[0] == '-') rest.remove_prefix(1);
    const auto digits = [](T text) {
        return !text.empty() && text.size() <= 2 && text.find_first_not_of("0123456789") == T::npos;
    };
    const auto colon = rest.find(':');
    const auto hours = rest.substr(0, colon);
    const auto minutes = colon == T::npos ? T("0") : rest.substr(colon + 1);
    if (!digits(hours) || !digits(minutes)) return bad();
    const auto number = [](T text) {
        I value = 0;
        for (const char c : text) value = value * 10 + (c - '0');
        return value;
    };
    const auto offset = (number(hours) * 60 + number(minutes)) * 60 * kMicrosPerSecond;
    if (offset > 15 * 3600 * kMicrosPerSecond) return bad();
    return plus || zone[zone.size() - rest.size() - 1] != '-' ? -offset : offset;
}

void add_zoned(std::vector<Function>& to) {
    add_zones(to);
}

}  // namespace topgun::sql
