// SPDX-License-Identifier: Apache-2.0
// Typed random expressions that never fail and never depend on the order of rows.
#include <algorithm>
#include <array>
#include <utility>

#include "random_query.hpp"

namespace topgun::test {

std::string RandomQuery::constant(Kind kind) {
    switch (kind) {
        case Kind::integer: return "(" + std::to_string(number(-3, 8)) + ")::bigint";
        case Kind::real: return "(" + std::to_string(0.5 * number(-4, 8)) + ")::double precision";
        case Kind::numeric:
            return "(" + std::to_string(number(-2, 5)) + word({".25", ".50", ".00"}) + ")::numeric";
        case Kind::text: return word({"'a'", "'b'", "''", "'ab'", "'B'"}) + "::text";
        case Kind::date: return "'2024-0" + std::to_string(number(1, 5)) + "-01'::date";
        case Kind::boolean: return word({"true", "false"});
        case Kind::json: return word({"'1'", "'{\"a\": 1}'", "'[1, 2]'", "'\"a\"'"}) + "::jsonb";
    }
    return "NULL";
}

std::string RandomQuery::literal(Kind kind) {
    return chance(0.1) ? null(kind) : constant(kind);
}

Kind RandomQuery::ordered_kind() {
    const auto of = kind();
    return ordered(of) ? of : Kind::integer;
}

std::optional<std::string> RandomQuery::item(Kind kind, const Scope& scope) {
    const Scope* from = &scope;
    bool inside = true;
    while (from->outer != nullptr && chance(0.3)) {
        from = from->outer;
        inside = false;
    }
    std::vector<const Item*> found;
    for (const auto& each : from->items) {
        if (each.kind == kind && (inside || each.plain)) found.push_back(&each);
    }
    if (found.empty()) return std::nullopt;
    ++from->reads;
    return one_of(found)->text;
}

std::string RandomQuery::leaf(Kind kind, const Scope& scope) {
    if (chance(0.85)) {
        if (auto found = item(kind, scope)) return *found;
    }
    return literal(kind);
}

std::string RandomQuery::expression(Kind kind, const Scope& scope, int depth) {
    if (windows_ && chance(0.5)) {
        windows_ = false;
        auto out = window_call(kind, scope);
        windows_ = true;
        return out;
    }
    if (scope.rows != nullptr && chance(0.5)) return aggregate(kind, scope, depth);
    if (depth <= 0 || chance(0.4)) return leaf(kind, scope);
    if (!quiet_ && left_ > 0 && chance(0.15)) return scalar_subquery(kind, scope);
    return chance(0.25) ? any_kind(kind, scope, depth - 1) : of_kind(kind, scope, depth - 1);
}

// What there is for values of all types.
std::string RandomQuery::any_kind(Kind kind, const Scope& scope, int depth) {
    const auto next = [&] { return expression(kind, scope, depth); };
    switch (number(0, ordered(kind) ? 4 : 2)) {
        case 0: return "coalesce(" + next() + ", " + next() + ")";
        case 1:
            return "CASE WHEN " + boolean(scope, depth) + " THEN " + next() + " ELSE " + next() +
                   " END";
        case 2: {
            const auto of = this->kind();
            return "CASE " + expression(of, scope, depth) + " WHEN " + leaf(of, scope) + " THEN " +
                   next() + " WHEN " + constant(of) + " THEN " + next() + " END";
        }
        case 3: return "nullif(" + next() + ", " + next() + ")";
        default: return word({"greatest(", "least("}) + next() + ", " + next() + ")";
    }
}

std::string RandomQuery::of_kind(Kind kind, const Scope& scope, int depth) {
    switch (kind) {
        case Kind::integer: return integer(scope, depth);
        case Kind::real: return real(scope, depth);
        case Kind::numeric: return numeric(scope, depth);
        case Kind::text: return text(scope, depth);
        case Kind::date: return date(scope, depth);
        case Kind::boolean: return boolean(scope, depth);
        case Kind::json: return json(scope, depth);
    }
    return literal(kind);
}

std::string RandomQuery::integer(const Scope& scope, int depth) {
    const auto next = [&](Kind kind) { return expression(kind, scope, depth); };
    switch (number(0, 9)) {
        case 0: return "(" + next(Kind::integer) + " - " + next(Kind::integer) + ")";
        case 1: return "(" + next(Kind::integer) + " * " + constant(Kind::integer) + ")";
        case 2: return "(" + next(Kind::integer) + " / nullif(" + next(Kind::integer) + ", 0))";
        case 3: {
            const auto by = next(Kind::integer);
            return "CASE WHEN " + by + " <> 0 THEN " + next(Kind::integer) + " % " + by + " END";
        }
        case 4: return "length(" + next(Kind::text) + ")::bigint";
        case 5: return "(" + next(Kind::date) + " - " + next(Kind::date) + ")::bigint";
        case 6: return "extract(month FROM " + next(Kind::date) + ")::bigint";
        case 7: return "abs(" + next(Kind::integer) + ")";
        case 8: return "(" + next(Kind::boolean) + ")::int::bigint";
        default: return "(" + next(Kind::integer) + " + " + next(Kind::integer) + ")";
    }
}

// Adding zero makes 0 of -0, which equals it and would be shown in its place here and there.
std::string RandomQuery::real(const Scope& scope, int depth) {
    const auto next = [&](Kind kind) { return expression(kind, scope, depth); };
    switch (number(0, 4)) {
        case 0: return "(" + next(Kind::real) + " - " + next(Kind::real) + ")";
        case 1: return "(" + next(Kind::real) + " * " + constant(Kind::real) + " + 0)";
        case 2: return "(" + next(Kind::integer) + " % 1000)::double precision";
        case 3: return "abs(" + next(Kind::real) + ")";
        default: return "(" + next(Kind::real) + " + " + next(Kind::real) + ")";
    }
}

std::string RandomQuery::numeric(const Scope& scope, int depth) {
    const auto next = [&](Kind kind) { return expression(kind, scope, depth); };
    switch (number(0, 4)) {
        case 0: return "(" + next(Kind::numeric) + " - " + next(Kind::numeric) + ")";
        case 1: return "round(" + next(Kind::numeric) + " * " + constant(Kind::numeric) + ", 2)";
        case 2: return "(" + next(Kind::integer) + " % 1000)::numeric(12,2)";
        case 3: return "abs(" + next(Kind::numeric) + ")";
        default: return "(" + next(Kind::numeric) + " + " + next(Kind::numeric) + ")";
    }
}

std::string RandomQuery::text(const Scope& scope, int depth) {
    const auto next = [&](Kind kind) { return expression(kind, scope, depth); };
    switch (number(0, 8)) {
        case 0: return "upper(" + next(Kind::text) + ")";
        case 1: return "substr(" + next(Kind::text) + ", 1, 2)";
        case 2: return "(" + next(Kind::integer) + ")::text";
        case 3: return "(" + next(Kind::json) + " ->> 'a')";
        case 4: return "(" + next(ordered_kind()) + ")::text";
        case 5: return "concat(" + next(ordered_kind()) + ", " + next(Kind::integer) + ")";
        case 6: return "replace(" + next(Kind::text) + ", 'a', 'b')";
        case 7: return "jsonb_typeof(" + next(Kind::json) + ")";
        default: return "left(" + next(Kind::text) + " || " + next(Kind::text) + ", 8)";
    }
}

std::string RandomQuery::date(const Scope& scope, int depth) {
    const auto next = [&](Kind kind) { return expression(kind, scope, depth); };
    switch (number(0, 2)) {
        case 0: return "(" + next(Kind::date) + " + (" + next(Kind::integer) + " % 100)::int)";
        case 1: return "date_trunc('month', " + next(Kind::date) + "::timestamp)::date";
        default: return "(" + next(Kind::date) + " + interval '1 month')::date";
    }
}

std::string RandomQuery::json(const Scope& scope, int depth) {
    const auto next = [&](Kind kind) { return expression(kind, scope, depth); };
    switch (number(0, 4)) {
        case 0: return "(" + next(Kind::json) + " -> 'a')";
        case 1: return "to_jsonb(" + next(Kind::integer) + ")";
        case 2: return "to_jsonb(" + next(Kind::text) + ")";
        case 3:
            return "jsonb_build_object('a', " + next(Kind::integer) + ", 'b', " +
                   next(Kind::boolean) + ")";
        default: return "jsonb_build_array(" + next(Kind::text) + ", " + next(Kind::json) + ")";
    }
}

std::string RandomQuery::boolean(const Scope& scope, int depth) {
    if (depth <= 0) return chance(0.6) ? comparison(scope, 0) : leaf(Kind::boolean, scope);
    if (!quiet_ && left_ > 0 && chance(0.3)) return subquery_test(scope, depth - 1);
    switch (number(0, 8)) {
        case 0: return "(" + boolean(scope, depth - 1) + " AND " + boolean(scope, depth - 1) + ")";
        case 1:
        case 2: return "(" + boolean(scope, depth - 1) + " OR " + boolean(scope, depth - 1) + ")";
        case 3: return "(NOT " + boolean(scope, depth - 1) + ")";
        case 4: return test(scope, depth - 1);
        case 5: return membership(scope, depth - 1);
        default: return comparison(scope, depth - 1);
    }
}

std::string RandomQuery::comparison(const Scope& scope, int depth) {
    const auto of = kind();
    const auto a = expression(of, scope, depth), b = expression(of, scope, depth);
    if (!ordered(of)) return "(" + a + word({" = ", " <> "}) + b + ")";
    if (chance(0.1)) {
        return "((" + a + ", " + leaf(Kind::integer, scope) + ")" +
               word({" = ", " < ", " >= ", " <> "}) + "(" + b + ", " + leaf(Kind::integer, scope) +
               "))";
    }
    if (chance(0.1)) {
        return "(" + a + word({" BETWEEN ", " NOT BETWEEN "}) + b + " AND " +
               expression(of, scope, depth) + ")";
    }
    return "(" + a + word({" = ", " = ", " <> ", " < ", " <= ", " > ", " >= "}) + b + ")";
}

std::string RandomQuery::test(const Scope& scope, int depth) {
    const auto of = kind();
    switch (number(0, 3)) {
        case 0: return "(" + expression(of, scope, depth) + word({" IS NULL)", " IS NOT NULL)"});
        case 1:
            return "(" + expression(of, scope, depth) +
                   word({" IS DISTINCT FROM ", " IS NOT DISTINCT FROM "}) +
                   expression(of, scope, depth) + ")";
        case 2:
            return "(" + boolean(scope, depth) +
                   word({" IS TRUE)", " IS NOT TRUE)", " IS FALSE)", " IS UNKNOWN)",
                         " IS NOT FALSE)", " IS NOT UNKNOWN)"});
        default:
            return "(" + expression(Kind::text, scope, depth) +
                   word({" LIKE ", " NOT LIKE ", " ILIKE "}) +
                   word({"'a%'", "'%b'", "'_'", "'%'", "NULL", "'\\%'"}) + ")";
    }
}

std::string RandomQuery::membership(const Scope& scope, int depth) {
    const auto of = kind();
    const auto value = expression(of, scope, depth);
    std::string list;
    for (int i = number(1, 4); i > 0; --i) {
        list +=
            (list.empty() ? "" : ", ") + (chance(0.5) ? literal(of) : expression(of, scope, depth));
    }
    if (chance(0.6)) return "(" + value + word({" IN (", " NOT IN ("}) + list + "))";
    return "(" + value + word({" = ANY (ARRAY[", " <> ALL (ARRAY["}) + list + "]))";
}

std::string RandomQuery::subquery_test(const Scope& scope, int depth) {
    const double way = random_.unit();
    if (way < 0.35) return word({"EXISTS (", "NOT EXISTS ("}) + query(kinds(1, 2), &scope) + ")";
    const auto of = kind();
    auto value = expression(of, scope, depth);
    if (way < 0.7) {
        if (chance(0.2)) {
            value = "(" + value + ", " + leaf(Kind::integer, scope) + ")";
            return "(" + value + word({" IN (", " NOT IN ("}) + query({of, Kind::integer}, &scope) +
                   "))";
        }
        return "(" + value + word({" IN (", " NOT IN ("}) + query({of}, &scope) + "))";
    }
    const auto operation =
        ordered(of) ? word({" = ", " <> ", " < ", " <= ", " > ", " >= "}) : word({" = ", " <> "});
    return "(" + value + operation + word({"ANY (", "ALL (", "SOME ("}) + query({of}, &scope) +
           "))";
}

// At most one row.
std::string RandomQuery::scalar_subquery(Kind kind, const Scope& scope) {
    if (ordered(kind) && chance(0.3)) {
        return "(" + select({kind}, &scope) + " ORDER BY 1" + direction() + " LIMIT 1)";
    }
    --left_;
    const bool windows = std::exchange(windows_, false);
    const auto from = from_clause(&scope);
    const Scope rows{from.items, &scope, nullptr, 0};
    const auto rest = where(from, rows);
    const Scope grouped{{}, &scope, &rows, 0};
    auto value = chance(0.5) && kind == Kind::integer ? "count(*)" : aggregate(kind, grouped, 2);
    if (chance(0.2)) value = "coalesce(" + value + ", " + leaf(kind, grouped) + ")";
    windows_ = windows;
    // Without an aggregate there would be a row for each row.
    return "(SELECT " + value + rest + " HAVING count(*) >= 0)";
}

// Of what the rows hold: an aggregate that reads none of them would belong to the query around.
std::string RandomQuery::argument(Kind kind, const Scope& rows, int depth) {
    const int before = rows.reads;
    const bool windows = std::exchange(windows_, false);
    auto out = expression(kind, rows, depth);
    windows_ = windows;
    if (rows.reads != before) return out;
    for (const auto& each : rows.items) {
        if (each.kind == kind) return each.text;
    }
    return constant(kind);
}

std::string RandomQuery::aggregate(Kind kind, const Scope& scope, int depth) {
    auto out = aggregate_call(kind, *scope.rows, depth - 1, false);
    if (chance(0.15)) {
        out += " FILTER (WHERE " + argument(Kind::boolean, *scope.rows, 1) + ")";
    }
    // Sums of bigint are numeric in PostgreSQL.
    return kind == Kind::integer ? "(" + out + ")::bigint" : out;
}

std::string RandomQuery::aggregate_call(Kind kind, const Scope& rows, int depth, bool window) {
    const std::string distinct = !window && chance(0.15) ? "DISTINCT " : "";
    const auto of = [&](Kind each) { return distinct + argument(each, rows, depth); };
    switch (kind) {
        case Kind::integer:
            if (chance(0.25)) return "count(*)";
            if (chance(0.3)) return "count(" + of(this->kind()) + ")";
            return word({"sum(", "min(", "max(", "sum("}) + of(Kind::integer) + ")";
        case Kind::real:
        case Kind::numeric: return word({"sum(", "min(", "max("}) + of(kind) + ")";
        case Kind::text: {
            if (window || chance(0.5)) return word({"min(", "max("}) + of(kind) + ")";
            const auto value = argument(kind, rows, depth);
            if (chance(0.5)) {
                return "string_agg(" + distinct + value + ", ',' ORDER BY " + value + ")";
            }
            return "array_agg(" + distinct + value + " ORDER BY " + value + ")::text";
        }
        case Kind::date: return word({"min(", "max("}) + of(kind) + ")";
        case Kind::boolean: return word({"bool_and(", "bool_or(", "every("}) + of(kind) + ")";
        case Kind::json: {
            if (window) return "to_jsonb(count(*))";
            const auto value = argument(Kind::integer, rows, depth);
            return "jsonb_agg(" + distinct + value + " ORDER BY " + value + ")";
        }
    }
    return "count(*)";
}

std::string RandomQuery::total_order(const Scope& scope) {
    std::string out;
    for (const auto& each : scope.items) {
        out += (out.empty() ? "" : ", ") + each.text + (ordered(each.kind) ? "" : "::text");
    }
    return out.empty() ? "1::bigint" : out;
}

std::string RandomQuery::frame(Kind order, bool rows) {
    const auto distance = [&]() -> std::string {
        const auto count = std::to_string(number(0, 3));
        if (rows || order == Kind::json) return count;
        switch (order) {
            case Kind::real: return count + ".5::double precision";
            case Kind::numeric: return count + ".25::numeric";
            case Kind::date: return "interval '" + count + "0 days'";
            default: return count + "::bigint";
        }
    };
    const int start = number(0, 3), end = number(std::max(start, 1), 4);
    const auto bound = [&](int at) -> std::string {
        constexpr std::array<const char*, 5> kBounds = {"UNBOUNDED PRECEDING", " PRECEDING",
                                                        "CURRENT ROW", " FOLLOWING",
                                                        "UNBOUNDED FOLLOWING"};
        const std::string name = kBounds[static_cast<std::size_t>(at)];
        return at % 2 == 1 ? distance() + name : name;
    };
    return " BETWEEN " + bound(start) + " AND " + bound(end) +
           word({"", "", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"});
}

std::string RandomQuery::ranking(Kind kind, const std::string& partition, const std::string& total,
                                 const std::string& partial, const Scope& scope) {
    const auto over = [&](const std::string& order, const std::string& frame) {
        return " OVER (" + partition + "ORDER BY " + order + frame + ")";
    };
    if (kind == Kind::integer && chance(0.5)) {
        if (chance(0.5)) return word({"rank()", "dense_rank()"}) + over(partial, "");
        return word({"row_number()", "ntile(3)::bigint"}) == "row_number()"
                   ? "row_number()" + over(total, "")
                   : "(ntile(3)" + over(total, "") + ")::bigint";
    }
    if (kind == Kind::text && chance(0.2)) {
        return "(" + word({"percent_rank()", "cume_dist()"}) + over(partial, "") + ")::text";
    }
    const auto value = expression(kind, scope, 1);
    if (chance(0.4)) {
        return word({"lag(", "lead("}) + value + ", " + std::to_string(number(0, 3)) +
               (chance(0.4) ? ", " + expression(kind, scope, 1) : "") + ")" + over(total, "");
    }
    const auto frame = chance(0.5) ? " ROWS" + this->frame(Kind::integer, true) : "";
    if (chance(0.3)) return "nth_value(" + value + ", 2)" + over(total, frame);
    return word({"first_value(", "last_value("}) + value + ")" + over(total, frame);
}

std::string RandomQuery::window_call(Kind kind, const Scope& scope) {
    std::string partition;
    if (chance(0.5)) partition = "PARTITION BY " + expression(this->kind(), scope, 1) + " ";
    const auto order = ordered_kind();
    const auto partial = expression(order, scope, 1) + direction();
    const auto total = chance(0.5) ? partial + ", " + total_order(scope) : total_order(scope);
    if (chance(0.5)) return ranking(kind, partition, total, partial, scope);
    auto call = aggregate_call(kind, scope, 1, true);
    if (scope.rows == nullptr && chance(0.15)) {
        call += " FILTER (WHERE " + boolean(scope, 1) + ")";
    }
    std::string over = " OVER (" + partition;
    const double way = random_.unit();
    if (way < 0.3) {
        over += "ORDER BY " + total + " ROWS" + frame(order, true);
    } else if (way < 0.5) {
        over += "ORDER BY " + partial + " GROUPS" + frame(order, true);
    } else if (way < 0.7 && order != Kind::text && order != Kind::boolean) {
        over += "ORDER BY " + partial + " RANGE" + frame(order, false);
    } else if (way < 0.9) {
        over += "ORDER BY " + partial;
    }
    over += ")";
    return kind == Kind::integer ? "(" + call + over + ")::bigint" : call + over;
}

}  // namespace topgun::test
