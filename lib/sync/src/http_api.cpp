// SPDX-License-Identifier: Apache-2.0
// Routes of the HTTP interface: who asks, for what, and what goes around every answer.
#include "topgun/sync/http_api.hpp"

#include <algorithm>

#include "http_call.hpp"

namespace topgun::sync {
namespace {

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

std::map<std::string, std::string> parse_parameters(std::string_view query) {
    std::map<std::string, std::string> out;
    while (!query.empty()) {
        const auto part = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(part.size() + 1, query.size()));
        const auto name = percent_decode(part.substr(0, part.find('=')), true);
        const auto value = part.find('=') == std::string_view::npos
                               ? std::optional<std::string>("")
                               : percent_decode(part.substr(part.find('=') + 1), true);
        if (name && value) out[*name] = *value;
    }
    return out;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_blank) {
            out += ' ';
        } else if (text[i] == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const auto high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
            if (!high || !low) return std::nullopt;
            out += static_cast<char>(*high * 16 + *low);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

HttpApi::HttpApi(HttpApiOptions options) : options_(std::move(options)) {}
HttpApi::~HttpApi() = default;

std::uint64_t HttpApi::uptime_s() const {
    const auto passed = std::chrono::steady_clock::now() - started_;
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(passed).count());
}

std::vector<std::pair<std::string, std::string>> HttpApi::cors(const std::string& origin) const {
    const auto& allowed = options_.cors_origins;
    const auto has = [&](std::string_view one) {
        return std::find(allowed.begin(), allowed.end(), one) != allowed.end();
    };
    if (origin.empty() || allowed.empty() || (!has("*") && !has(origin))) return {};
    std::vector<std::pair<std::string, std::string>> out{
        {"Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, PATCH, OPTIONS"},
        {"Access-Control-Allow-Headers", "authorization, content-type, accept"},
        {"Access-Control-Max-Age", "86400"},
        {"Vary", "Origin"}};
    if (has("*")) {
        out.emplace_back("Access-Control-Allow-Origin", "*");
    } else {
        out.emplace_back("Access-Control-Allow-Origin", origin);
        out.emplace_back("Access-Control-Allow-Credentials", "true");
    }
    return out;
}

void HttpApi::handle(Hub& hub, const HttpRequest& request, HttpRespond respond) {
    Call call{hub, request, std::move(respond), {}, false, cors(request.origin), {}};
    call.context.node_id = hub.options().node_id;
    call.context.trace_id = request.request_id;
    if (request.method == "OPTIONS") return call.reply(204, "", {});
    // Browsers send a page's forms and texts anywhere, and keep only the answers from it. Where
    // nobody needs a token, any page could write here.
    const bool changes = !call.is("GET");
    if (changes && !request.origin.empty() && call.headers.empty()) {
        return call.reply_plain_error(403, "this page's origin is not among those allowed");
    }
    call.parameters = parse_parameters(request.query);
    route(call);
}

void HttpApi::route(Call& call) {
    if (route_health(call)) return;
    const auto& request = call.request;
    const bool is_sync = request.path == "/sync" || request.path == "/ws/sync";
    if (is_sync && call.is("POST")) {
        return answer_http_sync(
            call.hub, request.authorization, request.body,
            [respond = std::move(call.respond), headers = call.headers](HttpReply reply) mutable {
                reply.headers = std::move(headers);
                respond(std::move(reply));
            });
    }
    if (call.hub.options().auth == AuthMode::none) {
        call.admin = true;
    } else {
        constexpr std::string_view kScheme = "Bearer ";
        const auto& header = request.authorization;
        if (!header.starts_with(kScheme)) {
            call.headers.emplace_back("WWW-Authenticate", "Bearer");
            return call.reply_plain_error(401, "authentication required");
        }
        auto principal = call.hub.verify(std::string_view(header).substr(kScheme.size()));
        if (!principal) return call.reply_plain_error(401, "Authentication failed");
        call.admin = principal->has_role("admin") ||
                     call.hub.options().admin_subjects.contains(principal->id);
        call.context.principal = std::move(*principal);
    }
    if (request.path.starts_with("/api/v1/") && route_v1(call)) return;
    if (request.path.starts_with("/api/admin/") && route_admin(call)) return;
    if (request.path == "/metrics" && call.is("GET")) {
        if (!call.admin) return call.reply_plain_error(403, "only for administrators");
        return call.reply(200, "text/plain; version=0.0.4", metrics(call.hub));
    }
    call.reply_error(404, "no such resource: " + request.method + " " + request.path);
}

void HttpApi::add_database(JsonObject& out, bool details) const {
    const auto json = options_.database ? options_.database(details) : std::string();
    if (!json.empty()) out.raw("database", json);
}

bool HttpApi::route_health(Call& call) {
    if (!call.is("GET")) return false;
    const auto& path = call.request.path;
    const bool draining = options_.draining && options_.draining();
    if (path == "/health/live") {
        call.reply(200, "text/plain", "live\n");
    } else if (path == "/health/ready" || path == "/healthz") {
        call.reply(draining ? 503 : 200, "text/plain", draining ? "draining\n" : "ready\n");
    } else if (path == "/health") {
        JsonObject out;
        out.add("state", draining ? "draining" : "ready");
        out.add("connections", call.hub.connections()).add("in_flight", call.hub.unsettled());
        out.add("uptime_secs", uptime_s());
        add_database(out, false);
        call.reply(200, "application/json", out.end());
    } else if (path == "/api/status") {
        JsonObject out;
        out.add("configured", true).add("version", options_.version).add("mode", "single");
        out.add("connections", call.hub.connections());
        out.add("uptimeSeconds", uptime_s());
        out.add("totalOperations", call.hub.counters().ops);
        call.reply(200, "application/json", out.end());
    } else if (path == "/api/auth/status") {
        JsonObject out;
        out.add("authRequired", call.hub.options().auth == AuthMode::token);
        call.reply(200, "application/json", out.end());
    } else if (path == "/" && !options_.status_page.empty()) {
        call.headers.emplace_back("Content-Security-Policy",
                                  "default-src 'none'; style-src 'unsafe-inline'; "
                                  "script-src 'unsafe-inline'; connect-src 'self'; "
                                  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        // In a frame of another page, a click meant for that one could run a statement here.
        call.headers.emplace_back("X-Frame-Options", "DENY");
        call.headers.emplace_back("Referrer-Policy", "no-referrer");
        call.reply(200, "text/html; charset=utf-8", Bytes(options_.status_page));
    } else if (path == "/favicon.ico") {
        call.reply(204, "", {});
    } else {
        return false;
    }
    return true;
}

bool HttpApi::route_v1(Call& call) {
    constexpr std::string_view kBase = "/api/v1/";
    const auto path = std::string_view(call.request.path).substr(kBase.size());
    if (path == "status" && call.is("GET")) return show_status(call), true;
    if (path == "maps" && call.is("GET")) return list_maps(call), true;
    if (path == "sql" && call.is("POST")) return run_sql(call), true;
    if (path == "snapshot" && call.is("GET")) return send_snapshot(call), true;
    if (!path.starts_with("maps/")) return false;
    const auto rest = path.substr(5);
    const auto slash = rest.find('/');
    const auto map = percent_decode(rest.substr(0, slash), false);
    const bool has_key = slash != std::string_view::npos;
    const auto key =
        has_key ? percent_decode(rest.substr(slash + 1), false) : std::optional<std::string>("");
    if (!map || !key) return call.reply_error(400, "malformed % in the path"), true;
    if (call.is("GET")) return show_map(call, *map, has_key ? *key : ""), true;
    if (has_key && (call.is("PUT") || call.is("DELETE"))) {
        return write_record(call, *map, *key), true;
    }
    return false;
}

}  // namespace topgun::sync
