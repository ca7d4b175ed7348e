// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/http.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "names.hpp"
#include "records.hpp"
#include "topgun/value/json.hpp"
#include "topgun/wire/http.hpp"

namespace topgun::sync {
namespace {

HttpReply failure(unsigned status, std::string_view message) {
    HttpReply out;
    out.status = status;
    out.content_type = "application/json";
    out.body = "{\"code\":" + std::to_string(status) + ",\"message\":";
    append_json_string(message, out.body);
    out.body += '}';
    return out;
}

void add_error(wire::HttpSyncResponse& response, std::uint32_t code, std::string message,
               std::string about) {
    if (!response.errors) response.errors.emplace();
    response.errors->push_back({code, std::move(message), std::move(about)});
}

Result<Principal> bearer(const Hub& hub, std::string_view authorization) {
    constexpr std::string_view kScheme = "Bearer ";
    if (!authorization.starts_with(kScheme) || authorization.size() == kScheme.size()) {
        return Error(Errc::usage, "authentication required");
    }
    auto principal = hub.verify(authorization.substr(kScheme.size()));
    // Why a token is refused would help to forge one.
    if (!principal) return Error(Errc::usage, "Authentication failed");
    return principal;
}

void apply_ops(Hub& hub, const std::vector<wire::ClientOp>& operations,
               const RequestContext& context, wire::HttpSyncResponse& response,
               std::uint64_t& sequence) {
    const std::vector<wire::ClientOpView> ops(operations.begin(), operations.end());
    const auto written = hub.write(ops, context, 0);
    if (!written) return add_error(response, 500, written.error().message(), "operations");
    sequence = written->sequence;
    if (!written->denied.empty()) return add_error(response, 403, written->denied, "operations");
    wire::HttpAck ack;
    ack.last_id = operations.empty() ? "0" : operations.back().id.value_or("0");
    if (!written->rejections.empty()) ack.results.emplace();
    for (const auto& rejection : written->rejections) {
        const auto id = operations[rejection.index].id.value_or("0");
        ack.results->push_back({id, false, wire::WriteConcern::fire_and_forget, rejection.reason});
        add_error(response, rejection.code, rejection.reason, id);
    }
    response.ack = std::move(ack);
}

// What is read for a map that was asked for: begun on the hub's thread, read wherever.
struct Delta {
    MapId id;
    std::unique_ptr<StateReader> state;  // null when nothing is to be read
    Result<wire::HttpMapDelta> found = wire::HttpMapDelta();
};

// A record may be older than the time of its arrival, so that stamps do not tell what is new to a
// client: a map that changed is sent whole.
Delta begin_delta(Hub& hub, const wire::HttpSyncMap& asked, const RequestContext& context) {
    Delta out;
    out.id = {asked.map_name, MapKind::lww};
    out.found->map_name = asked.map_name;
    // Taken before reading: what changes meanwhile is sent once more.
    out.found->server_sync_timestamp = hub.now();
    auto state = hub.shown_state({out.id}, context);
    if (!state) {
        out.found = std::move(state).error();
    } else if ((*state)->has(out.id) && !(hub.changed_at(out.id) < asked.last_sync_timestamp)) {
        out.state = std::move(*state);
    }
    return out;
}

void read_delta(Delta& delta) {
    if (!delta.state) return;
    auto& records = delta.found->records;
    auto rows = std::as_const(*delta.state).rows(delta.id);
    auto done =
        rows ? for_each_row(**rows,
                            [&](const Row& row) {
                                records.push_back({std::string(row.key), lww_record(row),
                                                   row.is_lww_tombstone() ? wire::DeltaType::remove
                                                                          : wire::DeltaType::put});
                            })
             : Status(std::move(rows).error());
    if (!done) delta.found = std::move(done).error();
    delta.state.reset();
}

void add_deltas(std::vector<Delta>& deltas, wire::HttpSyncResponse& response) {
    response.deltas.emplace();
    for (auto& delta : deltas) {
        if (delta.found) {
            response.deltas->push_back(std::move(*delta.found));
        } else {
            const auto& error = delta.found.error();
            const std::uint32_t code = error.code() == Errc::usage ? 403 : 500;
            add_error(response, code, error.message(), delta.id.name);
        }
    }
}

// The same for a query.
struct Asked {
    MapId id;
    query::Query query;
    std::string name;
    Result<query::QueryPage> page = query::QueryPage();
};

// A filter is what `where` is on a WebSocket; without one every record is meant.
Asked begin_query(const wire::HttpQuery& asked) {
    Asked out;
    out.id = {asked.map_name, MapKind::lww};
    out.name = asked.query_id;
    const ValueView filter(asked.filter.bytes);
    if (filter.kind() == msgpack::Kind::map) out.query.where = asked.filter.bytes;
    out.query.limit = asked.limit;
    out.query.offset = asked.offset.value_or(0);
    out.query.cursor = asked.cursor;
    return out;
}

void add_query_results(std::vector<Asked>& queries, wire::HttpSyncResponse& response) {
    response.query_results.emplace();
    for (auto& asked : queries) {
        if (!asked.page) {
            const std::uint32_t code = asked.page.error().code() == Errc::usage ? 403 : 400;
            add_error(response, code, asked.page.error().text(), asked.name);
            continue;
        }
        wire::HttpQueryResult out;
        out.query_id = asked.name;
        for (auto& row : asked.page->rows) out.results.push_back({std::move(row.value)});
        out.has_more = asked.page->has_more;
        if (asked.page->has_more) out.next_cursor = std::move(asked.page->next_cursor);
        response.query_results->push_back(std::move(out));
    }
}

void add_searches(Hub& hub, const std::vector<wire::HttpSearch>& searches,
                  const RequestContext& context, wire::HttpSyncResponse& response) {
    response.search_results.emplace();
    for (const auto& asked : searches) {
        auto found = hub.search(asked, context);
        if (found) {
            response.search_results->push_back(std::move(*found));
        } else {
            const std::uint32_t code = found.error().code() == Errc::usage ? 403 : 400;
            add_error(response, code, found.error().message(), asked.search_id);
        }
    }
}

// A request on its way. Its parts follow one another: what is large is read apart.
class SyncRequest : public std::enable_shared_from_this<SyncRequest> {
public:
    SyncRequest(Hub& hub, RequestContext context, wire::HttpSyncRequest request,
                HttpRespond respond)
        : hub_(hub),
          context_(std::move(context)),
          request_(std::move(request)),
          respond_(std::move(respond)) {}

