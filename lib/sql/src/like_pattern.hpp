// SPDX-License-Identifier: Apache-2.0
// Patterns of LIKE, taken apart once so that rows are compared with memchr and memcmp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"

namespace topgun::sql {

/// A compiled pattern: % is any text, _ any character.
class LikePattern {
public:
    /// @param escape  takes the meaning of the character behind it; empty for none.
    /// Errors: bad_input when the pattern ends with the escape character.
    static Result<LikePattern> compile(std::string_view pattern, std::string_view escape);

    /// True when the pattern covers the whole text. Cost: O(text) for patterns without _, and
    /// O(text x part) with it. Threads: no shared state.
    bool matches(std::string_view text) const noexcept;

private:
    // Some characters of any kind, then a literal.
    struct Piece {
        std::size_t any = 0;
        std::string literal;
    };
    // What stands between two %.
    struct Segment {
        std::vector<Piece> pieces;
    };
    static std::optional<std::size_t> match_at(const Segment& segment,
                                               std::string_view text) noexcept;
    static bool take_first(const Segment& segment, std::string_view& text) noexcept;
    static bool ends_with(const Segment& segment, std::string_view text) noexcept;

    std::vector<Segment> segments_;
};

}  // namespace topgun::sql
