// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/pn_counter.hpp"

#include <algorithm>
#include <cmath>

namespace topgun {

Status PnCounter::add(std::string_view node, double amount) {
    if (!std::isfinite(amount)) {
        return Error(Errc::bad_input, "counter amount: must be a finite number");
    }
    if (amount == 0) return {};
    const auto found = entries_.find(node);
    auto entry = found == entries_.end() ? Entry{} : found->second;
    auto& side = amount > 0 ? entry.positive : entry.negative;
    side += std::fabs(amount);
    // Two finite amounts may still add up to infinity.
    if (!std::isfinite(side)) return Error(Errc::bad_input, "counter: its count would overflow");
    entries_.insert_or_assign(std::string(node), entry);
    return {};
}

Result<Merged> PnCounter::merge(std::string_view node, const Entry& entry) {
    for (const double count : {entry.positive, entry.negative}) {
        if (!std::isfinite(count) || count < 0) {
            return Error(Errc::bad_input, "counter entry of node '" + std::string(node) +
                                              "': counts must be finite and not negative");
        }
    }
    const auto [at, inserted] = entries_.try_emplace(std::string(node), entry);
    if (inserted) return Merged::added;
    auto& mine = at->second;
    if (mine == entry) return Merged::equal;
    const Entry larger{std::max(mine.positive, entry.positive),
                       std::max(mine.negative, entry.negative)};
    if (larger == mine) return Merged::lost;
    mine = larger;
    return Merged::replaced;
}

double PnCounter::value() const noexcept {
    double sum = 0;
    for (const auto& [node, entry] : entries_) sum += entry.positive - entry.negative;
    return sum;
}

}  // namespace topgun
