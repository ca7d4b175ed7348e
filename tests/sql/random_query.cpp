// SPDX-License-Identifier: Apache-2.0
#include "random_query.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace topgun::test {
namespace {

std::string joined(const std::vector<std::string>& parts, const char* between = ", ") {
    std::string out;
    for (const auto& part : parts) (out += out.empty() ? "" : between) += part;
    return out;
}

const char* prefix_of(Kind kind) {
    constexpr std::array<const char*, kKinds> kPrefixes = {"i", "r", "n", "s", "d", "b", "j"};
    return kPrefixes[static_cast<std::size_t>(kind)];
}

// Names that say the kind: i1, i2, s1 ...
std::vector<std::string> column_names(const std::vector<Kind>& kinds) {
    std::array<int, kKinds> used{};
    std::vector<std::string> names;
    for (const auto kind : kinds) {
        names.push_back(prefix_of(kind) + std::to_string(++used[static_cast<std::size_t>(kind)]));
    }
    return names;
}

}  // namespace

RandomQuery::RandomQuery(Random& random, const std::vector<RandomTable>& tables, int size)
    : random_(random), size_(size) {
    for (const auto& table : tables) sources_.push_back({table.name, table.columns});
}

std::string RandomSelect::text(const std::vector<std::string>& more) const {
    auto items = more;
    items.insert(items.end(), with.begin(), with.end());
    if (items.empty()) return body;
    return (recursive ? "WITH RECURSIVE " : "WITH ") + joined(items) + " " + body;
}

RandomSelect RandomQuery::next() {
    RandomSelect out;
    const auto tables = sources_.size();
    left_ = number(0, size_);
    names_ = 0;
    if (chance(0.15)) define(out);
    if (chance(0.05)) define_recursive(out);
    const auto columns = kinds(1, 4);
    out.ordered = chance(0.3) && std::all_of(columns.begin(), columns.end(), &ordered);
    out.body = out.ordered ? limited(columns, nullptr) : query(columns, nullptr);
    sources_.resize(tables);
    return out;
}

void RandomQuery::define(RandomSelect& into) {
    const auto columns = kinds(1, 4);
    const auto names = column_names(columns);
    const auto name = fresh("w");
    into.with.push_back(name + " (" + joined(names) + ") AS " +
                        word({"", "", "MATERIALIZED ", "NOT MATERIALIZED "}) + "(" +
                        query(columns, nullptr) + ")");
    Source source{name, {}};
    for (std::size_t i = 0; i < names.size(); ++i) {
        source.columns.push_back({names[i], columns[i]});
    }
    sources_.push_back(std::move(source));
}

// Numbers grow up to a bound, so the recursion ends.
void RandomQuery::define_recursive(RandomSelect& into) {
    const auto name = fresh("w");
    const auto& other = sources_[random_.below(sources_.size())];
    std::string step = "SELECT w.i1 + 1, x.i1 FROM " + name + " w JOIN (SELECT " +
                       literal(Kind::integer) + " AS i1 FROM " + other.name +
                       ") x ON w.i1 < 4 AND w.i2 IS DISTINCT FROM x.i1";
    if (chance(0.5)) step = "SELECT i1 + 1, i2 * 2 FROM " + name + " WHERE i1 < 5";
    into.with.push_back(name + " (i1, i2) AS (" + select({Kind::integer, Kind::integer}, nullptr) +
                        " UNION " + step + ")");
    into.recursive = true;
    sources_.push_back({name, {{"i1", Kind::integer}, {"i2", Kind::integer}}});
}

std::string RandomQuery::word(std::initializer_list<const char*> words) {
    return *(words.begin() + random_.below(words.size()));
}

std::vector<Kind> RandomQuery::kinds(int least, int most) {
    std::vector<Kind> out(static_cast<std::size_t>(number(least, most)));
    for (auto& each : out) each = chance(0.35) ? Kind::integer : kind();
    return out;
}

std::string RandomQuery::query(const std::vector<Kind>& kinds, const Scope* outer) {
    if (left_ > 1 && chance(0.15)) return set_operation(kinds, outer);
    const bool can_order = std::all_of(kinds.begin(), kinds.end(), &ordered);
    return can_order && chance(0.1) ? limited(kinds, outer) : select(kinds, outer);
}

