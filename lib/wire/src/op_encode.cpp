// SPDX-License-Identifier: Apache-2.0
// Writes ops, and knows which of them a reader finds as they were.
#include "topgun/base/utf.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/wire/op.hpp"

namespace topgun::wire {

using msgpack::Writer;

namespace {

void write_stamp(Writer& writer, const Stamp& stamp) {
    writer.map(3);
    writer.string("millis");
    writer.unsigned_integer(stamp.millis);
    writer.string("counter");
    writer.unsigned_integer(stamp.counter);
    writer.string("nodeId");
    writer.string(stamp.node);
}

void write_record(Writer& writer, const Op& op) {
    const bool tagged = op.kind == OpKind::or_add;
    // Nothing expires in a tombstone; the reference never gives it a time to live.
    const bool has_ttl = op.ttl_ms != kNoTtl && op.kind != OpKind::remove;
    writer.map(2u + (tagged ? 1 : 0) + (has_ttl ? 1 : 0));
    writer.string("value");
    if (op.value.empty())
        writer.nil();
    else
        writer.raw(op.value);
    writer.string("timestamp");
    write_stamp(writer, op.stamp);
    if (tagged) {
        writer.string("tag");
        writer.string(op.tag);
    }
    if (has_ttl) {
        writer.string("ttlMs");
        writer.unsigned_integer(op.ttl_ms);
    }
}

}  // namespace

void encode_op(const Op& op, Bytes& out) {
    Writer writer(out);
    const bool has_time = op.kind == OpKind::or_remove && !(op.stamp == Stamp{});
    writer.map(4u + (op.id.empty() ? 0 : 1) + (has_time ? 1 : 0));
    if (!op.id.empty()) {
        writer.string("id");
        writer.string(op.id);
    }
    writer.string("mapName");
    writer.string(op.map);
    writer.string("key");
    writer.string(op.key);
    writer.string("opType");
    writer.string(op_kind_name(op.kind));
    switch (op.kind) {
        case OpKind::put:
        case OpKind::remove:
            writer.string("record");
            write_record(writer, op);
            break;
        case OpKind::or_add:
            writer.string("orRecord");
            write_record(writer, op);
            break;
        case OpKind::or_remove:
            writer.string("orTag");
            writer.string(op.tag);
            break;
        case OpKind::counter:
            writer.string("counter");
            writer.raw(op.value);
            break;
    }
    if (has_time) {
        writer.string("timestamp");
        write_stamp(writer, op.stamp);
    }
}

bool reads_back(const Op& op) {
    for (const auto text : {op.map, op.key, op.id, op.stamp.node, op.tag}) {
        if (!is_utf8(text)) return false;
    }
    const bool lasts = op.ttl_ms == kNoTtl;
    if (op.stamp.millis > kMaxMillis || (!lasts && op.ttl_ms > kMaxMillis)) return false;
    switch (op.kind) {
        case OpKind::put:
            // One that puts nil is a removal.
            return op.tag.empty() && op.value != "\xc0" && is_canonical(op.value);
        case OpKind::remove: return op.tag.empty() && op.value.empty() && lasts;
        case OpKind::or_add: return !op.tag.empty() && is_canonical(op.value);
        case OpKind::or_remove: return !op.tag.empty() && op.value.empty() && lasts;
        case OpKind::counter: return false;
    }
    return false;
}

}  // namespace topgun::wire
