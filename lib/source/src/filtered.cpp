// SPDX-License-Identifier: Apache-2.0
#include "filtered.hpp"

#include <algorithm>

#include "topgun/clock/timestamp.hpp"
#include "topgun/replica/reserved.hpp"
#include "topgun/source/shared_maps.hpp"

namespace topgun::source {

namespace {

class SelectedMaps final : public StateReader {
public:
    template <typename Wanted>
    SelectedMaps(std::unique_ptr<StateReader> state, Wanted&& wanted) : state_(std::move(state)) {
        for (const auto& id : state_->maps()) {
            if (wanted(id.name)) ids_.push_back(id);
        }
    }
    const std::vector<MapId>& maps() const override { return ids_; }
    Result<const MapFacts*> facts(const MapId& map) const override { return state_->facts(map); }
    Result<const MapFacts*> summary(const MapId& map) const override {
        return state_->summary(map);
    }
    Result<const Sketch*> sketch(const MapId& map) const override { return state_->sketch(map); }
    Result<std::unique_ptr<RowCursor>> removed_tags(const MapId& map) const override {
        return state_->removed_tags(map);
    }
    Result<std::unique_ptr<RowCursor>> rows(const MapId& map,
                                            std::vector<HashRange> ranges) const override {
        return state_->rows(map, std::move(ranges));
    }

private:
    std::unique_ptr<StateReader> state_;
    std::vector<MapId> ids_;
};

// A merge of one source with a filter is a filter.
class SelectedTime final : public StateReader {
public:
    SelectedTime(std::unique_ptr<StateReader> state, Timestamp until) : state_(std::move(state)) {
        MergeOptions options;
        options.filter = [until = std::move(until)](const MapId&, const Row& row) {
            return is_until(row.stamp, row.removed ? row.tag : std::string_view(), until);
        };
        filtered_ = merge_states({state_.get()}, std::move(options));
        // A map whose rows are all too new is no map of that time.
        for (const auto& id : filtered_->maps()) {
            auto facts = filtered_->facts(id);
            if (!facts || (*facts)->records + (*facts)->tombstones > 0) ids_.push_back(id);
        }
    }
    const std::vector<MapId>& maps() const override { return ids_; }
    Result<const MapFacts*> facts(const MapId& map) const override { return filtered_->facts(map); }
    Result<std::unique_ptr<RowCursor>> removed_tags(const MapId& map) const override {
        return filtered_->removed_tags(map);
    }
    Result<std::unique_ptr<RowCursor>> rows(const MapId& map,
                                            std::vector<HashRange> ranges) const override {
        return filtered_->rows(map, std::move(ranges));
    }

private:
    std::unique_ptr<StateReader> state_;
    std::unique_ptr<StateReader> filtered_;
    std::vector<MapId> ids_;
};

}  // namespace

std::unique_ptr<StateReader> select_maps(std::unique_ptr<StateReader> state,
                                         const std::vector<std::string>& maps) {
    if (maps.empty()) return state;
    return std::make_unique<SelectedMaps>(std::move(state), [&maps](const std::string& name) {
        return std::find(maps.begin(), maps.end(), name) != maps.end();
    });
}

std::unique_ptr<StateReader> select_until(std::unique_ptr<StateReader> state,
                                          const Timestamp& until) {
    return std::make_unique<SelectedTime>(std::move(state), until);
}

bool is_until(const Stamp& stamp, std::string_view tag, const Timestamp& until) {
    if (!(stamp == Stamp{})) return stamp <= until.view();
    // A removed tag carries the time of its add, which is the earliest it can have been removed.
    const auto added = parse_stamp(tag);
    return !added || *added <= until.view();
}

}  // namespace topgun::source

namespace topgun {

std::unique_ptr<StateReader> select_shared_maps(std::unique_ptr<StateReader> state) {
    const auto& maps = state->maps();
    const bool reserved = std::any_of(maps.begin(), maps.end(),
                                      [](const MapId& id) { return is_reserved_name(id.name); });
    if (!reserved) return state;
    return std::make_unique<source::SelectedMaps>(
        std::move(state), [](const std::string& name) { return !is_reserved_name(name); });
}

}  // namespace topgun
