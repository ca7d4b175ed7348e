// SPDX-License-Identifier: Apache-2.0
#include "regexp.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <unordered_map>

#include "characters.hpp"
#include "kernel.hpp"

namespace topgun::sql {
namespace {

re2::StringPiece piece(std::string_view text) {
    return {text.data(), text.size()};
}

// RE2's complaint in PostgreSQL's words.
Error invalid(const re2::RE2& expression) {
    const auto what = [&expression]() -> std::string {
        switch (expression.error_code()) {
            case re2::RE2::ErrorMissingParen:
            case re2::RE2::ErrorUnexpectedParen: return "parentheses () not balanced";
            case re2::RE2::ErrorMissingBracket: return "brackets [] not balanced";
            case re2::RE2::ErrorBadCharRange: return "invalid character range";
            case re2::RE2::ErrorBadCharClass: return "invalid character class";
            case re2::RE2::ErrorRepeatArgument:
            case re2::RE2::ErrorRepeatOp: return "quantifier operand invalid";
            case re2::RE2::ErrorRepeatSize: return "invalid repetition count(s)";
            case re2::RE2::ErrorTrailingBackslash:
            case re2::RE2::ErrorBadEscape: return "invalid escape \\ sequence";
            case re2::RE2::ErrorPatternTooLarge: return "regular expression is too complex";
            default: return expression.error();
        }
    }();
    return Error(Errc::bad_input, "invalid regular expression: " + what);
}

std::unique_ptr<re2::RE2> compiled(const std::string& text, bool longest) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_longest_match(longest);
    return std::make_unique<re2::RE2>(text, options);
}

}  // namespace

Regexp::~Regexp() = default;

Result<std::unique_ptr<const Regexp>> Regexp::compile(std::string_view pattern, RegexpFlags flags) {
    auto translated = translate_regexp(pattern, flags);
    if (!translated) return std::move(translated).error();
    std::unique_ptr<Regexp> out(new Regexp);
    out->any_ = compiled(translated->text, false);
    if (!out->any_->ok()) return invalid(*out->any_);
    out->groups_ = static_cast<std::size_t>(out->any_->NumberOfCapturingGroups());
    if (!translated->lazy) out->longest_ = compiled(translated->text, true);
    return std::unique_ptr<const Regexp>(std::move(out));
}

Result<std::shared_ptr<const Regexp>> Regexp::get(std::string_view pattern, RegexpFlags flags) {
    constexpr std::size_t kKept = 64;
    thread_local std::unordered_map<std::string, std::shared_ptr<const Regexp>> kept;
    std::string key(pattern);
    for (const bool flag :
         {flags.ignore_case, flags.line_dots, flags.line_anchors, flags.expanded, flags.literal}) {
        key += flag ? '1' : '0';
    }
    if (const auto found = kept.find(key); found != kept.end()) return found->second;
    auto fresh = compile(pattern, flags);
    if (!fresh) return std::move(fresh).error();
    if (kept.size() == kKept) kept.clear();
    return kept.emplace(std::move(key), std::move(*fresh)).first->second;
}

bool Regexp::found_in(std::string_view text) const {
    return any_->Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

bool Regexp::find(std::string_view text, std::size_t from,
                  std::vector<std::string_view>& parts) const {
    const auto& expression = longest_ ? *longest_ : *any_;
    std::vector<re2::StringPiece> found(groups_ + 1);
    if (from > text.size() ||
        !expression.Match(piece(text), from, text.size(), re2::RE2::UNANCHORED, found.data(),
                          static_cast<int>(found.size()))) {
        return false;
    }
    parts.clear();
    for (const auto& part : found) parts.emplace_back(part.data(), part.size());
    return true;
}

Status Regexp::each(std::string_view text, std::size_t from, std::size_t most, const Visit& visit,
                    bool splitting) const {
    std::vector<std::string_view> parts;
    std::size_t previous_end = 0, found = 0;
    while (found < most && find(text, from, parts)) {
        TOPGUN_TRY(check_stop());
        const auto begin = static_cast<std::size_t>(parts[0].data() - text.data());
        const auto end = begin + parts[0].size();
        if (!splitting || (begin < text.size() && end > previous_end)) {
            TOPGUN_TRY(visit(parts));
            ++found;
        }
        previous_end = end;
        from = begin < end
                   ? end
                   : end + std::max<std::size_t>(1, bytes_of_characters(text.substr(end), 1));
    }
    return {};
}

}  // namespace topgun::sql
