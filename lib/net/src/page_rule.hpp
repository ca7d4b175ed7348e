// SPDX-License-Identifier: Apache-2.0
// Which web pages reach an endpoint that asks nobody for a token.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace topgun::net {

/// True for a page that came from where its request goes: the authority of both is the same.
bool is_own_origin(std::string_view origin, std::string_view host) noexcept;

/// A browser lets any page ask any address, the operator's own machine included, and says no more
/// of the page than its origin. Programs send none, and are not meant here.
/// Threads: const members from any thread.
class PageRule {
public:
    /// @param origins  allowed beside the endpoint's own and those of this machine; "*" for all.
    /// @param loopback  the endpoint listens on a loopback address, which no other machine reaches.
    PageRule(std::vector<std::string> origins, bool loopback)
        : origins_(std::move(origins)), loopback_(loopback) {}

    /// May a request be addressed to this host? On a loopback address not by every name: one that
    /// its owner made to lead here makes his page pass for our own (DNS rebinding).
    bool knows_host(std::string_view host) const;
    /// May a page of this origin open a WebSocket to this host?
    bool admits(std::string_view origin, std::string_view host) const;

private:
    bool lists(std::string_view origin) const;

    std::vector<std::string> origins_;
    bool loopback_;
};

}  // namespace topgun::net
