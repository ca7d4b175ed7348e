// SPDX-License-Identifier: Apache-2.0
#include "sql_queries.hpp"

#include <algorithm>
#include <map>

#include "names.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::sync {

SqlRunner::~SqlRunner() = default;

void SqlQueries::on(Connection& peer, const wire::SqlQuery& message) {
    if (hub_.options().sql == nullptr) {
        ++counters().unserved;
        wire::SqlQueryResp answer;
        answer.query_id = message.query_id;
        answer.error = "SQL is not available on this endpoint";
        answer.code = "FEATURE_DISABLED";
        return send(peer, answer);
    }
    run(message.sql, context_of(peer), peer.id(),
        [this, to = peer.id(), id = message.query_id](Result<Answer> done) {
            auto* const asker = this->peer(to);
            if (asker == nullptr) return;
            wire::SqlQueryResp answer;
            answer.query_id = id;
            if (!done) {
                answer.error = done.error().text();
                return send(*asker, answer);
            }
            answer.columns = std::move(done->result.columns);
            for (const auto& row : done->result.rows) {
                Bytes bytes;
                msgpack::Writer writer(bytes);
                writer.array(static_cast<std::uint32_t>(row.size()));
                for (const auto& value : row) writer.raw(value);
                answer.rows.push_back({std::move(bytes)});
            }
            send_when_durable(done->sequence, to, {wire::encoded(answer)});
        });
}

void SqlQueries::run(std::string sql, const RequestContext& context, std::uint64_t writer,
                     std::function<void(Result<Answer>)> done) {
    auto* const runner = hub_.options().sql;
    if (runner == nullptr) {
        return done(Error(Errc::usage, "SQL is not available on this endpoint"));
    }
    auto state = hub_.shown_state(hub_.shown_maps(context), context);
    if (!state) return done(std::move(state).error());
    runner->run(std::move(sql), std::move(*state), context,
                [this, context, writer, done = std::move(done), alive = alive_](auto result) {
                    if (!*alive) return;
                    if (!result) return done(std::move(result).error());
                    done(store(std::move(*result), context, writer));
                    hub_.settle();
                });
}

Result<SqlQueries::Answer> SqlQueries::store(SqlResult result, const RequestContext& context,
                                             std::uint64_t writer) {
    Answer out{std::move(result), 0};
    if (out.result.ops.empty()) return out;
    std::vector<Op> ops;
    std::deque<Timestamp> stamps;
    std::deque<std::string> tags;
    std::map<std::pair<std::string_view, std::string_view>, Timestamp> latest;
    for (const auto& owned : out.result.ops) {
        auto op = owned.view();
        if (const char* fault = name_fault(op.map)) return Error(Errc::usage, fault);
        // The engine's clock is not the hub's: two statements at a time could stamp alike.
        const bool lww = map_kind_of(op.kind) == MapKind::lww;
        auto stamp = hub_.now();
        if (lww) {
            auto& before = latest[{op.map, op.key}];
            auto over = hub_.stamp_over(op.map, op.key, before);
            if (!over) return std::move(over).error();
            stamp = before = std::move(*over);
        }
        stamps.push_back(std::move(stamp));
        if (op.kind != OpKind::or_remove) op.stamp = stamps.back().view();
        if (op.kind == OpKind::or_add) {
            tags.push_back(format_stamp(op.stamp));
            op.tag = tags.back();
        }
        // A statement is done whole or not at all.
        TOPGUN_TRY(may_change(op, context));
        ops.push_back(op);
    }
    auto written = hub_.apply(ops, context, writer);
    if (!written) return std::move(written).error();
    if (!written->rejections.empty()) {
        return Error(Errc::usage, written->rejections.front().reason);
    }
    out.sequence = written->sequence;
    return out;
}

}  // namespace topgun::sync
