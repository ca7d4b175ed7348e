// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/http.hpp"

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

// A record may be older than the time of its arrival, so that stamps do not tell what is new to a
// client: a map that changed is sent whole.
Result<wire::HttpMapDelta> delta_of(Hub& hub, const wire::HttpSyncMap& asked,
                                    const RequestContext& context) {
    wire::HttpMapDelta out;
    out.map_name = asked.map_name;
    // Taken before reading: what changes meanwhile is sent once more.
    out.server_sync_timestamp = hub.now();
    const MapId id{asked.map_name, MapKind::lww};
    if (const char* fault = name_fault(asked.map_name)) return Error(Errc::usage, fault);
    TOPGUN_TRY(hub.may_read_partly(id, context));
    const auto state = read_live(hub.maps().shared(), {id});
    const StateReader& reader = *state;
    if (hub.changed_at(id) < asked.last_sync_timestamp || !reader.has(id)) return out;
    auto rows = reader.rows(id);
    if (!rows) return std::move(rows).error();
    TOPGUN_TRY(for_each_row(**rows, [&](const Row& row) {
        if (!hub.shows(id.name, row.value, context)) return;
        out.records.push_back(
            {std::string(row.key), lww_record(row),
             row.is_lww_tombstone() ? wire::DeltaType::remove : wire::DeltaType::put});
    }));
    return out;
}

void add_deltas(Hub& hub, const std::vector<wire::HttpSyncMap>& maps, const RequestContext& context,
                wire::HttpSyncResponse& response) {
    response.deltas.emplace();
    for (const auto& asked : maps) {
        auto delta = delta_of(hub, asked, context);
        if (delta) {
            response.deltas->push_back(std::move(*delta));
        } else {
            const std::uint32_t code = delta.error().code() == Errc::usage ? 403 : 500;
            add_error(response, code, delta.error().message(), asked.map_name);
        }
    }
}

// A filter is what `where` is on a WebSocket; without one every record is meant.
Result<wire::HttpQueryResult> run_http_query(Hub& hub, const wire::HttpQuery& asked,
                                             const RequestContext& context) {
    query::Query query;
    const ValueView filter(asked.filter.bytes);
    if (filter.kind() == msgpack::Kind::map) query.where = asked.filter.bytes;
    query.limit = asked.limit;
    query.offset = asked.offset.value_or(0);
    query.cursor = asked.cursor;
    if (const char* fault = name_fault(asked.map_name)) return Error(Errc::usage, fault);
    auto page = hub.query({asked.map_name, MapKind::lww}, query, context);
    if (!page) return std::move(page).error();
    wire::HttpQueryResult out;
    out.query_id = asked.query_id;
    for (auto& row : page->rows) out.results.push_back({std::move(row.value)});
    out.has_more = page->has_more;
    if (page->has_more) out.next_cursor = std::move(page->next_cursor);
    return out;
}

void add_query_results(Hub& hub, const std::vector<wire::HttpQuery>& queries,
                       const RequestContext& context, wire::HttpSyncResponse& response) {
    response.query_results.emplace();
    for (const auto& asked : queries) {
        auto result = run_http_query(hub, asked, context);
        if (result) {
            response.query_results->push_back(std::move(*result));
        } else {
            const std::uint32_t code = result.error().code() == Errc::usage ? 403 : 400;
            add_error(response, code, result.error().text(), asked.query_id);
        }
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

}  // namespace

HttpReply answer_http_sync(Hub& hub, std::string_view authorization, BytesView body) {
    if (body.size() > hub.options().limits.message_bytes) return failure(413, "body too large");
    RequestContext context;
    context.node_id = hub.options().node_id;
    if (hub.options().auth == AuthMode::token) {
        auto principal = bearer(hub, authorization);
        if (principal)
            context.principal = std::move(*principal);
        else if (!hub.options().anonymous_http)
            return failure(401, principal.error().message());
    }
    auto request = wire::decode_http_sync_request(body);
    if (!request) return failure(400, request.error().text());

    HttpReply out;
    wire::HttpSyncResponse response;
    if (request->operations && !request->operations->empty()) {
        apply_ops(hub, *request->operations, context, response, out.sequence);
    }
    if (request->sync_maps) add_deltas(hub, *request->sync_maps, context, response);
    if (request->queries) add_query_results(hub, *request->queries, context, response);
    if (request->searches) add_searches(hub, *request->searches, context, response);
    response.server_hlc = hub.now();
    hub.settle();
    out.content_type = "application/msgpack";
    wire::encode(response, out.body);
    return out;
}

}  // namespace topgun::sync
