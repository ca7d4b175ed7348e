// SPDX-License-Identifier: Apache-2.0
// Where a page ended, as a token that clients hand back and cannot misuse by accident.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/query/query.hpp"
#include "topgun/replica/row.hpp"

namespace topgun::query {

/// Makes the tag at the end of a cursor. A server that must not trust its clients implements this
/// with a MAC of its own key (HMAC-SHA-256 of a crypto library): this module has no cryptography.
/// Threads: tag() may run concurrently.
class TOPGUN_API CursorSigner {
public:
    virtual ~CursorSigner();
    /// The tag of some bytes: 1 to 64 bytes, always the same number.
    virtual Bytes tag(BytesView bytes) const = 0;
};

/// The default: a checksum (XXH3). It finds damage and cursors of another query. It is NOT a
/// signature: whoever knows the format can make a cursor for any position, which lets them read
/// no row that the query would not show them anyway, but skip some.
TOPGUN_API const CursorSigner& checksum_signer() noexcept;

/// How a query's cursor turned out.
enum class CursorState : std::uint8_t {
    valid,
    invalid,  ///< Damaged, not signed by us, or made for another map, filter, order or fields.
    expired,
};

struct CursorPosition {
    CursorState state = CursorState::invalid;
    Bytes position;  ///< As RowOrder::position_of() writes it; only when valid.
};

/// What a cursor is bound to: the map, and all of the query but limit, offset and cursor itself.
TOPGUN_API Hash128 cursor_binding(const MapId& map, const Query& query, NullPlacement nulls);

/// The token for rows after `position`: base64url without padding of version, binding, time,
/// position and tag. It holds the whole sort key with types, so that no row is lost or repeated
/// whatever the values are; so it is as long as they are.
TOPGUN_API std::string make_cursor(const Hash128& binding, BytesView position, std::uint64_t now_ms,
                                   const CursorSigner& signer);

/// Reads a token. Never trusts it: any text gives an answer.
/// @param life_ms  0: for ever. A position does not wear out: it names no snapshot.
TOPGUN_API CursorPosition read_cursor(std::string_view token, const Hash128& binding,
                                      const RowOrder& order, std::uint64_t now_ms,
                                      std::uint64_t life_ms, const CursorSigner& signer);

}  // namespace topgun::query
