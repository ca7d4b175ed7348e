// SPDX-License-Identifier: Apache-2.0
#include "http_session.hpp"

#include <array>
#include <random>

namespace topgun::net {
namespace {

std::string text_of(boost::string_view from) {
    return {from.data(), from.size()};
}

// Joins log lines; nobody relies on it being unpredictable.
std::string new_request_id() {
    thread_local std::mt19937_64 random{std::random_device{}()};
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(random()));
    return text.data();
}

}  // namespace

const char* head_fault(const http::request_header<>& request) {
    const auto hosts = request.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && request.version() >= 11)) return "one Host field is expected";
    const auto codings = request.count(http::field::transfer_encoding);
    if (codings == 0) return nullptr;
    const auto coding = request[http::field::transfer_encoding];
    const bool known = codings == 1 && beast::iequals(coding, "chunked") && request.version() >= 11;
    return known ? nullptr : "no Transfer-Encoding but chunked is known";
}

const char* page_fault(const Gate& gate, const http::request_header<>& request) {
    if (!gate.options.pages) return nullptr;
    const auto origin = text_of(request[http::field::origin]);
    const auto host = text_of(request[http::field::host]);
    const char* fault = nullptr;
    if (!gate.options.pages->knows_host(host)) {
        fault = "this host is not known by that name; allow its origin, or ask by address";
    } else if (websocket::is_upgrade(request) && !origin.empty() &&
               !gate.options.pages->admits(origin, host)) {
        fault = "web pages of this origin may not connect without authentication; allow the origin";
    }
    if (fault != nullptr && gate.options.page_refused) gate.options.page_refused(origin, host);
    return fault;
}

sync::HttpRequest request_of(http::request<http::string_body>& request) {
    sync::HttpRequest out;
    out.method = text_of(request.method_string());
    const auto target = text_of(request.target());
    const auto mark = target.find('?');
    out.path = target.substr(0, mark);
    if (mark != std::string::npos) out.query = target.substr(mark + 1);
    out.authorization = text_of(request[http::field::authorization]);
    out.content_type = text_of(request[http::field::content_type]);
    out.origin = text_of(request[http::field::origin]);
    if (is_own_origin(out.origin, text_of(request[http::field::host]))) out.origin.clear();
    out.request_id = text_of(request["X-Request-Id"]);
    constexpr std::size_t kLongestId = 128;
    if (out.request_id.empty() || out.request_id.size() > kLongestId) {
        out.request_id = new_request_id();
    }
    request.set("X-Request-Id", out.request_id);
    out.body = std::move(request.body());
    return out;
}

http::response<http::string_body> response_of(sync::HttpReply reply,
                                              const http::request<http::string_body>& request) {
    http::response<http::string_body> out;
    out.version(request.version() == 0 ? 11 : request.version());
    out.result(reply.status);
    if (!reply.content_type.empty()) out.set(http::field::content_type, reply.content_type);
    out.set("X-Content-Type-Options", "nosniff");
    const auto id = request["X-Request-Id"];
    if (!id.empty()) out.set("X-Request-Id", id);
    for (const auto& [name, value] : reply.headers) out.set(name, value);
    out.keep_alive(request.keep_alive());
    const bool bodiless = reply.status == 204 || reply.status == 304;
    if (!bodiless) out.content_length(reply.body.size());
    if (request.method() != http::verb::head && !bodiless) out.body() = std::move(reply.body);
    return out;
}

}  // namespace topgun::net
