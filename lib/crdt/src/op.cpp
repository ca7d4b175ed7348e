// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/op.hpp"

namespace topgun {

std::string_view map_kind_name(MapKind kind) noexcept {
    switch (kind) {
        case MapKind::lww: return "lww";
        case MapKind::or_map: return "or";
        case MapKind::counter: return "counter";
    }
    return "lww";
}

std::string_view op_kind_name(OpKind kind) noexcept {
    switch (kind) {
        case OpKind::put: return "PUT";
        case OpKind::remove: return "REMOVE";
        case OpKind::or_add: return "OR_ADD";
        case OpKind::or_remove: return "OR_REMOVE";
        case OpKind::counter: return "COUNTER";
    }
    return "PUT";
}

MapKind map_kind_of(OpKind kind) noexcept {
    switch (kind) {
        case OpKind::put:
        case OpKind::remove: return MapKind::lww;
        case OpKind::or_add:
        case OpKind::or_remove: return MapKind::or_map;
        case OpKind::counter: return MapKind::counter;
    }
    return MapKind::lww;
}

int compare_content(BytesView value_a, std::uint64_t ttl_a, BytesView value_b,
                    std::uint64_t ttl_b) noexcept {
    // A tombstone's value is empty, and the empty string sorts before every encoded value.
    if (const int order = value_a.compare(value_b); order != 0) return order;
    return ttl_a < ttl_b ? -1 : ttl_a > ttl_b ? 1 : 0;
}

}  // namespace topgun
