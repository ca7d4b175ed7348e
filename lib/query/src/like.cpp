// SPDX-License-Identifier: Apache-2.0
#include "like.hpp"

#include "topgun/query/case_fold.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::query {
namespace {

std::uint32_t take(std::string_view& text) noexcept {
    const auto character = decode_utf8(text);
    text.remove_prefix(character.length);
    return character.code_point;
}

bool takes(std::uint32_t pattern, std::uint32_t code) noexcept {
    if (pattern == '_') return code != '\n';
    return fold_case(pattern) == fold_case(code);
}

}  // namespace

bool matches_like(std::string_view text, std::string_view pattern) noexcept {
    // Only the last % is ever widened. An earlier one need not be: what stands between two of them
    // was found as early as it can be, and a later place would leave less text for the rest.
    bool has_run = false;
    std::string_view behind_run;  // the pattern after the last %
    std::string_view run_end;     // the text after what that % took
    while (!text.empty()) {
        if (!pattern.empty() && pattern.front() == '%') {
            pattern.remove_prefix(1);
            has_run = true;
            behind_run = pattern;
            run_end = text;
            continue;
        }
        if (!pattern.empty()) {
            auto rest = text;
            const auto code = take(rest);
            if (takes(take(pattern), code)) {
                text = rest;
                continue;
            }
        }
        if (!has_run || run_end.front() == '\n') return false;
        take(run_end);
        text = run_end;
        pattern = behind_run;
    }
    return pattern.find_first_not_of('%') == std::string_view::npos;
}

}  // namespace topgun::query
