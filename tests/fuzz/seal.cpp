// SPDX-License-Identifier: Apache-2.0
#include "seal.hpp"

#include <algorithm>
#include <vector>

#include "frame.hpp"
#include "fuzz.hpp"
#include "snapshot_layout.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/base/random.hpp"

namespace topgun::fuzz {
namespace {

using namespace topgun::storage;

constexpr std::size_t kLogHeader = 16;
constexpr std::size_t kLogFrameHead = 16;

Bytes magic_bytes(std::uint32_t magic) {
    Bytes bytes;
    append_le(bytes, magic);
    return bytes;
}

std::uint32_t check_of(BytesView bytes) {
    return static_cast<std::uint32_t>(xxh3_64(bytes));
}

void seal_frame(Bytes& file, std::size_t at) {
    char* const head = file.data() + at;
    const auto stored = load_le<std::uint32_t>(head + 8);
    if (stored <= file.size() - at - kFrameHeader) {
        store_le(head + 16, xxh3_64(BytesView(file).substr(at + kFrameHeader, stored)));
    }
    store_le(head + 28, check_of(BytesView(head, kFrameHeader - 4)));
}

// The footer for a file whose directory stands at `directory`.
void write_footer(Bytes& file, const FrameRef& directory) {
    Bytes footer;
    append_le(footer, directory.offset);
    append_le(footer, directory.length);
    append_le(footer, std::uint64_t{file.size() + kSnapshotFooter});
    append_le(footer, xxh3_64(footer));
    file += footer;
    file += kSnapshotEndMagic;
}

struct Part {
    FrameHeader header;
    FrameRef was, is;
    Bytes raw;
};

// All frames up to the first that cannot be unpacked.
std::vector<Part> take_apart(BytesView file) {
    std::vector<Part> parts;
    FrameDecoder decoder;
    std::size_t at = kSnapshotHeader;
    while (at < file.size()) {
        const auto header = parse_frame_header(file.substr(at));
        if (!header || header->stored > file.size() - at - kFrameHeader) break;
        Part part;
        part.header = *header;
        part.was = {at, kFrameHeader + std::uint64_t{header->stored}};
        if (!decoder.decode(file.substr(at, part.was.length), part.raw)) break;
        at += part.was.length;
        parts.push_back(std::move(part));
    }
    return parts;
}

// Where a frame that stood at `ref` stands now.
void follow(const std::vector<Part>& parts, FrameRef& ref) {
    for (const auto& part : parts) {
        if (part.was.offset == ref.offset && part.was.length == ref.length) {
            ref = part.is;
            return;
        }
    }
}

void move_index(const std::vector<Part>& parts, Bytes& raw, std::size_t file_bytes) {
    auto index = decode_block_index(raw, file_bytes);
    if (!index) return;
    auto at = index->offset;
    FrameRef first{at, 0};
    bool moved = false;
    for (auto* lengths : {&index->removed_lengths, &index->lengths}) {
        for (auto& length : *lengths) {
            FrameRef ref{at, length};
            at += length;
            follow(parts, ref);
            if (!moved) first = ref;
            moved = true;
            length = ref.length;
        }
    }
    index->offset = first.offset;
    raw.clear();
    encode_block_index(*index, raw);
}

void move_directory(const std::vector<Part>& parts, Bytes& raw) {
    auto entries = decode_directory(raw);
    if (!entries) return;
    for (auto& entry : *entries) {
        auto& layout = entry.layout;
        for (auto* ref : {&layout.leaf_sums, &layout.leaf_content, &layout.sketch, &layout.expiry,
                          &layout.fields, &layout.block_index}) {
            follow(parts, *ref);
        }
    }
    raw.clear();
    encode_directory(*entries, raw);
}

std::size_t hand_back(const Bytes& file, std::uint8_t* data, std::size_t size_max) {
    const auto size = std::min(file.size(), size_max);
    std::copy_n(file.begin(), size, data);
    return size;
}

void change(Bytes& bytes) {
    const auto size = bytes.size();
    bytes.resize(size + 64);
    bytes.resize(
        LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, bytes.size()));
}

}  // namespace

