// SPDX-License-Identifier: Apache-2.0
// The path language of SQL/JSON as PostgreSQL 15 has it: '$.items[*] ? (@.price > 10)'.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "regexp.hpp"
#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sql::jsonpath {

/// A step, an operand or an operator of a path.
struct Node {
    enum class Kind : std::uint8_t {
        root,      ///< $
        current,   ///< @
        last,      ///< the last index, within brackets
        variable,  ///< $name
        literal,
        // Steps, which stand behind something.
        member,       ///< .key
        any_member,   ///< .*
        any_element,  ///< [*]
        subscripts,   ///< [0, 2 to last]
        descendants,  ///< .**{first to last}
        filter,       ///< ? (condition)
        method,       ///< .size() ...
        // Values.
        add,
        subtract,
        multiply,
        divide,
        remainder,
        plus,
        minus,
        // Conditions.
        equal,
        unequal,
        less,
        at_most,
        greater,
        at_least,
        all_of,
        any_of,
        negation,
        exists,
        is_unknown,
        starts_with,
        like_regex,
    };
    /// A bound of .** that counts from the deepest level: the leaves.
    static constexpr std::uint32_t kDeepest = UINT32_MAX;

    Kind kind = Kind::root;
    std::string text;  ///< Of keys, variables and methods.
    Bytes value;       ///< Of a literal, canonical.
    std::unique_ptr<Node> left, right;
    std::unique_ptr<Node> next;  ///< The step behind.
    struct Range {
        std::unique_ptr<Node> from, to;  ///< `to` may be missing.
    };
    std::vector<Range> ranges;
    std::uint32_t first = 0, last = kDeepest;
    std::shared_ptr<const Regexp> regexp;

    bool is_condition() const noexcept { return kind >= Kind::equal; }
};

struct Path {
    std::unique_ptr<Node> root;
    bool lax = true;
};

/// Errors: bad_input "syntax error at or near "x" of jsonpath input"; usage for what is not
/// supported; limit for a path of more than some thousand parts.
Result<std::shared_ptr<const Path>> parse(std::string_view text);

/// Runs paths over documents. Threads: one owner.
class Executor {
public:
    /// @param vars  an object; @param path  outlives the object.
    Executor(const Path& path, ValueView vars) : path_(path), vars_(vars) {}

    /// Appends what the path finds, in order: parts of the document, or values that the executor
    /// keeps. What was found before an error stays.
    /// Errors: bad_input for those that "silent" suppresses; not_found for a variable that is
    /// missing; limit.
    Status run(ValueView document, std::vector<ValueView>& found);

private:
    enum class Truth : std::uint8_t { no, yes, unknown };
    using Values = std::vector<ValueView>;

    Status item(const Node& node, ValueView value, Values& found, bool unwrap);
    Status step(const Node& node, ValueView value, Values& found, bool unwrap);
    Status behind(const Node& node, ValueView value, Values& found);
    Status each_element(const Node& node, ValueView array, Values& found);
    Status member(const Node& node, ValueView value, Values& found, bool unwrap);
    Status any_member(const Node& node, ValueView value, Values& found, bool unwrap);
    Status any_element(const Node& node, ValueView value, Values& found);
    Status subscripts(const Node& node, ValueView value, Values& found);
    Status descend(const Node& node, ValueView value, std::uint32_t level, Values& found);
    Status filter(const Node& node, ValueView value, Values& found, bool unwrap);
    Status method(const Node& node, ValueView value, Values& found, bool unwrap);
    Status key_values(const Node& node, ValueView value, Values& found);
    Status arithmetic(const Node& node, ValueView value, Values& found);
    Status sign(const Node& node, ValueView value, Values& found);
    Status index(const Node& node, ValueView value, std::int64_t& out);
    Result<Values> operand(const Node& node, ValueView value, bool unwrap);

    Result<Truth> condition(const Node& node, ValueView value);
    template <typename Test>
    Result<Truth> compare(const Node& node, ValueView value, bool unwrap_right, Test&& test);
    Result<Truth> exists(const Node& node, ValueView value);

    ValueView keep(Bytes value);
    template <typename Write>
    ValueView made(Write&& write);

    const Path& path_;
    ValueView vars_;
    ValueView document_, current_;
    std::int64_t array_size_ = -1;  // Of the innermost brackets.
    bool forgiving_ = true;         // Structural errors are no errors.
    std::deque<Bytes> kept_;
    std::size_t steps_ = 0;
};

}  // namespace topgun::sql::jsonpath
