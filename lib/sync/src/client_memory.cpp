// SPDX-License-Identifier: Apache-2.0
// The text form of what is remembered of a server: a version, then map by map.
#include <algorithm>

#include "topgun/base/varint.hpp"
#include "topgun/sync/client.hpp"
#include "topgun/wire/types.hpp"

namespace topgun::sync {
namespace {

constexpr char kVersion = 1;

}  // namespace

void PeerMemory::serialize(Bytes& out) const {
    out.push_back(kVersion);
    append_varint(out, maps.size());
    for (const auto& [id, map] : maps) {
        out.push_back(static_cast<char>(id.kind));
        append_varint(out, id.name.size());
        out += id.name;
        append_le(out, map.remote_root);
        append_le(out, map.local_root);
        append_varint(out, map.epoch);
        append_varint(out, map.seen.size());
        for (const auto item : map.seen) append_le(out, item);
    }
}

Result<PeerMemory> PeerMemory::parse(BytesView bytes) {
    const Error damaged(Errc::bad_input, "memory of a server: damaged");
    if (bytes.empty() || bytes.front() != kVersion) {
        return Error(Errc::bad_input, "memory of a server: of another version");
    }
    bytes.remove_prefix(1);
    std::uint64_t count = 0;
    if (!take_varint(bytes, count)) return damaged.clone();
    PeerMemory out;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (bytes.empty() || static_cast<unsigned char>(bytes.front()) > 2) return damaged.clone();
        const auto kind = static_cast<MapKind>(bytes.front());
        bytes.remove_prefix(1);
        std::uint64_t size = 0;
        if (!take_varint(bytes, size) || size > bytes.size()) return damaged.clone();
        auto& map = out.maps[{std::string(bytes.substr(0, size)), kind}];
        bytes.remove_prefix(size);
        if (bytes.size() < 8) return damaged.clone();
        map.remote_root = load_le<std::uint32_t>(bytes.data());
        map.local_root = load_le<std::uint32_t>(bytes.data() + 4);
        bytes.remove_prefix(8);
        if (!take_varint(bytes, map.epoch) || map.epoch > wire::kMaxWhole) return damaged.clone();
        if (!take_varint(bytes, size) || size > bytes.size() / 8) return damaged.clone();
        map.seen.clear();
        for (std::uint64_t item = 0; item < size; ++item) {
            map.seen.push_back(load_le<std::uint64_t>(bytes.data() + 8 * item));
        }
        bytes.remove_prefix(8 * size);
        if (!std::is_sorted(map.seen.begin(), map.seen.end())) return damaged.clone();
    }
    if (!bytes.empty()) return damaged.clone();
    return out;
}

}  // namespace topgun::sync
