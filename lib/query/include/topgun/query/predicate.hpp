// SPDX-License-Identifier: Apache-2.0
// Filters of TopGun's query language: trees of conditions, with the answers that its server gives.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/query/order.hpp"
#include "topgun/wire/records.hpp"

namespace topgun::query {

/// The operators that TopGun's server knows.
enum class Operator : std::uint8_t {
    eq,
    neq,
    gt,
    gte,
    lt,
    lte,
    like,
    regex,
    all_of,  ///< "and"
    any_of,  ///< "or"
    negate,  ///< "not"
    in,
    between,
    is_null,
    is_not_null,
    contains_all,
    contains_any,
    starts_with,
    ends_with,
};

/// The language's word: "eq", "and", "isNull".
TOPGUN_API std::string_view op_word(Operator op) noexcept;
/// Empty when the word is unknown. Case counts.
TOPGUN_API std::optional<Operator> op_of_word(std::string_view word) noexcept;

/// One node of a filter as it is written. Value type.
struct PredicateNode {
    Operator op = Operator::eq;
    std::optional<std::string> attribute;  ///< Path into the value, split at every '.'.
    std::optional<Bytes> value;            ///< Canonical. Nil counts as absent when compiled.
    std::optional<std::string> value_ref;  ///< "data.<path>": compare with another field.
    std::vector<PredicateNode> children;   ///< Of "and", "or", "not".
    bool operator==(const PredicateNode&) const = default;
};

/// What to do with a pattern of `regex` that does not compile.
enum class BadPattern : std::uint8_t {
    refuse,         ///< An error that names the node and the place in the pattern.
    match_nothing,  ///< As TopGun's server does, without a word.
};

/// A filter, compiled once: paths split, patterns compiled. Evaluates on encoded values in place.
///
/// Answers are those of the first result that TopGun's server sends:
/// - logic has two values; a missing or nil attribute makes every condition false, `neq` too, so
///   `not(eq)` is true there. Only isNull and isNotNull see it.
/// - `eq`: numbers by value whatever their form, else the same kind and content; inside containers
///   1 and 1.0 differ. `neq` is its negation, true for values of different kinds.
/// - `gt gte lt lte between`: two numbers or two strings (by bytes); any other pair is false, and
///   so is NaN. `between` takes an array of two, both included.
/// - `in`: an array holds the attribute; or, for a value that is no array, the attribute is an
///   array that holds it. `containsAll`, `containsAny`: the attribute is an array.
/// - `like`: % any run, _ one character, neither a line break; the whole text; case-insensitive by
///   Unicode's simple folding; no escape. `regex`: see TextPattern; anywhere in the text.
/// - "and" of nothing is true, "or" of nothing false; "not" negates its first child and ignores
///   others, of nothing it is true.
/// - `value_ref` beats `value`; "auth.x" is unresolvable, so false. isNull of "auth" or "auth.x" is
///   true, whatever fields the record has.
/// Better than the server: integers are compared exactly, where it rounds to doubles and cannot
/// tell 2^53 from 2^53 + 1; maps are equal whatever the order in which they were written.
///
/// Threads: immutable; share freely. Copies share what was compiled.
class TOPGUN_API Predicate {
public:
    static constexpr std::size_t kMostNodes = 10'000;
    static constexpr std::size_t kMostPatterns = 256;
    static constexpr std::size_t kDeepest = 128;

    /// Errors: limit when there is more of it than the constants above say; bad_input for a pattern
    /// that does not compile: "predicate.children[1].value: ...".
    static Result<Predicate> compile(PredicateNode node, BadPattern bad = BadPattern::refuse);

    /// Cost: O(bytes of the value before the attributes), and for patterns text times pattern.
    bool matches(const Record& record) const;
    const PredicateNode& node() const noexcept;

private:
    struct Compiled;
    explicit Predicate(std::shared_ptr<const Compiled> compiled);
    std::shared_ptr<const Compiled> compiled_;
};

/// A `where` map as a tree: each field equals its value, all of them. An expected nil matches
/// nothing. @param where  canonical; a map.
TOPGUN_API PredicateNode where_predicate(BytesView where);

/// How strictly queries are read.
struct ParseOptions {
    /// Pass over members that are not in the language, as the server does; otherwise an error names
    /// them and the nearest known one. Unknown operators are errors always.
    bool ignore_unknown = false;
};

/// Reads a filter from any MessagePack. Errors: bad_input with the place inside the query:
/// "predicate.children[2].op: unknown operator 'eg'; nearest: 'eq'"; limit when it is too deep.
TOPGUN_API Result<PredicateNode> parse_predicate(BytesView input, const ParseOptions& options = {});
/// The same from JSON, with the escapes of topgun/value/json.hpp.
TOPGUN_API Result<PredicateNode> parse_predicate_json(std::string_view text,
                                                      const ParseOptions& options = {});
/// Canonical MessagePack; what is absent is left out. parse_predicate() gives the node back.
TOPGUN_API Bytes format_predicate(const PredicateNode& node);
/// The same as JSON on one line.
TOPGUN_API std::string format_predicate_json(const PredicateNode& node);

/// From and to the form of the wire's messages. Errors: an unknown operator, as above.
TOPGUN_API Result<PredicateNode> from_wire(const wire::PredicateNode& node);
TOPGUN_API wire::PredicateNode to_wire(const PredicateNode& node);

}  // namespace topgun::query
