// SPDX-License-Identifier: Apache-2.0
// Everything that can keep a request from a map, asked in one place.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "topgun/storage/map_provider.hpp"
#include "topgun/sync/policy.hpp"

namespace topgun::sync {

/// The host's guard, the policies, and those whom no policy binds. Both must allow.
class Gate {
public:
    Gate(MapGuard guard, std::set<std::string, std::less<>> admins)
        : guard_(std::move(guard)), admins_(std::move(admins)) {}

    /// False while everything is allowed: then nobody need ask, or find out what to ask with.
    bool closed() const noexcept { return guard_ || policies_.configured(); }

    /// Whether a map may be read as a whole. Errors: usage, with the text for the peer.
    Status may_read(const MapId& map, const RequestContext& context) const {
        TOPGUN_TRY(may_read_partly(map, context));
        return hides_rows(map.name, context) ? denied("read", map.name) : Status();
    }
    /// For those who ask shows() about each row, as well. A counter is whole or not at all: its
    /// rows are parts of a sum.
    Status may_read_partly(const MapId& map, const RequestContext& context) const {
        if (guard_) TOPGUN_TRY(guard_(map, MapAccess::read, context));
        if (!bound(context)) return {};
        const auto verdict = policies_.judge(PolicyAction::read, map.name, who(context));
        const bool in_part = verdict == PolicySet::Verdict::by_row && map.kind != MapKind::counter;
        return verdict == PolicySet::Verdict::allow || in_part ? Status()
                                                               : denied("read", map.name);
    }
    Status may_change(PolicyAction action, const MapId& map, const RequestContext& context,
                      ValueView data) const {
        if (guard_) TOPGUN_TRY(guard_(map, MapAccess::write, context));
        if (!bound(context) || policies_.allows(action, map.name, {who(context), data})) return {};
        return denied("write", map.name);
    }
    /// For the removal of what is not there, whose data nobody can ask for: refused as soon as it
    /// would depend on them.
    Status may_remove_unseen(const MapId& map, const RequestContext& context) const {
        if (guard_) TOPGUN_TRY(guard_(map, MapAccess::write, context));
        if (!bound(context)) return {};
        const auto verdict = policies_.judge(PolicyAction::remove, map.name, who(context));
        return verdict == PolicySet::Verdict::allow ? Status() : denied("write", map.name);
    }
    /// Policies alone, for what is no map and has no data: topics.
    Status may_use(PolicyAction action, std::string_view name,
                   const RequestContext& context) const {
        if (!bound(context) || policies_.allows(action, name, {who(context), {}})) return {};
        return denied(action == PolicyAction::read ? "read" : "write", name);
    }
    /// Whether rows of a map that may be read are to be looked at one by one.
    bool hides_rows(std::string_view map, const RequestContext& context) const {
        return bound(context) &&
               policies_.judge(PolicyAction::read, map, who(context)) == PolicySet::Verdict::by_row;
    }
    /// Whether a row may be read. @param value  canonical; empty for a removal, which shows nothing
    /// but its key, and must reach those who know the record.
    bool shows(std::string_view map, BytesView value, const RequestContext& context) const {
        if (!bound(context)) return true;
        const auto verdict = policies_.judge(PolicyAction::read, map, who(context));
        if (verdict != PolicySet::Verdict::by_row) return verdict == PolicySet::Verdict::allow;
        return value.empty() ||
               policies_.allows(PolicyAction::read, map, {who(context), ValueView(value)});
    }

    PolicySet& policies() noexcept { return policies_; }
    const PolicySet& policies() const noexcept { return policies_; }

private:
    static const Principal* who(const RequestContext& context) {
        return context.principal ? &*context.principal : nullptr;
    }
    bool bound(const RequestContext& context) const {
        return policies_.configured() &&
               !(context.principal && admins_.contains(context.principal->id));
    }
    // The text is TopGun's.
    static Error denied(const char* what, std::string_view map) {
        return Error(Errc::usage,
                     std::string(what) + " access denied for map: " + std::string(map));
    }

    MapGuard guard_;
    std::set<std::string, std::less<>> admins_;
    PolicySet policies_;
};

}  // namespace topgun::sync
