// SPDX-License-Identifier: Apache-2.0
// A condition as it was read: what the parser makes and the evaluation walks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "topgun/sync/policy.hpp"

namespace topgun::sync {

enum class Word : std::uint8_t {
    eq,
    ne,
    lt,
    le,
    gt,
    ge,
    in,
    contains,
    contains_all,
    contains_any,
    starts_with,
    ends_with,
};

struct Operand {
    enum class Kind : std::uint8_t { literal, who, who_id, who_roles, who_other, data };
    Kind kind = Kind::literal;
    Bytes literal = Bytes(1, '\xc0');
    std::vector<std::string> path;  // into the data

    bool is_null() const { return kind == Kind::literal && literal == std::string_view("\xc0"); }
};

struct Condition::Node {
    enum class Kind : std::uint8_t { all_of, any_of, negate, compare };
    Kind kind = Kind::compare;
    std::vector<Node> children{};
    Word word = Word::eq;
    Operand left{}, right{};

    bool holds(const ConditionInput& input) const;
    bool reads_data() const;
};

}  // namespace topgun::sync
