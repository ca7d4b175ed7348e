// SPDX-License-Identifier: Apache-2.0
// An op that owns what it says, for queues that outlive the buffer it came in.
#pragma once

#include <string>

#include "topgun/base/bytes.hpp"
#include "topgun/clock/timestamp.hpp"
#include "topgun/crdt/op.hpp"

namespace topgun {

struct OwnedOp {
    OpKind kind = OpKind::put;
    std::string map, key;
    Timestamp stamp;
    std::uint64_t ttl_ms = kNoTtl;
    Bytes value;
    std::string tag, id;

    OwnedOp() = default;
    explicit OwnedOp(const Op& op)
        : kind(op.kind),
          map(op.map),
          key(op.key),
          stamp(op.stamp),
          ttl_ms(op.ttl_ms),
          value(op.value),
          tag(op.tag),
          id(op.id) {}

    /// Valid until this changes or goes.
    Op view() const {
        Op op;
        op.kind = kind;
        op.map = map;
        op.key = key;
        op.stamp = stamp.view();
        op.ttl_ms = ttl_ms;
        op.value = value;
        op.tag = tag;
        op.id = id;
        return op;
    }
};

}  // namespace topgun
