// SPDX-License-Identifier: Apache-2.0
// Carries names of any length past PostgreSQL's parser, which would cut them after 63 bytes without
// a word: a map or a field may have any name.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace topgun::sql {

class LongNames {
public:
    /// Longest name that PostgreSQL keeps whole: its NAMEDATALEN - 1.
    static constexpr std::size_t kLongest = 63;

    explicit LongNames(std::string_view statement);

    /// The statement with a short name and blanks in place of each long one: no offset moves.
    const std::string& text() const noexcept { return text_; }
    /// A name that cannot be replaced (U&"..." of that length, or one that begins with the byte
    /// that marks replacements): its offset.
    std::optional<std::size_t> impossible() const noexcept { return impossible_; }
    /// What `name` stands for; itself when it is no replacement.
    std::string_view original(std::string_view name) const noexcept;
    /// Puts the long names back into a message.
    std::string restore(std::string_view message) const;

private:
    std::string text_;
    std::vector<std::string> names_;
    std::optional<std::size_t> impossible_;
};

}  // namespace topgun::sql
