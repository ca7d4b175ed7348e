// SPDX-License-Identifier: Apache-2.0
// Reconciliation from the client: all maps of a pass, with a server of ours.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "client_session.hpp"
#include "item_index.hpp"
#include "row_pack.hpp"

namespace topgun::sync::client {

/// Compares digests of all maps at once, decodes what differs from coded symbols (or finds the
/// leaves that differ, where that is cheaper), and exchanges those records alone.
class Reconcile {
public:
    using ReportOf = std::function<MapReport&(const MapId&)>;
    Reconcile(Session& session, ReportOf report_of)
        : session_(session), report_of_(std::move(report_of)) {}

    /// A new pass over these maps. @param all  and over those that only the server has.
    void start(const std::vector<MapId>& maps, bool all);
    /// Nothing is to be reconciled any more.
    void stop() { stage_ = Stage::done; }
    /// Connected, perhaps again. The pass begins anew: what was merged differs no more.
    void begin();
    void pump();
    void tick();
    bool done() const noexcept { return stage_ == Stage::done; }
    bool waiting() const noexcept { return asked_ms_ || in_flight_ > 0; }
    /// The maps of the pass, the server's included once they are known.
    const std::set<MapId>& maps() const noexcept { return names_; }

    void hear(const wire::ReconcileMaps& message);
    void hear(const wire::ReconcileSymbols& message);
    void hear(const wire::ReconcileRows& message);

private:
    enum class Stage : std::uint8_t { start, working, done };
    // What one RECONCILE_EXCHANGE, or RECONCILE_REQ_LEAVES, asks for.
    struct Request {
        MapId map;
        unsigned depth = 0;
        std::uint64_t sent_ms = 0;
        std::vector<std::string> pushed;         // keys of the rows in it, in order
        std::vector<std::uint16_t> leaves;       // to be compared when all their rows are here
        std::unordered_set<std::uint64_t> seen;  // places of the rows that came
        bool leaf_sums = false;
        std::uint64_t expected = 0;  // bytes of the answer, about
    };
    struct Map {
        std::unique_ptr<ItemIndex> index;
        MapReport* report = nullptr;
        bool open = false;  // differs, and is not yet dealt with
        unsigned depth = 1;
        std::uint64_t mean_row_bytes = 0;  // of the server's rows
        std::uint64_t their_rows = 0;
        // Symbols, until they decode.
        std::optional<Sketch> symbols;
        std::uint64_t revision = 0;
        std::optional<std::uint64_t> symbols_asked_ms;
        // What is still to be exchanged.
        std::deque<std::uint64_t> wanted, offered, pushes;
        std::deque<std::uint16_t> leaves;
        std::deque<std::uint16_t> push_leaves;
        bool ask_sums = false;
        std::size_t requests = 0;
        std::vector<std::uint64_t> late_pushes;  // found while rows came
    };

    void send_start();
    void take_map(const wire::ReconcileMap& theirs);
    void begin_leaves(Map& map, const wire::ReconcileMap& theirs);
    void decode(Map& map);
    void plan(Map& map, const SketchDifference& difference);
    void forecast(Map& map, std::uint64_t in, std::uint64_t out, std::uint64_t both);
    void add_unchanged(Map& map, const wire::ReconcileMap& theirs);
    void tell_local(Map& map, std::vector<std::uint64_t> places);
    void push_leaf(Map& map, std::uint16_t leaf);
    bool pump_map(const MapId& id, Map& map);
    bool may_ask() const;
    std::uint64_t room() const;
    void send_exchange(const MapId& id, Map& map);
    void add_rows(Map& map, std::uint64_t most, wire::ReconcileExchange& message, Request& request);
    void add_offers(Map& map, wire::ReconcileExchange& message);
    std::string open_request(Request request);
    void take_rows(const wire::ReconcileRows& message, Request& request, Map& map);
    void compare(const Row& theirs, Map& map, std::vector<Op>& wins, bool whole_leaf);
    void finish_leaves(Request& request, Map& map);
    void close_map_if_done(Map& map);
    void give_up(Map& map, std::string why);

    Session& session_;
    ReportOf report_of_;
    Stage stage_ = Stage::done;
    bool all_ = false;
    std::set<MapId> names_;
    std::map<MapId, Map> maps_;
    std::optional<std::uint64_t> asked_ms_;  // RECONCILE_START
    unsigned stalls_ = 0;
    std::map<std::string, Request> requests_;
    std::size_t in_flight_ = 0;  // exchanges, and requests for symbols
    bool moved_ = false;         // some records have been asked for or sent
    std::uint64_t last_id_ = 0;
};

}  // namespace topgun::sync::client
