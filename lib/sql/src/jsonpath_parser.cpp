// SPDX-License-Identifier: Apache-2.0
// Reads paths by recursive descent, in the order of precedence of PostgreSQL's grammar.
#include <charconv>
#include <optional>

#include "characters.hpp"
#include "jsonpath.hpp"
#include "jsonpath_lexer.hpp"
#include "topgun/column/decimal.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::sql::jsonpath {
namespace {

using Kind = Node::Kind;
using T = std::string_view;
using NodePtr = std::unique_ptr<Node>;

class Parser {
public:
    explicit Parser(T text) : lexer_(text) {}

    Result<std::shared_ptr<const Path>> parse() {
        auto path = std::make_shared<Path>();
        advance();
        if (take_word("strict"))
            path->lax = false;
        else
            (void)take_word("lax");
        path->root = disjunction();
        if (!failure_ && token_.type != Token::Type::end) unexpected();
        if (failure_) return std::move(*failure_);
        return std::shared_ptr<const Path>(std::move(path));
    }

private:
    // The first failure is kept; from then on nothing but the end is read.
    void fail(Error error) {
        if (!failure_) failure_ = std::move(error);
        token_ = {};
    }
    void unexpected() {
        if (token_.type == Token::Type::end) {
            return fail(Error(Errc::bad_input, "syntax error at end of jsonpath input"));
        }
        fail(Error(Errc::bad_input, "syntax error at or near \"" +
                                        std::string(token_.source.substr(0, 64)) +
                                        "\" of jsonpath input"));
    }
    void advance() {
        if (failure_) return;
        auto token = lexer_.next();
        if (token)
            token_ = std::move(*token);
        else
            fail(std::move(token).error());
    }
    bool is_symbol(T symbol) const {
        return token_.type == Token::Type::symbol && token_.text == symbol;
    }
    bool take(T symbol) {
        if (!is_symbol(symbol)) return false;
        advance();
        return true;
    }
    void expect(T symbol) {
        if (!take(symbol)) unexpected();
    }
    bool is_word(T word) const {
        return token_.type == Token::Type::word && lowered(token_.text) == word;
    }
    bool take_word(T word) {
        if (!is_word(word)) return false;
        advance();
        return true;
    }

    // Paths are walked by functions that call themselves, so their size is bounded.
    NodePtr node(Kind kind) {
        constexpr std::size_t kNodesMax = 2000;
        if (++nodes_ > kNodesMax) {
            fail(Error(Errc::limit, "a jsonpath has at most 2000 parts"));
        }
        auto out = std::make_unique<Node>();
        out->kind = kind;
        return out;
    }
    NodePtr binary(Kind kind, NodePtr left, NodePtr right) {
        auto out = node(kind);
        out->left = std::move(left);
        out->right = std::move(right);
        return out;
    }
    NodePtr as_condition(NodePtr operand) {
        if (!bare_condition(*operand)) unexpected();
        return operand;
    }
    NodePtr as_value(NodePtr operand) {
        if (bare_condition(*operand)) unexpected();
        return operand;
    }
    // A condition with a step behind it is a value.
    static bool bare_condition(const Node& operand) {
        return operand.is_condition() && operand.next == nullptr;
    }

    NodePtr disjunction() {
        auto left = conjunction();
        while (is_symbol("||")) {
            left = as_condition(std::move(left));
            advance();
            left = binary(Kind::any_of, std::move(left), as_condition(conjunction()));
        }
        return left;
    }
    NodePtr conjunction() {
        auto left = comparison();
        while (is_symbol("&&")) {
            left = as_condition(std::move(left));
            advance();
            left = binary(Kind::all_of, std::move(left), as_condition(comparison()));
        }
        return left;
    }

