// SPDX-License-Identifier: Apache-2.0
// What an Anonymizer has learned, and the replacing of values by it.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "compact_set.hpp"
#include "prf.hpp"
#include "topgun/synth/anonymize.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::synth {

/// Keys of less bytes may meet another one's replacement, so theirs are chosen when all are known.
inline constexpr std::size_t kShortKey = 10;

/// Lookup of std::string by std::string_view.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>()(text);
    }
};
using TextMap = std::unordered_map<std::string, std::string, TextHash, std::equal_to<>>;

/// Names and keys, as finish() left them. Threads: immutable from then on.
class Mapping {
public:
    Mapping(Prf prf, const AnonymizeOptions& options);

    const Prf& prf() const noexcept { return prf_; }
    /// Null for a node that was not learned.
    const std::string* node(std::string_view node) const;
    std::string map_name(std::string_view name) const;
    std::string key(std::string_view key) const;
    std::string field_name(const Prf& prf, std::string_view name) const;
    /// The replacement of a text that is a known node id or key, if it is as long as the text.
    bool link(std::string_view text, std::string& out) const;

    std::uint64_t fingerprint(std::string_view key) const noexcept;

    // Filled while learning, and by finish().
    void add_node(std::string node, std::string replacement);
    void add_length(std::size_t length) noexcept { lengths_ |= length_bit(length); }
    NumberSet known_keys;
    std::map<std::string, unsigned, std::less<>>
        choices;  // of short keys that have not their first
    std::unordered_map<std::uint64_t, std::uint64_t> tie_salts;  // by place

private:
    static std::uint64_t length_bit(std::size_t length) noexcept {
        return std::uint64_t{1} << std::min<std::size_t>(length, 63);
    }
    Prf prf_;
    TextMap nodes_;
    // Lengths of keys and node ids, as bits: most texts of values are ruled out by theirs.
    std::uint64_t lengths_ = 0;
    bool keep_maps_, keep_fields_;
    std::unordered_set<std::string, TextHash, std::equal_to<>> kept_maps_, kept_fields_;
};

/// Replaces values. Threads: one owner, for its buffers.
class ValueMapper {
public:
    explicit ValueMapper(const Mapping& mapping) : mapping_(mapping) {}
    /// Replaces `out` by a canonical value. @param salt  0, or another one for each attempt to
    /// bring values into their order: scalars are then replaced otherwise than elsewhere.
    void map(BytesView canonical, std::uint64_t salt, Bytes& out);

private:
    void value(const Prf& prf, std::uint64_t salt, std::string_view field, msgpack::Reader& reader);
    void fields(const Prf& prf, std::uint64_t salt, std::uint32_t pairs, msgpack::Reader& reader);
    void string(const Prf& prf, std::uint64_t salt, std::string_view text);
    const std::string& field_name(std::string_view name);

    const Mapping& mapping_;
    TextMap field_names_;
    Bytes raw_;  // the value with its map keys not yet in order
    Bytes scratch_;
};

}  // namespace topgun::synth
