// SPDX-License-Identifier: Apache-2.0
// Whether a stored record is, byte for byte, in the form in which TopGun's Rust server writes it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "topgun/base/bytes.hpp"
#include "topgun/base/export.hpp"
#include "topgun/serverfiles/stored_record.hpp"

namespace topgun::serverfiles {

/// Where a record departs from the server's form.
struct Departure {
    std::size_t offset = 0;
    std::string what;  ///< "a struct as an array"
    /// decode_stored_record() may read this, the server does not.
    bool refused = false;
    std::string text() const { return "byte " + std::to_string(offset) + ": " + what; }
};

/// The first departure; none for a record as encode_stored_record() writes it, or for the
/// {"orTombstones":...} of older servers. A NaN may have any payload: the server keeps it.
/// Cost: O(bytes), no allocation unless there is a departure.
TOPGUN_API std::optional<Departure> find_departure(BytesView record);

/// Of an OR-Map's record that decode_stored_record() refuses, the elements that can be read alone:
/// records and removed tags. None when nothing can, for other records, and for what is no
/// MessagePack from beginning to end.
TOPGUN_API std::optional<StoredRecord> decode_sound_part(BytesView record);

/// True for {"orTombstones":...}, in any form that decode_stored_record() accepts.
TOPGUN_API bool is_tombstones_only(BytesView record);

}  // namespace topgun::serverfiles
