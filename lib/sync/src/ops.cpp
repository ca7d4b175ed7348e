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

// Ops read one by one: what decode() refuses in a batch need not cost the others.
class SingleOps {
public:
    void add(BytesView op) {
        // In a list, where neither moves: the ops are views of both.
        auto& frame = frames_.emplace_back();
        msgpack::Writer writer(frame);
        writer.map(2);
        writer.string("type");
        writer.string(wire::ClientOp::kType.name);
        writer.string("payload");
        writer.raw(op);
        wire::DecodeOptions options;
        options.ops = &read_.emplace_back();
        const auto decoded = wire::decode(frame, options);
        if (decoded) {
            all_.ops.push_back(options.ops->ops.front());
            return;
        }
        faults_.emplace(all_.ops.size(), decoded.error().text());
        auto& broken = all_.ops.emplace_back();
        const auto id = find_field(op, "id");
        std::string_view text;
        if (id && msgpack::Reader(*id).read_string(text) && is_utf8(text)) broken.id = text;
    }

    wire::ClientOps& all() { return all_; }
    const OpFaults& faults() const { return faults_; }

private:
    std::deque<Bytes> frames_;
    std::deque<wire::ClientOps> read_;
    wire::ClientOps all_;
    OpFaults faults_;
};

}  // namespace

// True when the ops of a frame that decode() refused could be told apart. One that a client can
// never get rid of would otherwise keep its whole queue from being taken, for ever.
bool Connection::salvage_ops(BytesView frame, bool batch) {
    const auto payload = find_field(frame, "payload");
    if (!payload) return false;
    SingleOps ops;
    if (!batch) {
        ops.add(*payload);
    } else {
        const auto list = find_field(*payload, "ops");
        if (!list) return false;
        msgpack::Reader reader(*list);
        std::uint32_t count = 0;
        if (!reader.read_array(count)) return false;
        for (std::uint32_t i = 0; i < count; ++i) {
            BytesView op;
            if (!reader.skip(op)) return false;
            ops.add(op);
        }
        std::string_view word;
        const auto wanted = find_field(*payload, "writeConcern");
        if (wanted && msgpack::Reader(*wanted).read_string(word)) {
            ops.all().write_concern = wire::from_word<wire::WriteConcern>(word);
        }
    }
    write(ops.all(), ops.faults());
    return true;
}

// Writers hear of the maps that they write to.
// @param met  gets those that the connection touches for the first time and that hold something.
void Connection::follow_written(const wire::ClientOps& in, const OpFaults& faults,
                                std::vector<MapId>& met) {
    std::string_view last;  // mostly all ops of a batch are of one map
    for (std::size_t i = 0; i < in.ops.size(); ++i) {
        const auto name = in.ops[i].map_name;
        if (name == last || faults.contains(i) || name_fault(name)) continue;
        last = name;
        if (maps_.contains(name)) continue;
        const MapId lww{std::string(name), MapKind::lww}, ormap{std::string(name), MapKind::or_map};
        if (hub_.gate_->closed() && !hub_.gate_->may_read_partly(lww, context_)) continue;
        if (!follow(lww.name)) continue;
        for (const auto& id : {lww, ormap}) {
            if (current_trie(hub_.maps().shared(), id).root() != 0) met.push_back(id);
        }
    }
}

void Connection::write(const wire::ClientOps& in, const OpFaults& faults) {
    const auto& ops = in.ops;
    std::vector<MapId> met;
    follow_written(in, faults, met);
    auto written = hub_.write(ops, context_, id_, faults);
    if (!written) {
        ++hub_.counters_.storage_failures;
        return send_error(500, "not stored: " + written.error().message());
    }
    for (const auto& id : met) announce(id.name, id.kind);
    // No acknowledgement, so that the client keeps its ops: it was asked for.
    if (!written->denied.empty()) return send_error(403, written->denied);

    const auto id_of = [](const wire::ClientOpView& op) {
        return std::string(op.id.value_or("0"));
    };
    auto replies = std::move(written->echoes);
    wire::OpAck ack;
    ack.last_id = ops.empty() ? "0" : id_of(ops.back());
    ack.achieved_level = hub_.options().acknowledges;
    const bool per_op =
        in.write_concern || std::any_of(ops.begin(), ops.end(), [](const wire::ClientOpView& op) {
            return op.write_concern.has_value();
        });
    if (per_op) {
        ack.results.emplace();
        for (const auto& op : ops) {
            ack.results->push_back({id_of(op), true, *ack.achieved_level, {}});
        }
    }
    for (const auto& rejection : written->rejections) {
        const auto id = id_of(ops[rejection.index]);
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
