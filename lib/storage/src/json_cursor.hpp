// SPDX-License-Identifier: Apache-2.0
// Finds where JSON values end, by quotes and brackets alone: parse_json() judges what is between.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace topgun::storage {

/// A place in a text. Skipping is O(bytes), needs no stack, and does not validate.
struct JsonCursor {
    const char* at = nullptr;
    const char* end = nullptr;

    bool at_end() const noexcept { return at == end; }

    void skip_space() noexcept {
        while (at != end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
    }

    /// Passes one value. False when the text ends before it does, or none begins here; `at` is
    /// then anywhere.
    bool skip_value() noexcept {
        if (at == end) return false;
        if (*at == '"') return skip_string();
        if (*at == '{' || *at == '[') return skip_container();
        const char* const start = at;
        while (at != end && !ends_scalar(*at)) ++at;
        return at != start;
    }

    /// @pre *at is a quote.
    bool skip_string() noexcept {
        for (++at; at != end; ++at) {
            if (*at == '"') {
                ++at;
                return true;
            }
            if (*at == '\\' && ++at == end) return false;
        }
        return false;
    }

private:
    static bool ends_scalar(char c) noexcept {
        return c == ',' || c == '}' || c == ']' || c == ':' || c == ' ' || c == '\n' || c == '\r' ||
               c == '\t' || c == '"' || c == '{' || c == '[';
    }

    // Brackets of both kinds count alike: a mismatch still ends, and parse_json() refuses it.
    bool skip_container() noexcept {
        std::uint64_t open = 0;
        while (at != end) {
            switch (kClass[static_cast<unsigned char>(*at)]) {
                case kPlain: ++at; break;
                case kQuote:
                    if (!skip_string()) return false;
                    break;
                case kOpen:
                    ++open;
                    ++at;
                    break;
                default:
                    ++at;
                    if (--open == 0) return true;
            }
        }
        return false;
    }

    enum Class : std::uint8_t { kPlain, kQuote, kOpen, kClose };
    static constexpr std::array<Class, 256> kClass = [] {
        std::array<Class, 256> table{};
        table['"'] = kQuote;
        table['{'] = table['['] = kOpen;
        table['}'] = table[']'] = kClose;
        return table;
    }();
};

}  // namespace topgun::storage
