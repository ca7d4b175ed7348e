// SPDX-License-Identifier: Apache-2.0
// What stands behind FROM in random queries, and the tables beneath.
#include <algorithm>
#include <array>

#include "random_query.hpp"

namespace topgun::test {
namespace {

constexpr std::array<const char*, kKinds> kTypes = {
    "bigint", "double precision", "numeric(12,2)", "text", "date", "boolean", "jsonb"};
constexpr std::array<const char*, kKinds> kPrefixes = {"i", "r", "n", "s", "d", "b", "j"};

std::string stored_value(Random& random, Kind kind) {
    if (random.chance(0.2)) return "NULL";
    const auto below = [&](std::uint64_t bound) { return std::to_string(random.below(bound)); };
    switch (kind) {
        case Kind::integer: return std::to_string(random.between(-3, 9));
        case Kind::real:
            return random.chance(0.05)
                       ? "'NaN'::double precision"
                       : std::to_string(0.25 * static_cast<double>(random.between(-8, 12)));
        case Kind::numeric: return std::to_string(random.between(-3, 6)) + "." + below(2) + "5";
        case Kind::text:
            return std::array{
                "''", "'a'", "'b'", "'B'", "'ab'", "'ä'", "'a b'", "'%'"}[random.below(8)];
        case Kind::date: return "'2024-0" + std::to_string(random.between(1, 4)) + "-01'";
        case Kind::boolean: return random.chance(0.5) ? "true" : "false";
        case Kind::json:
            return std::array{"'1'",          "'\"a\"'",  "'null'",
                              "'{\"a\": 1}'", "'[1, 2]'", "'{\"a\": null, \"b\": \"x\"}'",
                              "'true'",       "'{}'"}[random.below(8)];
    }
    return "NULL";
}

}  // namespace

const char* type_name(Kind kind) {
    return kTypes[static_cast<std::size_t>(kind)];
}

std::vector<std::string> RandomTable::statements() const {
    std::string create = "CREATE TABLE " + name + " (", insert = "INSERT INTO " + name + " VALUES ";
    for (const auto& column : columns) {
        create +=
            (&column == &columns.front() ? "" : ", ") + column.name + ' ' + type_name(column.kind);
    }
    for (const auto& row : rows) insert += (&row == &rows.front() ? "(" : ", (") + row + ")";
    std::vector<std::string> out{create + ")"};
    if (!rows.empty()) out.push_back(insert);
    return out;
}

std::vector<RandomTable> random_tables(Random& random, std::size_t rows_max) {
    std::vector<RandomTable> out;
    for (const char* name : {"t1", "t2", "t3", "t4"}) {
        RandomTable table{name, {{"i1", Kind::integer}, {"i2", Kind::integer}}, {}};
        for (std::size_t kind = 1; kind < kKinds; ++kind) {
            if (random.chance(0.7)) {
                table.columns.push_back(
                    {kPrefixes[kind] + std::string("1"), static_cast<Kind>(kind)});
            }
        }
        const auto rows = random.chance(0.1) ? 0 : random.below(rows_max + 1);
        for (std::size_t row = 0; row < rows; ++row) {
            if (row > 0 && random.chance(0.1)) {  // a duplicate
                table.rows.push_back(table.rows[random.below(row)]);
                continue;
            }
            // The first column is nearly a key, so that larger tables join to few rows.
            std::string values = std::to_string(random.below(rows + 3));
            for (std::size_t i = 1; i < table.columns.size(); ++i) {
                values += ", " + stored_value(random, table.columns[i].kind);
            }
            table.rows.push_back(std::move(values));
        }
        out.push_back(std::move(table));
    }
    return out;
}

RandomQuery::From RandomQuery::table(const std::string& name,
                                     const std::vector<RandomColumn>& columns) {
    const auto alias = fresh("x");
    From out{name + " " + alias, {}, {}};
    for (const auto& column : columns) {
        out.items.push_back({alias + "." + column.name, column.kind});
        out.names.push_back({column.name, column.kind});
    }
    return out;
}

RandomQuery::From RandomQuery::derived(const Scope* outer, bool lateral) {
    const auto columns = kinds(1, 3);
    const auto text = query(columns, outer);
    std::vector<RandomColumn> named;
    std::string list;
    std::array<int, kKinds> used{};
    for (const auto each : columns) {
        const auto at = static_cast<std::size_t>(each);
        named.push_back({kPrefixes[at] + std::to_string(++used[at]), each});
        list += (list.empty() ? "" : ", ") + named.back().name;
    }
    auto out = table((lateral ? "LATERAL (" : "(") + text + ") AS", named);
    out.text += " (" + list + ")";
    return out;
}

RandomQuery::From RandomQuery::values() {
    const auto columns = kinds(1, 2);
    std::string rows, list;
    for (int row = number(1, 4); row > 0; --row) {
        std::string values;
        for (const auto each : columns) values += (values.empty() ? "" : ", ") + literal(each);
        rows += (rows.empty() ? "(" : ", (") + values + ")";
    }
    std::vector<RandomColumn> named;
    for (const auto each : columns) {
        // The second of one kind is told apart by its number.
        const bool again = !named.empty() && named.front().kind == each;
        named.push_back(
            {kPrefixes[static_cast<std::size_t>(each)] + std::string(again ? "2" : "1"), each});
        list += (list.empty() ? "" : ", ") + named.back().name;
    }
    auto out = table("(VALUES " + rows + ") AS", named);
    out.text += " (" + list + ")";
    return out;
}

RandomQuery::From RandomQuery::set_function(const Scope& beside) {
    const bool json = chance(0.3);
    quiet_ = true;
    const auto argument = expression(json ? Kind::json : Kind::integer, beside, 1);
    quiet_ = false;
    auto out = json ? table("jsonb_array_elements(CASE WHEN jsonb_typeof(" + argument +
                                ") = 'array' THEN " + argument + " END) AS",
                            {{"j1", Kind::json}})
                    : table("generate_series(1::bigint, least(" + argument + ", 5::bigint)) AS",
                            {{"i1", Kind::integer}});
    if (chance(0.3)) {
        out.text = out.text.substr(0, out.text.rfind(" AS ")) + " WITH ORDINALITY" +
                   out.text.substr(out.text.rfind(" AS ")) + (json ? " (j1, i9)" : " (i1, i9)");
        const auto& first = out.items.front().text;
        out.items.push_back({first.substr(0, first.find('.')) + ".i9", Kind::integer});
        out.names.push_back({"i9", Kind::integer});
    } else {
        out.text += json ? " (j1)" : " (i1)";
    }
    return out;
}

RandomQuery::From RandomQuery::relation(const Scope* outer, const std::vector<Item>& beside) {
    const double way = random_.unit();
    if (way < 0.08) return values();
    if (way < 0.16) {
        const Scope scope{beside, outer, nullptr, 0};
        return set_function(scope);
    }
    if (way < 0.45 && left_ > 0) {
        if (!beside.empty() && chance(0.5)) {
            const Scope scope{beside, outer, nullptr, 0};
            return derived(&scope, true);
        }
        return derived(outer, false);
    }
    const auto source = one_of(sources_);
    return table(source.name, source.columns);
}

RandomQuery::From RandomQuery::both(const From& left, const From& right, std::string text) {
    From out{std::move(text), left.items, left.names};
    out.items.insert(out.items.end(), right.items.begin(), right.items.end());
    for (const auto& name : right.names) {
        const auto found = std::find_if(out.names.begin(), out.names.end(),
                                        [&](const Named& each) { return each.name == name.name; });
        if (found == out.names.end()) {
            out.names.push_back(name);
        } else {
            found->count += name.count;
        }
    }
    return out;
}

std::string RandomQuery::join_condition(const From& left, const From& right, const Scope* outer,
                                        bool full) {
    std::string out;
    std::vector<std::pair<const Item*, const Item*>> pairs;
    for (const auto& a : left.items) {
        for (const auto& b : right.items) {
            if (a.kind == b.kind) pairs.emplace_back(&a, &b);
        }
    }
    if (!pairs.empty() && (full || chance(0.8))) {
        const auto& [a, b] = one_of(pairs);
        out = a->text +
              (full || chance(0.8) ? " = "
               : chance(0.5)       ? " < "
                                   : " IS NOT DISTINCT FROM ") +
              b->text;
        if (a->kind == Kind::json) out = a->text + " = " + b->text;
        if (chance(0.2)) {
            const auto& [c, d] = one_of(pairs);
            out += " AND " + c->text + " = " + d->text;
        }
    }
    if (out.empty() || chance(0.25)) {
        const auto joined = both(left, right, "");
        const Scope scope{joined.items, full ? nullptr : outer, nullptr, 0};
        if (full) quiet_ = true;
        out += (out.empty() ? "" : " AND ") + boolean(scope, 1);
        quiet_ = false;
    }
    return out;
}

// USING and NATURAL.
RandomQuery::From RandomQuery::merged_join(From left, From right, const std::string& kind) {
    std::vector<std::string> common;
    for (const auto& name : left.names) {
        for (const auto& other : right.names) {
            if (name.name == other.name && name.count == 1 && other.count == 1) {
                common.push_back(name.name);
            }
        }
    }
    if (common.empty()) return both(left, right, left.text + " CROSS JOIN " + right.text);
    const auto name = one_of(common);
    auto out =
        both(left, right, left.text + " " + kind + " JOIN " + right.text + " USING (" + name + ")");
    for (auto& each : out.names) {
        if (each.name == name) each = {name, each.kind, 1, true};
    }
    return out;
}

RandomQuery::From RandomQuery::join(From left, const Scope* outer,
                                    const std::vector<Item>& beside) {
    auto kind = word({"INNER", "LEFT", "LEFT", "RIGHT", "FULL"});
    const bool lateral = kind == "INNER" || kind == "LEFT";
    auto seen = beside;
    seen.insert(seen.end(), left.items.begin(), left.items.end());
    auto right = relation(outer, lateral ? seen : std::vector<Item>());
    if (chance(0.15)) {  // nested on the right
        auto more = relation(outer, {});
        const auto on = join_condition(right, more, outer, false);
        right = both(
            right, more,
            "(" + right.text + word({" JOIN ", " LEFT JOIN "}) + more.text + " ON " + on + ")");
    }
    if (chance(0.1)) return both(left, right, left.text + " CROSS JOIN " + right.text);
    if (chance(0.25)) return merged_join(std::move(left), std::move(right), kind);
    const auto on = join_condition(left, right, outer, kind == "FULL");
    return both(left, right, left.text + " " + kind + " JOIN " + right.text + " ON " + on);
}

RandomQuery::From RandomQuery::from_clause(const Scope* outer) {
    From out;
    for (int i = chance(0.2) ? 2 : 1; i > 0; --i) {
        auto tree = relation(outer, out.items);
        for (int more = number(0, 4) / 2; more > 0; --more) {
            tree = join(std::move(tree), outer, out.items);
        }
        out = out.text.empty() ? std::move(tree) : both(out, tree, out.text + ", " + tree.text);
    }
    return out;
}

}  // namespace topgun::test
