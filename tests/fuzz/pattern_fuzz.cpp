// SPDX-License-Identifier: Apache-2.0
// Patterns of schemas: first line the pattern, the rest a text; laws of regular expressions hold.
#include "pattern.hpp"

#include "fuzz.hpp"
#include "topgun/base/utf.hpp"

using namespace topgun;
using schema::Pattern;

namespace {

// Where a larger pattern that contains the first may be refused for its size only.
bool agrees(const std::string& pattern, std::string_view text, bool expected) {
    const auto compiled = Pattern::compile(pattern);
    if (!compiled) return compiled.error().code() == Errc::limit;
    return compiled->matches(text) == expected;
}

std::string escaped(std::string_view text) {
    constexpr std::string_view kMeta = "\\.+*?()|[]{}^$-#&~/";
    std::string out;
    for (const char c : text) {
        if (kMeta.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    const auto line = input.substr(0, input.find('\n'));
    const auto pattern = repair_utf8(line);
    const auto text = repair_utf8(input.substr(std::min(size, line.size() + 1)));

    const auto compiled = Pattern::compile(pattern);
    if (!compiled) {
        TOPGUN_FUZZ_CHECK(compiled.error().code() == Errc::bad_input ||
                          compiled.error().code() == Errc::limit);
    } else {
        const bool found = compiled->matches(text);
        const auto group = "(?:" + pattern + ")";
        TOPGUN_FUZZ_CHECK_WITH(agrees(group, text, found), group);
        TOPGUN_FUZZ_CHECK_WITH(agrees(pattern + "|" + pattern, text, found), pattern);
        TOPGUN_FUZZ_CHECK_WITH(agrees(group + "{1}", text, found), group);
        TOPGUN_FUZZ_CHECK_WITH(agrees("(?s:.)*?" + group, text, found), group);
        TOPGUN_FUZZ_CHECK_WITH(agrees(group + "?", text, true), group);
    }
    const auto literal = escaped(std::string_view(text).substr(0, 64));
    if (find_invalid_utf8(literal) == literal.size()) {
        TOPGUN_FUZZ_CHECK_WITH(agrees(literal, text, true), literal);
        TOPGUN_FUZZ_CHECK_WITH(agrees("^" + literal, text, true), literal);
    }
    return 0;
}
