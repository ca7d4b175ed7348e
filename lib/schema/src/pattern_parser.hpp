// SPDX-License-Identifier: Apache-2.0
// Patterns as trees, on their way from text to instructions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pattern.hpp"

namespace topgun::schema {

inline constexpr std::uint32_t kUnlimited = 0xffffffffu;

struct PatternNode {
    enum class Kind : std::uint8_t { sequence, set, assertion, choice, repeat };
    Kind kind = Kind::sequence;
    std::uint32_t value = 0;  ///< Index of the set, or the assertion.
    std::uint32_t least = 0;  ///< Repetitions.
    std::uint32_t most = 0;
    std::vector<std::uint32_t> children;
};

/// Reads a pattern into nodes and sets. After a failure error() says why.
class PatternParser {
public:
    explicit PatternParser(std::string_view text) : text_(text) {}

    /// The root's index; empty on an error.
    std::optional<std::uint32_t> parse();
    Error error() const;

    std::vector<PatternNode> nodes;
    std::vector<CharSet> sets;

private:
    using Index = std::optional<std::uint32_t>;
    struct Flags {
        bool ignore_case = false;
        bool multi_line = false;
        bool dot_all = false;
    };

    Index parse_choice();
    Index parse_sequence();
    Index parse_piece();
    Index parse_atom();
    Index parse_group();
    Index parse_class();
    Index parse_escape();
    bool parse_class_item(CharSet& set);
    bool parse_named_class(CharSet& set);
    bool parse_flags(bool& scoped);
    bool parse_name();
    bool parse_repetition(std::uint32_t& least, std::uint32_t& most);
    bool parse_number(std::uint32_t& number);
    bool parse_hex(std::size_t digits, std::uint32_t& code);
    // A character after a backslash, or a class such as \d into `set`: then `code` stays empty.
    bool parse_escaped(std::optional<std::uint32_t>& code, CharSet& set);

    Index add(PatternNode node);
    Index add_set(CharSet set);
    Index add_assertion(Assertion assertion);
    bool fail(std::string why);

    bool at_end() const { return at_ == text_.size(); }
    bool next_is(char c) const { return !at_end() && text_[at_] == c; }
    bool take(std::string_view word);
    std::uint32_t take_character();

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    Flags flags_;
    std::string why_;
    std::size_t why_at_ = 0;
};

}  // namespace topgun::schema
