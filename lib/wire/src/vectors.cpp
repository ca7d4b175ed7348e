// SPDX-License-Identifier: Apache-2.0
#include "topgun/wire/vectors.hpp"

#include <charconv>
#include <cmath>

#include "compare.hpp"
#include "decoder.hpp"
#include "topgun/value/json.hpp"

namespace topgun::wire {
namespace {

using msgpack::Kind;
using msgpack::Reader;
using msgpack::Token;

constexpr std::string_view kRequest = "HTTP_SYNC_REQUEST";
constexpr std::string_view kResponse = "HTTP_SYNC_RESPONSE";

// Prints a checked frame as JSON in the order of its bytes.
class FrameView {
public:
    FrameView(BytesView frame, std::string& out) : reader_(frame), out_(out) {}

    void value(std::size_t indent) {
        Token token;
        if (!reader_.next(token)) return;
        switch (token.kind) {
            case Kind::boolean: out_ += token.boolean ? "true" : "false"; return;
            case Kind::integer:
                out_ +=
                    token.negative ? std::to_string(token.as_signed()) : std::to_string(token.bits);
                return;
            case Kind::real: real(token.real); return;
            case Kind::string: append_json_string(token.bytes, out_); return;
            case Kind::binary: binary(token.bytes, indent); return;
            case Kind::array: array(token.count, indent); return;
            case Kind::map: map(token.count, indent); return;
            case Kind::nil:
            case Kind::extension: out_ += "null"; return;
        }
    }

private:
    void line(std::size_t indent) {
        out_ += '\n';
        out_.append(indent * 2, ' ');
    }

    void real(double number) {
        if (!std::isfinite(number)) {
            out_ += "null";
            return;
        }
        char buffer[40];
        const auto* const end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
        const std::string_view digits(buffer, static_cast<std::size_t>(end - buffer));
        out_ += digits;
        if (digits.find_first_of(".e") == digits.npos) out_ += ".0";
    }

    void array(std::uint32_t count, std::size_t indent) {
        out_ += '[';
        for (std::uint32_t i = 0; i < count; ++i) {
            if (i > 0) out_ += ',';
            line(indent + 1);
            value(indent + 1);
        }
        if (count > 0) line(indent);
        out_ += ']';
    }

    void map(std::uint32_t count, std::size_t indent) {
        out_ += '{';
        bool first = true;
        for (std::uint32_t i = 0; i < count; ++i) {
            BytesView key;
            reader_.skip(key);
            if (is_undefined_next()) {
                reader_.skip();
                continue;
            }
            if (!first) out_ += ',';
            first = false;
            line(indent + 1);
            std::string name;
            FrameView(key, name).value(0);
            if (name.starts_with('"'))
                out_ += name;
            else
                append_json_string(name, out_);
            out_ += ": ";
            value(indent + 1);
        }
        if (!first) line(indent);
        out_ += '}';
    }

    bool is_undefined_next() const {
        return !reader_.at_end() && reader_.peek() == Kind::extension;
    }

    void binary(BytesView bytes, std::size_t indent) {
        out_ += '{';
        line(indent + 1);
        out_ += "\"type\": \"Buffer\",";
        line(indent + 1);
        out_ += "\"data\": [";
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (i > 0) out_ += ',';
            line(indent + 2);
            out_ += std::to_string(static_cast<unsigned char>(bytes[i]));
        }
        if (!bytes.empty()) line(indent + 1);
        out_ += ']';
        line(indent);
        out_ += '}';
    }

    Reader reader_;
    std::string& out_;
};

// Encodes what was decoded, decodes that again, and says whether both are the same.
template <typename Body, typename Decode, typename Same>
Status check_round_trip(const Body& body, Decode&& decode_again, Same&& are_same) {
    const auto bytes = encoded(body);
    auto again = decode_again(BytesView(bytes));
    if (!again) return std::move(again).error().within("what was encoded again");
    if (!are_same(body, *again)) {
        return Error(Errc::bad_input, "encoded and decoded again, it is another message");
    }
    if (encoded(*again) != bytes) {
        return Error(Errc::bad_input,
                     "the canonical encoding changes when it is decoded and encoded");
    }
    return {};
}

template <typename Body, Result<Body> (*kDecode)(BytesView, const DecodeOptions&)>
Status check_body(BytesView bytes, bool strict) {
    auto body = kDecode(bytes, {.strict = strict});
    if (!body) return std::move(body).error();
    return check_round_trip(
        *body, [](BytesView again) { return kDecode(again, {.strict = true}); },
        [](const Body& a, const Body& b) {
            return detail::equal(detail::Describe<Body>::info, &a, &b);
        });
}

Status check_typed(std::string_view name, BytesView bytes, bool strict, VectorCheck& check) {
    if (name.starts_with(kRequest)) {
        return check_body<HttpSyncRequest, decode_http_sync_request>(bytes, strict);
    }
    if (name.starts_with(kResponse)) {
        return check_body<HttpSyncResponse, decode_http_sync_response>(bytes, strict);
    }
    auto message = decode(bytes, {.strict = strict});
    if (!message) return std::move(message).error();
    if (const auto* unknown = std::get_if<UnknownMessage>(&*message)) {
        check.skipped = true;
        check.detail = "type " + unknown->type + " is not known; only the JSON was compared";
        return {};
    }
    return check_round_trip(
        *message, [](BytesView again) { return decode(again, {.strict = true}); }, same);
}

GeneratedVector vector_of(std::string name, Bytes frame) {
    auto json = view_frame(frame);
    TOPGUN_ASSERT(json.has_value(), "an encoded message is a frame");
    return {std::move(name), std::move(*json), std::move(frame)};
}

}  // namespace

Result<std::string> view_frame(BytesView frame) {
    detail::FrameScan scan;
    auto status = detail::check_frame(frame, scan);
    if (!status) return std::move(status).error();
    std::string out;
    FrameView(frame, out).value(0);
    out += '\n';
    return out;
}

VectorCheck verify_vector(std::string_view name, BytesView msgpack, std::string_view json,
                          bool strict) {
    VectorCheck check{std::string(name)};
    auto status = msgpack::validate(msgpack);
    if (status) {
        if (auto difference = detail::compare_with_json(msgpack, json)) {
            check.detail = std::move(*difference);
            return check;
        }
        status = check_typed(name, msgpack, strict, check);
    }
    check.ok = status.has_value();
    if (!check.ok) check.detail = status.error().text();
    return check;
}

std::vector<GeneratedVector> generate_vectors(std::uint64_t seed) {
    std::vector<GeneratedVector> out;
    Random random(seed);
    for (const auto fill : {Fill::full, Fill::minimal}) {
        const std::string_view suffix = fill == Fill::full ? "" : "__min";
        for (std::size_t i = 0; i < kMessageTypes; ++i) {
            out.push_back(vector_of(std::string(message_types()[i].name).append(suffix),
                                    encoded(example_message(i, fill, random))));
        }
        out.push_back(vector_of(std::string(kRequest).append(suffix),
                                encoded(example_http_sync_request(fill, random))));
        out.push_back(vector_of(std::string(kResponse).append(suffix),
                                encoded(example_http_sync_response(fill, random))));
    }
    return out;
}

}  // namespace topgun::wire
