// SPDX-License-Identifier: Apache-2.0
// What the endpoint says of itself: /metrics, /api/v1/status, and TopGun's own /api/admin.
#include <array>

#include "http_call.hpp"
#include "names.hpp"

namespace topgun::sync {
namespace {

struct CounterName {
    const char* name;
    const char* help;
    std::uint64_t Counters::*value;
};

constexpr std::array kCounterNames = {
    CounterName{"topgun_connections_total", "WebSockets ever opened", &Counters::connections},
    CounterName{"topgun_auth_failures_total", "Tokens refused", &Counters::auth_failures},
    CounterName{"topgun_frames_received_total", "Messages received", &Counters::frames_in},
    CounterName{"topgun_bytes_received_total", "Bytes of them", &Counters::bytes_in},
    CounterName{"topgun_frames_sent_total", "Messages sent", &Counters::frames_out},
    CounterName{"topgun_bytes_sent_total", "Bytes of them", &Counters::bytes_out},
    CounterName{"topgun_frames_unreadable_total", "Frames that are no message",
                &Counters::unreadable},
    CounterName{"topgun_frames_malformed_total", "Messages with a wrong or missing field",
                &Counters::malformed},
    CounterName{"topgun_frames_unknown_total", "Messages of unknown types", &Counters::unknown},
    CounterName{"topgun_frames_ignored_total", "Messages before login, or not for a server",
                &Counters::ignored},
    CounterName{"topgun_rate_limited_total", "Batches refused for their rate",
                &Counters::rate_limited},
    CounterName{"topgun_slow_consumers_total", "Connections closed because they do not read",
                &Counters::slow_consumers},
    CounterName{"topgun_timeouts_total", "Connections closed for silence", &Counters::timeouts},
    CounterName{"topgun_operations_total", "Writes received", &Counters::ops},
    CounterName{"topgun_operations_applied_total", "Writes that changed the state",
                &Counters::ops_applied},
    CounterName{"topgun_operations_repeated_total", "Writes that were there already",
                &Counters::ops_repeated},
    CounterName{"topgun_operations_lost_total", "Writes older than what was there",
                &Counters::ops_lost},
    CounterName{"topgun_operation_errors_total", "Writes refused", &Counters::ops_rejected},
    CounterName{"topgun_drifted_total", "Writes stamped too far ahead", &Counters::drifted},
    CounterName{"topgun_events_total", "Changes sent to peers", &Counters::events},
    CounterName{"topgun_sync_rounds_total", "Roots asked for", &Counters::sync_rounds},
    CounterName{"topgun_walk_requests_total", "Buckets and leaves asked for",
                &Counters::walk_requests},
    CounterName{"topgun_storage_failures_total", "Failed attempts to store",
                &Counters::storage_failures},
};

void add_metric(std::string& out, std::string_view name, std::string_view help,
                std::string_view type, double value) {
    out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
    out.append(name).append(" ").append(type).append("\n").append(name).append(" ");
    const auto whole = static_cast<std::uint64_t>(value);
    out += static_cast<double>(whole) == value ? std::to_string(whole) : std::to_string(value);
    out += '\n';
}

std::string policy_json(const Policy& policy) {
    JsonObject out;
    out.add("id", policy.id).add("mapPattern", policy.map_pattern);
    out.add("action", policy_action_word(policy.action));
    out.add("effect", policy_effect_word(policy.effect));
    if (policy.condition) out.add("conditionExpr", *policy.condition);
    return out.end();
}

Result<Policy> read_policy(std::string_view json) {
    const auto body = parse_plain_json(json);
    if (!body) return body.error().clone();
    const auto text = [&](std::string_view name) {
        const auto member = ValueView(*body).find(name);
        return member ? member->as_string() : std::nullopt;
    };
    Policy out;
    const auto action = policy_action_of(text("action").value_or(""));
    const auto effect = policy_effect_of(text("effect").value_or(""));
    if (!action) return Error(Errc::bad_input, "action: 'read', 'write', 'remove' or 'all'");
    if (!effect) return Error(Errc::bad_input, "effect: 'allow' or 'deny'");
    if (!text("id") || !text("mapPattern")) {
        return Error(Errc::bad_input, "id and mapPattern are expected");
    }
    out.id = std::string(*text("id"));
    out.map_pattern = std::string(*text("mapPattern"));
    out.action = *action;
    out.effect = *effect;
    const auto condition = ValueView(*body).find("conditionExpr");
    if (!condition || condition->is_nil()) return out;
    // Left out, it would make the policy hold for everybody.
    if (!condition->as_string()) return Error(Errc::bad_input, "conditionExpr: a text is expected");
    out.condition = std::string(*condition->as_string());
    return out;
}

}  // namespace

std::string HttpApi::metrics(Hub& hub) const {
    std::string out;
    for (const auto& one : kCounterNames) {
        add_metric(out, one.name, one.help, "counter",
                   static_cast<double>(hub.counters().*one.value));
    }
    const auto stats = hub.maps().storage().stats();
    const auto gauge = [&out](std::string_view name, std::string_view help, auto value) {
        add_metric(out, name, help, "gauge", static_cast<double>(value));
    };
    gauge("topgun_active_connections", "WebSockets at the moment", hub.connections());
    gauge("topgun_unsettled", "Acknowledgements and events that wait for the disk",
          hub.unsettled());
    gauge("topgun_storage_lag", "Writes stored and not durable yet",
          stats.sequence - std::min(stats.sequence, stats.durable));
    gauge("topgun_storage_queued", "Records that wait to be written", stats.queued);
    gauge("topgun_log_bytes", "What a recovery would replay", stats.log_bytes);
    gauge("topgun_storage_failed", "1 when nothing can be stored any more", stats.failed ? 1 : 0);
    gauge("topgun_uptime_seconds", "Since the first request", uptime_s());
    if (!options_.gauges) return out;
    for (const auto& one : options_.gauges()) {
        add_metric(out, one.name, one.help, one.counter ? "counter" : "gauge", one.value);
    }
    return out;
}

void HttpApi::show_status(Call& call) {
    auto& hub = call.hub;
    const auto& counters = hub.counters();
    JsonObject counts;
    for (const auto& one : kCounterNames) {
        std::string_view name(one.name);
        name.remove_prefix(std::string_view("topgun_").size());
        if (name.ends_with("_total")) name.remove_suffix(std::string_view("_total").size());
        counts.add(name, counters.*one.value);
    }
    const auto stats = hub.maps().storage().stats();
    JsonObject storage;
    storage.add("sequence", stats.sequence).add("durable", stats.durable);
    storage.add("logBytes", stats.log_bytes).add("failed", stats.failed);
    JsonArray nodes;
    for (const auto& [node, drift] : hub.clock_skews()) {
        JsonObject one;
        one.add("node", node).add("aheadMs", drift.ahead_ms).add("writes", drift.writes);
        nodes.add(one.end());
    }
    JsonObject out;
    out.add("version", options_.version).add("node", hub.options().node_id);
    out.add("clock", format_stamp(hub.now().view()));
    out.add("uptimeSeconds", uptime_s());
    out.add("connections", hub.connections()).add("admin", call.admin);
    out.add("sql", hub.options().sql != nullptr);
    out.raw("counters", counts.end()).raw("storage", storage.end()).raw("nodes", nodes.end());
    add_database(out, call.admin);
    call.reply_data(out.end());
}

void HttpApi::change_policies(Call& call, std::string_view path) {
    if (path.empty() && call.is("GET")) {
        JsonArray out;
        for (const auto& policy : call.hub.policies().list()) out.add(policy_json(policy));
        return call.reply(200, "application/json", JsonObject().raw("policies", out.end()).end());
    }
    if (path.empty() && call.is("POST")) {
        auto policy = read_policy(call.request.body);
        if (!policy) return call.reply_plain_error(400, policy.error().text());
        const auto json = policy_json(*policy);
        const auto stored = call.hub.put_policy(std::move(*policy));
        if (!stored) return call.reply_plain_error(400, stored.error().text());
        return call.reply(201, "application/json", json, *stored);
    }
    if (path.size() > 1 && call.is("DELETE")) {
        const auto id = percent_decode(path.substr(1), false);
        if (!id || !call.hub.policies().contains(*id)) {
            return call.reply_plain_error(404, "no such policy");
        }
        const auto stored = call.hub.remove_policy(*id);
        if (!stored) return call.reply_plain_error(500, stored.error().text());
        return call.reply(204, "", {}, *stored);
    }
    call.reply_plain_error(405, "GET, POST, or DELETE of one policy");
}

bool HttpApi::route_admin(Call& call) {
    if (!call.admin) return call.reply_plain_error(403, "admin role required"), true;
    const auto path = std::string_view(call.request.path).substr(std::size("/api/admin/") - 1);
    if (path == "maps" && call.is("GET")) {
        // One name may stand for maps of several kinds; there it is one map.
        std::map<std::string, std::uint64_t> counts;
        for (const auto& id : call.hub.shown_maps(call.context)) {
            const auto count = count_map(call.hub, id, call.context);
            if (!count) return call.reply_plain_error(500, count.error().text()), true;
            counts[id.name] += count->keys;
        }
        JsonArray out;
        for (const auto& [name, count] : counts) {
            JsonObject one;
            one.add("name", name).add("entryCount", count);
            out.add(one.end());
        }
        JsonObject all;
        all.raw("maps", out.end());
        return call.reply(200, "application/json", all.end()), true;
    }
    if (path == "cluster/status" && call.is("GET")) {
        JsonObject node;
        node.add("nodeId", call.hub.options().node_id).add("status", "healthy");
        node.add("connections", call.hub.connections()).add("partitionCount", 271);
        JsonArray nodes;
        nodes.add(node.end());
        JsonObject out;
        out.raw("nodes", nodes.end()).raw("partitions", "[]").add("totalPartitions", 271);
        out.add("isRebalancing", false);
        return call.reply(200, "application/json", out.end()), true;
    }
    if (path == "policies" || path.starts_with("policies/")) {
        return change_policies(call, path.substr(std::size("policies") - 1)), true;
    }
    // Queries and searches need no index declared here; who declares one is told that it is there.
    if (path == "indexes" && call.is("POST")) {
        const auto body = parse_plain_json(call.request.body);
        const auto map = body ? ValueView(*body).find("mapName") : std::nullopt;
        const auto attribute = body ? ValueView(*body).find("attribute") : std::nullopt;
        if (!map || !map->as_string() || !attribute || !attribute->as_string()) {
            return call.reply_plain_error(400, "mapName and attribute are expected"), true;
        }
        JsonObject out;
        out.add("mapName", *map->as_string()).add("attribute", *attribute->as_string());
        return call.reply(201, "application/json", out.end()), true;
    }
    return false;
}

}  // namespace topgun::sync
