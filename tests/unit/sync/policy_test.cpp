// SPDX-License-Identifier: Apache-2.0
// Patterns, conditions and their rules, by themselves.
#include "topgun/sync/policy.hpp"

#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::test;
using sync::Condition;
using sync::Policy;
using sync::PolicyAction;
using sync::PolicyEffect;
using sync::PolicySet;

namespace {

const Principal kAnn{"ann", {"editor", "user"}};

bool holds(std::string_view condition, const std::string& data, const Principal* who = &kAnn) {
    const auto value = must(parse_json(data));
    return must(Condition::parse(condition)).holds({who, ValueView(value)});
}

Policy policy(std::string id, std::string pattern, PolicyAction action, PolicyEffect effect,
              std::optional<std::string> condition = {}) {
    return {std::move(id), std::move(pattern), action, effect, std::move(condition)};
}

}  // namespace

TEST_CASE("a pattern of maps goes by parts between dots", "[sync][policy]") {
    const auto match = sync::matches_map_pattern;
    for (const auto* name : {"a", "a.b", "a.b.c"}) {
        CHECK(match("*", name));
        CHECK(match("**", name));
    }
    CHECK(match("users.*", "users.profiles"));
    CHECK_FALSE(match("users.*", "users"));
    CHECK_FALSE(match("users.*", "users.a.b"));
    for (const auto* name : {"users", "users.a", "users.a.b"}) CHECK(match("users.**", name));
    CHECK_FALSE(match("users.**", "user"));
    CHECK(match("users", "users"));
    CHECK_FALSE(match("users", "users2"));
    CHECK_FALSE(match("user*", "users"));
    CHECK(match("**.log", "a.b.log"));
    CHECK(match("**.log", "log"));
    CHECK(match("a.**.z", "a.z"));
    CHECK(match("a.**.m.**.z", "a.1.m.m.2.z"));
    CHECK_FALSE(match("a.**.z", "a.z.y"));
    CHECK(match("*.*", "a.b"));
    CHECK_FALSE(match("*.*", "a"));
}

TEST_CASE("many stars cost no more than parts times parts", "[sync][policy]") {
    std::string pattern, name;
    for (int i = 0; i < 100; ++i) {
        pattern += "**.a.";
        name += "a.";
    }
    CHECK_FALSE(sync::matches_map_pattern(pattern + "b", name + "c"));
}

TEST_CASE("a condition compares who asks with what is written", "[sync][policy]") {
    CHECK(holds("auth.id == data.ownerId", R"({"ownerId":"ann"})"));
    CHECK_FALSE(holds("auth.id == data.ownerId", R"({"ownerId":"bob"})"));
    CHECK(holds("data.ownerId == auth.id", R"({"ownerId":"ann"})"));
    CHECK(holds("'editor' in auth.roles", "null"));
    CHECK_FALSE(holds("'admin' in auth.roles", "null"));
    CHECK(holds("auth.roles contains \"editor\"", "null"));
    CHECK(holds("data.role in auth.roles", R"({"role":"user"})"));
    CHECK(holds("data.tags contains 'x'", R"({"tags":["w","x"]})"));
    CHECK(holds("data.tags containsAny auth.roles", R"({"tags":["user"]})"));
    CHECK_FALSE(holds("data.tags containsAll auth.roles", R"({"tags":["user"]})"));
    CHECK(holds("data.a.b.c >= 3", R"({"a":{"b":{"c":3.0}}})"));
    CHECK(holds("data.name startsWith 'an'", R"({"name":"anna"})"));
    CHECK_FALSE(holds("data.name endsWith 'x'", R"({"name":"anna"})"));
    CHECK(holds("data.n == -5 && data.f == 1.5 && data.b == true", R"({"n":-5,"f":1.5,"b":true})"));
    CHECK(holds("data == 5", "5"));
}

