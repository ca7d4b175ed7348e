// SPDX-License-Identifier: Apache-2.0
// The first page of a redb file: where pages lie, and the two commits that are kept.
// Source of the format: docs/design.md of the repository cberner/redb.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/base/file.hpp"
#include "topgun/base/hash.hpp"

namespace topgun::redb {

/// The part of the first page that says something.
inline constexpr std::size_t kHeaderSize = 320;
/// Where the two slots for commits stand in it.
inline constexpr std::size_t kSlots = 64, kSlotSize = 128;

/// A tree: its first page, that page's checksum, and how many entries it has.
struct Root {
    static constexpr std::size_t kSize = 32;
    std::uint64_t page = 0;  ///< As it stands in the file; see Header::place().
    Hash128 checksum;
    std::uint64_t length = 0;
};
/// @pre Root::kSize bytes at `from`.
Root load_root(const char* from) noexcept;
/// Checksums are stored as little-endian 128-bit numbers. @pre 16 bytes at `from`.
Hash128 load_checksum(const char* from) noexcept;

/// One of the two commits.
struct Slot {
    std::uint8_t format = 0;
    std::optional<Root> user, system, freed;
    std::uint64_t transaction = 0;
    bool sound = false;  ///< Its own checksum holds.
};

/// Where a page lies in the file.
struct Place {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

struct Header {
    std::uint32_t page_size = 0;
    std::uint32_t region_header_pages = 0;
    std::uint32_t region_data_pages = 0;
    std::size_t primary = 0;         ///< Which slot is the newest commit.
    bool recovery_required = false;  ///< The file was not closed.
    bool two_phase = false;          ///< The primary was durable before it became the primary.
    std::array<Slot, 2> slots;
    std::uint64_t file_size = 0;

    /// Errors: bad_input for a page that is not in the file.
    Result<Place> place(std::uint64_t page) const;
};

/// Errors: bad_input with the byte.
Result<Header> parse_header(BytesView bytes, std::uint64_t file_size);

/// A file that is being read. Shared by the cursors, which may outlive the Database.
struct OpenFile {
    OpenFile(InputFile input, Bytes first_bytes, Header parsed)
        : file(std::move(input)), head(std::move(first_bytes)), header(std::move(parsed)) {}

    InputFile file;
    Bytes head;  ///< The header as it was when the file was opened.
    Header header;

    /// The error itself, or, when the header is not what it was, that the file is being written.
    Error explain(Error error) const;
};

}  // namespace topgun::redb
