// SPDX-License-Identifier: Apache-2.0
// Reconciliation with another end of this project: see wire/messages_reconcile.hpp.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "item_index.hpp"
#include "row_pack.hpp"
#include "service.hpp"

namespace topgun::sync {

/// How two ends find out how a map is to be dealt with, each from what it knows of the other.
struct ReconcileCost {
    std::uint64_t differing = 0;  ///< Items, estimated.
    std::uint64_t records = 0;    ///< Items of the larger side.
    std::uint64_t bytes = 0;      ///< Of the larger side.
};
/// Symbols that are enough for a difference of about this size, nearly always.
std::size_t symbols_for(std::uint64_t differing) noexcept;
/// False where whole leaves are cheaper than symbols.
bool prefers_symbols(const ReconcileCost& cost) noexcept;

/// Keeps an index of each map that was asked for, up to date when it is asked for again. What one
/// request can cost is bounded: an answer has about two megabytes, and indexes are refreshed no
/// faster than a rate of rows, so that a request may be answered from an older one; what differs
/// since then is found the next time.
class Reconciliation final : public Service {
public:
    using Service::Service;
    void on(Connection& peer, const wire::ReconcileStart& message);
    void on(Connection& peer, const wire::ReconcileReqSymbols& message);
    void on(Connection& peer, const wire::ReconcileReqLeaves& message);
    void on(Connection& peer, const wire::ReconcileExchange& message);
    void changed(const Change& change, Outbox& outbox);
    void tick(std::uint64_t now_ms);

    /// Symbols of one answer, and of one map in all.
    static constexpr std::size_t kSymbolsAtOnce = 32'768;
    static constexpr std::size_t kMostSymbols = std::size_t{1} << 18;

private:
    struct Cached {
        std::unique_ptr<ItemIndex> index;
        std::uint64_t used = 0;
    };
    class Reply;

    /// @param fresh  as it is now, as far as the rate allows; otherwise as it was last told of,
    /// so that what a peer asks for next belongs to what it has.
    Result<ItemIndex*> index_of(const MapId& id, bool fresh);
    void evict(const ItemIndex* keep);
    Result<wire::ReconcileMap> compare(Connection& peer, const wire::ReconcileDigest& theirs);
    void add_others(Connection& peer, const wire::ReconcileStart& message,
                    std::vector<wire::ReconcileMap>& out);
    void refuse(Connection& peer, const std::string& request, const Error& error);
    Status exchange(Connection& peer, const wire::ReconcileExchange& message, Reply& reply);
    Status take_rows(Connection& peer, const wire::ReconcileExchange& message, Reply& reply);
    Status answer_offers(const wire::ReconcileExchange& message, ItemIndex& index, Reply& reply);

    std::map<MapId, Cached> indexes_;
    std::uint64_t uses_ = 0;
    std::uint64_t last_tick_ = 0;
    std::uint64_t row_allowance_ = kMostRows;
    static constexpr std::size_t kFrameBytes = std::size_t{512} << 10;  // longer answers are parted
    static constexpr std::uint64_t kRowsPerSecond = 1'000'000;
    static constexpr std::uint64_t kMostRows = 4'000'000;
};

}  // namespace topgun::sync
