// SPDX-License-Identifier: Apache-2.0
#include "shown_state.hpp"

#include <algorithm>

#include "gate.hpp"
#include "names.hpp"
#include "topgun/reconcile/merge.hpp"
#include "topgun/sync/hub.hpp"

namespace topgun::sync {
namespace {

// A merge of one state with a filter is a filter.
class ShownState final : public StateReader {
public:
    ShownState(std::unique_ptr<StateReader> state, std::map<MapId, PolicySet> hiding,
               std::optional<Principal> who)
        : state_(std::move(state)), hiding_(std::move(hiding)), who_(std::move(who)) {
        MergeOptions options;
        options.filter = [this](const MapId& map, const Row& row) { return shows(map, row); };
        filtered_ = merge_states({state_.get()}, std::move(options));
    }
    const std::vector<MapId>& maps() const override { return state_->maps(); }
    Result<const MapFacts*> facts(const MapId& map) const override { return of(map).facts(map); }
    Result<const MapFacts*> summary(const MapId& map) const override {
        return of(map).summary(map);
    }
    Result<const Sketch*> sketch(const MapId& map) const override { return of(map).sketch(map); }
    Result<std::unique_ptr<RowCursor>> removed_tags(const MapId& map) const override {
        return of(map).removed_tags(map);
    }
    Result<std::unique_ptr<RowCursor>> rows(const MapId& map,
                                            std::vector<HashRange> ranges) const override {
        return of(map).rows(map, std::move(ranges));
    }

private:
    const StateReader& of(const MapId& map) const {
        return hiding_.contains(map) ? *filtered_ : *state_;
    }
    bool shows(const MapId& map, const Row& row) const {
        if (row.value.empty()) return true;
        const ConditionInput input{who_ ? &*who_ : nullptr, ValueView(row.value)};
        return hiding_.at(map).allows(PolicyAction::read, map.name, input);
    }

    std::unique_ptr<StateReader> state_;
    std::map<MapId, PolicySet> hiding_;
    std::optional<Principal> who_;
    std::unique_ptr<StateReader> filtered_;
};

}  // namespace

std::unique_ptr<StateReader> shown_state(std::unique_ptr<StateReader> state,
                                         std::map<MapId, PolicySet> hiding,
                                         std::optional<Principal> who) {
    if (hiding.empty()) return state;
    return std::make_unique<ShownState>(std::move(state), std::move(hiding), std::move(who));
}

std::vector<MapId> Hub::shown_maps(const RequestContext& context) const {
    auto all = read_live(maps_->shared())->maps();
    std::erase_if(all, [&](const MapId& id) {
        return name_fault(id.name) != nullptr || !gate_->may_read_partly(id, context);
    });
    return all;
}

Result<std::unique_ptr<StateReader>> Hub::shown_state(std::vector<MapId> maps,
                                                      const RequestContext& context) const {
    std::map<MapId, PolicySet> hiding;
    for (const auto& id : maps) {
        if (const char* fault = name_fault(id.name)) return Error(Errc::usage, fault);
        TOPGUN_TRY(gate_->may_read_partly(id, context));
        if (gate_->hides_rows(id.name, context)) hiding[id] = gate_->policies().of_map(id.name);
    }
    std::sort(maps.begin(), maps.end());
    maps.erase(std::unique(maps.begin(), maps.end()), maps.end());
    return sync::shown_state(read_live(maps_->shared(), std::move(maps)), std::move(hiding),
                             context.principal);
}

}  // namespace topgun::sync
