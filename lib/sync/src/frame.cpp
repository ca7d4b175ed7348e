// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/frame.hpp"

#include "topgun/value/msgpack.hpp"
#include "topgun/wire/codec.hpp"

namespace topgun::sync {
namespace {

// Peers write the type first. Of others the connection finds out itself.
bool begins_as_ops(BytesView frame) {
    msgpack::Reader reader(frame);
    std::uint32_t pairs = 0;
    std::string_view name, type;
    if (!reader.read_map(pairs) || !reader.read_string(name) || !reader.read_string(type)) {
        return false;
    }
    return name == "type" &&
           (type == wire::ClientOpBatch::kType.name || type == wire::ClientOp::kType.name);
}

}  // namespace

Frame::Frame(Bytes bytes) : content_(std::make_unique<Content>()) {
    content_->bytes = std::move(bytes);
    content_->memory = content_->bytes.size();
    if (content_->bytes.size() > kReadAhead || !begins_as_ops(content_->bytes)) return;
    wire::ClientOps ops;
    wire::DecodeOptions options;
    options.ops = &ops;
    const auto message = wire::decode(content_->bytes, options);
    // It may have another type all the same: of two the last counts.
    if (!message || !wire::carries_ops(*message)) return;
    content_->memory += ops.ops.capacity() * sizeof(wire::ClientOpView);
    for (const auto& held : ops.held) content_->memory += held.capacity();
    content_->ops.emplace(std::move(ops));
}

}  // namespace topgun::sync
