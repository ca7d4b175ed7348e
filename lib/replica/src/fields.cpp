// SPDX-License-Identifier: Apache-2.0
#include "topgun/replica/fields.hpp"

#include <numeric>
#include <utility>

#include "topgun/value/msgpack.hpp"

namespace topgun {

using msgpack::Kind;
using msgpack::Reader;

std::string_view field_kind_name(FieldKind kind) noexcept {
    static constexpr std::string_view kNames[kFieldKinds] = {"nil",  "boolean",  "integer", "large",
                                                             "real", "string",   "binary",  "array",
                                                             "map",  "extension"};
    return kNames[static_cast<std::size_t>(kind)];
}

FieldKind field_kind(BytesView value) noexcept {
    Reader reader(value);
    if (reader.at_end()) return FieldKind::nil;
    switch (reader.peek()) {
        case Kind::nil: return FieldKind::nil;
        case Kind::boolean: return FieldKind::boolean;
        case Kind::integer: {
            // Only the form of eight unsigned bytes reaches above 2^63 - 1.
            const bool eight = static_cast<unsigned char>(value[0]) == 0xcf && value.size() >= 9;
            return eight && (static_cast<unsigned char>(value[1]) & 0x80) != 0 ? FieldKind::large
                                                                               : FieldKind::integer;
        }
        case Kind::real: return FieldKind::real;
        case Kind::string: return FieldKind::string;
        case Kind::binary: return FieldKind::binary;
        case Kind::array: return FieldKind::array;
        case Kind::map: return FieldKind::map;
        case Kind::extension: return FieldKind::extension;
    }
    return FieldKind::nil;
}

std::uint64_t KindCounts::total() const noexcept {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

namespace {

void add_counts(KindCounts& to, const KindCounts& from) {
    for (std::size_t i = 0; i < kFieldKinds; ++i) to.counts[i] += from.counts[i];
}

// Makes room for a name, or gives all names up. Null when they are given up.
KindCounts* counts_of(FieldFacts& facts, std::string_view name) {
    if (facts.too_many) return nullptr;
    const auto found = facts.fields.find(name);
    if (found != facts.fields.end()) return &found->second;
    if (facts.fields.size() == FieldFacts::kMostFields ||
        facts.name_bytes + name.size() > FieldFacts::kMostNameBytes) {
        facts.too_many = true;
        facts.fields.clear();
        facts.name_bytes = 0;
        return nullptr;
    }
    facts.name_bytes += name.size();
    return &facts.fields.emplace(name, KindCounts{}).first->second;
}

}  // namespace

void FieldFacts::add(const FieldFacts& other) {
    add_counts(whole, other.whole);
    if (other.too_many) {
        too_many = true;
        fields.clear();
        name_bytes = 0;
    }
    for (const auto& [name, counts] : other.fields) {
        auto* const mine = counts_of(*this, name);
        if (mine == nullptr) return;
        add_counts(*mine, counts);
    }
}

namespace {

// Values whose first byte tells their kind and size: most that records hold.
struct Form {
    FieldKind kind = FieldKind::nil;
    std::uint8_t size = 0;  // 0 where the first byte does not tell
};
constexpr auto kForms = [] {
    std::array<Form, 256> forms{};
    for (unsigned head = 0; head < 256; ++head) {
        if (head < 0x80 || head >= 0xe0)
            forms[head] = {FieldKind::integer, 1};
        else if (head >= 0xa0 && head < 0xc0)
            forms[head] = {FieldKind::string, static_cast<std::uint8_t>(1 + (head & 0x1f))};
    }
    forms[0xc0] = {FieldKind::nil, 1};
    forms[0xc2] = forms[0xc3] = {FieldKind::boolean, 1};
    forms[0xca] = {FieldKind::real, 5};
    forms[0xcb] = {FieldKind::real, 9};
    forms[0xcc] = forms[0xd0] = {FieldKind::integer, 2};
    forms[0xcd] = forms[0xd1] = {FieldKind::integer, 3};
    forms[0xce] = forms[0xd2] = {FieldKind::integer, 5};
    forms[0xd3] = {FieldKind::integer, 9};
    return forms;
}();

}  // namespace

KindCounts* FieldCounter::find(std::size_t place, std::string_view name) {
    if (place < seen_.size() && seen_[place].name == name && seen_[place].counts != nullptr) {
        return seen_[place].counts;
    }
    auto* const counts = counts_of(facts_, name);
    if (counts == nullptr) {
        seen_.clear();
        return nullptr;
    }
    if (place >= FieldFacts::kMostFields) return counts;
    if (place >= seen_.size()) seen_.resize(place + 1);
    seen_[place] = {facts_.fields.find(name)->first, counts};
    return counts;
}

void FieldCounter::add(BytesView value) {
    if (value.empty()) return;
    const auto kind = field_kind(value);
    ++facts_.whole[kind];
    if (kind != FieldKind::map || facts_.too_many) return;
    Reader reader(value);
    std::uint32_t pairs = 0;
    if (!reader.read_map(pairs)) return;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view name;
        if (!reader.read_string(name) || reader.at_end()) return;
        auto* const counts = find(i, name);
        if (counts == nullptr) return;
        const auto form = kForms[static_cast<unsigned char>(reader.rest()[0])];
        if (form.size != 0 && form.size <= reader.rest().size()) {
            ++(*counts)[form.kind];
            reader.pass(form.size);
            continue;
        }
        BytesView field;
        if (!reader.skip(field)) return;
        ++(*counts)[field_kind(field)];
    }
}

FieldFacts FieldCounter::take() {
    seen_.clear();
    return std::exchange(facts_, {});
}

}  // namespace topgun
