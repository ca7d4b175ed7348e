// SPDX-License-Identifier: Apache-2.0
#include "pattern_parser.hpp"

#include <utility>

#include "topgun/base/utf.hpp"

namespace topgun::schema {

namespace {

constexpr std::uint32_t kLastCode = 0x10ffff;

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

bool PatternParser::fail(std::string why) {
    if (why_.empty()) {
        why_ = std::move(why);
        why_at_ = at_;
    }
    return false;
}

Error PatternParser::error() const {
    return Error(Errc::bad_input, why_ + " at byte " + std::to_string(why_at_ + 1));
}

bool PatternParser::take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
}

std::uint32_t PatternParser::take_character() {
    const auto character = decode_utf8(text_.substr(at_));
    at_ += character.length;
    return character.code_point;
}

PatternParser::Index PatternParser::add(PatternNode node) {
    nodes.push_back(std::move(node));
    return static_cast<std::uint32_t>(nodes.size() - 1);
}

PatternParser::Index PatternParser::add_set(CharSet set) {
    if (flags_.ignore_case) set.fold_case();
    set.finish();
    sets.push_back(std::move(set));
    PatternNode node;
    node.kind = PatternNode::Kind::set;
    node.value = static_cast<std::uint32_t>(sets.size() - 1);
    return add(std::move(node));
}

PatternParser::Index PatternParser::add_assertion(Assertion assertion) {
    PatternNode node;
    node.kind = PatternNode::Kind::assertion;
    node.value = static_cast<std::uint32_t>(assertion);
    return add(std::move(node));
}

std::optional<std::uint32_t> PatternParser::parse() {
    const auto root = parse_choice();
    if (root && !at_end()) {
        fail("')' without '('");
        return std::nullopt;
    }
    return root;
}

PatternParser::Index PatternParser::parse_choice() {
    PatternNode choice;
    choice.kind = PatternNode::Kind::choice;
    do {
        const auto way = parse_sequence();
        if (!way) return std::nullopt;
        choice.children.push_back(*way);
    } while (take("|"));
    return choice.children.size() == 1 ? choice.children.front() : add(std::move(choice));
}

PatternParser::Index PatternParser::parse_sequence() {
    PatternNode sequence;
    while (!at_end() && !next_is('|') && !next_is(')')) {
        const auto piece = parse_piece();
        if (!piece) return std::nullopt;
        sequence.children.push_back(*piece);
    }
    return add(std::move(sequence));
}

PatternParser::Index PatternParser::parse_piece() {
    auto piece = parse_atom();
    for (std::size_t stacked = 0; piece && !at_end(); ++stacked) {
        if (stacked > Pattern::kDeepestNesting) {
            fail("repetitions of repetitions");
            return std::nullopt;
        }
        PatternNode repeat;
        repeat.kind = PatternNode::Kind::repeat;
        repeat.most = kUnlimited;
        if (take("*")) {
            repeat.least = 0;
        } else if (take("+")) {
            repeat.least = 1;
        } else if (take("?")) {
            repeat.most = 1;
        } else if (next_is('{')) {
            if (!parse_repetition(repeat.least, repeat.most)) return std::nullopt;
        } else {
            break;
        }
        (void)take("?");  // lazy: finds the same texts
        repeat.children.push_back(*piece);
        piece = add(std::move(repeat));
    }
    return piece;
}

bool PatternParser::parse_number(std::uint32_t& number) {
    const auto from = at_;
    number = 0;
    while (!at_end() && text_[at_] >= '0' && text_[at_] <= '9') {
        number = number * 10 + static_cast<std::uint32_t>(text_[at_] - '0');
        if (number > Pattern::kMostRepetitions) return fail("more than 1000 repetitions");
        ++at_;
    }
    return at_ > from || fail("expected a number of repetitions");
}

bool PatternParser::parse_repetition(std::uint32_t& least, std::uint32_t& most) {
    take("{");
    if (!parse_number(least)) return false;
    most = least;
    if (take(",")) {
        most = kUnlimited;
        if (!next_is('}') && !parse_number(most)) return false;
    }
    if (!take("}")) return fail("expected '}'");
    return least <= most || fail("repetitions that run downwards");
}

PatternParser::Index PatternParser::parse_atom() {
    switch (text_[at_]) {
        case '(': return parse_group();
        case '[': return parse_class();
        case '\\': return parse_escape();
        case '*':
        case '+':
        case '?':
        case '{': fail("nothing to repeat"); return std::nullopt;
        case '^':
            ++at_;
            return add_assertion(flags_.multi_line ? Assertion::line_start : Assertion::text_start);
        case '$':
            ++at_;
            return add_assertion(flags_.multi_line ? Assertion::line_end : Assertion::text_end);
        default: break;
    }
    CharSet set;
    if (take(".")) {
        if (flags_.dot_all)
            set.add(0, kLastCode);
        else
            set.add_others({{'\n', '\n'}});
    } else {
        const auto code = take_character();
        set.add(code, code);
    }
    return add_set(std::move(set));
}

PatternParser::Index PatternParser::parse_group() {
    if (++depth_ > Pattern::kDeepestNesting) {
        fail("groups nested too deeply");
        return std::nullopt;
    }
    take("(");
    const auto outer = flags_;
    if (take("?")) {
        bool scoped = true;
        if (next_is('=') || next_is('!') || text_.substr(at_).starts_with("<=") ||
            text_.substr(at_).starts_with("<!")) {
            fail("look-around is not supported");
            return std::nullopt;
        }
        const bool named = take("P<") || take("<");
        if (named ? !parse_name() : !parse_flags(scoped)) return std::nullopt;
        if (!scoped) {  // "(?i)": holds up to the end of the group around it
            --depth_;
            return add({});
        }
    }
    const auto inner = parse_choice();
    if (!inner) return std::nullopt;
    if (!take(")")) {
        fail("'(' without ')'");
        return std::nullopt;
    }
    flags_ = outer;
    --depth_;
    return inner;
}

bool PatternParser::parse_name() {
    const auto from = at_;
    while (!at_end() && is_name_character(text_[at_])) ++at_;
    return (at_ > from && take(">")) || fail("expected a group's name and '>'");
}

// After "(?": flags, and ':' for a group of their own (`scoped`) or ')'.
bool PatternParser::parse_flags(bool& scoped) {
    for (bool value = true; !at_end(); ++at_) {
        switch (text_[at_]) {
            case '-': value = false; break;
            case 'i': flags_.ignore_case = value; break;
            case 'm': flags_.multi_line = value; break;
            case 's': flags_.dot_all = value; break;
            case 'U':
            case 'u': break;  // greed, and Unicode, which is on: neither changes what is found
            case ':':
            case ')':
                scoped = text_[at_] == ':';
                ++at_;
                return true;
            default: return fail("unknown or unsupported flag or group");
        }
    }
    return fail("'(' without ')'");
}

PatternParser::Index PatternParser::parse_escape() {
    const auto rest = text_.substr(at_);
    constexpr std::pair<std::string_view, Assertion> kAssertions[] = {
        {"\\b", Assertion::word_boundary},
        {"\\B", Assertion::no_word_boundary},
        {"\\A", Assertion::text_start},
        {"\\z", Assertion::text_end}};
    for (const auto& [text, assertion] : kAssertions) {
        if (!rest.starts_with(text)) continue;
        at_ += text.size();
        return add_assertion(assertion);
    }
    std::optional<std::uint32_t> code;
    CharSet set;
    if (!parse_escaped(code, set)) return std::nullopt;
    if (code) set.add(*code, *code);
    return add_set(std::move(set));
}

bool PatternParser::parse_hex(std::size_t digits, std::uint32_t& code) {
    const bool braced = take("{");
    if (braced) digits = 8;
    code = 0;
    std::size_t count = 0;
    for (; count < digits && !at_end(); ++count, ++at_) {
        const char c = text_[at_];
        const char lower = static_cast<char>(c | 0x20);
        if (c >= '0' && c <= '9')
            code = code * 16 + static_cast<std::uint32_t>(c - '0');
        else if (lower >= 'a' && lower <= 'f')
            code = code * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
        else
            break;
    }
    if (count == 0 || (!braced && count < digits)) return fail("expected hexadecimal digits");
    if (braced && !take("}")) return fail("expected '}'");
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    return (code <= kLastCode && !surrogate) || fail("not a Unicode character");
}

bool PatternParser::parse_escaped(std::optional<std::uint32_t>& code, CharSet& set) {
    ++at_;  // the backslash
    if (at_end()) return fail("a backslash at the end");
    const char c = text_[at_];
    std::uint32_t hex = 0;
    switch (c) {
        case 'd': set.add(digits()); break;
        case 'D': set.add_others(digits()); break;
        case 'w': set.add(word_characters()); break;
        case 'W': set.add_others(word_characters()); break;
        case 's': set.add(blanks()); break;
        case 'S': set.add_others(blanks()); break;
        case 'n': code = '\n'; break;
        case 't': code = '\t'; break;
        case 'r': code = '\r'; break;
        case 'f': code = '\f'; break;
        case 'v': code = '\v'; break;
        case 'a': code = '\a'; break;
        case 'x':
        case 'u':
        case 'U':
            ++at_;
            if (!parse_hex(c == 'x' ? 2 : c == 'u' ? 4 : 8, hex)) return false;
            code = hex;
            return true;
        case 'p':
        case 'P': return fail("\\p classes are not supported");
        default:
            if (c >= '1' && c <= '9') return fail("back-references are not supported");
            if (is_name_character(c) || c == '<' || c == '>') return fail("unknown escape");
            code = take_character();
            return true;
    }
    ++at_;
    return true;
}

}  // namespace topgun::schema
