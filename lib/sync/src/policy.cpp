// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/policy.hpp"

#include <algorithm>

#include "topgun/base/utf.hpp"

namespace topgun::sync {
namespace {

constexpr std::string_view kActions[] = {"read", "write", "remove", "all"};
constexpr std::string_view kEffects[] = {"allow", "deny"};
constexpr std::size_t kLongestText = 256;

std::vector<std::string_view> parts_of(std::string_view name) {
    std::vector<std::string_view> out;
    for (;;) {
        const auto dot = name.find('.');
        out.push_back(name.substr(0, dot));
        if (dot == std::string_view::npos) return out;
        name.remove_prefix(dot + 1);
    }
}

bool applies_to(PolicyAction policy, PolicyAction asked) {
    return policy == PolicyAction::all || policy == asked ||
           (asked == PolicyAction::remove && policy == PolicyAction::write);
}

}  // namespace

std::string_view policy_action_word(PolicyAction action) noexcept {
    return kActions[static_cast<std::size_t>(action)];
}

std::string_view policy_effect_word(PolicyEffect effect) noexcept {
    return kEffects[static_cast<std::size_t>(effect)];
}

std::optional<PolicyAction> policy_action_of(std::string_view word) noexcept {
    const auto* const found = std::find(std::begin(kActions), std::end(kActions), word);
    if (found == std::end(kActions)) return std::nullopt;
    return static_cast<PolicyAction>(found - std::begin(kActions));
}

std::optional<PolicyEffect> policy_effect_of(std::string_view word) noexcept {
    const auto* const found = std::find(std::begin(kEffects), std::end(kEffects), word);
    if (found == std::end(kEffects)) return std::nullopt;
    return static_cast<PolicyEffect>(found - std::begin(kEffects));
}

// Walks both from the left, and on a mismatch lets the last "**" take one part more: never more
// than parts times parts of work, whatever the pattern.
bool matches_map_pattern(std::string_view pattern, std::string_view map) {
    if (pattern == "*") return true;
    const auto wanted = parts_of(pattern), given = parts_of(map);
    std::size_t at = 0, from = 0;
    std::size_t star = wanted.size(), star_from = 0;
    while (from < given.size()) {
        if (at < wanted.size() && wanted[at] == "**") {
            star = at++;
            star_from = from;
        } else if (at < wanted.size() && (wanted[at] == "*" || wanted[at] == given[from])) {
            ++at;
            ++from;
        } else if (star < wanted.size()) {
            at = star + 1;
            from = ++star_from;
        } else {
            return false;
        }
    }
    while (at < wanted.size() && wanted[at] == "**") ++at;
    return at == wanted.size();
}

Status PolicySet::put(Policy policy) {
    const auto is_text = [](const std::string& text) {
        return !text.empty() && text.size() <= kLongestText && is_utf8(text);
    };
    if (!is_text(policy.id) || policy.id.starts_with("__")) {
        return Error(Errc::bad_input,
                     "policy: id must be 1 to 256 bytes of UTF-8 and not begin with __");
    }
    if (!is_text(policy.map_pattern)) {
        return Error(Errc::bad_input, "policy: mapPattern must be 1 to 256 bytes of UTF-8");
    }
    Rule rule;
    if (policy.condition) {
        if (!is_utf8(*policy.condition)) {
            return Error(Errc::bad_input, "policy: condition is not UTF-8");
        }
        auto condition = Condition::parse(*policy.condition);
        if (!condition) return std::move(condition).error();
        rule.condition = std::move(*condition);
    }
    rule.policy = std::move(policy);
    auto id = rule.policy.id;
    rules_.insert_or_assign(std::move(id), std::move(rule));
    configured_ = true;
    return {};
}

bool PolicySet::remove(std::string_view id) {
    const auto found = rules_.find(id);
    if (found == rules_.end()) return false;
    rules_.erase(found);
    return true;
}

std::vector<Policy> PolicySet::list() const {
    std::vector<Policy> out;
    for (const auto& [id, rule] : rules_) out.push_back(rule.policy);
    return out;
}

PolicySet PolicySet::of_map(std::string_view map) const {
    PolicySet out;
    out.configured_ = configured_;
    for (const auto& [id, rule] : rules_) {
        if (matches_map_pattern(rule.policy.map_pattern, map)) out.rules_.emplace(id, rule);
    }
    return out;
}

bool PolicySet::allows(PolicyAction action, std::string_view map,
                       const ConditionInput& input) const {
    if (!configured_) return true;
    bool allowed = false;
    for (const auto& [id, rule] : rules_) {
        const bool allow = rule.policy.effect == PolicyEffect::allow;
        if (allow && allowed) continue;
        if (!applies_to(rule.policy.action, action)) continue;
        if (!matches_map_pattern(rule.policy.map_pattern, map)) continue;
        if (rule.condition && !rule.condition->holds(input)) continue;
        if (!allow) return false;
        allowed = true;
    }
    return allowed;
}

PolicySet::Verdict PolicySet::judge(PolicyAction action, std::string_view map,
                                    const Principal* who) const {
    if (!configured_) return Verdict::allow;
    bool allowed = false, may_allow = false, may_deny = false;
    for (const auto& [id, rule] : rules_) {
        if (!applies_to(rule.policy.action, action)) continue;
        if (!matches_map_pattern(rule.policy.map_pattern, map)) continue;
        const bool allow = rule.policy.effect == PolicyEffect::allow;
        if (rule.condition && rule.condition->reads_data()) {
            (allow ? may_allow : may_deny) = true;
            continue;
        }
        if (rule.condition && !rule.condition->holds({who, {}})) continue;
        if (!allow) return Verdict::deny;
        allowed = true;
    }
    if (!allowed && !may_allow) return Verdict::deny;
    return may_deny || !allowed ? Verdict::by_row : Verdict::allow;
}

}  // namespace topgun::sync
