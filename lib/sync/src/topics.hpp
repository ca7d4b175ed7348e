// SPDX-License-Identifier: Apache-2.0
// Topics: messages to whoever listens at the moment.
#pragma once

#include <set>
#include <unordered_map>

#include "service.hpp"

namespace topgun::sync {

/// At most once, nothing is kept. A message goes out while its publisher's frame is handled, so
/// that the order of one publisher is everybody's order.
class Topics final : public Service {
public:
    using Service::Service;

    void on(Connection& peer, const wire::TopicSub& message);
    void on(Connection& peer, const wire::TopicUnsub& message);
    void on(Connection& peer, const wire::TopicPub& message);
    void gone(Connection& peer);

private:
    void forget(const std::string& topic, std::uint64_t peer);

    std::unordered_map<std::string, std::set<std::uint64_t>> listeners_;
    std::unordered_map<std::uint64_t, std::set<std::string>> topics_;  // of each connection
};

}  // namespace topgun::sync
