// SPDX-License-Identifier: Apache-2.0
// What a table cannot tell by itself: whether its records are those of another replica.
#include <unordered_map>
#include <unordered_set>

#include "topgun/pg/check.hpp"
#include "topgun/reconcile/diff.hpp"

namespace topgun::pg {
namespace {

using maptable::Finding;
using maptable::Problem;

class Against {
public:
    Against(std::uint64_t now_ms, std::uint64_t removals_kept_ms,
            const maptable::TableChecker::Found& found)
        : now_ms_(now_ms), removals_kept_ms_(removals_kept_ms), found_(found) {}

    Status run(const StateReader& table, const StateReader& other) {
        Status status;
        DiffOptions options;
        options.deep = true;
        options.on_difference = [&](const Difference& difference) {
            if (status) status = take(difference);
        };
        auto result = diff_states(table, other, options);
        if (!result) return std::move(result).error();
        return status;
    }

private:
    // Within a map records come first, then removed tags.
    Status take(const Difference& difference) {
        if (difference.map != map_) {
            map_ = difference.map;
            here_.clear();
            there_.clear();
        }
        const auto& any = difference.a != nullptr ? *difference.a : *difference.b;
        if (any.removed) return take_removal(difference.kind, any.tag);
        switch (difference.kind) {
            case DifferenceKind::only_a:
                if (map_.kind == MapKind::or_map) here_.emplace(any.tag, any.key);
                return {};
            case DifferenceKind::only_b:
                if (map_.kind == MapKind::or_map) there_.emplace(any.tag);
                return {};
            case DifferenceKind::newer_a: return {};
            case DifferenceKind::newer_b:
                return say(Problem::older_than_other, any.key,
                           "here " + format_stamp(difference.a->stamp) + ", there " +
                               format_stamp(difference.b->stamp));
            case DifferenceKind::same_stamp: return take_tie(*difference.a, *difference.b);
        }
        return {};
    }

    // No table of the former server has the time to live of LWW records.
    Status take_tie(const Row& here, const Row& there) {
        if (here.value == there.value && here.ttl_ms == kNoTtl) return {};
        return say(Problem::same_stamp, here.key,
                   "stamped " + format_stamp(here.stamp) + " in both");
    }

    Status take_removal(DifferenceKind kind, std::string_view tag) {
        if (kind == DifferenceKind::only_b) {
            const auto record = here_.find(std::string(tag));
            if (record == here_.end()) return {};
            return say(Problem::removed_tag, record->second,
                       "tag '" + std::string(tag) + "' is removed there");
        }
        // The other side has the record: the removal is news to it.
        if (there_.contains(std::string(tag))) return {};
        const auto stamp = parse_stamp(tag);
        if (!stamp || stamp->millis + removals_kept_ms_ >= now_ms_) return {};
        return say(Problem::orphan_tombstone, {}, "removed tag '" + std::string(tag) + "'");
    }

    Status say(Problem problem, std::string_view key, std::string what) {
        return found_({problem, map_.name, key, false, std::move(what)});
    }

    std::uint64_t now_ms_, removals_kept_ms_;
    const maptable::TableChecker::Found& found_;
    MapId map_;
    std::unordered_map<std::string, std::string> here_;  // tags that only the table has, with key
    std::unordered_set<std::string> there_;              // tags that only the other side has
};

}  // namespace

Status check_against(const StateReader& table, const StateReader& other, std::uint64_t now_ms,
                     std::uint64_t removals_kept_ms, const maptable::TableChecker::Found& found) {
    return Against(now_ms, removals_kept_ms, found).run(table, other);
}

}  // namespace topgun::pg
