// SPDX-License-Identifier: Apache-2.0
#include "topgun/query/predicate.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "conditions.hpp"
#include "topgun/schema/text_pattern.hpp"

namespace topgun::query {

using msgpack::Kind;

namespace {

// In the order of Operator.
constexpr std::array<std::string_view, 19> kWords = {
    "eq",        "neq",         "gt",          "gte",        "lt",      "lte",     "like",
    "regex",     "and",         "or",          "not",        "in",      "between", "isNull",
    "isNotNull", "containsAll", "containsAny", "startsWith", "endsWith"};

using Path = std::vector<std::string>;

Path split(std::string_view text) {
    Path path;
    for (;;) {
        const auto dot = text.find('.');
        path.emplace_back(text.substr(0, dot));
        if (dot == std::string_view::npos) return path;
        text.remove_prefix(dot + 1);
    }
}

std::optional<ValueView> resolve(const Record& record, const Path& path, Bytes& scratch) {
    auto at = find_field(record, path.front(), scratch);
    for (std::size_t i = 1; at && i < path.size(); ++i) at = at->find(path[i]);
    return at;
}

// A leaf or an inner node, ready to run.
struct Step {
    Operator op = Operator::eq;
    bool decided = false;  // `outcome` holds for every record
    bool outcome = false;
    Path path;
    Path other;  // of value_ref; empty without one
    Bytes value;
    std::optional<TextPattern> pattern;
    std::vector<Step> children;

    bool matches(const Record& record) const;
    bool matches_leaf(const Record& record) const;
};

bool Step::matches(const Record& record) const {
    if (decided) return outcome;
    switch (op) {
        case Operator::all_of:
            for (const auto& child : children) {
                if (!child.matches(record)) return false;
            }
            return true;
        case Operator::any_of:
            for (const auto& child : children) {
                if (child.matches(record)) return true;
            }
            return false;
        case Operator::negate: return !children.front().matches(record);
        default: return matches_leaf(record);
    }
}

bool Step::matches_leaf(const Record& record) const {
    Bytes scratch, other_scratch;
    const auto actual = resolve(record, path, scratch);
    const bool missing = !actual || actual->is_nil();
    if (op == Operator::is_null || op == Operator::is_not_null)
        return missing == (op == Operator::is_null);
    if (missing) return false;
    const auto expected =
        other.empty() ? std::optional(ValueView(value)) : resolve(record, other, other_scratch);
    if (!expected) return false;
    if (op != Operator::regex) return holds(op, *actual, *expected);
    const auto text = actual->as_string();
    const auto wanted = expected->as_string();
    if (!text || !wanted) return false;
    if (pattern) return pattern->matches(*text);
    // The pattern stands in the record itself.
    const auto compiled = TextPattern::compile(*wanted);
    return compiled && compiled->matches(*text);
}

class Compiler {
public:
    explicit Compiler(BadPattern bad) : bad_(bad) {}

    Result<Step> compile(const PredicateNode& node, const std::string& place, std::size_t depth) {
        if (depth > Predicate::kDeepest) return Error(Errc::limit, place + ": nested too deeply");
        if (++nodes_ > Predicate::kMostNodes) {
            return Error(Errc::limit, "a filter of more than " +
                                          std::to_string(Predicate::kMostNodes) + " nodes");
        }
        Step step;
        step.op = node.op;
        if (node.op == Operator::all_of || node.op == Operator::any_of ||
            node.op == Operator::negate) {
            TOPGUN_TRY(compile_children(node, place, depth, step));
        } else {
            TOPGUN_TRY(compile_leaf(node, place, step));
        }
        return step;
    }

private:
    Status compile_children(const PredicateNode& node, const std::string& place, std::size_t depth,
                            Step& step) {
        auto count = node.children.size();
        if (node.op == Operator::negate) {
            count = std::min<std::size_t>(count, 1);
            if (count == 0) return decide(step, true);
        }
        for (std::size_t i = 0; i < count; ++i) {
            auto child = compile(node.children[i], place + ".children[" + std::to_string(i) + "]",
                                 depth + 1);
            if (!child) return std::move(child).error();
            step.children.push_back(std::move(*child));
        }
        return {};
    }

    Status compile_leaf(const PredicateNode& node, const std::string& place, Step& step) {
        if (!node.attribute) return decide(step, false);
        const auto& attribute = *node.attribute;
        step.path = split(attribute);
        if (node.op == Operator::is_null || node.op == Operator::is_not_null) {
            // The server looks there for who asks, and in queries that is nobody.
            const bool asks_who = attribute == "auth" || attribute.starts_with("auth.");
            return asks_who ? decide(step, node.op == Operator::is_null) : Status();
        }
        if (node.value_ref) {
            constexpr std::string_view kData = "data.";
            if (!node.value_ref->starts_with(kData)) return decide(step, false);
            step.other = split(std::string_view(*node.value_ref).substr(kData.size()));
            return {};
        }
        if (!node.value || ValueView(*node.value).is_nil()) return decide(step, false);
        step.value = *node.value;
        return node.op == Operator::regex ? compile_pattern(place, step) : Status();
    }

    Status compile_pattern(const std::string& place, Step& step) {
        const auto text = ValueView(step.value).as_string();
        if (!text) return decide(step, false);
        if (++patterns_ > Predicate::kMostPatterns) {
            return Error(Errc::limit, "a filter of more than " +
                                          std::to_string(Predicate::kMostPatterns) + " patterns");
        }
        auto compiled = TextPattern::compile(*text);
        if (compiled) {
            step.pattern = std::move(*compiled);
            return {};
        }
        if (bad_ == BadPattern::match_nothing) return decide(step, false);
        return Error(compiled.error().code(), place + ".value: " + compiled.error().text());
    }

    static Status decide(Step& step, bool outcome) {
        step.decided = true;
        step.outcome = outcome;
        return {};
    }

    BadPattern bad_;
    std::size_t nodes_ = 0;
    std::size_t patterns_ = 0;
};

}  // namespace

std::string_view op_word(Operator op) noexcept {
    return kWords[static_cast<std::size_t>(op)];
}

std::optional<Operator> op_of_word(std::string_view word) noexcept {
    for (std::size_t i = 0; i < kWords.size(); ++i) {
        if (kWords[i] == word) return static_cast<Operator>(i);
    }
    return std::nullopt;
}

struct Predicate::Compiled {
    PredicateNode node;
    Step step;
};

Predicate::Predicate(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

Result<Predicate> Predicate::compile(PredicateNode node, BadPattern bad) {
    auto step = Compiler(bad).compile(node, "predicate", 0);
    if (!step) return std::move(step).error();
    return Predicate(std::make_shared<const Compiled>(Compiled{std::move(node), std::move(*step)}));
}

bool Predicate::matches(const Record& record) const {
    return compiled_->step.matches(record);
}

const PredicateNode& Predicate::node() const noexcept {
    return compiled_->node;
}

PredicateNode where_predicate(BytesView where) {
    PredicateNode all;
    all.op = Operator::all_of;
    ValueView(where).for_each_field([&all](std::string_view field, ValueView expected) {
        PredicateNode equal;
        equal.attribute = std::string(field);
        equal.value = Bytes(expected.bytes());
        all.children.push_back(std::move(equal));
    });
    return all;
}

}  // namespace topgun::query
