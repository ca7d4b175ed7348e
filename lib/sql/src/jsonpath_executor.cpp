// SPDX-License-Identifier: Apache-2.0
// Walks documents along a path: each step hands what it finds to the step behind.
#include <cmath>

#include "cast.hpp"
#include "jsonpath.hpp"
#include "topgun/query/order.hpp"

namespace topgun::sql::jsonpath {
namespace {

using T = std::string_view;
using JsonKind = msgpack::Kind;

bool is_container(ValueView value) {
    return value.kind() == JsonKind::array || value.kind() == JsonKind::map;
}
bool is_array(ValueView value) {
    return value.kind() == JsonKind::array;
}

Error failed(const std::string& text) {
    return Error(Errc::bad_input, text);
}

template <typename Visit>
void for_each_member(ValueView value, Visit&& visit) {
    value.for_each_element(visit);
    value.for_each_field([&visit](T, ValueView field) { visit(field); });
}

}  // namespace

ValueView Executor::keep(Bytes value) {
    kept_.push_back(std::move(value));
    return ValueView(kept_.back());
}

template <typename Write>
ValueView Executor::made(Write&& write) {
    Bytes bytes;
    msgpack::Writer writer(bytes);
    write(writer);
    return keep(std::move(bytes));
}

Status Executor::run(ValueView document, Values& found) {
    document_ = current_ = document;
    array_size_ = -1;
    forgiving_ = path_.lax;
    steps_ = 0;
    return item(*path_.root, document, found, path_.lax);
}

Status Executor::item(const Node& node, ValueView value, Values& found, bool unwrap) {
    // A short path may go through a document again and again.
    constexpr std::size_t kStepsMax = 50'000'000;
    if (++steps_ > kStepsMax) return Error(Errc::limit, "a jsonpath takes too many steps");
    switch (node.kind) {
        case Node::Kind::root: {
            // Within a filter the root is still that of the document.
            return behind(node, document_, found);
        }
        case Node::Kind::current: return behind(node, current_, found);
        case Node::Kind::literal: return behind(node, ValueView(node.value), found);
        case Node::Kind::last: {
            if (array_size_ < 0)
                return failed("evaluating jsonpath LAST outside of array subscript");
            const auto last = array_size_ - 1;
            return behind(node, made([last](auto& out) { out.signed_integer(last); }), found);
        }
        case Node::Kind::variable: {
            const auto there = vars_.find(node.text);
            if (!there) {
                return Error(Errc::not_found,
                             "could not find jsonpath variable \"" + node.text + "\"");
            }
            return behind(node, *there, found);
        }
        case Node::Kind::add:
        case Node::Kind::subtract:
        case Node::Kind::multiply:
        case Node::Kind::divide:
        case Node::Kind::remainder: return arithmetic(node, value, found);
        case Node::Kind::plus:
        case Node::Kind::minus: return sign(node, value, found);
        default: break;
    }
    if (!node.is_condition()) return step(node, value, found, unwrap);
    auto truth = condition(node, value);
    if (!truth) return std::move(truth).error();
    return behind(node, made([&truth](auto& out) {
                      if (*truth == Truth::unknown)
                          out.nil();
                      else
                          out.boolean(*truth == Truth::yes);
                  }),
                  found);
}

Status Executor::behind(const Node& node, ValueView value, Values& found) {
    if (node.next) return item(*node.next, value, found, path_.lax);
    constexpr std::size_t kFoundMax = 10'000'000;
    if (found.size() == kFoundMax) return Error(Errc::limit, "a jsonpath finds too many values");
    found.push_back(value);
    return {};
}

// The step on each element of an array instead of the array.
Status Executor::each_element(const Node& node, ValueView array, Values& found) {
    Status status;
    array.for_each_element([&](ValueView element) {
        if (status) status = item(node, element, found, false);
    });
    return status;
}

Status Executor::step(const Node& node, ValueView value, Values& found, bool unwrap) {
    switch (node.kind) {
        case Node::Kind::member: return member(node, value, found, unwrap);
        case Node::Kind::any_member: return any_member(node, value, found, unwrap);
        case Node::Kind::any_element: return any_element(node, value, found);
        case Node::Kind::subscripts: return subscripts(node, value, found);
        case Node::Kind::filter: return filter(node, value, found, unwrap);
        case Node::Kind::method: return method(node, value, found, unwrap);
        default: break;
    }
    const bool forgiving = forgiving_;
    Status status;
    if (node.first == 0) {
        forgiving_ = true;
        status = behind(node, value, found);
        forgiving_ = forgiving;
    }
    if (status && is_container(value)) status = descend(node, value, 1, found);
    return status;
}

Status Executor::descend(const Node& node, ValueView value, std::uint32_t level, Values& found) {
    if (level > node.last) return {};
    Status status;
    for_each_member(value, [&](ValueView part) {
        if (!status) return;
        const bool leaves = node.first == Node::kDeepest && node.last == Node::kDeepest;
        if (level >= node.first || (leaves && !is_container(part))) {
            const bool forgiving = std::exchange(forgiving_, true);
            status = behind(node, part, found);
            forgiving_ = forgiving;
        }
        if (status && level < node.last && is_container(part)) {
            status = descend(node, part, level + 1, found);
        }
    });
    return status;
}

Status Executor::member(const Node& node, ValueView value, Values& found, bool unwrap) {
    if (value.kind() == JsonKind::map) {
        if (const auto there = value.find(node.text)) return behind(node, *there, found);
        if (forgiving_) return {};
        return failed("JSON object does not contain key \"" + node.text + "\"");
    }
    if (unwrap && is_array(value)) return each_element(node, value, found);
    if (forgiving_) return {};
    return failed("jsonpath member accessor can only be applied to an object");
}

Status Executor::any_member(const Node& node, ValueView value, Values& found, bool unwrap) {
    if (value.kind() == JsonKind::map) {
        Status status;
        for_each_member(value, [&](ValueView field) {
            if (status) status = behind(node, field, found);
        });
        return status;
    }
    if (unwrap && is_array(value)) return each_element(node, value, found);
    if (forgiving_) return {};
    return failed("jsonpath wildcard member accessor can only be applied to an object");
}

Status Executor::any_element(const Node& node, ValueView value, Values& found) {
    if (is_array(value)) {
        Status status;
        value.for_each_element([&](ValueView element) {
            if (status) status = behind(node, element, found);
        });
        return status;
    }
    if (path_.lax) return behind(node, value, found);
    if (forgiving_) return {};
    return failed("jsonpath wildcard array accessor can only be applied to an array");
}

Status Executor::index(const Node& node, ValueView value, std::int64_t& out) {
    Values found;
    TOPGUN_TRY(item(node, value, found, path_.lax));
    const auto number = found.size() == 1 ? found[0].as_double() : std::nullopt;
    if (!number) return failed("jsonpath array subscript is not a single numeric value");
    const auto whole = std::trunc(*number);
    if (!(whole >= -2147483648.0 && whole <= 2147483647.0)) {
        return failed("jsonpath array subscript is out of integer range");
    }
    out = static_cast<std::int64_t>(whole);
    return {};
}

Status Executor::subscripts(const Node& node, ValueView value, Values& found) {
    if (!is_array(value) && !path_.lax) {
        if (forgiving_) return {};
        return failed("jsonpath array accessor can only be applied to an array");
    }
    // What is no array counts as an array of itself.
    const std::int64_t size = is_array(value) ? value.size() : 1;
    const auto outer = std::exchange(array_size_, size);
    Status status;
    for (const auto& range : node.ranges) {
        array_size_ = size;
        std::int64_t first = 0, last = 0;
        status = index(*range.from, value, first);
        last = first;
        if (status && range.to) status = index(*range.to, value, last);
        if (!status) break;
        if (!forgiving_ && (first < 0 || first > last || last >= size)) {
            status = failed("jsonpath array subscript is out of bounds");
            break;
        }
        // Those behind see the brackets around, not these.
        array_size_ = outer;
        for (auto i = std::max<std::int64_t>(first, 0); i <= last && i < size && status; ++i) {
            const auto element = is_array(value) ? *value.at(static_cast<std::uint32_t>(i)) : value;
            status = behind(node, element, found);
        }
        if (!status) break;
    }
    array_size_ = outer;
    return status;
}

Status Executor::filter(const Node& node, ValueView value, Values& found, bool unwrap) {
    if (unwrap && is_array(value)) return each_element(node, value, found);
    const auto outer = std::exchange(current_, value);
    auto truth = condition(*node.left, value);
    current_ = outer;
    if (!truth) return std::move(truth).error();
    return *truth == Truth::yes ? behind(node, value, found) : Status();
}

Result<Executor::Values> Executor::operand(const Node& node, ValueView value, bool unwrap) {
    Values found;
    TOPGUN_TRY(item(node, value, found, path_.lax));
    if (!unwrap || !path_.lax) return found;
    Values out;
    for (const auto one : found) {
        if (is_array(one))
            one.for_each_element([&out](ValueView element) { out.push_back(element); });
        else
            out.push_back(one);
    }
    return out;
}

}  // namespace topgun::sql::jsonpath
