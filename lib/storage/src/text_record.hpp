// SPDX-License-Identifier: Apache-2.0
// What the readers of NDJSON, JSON and CSV share: places in a text, noted damage, and the rules by
// which the parts of a record make an op.
#pragma once

#include <cstring>
#include <optional>
#include <string>

#include "topgun/storage/text_formats.hpp"

namespace topgun::storage {

/// Something wrong at a byte of the text.
struct Problem {
    const char* at = nullptr;
    std::string what;
    Errc code = Errc::bad_input;
};

/// Where a reader must stop, and how to call that: "the end of the line".
struct TextLimit {
    const char* at = nullptr;
    std::string_view name = "the end of the text";
};

/// The problem that parse_json() met in a part of the text before `limit`.
Problem json_problem(BytesView part, const TextLimit& limit, const Error& error);

/// "expected X, found 'c'", or the limit's name for 'c'.
std::string expected_found(std::string_view expected, const char* at, const TextLimit& limit);

/// Turns problems into errors or a list of damage, by TextReadOptions::keep_going.
class DamageNotes {
public:
    /// @param text  without a byte order mark, which has no column.
    DamageNotes(BytesView text, bool keep_going, TextCounts& counts,
                std::vector<TextDamage>& damage)
        : at_(text.data()),
          begin_(text.data()),
          keep_going_(keep_going),
          counts_(counts),
          damage_(damage) {}

    /// Success when reading may go on. Problems come mostly in the order of the text: the place of
    /// each is counted on from the one before.
    Status note(const Problem& problem);
    /// The same for what cannot be passed over.
    Error fatal(const Problem& problem);

private:
    TextDamage place(const Problem& problem);

    const char* at_;
    const char* begin_;
    std::uint64_t line_ = 1;
    std::uint64_t column_ = 1;
    bool keep_going_;
    TextCounts& counts_;
    std::vector<TextDamage>& damage_;
};

/// The parts of a record, whatever the format. Views are borrowed.
struct TextRecord {
    std::optional<std::string_view> map;
    MapKind kind = MapKind::lww;
    std::optional<std::string_view> key;  ///< For a counter, the node.
    std::optional<Stamp> stamp;
    std::uint64_t ttl_ms = kNoTtl;
    std::string_view tag;  ///< Empty: none.
    bool deleted = false;  ///< LWW: a tombstone. OR: `tag` is a removed tag.
    BytesView value;       ///< Canonical; empty: none.
    std::string_view id;
};

/// Makes the op, or says what is missing or contradicts itself.
/// @param tag_text  receives the tag's text when the stamp is the tag; the op then views it.
/// @return empty on success.
std::string make_op(const TextRecord& record, const TextReadOptions& options, std::string& tag_text,
                    Op& op);

/// Reads {millis, counter, nodeId} from a canonical value. The node is a view into `value`.
/// @return empty on success, else what was expected.
std::string read_stamp_map(BytesView value, Stamp& stamp);

/// The next line feed, or `end`.
inline const char* line_end(const char* at, const char* end) noexcept {
    const void* found =
        at == end ? nullptr : std::memchr(at, '\n', static_cast<std::size_t>(end - at));
    return found == nullptr ? end : static_cast<const char*>(found);
}

/// True when "millis:counter:node" can be read back: the node is not empty and has no ':'.
inline bool has_text_form(const Stamp& stamp) noexcept {
    return !stamp.node.empty() && stamp.node.find(':') == std::string_view::npos;
}

/// Appends {"millis":1,"counter":2,"nodeId":"n"}.
void append_stamp_object(const Stamp& stamp, std::string& out);

/// "lww", "or", "counter".
std::optional<MapKind> parse_map_kind(std::string_view word) noexcept;

/// At most 64 bytes of a text in quotes, cut between characters.
std::string quoted(std::string_view text);

}  // namespace topgun::storage
