// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "topgun/replica/row.hpp"
#include "topgun/storage/text_formats.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/wire/codec.hpp"
#include "topgun/wire/op.hpp"

namespace topgun {
namespace {

// Servers bound the size of a message; a batch must not grow past that by large values alone.
constexpr std::size_t kMessageBytes = std::size_t{1} << 20;

// A message, its payload, the list of ops, the op and its record lie around a value.
constexpr std::size_t kContainersAround = 5;

// Peers refuse what is nested deeper than msgpack::kMaxDepth, and our own capture reader does too.
bool fits_depth(BytesView value, Bytes& scratch) {
    if (value.size() <= msgpack::kMaxDepth - kContainersAround) return true;
    scratch.assign(kContainersAround, '\x91');  // arrays of one element
    scratch += value;
    return msgpack::Reader(scratch).skip();
}

}  // namespace

OpMessageWriter::OpMessageWriter(std::function<Status(BytesView)> write, std::size_t per_message)
    : write_(std::move(write)), per_message_(per_message) {
    TOPGUN_ASSERT(per_message > 0, "a message holds at least one op");
}

Status OpMessageWriter::add(const Op& op) {
    if (op.kind == OpKind::counter) return add_counter(op);
    if (!fits_depth(op.value, scratch_)) {
        return Error(Errc::limit, "map '" + std::string(op.map.substr(0, 64)) + "', key '" +
                                      std::string(op.key.substr(0, 64)) +
                                      "': the value is nested too deep for a message");
    }
    wire::encode_op(op, ops_);
    ++ops_count_;
    if (ops_count_ < per_message_ && ops_.size() < kMessageBytes) return {};
    return flush_ops();
}

Status OpMessageWriter::flush_ops() {
    if (ops_count_ == 0) return {};
    scratch_.clear();
    msgpack::Writer writer(scratch_);
    writer.map(2);
    writer.string("type");
    writer.string("OP_BATCH");
    writer.string("payload");
    writer.map(1);
    writer.string("ops");
    writer.array(ops_count_);
    writer.raw(ops_);
    ops_.clear();
    ops_count_ = 0;
    return write_(scratch_);
}

// Entries of one counter travel together, as its state. A node's second entry begins the next
// message, because a state has room for one.
Status OpMessageWriter::add_counter(const Op& op) {
    CounterEntry entry{std::string(op.key), 0, 0};
    if (!decode_counter_entry(op.value, entry.positive, entry.negative)) {
        return Error(Errc::bad_input,
                     "counter '" + std::string(op.map.substr(0, 64)) +
                         "': expected two counts that are finite and not negative");
    }
    // Looking for the node costs a step for each entry that waits.
    constexpr std::size_t kMostEntries = 1000;
    bool full = counter_.size() >= std::min(per_message_, kMostEntries) || counter_name_ != op.map;
    for (const auto& other : counter_) full = full || other.node == entry.node;
    if (full) TOPGUN_TRY(flush_counter());
    counter_name_ = op.map;
    counter_.push_back(std::move(entry));
    return {};
}

Status OpMessageWriter::flush_counter() {
    if (counter_.empty()) return {};
    wire::CounterSync message;
    message.name = counter_name_;
    for (const auto& entry : counter_) {
        message.state.p.append(entry.node) = entry.positive;
        message.state.n.append(entry.node) = entry.negative;
    }
    message.state.p.sort();
    message.state.n.sort();
    counter_.clear();
    scratch_.clear();
    wire::encode(message, scratch_);
    return write_(scratch_);
}

Status OpMessageWriter::finish() {
    TOPGUN_TRY(flush_ops());
    return flush_counter();
}

}  // namespace topgun
