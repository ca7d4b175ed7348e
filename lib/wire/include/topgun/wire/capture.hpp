// SPDX-License-Identifier: Apache-2.0
// State out of captured traffic: every wire message that carries records, in every framing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/wire/op.hpp"

namespace topgun::wire {

/// What a capture held.
struct CaptureCounts {
    std::uint64_t messages = 0;   ///< Messages read whole, BATCH and those inside it included.
    std::uint64_t ops = 0;        ///< Records, removals and counter entries taken from them.
    std::uint64_t stateless = 0;  ///< Messages that carry no records, such as PING or QUERY_SUB.
    std::uint64_t damaged = 0;    ///< Messages or stretches that could not be read.
    std::uint64_t unstamped = 0;  ///< Removals without a timestamp, which cannot be merged.
    /// Messages by type; "HTTP" and "op" for those without, "(other)" beyond 256 different ones.
    std::map<std::string, std::uint64_t> types;
};

/// Reads messages that stand one after the other: as sent (OP_BATCH, CLIENT_OP, events, Merkle
/// leaves, OR entries, counters), inside BATCH in either direction's layout, HTTP sync bodies of
/// both directions, bare ops, and arrays of any of these.
/// Cost: O(bytes), one pass; damage costs more, but never above a small multiple of the bytes.
/// Threads: one owner.
class TOPGUN_API CaptureReader {
public:
    /// @param data  must outlive the reader and the ops that it yields.
    explicit CaptureReader(BytesView data) : data_(data) {}

    /// Adds the ops of the next message to `batch`. False at the end.
    /// Errors: bad_input or limit, with the offset and the message's type. After an error the
    /// reader stands behind the damage, at the next thing that looks like a message, so that a
    /// caller may note the error and go on; `batch` keeps the ops that stood before the damage.
    Result<bool> next(OpBatch& batch);

    const CaptureCounts& counts() const noexcept { return counts_; }
    std::uint64_t position() const noexcept { return at_; }

private:
    struct Spans;
    bool message(msgpack::Reader& reader, OpBatch& batch, unsigned depth);
    bool straight(msgpack::Reader& reader, OpBatch& batch);
    bool array(msgpack::Reader& reader, OpBatch& batch, unsigned depth);
    bool untyped(const Spans& spans, const msgpack::Reader& reader, OpBatch& batch);
    bool typed(const Spans& spans, std::string_view type, const msgpack::Reader& reader,
               OpBatch& batch, unsigned depth);
    bool batch_frames(BytesView data, std::uint64_t offset, OpBatch& batch, unsigned depth);
    bool fail(Errc code, std::string detail);
    bool refuse(const msgpack::Reader& reader, const char* expected);
    static std::string printable(std::string_view type);
    void count_message(const std::string& type);
    void step_over(std::size_t start);
    void resynchronise(std::size_t from);

    BytesView data_;
    std::size_t at_ = 0;
    std::uint64_t effort_ = 0;  // bytes scanned in vain
    CaptureCounts counts_;
    std::string type_;  // of the message being read, for errors
    Errc code_ = Errc::bad_input;
    std::string detail_;
};

/// Takes the frames out of a BATCH's data: little-endian with a count, as servers send it, or
/// big-endian without, as clients would. Errors: bad_input when neither layout fits exactly.
TOPGUN_API Result<std::vector<BytesView>> split_batch(BytesView data);

}  // namespace topgun::wire
