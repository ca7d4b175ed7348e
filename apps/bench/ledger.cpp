// SPDX-License-Identifier: Apache-2.0
#include "ledger.hpp"

#include <algorithm>

#include "topgun/base/check.hpp"
#include "topgun/base/hash.hpp"

namespace topgun::cli {

Written written_of(const Stamp& stamp, BytesView value) noexcept {
    return {stamp.millis, stamp.counter, value.empty() ? 0 : xxh3_64(value)};
}

std::string place_of(MapKind kind, std::string_view map, std::string_view key,
                     std::string_view tag) {
    std::string out(map_kind_name(kind));
    for (const auto part : {map, key, tag}) {
        out += '\0';
        out += part;
    }
    return out;
}

std::string describe_place(std::string_view place) {
    std::vector<std::string> parts;
    for (std::size_t from = 0; from <= place.size();) {
        const auto end = std::min(place.find('\0', from), place.size());
        parts.emplace_back(place.substr(from, end - from));
        from = end + 1;
    }
    parts.resize(4);
    return parts[1] + ", key " + parts[2] + (parts[3].empty() ? "" : ", tag " + parts[3]);
}

void Ledger::sent(std::size_t writer, const Op& op, std::uint64_t number) {
    auto& record = records_[place_of(map_kind_of(op.kind), op.map, op.key, op.tag)];
    record.pending.push_back(written_of(op.stamp, op.value));
    in_flight_[writer].push_back({number, &record});
}

std::uint64_t Ledger::acknowledged(std::size_t writer, std::uint64_t number) {
    std::uint64_t newly = 0;
    auto& waiting = in_flight_[writer];
    for (; !waiting.empty() && waiting.front().number <= number; waiting.pop_front(), ++newly) {
        auto& record = *waiting.front().record;
        TOPGUN_ASSERT(!record.pending.empty(), "an op waits once at its place");
        // Its own writer alone writes there, so that the oldest is the one that is meant.
        record.kept = record.pending.front();
        record.pending.erase(record.pending.begin());
    }
    acknowledged_ops_ += newly;
    return newly;
}

// Also says what is known to be there from now on.
std::optional<Loss::Kind> Ledger::judge(Record& record, const Written* found) const {
    const auto pending = std::exchange(record.pending, {});
    if (found == nullptr) {
        if (record.kept) return Loss::Kind::missing;
        return std::nullopt;
    }
    if (record.kept && found->older_than(*record.kept)) return Loss::Kind::older;
    if (record.kept == *found) return std::nullopt;
    if (std::find(pending.begin(), pending.end(), *found) == pending.end()) {
        return Loss::Kind::altered;
    }
    record.kept = *found;
    return std::nullopt;
}

Verdict Ledger::verify(const ReadBack& state) {
    Verdict out;
    in_flight_.clear();
    for (auto& [place, record] : records_) {
        const auto at = state.find(place);
        const auto before = record.kept;
        const auto loss = judge(record, at == state.end() ? nullptr : &at->second);
        if (!record.kept && !loss) continue;
        ++out.checked;
        if (!loss) {
            ++out.kept;
            continue;
        }
        ++out.lost;
        if (out.losses.size() < Verdict::kMostLosses) {
            out.losses.push_back({place, *loss, before.value_or(Written{})});
        }
        // It is told once; what is there now is what can be lost next.
        record.kept = at == state.end() ? std::nullopt : std::optional(at->second);
    }
    return out;
}

}  // namespace topgun::cli