TEST_CASE("what is missing makes comparisons false, but for those with null", "[sync][policy]") {
    for (const auto* data : {R"({})", R"({"a":null})", "null", "5"}) {
        CAPTURE(data);
        CHECK_FALSE(holds("data.a == 1", data));
        CHECK_FALSE(holds("data.a != 1", data));
        CHECK(holds("!(data.a == 1)", data));
        CHECK(holds("data.a == null", data));
        CHECK_FALSE(holds("null != data.a", data));
    }
    CHECK(holds("data.a != null", R"({"a":0})"));
    CHECK(holds("auth == null", "1", nullptr));
    CHECK(holds("auth != null", "1"));
    CHECK_FALSE(holds("auth.id == data.a", R"({"a":"ann"})", nullptr));
    CHECK_FALSE(holds("auth.email == 'x'", "1"));
    CHECK_FALSE(holds("data.a < 'b'", R"({"a":1})"));
    CHECK_FALSE(holds("data.a >= 1", R"({"a":{"$float":"NaN"}})"));
    CHECK(holds("data.a != 'b'", R"({"a":1})"));
}

TEST_CASE("and binds more tightly than or, and not than both", "[sync][policy]") {
    CHECK(holds("1 == 1 || 1 == 2 && 1 == 3", "null"));
    CHECK_FALSE(holds("(1 == 1 || 1 == 2) && 1 == 3", "null"));
    CHECK(holds("!1 == 2 && !!(1 == 1)", "null"));
    CHECK_FALSE(holds("!1 == 1 || 1 == 2", "null"));
    CHECK(holds("1==1&&2==2", "null"));
}

TEST_CASE("a bad condition says where it is wrong", "[sync][policy]") {
    const std::pair<const char*, const char*> cases[] = {
        {"", "column 1"},
        {"auth.id", "column 8: expected an operator"},
        {"auth.id = 'x'", "column 9: expected an operator"},
        {"auth.id == ", "column 12: expected a name"},
        {"auth.id == 'x", "column 12: a text without"},
        {"(1 == 1", "column 8: expected )"},
        {"1 == 1)", "column 7: expected &&"},
        {"1 == 1 & 2 == 2", "column 8: expected &&"},
        {"ownerId == 'x'", "column 1: names begin with"},
        {"data. == 1", "column 6: expected a field"},
        {"data.a > null", "column 1: null compares"},
        {"auth == 'x'", "column 1: auth itself"},
        {"1.2.3 == 1", "column 1: not a number"},
        {"data.a inside 1", "column 8: expected an operator"},
        {"1 == 1 == 1", "column 8: expected &&"},
        {"\xff == 1", "column 1"},
    };
    for (const auto& [text, expected] : cases) {
        CAPTURE(text);
        const auto parsed = Condition::parse(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code() == Errc::bad_input);
        CHECK(parsed.error().message().find(expected) != std::string::npos);
    }
}

