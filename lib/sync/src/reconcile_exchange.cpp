// SPDX-License-Identifier: Apache-2.0
// RECONCILE_EXCHANGE: records that a peer sends, wants and offers.
#include <algorithm>

#include "reconcile.hpp"
#include "topgun/base/varint.hpp"

namespace topgun::sync {
namespace {

constexpr std::size_t kAnswerBytes = std::size_t{2} << 20;

}  // namespace

// The answer to one request, in as many frames as it takes.
class Reconciliation::Reply {
public:
    Reply(Connection& peer, const std::string& request) : peer_(peer) {
        message_.request_id = request;
    }

    void add(const Row& row) {
        if (packer_.bytes() >= kFrameBytes) {
            auto part = wire::ReconcileRows{message_.request_id, {}, {}, {}, {}, {}, {}, false};
            bytes_ += packer_.bytes();
            part.rows = wire::Binary{packer_.take()};
            send(peer_, part);
        }
        packer_.add(row);
    }
    bool full() const { return bytes_ + packer_.bytes() >= kAnswerBytes; }
    void need(std::uint64_t place) { append_le(needed_, place); }
    void leave(std::uint64_t place) { append_le(left_, place); }
    void leave_leaf(std::uint16_t leaf) { append_le(leaves_, leaf); }
    void reject(std::vector<wire::ReconcileRejection> rejections) {
        if (!rejections.empty()) message_.rejected = std::move(rejections);
    }
    void wait_for(std::uint64_t sequence) { sequence_ = std::max(sequence_, sequence); }
    std::uint64_t sequence() const { return sequence_; }
    std::vector<Bytes>& echoes() { return echoes_; }

