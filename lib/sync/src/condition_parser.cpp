// SPDX-License-Identifier: Apache-2.0
// The text of a condition to its tree; every error names its column.
#include <charconv>
#include <optional>

#include "condition_node.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::sync {
namespace {

struct Spelling {
    std::string_view text;
    Word word;
};
// Longer ones first, so that <= is not read as <.
constexpr Spelling kSpellings[] = {
    {"==", Word::eq},
    {"!=", Word::ne},
    {"<=", Word::le},
    {">=", Word::ge},
    {"<", Word::lt},
    {">", Word::gt},
    {"in", Word::in},
    {"containsAll", Word::contains_all},
    {"containsAny", Word::contains_any},
    {"contains", Word::contains},
    {"startsWith", Word::starts_with},
    {"endsWith", Word::ends_with},
};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

class ConditionParser {
public:
    explicit ConditionParser(std::string_view text) : text_(text) {}

    Result<Condition> parse() {
        auto root = any_of(0);
        if (!root) return std::move(root).error();
        skip_blanks();
        if (at_ != text_.size()) return fail("expected &&, || or the end");
        return Condition(std::make_shared<const Condition::Node>(std::move(*root)));
    }

private:
    using Node = Condition::Node;

    Error fail(std::string_view what) const {
        return Error(Errc::bad_input,
                     "condition: column " + std::to_string(at_ + 1) + ": " + std::string(what));
    }
    void skip_blanks() {
        while (at_ < text_.size() &&
               std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
            ++at_;
        }
    }
    // Passes over `token` when it stands here; a word only when it does not go on.
    bool accept(std::string_view token) {
        skip_blanks();
        if (!text_.substr(at_).starts_with(token)) return false;
        const auto end = at_ + token.size();
        const bool goes_on = is_letter(token.back()) && end < text_.size() &&
                             (is_letter(text_[end]) || is_digit(text_[end]));
        if (goes_on) return false;
        at_ = end;
        return true;
    }

    Result<Node> chain(std::string_view joint, Node::Kind kind, std::size_t depth,
                       Result<Node> (ConditionParser::*part)(std::size_t)) {
        auto first = (this->*part)(depth);
        if (!first) return first;
        Node out;
        out.kind = kind;
        out.children.push_back(std::move(*first));
        while (accept(joint)) {
            auto next = (this->*part)(depth);
            if (!next) return next;
            out.children.push_back(std::move(*next));
        }
        if (out.children.size() > 1) return out;
        auto only = std::move(out.children.front());
        return only;
    }
    Result<Node> any_of(std::size_t depth) {
        return chain("||", Node::Kind::any_of, depth, &ConditionParser::all_of);
    }
    Result<Node> all_of(std::size_t depth) {
        return chain("&&", Node::Kind::all_of, depth, &ConditionParser::term);
    }

    Result<Node> term(std::size_t depth) {
        if (depth > Condition::kDeepest) {
            return Error(Errc::limit,
                         "condition: column " + std::to_string(at_ + 1) + ": nested too deeply");
        }
        if (accept("(")) {
            auto inner = any_of(depth + 1);
            if (!inner) return inner;
            if (!accept(")")) return fail("expected )");
            return inner;
        }
        skip_blanks();
        if (text_.substr(at_).starts_with('!') && !text_.substr(at_).starts_with("!=")) {
            ++at_;
            auto inner = term(depth + 1);
            if (!inner) return inner;
            Node out;
            out.kind = Node::Kind::negate;
            out.children.push_back(std::move(*inner));
            return out;
        }
        return comparison();
    }

    Result<Node> comparison() {
        Node out;
        skip_blanks();
        const auto begin = at_;
        auto left = operand();
        if (!left) return std::move(left).error();
        const auto word = this->word();
        if (!word) return fail("expected an operator such as == or in");
        auto right = operand();
        if (!right) return std::move(right).error();
        out.left = std::move(*left);
        out.right = std::move(*right);
        out.word = *word;
        const bool with_null = out.left.is_null() || out.right.is_null();
        const bool equality = *word == Word::eq || *word == Word::ne;
        const auto whole = [](const Operand& one) { return one.kind == Operand::Kind::who; };
        if ((with_null && !equality) ||
            ((whole(out.left) || whole(out.right)) && !(with_null && equality))) {
            at_ = begin;
            return fail(with_null ? "null compares by == and != only"
                                  : "auth itself compares with null only; meant is auth.id?");
        }
        return out;
    }

    std::optional<Word> word() {
        for (const auto& one : kSpellings) {
            if (accept(one.text)) return one.word;
        }
        return std::nullopt;
    }

    Result<Operand> operand() {
        skip_blanks();
        if (at_ == text_.size()) return fail("expected a name, a text or a number");
        const char c = text_[at_];
        if (c == '\'' || c == '"') return text(c);
        if (is_digit(c) || c == '-') return number();
        if (is_letter(c)) return name();
        return fail("expected a name, a text or a number");
    }

    Result<Operand> text(char quote) {
        const auto end = text_.find(quote, at_ + 1);
        if (end == std::string_view::npos) return fail("a text without its closing quote");
        Operand out;
        out.literal.clear();
        msgpack::Writer(out.literal).string(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        return out;
    }

    Result<Operand> number() {
        auto end = at_ + 1;
        while (end < text_.size() && (is_digit(text_[end]) || text_[end] == '.')) ++end;
        const auto* from = text_.data() + at_;
        const auto* to = text_.data() + end;
        Operand out;
        out.literal.clear();
        msgpack::Writer writer(out.literal);
        std::int64_t whole = 0;
        double real = 0;
        if (const auto read = std::from_chars(from, to, whole);
            read.ec == std::errc() && read.ptr == to) {
            writer.signed_integer(whole);
        } else if (const auto again = std::from_chars(from, to, real);
                   again.ec == std::errc() && again.ptr == to) {
            writer.real(real);
        } else {
            return fail("not a number that can be held");
        }
        at_ = end;
        return out;
    }

    std::string_view identifier() {
        const auto begin = at_;
        while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
        return text_.substr(begin, at_ - begin);
    }

    Result<Operand> name() {
        const auto begin = at_;
        const auto root = identifier();
        Operand out;
        msgpack::Writer writer(out.literal);
        if (root == "null") return out;
        if (root == "true" || root == "false") {
            out.literal.clear();
            writer.boolean(root == "true");
            return out;
        }
        if (root != "auth" && root != "data") {
            at_ = begin;
            return fail("names begin with auth. or data.");
        }
        while (at_ < text_.size() && text_[at_] == '.') {
            ++at_;
            if (at_ == text_.size() || !is_letter(text_[at_])) return fail("expected a field");
            out.path.emplace_back(identifier());
        }
        if (root == "data") {
            out.kind = Operand::Kind::data;
        } else if (out.path.empty()) {
            out.kind = Operand::Kind::who;
        } else if (out.path.size() == 1 && out.path.front() == "id") {
            out.kind = Operand::Kind::who_id;
        } else if (out.path.size() == 1 && out.path.front() == "roles") {
            out.kind = Operand::Kind::who_roles;
        } else {
            // A claim that is not kept: nobody has it.
            out.kind = Operand::Kind::who_other;
        }
        return out;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

Result<Condition> Condition::parse(std::string_view text) {
    if (text.size() > kLongest) {
        return Error(Errc::limit, "condition: longer than " + std::to_string(kLongest) + " bytes");
    }
    return ConditionParser(text).parse();
}

}  // namespace topgun::sync
