// SPDX-License-Identifier: Apache-2.0
// The outside of a frame: limits, `type`, and where the fields are; then decode() and peek().
#include "decoder.hpp"
#include "topgun/wire/codec.hpp"

namespace topgun::wire {
namespace detail {
namespace {

using msgpack::Fault;
using msgpack::Kind;
using msgpack::Reader;
using msgpack::Token;

Error extension_error(std::size_t at, int type) {
    return Error(Errc::bad_input, "byte " + std::to_string(at) + ": found an extension of type " +
                                      std::to_string(type) + ", which the protocol does not have");
}

bool is_undefined(const Token& token) {
    return token.extension_type == 0 && token.bytes == BytesView("\0", 1);
}

// Goes past one value that stands inside `depth` containers. Extensions are refused even in fields
// that nobody reads: TypeScript clients would drop the whole frame.
Status check_value(Reader& reader, std::size_t depth) {
    std::uint64_t pending[msgpack::kMaxDepth + 1];
    const auto base = depth;
    pending[depth] = 1;
    Token token;
    for (;;) {
        if (pending[depth] == 0) {
            if (depth == base) return {};
            --depth;
            continue;
        }
        --pending[depth];
        const auto at = reader.position();
        if (!reader.next(token)) return reader.error();
        if (token.kind == Kind::extension && !is_undefined(token)) {
            return extension_error(at, token.extension_type);
        }
        if ((token.kind != Kind::array && token.kind != Kind::map) || token.count == 0) continue;
        if (depth == msgpack::kMaxDepth) {
            reader.fail(Fault::too_deep);
            return reader.error();
        }
        pending[++depth] = token.kind == Kind::map ? std::uint64_t{token.count} * 2 : token.count;
    }
}

// The pairs of the outermost map, noting where the deciding ones stand; the last of each counts.
Status check_pairs(Reader& reader, BytesView frame, std::uint32_t pairs, FrameScan& scan) {
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view name;
        if (!reader.at_end() && reader.peek() == Kind::string) {
            if (!reader.read_string(name)) return reader.error();
        } else {
            TOPGUN_TRY(check_value(reader, 1));
        }
        const auto at = reader.position();
        TOPGUN_TRY(check_value(reader, 1));
        if (name == "type") {
            scan.type_at = at;
            scan.type.reset();
            Reader value(frame.substr(at));
            std::string_view text;
            if (value.read_string(text)) scan.type = text;
        } else if (name == "payload") {
            scan.payload = at;
        } else if (name == "event") {
            scan.event = at;
        }
    }
    return {};
}

}  // namespace

Status check_frame(BytesView frame, FrameScan& scan) {
    Reader reader(frame);
    std::uint32_t pairs = 0;
    if (!reader.read_map(pairs)) return reader.error("a map");
    TOPGUN_TRY(check_pairs(reader, frame, pairs, scan));
    if (!reader.at_end()) {
        reader.fail(Fault::trailing);
        return reader.error();
    }
    return {};
}

namespace {

// Reads the fields of a message, as `type` describes them, out of a frame that passed
// check_frame().
bool read_body(Decoder& decoder, const FrameScan& scan, Shape shape, const Type& type, void* body) {
    if (shape == Shape::flat) {
        std::uint32_t pairs = 0;
        decoder.reader().read_map(pairs);
        return decoder.fields(type, body, pairs, 0, nullptr, "type");
    }
    const Step step{nullptr, Step::Kind::name, shape == Shape::event ? "event" : "payload"};
    const auto at = shape == Shape::event ? scan.event : scan.payload;
    if (at) decoder.seek(*at);
    if (shape == Shape::optional_payload && (!at || decoder.next_is_nil())) return true;
    if (!at) return decoder.missing(0, step);
    return decoder.value(type, body, &step);
}

// The same, with the ops of clients as views where they are wanted so.
bool read_known(Decoder& decoder, const FrameScan& scan, std::size_t index, ClientOps* ops,
                void* body) {
    const auto& [head, type] = entry(index);
    if (ops != nullptr && index == kMessageIndex<ClientOpBatch>) {
        return read_body(decoder, scan, head.shape, Describe<ClientOps>::info, ops);
    }
    if (ops != nullptr && index == kMessageIndex<ClientOp>) {
        auto& op = ops->ops.emplace_back();
        const auto& view = Describe<ClientOpView>::info;
        if (!read_body(decoder, scan, head.shape, view, &op)) return false;
        ops->write_concern = op.write_concern;
        return true;
    }
    return read_body(decoder, scan, head.shape, *type, body);
}

Status read_message(BytesView frame, FrameScan& scan, const DecodeOptions& options, Message& out) {
    TOPGUN_ASSERT(!options.strict || options.ops == nullptr, "views cannot be encoded again");
    if (options.ops != nullptr) *options.ops = {};
    TOPGUN_TRY(check_frame(frame, scan));
    if (!scan.type_at) return Error(Errc::bad_input, "byte 0: type: the field is missing");
    Decoder decoder(frame, options.ops != nullptr ? &options.ops->held : nullptr);
    if (!scan.type) {
        const Step step{nullptr, Step::Kind::name, "type"};
        std::string text;
        decoder.seek(*scan.type_at);
        decoder.value(Describe<std::string>::info, &text, &step);  // fails: it is no string
        return decoder.take_error();
    }
    const auto index = find_message_type(*scan.type);
    if (index == kMessageTypes) {
        out = UnknownMessage{std::string(*scan.type), Bytes(frame)};
        return {};
    }
    if (!read_known(decoder, scan, index, options.ops, emplace(out, index))) {
        return decoder.take_error();
    }
    return options.strict ? require_canonical(frame, encoded(out)) : Status();
}

template <typename Body>
Result<Body> read_http(BytesView bytes, const DecodeOptions& options, const char* what) {
    Body body;
    const auto read = [&]() -> Status {
        FrameScan scan;
        TOPGUN_TRY(check_frame(bytes, scan));
        Decoder decoder(bytes);
        if (!decoder.value(Describe<Body>::info, &body, nullptr)) return decoder.take_error();
        return options.strict ? require_canonical(bytes, encoded(body)) : Status();
    };
    auto status = read();
    if (!status) return std::move(status).error().within(what);
    return body;
}

// The id under which a reply would be awaited, among the pairs of the map at `reader`.
std::optional<std::string_view> find_request_id(Reader reader) {
    static constexpr std::string_view kNames[] = {"requestId", "queryId", "subscriptionId", "id"};
    std::optional<std::string_view> found[std::size(kNames)];
    std::uint32_t pairs = 0;
    if (!reader.read_map(pairs)) return std::nullopt;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view name, text;
        if (reader.peek() == Kind::string)
            reader.read_string(name);
        else
            reader.skip();
        const bool is_text = reader.peek() == Kind::string;
        if (is_text)
            reader.read_string(text);
        else
            reader.skip();
        for (std::size_t k = 0; k < std::size(kNames); ++k) {
            if (is_text && name == kNames[k]) found[k] = text;
        }
    }
    for (const auto& id : found) {
        if (id) return id;
    }
    return std::nullopt;
}

}  // namespace
}  // namespace detail

