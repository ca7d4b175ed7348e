// SPDX-License-Identifier: Apache-2.0
#include "topics.hpp"

#include <vector>

#include "names.hpp"

namespace topgun::sync {

void Topics::on(Connection& peer, const wire::TopicSub& message) {
    if (const char* fault = topic_fault(message.topic)) {
        return send_error(peer, 400, std::string("TOPIC_SUB: ") + fault);
    }
    if (const auto allowed = may_use(peer, PolicyAction::read, message.topic); !allowed) {
        return send_error(peer, 403, "TOPIC_SUB: " + allowed.error().message());
    }
    auto& mine = topics_[peer.id()];
    if (mine.size() >= hub_.options().limits.topics && !mine.contains(message.topic)) {
        return send_error(peer, 413, "TOPIC_SUB: too many topics on one connection");
    }
    mine.insert(message.topic);
    listeners_[message.topic].insert(peer.id());
}

void Topics::on(Connection& peer, const wire::TopicUnsub& message) {
    const auto mine = topics_.find(peer.id());
    if (mine == topics_.end() || mine->second.erase(message.topic) == 0) return;
    if (mine->second.empty()) topics_.erase(mine);
    forget(message.topic, peer.id());
}

void Topics::on(Connection& peer, const wire::TopicPub& message) {
    if (const char* fault = topic_fault(message.topic)) {
        return send_error(peer, 400, std::string("TOPIC_PUB: ") + fault);
    }
    if (const auto allowed = may_use(peer, PolicyAction::write, message.topic); !allowed) {
        return send_error(peer, 403, "TOPIC_PUB: " + allowed.error().message());
    }
    const auto found = listeners_.find(message.topic);
    if (found == listeners_.end()) return;
    wire::TopicMessage out;
    out.topic = message.topic;
    out.data = message.data;
    out.timestamp = wall_ms();
    const auto frame = std::make_shared<const Bytes>(wire::encoded(out));
    // A copy: a slow consumer leaves the set while it is walked.
    const std::vector<std::uint64_t> ids(found->second.begin(), found->second.end());
    for (const auto id : ids) {
        // Never to the publisher, even when it listens: TopGun's client has told itself already.
        auto* listener = id == peer.id() ? nullptr : this->peer(id);
        if (listener == nullptr || !may_use(*listener, PolicyAction::read, message.topic)) continue;
        ++counters().topic_messages;
        send_frame(*listener, frame);
    }
}

void Topics::gone(Connection& peer) {
    const auto mine = topics_.find(peer.id());
    if (mine == topics_.end()) return;
    for (const auto& topic : mine->second) forget(topic, peer.id());
    topics_.erase(mine);
}

void Topics::forget(const std::string& topic, std::uint64_t peer) {
    const auto found = listeners_.find(topic);
    if (found == listeners_.end()) return;
    found->second.erase(peer);
    if (found->second.empty()) listeners_.erase(found);
}

}  // namespace topgun::sync
