// SPDX-License-Identifier: Apache-2.0
// PostgreSQL's regular expressions in RE2's spelling.
#include <charconv>
#include <cstdio>

#include "regexp.hpp"

namespace topgun::sql {
namespace {

Error invalid(const char* what) {
    return Error(Errc::bad_input, std::string("invalid regular expression: ") + what);
}
Error unsupported(const char* what) {
    return Error(Errc::usage, std::string("regular expressions with ") + what +
                                  " are not supported: matching must take linear time");
}

// A character by number, safe anywhere in a pattern.
std::string by_number(unsigned long code) {
    char text[16];
    std::snprintf(text, sizeof text, "\\x{%lx}", code);
    return text;
}

bool set_flag(char letter, RegexpFlags& flags) {
    switch (letter) {
        case 'g': flags.global = true; break;
        case 'i': flags.ignore_case = true; break;
        case 'c': flags.ignore_case = false; break;
        case 'm':
        case 'n': flags.line_dots = flags.line_anchors = true; break;
        case 's': flags.line_dots = flags.line_anchors = false; break;
        case 'p':
            flags.line_dots = true;
            flags.line_anchors = false;
            break;
        case 'w':
            flags.line_dots = false;
            flags.line_anchors = true;
            break;
        case 'x': flags.expanded = true; break;
        case 't': flags.expanded = false; break;
        case 'q': flags.literal = true; break;
        case 'e': break;  // extended, which is what patterns are anyway
        default: return false;
    }
    return true;
}

class Translator {
public:
    Translator(std::string_view pattern, RegexpFlags flags) : in_(pattern), flags_(flags) {}

    Result<Re2Pattern> translate() {
        TOPGUN_TRY(directors());
        if (flags_.literal) {
            for (const char c : in_.substr(at_)) literal(c);
        }
        while (!flags_.literal && at_ < in_.size()) TOPGUN_TRY(item());
        std::string prefix = "(?";
        if (!flags_.line_dots) prefix += 's';
        if (flags_.line_anchors) prefix += 'm';
        if (flags_.ignore_case) prefix += 'i';
        if (prefix.size() > 2) out_.text.insert(0, prefix + ')');
        return std::move(out_);
    }

private:
    bool more(std::string_view text) const { return in_.substr(at_).starts_with(text); }

    void literal(char c) {
        if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) {
            out_.text += '\\';
        }
        out_.text += c;
    }

    // ***= and ***: in front, and (?ix).
    Status directors() {
        if (more("***=")) flags_.literal = true;
        if (more("***=") || more("***:")) at_ += 4;
        if (!more("(?") || in_.size() < at_ + 3 || in_[at_ + 2] < 'a' || in_[at_ + 2] > 'z') {
            return {};
        }
        at_ += 2;
        while (at_ < in_.size() && in_[at_] != ')') {
            if (!set_flag(in_[at_++], flags_)) return invalid("invalid embedded option");
        }
        if (at_ == in_.size()) return invalid("parentheses () not balanced");
        ++at_;
        return {};
    }

    Status item() {
        const char c = in_[at_];
        if (more("(?#")) {
            const auto end = in_.find(')', at_);
            at_ = end == std::string_view::npos ? in_.size() : end + 1;
            return {};
        }
        if (flags_.expanded && c == '#') {
            at_ = std::min(in_.find('\n', at_), in_.size());
            return {};
        }
        if (flags_.expanded && (c == ' ' || (c >= '\t' && c <= '\r'))) {
            ++at_;
            return {};
        }
        if (c == '\\') return escape(false);
        if (c == '[') return bracket();
        if (c == '(') return parenthesis();
        ++at_;
        out_.text += c;
        const bool quantifier = c == '*' || c == '+' || c == '?' || c == '}';
        if (quantifier && at_ < in_.size() && in_[at_] == '?') {
            out_.text += in_[at_++];
            out_.lazy = true;
        }
        return {};
    }

    Status parenthesis() {
        for (const auto* look : {"(?=", "(?!", "(?<=", "(?<!"}) {
            if (more(look)) return unsupported("look-around");
        }
        if (more("(?") && !more("(?:")) return invalid("quantifier operand invalid");
        const std::size_t size = more("(?:") ? 3 : 1;
        out_.text += in_.substr(at_, size);
        at_ += size;
        return {};
    }