TEST_CASE("a condition is bounded in length and depth", "[sync][policy]") {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '(') + "1 == 1" + std::string(depth, ')');
    };
    CHECK(must(Condition::parse(nested(Condition::kDeepest))).holds({}));
    CHECK(Condition::parse(nested(Condition::kDeepest + 1)).error().code() == Errc::limit);
    CHECK(Condition::parse(std::string(2'000, '!') + "1 == 1").error().code() == Errc::limit);
    CHECK(Condition::parse(std::string(Condition::kLongest + 1, ' ')).error().code() ==
          Errc::limit);
    std::string chain = "1 == 1";
    while (chain.size() < Condition::kLongest - 10) chain += "&& 1 == 1";
    CHECK(must(Condition::parse(chain)).holds({}));
}

// TG-POL-001
TEST_CASE("without a policy all is open, and with the first all is closed", "[sync][policy]") {
    PolicySet set;
    CHECK(set.allows(PolicyAction::write, "m", {}));
    must(set.put(policy("p", "m", PolicyAction::read, PolicyEffect::allow)));
    CHECK(set.allows(PolicyAction::read, "m", {}));
    CHECK_FALSE(set.allows(PolicyAction::write, "m", {}));
    CHECK_FALSE(set.allows(PolicyAction::read, "n", {}));
    CHECK(set.remove("p"));
    CHECK_FALSE(set.remove("p"));
    CHECK(set.list().empty());
    CHECK_FALSE(set.allows(PolicyAction::read, "m", {}));
    CHECK(set.judge(PolicyAction::read, "m", nullptr) == PolicySet::Verdict::deny);
}

TEST_CASE("a denial beats every permission", "[sync][policy]") {
    PolicySet set;
    must(set.put(policy("a", "*", PolicyAction::all, PolicyEffect::allow)));
    must(set.put(policy("b", "secret.**", PolicyAction::write, PolicyEffect::deny)));
    CHECK(set.allows(PolicyAction::write, "m", {}));
    CHECK(set.allows(PolicyAction::read, "secret.x", {}));
    CHECK_FALSE(set.allows(PolicyAction::write, "secret.x", {}));
    CHECK_FALSE(set.allows(PolicyAction::remove, "secret.x", {}));
    must(set.put(policy("b", "secret.**", PolicyAction::remove, PolicyEffect::deny)));
    CHECK(set.size() == 2);
    CHECK(set.allows(PolicyAction::write, "secret.x", {}));
    CHECK_FALSE(set.allows(PolicyAction::remove, "secret.x", {}));
}

TEST_CASE("reading a map as a whole may depend on its rows", "[sync][policy]") {
    using Verdict = PolicySet::Verdict;
    PolicySet set;
    must(set.put(
        policy("own", "m", PolicyAction::read, PolicyEffect::allow, "data.ownerId == auth.id")));
    CHECK(set.judge(PolicyAction::read, "m", &kAnn) == Verdict::by_row);
    CHECK(set.judge(PolicyAction::read, "n", &kAnn) == Verdict::deny);
    must(set.put(
        policy("editors", "m", PolicyAction::read, PolicyEffect::allow, "'editor' in auth.roles")));
    CHECK(set.judge(PolicyAction::read, "m", &kAnn) == Verdict::allow);
    CHECK(set.judge(PolicyAction::read, "m", nullptr) == Verdict::by_row);
    must(set.put(
        policy("hidden", "m", PolicyAction::all, PolicyEffect::deny, "data.hidden == true")));
    CHECK(set.judge(PolicyAction::read, "m", &kAnn) == Verdict::by_row);
    must(set.put(policy("none", "m", PolicyAction::read, PolicyEffect::deny, "auth.id == 'ann'")));
    CHECK(set.judge(PolicyAction::read, "m", &kAnn) == Verdict::deny);
}

TEST_CASE("a policy that cannot be is refused and changes nothing", "[sync][policy]") {
    PolicySet set;
    for (const auto& bad : {
             policy("", "m", PolicyAction::all, PolicyEffect::allow),
             policy("__configured", "m", PolicyAction::all, PolicyEffect::allow),
             policy(std::string(257, 'x'), "m", PolicyAction::all, PolicyEffect::allow),
             policy("\xff", "m", PolicyAction::all, PolicyEffect::allow),
             policy("p", "", PolicyAction::all, PolicyEffect::allow),
             policy("p", "m", PolicyAction::all, PolicyEffect::allow, "auth.id"),
         }) {
        CAPTURE(bad.id);
        CHECK(set.put(bad).error().code() == Errc::bad_input);
    }
    CHECK_FALSE(set.configured());
}

TEST_CASE("words of policies are those of TopGun", "[sync][policy]") {
    for (const auto* word : {"read", "write", "remove", "all"}) {
        CHECK(sync::policy_action_word(sync::policy_action_of(word).value()) == word);
    }
    for (const auto* word : {"allow", "deny"}) {
        CHECK(sync::policy_effect_word(sync::policy_effect_of(word).value()) == word);
    }
    CHECK_FALSE(sync::policy_action_of("Read"));
    CHECK_FALSE(sync::policy_effect_of(""));
}
