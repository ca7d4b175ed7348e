// SPDX-License-Identifier: Apache-2.0
// What is planned goes out, in portions.
#include <algorithm>

#include "client_reconcile.hpp"
#include "topgun/base/varint.hpp"

namespace topgun::sync::client {
namespace {

// An exchange with more is sent in portions.
constexpr std::size_t kPortionBytes = std::size_t{256} << 10;
constexpr std::size_t kPortionPlaces = 8'192;
// What a run moves at least.
constexpr std::size_t kLeastMoved = std::size_t{64} << 10;
// Answers have up to two megabytes each, and the server closes on 16.
constexpr std::size_t kMostRequests = 3;

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

bool Reconcile::pump_map(const MapId& id, Map& map) {
    if (map.symbols) {
        if (map.symbols_asked_ms || !may_ask()) return true;
        const auto have = static_cast<std::uint32_t>(map.symbols->size());
        session_.link.asked();
        ++in_flight_;
        map.symbols_asked_ms = session_.link.now_ms();
        session_.link.send(wire::ReconcileReqSymbols{id.name, id.kind, map.revision, have,
                                                     std::max(16u, have / 2)});
        return true;
    }
    if (map.ask_sums && may_ask() && map.requests < kMostRequests) {
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
    while (map.requests < kMostRequests && may_ask() && !session_.failed()) {
        // Rows of leaves that go out whole are looked up when their turn comes.
        while (map.pushes.size() < kPortionPlaces && !map.push_leaves.empty()) {
            const auto leaf = map.push_leaves.front();
            map.push_leaves.pop_front();
            push_leaf(map, leaf);
        }
        if (map.wanted.empty() && map.offered.empty() && map.pushes.empty() && map.leaves.empty()) {
            break;
        }
        // What is on its way may use up the budget.
        if (in_flight_ > 0 && room() == 0) break;
        send_exchange(id, map);
    }
    close_map_if_done(map);
    return map.open;
}

std::string Reconcile::open_request(Request request) {
    request.sent_ms = session_.link.now_ms();
    auto id = std::to_string(++last_id_);
    requests_.emplace(id, std::move(request));
    session_.link.asked();
    ++in_flight_;
    return id;
}

// A run moves something, also when the budget is used up by finding out what: otherwise the next
// one would end at the same place.
bool Reconcile::may_ask() const {
    return moved_ ? session_.link.may_ask() : session_.link.may_ask_beyond_budget();
}

// Bytes that the budget allows beside the answers that are still to come.
std::uint64_t Reconcile::room() const {
    auto left = session_.link.budget_left();
    if (!moved_) left = std::max<std::uint64_t>(left, kLeastMoved);
    std::uint64_t expected = 0;
    for (const auto& [id, request] : requests_) expected += request.expected;
    return left - std::min(left, expected);
}

void Reconcile::send_exchange(const MapId& id, Map& map) {
    const auto most = std::min<std::uint64_t>(room(), kPortionBytes);
    const auto rows_bytes = [&map](std::uint64_t rows) { return rows * map.mean_row_bytes; };
    Request request;
    request.map = id;
    request.depth = map.depth + 1;
    wire::ReconcileExchange message;
    message.map_name = id.name;
    message.kind = id.kind;
    message.quiet = !session_.pulls();
    add_rows(map, most, message, request);
    add_offers(map, message);
    // A row that is wanted costs its place, too.
    const auto affordable = std::max<std::uint64_t>(1, room() / (rows_bytes(1) + 8));
    const auto wanted = std::min<std::uint64_t>(
        {kPortionPlaces, static_cast<std::uint64_t>(map.wanted.size()), affordable});
    put_numbers(map.wanted, wanted, message.wanted);
    request.expected = rows_bytes(wanted);
    if (!map.leaves.empty()) {
        // As many as make a portion, by what a leaf has on average.
        // Of an OR-Map records are in the first half of its leaves.
        const auto per_leaf =
            std::max<std::uint64_t>(1, rows_bytes(map.their_rows) / ItemIndex::kLeaves);
        const auto count = std::max<std::uint64_t>(1, most / per_leaf);
        for (std::uint64_t i = 0; i < count && i < map.leaves.size(); ++i) {
            request.leaves.push_back(map.leaves[i]);
        }
        request.expected += per_leaf * request.leaves.size();
        put_numbers(map.leaves, count, message.leaves);
    }
    ++map.requests;
    moved_ = true;
    message.request_id = open_request(std::move(request));
    session_.link.send(message);
}

void Reconcile::add_rows(Map& map, std::uint64_t most, wire::ReconcileExchange& message,
                         Request& request) {
    if (map.pushes.empty()) return;
    RowPacker packer;
    while (!map.pushes.empty() && packer.bytes() < std::max<std::uint64_t>(1, most)) {
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

}  // namespace topgun::sync::client
