// SPDX-License-Identifier: Apache-2.0
// What is asked for, and in what portions; see client_reconcile_rows.cpp for what comes.
#include "client_reconcile.hpp"

#include <algorithm>

#include "reconcile.hpp"
#include "topgun/base/varint.hpp"

namespace topgun::sync::client {
namespace {

// An exchange with more is sent in portions.
constexpr std::size_t kPortionBytes = std::size_t{256} << 10;
constexpr std::size_t kPortionPlaces = 8'192;
// Answers have up to two megabytes each, and the server closes on 16.
constexpr std::size_t kMostRequests = 3;
// Of a larger record that both sides have, only the stamp is sent at first: it may be the older.
constexpr std::size_t kSmallRow = 160;
// The server may have to read its maps first.
constexpr std::uint64_t kStartPatience = 12;
constexpr unsigned kMostStalls = 3;
constexpr std::size_t kMostMaps = 100'000;

template <typename T>
void put_numbers(std::deque<T>& from, std::size_t most, std::optional<wire::Binary>& to) {
    if (from.empty()) return;
    to.emplace();
    for (std::size_t i = 0; i < most && !from.empty(); ++i) {
        append_le(to->bytes, from.front());
        from.pop_front();
    }
}

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
    const auto rows = std::max<std::uint64_t>(1, theirs.records);
    map.mean_row_bytes = theirs.bytes / rows + 15;
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
    decode(id, map);
}

// Where most differs: every leaf of the server's, or those whose sums differ.
void Reconcile::begin_leaves(Map& map, const wire::ReconcileMap& theirs) {
    map.open = true;
    map.report->by_sketch = false;
    const bool theirs_empty = theirs.records + theirs.removed == 0;
    const auto own = map.index->records() + map.index->removed();
    if (session_.job.estimate) {
        // Nothing is known but how many differ; those that one side has more of are there alone.
        const auto more = theirs.records + theirs.removed;
        const auto both = (theirs.differing -
                           std::min(theirs.differing, std::max(more, own) - std::min(more, own))) /
                          2;
        forecast(map, more > own ? more - own : 0, own > more ? own - more : 0, both);
        map.open = false;
        map.report->done = true;
        return;
    }
    if (theirs_empty || own == 0) {
        for (std::size_t leaf = 0; leaf < map.index->leaves(); ++leaf) {
            const auto number = static_cast<std::uint16_t>(leaf);
            if (!theirs_empty)
                map.leaves.push_back(number);
            else if (!map.index->items(leaf).empty())
                map.push_leaves.push_back(number);
        }
        // There is nothing here that the server could want.
        if (!theirs_empty && !session_.pulls() && !session_.compares()) map.leaves.clear();
        return;
    }
    map.ask_sums = true;
}

void Reconcile::decode(const MapId& id, Map& map) {
    const auto have = map.symbols->size();
    if (have > 2 * Reconciliation::kMostSymbols) {
        return give_up(map, "the server sends more symbols than make sense");
    }
    const auto difference = decode_difference(map.index->symbols(have), *map.symbols);
    if (!difference) {
        // Half as many more, until they are enough; the server's bound is one for us, too.
        if (have >= Reconciliation::kMostSymbols) {
            map.symbols.reset();
            map.ask_sums = true;
        }
        static_cast<void>(id);
        return;
    }
    map.symbols.reset();
    plan(map, *difference);
}

void Reconcile::plan(Map& map, const SketchDifference& difference) {
    std::vector<std::uint64_t> ours, theirs, both;
    const auto places = [](const std::vector<SketchItem>& items, std::vector<std::uint64_t>& to) {
        for (const auto& item : items) to.push_back(item.key);
        std::sort(to.begin(), to.end());
        to.erase(std::unique(to.begin(), to.end()), to.end());
    };
    places(difference.only_a, ours);
    places(difference.only_b, theirs);
    std::set_intersection(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                          std::back_inserter(both));
    const auto without = [&](std::vector<std::uint64_t>& from) {
        std::erase_if(from, [&](std::uint64_t place) {
            return std::binary_search(both.begin(), both.end(), place);
        });
    };
    without(ours);
    without(theirs);
    if (session_.job.estimate) {
        map.report->differing = ours.size() + theirs.size() + both.size();
        map.open = false;
        map.report->done = true;
        return forecast(map, theirs.size(), ours.size(), both.size());
    }
    if (session_.compares()) {
        tell_local(map, ours);
        map.wanted.assign(theirs.begin(), theirs.end());
        map.wanted.insert(map.wanted.end(), both.begin(), both.end());
        return;
    }
    map.report->differing += ours.size() + theirs.size() + both.size();
    if (session_.pulls()) map.wanted.assign(theirs.begin(), theirs.end());
    if (session_.pushes()) map.pushes.assign(ours.begin(), ours.end());
    const bool counter = map.report->map.kind == MapKind::counter;
    if (counter && !session_.pushes()) {
        map.wanted.insert(map.wanted.end(), both.begin(), both.end());
        return;
    }
    if (!session_.pushes()) {
        map.offered.assign(both.begin(), both.end());
        return;
    }
    std::unordered_set<std::uint64_t> large;
    const auto read = map.index->find(both, [&](const Row& row) -> Status {
        if (row.key.size() + row.value.size() > kSmallRow && !counter) {
            large.insert(ItemIndex::place_of(row));
        }
        return {};
    });
    if (!read) return session_.fail(read.error());
    for (const auto place : both) {
        (large.contains(place) ? map.offered : map.pushes).push_back(place);
    }
}

void Reconcile::forecast(Map& map, std::uint64_t in, std::uint64_t out, std::uint64_t both) {
    // Of records that both sides have, each side may have the newer one.
    auto& to = session_.report.forecast;
    const auto own = map.index->records() + map.index->removed();
    const auto own_bytes = own == 0 ? map.mean_row_bytes : map.index->bytes() / own + 15;
    const auto direction = session_.job.direction;
    if (direction != SyncDirection::push) {
        to.records_in += in + (both + 1) / 2;
        to.bytes_in += (in + (both + 1) / 2) * map.mean_row_bytes;
        to.bytes_out += 8 * (in + both);
    }
    if (direction == SyncDirection::push || direction == SyncDirection::both) {
        to.records_out += out + (both + 1) / 2;
        to.bytes_out += (out + (both + 1) / 2) * own_bytes;
    }
}

bool Reconcile::pump_map(const MapId& id, Map& map) {
    if (map.symbols) {
        if (map.symbols_asked_ms || !session_.link.may_ask()) return true;
        const auto have = static_cast<std::uint32_t>(map.symbols->size());
        session_.link.asked();
        ++in_flight_;
        map.symbols_asked_ms = session_.link.now_ms();
        session_.link.send(wire::ReconcileReqSymbols{id.name, id.kind, map.revision, have,
                                                     std::max(16u, have / 2)});
        return true;
    }
    if (map.ask_sums && session_.link.may_ask() && map.requests < kMostRequests) {
        map.ask_sums = false;
        Request request;
        request.map = id;
        request.depth = ++map.depth;
        request.leaf_sums = true;
        wire::ReconcileReqLeaves message;
        message.map_name = id.name;
        message.kind = id.kind;
        message.sums.emplace();
        for (std::size_t leaf = 0; leaf < map.index->leaves(); ++leaf) {
            append_le(message.sums->bytes, map.index->leaf_sum(leaf));
        }
        message.request_id = open_request(std::move(request));
        ++map.requests;
        session_.link.send(message);
    }
    while (map.requests < kMostRequests && session_.link.may_ask() && !session_.failed()) {
        // Rows of leaves that go out whole are looked up when their turn comes.
        while (map.pushes.size() < kPortionPlaces && !map.push_leaves.empty()) {
            const auto leaf = map.push_leaves.front();
            map.push_leaves.pop_front();
            push_leaf(id, map, leaf);
        }
        if (map.wanted.empty() && map.offered.empty() && map.pushes.empty() && map.leaves.empty()) {
            break;
        }
        send_exchange(id, map);
    }
    close_map_if_done(map);
    return map.open;
}

void Reconcile::push_leaf(const MapId&, Map& map, std::uint16_t leaf) {
    std::vector<std::uint64_t> places;
    for (const auto& item : map.index->items(leaf)) places.push_back(item.key);
    if (session_.compares()) return tell_local(map, std::move(places));
    map.report->differing += places.size();
    if (session_.pushes()) map.pushes.insert(map.pushes.end(), places.begin(), places.end());
}

void Reconcile::tell_local(Map& map, std::vector<std::uint64_t> places) {
    const auto read = map.index->find(std::move(places), [&](const Row& row) -> Status {
        session_.tell({map.report->map, SyncDifference::only_local, &row, nullptr}, *map.report);
        return {};
    });
    if (!read) session_.fail(read.error());
}

std::string Reconcile::open_request(Request request) {
    request.sent_ms = session_.link.now_ms();
    auto id = std::to_string(++last_id_);
    requests_.emplace(id, std::move(request));
    session_.link.asked();
    ++in_flight_;
    return id;
}

void Reconcile::send_exchange(const MapId& id, Map& map) {
    Request request;
    request.map = id;
    request.depth = map.depth + 1;
    wire::ReconcileExchange message;
    message.map_name = id.name;
    message.kind = id.kind;
    message.quiet = !session_.pulls();
    add_rows(map, message, request);
    add_offers(map, message);
    put_numbers(map.wanted, kPortionPlaces, message.wanted);
    if (!map.leaves.empty()) {
        // As many as make a portion, by what a leaf has on average.
        const auto rows = std::max<std::uint64_t>(1, map.index->records() / ItemIndex::kLeaves);
        const auto per_leaf = std::max<std::uint64_t>(1, rows * map.mean_row_bytes);
        const auto count = std::max<std::uint64_t>(1, kPortionBytes / per_leaf);
        for (std::uint64_t i = 0; i < count && i < map.leaves.size(); ++i) {
            request.leaves.push_back(map.leaves[i]);
        }
        put_numbers(map.leaves, count, message.leaves);
    }
    ++map.requests;
    message.request_id = open_request(std::move(request));
    session_.link.send(message);
}

void Reconcile::add_rows(Map& map, wire::ReconcileExchange& message, Request& request) {
    if (map.pushes.empty()) return;
    RowPacker packer;
    while (!map.pushes.empty() && packer.bytes() < kPortionBytes) {
        constexpr std::size_t kAtOnce = 64;
        const auto count = std::min(kAtOnce, map.pushes.size());
        const auto end = map.pushes.begin() + static_cast<std::ptrdiff_t>(count);
        std::vector<std::uint64_t> places(map.pushes.begin(), end);
        map.pushes.erase(map.pushes.begin(), end);
        const auto read = map.index->find(std::move(places), [&](const Row& row) -> Status {
            if (row.key.size() + row.value.size() + 4096 > session_.options.message_bytes) {
                ++map.report->rejected;
                ++session_.report.ops_rejected;
                if (session_.report.rejections.size() < ClientReport::kMostRejections) {
                    session_.report.rejections.push_back({{},
                                                          map.report->map.name,
                                                          std::string(row.key),
                                                          413,
                                                          "too large for one message"});
                }
                return {};
            }
            packer.add(row);
            request.pushed.emplace_back(row.removed ? row.tag : row.key);
            return {};
        });
        if (!read) return session_.fail(read.error());
    }
    if (packer.rows() > 0) message.rows = wire::Binary{packer.take()};
}

void Reconcile::add_offers(Map& map, wire::ReconcileExchange& message) {
    if (map.offered.empty()) return;
    const auto count = std::min(kPortionPlaces, map.offered.size());
    const auto end = map.offered.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<std::uint64_t> places(map.offered.begin(), end);
    map.offered.erase(map.offered.begin(), end);
    Bytes out;
    const auto read = map.index->find(std::move(places), [&](const Row& row) -> Status {
        append_le(out, ItemIndex::place_of(row));
        append_varint(out, row.stamp.millis);
        append_varint(out, row.stamp.counter);
        append_varint(out, row.stamp.node.size());
        out += row.stamp.node;
        return {};
    });
    if (!read) return session_.fail(read.error());
    if (!out.empty()) message.offered = wire::Binary{std::move(out)};
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
