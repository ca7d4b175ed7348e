// SPDX-License-Identifier: Apache-2.0
#include "mapping.hpp"

#include "key_search.hpp"
#include "pseudonym.hpp"
#include "topgun/value/canonical.hpp"

namespace topgun::synth {

using msgpack::Kind;

namespace {

// From the salts on at which something more gives way, to bring values into their order.
constexpr std::uint64_t kFieldsGiveWay = 64;
constexpr std::size_t kMostFieldNames = 65'536;

}  // namespace

Mapping::Mapping(Prf prf, const AnonymizeOptions& options)
    : prf_(prf),
      keep_maps_(options.keep_map_names),
      keep_fields_(options.keep_field_names),
      kept_maps_(options.keep_maps.begin(), options.keep_maps.end()),
      kept_fields_(options.keep_fields.begin(), options.keep_fields.end()) {}

const std::string* Mapping::node(std::string_view node) const {
    const auto found = nodes_.find(node);
    return found == nodes_.end() ? nullptr : &found->second;
}

void Mapping::add_node(std::string node, std::string replacement) {
    add_length(node.size());
    nodes_.emplace(std::move(node), std::move(replacement));
}

std::string Mapping::map_name(std::string_view name) const {
    if (keep_maps_ || kept_maps_.contains(name)) return std::string(name);
    std::string out;
    replace_text(prf_, name, out);
    return out;
}

std::string Mapping::field_name(const Prf& prf, std::string_view name) const {
    if (keep_fields_ || kept_fields_.contains(name)) return std::string(name);
    std::string out;
    replace_text(prf, name, out);
    return out;
}

std::string Mapping::key(std::string_view key) const {
    unsigned choice = 0;
    if (key.size() < kShortKey) {
        const auto found = choices.find(key);
        if (found != choices.end()) choice = found->second;
    }
    return next_key_choice(prf_, key, choice);
}

std::uint64_t Mapping::fingerprint(std::string_view key) const noexcept {
    const auto number = prf_(Domain::fingerprint, key);
    return number == 0 ? 1 : number;
}

bool Mapping::link(std::string_view text, std::string& out) const {
    if ((lengths_ & length_bit(text.size())) == 0) return false;
    if (const auto* known = node(text)) {
        if (known->size() == text.size()) {
            out = *known;
            return true;
        }
    }
    if (!known_keys.contains(fingerprint(text))) return false;
    out = key(text);
    return out.size() == text.size();
}

void ValueMapper::map(BytesView canonical, std::uint64_t salt, Bytes& out) {
    out.clear();
    raw_.clear();
    msgpack::Reader reader(canonical);
    if (salt == 0) {
        value(mapping_.prf(), 0, {}, reader);
    } else {
        value(mapping_.prf().salted(salt), salt, {}, reader);
    }
    // Field names have another order now.
    msgpack::Reader mapped(raw_);
    TOPGUN_ASSERT(append_canonical(mapped, out),
                  "a replaced value is as well-formed as the original");
}

const std::string& ValueMapper::field_name(std::string_view name) {
    const auto found = field_names_.find(name);
    if (found != field_names_.end()) return found->second;
    // Maps may be used as dictionaries with names of their own in each record.
    if (field_names_.size() >= kMostFieldNames) field_names_.clear();
    return field_names_.emplace(name, mapping_.field_name(mapping_.prf(), name)).first->second;
}

void ValueMapper::fields(const Prf& prf, std::uint64_t salt, std::uint32_t pairs,
                         msgpack::Reader& reader) {
    msgpack::Writer writer(raw_);
    writer.map(pairs);
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view name;
        TOPGUN_ASSERT(reader.read_string(name), "a canonical map has text for keys");
        if (salt >= kFieldsGiveWay)
            writer.string(mapping_.field_name(prf, name));
        else
            writer.string(field_name(name));
        value(prf, salt, name, reader);
    }
}

void ValueMapper::string(const Prf& prf, std::uint64_t salt, std::string_view text) {
    if (salt != 0 || !mapping_.link(text, scratch_)) replace_text(prf, text, scratch_);
    msgpack::Writer(raw_).string(scratch_);
}

void ValueMapper::value(const Prf& prf, std::uint64_t salt, std::string_view field,
                        msgpack::Reader& reader) {
    msgpack::Token token;
    TOPGUN_ASSERT(reader.next(token), "stored values are canonical");
    msgpack::Writer writer(raw_);
    switch (token.kind) {
        case Kind::nil: writer.nil(); break;
        case Kind::boolean:
            writer.boolean(token.boolean != ((prf(Domain::boolean, field) & 1) != 0));
            break;
        case Kind::integer:
            if (token.negative)
                writer.signed_integer(replace_negative(prf, token.as_signed()));
            else
                writer.unsigned_integer(replace_unsigned(prf, token.bits));
            break;
        case Kind::real: writer.real(replace_real(prf, token.real)); break;
        case Kind::string: string(prf, salt, token.bytes); break;
        case Kind::binary:
            replace_binary(prf, Domain::binary, token.bytes, scratch_);
            writer.binary(scratch_);
            break;
        case Kind::extension:
            replace_extension(prf, token.extension_type, token.bytes, scratch_);
            writer.extension(token.extension_type, scratch_);
            break;
        case Kind::array:
            writer.array(token.count);
            for (std::uint32_t i = 0; i < token.count; ++i) value(prf, salt, field, reader);
            break;
        case Kind::map: fields(prf, salt, token.count, reader); break;
    }
}

}  // namespace topgun::synth
