// SPDX-License-Identifier: Apache-2.0
// Records as TopGun's Rust server stores them: MessagePack with a name for each kind of value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/base/export.hpp"
#include "topgun/clock/timestamp.hpp"
#include "topgun/crdt/op.hpp"

namespace topgun::serverfiles {

/// What a row says of its key.
struct StoredRecord {
    struct Entry {
        Timestamp stamp;
        std::string tag;  ///< OR-Maps only.
        Bytes value;      ///< Canonical.
        std::uint64_t ttl_ms = kNoTtl;
    };
    MapKind kind = MapKind::lww;
    std::vector<Entry> entries;             ///< One in an LWW map.
    std::vector<std::string> removed_tags;  ///< OR-Maps only.
};

/// Decodes {"lww":...}, {"orMap":...} or {"orTombstones":...}. Accepts what the server accepts:
/// unknown fields, structs as arrays, variants by number, numbers as whole floats, bytes behind the
/// record. Errors: bad_input with the byte in the record.
TOPGUN_API Result<StoredRecord> decode_stored_record(BytesView bytes);

/// Appends the ops that make what a record says of `base.key` in `base.map`: one for an LWW map, of
/// an OR-Map one for each record and each removed tag. They view `record` and `base`.
/// @param expiry  moment in milliseconds when the key's records expire; 0 for never.
/// Errors: bad_input for a tag that is empty; `out` may then have ops already.
TOPGUN_API Status append_record_ops(const StoredRecord& record, const Op& base,
                                    std::uint64_t expiry, std::vector<Op>& out);

}  // namespace topgun::serverfiles
