// SPDX-License-Identifier: Apache-2.0
// Queries and what changes in their results.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "service.hpp"
#include "topgun/query/run.hpp"
#include "topgun/query/window.hpp"

namespace topgun::sync {

/// Signs cursors with the hub's key, so that nobody makes one for a position of his choice.
class HubCursorSigner final : public query::CursorSigner {
public:
    explicit HubCursorSigner(const Hub& hub) noexcept : hub_(hub) {}
    Bytes tag(BytesView bytes) const override;

private:
    const Hub& hub_;
};

/// QUERY_SUB is answered once, in full, and then kept up to date change by change: each change of
/// the map that touches the result is one QUERY_UPDATE, sent when it is durable, to the writer, too
/// (TG-LIV-001). Groups have no updates of their own form, so their result is sent anew.
class LiveQueries final : public Service {
public:
    explicit LiveQueries(Hub& hub);
    ~LiveQueries();

    void on(Connection& peer, const wire::QuerySub& message);
    void on(Connection& peer, const wire::QueryUnsub& message);
    void gone(Connection& peer);
    void changed(const Change& change, Outbox& outbox);
    void policies_changed();
    void tick(std::uint64_t now_ms);

    /// One page of a query, for who has no connection. Errors: those of run_query(), and usage when
    /// the map may not be read.
    Result<query::QueryPage> run(const MapId& map, const query::Query& query,
                                 const RequestContext& context);
    std::size_t size() const noexcept { return subscriptions_.size(); }

private:
    struct Subscription;
    struct Expiry {
        std::uint64_t at_ms = 0;  // the first millisecond in which the record is no longer seen
        std::string map, key;
        bool operator>(const Expiry& other) const { return at_ms > other.at_ms; }
    };
    using Name = std::pair<std::uint64_t, std::string>;  // connection, query id

    query::QueryOptions options() const;
    Status subscribe(Connection& peer, const wire::QuerySub& message);
    Result<wire::QueryResp> first_answer(Subscription& subscription);
    void refresh(const std::shared_ptr<Subscription>& subscription, std::uint64_t now_us);
    void apply(Subscription& subscription, std::string_view key, BytesView value,
               std::uint64_t now_ms, const std::function<void(Bytes)>& send);
    void drop(const Name& name);
    void watch_expiry(const std::string& map);
    void note_expiry(const std::string& map, std::string_view key, std::uint64_t millis,
                     std::uint64_t ttl_ms);
    void expire(const Expiry& due, std::uint64_t now_ms);

    HubCursorSigner signer_;
    std::map<Name, std::shared_ptr<Subscription>> subscriptions_;
    std::unordered_map<std::string, std::vector<std::shared_ptr<Subscription>>> by_map_;
    std::priority_queue<Expiry, std::vector<Expiry>, std::greater<>> expiries_;
};

}  // namespace topgun::sync
