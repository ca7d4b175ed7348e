// SPDX-License-Identifier: Apache-2.0
// Who may do what with which maps: rules in TopGun's form, and the small language of conditions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/storage/request_context.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sync {

/// `write` covers every change; `remove` only those that delete.
enum class PolicyAction : std::uint8_t { read, write, remove, all };
enum class PolicyEffect : std::uint8_t { allow, deny };

/// "read", "write", "remove", "all"; "allow", "deny".
TOPGUN_API std::string_view policy_action_word(PolicyAction action) noexcept;
TOPGUN_API std::string_view policy_effect_word(PolicyEffect effect) noexcept;
/// Empty for an unknown word. Case counts.
TOPGUN_API std::optional<PolicyAction> policy_action_of(std::string_view word) noexcept;
TOPGUN_API std::optional<PolicyEffect> policy_effect_of(std::string_view word) noexcept;

/// One rule, as it is written.
struct Policy {
    std::string id;  ///< Not empty, not beginning with "__"; up to 256 bytes.
    /// Names of maps, part by part between dots: "*" stands for one part, "**" for any number of
    /// them, also none; "*" alone for every name. Other parts stand for themselves.
    std::string map_pattern;
    PolicyAction action = PolicyAction::all;
    PolicyEffect effect = PolicyEffect::allow;
    std::optional<std::string> condition{};  ///< See Condition. Without one it always applies.
    bool operator==(const Policy&) const = default;
};

/// Whether a pattern names a map. Cost: O(parts of the pattern times parts of the name).
TOPGUN_API bool matches_map_pattern(std::string_view pattern, std::string_view map);

/// What a condition is asked about.
struct ConditionInput {
    const Principal* who = nullptr;  ///< Null for somebody unknown.
    ValueView data{};                ///< What is written, or stood there; nil when nothing does.
};

/// A condition, compiled:
///
///     expression := term { ("&&" | "||") term }        && binds more tightly
///     term       := "!" term | "(" expression ")" | operand operator operand
///     operator   := == != < <= > >= in contains containsAll containsAny startsWith endsWith
///     operand    := auth.id | auth.roles | data.field.field | 'text' | "text" | number
///                 | true | false | null
///
/// `auth` alone compares with null only, and is null for somebody unknown; `data` alone is the
/// whole value. Numbers are equal by value; other things when their kind and content are. What is
/// missing or nil makes every comparison false, != too, except that with null. Texts have no
/// escapes. Answers are those of TopGun's server, where that has any; beyond it, an operand may
/// stand on either side of any operator.
///
/// Threads: immutable; share freely. Copies share what was compiled.
class TOPGUN_API Condition {
public:
    static constexpr std::size_t kLongest = 4096;  ///< Bytes of text.
    static constexpr std::size_t kDeepest = 64;    ///< Of "(" and "!" inside each other.

    /// Errors: bad_input with the column, counted in bytes from 1; limit for one that is too long
    /// or too deep. Cost: O(text).
    static Result<Condition> parse(std::string_view text);

    bool holds(const ConditionInput& input) const;
    /// True when the answer can depend on the data.
    bool reads_data() const noexcept;

private:
    struct Node;
    explicit Condition(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
    friend class ConditionParser;
    std::shared_ptr<const Node> root_;
};

/// All policies of an endpoint. TG-POL-001: while there has never been one, everything is allowed.
/// From the first on, and also when all are deleted again, nothing is but what a policy allows; a
/// policy that denies beats all that allow.
/// Threads: not synchronised; const members may run concurrently.
class TOPGUN_API PolicySet {
public:
    /// Adds a policy, or replaces the one of its id. Errors: bad_input for an id, a pattern or a
    /// condition that cannot be; limit.
    Status put(Policy policy);
    /// @return whether there was one.
    bool remove(std::string_view id);
    /// There is, or has been, a policy. Set for ever.
    bool configured() const noexcept { return configured_; }
    void set_configured() noexcept { configured_ = true; }

    std::size_t size() const noexcept { return rules_.size(); }
    bool contains(std::string_view id) const { return rules_.find(id) != rules_.end(); }
    /// Sorted by id.
    std::vector<Policy> list() const;

    /// The policies that speak of a map. It answers for that map as this set does.
    PolicySet of_map(std::string_view map) const;

    /// Whether a change, or the reading of one row, is allowed.
    /// @param action  read, write, or remove, which policies for `write` cover too.
    bool allows(PolicyAction action, std::string_view map, const ConditionInput& input) const;

    enum class Verdict : std::uint8_t {
        allow,
        deny,
        by_row,  ///< It depends on the data of each row.
    };
    /// Whether a map may be read, or rows of it removed, whatever data they have.
    Verdict judge(PolicyAction action, std::string_view map, const Principal* who) const;

private:
    struct Rule {
        Policy policy;
        std::optional<Condition> condition;
    };
    std::map<std::string, Rule, std::less<>> rules_;
    bool configured_ = false;
};

}  // namespace topgun::sync