    std::optional<Kind> comparing() const {
        struct Name {
            T symbol;
            Kind kind;
        };
        constexpr Name kNames[] = {
            {"==", Kind::equal},   {"!=", Kind::unequal}, {"<>", Kind::unequal},  {"<", Kind::less},
            {"<=", Kind::at_most}, {">", Kind::greater},  {">=", Kind::at_least},
        };
        for (const auto& name : kNames) {
            if (is_symbol(name.symbol)) return name.kind;
        }
        return std::nullopt;
    }
    NodePtr comparison() {
        if (is_symbol("!")) {
            advance();
            auto out = node(Kind::negation);
            // What is negated stands in parentheses, or is EXISTS.
            if (!is_symbol("(") && !is_word("exists")) unexpected();
            if (!failure_) out->left = as_condition(unary());
            return out;
        }
        auto left = sum();
        if (const auto kind = comparing()) {
            left = as_value(std::move(left));
            advance();
            return binary(*kind, std::move(left), as_value(sum()));
        }
        if (is_word("starts")) return starts_with(std::move(left));
        if (is_word("like_regex")) return like_regex(std::move(left));
        return left;
    }
    NodePtr starts_with(NodePtr left) {
        left = as_value(std::move(left));
        advance();
        if (!take_word("with")) unexpected();
        if (token_.type != Token::Type::string && token_.type != Token::Type::variable) {
            unexpected();
        }
        return failure_ ? node(Kind::starts_with)
                        : binary(Kind::starts_with, std::move(left), primary());
    }
    NodePtr like_regex(NodePtr left) {
        auto out = node(Kind::like_regex);
        out->left = as_value(std::move(left));
        advance();
        if (token_.type != Token::Type::string) unexpected();
        const auto pattern = token_.text;
        advance();
        std::string letters;
        if (take_word("flag")) {
            if (token_.type != Token::Type::string) unexpected();
            letters = token_.text;
            advance();
        }
        if (!failure_) compile(pattern, letters, *out);
        return out;
    }
    // The letters are those of XQuery: dots match no line breaks without s.
    void compile(T pattern, T letters, Node& to) {
        RegexpFlags flags;
        flags.line_dots = true;
        for (const char c : letters) {
            switch (c) {
                case 'i': flags.ignore_case = true; break;
                case 's': flags.line_dots = false; break;
                case 'm': flags.line_anchors = true; break;
                case 'q': flags.literal = true; break;
                case 'x':
                    return fail(Error(Errc::usage,
                                      "XQuery \"x\" flag (expanded regular expressions) is not "
                                      "implemented"));
                default:
                    return fail(Error(Errc::bad_input,
                                      "invalid input syntax for type jsonpath: unrecognized flag "
                                      "character \"" +
                                          std::string(1, c) + "\" in LIKE_REGEX predicate"));
            }
        }
        auto regexp = Regexp::get(pattern, flags);
        if (regexp)
            to.regexp = std::move(*regexp);
        else
            fail(std::move(regexp).error());
    }

    NodePtr sum() {
        auto left = product();
        while (is_symbol("+") || is_symbol("-")) {
            const auto kind = is_symbol("+") ? Kind::add : Kind::subtract;
            left = as_value(std::move(left));
            advance();
            left = binary(kind, std::move(left), as_value(product()));
        }
        return left;
    }
    NodePtr product() {
        auto left = unary();
        while (is_symbol("*") || is_symbol("/") || is_symbol("%")) {
            const auto kind = is_symbol("*")   ? Kind::multiply
                              : is_symbol("/") ? Kind::divide
                                               : Kind::remainder;
            left = as_value(std::move(left));
            advance();
            left = binary(kind, std::move(left), as_value(unary()));
        }
        return left;
    }
    NodePtr unary() {
        constexpr std::size_t kDepthMax = 200;
        if (++depth_ > kDepthMax) fail(Error(Errc::limit, "a jsonpath is nested too deeply"));
        NodePtr out;
        if (is_symbol("+") || is_symbol("-")) {
            out = node(is_symbol("+") ? Kind::plus : Kind::minus);
            advance();
            out->left = as_value(unary());
        } else {
            out = accessors(primary());
        }
        --depth_;
        return out;
    }

