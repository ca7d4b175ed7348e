// SPDX-License-Identifier: Apache-2.0
// Writes of a connection: CLIENT_OP and OP_BATCH, and their acknowledgement.
#include <algorithm>

#include "gate.hpp"
#include "names.hpp"
#include "send.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::sync {
namespace {

// The value of a field in a well-formed map, or nothing.
std::optional<BytesView> find_field(BytesView map, std::string_view wanted) {
    msgpack::Reader reader(map);
    std::uint32_t pairs = 0;
    if (!reader.read_map(pairs)) return std::nullopt;
    std::optional<BytesView> found;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        BytesView key, value;
        if (!reader.skip(key) || !reader.skip(value)) return std::nullopt;
        std::string_view name;
        // Of equal keys the last counts, as in decode().
        if (msgpack::Reader(key).read_string(name) && name == wanted) found = value;
    }
    return found;
}

// One op by itself: what decode() refuses in a batch need not cost the others.
IncomingOp read_alone(BytesView op) {
    Bytes frame;
    msgpack::Writer writer(frame);
    writer.map(2);
    writer.string("type");
    writer.string("CLIENT_OP");
    writer.string("payload");
    writer.raw(op);
    auto decoded = wire::decode(frame);
    if (decoded) return {std::get<wire::ClientOp>(std::move(*decoded)), {}};
    IncomingOp out{{}, decoded.error().text()};
    const auto id = find_field(op, "id");
    std::string_view text;
    if (id && msgpack::Reader(*id).read_string(text) && is_utf8(text)) {
        out.op.id = std::string(text);
    }
    return out;
}

}  // namespace

// True when the ops of a frame that decode() refused could be told apart. One that a client can
// never get rid of would otherwise keep its whole queue from being taken, for ever.
bool Connection::salvage_ops(BytesView frame, bool batch) {
    const auto payload = find_field(frame, "payload");
    if (!payload) return false;
    std::vector<IncomingOp> ops;
    std::optional<wire::WriteConcern> concern;
    if (!batch) {
        ops.push_back(read_alone(*payload));
    } else {
        const auto list = find_field(*payload, "ops");
        if (!list) return false;
        msgpack::Reader reader(*list);
        std::uint32_t count = 0;
        if (!reader.read_array(count)) return false;
        for (std::uint32_t i = 0; i < count; ++i) {
            BytesView op;
            if (!reader.skip(op)) return false;
            ops.push_back(read_alone(op));
        }
        std::string_view word;
        const auto wanted = find_field(*payload, "writeConcern");
        if (wanted && msgpack::Reader(*wanted).read_string(word)) {
            concern = wire::from_word<wire::WriteConcern>(word);
        }
    }
    write(std::move(ops), concern);
    return true;
}

void Connection::on(const wire::ClientOp& message) {
    std::vector<IncomingOp> ops;
    ops.push_back({message, {}});
    write(std::move(ops), message.write_concern);
}

void Connection::on(const wire::ClientOpBatch& message) {
    std::vector<IncomingOp> ops;
    ops.reserve(message.ops.size());
    for (const auto& op : message.ops) ops.push_back({op, {}});
    write(std::move(ops), message.write_concern);
}

void Connection::write(std::vector<IncomingOp> ops, std::optional<wire::WriteConcern> concern) {
    // Maps that this connection touches for the first time and that hold something already.
    std::vector<MapId> met;
    for (const auto& in : ops) {
        if (!in.fault.empty() || name_fault(in.op.map_name) || maps_.contains(in.op.map_name)) {
            continue;
        }
        const MapId lww{in.op.map_name, MapKind::lww}, ormap{in.op.map_name, MapKind::or_map};
        if (hub_.gate_->closed() && !hub_.gate_->may_read_partly(lww, context_)) continue;
        if (!follow(in.op.map_name)) continue;
        for (const auto& id : {lww, ormap}) {
            if (current_trie(hub_.maps().shared(), id).root() != 0) met.push_back(id);
        }
    }
    auto written = hub_.write(ops, context_, id_);
    if (!written) {
        ++hub_.counters_.storage_failures;
        return send_error(500, "not stored: " + written.error().message());
    }
    for (const auto& id : met) announce(id.name, id.kind);
    // No acknowledgement, so that the client keeps its ops: it was asked for.
    if (!written->denied.empty()) return send_error(403, written->denied);

    auto replies = std::move(written->echoes);
    wire::OpAck ack;
    ack.last_id = ops.empty() ? "0" : ops.back().op.id.value_or("0");
    ack.achieved_level = hub_.options().acknowledges;
    const bool per_op = concern || std::any_of(ops.begin(), ops.end(), [](const IncomingOp& in) {
                            return in.op.write_concern.has_value();
                        });
    if (per_op) {
        ack.results.emplace();
        for (const auto& in : ops) {
            ack.results->push_back({in.op.id.value_or("0"), true, *ack.achieved_level, {}});
        }
    }
    for (const auto& rejection : written->rejections) {
        const auto id = ops[rejection.index].op.id.value_or("0");
        replies.push_back(wire::encoded(wire::OpRejected{id, rejection.reason, rejection.code}));
        if (!per_op) continue;
        (*ack.results)[rejection.index] = {id, false, wire::WriteConcern::fire_and_forget,
                                           rejection.reason};
    }
    // Covers the refused ones, too: otherwise the client would send them for ever.
    replies.push_back(wire::encoded(ack));
    hub_.reply_when_durable(written->sequence, id_, std::move(replies));
}

}  // namespace topgun::sync
