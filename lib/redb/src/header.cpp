// SPDX-License-Identifier: Apache-2.0
#include "header.hpp"

#include <bit>
#include <string>

#include "topgun/redb/database.hpp"

namespace topgun::redb {
namespace {

constexpr std::string_view kMagic("redb\x1a\x0a\xa9\x0d\x0a", 9);

// Offsets in the header.
constexpr std::size_t kGodByte = 9, kPageSize = 12, kRegionHeaderPages = 16, kRegionDataPages = 20;
// Bits of the god byte.
constexpr unsigned kPrimaryBit = 1, kRecoveryBit = 2, kTwoPhaseBit = 4, kKnownBits = 7;
// Offsets in a slot.
constexpr std::size_t kRoots = 8, kTransaction = 104, kSlotChecksum = 112;

// redb itself writes pages of 4 KiB; larger ones than these are no page of any system.
constexpr std::uint32_t kSmallestPage = 512, kLargestPage = 1 << 20;
constexpr unsigned kLargestOrder = 20;
constexpr std::uint64_t kIndexMask = 0xfffff;

Slot parse_slot(const char* at) {
    Slot slot;
    slot.format = static_cast<std::uint8_t>(at[0]);
    std::optional<Root>* const roots[] = {&slot.user, &slot.system, &slot.freed};
    for (std::size_t i = 0; i < 3; ++i) {
        if (at[1 + i] != 0) *roots[i] = load_root(at + kRoots + i * Root::kSize);
    }
    slot.transaction = load_le<std::uint64_t>(at + kTransaction);
    slot.sound = xxh3_128({at, kSlotChecksum}) == load_checksum(at + kSlotChecksum);
    return slot;
}

Error bad(std::string what) {
    return Error(Errc::bad_input, std::move(what));
}

}  // namespace

bool looks_like_redb(BytesView head) noexcept {
    return head.starts_with(kMagic);
}

Hash128 load_checksum(const char* from) noexcept {
    return {load_le<std::uint64_t>(from + 8), load_le<std::uint64_t>(from)};
}

Root load_root(const char* from) noexcept {
    return {load_le<std::uint64_t>(from), load_checksum(from + 8),
            load_le<std::uint64_t>(from + 24)};
}

Result<Header> parse_header(BytesView bytes, std::uint64_t file_size) {
    if (!looks_like_redb(bytes)) return bad("byte 0: is no redb file");
    if (bytes.size() < kHeaderSize) {
        return bad("byte " + std::to_string(bytes.size()) + ": the file ends within its header");
    }
    Header header;
    header.file_size = file_size;
    const auto god = static_cast<unsigned char>(bytes[kGodByte]);
    if ((god & ~kKnownBits) != 0) return bad("byte 9: unknown flags in the god byte");
    header.primary = (god & kPrimaryBit) != 0 ? 1 : 0;
    header.recovery_required = (god & kRecoveryBit) != 0;
    header.two_phase = (god & kTwoPhaseBit) != 0;
    header.page_size = load_le<std::uint32_t>(bytes.data() + kPageSize);
    header.region_header_pages = load_le<std::uint32_t>(bytes.data() + kRegionHeaderPages);
    header.region_data_pages = load_le<std::uint32_t>(bytes.data() + kRegionDataPages);
    if (!std::has_single_bit(header.page_size) || header.page_size < kSmallestPage ||
        header.page_size > kLargestPage) {
        return bad("byte 12: pages of " + std::to_string(header.page_size) + " bytes");
    }
    if (header.region_data_pages == 0 || header.region_data_pages > kIndexMask + 1) {
        return bad("byte 20: regions of " + std::to_string(header.region_data_pages) + " pages");
    }
    for (std::size_t i = 0; i < 2; ++i) {
        header.slots[i] = parse_slot(bytes.data() + kSlots + i * kSlotSize);
    }
    return header;
}

Result<Place> Header::place(std::uint64_t page) const {
    const auto order = static_cast<unsigned>(page >> 59);
    const std::uint64_t region = (page >> 20) & kIndexMask;
    // A page of a higher order is one of fewer; the bits that this leaves over are reserved.
    const std::uint64_t index = order <= kLargestOrder ? page & (kIndexMask >> order) : 0;
    // No product overflows: 2^20 regions of 2^33 pages at most, of 2^20 bytes each, exceed 64 bits,
    // which is why the region is checked against the file first.
    const std::uint64_t region_pages = std::uint64_t{region_header_pages} + region_data_pages;
    const std::uint64_t file_pages = file_size / page_size;
    const std::uint64_t first = region_header_pages + (index << order);
    if (order <= kLargestOrder && region <= file_pages / region_pages &&
        ((index + 1) << order) <= region_data_pages) {
        // The first page of the file is the header's.
        const std::uint64_t at = 1 + region * region_pages + first;
        const std::uint64_t pages = std::uint64_t{1} << order;
        if (at <= file_pages && pages <= file_pages - at) {
            return Place{at * page_size, pages * page_size};
        }
    }
    return bad("page " + std::to_string(index) + " of order " + std::to_string(order) +
               " in region " + std::to_string(region) + " is not in the file");
}

Error OpenFile::explain(Error error) const {
    Bytes now;
    if (error.code() == Errc::io) return error;
    if (!file.read_at(0, kHeaderSize, now) || now == head) return error;
    return Error(Errc::locked,
                 "the file was written while it was read; stop the server, or read a copy");
}

}  // namespace topgun::redb