    NodePtr primary() {
        using Type = Token::Type;
        if (token_.type == Type::string) return literal(string_value(token_.text));
        if (token_.type == Type::number) return literal(number_value());
        if (token_.type == Type::variable) {
            auto out = node(Kind::variable);
            out->text = token_.text;
            advance();
            return out;
        }
        if (take("$")) return node(Kind::root);
        if (take("@")) {
            if (filters_ == 0) {
                fail(Error(Errc::bad_input, "@ is not allowed in root expressions"));
            }
            return node(Kind::current);
        }
        if (take("(")) return parenthesized();
        if (token_.type == Type::word) return word();
        unexpected();
        return node(Kind::root);
    }
    NodePtr word() {
        if (token_.text == "null") return literal("\xc0");
        if (token_.text == "true") return literal("\xc3");
        if (token_.text == "false") return literal("\xc2");
        if (take_word("last")) {
            if (brackets_ == 0) {
                fail(Error(Errc::bad_input, "LAST is allowed only in array subscripts"));
            }
            return node(Kind::last);
        }
        if (take_word("exists")) {
            auto out = node(Kind::exists);
            expect("(");
            out->left = as_value(sum());
            expect(")");
            return out;
        }
        unexpected();
        return node(Kind::root);
    }
    NodePtr parenthesized() {
        auto inner = disjunction();
        expect(")");
        if (is_word("is")) {
            inner = as_condition(std::move(inner));
            advance();
            if (!take_word("unknown")) unexpected();
            auto out = node(Kind::is_unknown);
            out->left = std::move(inner);
            return out;
        }
        return inner;
    }
    NodePtr literal(Bytes value) {
        auto out = node(Kind::literal);
        out->value = std::move(value);
        advance();
        return out;
    }
    static Bytes string_value(T text) {
        Bytes out;
        msgpack::Writer(out).string(text);
        return out;
    }
    Bytes number_value() {
        Bytes out;
        msgpack::Writer writer(out);
        const auto& text = token_.text;
        std::int64_t whole = 0;
        const auto end = text.data() + text.size();
        const auto read = std::from_chars(text.data(), end, whole);
        if (read.ec == std::errc() && read.ptr == end) {
            writer.signed_integer(whole);
            return out;
        }
        const auto number = Decimal::parse(text);
        double real = 0;
        if (number)
            real = number->to_double();
        else if (std::from_chars(text.data(), end, real).ec != std::errc())
            fail(Error(Errc::limit, "a number of a jsonpath is out of range"));
        writer.real(real);
        return out;
    }

    NodePtr accessors(NodePtr base) {
        auto* last = base.get();
        while (last->next) last = last->next.get();
        while (!failure_) {
            NodePtr step;
            if (take("."))
                step = member();
            else if (take("["))
                step = bracket();
            else if (take("?"))
                step = filter();
            else
                break;
            last->next = std::move(step);
            last = last->next.get();
        }
        return base;
    }
    NodePtr member() {
        if (take("*")) return node(Kind::any_member);
        if (take("**")) return descendants();
        if (token_.type != Token::Type::word && token_.type != Token::Type::string) {
            unexpected();
            return node(Kind::member);
        }
        const bool quoted = token_.type == Token::Type::string;
        auto out = node(Kind::member);
        out->text = token_.text;
        advance();
        if (quoted || !is_symbol("(")) return out;
        advance();
        expect(")");
        out->kind = Kind::method;
        if (out->text == "datetime") {
            fail(Error(Errc::usage, "jsonpath item method .datetime() is not supported"));
        }
        for (const T known : {"type", "size", "double", "ceiling", "floor", "abs", "keyvalue"}) {
            if (out->text == known) return out;
        }
        unexpected();
        return out;
    }
    std::uint32_t level() {
        if (take_word("last")) return Node::kDeepest;
        std::uint32_t value = 0;
        const auto& text = token_.text;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
        if (token_.type != Token::Type::number || read.ec != std::errc() ||
            read.ptr != text.data() + text.size()) {
            unexpected();
        }
        advance();
        return value;
    }
    NodePtr descendants() {
        auto out = node(Kind::descendants);
        if (!take("{")) return out;
        out->first = level();
        out->last = take_word("to") ? level() : out->first;
        expect("}");
        return out;
    }
    NodePtr bracket() {
        if (take("*")) {
            expect("]");
            return node(Kind::any_element);
        }
        auto out = node(Kind::subscripts);
        ++brackets_;
        do {
            Node::Range range;
            range.from = as_value(sum());
            if (take_word("to")) range.to = as_value(sum());
            out->ranges.push_back(std::move(range));
        } while (take(",") && !failure_);
        --brackets_;
        expect("]");
        return out;
    }
    NodePtr filter() {
        auto out = node(Kind::filter);
        expect("(");
        ++filters_;
        out->left = as_condition(disjunction());
        --filters_;
        expect(")");
        return out;
    }

    Lexer lexer_;
    Token token_;
    std::optional<Error> failure_;
    std::size_t nodes_ = 0, depth_ = 0, filters_ = 0, brackets_ = 0;
};

}  // namespace

Result<std::shared_ptr<const Path>> parse(T text) {
    return Parser(text).parse();
}

}  // namespace topgun::sql::jsonpath
