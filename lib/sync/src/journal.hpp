// SPDX-License-Identifier: Apache-2.0
// The event journal: recent changes by number, for whoever reads or follows them.
#pragma once

#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "rising_number.hpp"
#include "service.hpp"

namespace topgun::sync {

/// A ring in memory of the last changes. Its numbers rise over restarts, though the events of an
/// earlier process are gone (RisingNumber). Nothing is shown before it is durable (TG-SYN-001).
///
/// A subscription is a place in the ring: events are sent when they are durable and the
/// connection has room. Whoever is too slow for the ring is told what it missed.
class Journal final : public Service {
public:
    explicit Journal(Hub& hub) : Service(hub), numbers_(hub, "journal", kBlock) {}

    void on(Connection& peer, const wire::JournalSubscribe& message);
    void on(Connection& peer, const wire::JournalUnsubscribe& message);
    void on(Connection& peer, const wire::JournalRead& message);
    void changed(const Change& change, Outbox& outbox);
    void settled(std::uint64_t durable);
    void tick(std::uint64_t now_ms);
    void gone(Connection& peer);

private:
    static constexpr std::uint64_t kBlock = 65'536;

    // Few words and one text: there are thousands, and one is made for each write.
    struct Event {
        std::uint64_t number = 0;
        std::uint64_t stored = 0;  // durable when the storage has reached this
        std::uint64_t millis = 0;
        std::uint32_t counter = 0;
        wire::JournalType type = wire::JournalType::put;
        std::uint32_t map_end = 0, key_end = 0, node_end = 0;
        Bytes texts;  // the map's name, the key, the node; then the value, of a PUT

        std::string_view map() const { return std::string_view(texts).substr(0, map_end); }
        std::size_t memory() const { return sizeof(Event) + texts.capacity(); }
        wire::JournalEvent message() const;
    };
    struct Subscription {
        std::string id;
        std::optional<std::string> map;
        std::optional<std::vector<wire::JournalType>> types;
        std::uint64_t next = 0;  // number of the event that it has not seen yet
    };

    std::size_t at_or_after(std::uint64_t number) const;
    void pump(std::uint64_t id);
    bool send_next(Connection& peer, std::vector<Subscription>& mine);
    void pump_all();
    void trim();
    Bytes take_oldest();

    RisingNumber numbers_;
    std::deque<Event> ring_;  // ascending by number
    std::size_t bytes_ = 0;
    std::size_t visible_ = 0;  // events at the front that are durable
    std::unordered_map<std::uint64_t, std::vector<Subscription>> subscriptions_;
};

}  // namespace topgun::sync
