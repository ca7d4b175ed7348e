// SPDX-License-Identifier: Apache-2.0
// Regular expressions in PostgreSQL's spelling, run by RE2: linear time whatever the pattern.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"

namespace re2 {
class RE2;
}

namespace topgun::sql {

/// What letters behind a pattern ask for.
struct RegexpFlags {
    bool global = false;        ///< g: all matches, not the first alone. The caller's business.
    bool ignore_case = false;   ///< i
    bool line_dots = false;     ///< n, p: . and [^...] stop at line breaks.
    bool line_anchors = false;  ///< n, w: ^ and $ match at line breaks, too.
    bool expanded = false;      ///< x: spaces and comments mean nothing.
    bool literal = false;       ///< q: no character is special.
};
/// Errors: bad_input "invalid regular expression option: "z"".
Result<RegexpFlags> parse_regexp_flags(std::string_view letters);

/// A pattern as RE2 wants it.
struct Re2Pattern {
    std::string text;
    bool lazy = false;  ///< Has a quantifier that takes as little as it can.
};
/// Errors: bad_input for what is none; usage for what RE2 cannot do: back-references, look-around.
Result<Re2Pattern> translate_regexp(std::string_view pattern, RegexpFlags flags);

/// A compiled expression. Matches are the leftmost, and the longest of those unless a quantifier
/// is lazy: then as Perl finds them.
/// Threads: immutable; share freely.
class Regexp {
public:
    /// Compiles, or returns what the thread compiled lately. Errors: as translate_regexp().
    static Result<std::shared_ptr<const Regexp>> get(std::string_view pattern, RegexpFlags flags);
    static Result<std::unique_ptr<const Regexp>> compile(std::string_view pattern,
                                                         RegexpFlags flags);
    ~Regexp();

    /// Parentheses that capture.
    std::size_t groups() const noexcept { return groups_; }
    /// True when it matches anywhere. The fastest question.
    bool found_in(std::string_view text) const;
    /// The next match at or behind byte `from`.
    /// @param parts  receives the match and its groups; a group that took no part has null data().
    bool find(std::string_view text, std::size_t from, std::vector<std::string_view>& parts) const;

    using Visit = std::function<Status(const std::vector<std::string_view>& parts)>;
    /// Visits all matches, or the first `most`, in order, as find() gives them. After an empty
    /// match the search goes on a character further.
    /// @param splitting  leaves out empty matches at the ends and right behind another match.
    /// Errors: those of visit; cancelled.
    Status each(std::string_view text, std::size_t from, std::size_t most, const Visit& visit,
                bool splitting = false) const;

private:
    Regexp() = default;
    std::unique_ptr<re2::RE2> any_;      // for found_in()
    std::unique_ptr<re2::RE2> longest_;  // for find(), null when any_ will do
    std::size_t groups_ = 0;
};

}  // namespace topgun::sql
