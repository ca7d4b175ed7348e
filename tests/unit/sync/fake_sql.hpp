// SPDX-License-Identifier: Apache-2.0
// An engine for SQL that answers what the test says, when the test says so.
#pragma once

#include <functional>
#include <vector>

#include "topgun/sync/sql.hpp"
#include "world.hpp"

namespace topgun::test {

class FakeSql final : public sync::SqlRunner {
public:
    using Done = std::function<void(Result<sync::SqlResult>)>;

    void run(std::string sql, std::unique_ptr<StateReader> state, const RequestContext& context,
             Done done) override {
        asked.push_back(std::move(sql));
        maps = state->maps();
        who = context.principal ? context.principal->id : "";
        state.reset();
        if (later) {
            waiting.push_back(std::move(done));
        } else {
            done(answer());
        }
    }
    /// Answers what waits.
    void finish() {
        for (auto& done : std::exchange(waiting, {})) done(answer());
    }

    std::function<Result<sync::SqlResult>()> answer = [] { return sync::SqlResult{}; };
    bool later = false;
    std::vector<std::string> asked;
    std::vector<MapId> maps;  ///< That the last statement could see.
    std::string who;
    std::vector<Done> waiting;
};

/// Two columns, one row.
inline sync::SqlResult one_row() {
    sync::SqlResult out;
    out.columns = {"id", "n"};
    out.rows = {{string_value("a"), must(parse_json("5"))}};
    out.tag = "SELECT 1";
    return out;
}

/// A statement that wrote one record.
inline sync::SqlResult one_write(const std::string& map = "m") {
    sync::SqlResult out;
    out.tag = "INSERT 0 1";
    auto op = put("a", {1, 0, "engine"}, string_value("by SQL"));
    op.map = map;
    out.ops.push_back(std::move(op));
    return out;
}

}  // namespace topgun::test