    wire::ReconcileRows finish() {
        const auto put = [](Bytes& from, std::optional<wire::Binary>& to) {
            if (!from.empty()) to = wire::Binary{std::move(from)};
        };
        if (packer_.rows() > 0) message_.rows = wire::Binary{packer_.take()};
        put(needed_, message_.needed);
        put(left_, message_.left);
        put(leaves_, message_.leaves);
        message_.done = true;
        return std::move(message_);
    }

private:
    Connection& peer_;
    wire::ReconcileRows message_;
    RowPacker packer_;
    std::size_t bytes_ = 0;
    Bytes needed_, left_, leaves_;
    std::uint64_t sequence_ = 0;
    std::vector<Bytes> echoes_;
};

void Reconciliation::on(Connection& peer, const wire::ReconcileExchange& message) {
    const MapId id{message.map_name, message.kind};
    if (const auto allowed = may_read(peer, id); !allowed) {
        return refuse(peer, message.request_id, allowed.error());
    }
    Reply reply(peer, message.request_id);
    if (const auto done = exchange(peer, message, reply); !done) {
        return refuse(peer, message.request_id, done.error());
    }
    auto frames = std::move(reply.echoes());
    frames.push_back(wire::encoded(reply.finish()));
    send_when_durable(reply.sequence(), peer.id(), std::move(frames));
}

Status Reconciliation::exchange(Connection& peer, const wire::ReconcileExchange& message,
                                Reply& reply) {
    if (message.rows) TOPGUN_TRY(take_rows(peer, message, reply));
    const MapId id{message.map_name, message.kind};
    auto found = index_of(id, false);
    if (!found) return std::move(found).error();
    auto& index = **found;
    const auto add = [&reply](const Row& row) -> Status {
        reply.add(row);
        return {};
    };
    if (message.offered) TOPGUN_TRY(answer_offers(message, index, reply));
    if (message.wanted) {
        // Some at a time, so that what is too much can be left.
        constexpr std::size_t kPlacesAtOnce = 256;
        const BytesView wanted = message.wanted->bytes;
        for (std::size_t at = 0; at + 8 <= wanted.size();) {
            std::vector<std::uint64_t> places;
            for (; at + 8 <= wanted.size() && places.size() < kPlacesAtOnce; at += 8) {
                places.push_back(load_le<std::uint64_t>(wanted.data() + at));
            }
            if (!reply.full()) {
                TOPGUN_TRY(index.find(std::move(places), add));
            } else {
                for (const auto place : places) reply.leave(place);
            }
        }
    }
    if (message.leaves) {
        const BytesView leaves = message.leaves->bytes;
        for (std::size_t at = 0; at + 2 <= leaves.size(); at += 2) {
            const auto leaf = load_le<std::uint16_t>(leaves.data() + at);
            if (leaf >= index.leaves()) return Error(Errc::bad_input, "leaves: no such leaf");
            if (reply.full())
                reply.leave_leaf(leaf);
            else
                TOPGUN_TRY(index.read_leaf(leaf, add));
        }
    }
    return {};
}

Status Reconciliation::take_rows(Connection& peer, const wire::ReconcileExchange& message,
                                 Reply& reply) {
    const MapId id{message.map_name, message.kind};
    auto unpacked = unpack_rows(message.rows->bytes, id.kind);
    if (!unpacked) return std::move(unpacked).error();
    std::vector<Op> ops;
    for (const auto& row : unpacked->rows) ops.push_back(row_op(id, row));
    auto written = hub_.merge(ops, context_of(peer), peer.id());
    if (!written) {
        ++counters().storage_failures;
        return Error(written.error().code(), "not stored: " + written.error().message());
    }
    reply.wait_for(written->sequence);
    std::vector<wire::ReconcileRejection> rejections;
    for (const auto& one : written->rejections) {
        rejections.push_back({static_cast<std::uint32_t>(one.index), one.code, one.reason});
    }
    reply.reject(std::move(rejections));
    reply.echoes() = std::move(written->echoes);
    if (message.quiet) return {};
    // Where something newer was there, the client learns it.
    Bytes scratch;
    for (const auto& row : unpacked->rows) {
        if (row.removed) continue;
        TOPGUN_TRY(find_rows(hub_.maps().shared(), id, row.key,
                             [&](const MapId&, const Row& now) -> Status {
                                 if (now.tag != row.tag) return {};
                                 Row placed = now;
                                 placed.key_hash = row.key_hash;
                                 if (row_content(placed, scratch) != row_content(row, scratch)) {
                                     reply.add(placed);
                                 }
                                 return {};
                             }));
    }
    return {};
}

Status Reconciliation::answer_offers(const wire::ReconcileExchange& message, ItemIndex& index,
                                     Reply& reply) {
    struct Offer {
        Stamp stamp;
        bool answered = false;
    };
    std::map<std::uint64_t, Offer> offers;
    BytesView rest = message.offered->bytes;
    while (!rest.empty()) {
        const Error cut(Errc::bad_input, "offered: malformed");
        if (rest.size() < 8) return cut.clone();
        const auto place = load_le<std::uint64_t>(rest.data());
        rest.remove_prefix(8);
        std::uint64_t millis = 0, counter = 0, size = 0;
        if (!take_varint(rest, millis) || !take_varint(rest, counter) || counter > kMaxCounter ||
            !take_varint(rest, size) || size > rest.size()) {
            return cut.clone();
        }
        offers[place].stamp = {millis, static_cast<std::uint32_t>(counter), rest.substr(0, size)};
        rest.remove_prefix(size);
    }
    std::vector<std::uint64_t> places;
    for (const auto& [place, offer] : offers) places.push_back(place);
    TOPGUN_TRY(index.find(std::move(places), [&](const Row& row) -> Status {
        const auto place = ItemIndex::place_of(row);
        auto& offer = offers[place];
        offer.answered = true;
        if (row.removed) return {};
        // Of equal stamps the contents decide, which the client does not know: both are sent.
        if (row.stamp >= offer.stamp && !message.quiet) reply.add(row);
        if (row.stamp <= offer.stamp) reply.need(place);
        return {};
    }));
    for (const auto& [place, offer] : offers) {
        if (!offer.answered) reply.need(place);
    }
    return {};
}

}  // namespace topgun::sync
