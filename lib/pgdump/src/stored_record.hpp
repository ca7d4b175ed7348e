// SPDX-License-Identifier: Apache-2.0
// Records as TopGun's Rust server stores them: MessagePack with a name for each kind of value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/clock/timestamp.hpp"
#include "topgun/crdt/op.hpp"

namespace topgun::pgdump {

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
Result<StoredRecord> decode_stored_record(BytesView bytes);

}  // namespace topgun::pgdump