void seal_snapshot(Bytes& file) {
    if (file.size() >= kSnapshotHeader) {
        store_le(file.data() + 12, check_of(BytesView(file).substr(0, 12)));
    }
    const auto magic = magic_bytes(kFrameMagic);
    for (auto at = file.find(magic); at != Bytes::npos; at = file.find(magic, at + 1)) {
        if (file.size() - at >= kFrameHeader) seal_frame(file, at);
    }
    if (file.size() < kSnapshotHeader + kSnapshotFooter) return;
    char* const footer = file.data() + file.size() - kSnapshotFooter;
    if (BytesView(file).ends_with(kSnapshotEndMagic)) {
        store_le(footer + 16, std::uint64_t{file.size()});
        store_le(footer + 24, xxh3_64(BytesView(footer, 24)));
    }
}

void seal_log(Bytes& file) {
    const auto magic = magic_bytes(0x4f4c4754u);
    for (auto at = file.find(magic); at != Bytes::npos; at = file.find(magic, at + 1)) {
        if (file.size() - at < kLogFrameHead) break;
        char* const head = file.data() + at;
        auto length = load_le<std::uint32_t>(head + 4);
        const auto next = std::min(file.find(magic, at + 1), file.size());
        // A payload that grew or shrank mostly gets its new length.
        if (next - at >= kLogFrameHead && (length & 7) != 0) {
            length = static_cast<std::uint32_t>(next - at - kLogFrameHead);
            store_le(head + 4, length);
        }
        if (length > file.size() - at - kLogFrameHead) continue;
        store_le(head + 8, xxh3_64(BytesView(file).substr(at + kLogFrameHead, length), length));
    }
    if (file.size() < kLogHeader) return;
    const std::uint64_t body = load_le<std::uint32_t>(file.data() + 12);
    if (body > file.size() || file.size() - body < kLogHeader + 8) return;
    store_le(file.data() + kLogHeader + body,
             xxh3_64(BytesView(file).substr(0, kLogHeader + body)));
}

bool change_snapshot_frame(Bytes& file, unsigned seed) {
    auto parts = take_apart(file);
    if (parts.empty() || parts.back().header.type != FrameType::directory) return false;
    Random random(seed);
    auto& changed = parts[random.below(parts.size())];
    change(changed.raw);
    if (random.below(16) == 0) changed.header.type = static_cast<FrameType>(random.below(10));
    Bytes out = file.substr(0, kSnapshotHeader);
    FrameCodec codec(1);
    for (auto& part : parts) {
        const bool last = &part == &parts.back();
        if (&part != &changed && part.header.type == FrameType::block_index) {
            move_index(parts, part.raw, file.size() + 65536);
        }
        if (&part != &changed && last) move_directory(parts, part.raw);
        part.is.offset = out.size();
        codec.encode(part.header.type, part.raw, part.header.rows, out);
        part.is.length = out.size() - part.is.offset;
    }
    write_footer(out, parts.back().is);
    file = std::move(out);
    return true;
}

std::size_t mutate_snapshot(std::uint8_t* data, std::size_t size, std::size_t size_max,
                            unsigned seed) {
    Bytes file(view_of(data, size));
    if (seed % 4 == 0 || !change_snapshot_frame(file, seed)) {
        size = LLVMFuzzerMutate(data, size, size_max);
        file.assign(view_of(data, size));
        if (seed % 8 != 0) seal_snapshot(file);
    }
    return hand_back(file, data, size_max);
}

std::size_t mutate_log(std::uint8_t* data, std::size_t size, std::size_t size_max, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, size_max);
    Bytes file(view_of(data, size));
    if (seed % 4 != 0) seal_log(file);
    return hand_back(file, data, size_max);
}

}  // namespace topgun::fuzz
