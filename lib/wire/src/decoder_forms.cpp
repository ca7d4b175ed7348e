// SPDX-License-Identifier: Apache-2.0
// Reads what peers write in more than one form: bytes, sort orders, counter states.
#include <algorithm>
#include <numeric>

#include "decoder.hpp"

namespace topgun::wire::detail {
namespace {

constexpr std::string_view kBytesExpected =
    "binary, a map from every index to a byte, or an array of bytes";

/// The index that a key of an index map stands for; nothing when it stands for none below `count`.
std::optional<std::size_t> read_index(msgpack::Reader& reader, std::size_t count) {
    msgpack::Token token;
    if (!reader.next(token)) return std::nullopt;
    std::uint64_t index = 0;
    if (token.kind == msgpack::Kind::integer && !token.negative) {
        index = token.bits;
    } else if (token.kind == msgpack::Kind::string && !token.bytes.empty() &&
               token.bytes.size() < 10) {
        for (const char c : token.bytes) {
            if (c < '0' || c > '9') return std::nullopt;
            index = index * 10 + static_cast<unsigned>(c - '0');
        }
        if (token.bytes[0] == '0' && token.bytes.size() > 1) return std::nullopt;
    } else {
        return std::nullopt;
    }
    return index < count ? std::optional(static_cast<std::size_t>(index)) : std::nullopt;
}

/// Per node the greater count of both.
TextMap<double> merged(TextMap<double> a, const TextMap<double>& b) {
    if (b.empty()) return a;
    TextMap<double> out;
    auto x = a.begin();
    auto y = b.begin();
    while (x != a.end() || y != b.end()) {
        const bool first = y == b.end() || (x != a.end() && x->key < y->key);
        const bool both = !first && x != a.end() && x->key == y->key;
        out.append(first ? x->key : y->key) = first  ? x->value
                                              : both ? std::max(x->value, y->value)
                                                     : y->value;
        x += first || both ? 1 : 0;
        y += first ? 0 : 1;
    }
    out.sort();
    return out;
}

/// Of fields named more than once, as keys of an object can be, the first place and the last
/// direction count: so JavaScript reads such an object.
void drop_twins(std::vector<SortField>& fields) {
    std::vector<std::size_t> order(fields.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return fields[a].field < fields[b].field;
    });
    std::vector<bool> twin(fields.size(), false);
    std::size_t first = 0;
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (fields[order[i]].field != fields[order[first]].field) {
            first = i;
            continue;
        }
        twin[order[i]] = true;
        fields[order[first]].direction = fields[order[i]].direction;
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (twin[i]) continue;
        if (kept != i) fields[kept] = std::move(fields[i]);
        ++kept;
    }
    fields.resize(kept);
}

}  // namespace

bool Decoder::binary(Bytes& out, const Step* at) {
    switch (reader_.peek()) {
        case msgpack::Kind::map: return index_map(out, at);
        case msgpack::Kind::array: return byte_array(out, at);
        default: break;
    }
    BytesView found;
    if (!reader_.read_binary(found)) return reader_failed(at, kBytesExpected);
    out.assign(found);
    return true;
}

// {"0":b0,"1":b1,...}: what TypeScript's encoder makes of a typed array.
bool Decoder::index_map(Bytes& out, const Step* at) {
    const auto begin = offset();
    std::uint32_t pairs = 0;
    if (!reader_.read_map(pairs)) return reader_failed(at, kBytesExpected);
    // The reader has seen two bytes for each pair, so that `pairs` may size the buffer.
    out.assign(pairs, '\0');
    std::vector<bool> known(pairs, false);
    std::size_t distinct = 0;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        const auto index = read_index(reader_, pairs);
        if (!index)
            return fail(begin, at,
                        "a key of the index map is no index; expected 0, 1, 2 and so on");
        std::uint64_t byte = 0;
        const Step step{at, Step::Kind::index, {}, *index};
        if (!reader_.read_unsigned(byte, 255))
            return reader_failed(&step, "a number from 0 to 255");
        out[*index] = static_cast<char>(byte);
        distinct += known[*index] ? 0 : 1;
        known[*index] = true;
    }
    // A key that stands twice counts once; what remains must be complete.
    const auto gap = std::find(known.begin(), known.end(), false);
    if (static_cast<std::size_t>(gap - known.begin()) != distinct) {
        return fail(
            begin, at,
            "index " + std::to_string(gap - known.begin()) + " of the index map is missing");
    }
    out.resize(distinct);
    return true;
}

bool Decoder::byte_array(Bytes& out, const Step* at) {
    std::uint32_t count = 0;
    if (!reader_.read_array(count)) return reader_failed(at, kBytesExpected);
    out.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
        std::uint64_t byte = 0;
        const Step step{at, Step::Kind::index, {}, i};
        if (!reader_.read_unsigned(byte, 255))
            return reader_failed(&step, "a number from 0 to 255");
        out.push_back(static_cast<char>(byte));
    }
    return true;
}

bool Decoder::sort(std::vector<SortField>& out, const Step* at) {
    if (reader_.peek() == msgpack::Kind::map) return sort_object(out, at);
    const auto& type = Describe<std::vector<SortField>>::info;
    return list(*type.inner, *type.list, &out, at);
}

bool Decoder::sort_object(std::vector<SortField>& out, const Step* at) {
    std::uint32_t pairs = 0;
    if (!reader_.read_map(pairs)) return reader_failed(at, "an array or a map");
    for (std::uint32_t i = 0; i < pairs; ++i) {
        SortField field;
        if (!key(field.field, at)) return false;
        const Step step{at, Step::Kind::key, field.field};
        if (!word(Describe<SortDirection>::info, &field.direction, &step)) return false;
        out.push_back(std::move(field));
    }
    drop_twins(out);
    return true;
}

bool Decoder::counter(CounterState& out, const Step* at) {
    const auto map_at = offset();
    std::uint32_t pairs = 0;
    if (!reader_.read_map(pairs)) return reader_failed(at, "a map");
    static constexpr std::string_view kNames[] = {"p", "n", "positive", "negative"};
    TextMap<double> halves[4];
    bool any = false;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view name;
        if (reader_.peek() == msgpack::Kind::string)
            reader_.read_string(name);
        else
            reader_.skip();
        const auto* const known = std::find(std::begin(kNames), std::end(kNames), name);
        if (known == std::end(kNames) || next_is_nil()) {
            if (!reader_.skip()) return reader_failed(at, {});
            continue;
        }
        any = true;
        auto& half = halves[known - std::begin(kNames)];
        half.clear();
        const Step step{at, Step::Kind::name, *known};
        if (!value(Describe<TextMap<double>>::info, &half, &step)) return false;
    }
    if (!any) return fail(map_at, at, "no counts; expected p and n, or positive and negative");
    out.p = merged(std::move(halves[0]), halves[2]);
    out.n = merged(std::move(halves[1]), halves[3]);
    return true;
}

}  // namespace topgun::wire::detail
