// SPDX-License-Identifier: Apache-2.0
// Expressions as the user wrote them, before any name or type is looked up.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace topgun::sql::ast {

/// Byte offset in the whole text that was parsed. Two trees are compared by what they say, not by
/// where: all offsets are equal.
struct Offset {
    std::uint32_t at = 0;
    friend bool operator==(Offset, Offset) noexcept { return true; }
};

/// A T on the heap, or none. Copies and compares as the T does, so that trees of structs do.
template <typename T>
class Box {
public:
    Box() = default;
    Box(T value) : pointer_(std::make_unique<T>(std::move(value))) {}
    Box(const Box& other) : pointer_(other ? std::make_unique<T>(*other) : nullptr) {}
    Box(Box&&) noexcept = default;
    Box& operator=(Box other) noexcept {
        pointer_ = std::move(other.pointer_);
        return *this;
    }
    ~Box() = default;

    explicit operator bool() const noexcept { return pointer_ != nullptr; }
    T& operator*() noexcept { return *pointer_; }
    const T& operator*() const noexcept { return *pointer_; }
    T* operator->() noexcept { return pointer_.get(); }
    const T* operator->() const noexcept { return pointer_.get(); }

    friend bool operator==(const Box& a, const Box& b) {
        if (!a.pointer_ || !b.pointer_) return !a.pointer_ && !b.pointer_;
        return *a.pointer_ == *b.pointer_;
    }

private:
    std::unique_ptr<T> pointer_;
};

struct Expr;
struct Query;
using ExprBox = Box<Expr>;
using QueryBox = Box<Query>;

/// A number that is no 64-bit integer, exactly as written: "1.50", "-1e9".
struct Numeric {
    std::string text;
    bool operator==(const Numeric&) const = default;
};

/// NULL is monostate.
struct Literal {
    std::variant<std::monostate, bool, std::int64_t, Numeric, std::string> value;
    bool operator==(const Literal&) const = default;
};

/// $1, $2, ...
struct Param {
    std::int32_t number = 0;
    bool operator==(const Param&) const = default;
};

/// a, t.a, t.a.b: as many parts as were written, at least one.
struct ColumnRef {
    std::vector<std::string> parts;
    bool operator==(const ColumnRef&) const = default;
};

/// * or t.*: only as an item of SELECT or RETURNING.
struct Star {
    std::vector<std::string> qualifier;
    bool operator==(const Star&) const = default;
};

/// DEFAULT: only as a value of INSERT or UPDATE.
struct Default {
    bool operator==(const Default&) const = default;
};

struct Unary {
    std::string op;
    ExprBox operand;
    bool operator==(const Unary&) const = default;
};

struct Binary {
    std::string op;
    ExprBox left, right;
    bool operator==(const Binary&) const = default;
};

/// AND or OR of two or more; none of them is of the same kind.
struct Logical {
    bool any = false;  ///< OR.
    std::vector<Expr> operands;
    bool operator==(const Logical&) const = default;
};

struct Not {
    ExprBox operand;
    bool operator==(const Not&) const = default;
};

/// IS [NOT] NULL, TRUE, FALSE, UNKNOWN.
struct IsTest {
    enum class Kind : std::uint8_t { null, yes, no, unknown };
    ExprBox operand;
    Kind kind = Kind::null;
    bool negated = false;
    bool operator==(const IsTest&) const = default;
};

/// IS [NOT] DISTINCT FROM.
struct IsDistinct {
    ExprBox left, right;
    bool negated = false;  ///< IS NOT DISTINCT FROM.
    bool operator==(const IsDistinct&) const = default;
};

struct Between {
    ExprBox operand, low, high;
    bool negated = false;
    bool symmetric = false;
    bool operator==(const Between&) const = default;
};

struct InList {
    ExprBox operand;
    std::vector<Expr> list;  ///< Not empty.
    bool negated = false;
    bool operator==(const InList&) const = default;
};

struct InQuery {
    ExprBox operand;
    QueryBox query;
    bool negated = false;
    bool operator==(const InQuery&) const = default;
};

/// left op ANY (array) or ALL (array).
struct QuantifiedArray {
    ExprBox left;
    std::string op;
    bool all = false;
    ExprBox array;
    bool operator==(const QuantifiedArray&) const = default;
};

/// left op ANY (query) or ALL (query).
struct QuantifiedQuery {
    ExprBox left;
    std::string op;
    bool all = false;
    QueryBox query;
    bool operator==(const QuantifiedQuery&) const = default;
};

struct Exists {
    QueryBox query;
    bool operator==(const Exists&) const = default;
};

struct ScalarQuery {
    QueryBox query;
    bool operator==(const ScalarQuery&) const = default;
};

/// ARRAY(SELECT ...).
struct ArrayQuery {
    QueryBox query;
    bool operator==(const ArrayQuery&) const = default;
};

struct Like {
    enum class Kind : std::uint8_t { like, ilike, similar };
    Kind kind = Kind::like;
    bool negated = false;
    ExprBox operand, pattern;
    ExprBox escape;  ///< None: a backslash.
    bool operator==(const Like&) const = default;
};

struct When;

struct Case {
    ExprBox operand;          ///< None for CASE WHEN condition.
    std::vector<When> whens;  ///< Not empty.
    ExprBox otherwise;        ///< None: NULL.
    bool operator==(const Case&) const = default;
};