Result<Message> decode(BytesView frame, const DecodeOptions& options) {
    Message message;
    detail::FrameScan scan;
    auto status = detail::read_message(frame, scan, options, message);
    if (status) return message;
    auto error = std::move(status).error();
    // Named only when it is a type of ours: an unknown one may be any text.
    if (scan.type && find_message_type(*scan.type) != kMessageTypes) {
        return std::move(error).within(std::string(*scan.type));
    }
    return error;
}

Result<FrameHead> peek(BytesView frame) {
    detail::FrameScan scan;
    auto status = detail::check_frame(frame, scan);
    if (!status) return std::move(status).error();
    if (!scan.type) return Error(Errc::bad_input, "the frame has no `type` that is a string");
    FrameHead head{*scan.type, detail::find_request_id(msgpack::Reader(frame))};
    if (!head.request_id && scan.payload) {
        head.request_id = detail::find_request_id(msgpack::Reader(frame.substr(*scan.payload)));
    }
    return head;
}

Result<HttpSyncRequest> decode_http_sync_request(BytesView body, const DecodeOptions& options) {
    if (body.empty()) return HttpSyncRequest{};
    return detail::read_http<HttpSyncRequest>(body, options, "HTTP sync request");
}

Result<HttpSyncResponse> decode_http_sync_response(BytesView body, const DecodeOptions& options) {
    return detail::read_http<HttpSyncResponse>(body, options, "HTTP sync response");
}

}  // namespace topgun::wire
