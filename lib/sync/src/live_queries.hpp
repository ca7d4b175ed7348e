// SPDX-License-Identifier: Apache-2.0
// Queries and what changes in their results.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
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
/// Large maps are read apart from the hub's thread, one query at a time, and for one peer only
/// while it takes its answers. What changes meanwhile is looked up when the answer has been sent:
/// it shows each row as it was at some moment since the query began.
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
    /// The same for a map that may be large. @param done  called once.
    void run(const MapId& map, const query::Query& query, const RequestContext& context,
             std::function<void(Result<query::QueryPage>)> done);
    std::size_t size() const noexcept { return subscriptions_.size(); }
    /// How often policies have changed: what was read before may show too much.
    std::uint64_t policy_round() const noexcept { return policies_; }

private:
    struct Subscription;
    using Shared = std::shared_ptr<Subscription>;
    /// What a run has found out.
    struct Outcome {
        Result<Bytes> frame = Bytes();
        std::uint64_t policies = 0;  ///< The round in which rows were judged.
        std::uint64_t took_us = 0;
    };
    struct Expiry {
        std::uint64_t at_ms = 0;  // the first millisecond in which the record is no longer seen
        std::string map, key;
        auto operator<=>(const Expiry&) const = default;
    };
    using Name = std::pair<std::uint64_t, std::string>;  // connection, query id

    query::QueryOptions options() const;
    Status subscribe(Connection& peer, const wire::QuerySub& message);
    static void fail(Connection& peer, const std::string& id, const std::string& map,
                     const Error& error);
    Result<query::QueryPage> read(const Subscription& subscription, const query::Query& query,
                                  std::size_t page_bytes);
    Result<wire::QueryResp> answer(Subscription& subscription);
    Outcome carry_out(Subscription& subscription);
    /// Runs the query, here or apart, and sends what comes of it.
    void start(const Shared& subscription);
    void start_waiting();
    void run_apart(const Shared& subscription);
    void finish(const Shared& subscription, Outcome outcome);
    void catch_up(const Shared& subscription);
    void apply(Subscription& subscription, std::string_view key, BytesView value,
               std::uint64_t now_ms, const std::function<void(Bytes)>& send);
    void drop(const Name& name);
    void watch_expiry(const std::string& map);
    static std::optional<Expiry> expiry_of(const std::string& map, std::string_view key,
                                           std::uint64_t millis, std::uint64_t ttl_ms);
    void expire(const Expiry& due, std::uint64_t now_ms);
    Bytes value_now(const MapId& map, std::string_view key, std::uint64_t now_ms) const;

    HubCursorSigner signer_;
    std::map<Name, std::shared_ptr<Subscription>> subscriptions_;
    std::unordered_map<std::string, std::vector<Shared>> by_map_;
    std::deque<Shared> waiting_;  // to be run apart
    bool running_ = false;        // one of them
    bool starting_ = false;       // the next one
    std::uint64_t policies_ = 0;  // how often they have changed
    std::set<Expiry> expiries_;   // a map that is scanned again adds nothing
};

}  // namespace topgun::sync
