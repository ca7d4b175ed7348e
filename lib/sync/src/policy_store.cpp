// SPDX-License-Identifier: Apache-2.0
#include "policy_store.hpp"

#include "gate.hpp"
#include "services.hpp"
#include "topgun/sync/hub.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::sync {

Bytes encode_policy(const Policy& policy) {
    Bytes out;
    msgpack::Writer writer(out);
    // In the order of the names' bytes, which is the canonical one.
    writer.map(policy.condition ? 4 : 3);
    writer.string("action");
    writer.string(policy_action_word(policy.action));
    if (policy.condition) {
        writer.string("conditionExpr");
        writer.string(*policy.condition);
    }
    writer.string("effect");
    writer.string(policy_effect_word(policy.effect));
    writer.string("mapPattern");
    writer.string(policy.map_pattern);
    return out;
}

Result<Policy> decode_policy(std::string_view id, BytesView value) {
    const ValueView view(value);
    const auto text = [&](std::string_view name) -> std::optional<std::string_view> {
        const auto field = view.find(name);
        return field ? field->as_string() : std::nullopt;
    };
    const auto pattern = text("mapPattern"), action = text("action"), effect = text("effect");
    const auto known_action = action ? policy_action_of(*action) : std::nullopt;
    const auto known_effect = effect ? policy_effect_of(*effect) : std::nullopt;
    if (!pattern || !known_action || !known_effect) {
        return Error(Errc::bad_input, "stored policy '" + std::string(id) + "' is not readable");
    }
    Policy out{std::string(id), std::string(*pattern), *known_action, *known_effect, {}};
    if (view.find("conditionExpr")) {
        const auto condition = text("conditionExpr");
        // Left out, it would make the policy hold for everybody.
        if (!condition) {
            return Error(Errc::bad_input,
                         "stored policy '" + std::string(id) + "' has no readable condition");
        }
        out.condition = std::string(*condition);
    }
    return out;
}

Status load_policies(const SharedReplica& shared, PolicySet& into) {
    const MapId id{std::string(kPolicyMap), MapKind::lww};
    const auto state = read_live(shared, {id});
    if (!state->has(id)) return {};
    auto rows = static_cast<const StateReader&>(*state).rows(id);
    if (!rows) return std::move(rows).error();
    return for_each_row(**rows, [&](const Row& row) -> Status {
        if (row.key == kConfiguredKey) into.set_configured();
        if (row.key.starts_with("__") || row.is_lww_tombstone()) return {};
        auto policy = decode_policy(row.key, row.value);
        if (!policy) return std::move(policy).error();
        return into.put(std::move(*policy));
    });
}

const PolicySet& Hub::policies() const noexcept {
    return gate_->policies();
}

Status Hub::may_read_partly(const MapId& map, const RequestContext& context) const {
    return gate_->may_read_partly(map, context);
}

bool Hub::hides_rows(std::string_view map, const RequestContext& context) const {
    return gate_->hides_rows(map, context);
}

bool Hub::shows(std::string_view map, BytesView value, const RequestContext& context) const {
    return gate_->shows(map, value, context);
}

Result<std::uint64_t> Hub::put_policy(Policy policy) {
    auto& policies = gate_->policies();
    PolicySet trial;
    TOPGUN_TRY(trial.put(policy));
    if (!policies.contains(policy.id) && policies.size() >= options_.limits.policies) {
        return Error(Errc::limit, "too many policies");
    }
    if (!policies.configured()) {
        Bytes yes;
        msgpack::Writer(yes).boolean(true);
        auto kept = keep(kPolicyMap, kConfiguredKey, yes);
        if (!kept) return kept;
    }
    auto kept = keep(kPolicyMap, policy.id, encode_policy(policy));
    if (!kept) return kept;
    TOPGUN_TRY(policies.put(std::move(policy)));
    services_->policies_changed();
    return kept;
}

Result<std::uint64_t> Hub::remove_policy(std::string_view id) {
    if (!gate_->policies().contains(id)) return std::uint64_t{0};
    auto kept = keep(kPolicyMap, id, {});
    if (!kept) return kept;
    gate_->policies().remove(id);
    services_->policies_changed();
    return kept;
}

}  // namespace topgun::sync
