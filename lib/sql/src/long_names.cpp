// SPDX-License-Identifier: Apache-2.0
#include "long_names.hpp"

#include <charconv>

#include "scanner.hpp"

namespace topgun::sql {

namespace {

// Begins every replacement; a number follows.
constexpr char kMark = '\1';

// The name that a token of kind word or quoted is.
std::string name_of(const Token& token, std::string_view text) {
    std::string name;
    if (token.kind == Token::Kind::word) {
        for (const char c : text) name += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
        return name;
    }
    const auto inner = text.substr(1, text.size() - (text.size() > 1 ? 2 : 1));
    for (std::size_t i = 0; i < inner.size(); ++i) {
        name += inner[i];
        if (inner[i] == '"') ++i;
    }
    return name;
}

bool is_unicode_quoted(std::string_view text, const Token& token) {
    if (token.kind != Token::Kind::quoted || token.begin < 2) return false;
    const char letter = text[token.begin - 2];
    return text[token.begin - 1] == '&' && (letter == 'u' || letter == 'U');
}

}  // namespace

LongNames::LongNames(std::string_view statement) : text_(statement) {
    Scanner scanner(statement);
    for (auto token = scanner.next(); token.kind != Token::Kind::end; token = scanner.next()) {
        if (token.kind != Token::Kind::word && token.kind != Token::Kind::quoted) continue;
        // A replacement would close what is not closed.
        if (scanner.unterminated()) break;
        const auto source = statement.substr(token.begin, token.end - token.begin);
        const bool marked = source.size() > 1 && source[1] == kMark;
        if (source.size() <= kLongest && !marked) continue;
        auto name = name_of(token, source);
        if (name.size() <= kLongest && !marked) continue;
        if (marked || is_unicode_quoted(statement, token)) {
            if (!impossible_) impossible_ = token.begin;
            continue;
        }
        std::string replacement = {'"', kMark};
        replacement += std::to_string(names_.size()) + '"';
        replacement.resize(source.size(), ' ');
        text_.replace(token.begin, source.size(), replacement);
        names_.push_back(std::move(name));
    }
}

std::string_view LongNames::original(std::string_view name) const noexcept {
    if (names_.empty() || name.size() < 2 || name[0] != kMark) return name;
    std::size_t index = 0;
    const auto* const end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + 1, end, index);
    if (error != std::errc() || stop != end || index >= names_.size()) return name;
    return names_[index];
}

std::string LongNames::restore(std::string_view message) const {
    std::string out;
    for (std::size_t i = 0; i < message.size();) {
        auto end = i + 1;
        if (message[i] == kMark) {
            while (end < message.size() && message[end] >= '0' && message[end] <= '9') ++end;
        }
        out += original(message.substr(i, end - i));
        i = end;
    }
    return out;
}

}  // namespace topgun::sql
