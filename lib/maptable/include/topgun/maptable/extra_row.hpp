// SPDX-License-Identifier: Apache-2.0
// Rows of the table beside a server's, "<table>_extra", in which this project keeps what the
// server's own has no columns for.
//
// kind      key   tag  stamp  ttl_ms  value
// removed   key        yes                    an LWW tombstone; bytea tables only
// record    key   tag  yes    yes     yes     what the row cannot say of its record of this stamp
// tag             tag                         a removed tag whose key is not known; bytea tables
// counter   node                      yes     a PN-Counter's entry [positive, negative]
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/base/export.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/maptable/key_state.hpp"

namespace topgun::maptable {

/// What the name of a table beside has more.
inline constexpr std::string_view kExtraSuffix = "_extra";

/// Views of what was read, for the time of one call. Absent where the column is NULL.
struct ExtraRow {
    std::string_view map, key, kind, tag, node;
    std::optional<std::int64_t> millis, counter, ttl_ms;
    std::optional<BytesView> value;

    /// It says something of a row of the table, and nothing by itself.
    bool is_fact() const noexcept { return kind == "record"; }
};

/// What a row says that is no fact. The op views it. Errors: bad_input.
TOPGUN_API Result<Op> extra_op(const ExtraRow& row);
/// @pre row.is_fact(). Errors: bad_input.
TOPGUN_API Result<Fact> extra_fact(const ExtraRow& row);

}  // namespace topgun::maptable
