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

/// Appends the record as the server writes it, to the byte: {"lww":...} or {"orMap":...}, names in
/// the server's order, integers and texts in their shortest form. A value of nil is the server's
/// Null, which it takes for a live record: it has no tombstones.
/// Errors: bad_input for what the server has no form for, with its place in the value: integers
/// beyond 63 bits, extension types. Then `out` is as before.
/// @pre values are canonical; an LWW record has exactly one entry.
TOPGUN_API Status encode_stored_record(const StoredRecord& record, Bytes& out);

/// Appends the ops that make what a record says of `base.key` in `base.map`: one for an LWW map, of
/// an OR-Map one for each record and each removed tag, which has the key here. They view `record`
/// and `base`.
/// @param expiry  moment in milliseconds when the key's records expire; 0 for never.
/// Errors: bad_input for a tag that is empty; `out` may then have ops already.
TOPGUN_API Status append_record_ops(const StoredRecord& record, const Op& base,
                                    std::uint64_t expiry, std::vector<Op>& out);

}  // namespace topgun::serverfiles
