// SPDX-License-Identifier: Apache-2.0
#include "frame.hpp"

#include <zstd.h>

#include "topgun/base/hash.hpp"

namespace topgun::storage {
namespace {

// A frame may not claim to unpack to more than this, unless what is stored makes it plausible:
// memory use stays bounded by the real size of the input. The writer stores what packs better, such
// as megabytes of one byte, as it is.
constexpr std::uint64_t kFreeRaw = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxRatio = 256;

constexpr bool plausible(std::uint64_t raw, std::uint64_t stored) noexcept {
    return raw <= kFreeRaw || raw / kMaxRatio <= stored;
}

std::uint32_t header_check(const char* header) noexcept {
    return static_cast<std::uint32_t>(xxh3_64({header, kFrameHeader - 4}));
}

}  // namespace

FrameCodec::FrameCodec(int level) : context_(ZSTD_createCCtx()), level_(level) {
    TOPGUN_ASSERT(context_ != nullptr, "zstd has memory for a context");
}
FrameCodec::~FrameCodec() {
    ZSTD_freeCCtx(static_cast<ZSTD_CCtx*>(context_));
}

void FrameCodec::encode(FrameType type, BytesView raw, std::uint32_t rows, Bytes& out) {
    TOPGUN_ASSERT(raw.size() <= 0xffffffffu, "frames are smaller than 4 GiB");
    scratch_.resize(ZSTD_compressBound(raw.size()));
    const auto size = ZSTD_compressCCtx(static_cast<ZSTD_CCtx*>(context_), scratch_.data(),
                                        scratch_.size(), raw.data(), raw.size(), level_);
    const bool packed = ZSTD_isError(size) == 0 && size < raw.size() && plausible(raw.size(), size);
    const BytesView stored = packed ? BytesView(scratch_).substr(0, size) : raw;

    char header[kFrameHeader] = {};
    store_le(header, kFrameMagic);
    header[4] = static_cast<char>(type);
    header[5] = static_cast<char>(packed ? kFlagZstd : 0);
    store_le(header + 8, static_cast<std::uint32_t>(stored.size()));
    store_le(header + 12, static_cast<std::uint32_t>(raw.size()));
    store_le(header + 16, xxh3_64(stored));
    store_le(header + 24, rows);
    store_le(header + 28, header_check(header));
    out.append(header, sizeof header);
    out.append(stored);
}

FrameDecoder::~FrameDecoder() {
    ZSTD_freeDCtx(static_cast<ZSTD_DCtx*>(context_));
}

std::optional<FrameHeader> parse_frame_header(BytesView bytes) noexcept {
    if (bytes.size() < kFrameHeader) return std::nullopt;
    const char* at = bytes.data();
    if (load_le<std::uint32_t>(at) != kFrameMagic) return std::nullopt;
    if (load_le<std::uint32_t>(at + 28) != header_check(at)) return std::nullopt;
    FrameHeader header;
    header.type = static_cast<FrameType>(at[4]);
    header.flags = static_cast<std::uint8_t>(at[5]);
    header.stored = load_le<std::uint32_t>(at + 8);
    header.raw = load_le<std::uint32_t>(at + 12);
    header.checksum = load_le<std::uint64_t>(at + 16);
    header.rows = load_le<std::uint32_t>(at + 24);
    return header;
}

Result<FrameHeader> FrameDecoder::decode(BytesView frame, Bytes& raw) {
    const auto header = parse_frame_header(frame);
    if (!header) return Error(Errc::bad_input, "the block's header is damaged");
    const auto stored = frame.substr(kFrameHeader);
    if (stored.size() != header->stored) {
        return Error(Errc::bad_input, "the block is " + std::to_string(stored.size()) +
                                          " bytes long, its header says " +
                                          std::to_string(header->stored));
    }
    if (xxh3_64(stored) != header->checksum) {
        return Error(Errc::bad_input, "the block's checksum differs");
    }
    if ((header->flags & ~kFlagZstd) != 0) {
        return Error(Errc::bad_input,
                     "the block is stored in a way that this version does not know");
    }
    if ((header->flags & kFlagZstd) == 0) {
        if (header->raw != header->stored)
            return Error(Errc::bad_input, "the block's size is wrong");
        raw = stored;
        return *header;
    }
    if (!plausible(header->raw, header->stored)) {
        return Error(Errc::bad_input, "the block claims to unpack to " +
                                          std::to_string(header->raw) + " bytes, which its " +
                                          std::to_string(header->stored) +
                                          " stored bytes cannot hold");
    }
    if (context_ == nullptr) context_ = ZSTD_createDCtx();
    TOPGUN_ASSERT(context_ != nullptr, "zstd has memory for a context");
    raw.resize(header->raw);
    const auto size = ZSTD_decompressDCtx(static_cast<ZSTD_DCtx*>(context_), raw.data(), raw.size(),
                                          stored.data(), stored.size());
    if (ZSTD_isError(size) != 0 || size != raw.size()) {
        return Error(Errc::bad_input, "the block does not unpack");
    }
    return *header;
}

}  // namespace topgun::storage
