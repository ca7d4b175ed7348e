// SPDX-License-Identifier: Apache-2.0
#include "topgun/replica/row.hpp"

#include <cmath>

#include "topgun/base/random.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun {
namespace {

void append_sized(Bytes& out, std::string_view text) {
    append_le(out, static_cast<std::uint32_t>(text.size()));
    out.append(text);
}

}  // namespace

std::strong_ordering compare_place(const Row& a, const Row& b) noexcept {
    if (a.removed != b.removed) {
        return a.removed ? std::strong_ordering::less : std::strong_ordering::greater;
    }
    if (const auto order = a.key_hash <=> b.key_hash; order != 0) return order;
    if (const auto order = a.key <=> b.key; order != 0) return order;
    return a.tag <=> b.tag;
}

Hash128 row_content(const Row& row, Bytes& scratch) {
    // Lengths before texts, so that no two rows run into the same bytes.
    scratch.clear();
    scratch.push_back(row.removed ? '\1' : '\0');
    append_sized(scratch, row.key);
    append_sized(scratch, row.tag);
    append_le(scratch, row.stamp.millis);
    append_le(scratch, row.stamp.counter);
    append_sized(scratch, row.stamp.node);
    append_le(scratch, row.ttl_ms);
    scratch.append(row.value);
    return xxh3_128(scratch);
}

SketchItem row_sketch_item(const Row& row, const Hash128& content) noexcept {
    constexpr std::uint64_t kRemovedSeed = 1;
    std::uint64_t place = xxh3_64(row.key, row.removed ? kRemovedSeed : 0);
    if (!row.tag.empty()) place ^= splitmix64(xxh3_64(row.tag));
    return {std::uint64_t{row.key_hash} << 32 | (place & 0xffffffffu), content.low};
}

Op row_op(const MapId& map, const Row& row) noexcept {
    Op op;
    op.map = map.name;
    op.key = row.key;
    op.stamp = row.stamp;
    op.ttl_ms = row.ttl_ms;
    op.value = row.value;
    op.tag = row.tag;
    switch (map.kind) {
        case MapKind::lww: op.kind = row.value.empty() ? OpKind::remove : OpKind::put; break;
        case MapKind::or_map: op.kind = row.removed ? OpKind::or_remove : OpKind::or_add; break;
        case MapKind::counter: op.kind = OpKind::counter; break;
    }
    return op;
}

int compare_version(const Row& a, const Row& b) noexcept {
    if (const auto order = a.stamp <=> b.stamp; order != 0) return order < 0 ? -1 : 1;
    return compare_content(a.value, a.ttl_ms, b.value, b.ttl_ms);
}

void encode_counter_entry(double positive, double negative, Bytes& out) {
    msgpack::Writer writer(out);
    writer.array(2);
    for (const double count : {positive, negative}) {
        if (count == std::trunc(count) && count < 0x1p53) {
            writer.unsigned_integer(static_cast<std::uint64_t>(count));
        } else {
            writer.real(count);
        }
    }
}

bool decode_counter_entry(BytesView value, double& positive, double& negative) noexcept {
    msgpack::Reader reader(value);
    std::uint32_t elements = 0;
    if (!reader.read_array(elements) || elements != 2) return false;
    if (!reader.read_double(positive) || !reader.read_double(negative) || !reader.at_end())
        return false;
    return std::isfinite(positive) && std::isfinite(negative) && positive >= 0 && negative >= 0;
}

}  // namespace topgun