    // \x41, \u0041, \U00000041 ...
    Status number(std::size_t least, std::size_t most, int base) {
        unsigned long code = 0;
        const auto from = in_.data() + at_;
        const auto left = std::min(most, in_.size() - at_);
        const auto [end, error] = std::from_chars(from, from + left, code, base);
        const auto size = static_cast<std::size_t>(end - from);
        if (error != std::errc() || size < least || code > 0x10ffff) {
            return invalid("invalid escape \\ sequence");
        }
        at_ += size;
        out_.text += by_number(code);
        return {};
    }

    // @param inside  of brackets, where constraints mean nothing.
    Status escape(bool inside) {
        ++at_;
        if (at_ == in_.size()) return invalid("invalid escape \\ sequence");
        const char c = in_[at_++];
        switch (c) {
            case 'a': out_.text += "\\x07"; return {};
            case 'b': out_.text += "\\x08"; return {};
            case 'B': out_.text += "\\\\"; return {};
            case 'e': out_.text += "\\x1b"; return {};
            case 'c':
                if (at_ == in_.size()) return invalid("invalid escape \\ sequence");
                out_.text += by_number(static_cast<unsigned char>(in_[at_++]) & 31u);
                return {};
            case 'u': return number(4, 4, 16);
            case 'U': return number(8, 8, 16);
            case 'x': return number(1, 255, 16);
            case '0': --at_; return number(1, 3, 8);
            case 'f':
            case 'n':
            case 'r':
            case 't':
            case 'v':
            case 'd':
            case 's':
            case 'w':
            case 'D':
            case 'S':
            case 'W': break;
            // Where a word begins and ends: both are borders, the pattern around says which.
            case 'm':
            case 'M':
            case 'y':
                if (inside) return invalid("invalid escape \\ sequence");
                out_.text += "\\b";
                return {};
            case 'Y': out_.text += "\\B"; return {};
            case 'A': break;
            case 'Z': out_.text += "\\z"; return {};
            default:
                if (c >= '1' && c <= '9') return unsupported("back-references");
                if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
                    return invalid("invalid escape \\ sequence");
                }
                literal(c);
                return {};
        }
        out_.text += '\\';
        out_.text += c;
        return {};
    }

    Status bracket() {
        for (const auto* border : {"[[:<:]]", "[[:>:]]"}) {
            if (!more(border)) continue;
            at_ += 7;
            out_.text += "\\b";
            return {};
        }
        out_.text += in_[at_++];
        if (more("^")) {
            out_.text += in_[at_++];
            if (flags_.line_dots) out_.text += "\\n";
        }
        for (bool first = true; at_ < in_.size(); first = false) {
            if (in_[at_] == ']' && !first) break;
            if (more("[.") || more("[=")) return unsupported("collating elements");
            if (in_[at_] == '\\') {
                TOPGUN_TRY(escape(true));
            } else if (more("[:")) {
                const auto end = in_.find(":]", at_);
                if (end == std::string_view::npos) return invalid("brackets [] not balanced");
                out_.text += in_.substr(at_, end + 2 - at_);
                at_ = end + 2;
            } else {
                if (in_[at_] == '[' || in_[at_] == ']') out_.text += '\\';
                out_.text += in_[at_++];
            }
        }
        if (at_ == in_.size()) return invalid("brackets [] not balanced");
        out_.text += in_[at_++];
        return {};
    }

    std::string_view in_;
    RegexpFlags flags_;
    std::size_t at_ = 0;
    Re2Pattern out_;
};

}  // namespace

Result<RegexpFlags> parse_regexp_flags(std::string_view letters) {
    RegexpFlags flags;
    for (const char letter : letters) {
        if (set_flag(letter, flags)) continue;
        return Error(Errc::bad_input,
                     std::string("invalid regular expression option: \"") + letter + "\"");
    }
    return flags;
}

Result<Re2Pattern> translate_regexp(std::string_view pattern, RegexpFlags flags) {
    return Translator(pattern, flags).translate();
}

}  // namespace topgun::sql
