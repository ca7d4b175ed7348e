// SPDX-License-Identifier: Apache-2.0
#include "topgun/maptable/key_state.hpp"

#include <algorithm>

#include "topgun/base/check.hpp"

namespace topgun::maptable {
namespace {

using Entry = serverfiles::StoredRecord::Entry;

Entry entry_of(const Op& op) {
    // A tombstone has no time to live, whatever came with it.
    const auto ttl_ms = op.value.empty() ? kNoTtl : op.ttl_ms;
    return {Timestamp(op.stamp), std::string(op.tag), Bytes(op.value), ttl_ms};
}

// True when the op's record beats the one that is here: the later stamp, then the greater content.
bool beats(const Op& op, const Entry& entry) {
    if (const auto order = op.stamp <=> entry.stamp.view(); order != 0) return order > 0;
    return compare_content(op.value, op.ttl_ms, entry.value, entry.ttl_ms) > 0;
}

}  // namespace

bool KeyState::merge(const Op& op) {
    TOPGUN_ASSERT(map_kind_of(op.kind) == record_.kind, "an op of the key's kind");
    auto& entries = record_.entries;
    auto& removed = record_.removed_tags;
    if (record_.kind == MapKind::lww) {
        if (entries.empty()) {
            entries.push_back(entry_of(op));
            return true;
        }
        if (!beats(op, entries.front())) return false;
        entries.front() = entry_of(op);
        return true;
    }
    const auto gone = std::lower_bound(removed.begin(), removed.end(), op.tag);
    const bool known_gone = gone != removed.end() && *gone == op.tag;
    if (known_gone) return false;
    if (op.kind == OpKind::or_remove) {
        removed.insert(gone, std::string(op.tag));
        drop(op.tag);
        return true;
    }
    const auto at =
        std::lower_bound(entries.begin(), entries.end(), op.tag,
                         [](const Entry& entry, std::string_view tag) { return entry.tag < tag; });
    if (at == entries.end() || at->tag != op.tag) {
        entries.insert(at, entry_of(op));
        return true;
    }
    if (!beats(op, *at)) return false;
    *at = entry_of(op);
    return true;
}

bool KeyState::drop(std::string_view tag) {
    return std::erase_if(record_.entries, [&](const Entry& entry) { return entry.tag == tag; }) > 0;
}

bool KeyState::is_tombstone() const noexcept {
    return record_.kind == MapKind::lww && !record_.entries.empty() &&
           record_.entries.front().value.empty();
}

std::uint64_t KeyState::latest_millis() const noexcept {
    std::uint64_t latest = 0;
    for (const auto& entry : record_.entries) latest = std::max(latest, entry.stamp.millis);
    return latest;
}

}  // namespace topgun::maptable
