// SPDX-License-Identifier: Apache-2.0
// A text that is eaten from the front: what the readers of moments and intervals share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "moment.hpp"

namespace topgun::sql {

inline constexpr std::int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr std::int64_t kMicrosPerHour = 60 * kMicrosPerMinute;

inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
inline char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// A text eaten from the front.
class Scan {
public:
    explicit Scan(std::string_view text) : rest_(text) {
        spaces();
        while (!rest_.empty() && rest_.back() == ' ') rest_.remove_suffix(1);
    }
    bool end() const { return rest_.empty(); }
    char peek() const { return rest_.empty() ? '\0' : rest_[0]; }
    bool digit() const { return is_digit(peek()); }
    void spaces() {
        while (!rest_.empty() && rest_[0] == ' ') rest_.remove_prefix(1);
    }
    bool take(char c) {
        if (peek() != c || rest_.empty()) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // A word, lower-cased.
    std::string word() {
        std::string out;
        while (!rest_.empty() && lower(rest_[0]) >= 'a' && lower(rest_[0]) <= 'z') {
            out += lower(rest_[0]);
            rest_.remove_prefix(1);
        }
        return out;
    }
    // Between `least` and `most` digits.
    std::optional<std::int64_t> number(std::size_t least, std::size_t most) {
        std::size_t count = 0;
        while (count < most && count < rest_.size() && is_digit(rest_[count])) ++count;
        if (count < least) return std::nullopt;
        std::int64_t value = 0;
        for (std::size_t i = 0; i < count; ++i) value = value * 10 + (rest_[i] - '0');
        rest_.remove_prefix(count);
        return value;
    }
    // Digits behind a point, as millionths, rounded.
    std::int64_t fraction() {
        std::int64_t micros = 0;
        bool up = false;
        // The unit is 0 at the seventh digit, which rounds, and -1 behind it.
        for (std::int64_t unit = kMicrosPerSecond / 10; digit(); rest_.remove_prefix(1)) {
            if (unit == 0) up = peek() >= '5';
            if (unit > 0) micros += unit * (peek() - '0');
            unit = unit > 0 ? unit / 10 : -1;
        }
        return micros + (up ? 1 : 0);
    }
    std::string_view rest() const { return rest_; }
    void skip(std::size_t count) { rest_.remove_prefix(count); }

private:
    std::string_view rest_;
};

}  // namespace topgun::sql