std::string RandomQuery::set_operation(const std::vector<Kind>& kinds, const Scope* outer) {
    --left_;
    std::string out = "(" + query(kinds, outer) + ")";
    for (int i = number(1, 2); i > 0; --i) {
        out += " " +
               word({"UNION", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"}) +
               " (" + query(kinds, outer) + ")";
    }
    return out;
}

// Ordered by all columns: which rows come is determined, and in which order.
std::string RandomQuery::limited(const std::vector<Kind>& kinds, const Scope* outer) {
    auto out = left_ > 1 && chance(0.1) ? set_operation(kinds, outer) : select(kinds, outer);
    out += " ORDER BY " + order_by_all(kinds);
    if (chance(0.2)) out += " OFFSET " + std::to_string(number(0, 4));
    if (chance(0.3))
        return out + " FETCH FIRST " + std::to_string(number(0, 6)) + " ROWS WITH TIES";
    return chance(0.6) ? out + " LIMIT " + std::to_string(number(0, 8)) : out;
}

std::string RandomQuery::direction() {
    return word({"", "", " DESC", " ASC", " NULLS FIRST", " NULLS LAST", " DESC NULLS LAST"});
}

std::string RandomQuery::order_by_all(const std::vector<Kind>& kinds) {
    std::vector<std::string> terms;
    for (std::size_t i = 1; i <= kinds.size(); ++i) {
        terms.push_back(std::to_string(i) + direction());
    }
    for (auto i = terms.size(); i > 1; --i) std::swap(terms[i - 1], terms[random_.below(i)]);
    return joined(terms);
}

std::string RandomQuery::select(const std::vector<Kind>& kinds, const Scope* outer) {
    --left_;
    const bool windows = std::exchange(windows_, false);
    std::string out;
    if (chance(0.03)) {
        const Scope scope{{}, outer, nullptr, 0};
        out = plain_select(kinds, {}, scope);
    } else {
        const auto from = from_clause(outer);
        Scope scope{from.items, outer, nullptr, 0};
        for (const auto& name : from.names) {
            if (name.merged && name.count == 1)
                scope.items.push_back({name.name, name.kind, false});
        }
        const double way = random_.unit();
        out = way < 0.35   ? grouped_select(kinds, from, scope)
              : way < 0.42 ? distinct_on(kinds, from, scope)
                           : plain_select(kinds, from, scope);
    }
    windows_ = windows;
    return out;
}

std::string RandomQuery::where(const From& from, const Scope& scope) {
    auto out = from.text.empty() ? "" : " FROM " + from.text;
    return chance(0.6) ? out + " WHERE " + boolean(scope, 3) : out;
}

std::string RandomQuery::plain_select(const std::vector<Kind>& kinds, const From& from,
                                      const Scope& scope) {
    const auto rest = where(from, scope);
    std::vector<std::string> items;
    windows_ = chance(0.25);
    for (const auto each : kinds) items.push_back(expression(each, scope, 3));
    windows_ = false;
    return "SELECT " + std::string(chance(0.15) ? "DISTINCT " : "") + joined(items) + rest;
}

std::string RandomQuery::distinct_on(const std::vector<Kind>& kinds, const From& from,
                                     const Scope& scope) {
    const auto rest = where(from, scope);
    std::vector<std::string> keys, order, items;
    for (int i = number(1, 2); i > 0; --i) {
        const auto& key = one_of(scope.items);
        // JSON has no order that both sides know.
        if (ordered(key.kind)) keys.push_back(key.text);
    }
    if (keys.empty()) return plain_select(kinds, from, scope);
    // The keys decide first, then every column.
    for (const auto& key : keys) order.push_back(key + direction());
    for (const auto each : kinds) items.push_back(expression(each, scope, 2));
    return "SELECT * FROM (SELECT DISTINCT ON (" + joined(keys) + ") " + joined(items) + rest +
           " ORDER BY " + joined(order) + ", " + total_order(scope) + ") " + fresh("q");
}

std::string RandomQuery::group_by(const std::vector<Item>& keys, bool& sets) {
    std::vector<std::string> texts;
    for (const auto& key : keys) texts.push_back(key.text);
    sets = !keys.empty() && chance(0.3);
    if (!sets) return keys.empty() ? "" : " GROUP BY " + joined(texts);
    if (chance(0.6)) return " GROUP BY " + word({"ROLLUP", "CUBE"}) + " (" + joined(texts) + ")";
    std::vector<std::string> listed;
    for (int i = number(1, 4); i > 0; --i) {
        std::vector<std::string> set;
        for (const auto& text : texts) {
            if (chance(0.5)) set.push_back(text);
        }
        listed.push_back("(" + joined(set) + ")");
    }
    // Every key stands in a set, so that it may be read.
    listed.push_back("(" + joined(texts) + ")");
    return " GROUP BY GROUPING SETS (" + joined(listed) + ")";
}

std::string RandomQuery::grouped_select(const std::vector<Kind>& kinds, const From& from,
                                        const Scope& scope) {
    const auto rest = where(from, scope);
    Scope grouped{{}, scope.outer, &scope, 0};
    for (int i = number(0, 3); i > 0; --i) {
        if (chance(0.7)) {
            grouped.items.push_back(one_of(scope.items));
            continue;
        }
        quiet_ = true;
        const Scope alone{scope.items, nullptr, nullptr, 0};
        const auto of = kind();
        const auto text = expression(of, alone, 1);
        quiet_ = false;
        // A bare number would be a position.
        if (alone.reads > 0) grouped.items.push_back({text, of, false});
    }
    bool sets = false;
    const auto keys = grouped.items;
    const auto group = group_by(keys, sets);
    std::vector<std::string> items;
    // Rows of different sets may have the same keys, so these make no total order.
    windows_ = !sets && chance(0.15);
    for (const auto each : kinds) {
        items.push_back(sets && each == Kind::integer && chance(0.2)
                            ? "GROUPING(" + one_of(keys).text + ")::bigint"
                            : expression(each, grouped, 2));
    }
    windows_ = false;
    // Without keys or aggregates it would be no grouped query at all.
    const auto having =
        keys.empty() && chance(0.7) ? " HAVING count(*) >= 0"
        : keys.empty() || chance(0.3)
            ? " HAVING " + boolean(grouped, 2) + (keys.empty() ? " OR count(*) >= 0" : "")
            : "";
    return "SELECT " + std::string(chance(0.1) ? "DISTINCT " : "") + joined(items) + rest + group +
           having;
}

}  // namespace topgun::test
