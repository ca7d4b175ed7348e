// SPDX-License-Identifier: Apache-2.0
#include "topgun/query/cursor.hpp"

#include <algorithm>

#include "topgun/base/sha2.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/value/json.hpp"

namespace topgun::query {
namespace {

// version, length of the tag, binding, milliseconds; then the position and the tag.
constexpr char kVersion = 1;
constexpr std::size_t kHead = 2 + 16 + 8;
constexpr std::size_t kLongestTag = 64;

class ChecksumSigner final : public CursorSigner {
public:
    Bytes tag(BytesView bytes) const override {
        Bytes out;
        append_be(out, xxh3_64(bytes));
        return out;
    }
};

// Each value of a position must be canonical, or comparing would rest on sand.
bool is_canonical_sequence(BytesView bytes) {
    msgpack::Reader reader(bytes);
    Bytes again;
    while (!reader.at_end()) {
        if (!append_canonical(reader, again)) return false;
    }
    return again == bytes;
}

}  // namespace

CursorSigner::~CursorSigner() = default;

const CursorSigner& checksum_signer() noexcept {
    static const ChecksumSigner signer;
    return signer;
}

Hash128 cursor_binding(const MapId& map, const Query& query, NullPlacement nulls) {
    auto bound = query;
    bound.limit.reset();
    bound.offset = 0;
    bound.cursor.reset();
    Bytes bytes;
    msgpack::Writer writer(bytes);
    writer.string(map.name);
    writer.unsigned_integer(static_cast<std::uint64_t>(map.kind));
    writer.unsigned_integer(static_cast<std::uint64_t>(nulls));
    writer.raw(format_query(bound));
    return xxh3_128(bytes);
}

std::string make_cursor(const Hash128& binding, BytesView position, std::uint64_t now_ms,
                        const CursorSigner& signer) {
    const auto length = signer.tag({}).size();
    TOPGUN_ASSERT(length > 0 && length <= kLongestTag, "a signer keeps to the length of tags");
    Bytes bytes{kVersion, static_cast<char>(length)};
    append_be(bytes, binding.high);
    append_be(bytes, binding.low);
    append_be(bytes, now_ms);
    bytes += position;
    bytes += signer.tag(bytes);
    return base64url_encode(bytes);
}

CursorPosition read_cursor(std::string_view token, const Hash128& binding, const RowOrder& order,
                           std::uint64_t now_ms, std::uint64_t life_ms,
                           const CursorSigner& signer) {
    const auto decoded = base64url_decode(token);
    if (!decoded || decoded->size() < kHead || decoded->front() != kVersion) return {};
    const BytesView bytes = *decoded;
    const auto tag_length = static_cast<unsigned char>(bytes[1]);
    if (tag_length == 0 || bytes.size() < kHead + tag_length) return {};
    const auto body = bytes.substr(0, bytes.size() - tag_length);
    if (!same_secret(signer.tag(body), bytes.substr(body.size()))) return {};
    const Hash128 bound{load_be<std::uint64_t>(bytes.data() + 2),
                        load_be<std::uint64_t>(bytes.data() + 10)};
    const auto position = body.substr(kHead);
    if (bound != binding || !order.is_position(position) || !is_canonical_sequence(position)) {
        return {};
    }
    const auto made_ms = load_be<std::uint64_t>(bytes.data() + 18);
    if (life_ms != 0 && made_ms < now_ms && now_ms - made_ms > life_ms) {
        return {CursorState::expired, {}};
    }
    return {CursorState::valid, Bytes(position)};
}

}  // namespace topgun::query
