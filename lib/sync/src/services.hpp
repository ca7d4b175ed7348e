// SPDX-License-Identifier: Apache-2.0
// All services of an endpoint, and which of them serves which message.
#pragma once

#include <tuple>

#include "cluster_map.hpp"
#include "journal.hpp"
#include "live_queries.hpp"
#include "locks.hpp"
#include "pn_counters.hpp"
#include "processors.hpp"
#include "reconcile.hpp"
#include "searches.hpp"
#include "sql_queries.hpp"
#include "topics.hpp"

namespace topgun::sync {

template <typename S, typename T>
concept Serves = requires(S& service, Connection& peer, const T& message) {
    service.on(peer, message);
};

struct Services {
    explicit Services(Hub& hub)
        : topics(hub),
          locks(hub),
          pn_counters(hub),
          journal(hub),
          cluster_map(hub),
          processors(hub),
          reconciliation(hub),
          live_queries(hub),
          searches(hub),
          sql_queries(hub) {}

    Topics topics;
    Locks locks;
    PnCounters pn_counters;
    Journal journal;
    ClusterMap cluster_map;
    Processors processors;
    Reconciliation reconciliation;
    LiveQueries live_queries;
    Searches searches;
    SqlQueries sql_queries;

    auto all() {
        return std::tie(topics, locks, pn_counters, journal, cluster_map, processors,
                        reconciliation, live_queries, searches, sql_queries);
    }

    template <typename T>
    void serve(Connection& peer, const T& message) {
        const auto offer = [&](auto& service) {
            if constexpr (Serves<std::remove_reference_t<decltype(service)>, T>) {
                service.on(peer, message);
            }
        };
        std::apply([&](auto&... service) { (offer(service), ...); }, all());
    }
    void gone(Connection& peer) {
        std::apply([&](auto&... service) { (service.gone(peer), ...); }, all());
    }
    void changed(const Change& change, Outbox& outbox) {
        std::apply([&](auto&... service) { (service.changed(change, outbox), ...); }, all());
    }
    void policies_changed() {
        std::apply([](auto&... service) { (service.policies_changed(), ...); }, all());
    }
    void settled(std::uint64_t durable) {
        std::apply([&](auto&... service) { (service.settled(durable), ...); }, all());
    }
    void tick(std::uint64_t now_ms) {
        std::apply([&](auto&... service) { (service.tick(now_ms), ...); }, all());
    }
};

template <typename T>
inline constexpr bool kServed =
    Serves<Topics, T> || Serves<Locks, T> || Serves<PnCounters, T> || Serves<Journal, T> ||
    Serves<ClusterMap, T> || Serves<Processors, T> || Serves<LiveQueries, T> ||
    Serves<Reconciliation, T> || Serves<Searches, T> || Serves<SqlQueries, T>;

}  // namespace topgun::sync
