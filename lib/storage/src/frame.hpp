// SPDX-License-Identifier: Apache-2.0
// Frames: the unit of checksum, compression and salvage of a snapshot file.
#pragma once

#include <cstdint>
#include <optional>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"

namespace topgun::storage {

// Layout of a frame header, little-endian, 32 bytes (man page topgun-snapshot(5)):
//  0 magic "TGFR"   4 type u8   5 flags u8   6 reserved u16   8 stored bytes u32
// 12 raw bytes u32  16 XXH3-64 of the stored bytes   24 rows u32   28 check of bytes 0..27 u32
inline constexpr std::uint32_t kFrameMagic = 0x52464754u;
inline constexpr std::size_t kFrameHeader = 32;
inline constexpr std::uint8_t kFlagZstd = 1;

enum class FrameType : std::uint8_t {
    rows = 1,
    removed_tags = 2,
    leaf_sums = 3,
    leaf_content = 4,
    sketch = 5,
    block_index = 6,
    expiry = 7,
    directory = 8,
    fields = 9,
};

struct FrameHeader {
    FrameType type = FrameType::rows;
    std::uint8_t flags = 0;
    std::uint32_t stored = 0;
    std::uint32_t raw = 0;
    std::uint64_t checksum = 0;
    std::uint32_t rows = 0;
};

/// Where a frame stands in the file, header included.
struct FrameRef {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

/// Compresses with contexts that are kept between calls. One per thread.
class FrameCodec {
public:
    explicit FrameCodec(int level);
    ~FrameCodec();
    FrameCodec(const FrameCodec&) = delete;
    FrameCodec& operator=(const FrameCodec&) = delete;

    /// Appends header and stored bytes to `out`.
    void encode(FrameType type, BytesView raw, std::uint32_t rows, Bytes& out);

private:
    void* context_;
    int level_;
    Bytes scratch_;
};

class FrameDecoder {
public:
    FrameDecoder() = default;
    ~FrameDecoder();
    FrameDecoder(FrameDecoder&& other) noexcept : context_(other.context_) {
        other.context_ = nullptr;
    }
    FrameDecoder& operator=(FrameDecoder&&) = delete;

    /// Checks and unpacks one frame. `frame` is exactly header and stored bytes.
    /// Errors: bad_input with what is wrong.
    Result<FrameHeader> decode(BytesView frame, Bytes& raw);

private:
    void* context_ = nullptr;  // made for the first compressed frame: many readers meet none
};

/// The header at the start of `bytes`, if its magic and its own check are right.
std::optional<FrameHeader> parse_frame_header(BytesView bytes) noexcept;

}  // namespace topgun::storage
