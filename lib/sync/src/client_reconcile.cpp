// SPDX-License-Identifier: Apache-2.0
// The course of a pass: what differs is asked for, planned, sent and awaited. See
// client_reconcile_plan.cpp, client_reconcile_send.cpp and client_reconcile_rows.cpp.
#include "client_reconcile.hpp"

#include <algorithm>

namespace topgun::sync::client {
namespace {

// The server may have to read its maps first.
constexpr std::uint64_t kStartPatience = 12;
constexpr unsigned kMostStalls = 3;
constexpr std::size_t kMostMaps = 100'000;

}  // namespace

void Reconcile::start(const std::vector<MapId>& maps, bool all) {
    names_ = {maps.begin(), maps.end()};
    all_ = all;
    stage_ = Stage::start;
    for (auto& [id, map] : maps_) {
        // An index is kept: to bring it up to date costs what has changed since.
        if (map.report != nullptr) map.report->done = map.report->equal = false;
    }
    begin();
}

void Reconcile::begin() {
    asked_ms_.reset();
    requests_.clear();
    in_flight_ = 0;
    moved_ = false;
    for (auto& [id, map] : maps_) {
        auto index = std::move(map.index);
        map = Map();
        map.index = std::move(index);
    }
    if (stage_ == Stage::working) stage_ = Stage::start;
}

void Reconcile::send_start() {
    wire::ReconcileStart message;
    for (const auto& id : names_) {
        auto& map = maps_[id];
        if (!map.index) map.index = std::make_unique<ItemIndex>(session_.local.shared(), id);
        if (const auto read = map.index->refresh(); !read) return session_.fail(read.error());
        map.report = &report_of_(id);
        map.report->error.clear();
        map.report->done = map.report->equal = false;
        wire::ReconcileDigest digest{id.name, id.kind, {}};
        map.index->digest().serialize(digest.digest.bytes);
        message.maps.push_back(std::move(digest));
    }
    message.all = all_;
    message.follow = session_.job.follow;
    asked_ms_ = session_.link.now_ms();
    session_.link.asked();
    session_.link.send(message);
}

void Reconcile::pump() {
    if (done() || session_.failed()) return;
    if (stage_ == Stage::start) {
        if (!asked_ms_ && session_.link.may_ask()) send_start();
        return;
    }
    bool open = false;
    for (auto& [id, map] : maps_) {
        if (map.open) open = pump_map(id, map) || open;
    }
    if (!open) stage_ = Stage::done;
}

void Reconcile::hear(const wire::ReconcileMaps& message) {
    if (stage_ != Stage::start || !asked_ms_) return;
    for (const auto& theirs : message.maps) take_map(theirs);
    if (message.more) {
        asked_ms_ = session_.link.now_ms();
        return;
    }
    asked_ms_.reset();
    stalls_ = 0;
    session_.link.answered(1);
    stage_ = Stage::working;
    for (auto& [id, map] : maps_) {
        if (map.report == nullptr || map.open || map.report->done) continue;
        if (map.report->error.empty()) give_up(map, "the server says nothing of the map");
    }
    pump();
}

void Reconcile::give_up(Map& map, std::string why) {
    map.open = false;
    map.report->error = std::move(why);
}

void Reconcile::take_map(const wire::ReconcileMap& theirs) {
    const MapId id{theirs.map_name, theirs.kind};
    if (!names_.contains(id)) {
        if (!all_ || names_.size() >= kMostMaps) return;
        names_.insert(id);
    }
    auto& map = maps_[id];
    if (!map.index) map.index = std::make_unique<ItemIndex>(session_.local.shared(), id);
    map.report = &report_of_(id);
    map.report->by_sketch = true;
    map.their_rows = theirs.records + theirs.removed;
    map.mean_row_bytes = theirs.bytes / std::max<std::uint64_t>(1, map.their_rows) + 15;
    switch (theirs.mode) {
        case wire::ReconcileMode::equal: map.report->equal = map.report->done = true; return;
        case wire::ReconcileMode::refused: return give_up(map, theirs.error.value_or("refused"));
        case wire::ReconcileMode::leaves: return begin_leaves(map, theirs);
        case wire::ReconcileMode::symbols: break;
    }
    auto symbols = theirs.symbols ? Sketch::parse_symbols(theirs.symbols->bytes)
                                  : Result<Sketch>(Error(Errc::bad_input, "no symbols"));
    if (!symbols) return give_up(map, symbols.error().message());
    map.open = true;
    map.revision = theirs.revision.value_or(0);
    map.symbols = std::move(*symbols);
    decode(map);
}

void Reconcile::tick() {
    if (done() || !session_.link.is_open()) return;
    const auto now = session_.link.now_ms();
    const auto patience = session_.options.request_ms;
    bool late = asked_ms_ && now - *asked_ms_ >= patience * kStartPatience;
    for (const auto& [id, request] : requests_) {
        late = late || now - request.sent_ms >= patience * 3;
    }
    for (const auto& [id, map] : maps_) {
        late = late || (map.symbols_asked_ms && now - *map.symbols_asked_ms >= patience * 3);
    }
    if (!late) return;
    // Everything is asked anew on another connection.
    if (session_.link.drop_reason().empty() && ++stalls_ >= kMostStalls) {
        return session_.fail(Error(Errc::unreachable, "the server does not answer"));
    }
    session_.link.drop("no answer");
}

}  // namespace topgun::sync::client
