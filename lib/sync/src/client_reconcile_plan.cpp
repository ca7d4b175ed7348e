// SPDX-License-Identifier: Apache-2.0
// What differs, and which side sends what of it.
#include <algorithm>
#include <cmath>

#include "client_reconcile.hpp"
#include "reconcile.hpp"

namespace topgun::sync::client {
namespace {

// Of a larger record that both sides have, only the stamp is sent at first: it may be the older.
constexpr std::size_t kSmallRow = 160;

}  // namespace

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
        add_unchanged(map, theirs);
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

void Reconcile::decode(Map& map) {
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
        // Each record that is asked for is named.
        if (session_.job.direction != SyncDirection::push) {
            session_.report.forecast.bytes_out += 8 * (theirs.size() + both.size());
        }
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
    }
    if (direction == SyncDirection::push || direction == SyncDirection::both) {
        to.records_out += out + (both + 1) / 2;
        to.bytes_out += (out + (both + 1) / 2) * own_bytes;
    }
}

// Leaves that differ come whole, with what is the same in them, but to who has nothing.
void Reconcile::add_unchanged(Map& map, const wire::ReconcileMap& theirs) {
    const auto leaves = static_cast<double>(map.index->leaves());
    const auto rows = theirs.records + theirs.removed;
    auto& to = session_.report.forecast;
    to.bytes_out += 2 * map.index->leaves();
    if (rows == 0 || map.index->records() + map.index->removed() == 0) return;
    to.bytes_out += 4 * map.index->leaves();
    if (session_.job.direction == SyncDirection::push) return;
    const double clean = std::pow(1 - 1 / leaves, static_cast<double>(theirs.differing));
    const auto come = static_cast<std::uint64_t>(static_cast<double>(rows) * (1 - clean));
    const auto differing = std::min(come, theirs.differing);
    to.bytes_in += (come - differing) * map.mean_row_bytes;
}

void Reconcile::push_leaf(Map& map, std::uint16_t leaf) {
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

}  // namespace topgun::sync::client
