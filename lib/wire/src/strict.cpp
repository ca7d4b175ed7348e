// SPDX-License-Identifier: Apache-2.0
// Says where a frame stops being what the encoder would have written.
#include <algorithm>
#include <vector>

#include "decoder.hpp"

namespace topgun::wire::detail {
namespace {

using msgpack::Kind;
using msgpack::Reader;
using msgpack::Token;

constexpr std::size_t kShownBytes = 9;

// An open container on the way to the byte that is looked for.
struct Level {
    bool is_map = false;
    std::uint64_t left = 0;  // tokens at this level still to come
    std::size_t index = 0;   // elements or pairs begun
    std::string_view key{};
    bool key_next = false;
};

struct Place {
    std::size_t begin = 0;  // of the token
    std::size_t end = 0;
    std::string path{};
};

std::string path_of(const std::vector<Level>& levels) {
    std::vector<Step> steps;
    steps.reserve(levels.size());  // steps point to each other
    for (const auto& level : levels) {
        const auto* const parent = steps.empty() ? nullptr : &steps.back();
        if (!level.is_map) {
            steps.push_back({parent, Step::Kind::index, {}, level.index - 1});
        } else if (level.key_next && level.index > 0) {  // inside a value, the next token is a key
            steps.push_back({parent, Step::Kind::name, level.key.substr(0, 48)});
        }
    }
    return path_text(steps.empty() ? nullptr : &steps.back());
}

// The token that holds byte `offset`. @pre check_frame() found nothing wrong; offset < size.
Place locate(BytesView frame, std::size_t offset) {
    Reader reader(frame);
    std::vector<Level> levels;
    Place place;
    Token token;
    do {
        while (!levels.empty() && levels.back().left == 0) levels.pop_back();
        bool is_key = false;
        if (!levels.empty()) {
            auto& level = levels.back();
            --level.left;
            is_key = level.is_map && level.key_next;
            if (is_key || !level.is_map) ++level.index;
            level.key_next = level.is_map && !is_key;
        }
        place.begin = reader.position();
        if (!reader.next(token)) break;
        place.end = reader.position();
        if (is_key) levels.back().key = token.kind == Kind::string ? token.bytes : BytesView("?");
        if (place.end > offset) break;
        if (token.kind == Kind::array || token.kind == Kind::map) {
            const bool is_map = token.kind == Kind::map;
            levels.push_back(
                {is_map, std::uint64_t{token.count} * (is_map ? 2 : 1), 0, {}, is_map});
        }
    } while (!reader.at_end());
    place.path = path_of(levels);
    return place;
}

std::string hex(BytesView bytes, std::size_t from) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (const char c : bytes.substr(std::min(from, bytes.size()), kShownBytes)) {
        out += kDigits[static_cast<unsigned char>(c) >> 4];
        out += kDigits[static_cast<unsigned char>(c) & 15];
    }
    return out.empty() ? "nothing" : out;
}

}  // namespace

Status require_canonical(BytesView frame, BytesView canonical) {
    const auto apart =
        std::mismatch(frame.begin(), frame.end(), canonical.begin(), canonical.end());
    if (apart.first == frame.end() && apart.second == canonical.end()) return {};
    const auto offset = static_cast<std::size_t>(apart.first - frame.begin());
    const auto place = locate(frame, offset);
    auto text = "byte " + std::to_string(place.begin) + ": ";
    if (!place.path.empty()) text += place.path + ": ";
    text += "not canonical: " + hex(frame.substr(0, place.end), place.begin) +
            " stands where the encoder writes " + hex(canonical, place.begin);
    return Error(Errc::bad_input, std::move(text));
}

}  // namespace topgun::wire::detail
