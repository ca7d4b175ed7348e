// SPDX-License-Identifier: Apache-2.0
#include "topgun_test/states.hpp"

#include <algorithm>

#include "topgun/replica/row.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

namespace topgun::test {

Bytes int_value(std::int64_t number) {
    Bytes out;
    msgpack::Writer(out).signed_integer(number);
    return out;
}

Bytes string_value(std::string_view text) {
    Bytes out;
    msgpack::Writer(out).string(text);
    return out;
}

namespace {

std::string numbered_key(Random& rng, std::size_t keys) {
    // The first ones are what keys may be, not what they usually are.
    static const std::vector<std::string> kOdd = {
        "",    " ",  "a:b", "user:162789", "user:379192", "k\xc3\xa9y", "\xf0\x9f\x98\x80",
        "Key", "key"};
    const auto number = rng.below(keys);
    return number < kOdd.size() ? kOdd[number] : "key-" + std::to_string(number);
}

Timestamp random_stamp(Random& rng, const OpShape& shape) {
    constexpr std::uint64_t kStart = 1'700'000'000'000;
    return {kStart + rng.below(shape.millis), static_cast<std::uint32_t>(rng.below(shape.counters)),
            "node-" + std::to_string(rng.below(shape.nodes))};
}

Bytes random_content(Random& rng, const OpShape& shape) {
    if (shape.small_values) return int_value(static_cast<std::int64_t>(rng.below(3)));
    return random_value(rng, shape.value_depth);
}

std::uint64_t random_ttl(Random& rng) {
    static constexpr std::uint64_t kChoices[] = {0, 1, 500, 60'000};
    return rng.chance(0.8) ? kNoTtl : kChoices[rng.below(4)];
}

}  // namespace

OwnedOp random_op(Random& rng, const OpShape& shape) {
    std::vector<OpKind> kinds;
    if (shape.lww) kinds.insert(kinds.end(), {OpKind::put, OpKind::put, OpKind::remove});
    if (shape.or_map)
        kinds.insert(kinds.end(), {OpKind::or_add, OpKind::or_add, OpKind::or_remove});
    if (shape.counter) kinds.push_back(OpKind::counter);
    OwnedOp op;
    op.kind = kinds[rng.below(kinds.size())];
    op.map = shape.maps[rng.below(shape.maps.size())];
    op.key = numbered_key(rng, shape.keys);
    op.stamp = random_stamp(rng, shape);
    op.id = rng.chance(0.5) ? std::to_string(rng.below(1000)) : "";
    switch (op.kind) {
        case OpKind::put:
            op.value = random_content(rng, shape);
            op.ttl_ms = random_ttl(rng);
            // Nil cannot be told from a tombstone on the wire.
            if (op.value == BytesView("\xc0")) op.value = int_value(0);
            break;
        case OpKind::remove: break;
        case OpKind::or_add:
        case OpKind::or_remove: {
            const bool own_tag = rng.chance(0.5);
            op.tag = own_tag ? format_stamp(random_stamp(rng, shape).view())
                             : "tag-" + std::to_string(rng.below(shape.tags));
            if (op.kind == OpKind::or_remove) {
                if (rng.chance(0.5)) op.stamp = {};
                break;
            }
            if (own_tag && rng.chance(0.9)) op.tag = format_stamp(op.stamp.view());
            op.value = random_content(rng, shape);
            op.ttl_ms = random_ttl(rng);
            break;
        }
        case OpKind::counter: {
            op.stamp = {};
            op.key = "node-" + std::to_string(rng.below(shape.nodes));
            const auto count = [&rng] {
                const auto whole = static_cast<double>(rng.below(20));
                return rng.chance(0.2) ? whole + 0.5 : whole;
            };
            const auto positive = count();
            encode_counter_entry(positive, count(), op.value);
            break;
        }
    }
    return op;
}

std::vector<OwnedOp> random_ops(Random& rng, std::size_t count, const OpShape& shape) {
    std::vector<OwnedOp> out;
    out.reserve(count);
    while (out.size() < count) out.push_back(random_op(rng, shape));
    return out;
}

OwnedOp put(std::string key, Timestamp stamp, Bytes value, std::uint64_t ttl_ms) {
    OwnedOp op;
    op.map = "m";
    op.key = std::move(key);
    op.stamp = std::move(stamp);
    op.value = std::move(value);
    op.ttl_ms = ttl_ms;
    return op;
}

OwnedOp remove(std::string key, Timestamp stamp) {
    auto op = put(std::move(key), std::move(stamp), {});
    op.kind = OpKind::remove;
    return op;
}

OwnedOp or_add(std::string key, Timestamp stamp, Bytes value, std::uint64_t ttl_ms) {
    auto op = put(std::move(key), std::move(stamp), std::move(value), ttl_ms);
    op.kind = OpKind::or_add;
    op.tag = format_stamp(op.stamp.view());
    return op;
}

OwnedOp or_remove(std::string tag) {
    OwnedOp op;
    op.map = "m";
    op.kind = OpKind::or_remove;
    op.tag = std::move(tag);
    return op;
}

OwnedOp counter(std::string node, double positive, double negative) {
    OwnedOp op;
    op.map = "m";
    op.kind = OpKind::counter;
    op.key = std::move(node);
    encode_counter_entry(positive, negative, op.value);
    return op;
}

void apply_all(Replica& replica, const std::vector<OwnedOp>& ops) {
    for (const auto& op : ops) (void)must(replica.apply(op.view()));
}

Replica replica_of(const std::vector<OwnedOp>& ops, TieRule ties) {
    Replica replica(ties);
    apply_all(replica, ops);
    return replica;
}

std::string line_of(const Row& row) {
    const auto shown = [](std::string_view text) {
        const bool plain =
            std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
        return plain ? "'" + std::string(text) + "'" : "x" + to_hex(text);
    };
    if (row.removed) return "removed " + shown(row.tag);
    std::string line = std::to_string(row.key_hash) + " " + shown(row.key);
    if (!row.tag.empty()) line += " tag " + shown(row.tag);
    line += " at " + format_stamp(row.stamp);
    if (row.ttl_ms != kNoTtl) line += " ttl " + std::to_string(row.ttl_ms);
    return line + (row.value.empty() ? " tombstone" : " = " + to_hex(row.value));
}

std::vector<std::string> lines_of(RowCursor& cursor) {
    std::vector<std::string> out;
    must(for_each_row(cursor, [&out](const Row& row) { out.push_back(line_of(row)); }));
    return out;
}

std::vector<std::string> lines_of(const StateReader& state, const MapId& map) {
    auto out = lines_of(*must(state.removed_tags(map)));
    const auto rows = lines_of(*must(state.StateReader::rows(map)));
    out.insert(out.end(), rows.begin(), rows.end());
    return out;
}

std::vector<std::string> lines_of(const StateReader& state) {
    std::vector<std::string> out;
    for (const auto& map : state.maps()) {
        out.push_back("map '" + map.name + "' " + std::string(map_kind_name(map.kind)));
        const auto rows = lines_of(state, map);
        out.insert(out.end(), rows.begin(), rows.end());
    }
    return out;
}

std::vector<std::string> lines_of(Replica& replica) {
    return lines_of(*read_replica(replica));
}

}  // namespace topgun::test
