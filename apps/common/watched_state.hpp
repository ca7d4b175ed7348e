// SPDX-License-Identifier: Apache-2.0
// A state that tells which of its rows are read: for progress and counts while it is written.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "topgun/replica/state.hpp"

namespace topgun::cli {

/// Reads through to another state, which outlives it, and calls back for each batch of rows. The
/// first error of the callback ends the reading. Threads: as the callback.
class WatchedState final : public StateReader {
public:
    using Watch = std::function<Status(const MapId&, std::span<const Row>)>;

    WatchedState(const StateReader& state, Watch watch) : state_(state), watch_(std::move(watch)) {}

    const std::vector<MapId>& maps() const override { return state_.maps(); }
    Result<const MapFacts*> facts(const MapId& map) const override { return state_.facts(map); }
    Result<const MapFacts*> summary(const MapId& map) const override { return state_.summary(map); }
    Result<std::unique_ptr<RowCursor>> removed_tags(const MapId& map) const override {
        return watch(map, state_.removed_tags(map));
    }
    Result<std::unique_ptr<RowCursor>> rows(const MapId& map,
                                            std::vector<HashRange> ranges) const override {
        return watch(map, state_.rows(map, std::move(ranges)));
    }

private:
    class Cursor final : public RowCursor {
    public:
        Cursor(MapId map, std::unique_ptr<RowCursor> cursor, const Watch& watch)
            : map_(std::move(map)), cursor_(std::move(cursor)), watch_(watch) {}
        Result<std::span<const Row>> next() override {
            auto rows = cursor_->next();
            if (rows && !rows->empty()) TOPGUN_TRY(watch_(map_, *rows));
            return rows;
        }

    private:
        MapId map_;
        std::unique_ptr<RowCursor> cursor_;
        const Watch& watch_;
    };

    Result<std::unique_ptr<RowCursor>> watch(const MapId& map,
                                             Result<std::unique_ptr<RowCursor>> cursor) const {
        if (!cursor) return cursor;
        return std::unique_ptr<RowCursor>(
            std::make_unique<Cursor>(map, std::move(*cursor), watch_));
    }

    const StateReader& state_;
    Watch watch_;
};

}  // namespace topgun::cli
