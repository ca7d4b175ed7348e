// SPDX-License-Identifier: Apache-2.0
// Random SELECTs over random tables whose answer is fully determined, so that two engines can be
// asked for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "topgun/base/random.hpp"

namespace topgun::test {

/// Types of columns. Numerics have two decimals throughout, and reals are small multiples of powers
/// of two: sums are exact in any order.
enum class Kind : std::uint8_t { integer, real, numeric, text, date, boolean, json };
inline constexpr std::size_t kKinds = 7;

/// The type's name in SQL.
const char* type_name(Kind kind);

struct RandomColumn {
    std::string name;  ///< Says its kind: columns of one name have one kind in all tables.
    Kind kind;
};

struct RandomTable {
    std::string name;
    std::vector<RandomColumn> columns;
    std::vector<std::string> rows;  ///< Of VALUES, without parentheses.
    /// CREATE TABLE and INSERT.
    std::vector<std::string> statements() const;
};

std::vector<RandomTable> random_tables(Random& random, std::size_t rows_max);

struct RandomSelect {
    bool recursive = false;
    std::vector<std::string> with;  ///< "name AS (...)"
    std::string body;
    bool ordered = false;  ///< The order of its rows is determined, too.

    /// The statement, with more WITH items before its own.
    std::string text(const std::vector<std::string>& more = {}) const;
};

/// Makes queries. Each has the same answer however it is computed: what would depend on an order
/// has one that is total, and nothing in it fails.
class RandomQuery {
public:
    /// @param size  about how many SELECTs there are in one query.
    RandomQuery(Random& random, const std::vector<RandomTable>& tables, int size);
    RandomSelect next();

private:
    struct Item {
        std::string text;
        Kind kind;
        bool plain = true;  ///< Subqueries may read it.
    };
    /// What expressions can read where they stand.
    struct Scope {
        std::vector<Item> items;
        const Scope* outer = nullptr;
        const Scope* rows = nullptr;  ///< Of a grouped query: what aggregates take.
        mutable int reads = 0;        ///< Of items.
    };
    struct Named {
        std::string name;
        Kind kind;
        int count = 1;  ///< How many columns of that name there are.
        bool merged = false;
    };
    struct From {
        std::string text;
        std::vector<Item> items;
        std::vector<Named> names;
    };
    struct Source {
        std::string name;
        std::vector<RandomColumn> columns;
    };

    bool chance(double probability) { return random_.chance(probability); }
    int number(int first, int last) { return static_cast<int>(random_.between(first, last)); }
    template <typename T>
    const T& one_of(const std::vector<T>& values) {
        return values[random_.below(values.size())];
    }
    std::string word(std::initializer_list<const char*> words);
    Kind kind() { return static_cast<Kind>(random_.below(kKinds)); }
    std::vector<Kind> kinds(int least, int most);
    std::string fresh(const char* prefix) { return prefix + std::to_string(++names_); }

    // Queries.
    std::string query(const std::vector<Kind>& kinds, const Scope* outer);
    std::string set_operation(const std::vector<Kind>& kinds, const Scope* outer);
    std::string select(const std::vector<Kind>& kinds, const Scope* outer);
    std::string limited(const std::vector<Kind>& kinds, const Scope* outer);
    std::string plain_select(const std::vector<Kind>& kinds, const From& from, const Scope& scope);
    std::string grouped_select(const std::vector<Kind>& kinds, const From& from,
                               const Scope& scope);
    std::string distinct_on(const std::vector<Kind>& kinds, const From& from, const Scope& scope);
    std::string where(const From& from, const Scope& scope);
    std::string group_by(const std::vector<Item>& keys, bool& sets);
    std::string order_by_all(const std::vector<Kind>& kinds);
    std::string direction();
    void define(RandomSelect& into);
    void define_recursive(RandomSelect& into);

    // FROM.
    From from_clause(const Scope* outer);
    From relation(const Scope* outer, const std::vector<Item>& beside);
    From table(const std::string& name, const std::vector<RandomColumn>& columns);
    From derived(const Scope* outer, bool lateral);
    From values();
    From set_function(const Scope& beside);
    From join(From left, const Scope* outer, const std::vector<Item>& beside);
    From merged_join(From left, From right, const std::string& kind);
    std::string join_condition(const From& left, const From& right, const Scope* outer, bool full);
    static From both(const From& left, const From& right, std::string text);

    // Expressions.
    std::string expression(Kind kind, const Scope& scope, int depth);
    std::string leaf(Kind kind, const Scope& scope);
    std::optional<std::string> item(Kind kind, const Scope& scope);
    std::string literal(Kind kind);
    std::string constant(Kind kind);
    std::string null(Kind kind) { return std::string("NULL::") + type_name(kind); }
    std::string any_kind(Kind kind, const Scope& scope, int depth);
    std::string of_kind(Kind kind, const Scope& scope, int depth);
    std::string integer(const Scope& scope, int depth);
    std::string real(const Scope& scope, int depth);
    std::string numeric(const Scope& scope, int depth);
    std::string text(const Scope& scope, int depth);
    std::string date(const Scope& scope, int depth);
    std::string json(const Scope& scope, int depth);
    std::string boolean(const Scope& scope, int depth);
    std::string comparison(const Scope& scope, int depth);
    std::string test(const Scope& scope, int depth);
    std::string membership(const Scope& scope, int depth);
    std::string subquery_test(const Scope& scope, int depth);
    std::string scalar_subquery(Kind kind, const Scope& scope);
    std::string aggregate(Kind kind, const Scope& scope, int depth);
    std::string aggregate_call(Kind kind, const Scope& rows, int depth, bool window);
    std::string argument(Kind kind, const Scope& rows, int depth);
    std::string window_call(Kind kind, const Scope& scope);
    std::string ranking(Kind kind, const std::string& partition, const std::string& total,
                        const std::string& partial, const Scope& scope);
    std::string frame(Kind order, bool rows);
    std::string total_order(const Scope& scope);
    static bool ordered(Kind kind) { return kind != Kind::json; }
    Kind ordered_kind();

    Random& random_;
    std::vector<Source> sources_;  // tables, then the queries of WITH
    int size_;
    int left_ = 0;  // SELECTs that may still be added
    int names_ = 0;
    bool quiet_ = false;    // no subqueries
    bool windows_ = false;  // window calls may stand here
};

}  // namespace topgun::test
