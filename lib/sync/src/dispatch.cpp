// SPDX-License-Identifier: Apache-2.0
// A frame's way to what serves it, and what becomes of one that nothing serves.
#include <algorithm>

#include "refusals.hpp"
#include "send.hpp"
#include "services.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/wire/batch.hpp"

namespace topgun::sync {
namespace {

// How many frames a batch announces, counted without keeping any: a rate is charged before work is
// done, and batches of hundreds of thousands of empty frames exist.
std::uint64_t count_frames(BytesView data) {
    std::uint64_t frames = 0;
    while (data.size() >= 4) {
        const std::size_t size = load_be<std::uint32_t>(data.data());
        data.remove_prefix(4);
        if (size > data.size()) break;
        data.remove_prefix(size);
        ++frames;
    }
    return frames;
}

// Of a frame that cannot be read to its end, as long as its type comes first, as all peers have it.
std::string_view first_type(BytesView frame) {
    msgpack::Reader reader(frame);
    std::uint32_t pairs = 0;
    std::string_view name, type;
    if (!reader.read_map(pairs) || !reader.read_string(name) || name != "type") return {};
    return reader.read_string(type) ? type : std::string_view();
}

}  // namespace

// Counts a message, and says whether it may be served. Closes the connection where it may not.
bool Connection::admit(BytesView frame) {
    auto& counters = hub_.counters_;
    ++counters.frames_in;
    counters.bytes_in += frame.size();
    if (frame.size() > hub_.options().limits.message_bytes) {
        close(CloseCode::too_big, "message too big");
        return false;
    }
    // May fall below zero: the frame is served all the same, and the host reads no further. Dropped
    // ops would stay in a client's queue until its next write.
    --tokens_;
    return true;
}

Status Connection::receive(BytesView frame) {
    if (closing_) return Error(Errc::usage, "connection is closed");
    if (!admit(frame)) return {};
    if (!kept_.empty()) return keep(frame);
    handle(frame, false);
    hub_.settle();
    return {};
}

// Behind the rest of a batch.
Status Connection::keep(BytesView frame) {
    kept_.push_back({Bytes(frame), false});
    return {};
}

Status Connection::receive(const Frame& frame) {
    if (frame.ops() == nullptr) return receive(frame.bytes());
    if (closing_) return Error(Errc::usage, "connection is closed");
    if (!admit(frame.bytes())) return {};
    if (!kept_.empty()) return keep(frame.bytes());
    take(*frame.ops());
    hub_.settle();
    return {};
}

void Connection::take(const wire::ClientOps& ops) {
    if (authenticated_)
        write(ops);
    else
        ++hub_.counters_.ignored;
}

void Connection::handle(BytesView frame, bool in_batch) {
    auto& counters = hub_.counters_;
    wire::ClientOps ops;
    wire::DecodeOptions options;
    options.ops = &ops;
    auto decoded = wire::decode(frame, options);
    if (!decoded) return handle_malformed(frame, decoded.error());
    if (wire::carries_ops(*decoded)) return take(ops);
    if (!authenticated_ && !std::holds_alternative<wire::Auth>(*decoded)) {
        ++counters.ignored;
        return;
    }
    std::visit(
        [&]<typename T>(const T& message) {
            if constexpr (std::is_same_v<T, wire::UnknownMessage>) {
                ++counters.unknown;
            } else if constexpr (std::is_same_v<T, wire::Batch>) {
                // A batch in a batch could multiply work without end.
                if (!in_batch) return on(message);
                ++counters.ignored;
                send_error(400, "a BATCH within a BATCH is not served");
            } else if constexpr (requires { this->on(message); }) {
                on(message);
            } else if constexpr (kServed<T>) {
                hub_.services_->serve(*this, message);
            } else {
                const auto head = wire::peek(frame);
                const auto type = T::kType.name;
                const auto id = head && head->request_id ? *head->request_id : std::string_view();
                handle_unserved(type, id, "not implemented: " + std::string(type), 501);
            }
        },
        *decoded);
}

// A frame that is no message at all is dropped and counted, as TopGun's server does. One of a known
// type is answered: whoever sent it waits.
void Connection::handle_malformed(BytesView frame, const Error& error) {
    const auto head = wire::peek(frame);
    if (!head) {
        ++hub_.counters_.unreadable;
        // Nested too deeply for anybody to read, but well begun: who sent it waits.
        const auto type = first_type(frame);
        if (!authenticated_ || error.code() != Errc::limit) return;
        if (unserved_kind(type) == Unserved::ignore) return;
        return handle_unserved(type, "", error.text(), 400);
    }
    ++hub_.counters_.malformed;
    if (!authenticated_) return;
    if (head->type == "OP_BATCH" && salvage_ops(frame, true)) return;
    if (head->type == "CLIENT_OP" && salvage_ops(frame, false)) return;
    // An AUTH without a token can only come after the real one here.
    if (head->type == "AUTH") return;
    handle_unserved(head->type, head->request_id.value_or(""), error.text(), 400);
}

void Connection::handle_unserved(std::string_view type, std::string_view request_id,
                                 std::string error, std::uint32_t code) {
    const auto kind = unserved_kind(type);
    if (kind == Unserved::ignore) {
        ++hub_.counters_.ignored;
        return;
    }
    if (code == 501) ++hub_.counters_.unserved;
    // An id that is no text comes from a frame that was not decoded, and cannot be repeated.
    if (kind == Unserved::error || (kind == Unserved::answer && !is_utf8(request_id))) {
        return send_error(code, std::move(error));
    }
    if (kind == Unserved::silent) return;
    std::optional<std::string> word;
    if (code == 501) word = "FEATURE_DISABLED";
    if (code == 501 && type == "SQL_QUERY") error = "SQL is not available on this endpoint";
    const auto answer =
        unserved_answer(type, std::string(request_id), std::move(error), std::move(word));
    Bytes out;
    wire::encode(answer, out);
    send_frame(out);
}

bool Connection::charge_batch(BytesView data) {
    const auto burst = static_cast<std::int64_t>(hub_.options().limits.burst_frames);
    // A batch larger than the bucket could never be sent otherwise; it empties a full one.
    const auto cost = std::min<std::int64_t>(
        static_cast<std::int64_t>(std::min<std::uint64_t>(count_frames(data), 1u << 30)), burst);
    // The frame that carries the batch has cost one already.
    if (tokens_ + 1 < cost) {
        ++hub_.counters_.rate_limited;
        send_error(429, "rate limit exceeded, slow down");
        return false;
    }
    tokens_ -= std::max<std::int64_t>(cost - 1, 0);
    return true;
}

void Connection::on(const wire::Batch& message) {
    if (!charge_batch(message.data.bytes)) return;
    const auto batch = wire::unpack_batch(message.data.bytes, wire::BatchLayout::to_server);
    if (!batch) {
        if (batch.error().code() == Errc::limit) {
            return send_error(413, "batch exceeds maximum inner item count");
        }
        return send_error(400, batch.error().text());
    }
    // Behind what a frame of it leaves to be done, before what came after the batch.
    std::vector<Kept> rest;
    const auto behind = kept_.size();
    for (const auto frame : batch->frames) {
        if (closing_) return;
        if (rest.empty() && kept_.size() == behind && has_room())
            handle(frame, true);
        else
            rest.push_back({Bytes(frame), true});
    }
    const auto at = kept_.end() - static_cast<std::ptrdiff_t>(behind);
    kept_.insert(at, std::move_iterator(rest.begin()), std::move_iterator(rest.end()));
    if (!batch->complete) ++hub_.counters_.malformed;
}

}  // namespace topgun::sync
