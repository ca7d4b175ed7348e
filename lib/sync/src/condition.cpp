// SPDX-License-Identifier: Apache-2.0
// Conditions of policies, evaluated on encoded values in place.
#include <cmath>
#include <optional>

#include "condition_node.hpp"
#include "topgun/query/order.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::sync {
namespace {

// What an operand stands for; empty when it is missing or nil. Values of `auth` are made in
// `scratch`.
std::optional<ValueView> resolve(const Operand& operand, const ConditionInput& input,
                                 Bytes& scratch) {
    std::optional<ValueView> out;
    msgpack::Writer writer(scratch);
    switch (operand.kind) {
        case Operand::Kind::literal: out = ValueView(operand.literal); break;
        case Operand::Kind::who_other: break;
        case Operand::Kind::who:
        case Operand::Kind::who_id:
            if (input.who == nullptr) return out;
            writer.string(input.who->id);
            out = ValueView(scratch);
            break;
        case Operand::Kind::who_roles:
            if (input.who == nullptr) return out;
            writer.array(input.who->roles.size());
            for (const auto& role : input.who->roles) writer.string(role);
            out = ValueView(scratch);
            break;
        case Operand::Kind::data:
            out = input.data;
            for (const auto& field : operand.path) {
                if (out) out = out->find(field);
            }
            break;
    }
    if (out && out->is_nil()) out.reset();
    return out;
}

bool equal(ValueView a, ValueView b) {
    return query::compare_values(a, b) == 0;
}

bool holds_member(ValueView list, ValueView member) {
    bool found = false;
    list.for_each_element([&](const ValueView& one) { found = found || equal(one, member); });
    return found;
}

bool is_number(ValueView value) {
    return value.kind() == msgpack::Kind::integer || value.kind() == msgpack::Kind::real;
}

// Two numbers or two texts; anything else has no order.
std::optional<int> order_of(ValueView a, ValueView b) {
    const bool texts = a.as_string() && b.as_string();
    if (!texts && !(is_number(a) && is_number(b))) return std::nullopt;
    for (const auto& one : {a, b}) {
        if (const auto number = one.as_double(); number && std::isnan(*number)) return std::nullopt;
    }
    return query::compare_values(a, b);
}

bool holds_several(ValueView list, ValueView wanted, bool all) {
    if (list.kind() != msgpack::Kind::array || wanted.kind() != msgpack::Kind::array) return false;
    bool every = true, any = false;
    wanted.for_each_element([&](const ValueView& one) {
        const bool has = holds_member(list, one);
        every = every && has;
        any = any || has;
    });
    return all ? every : any;
}

bool compare(Word word, ValueView a, ValueView b) {
    const auto order = order_of(a, b);
    const auto left = a.as_string(), right = b.as_string();
    switch (word) {
        case Word::eq: return equal(a, b);
        case Word::ne: return !equal(a, b);
        case Word::lt: return order && *order < 0;
        case Word::le: return order && *order <= 0;
        case Word::gt: return order && *order > 0;
        case Word::ge: return order && *order >= 0;
        case Word::in: return holds_member(b, a);
        case Word::contains: return holds_member(a, b);
        case Word::contains_all: return holds_several(a, b, true);
        case Word::contains_any: return holds_several(a, b, false);
        case Word::starts_with: return left && right && left->starts_with(*right);
        case Word::ends_with: return left && right && left->ends_with(*right);
    }
    return false;
}

}  // namespace

bool Condition::Node::holds(const ConditionInput& input) const {
    switch (kind) {
        case Kind::all_of:
            for (const auto& child : children) {
                if (!child.holds(input)) return false;
            }
            return true;
        case Kind::any_of:
            for (const auto& child : children) {
                if (child.holds(input)) return true;
            }
            return false;
        case Kind::negate: return !children.front().holds(input);
        case Kind::compare: break;
    }
    Bytes a_bytes, b_bytes;
    const auto a = resolve(left, input, a_bytes), b = resolve(right, input, b_bytes);
    // Only null itself can be compared with what is not there.
    if (left.is_null() || right.is_null()) {
        const bool both = !a && !b;
        return word == Word::eq ? both : word == Word::ne && !both;
    }
    return a && b && compare(word, *a, *b);
}

bool Condition::Node::reads_data() const {
    if (left.kind == Operand::Kind::data || right.kind == Operand::Kind::data) return true;
    for (const auto& child : children) {
        if (child.reads_data()) return true;
    }
    return false;
}

bool Condition::holds(const ConditionInput& input) const {
    return root_->holds(input);
}

bool Condition::reads_data() const noexcept {
    return root_->reads_data();
}

}  // namespace topgun::sync