    void run() {
        if (request_.operations && !request_.operations->empty()) {
            apply_ops(hub_, *request_.operations, context_, response_, reply_.sequence);
        }
        if (request_.queries) {
            for (const auto& asked : *request_.queries) queries_.push_back(begin_query(asked));
        }
        read_maps();
    }

private:
    void read_maps() {
        bool large = false;
        deltas_.clear();
        if (request_.sync_maps) {
            for (const auto& asked : *request_.sync_maps) {
                deltas_.push_back(begin_delta(hub_, asked, context_));
                large = large || (deltas_.back().state && hub_.is_large(deltas_.back().id));
            }
        }
        const auto read = [self = shared_from_this()] {
            for (auto& delta : self->deltas_) read_delta(delta);
        };
        const auto go_on = [self = shared_from_this(), round = hub_.policy_round()] {
            // What was read while policies changed may show what they hide now.
            if (round != self->hub_.policy_round()) return self->read_maps();
            self->next_query();
        };
        if (large) return hub_.run_apart(read, go_on);
        read();
        go_on();
    }

    // Most answers come within the call: a loop, so that many do not go deep.
    void next_query() {
        if (std::exchange(looping_, true)) return;
        while (!waiting_ && at_ < queries_.size()) {
            auto& asked = queries_[at_++];
            waiting_ = true;
            hub_.query(asked.id, asked.query, context_,
                       [&asked, self = shared_from_this()](Result<query::QueryPage> page) {
                           asked.page = std::move(page);
                           self->waiting_ = false;
                           self->next_query();
                       });
        }
        looping_ = false;
        if (!waiting_) finish();
    }

    void finish() {
        if (request_.sync_maps) add_deltas(deltas_, response_);
        if (request_.queries) add_query_results(queries_, response_);
        if (request_.searches) add_searches(hub_, *request_.searches, context_, response_);
        response_.server_hlc = hub_.now();
        hub_.settle();
        reply_.content_type = "application/msgpack";
        wire::encode(response_, reply_.body);
        respond_(std::move(reply_));
    }

    Hub& hub_;
    RequestContext context_;
    wire::HttpSyncRequest request_;
    HttpRespond respond_;
    std::vector<Delta> deltas_;
    std::vector<Asked> queries_;
    std::size_t at_ = 0;
    bool looping_ = false, waiting_ = false;
    wire::HttpSyncResponse response_;
    HttpReply reply_;
};

}  // namespace

void answer_http_sync(Hub& hub, std::string_view authorization, BytesView body,
                      HttpRespond respond) {
    if (body.size() > hub.options().limits.message_bytes) {
        return respond(failure(413, "body too large"));
    }
    RequestContext context;
    context.node_id = hub.options().node_id;
    if (hub.options().auth == AuthMode::token) {
        auto principal = bearer(hub, authorization);
        if (principal)
            context.principal = std::move(*principal);
        else if (!hub.options().anonymous_http)
            return respond(failure(401, principal.error().message()));
    }
    auto request = wire::decode_http_sync_request(body);
    if (!request) return respond(failure(400, request.error().text()));
    std::make_shared<SyncRequest>(hub, std::move(context), std::move(*request), std::move(respond))
        ->run();
}

HttpReply answer_http_sync(Hub& hub, std::string_view authorization, BytesView body) {
    auto reply = std::make_shared<std::optional<HttpReply>>();
    answer_http_sync(hub, authorization, body,
                     [reply](HttpReply made) { *reply = std::move(made); });
    TOPGUN_ASSERT(*reply, "nothing runs apart");
    return std::move(**reply);
}

}  // namespace topgun::sync
