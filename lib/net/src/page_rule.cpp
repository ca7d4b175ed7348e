// SPDX-License-Identifier: Apache-2.0
#include "page_rule.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/string.hpp>

namespace topgun::net {
namespace {

// "https://host:port" without its scheme; empty for "null" and what is no origin.
std::string_view authority_of(std::string_view origin) {
    constexpr std::string_view kMark = "://";
    const auto at = origin.find(kMark);
    return at == std::string_view::npos ? std::string_view() : origin.substr(at + kMark.size());
}

// Without the port, and without the brackets of an address of version 6.
std::string_view name_of(std::string_view authority) {
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        return end == std::string_view::npos ? std::string_view() : authority.substr(1, end - 1);
    }
    return authority.substr(0, authority.find(':'));
}

bool same_name(std::string_view a, std::string_view b) {
    return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

bool is_address(std::string_view name) {
    boost::system::error_code error;
    boost::asio::ip::make_address(std::string(name), error);
    return !error;
}

bool is_this_machine(std::string_view name) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(std::string(name), error);
    return error ? same_name(name, "localhost") : address.is_loopback();
}

}  // namespace

bool is_own_origin(std::string_view origin, std::string_view host) noexcept {
    const auto authority = authority_of(origin);
    return !authority.empty() && same_name(authority, host);
}

bool PageRule::lists(std::string_view origin) const {
    return std::any_of(origins_.begin(), origins_.end(),
                       [origin](const std::string& one) { return one == "*" || one == origin; });
}

bool PageRule::knows_host(std::string_view host) const {
    const auto name = name_of(host);
    // Nobody owns an address or localhost as one owns a name. Browsers always name a host.
    if (!loopback_ || host.empty() || same_name(name, "localhost") || is_address(name)) return true;
    return std::any_of(origins_.begin(), origins_.end(), [name](const std::string& one) {
        return one == "*" || same_name(name_of(authority_of(one)), name);
    });
}

bool PageRule::admits(std::string_view origin, std::string_view host) const {
    return is_own_origin(origin, host) || is_this_machine(name_of(authority_of(origin))) ||
           lists(origin);
}

}  // namespace topgun::net