/// Functions that choose among their arguments: COALESCE, NULLIF (two), GREATEST, LEAST.
struct Choice {
    enum class Kind : std::uint8_t { coalesce, nullif, greatest, least };
    Kind kind = Kind::coalesce;
    std::vector<Expr> arguments;  ///< Not empty.
    bool operator==(const Choice&) const = default;
};

/// A type by name, without PostgreSQL's schema: "int4", "text", "numeric", "timestamptz".
struct TypeName {
    Offset offset;
    std::string name;
    std::vector<std::int64_t> modifiers;  ///< numeric(10, 2), varchar(20), interval(3).
    std::string interval_fields;          ///< "day to second", of INTERVAL only.
    std::uint32_t dimensions = 0;         ///< int[][] has two; sizes mean nothing.
    bool operator==(const TypeName&) const = default;
};

/// CAST(x AS t), x::t, and DATE 'x'.
struct Cast {
    ExprBox operand;
    TypeName type;
    bool operator==(const Cast&) const = default;
};

struct SortKey;
struct Window;

/// A call, also of what SQL writes in other ways: EXTRACT(y FROM d) is extract('y', d), x AT TIME
/// ZONE z is timezone(z, x), POSITION(a IN b) is position(b, a), TRIM(BOTH x FROM y) is btrim(y,
/// x).
struct FunctionCall {
    std::vector<std::string> name;  ///< Without "pg_catalog".
    std::vector<Expr> arguments;
    bool star = false;          ///< count(*)
    bool distinct = false;      ///< count(DISTINCT x)
    bool variadic = false;      ///< The last argument is an array of arguments.
    bool within_group = false;  ///< order_by is that of WITHIN GROUP.
    std::vector<SortKey> order_by;
    ExprBox filter;
    Box<Window> over;
    bool operator==(const FunctionCall&) const = default;
};

/// ARRAY[...], nested for each dimension.
struct ArrayConstructor {
    std::vector<Expr> elements;
    bool operator==(const ArrayConstructor&) const = default;
};

/// ROW(a, b) and (a, b).
struct RowConstructor {
    std::vector<Expr> fields;
    bool operator==(const RowConstructor&) const = default;
};

/// [index], or [lower:upper] with either side left out.
struct Index {
    bool slice = false;
    ExprBox lower;  ///< Slices only.
    ExprBox upper;  ///< The index of no slice.
    bool operator==(const Index&) const = default;
};

/// a[1][2:3]: brackets that follow each other are one node, because one slice makes all slices.
struct Subscript {
    ExprBox base;
    std::vector<Index> indexes;  ///< Not empty.
    bool operator==(const Subscript&) const = default;
};

/// (expression).name
struct Field {
    ExprBox base;
    std::string name;
    bool operator==(const Field&) const = default;
};

/// GROUPING(a, b)
struct Grouping {
    std::vector<Expr> arguments;
    bool operator==(const Grouping&) const = default;
};

/// CURRENT_DATE and its like.
struct CurrentTime {
    enum class Kind : std::uint8_t { date, time, timestamp, local_time, local_timestamp };
    Kind kind = Kind::date;
    std::int32_t precision = -1;  ///< -1: none given.
    bool operator==(const CurrentTime&) const = default;
};

/// x COLLATE "C", which is how text is compared anyway.
struct Collate {
    ExprBox operand;
    bool operator==(const Collate&) const = default;
};

struct Expr {
    using Node = std::variant<Literal, Param, ColumnRef, Star, Default, Unary, Binary, Logical, Not,
                              IsTest, IsDistinct, Between, InList, InQuery, QuantifiedArray,
                              QuantifiedQuery, Exists, ScalarQuery, ArrayQuery, Like, Case, Choice,
                              Cast, FunctionCall, ArrayConstructor, RowConstructor, Subscript,
                              Field, Grouping, CurrentTime, Collate>;
    Offset offset;
    Node node;
    bool operator==(const Expr&) const = default;
};

struct When {
    Expr condition;  ///< Or the value that the operand of CASE is compared with.
    Expr result;
    bool operator==(const When&) const = default;
};

struct SortKey {
    enum class Nulls : std::uint8_t { by_direction, first, last };
    Expr value;
    bool descending = false;
    Nulls nulls = Nulls::by_direction;  ///< Last when ascending, first when descending.
    bool operator==(const SortKey&) const = default;
};

struct FrameBound {
    enum class Kind : std::uint8_t {
        unbounded_preceding,
        preceding,
        current_row,
        following,
        unbounded_following,
    };
    Kind kind = Kind::unbounded_preceding;
    ExprBox distance;  ///< Of preceding and following.
    bool operator==(const FrameBound&) const = default;
};

struct Frame {
    enum class Unit : std::uint8_t { rows, range, groups };
    enum class Exclude : std::uint8_t { nothing, current_row, group, ties };
    Unit unit = Unit::range;
    FrameBound start;
    FrameBound end{FrameBound::Kind::current_row, {}};
    Exclude exclude = Exclude::nothing;
    bool operator==(const Frame&) const = default;
};

/// What stands behind OVER: a name alone, or a definition that may start from a named one.
struct Window {
    Offset offset;
    std::string name;  ///< OVER name; all else is empty then.
    std::string base;  ///< OVER (base ...)
    std::vector<Expr> partition_by;
    std::vector<SortKey> order_by;
    Box<Frame> frame;  ///< None: RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW.
    bool operator==(const Window&) const = default;
};

}  // namespace topgun::sql::ast
