// SPDX-License-Identifier: Apache-2.0
// One request to the HTTP interface on its way, and the forms that answers have.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "json_out.hpp"
#include "topgun/sync/http_api.hpp"

namespace topgun::sync {

/// Text of a path or query with its %XX; "+" means a blank in queries. Empty when malformed.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank);

/// What somebody may read of a map; records past their time to live are still among it.
struct MapCount {
    std::uint64_t live = 0;  ///< Records; entries of a counter.
    std::uint64_t tombstones = 0;
    std::uint64_t keys = 0;  ///< With a record; none of a counter.
    std::uint32_t root = 0;
};
/// Cost: little; a pass over a map some of whose rows are hidden. Errors: those of reading it.
Result<MapCount> count_map(Hub& hub, const MapId& id, const RequestContext& context);

struct HttpApi::Call {
    Hub& hub;
    const HttpRequest& request;
    HttpRespond respond;
    RequestContext context;
    bool admin = false;
    std::vector<std::pair<std::string, std::string>> headers;
    std::map<std::string, std::string> parameters;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();

    bool is(std::string_view method) const {
        return request.method == method || (method == "GET" && request.method == "HEAD");
    }
    std::string parameter(const std::string& name, std::string otherwise = {}) const {
        const auto found = parameters.find(name);
        return found == parameters.end() ? std::move(otherwise) : found->second;
    }
    void reply(unsigned status, std::string_view type, Bytes body, std::uint64_t sequence = 0) {
        HttpReply out;
        out.status = status;
        out.content_type = type;
        out.body = std::move(body);
        out.sequence = sequence;
        out.headers = headers;
        respond(std::move(out));
    }
    /// {"meta": ..., "data": DATA, "error": null}
    void reply_data(std::string_view data, unsigned status = 200, std::uint64_t sequence = 0) {
        reply(status, "application/json", envelope(data, "null"), sequence);
    }
    /// {"meta": ..., "data": null, "error": {"code", "message"}}
    void reply_error(unsigned status, std::string_view message) {
        JsonObject error;
        error.add("code", status).add("message", message);
        reply(status, "application/json", envelope("null", error.end()));
    }
    /// {"code", "message"}, as TopGun's own server has errors.
    void reply_plain_error(unsigned status, std::string_view message) {
        JsonObject error;
        error.add("code", status).add("message", message);
        reply(status, "application/json", error.end());
    }

private:
    std::string envelope(std::string_view data, std::string_view error) const {
        using std::chrono::duration_cast;
        const auto took = std::chrono::steady_clock::now() - began;
        JsonObject meta;
        meta.add("schemaVersion", 1).add("requestId", request.request_id);
        meta.add("node", context.node_id);
        if (context.tenant_id) meta.add("tenant", *context.tenant_id);
        if (context.principal) meta.add("principal", context.principal->id);
        meta.add("tookUs", duration_cast<std::chrono::microseconds>(took).count());
        JsonObject out;
        out.raw("meta", meta.end()).raw("data", data).raw("error", error);
        return out.end();
    }
};

}  // namespace topgun::sync
