// SPDX-License-Identifier: Apache-2.0
// Rows and ops in the form that the wire gives them.
#pragma once

#include "topgun/crdt/op.hpp"
#include "topgun/replica/row.hpp"
#include "topgun/wire/records.hpp"

namespace topgun::sync {

inline std::optional<std::uint64_t> wire_ttl(std::uint64_t ttl_ms) {
    // Never nil on the wire: TopGun's client would hash "null" into an OR-Map's leaf.
    if (ttl_ms == kNoTtl || ttl_ms > wire::kMaxWhole) return std::nullopt;
    return ttl_ms;
}

/// Of a row or an op. An empty value is a tombstone, which is nil on the wire.
template <typename T>
wire::LwwMapRecord lww_record(const T& from) {
    wire::LwwMapRecord out;
    if (!from.value.empty()) out.value.bytes = Bytes(from.value);
    out.timestamp = Timestamp(from.stamp);
    out.ttl_ms = wire_ttl(from.ttl_ms);
    return out;
}

template <typename T>
wire::OrMapRecord or_record(const T& from) {
    wire::OrMapRecord out;
    if (!from.value.empty()) out.value.bytes = Bytes(from.value);
    out.timestamp = Timestamp(from.stamp);
    out.tag = std::string(from.tag);
    out.ttl_ms = wire_ttl(from.ttl_ms);
    return out;
}

}  // namespace topgun::sync
