// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "topgun/net/client.hpp"

namespace topgun::net {

bool is_url(std::string_view text) noexcept {
    return text.starts_with("ws://") || text.starts_with("wss://");
}

Result<Url> parse_url(std::string_view text) {
    const auto refused = [text](const char* why) {
        return Error(Errc::usage, "'" + std::string(text.substr(0, 200)) + "': " + why);
    };
    if (!is_url(text)) return refused("a URL that begins with ws:// or wss:// is expected");
    Url out;
    out.tls = text.starts_with("wss://");
    auto rest = text.substr(out.tls ? 6 : 5);
    const auto slash = rest.find_first_of("/?");
    auto authority = rest.substr(0, slash);
    if (slash != std::string_view::npos && rest.substr(slash) != "/") {
        out.path = std::string(rest.substr(slash));
        if (out.path.front() == '?') out.path.insert(0, "/");
    }
    for (const char c : out.path) {
        if (c <= ' ' || c == 0x7f) return refused("the path has a blank or control character");
    }
    if (authority.find('@') != std::string_view::npos) {
        return refused("a name or password does not belong here; give a token");
    }
    out.port = out.tls ? 443 : 80;
    const auto bracket = authority.rfind(']');
    const auto colon = authority.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        const auto digits = authority.substr(colon + 1);
        const auto* end = digits.data() + digits.size();
        const auto [at, error] = std::from_chars(digits.data(), end, out.port);
        if (error != std::errc() || at != end || out.port == 0) return refused("no such port");
        authority = authority.substr(0, colon);
    }
    const bool bracketed = authority.starts_with('[') && authority.ends_with(']');
    if (bracketed) authority = authority.substr(1, authority.size() - 2);
    if (authority.empty()) return refused("there is no host");
    for (const char c : authority) {
        // It becomes a field of the request as it is.
        const bool odd = c <= ' ' || c == 0x7f || c == '[' || c == ']' || (c == ':' && !bracketed);
        if (odd) return refused("this is not the name of a host");
    }
    out.host = std::string(authority);
    return out;
}

}  // namespace topgun::net
