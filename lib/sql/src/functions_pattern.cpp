// SPDX-License-Identifier: Apache-2.0
// LIKE, SIMILAR TO and the operators of regular expressions: does a text match?
#include "characters.hpp"
#include "function.hpp"
#include "like_pattern.hpp"
#include "regexp.hpp"
#include "text_kernels.hpp"
#include "text_maker.hpp"

namespace topgun::sql {
namespace {

using T = std::string_view;

// Keeps what a pattern was compiled to as long as the next row has the same one.
template <typename Compiled>
class Latest {
public:
    template <typename Compile>
    Status use(T pattern, Compile&& compile) {
        // Patterns stay where they are for the whole batch, so that a look at the place is enough.
        if (compiled_ && pattern.data() == pattern_.data() && pattern.size() == pattern_.size()) {
            return {};
        }
        auto fresh = compile(pattern);
        if (!fresh) return std::move(fresh).error();
        compiled_ = std::move(*fresh);
        pattern_ = pattern;
        return {};
    }
    const Compiled& operator*() const { return *compiled_; }

private:
    T pattern_;
    std::optional<Compiled> compiled_;
};

Status check_escape(T escape) {
    if (count_characters(escape) > 1) return Error(Errc::bad_input, "invalid escape string");
    return {};
}

template <bool ignore_case, bool negated>
Result<ColumnPtr> like_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    Latest<LikePattern> pattern;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto escape = text_or(arguments, 2, row, "\\");
        if (arguments.size() > 2) {
            TOPGUN_TRY(check_escape(escape));
            // Another escape may make another pattern of the same text.
            pattern = {};
        }
        TOPGUN_TRY(pattern.use(arguments[1]->bytes(row), [escape](T text) {
            return LikePattern::compile(ignore_case ? lowered(text) : std::string(text), escape);
        }));
        const auto text = arguments[0]->bytes(row);
        if constexpr (ignore_case) {
            const auto low = changed_pieces(text, lowered);
            if (!low) return low.error().clone();
            out.add_boolean((*pattern).matches(*low) != negated);
        } else {
            out.add_boolean((*pattern).matches(text) != negated);
        }
        return {};
    });
}

using RegexpPtr = std::shared_ptr<const Regexp>;

template <bool ignore_case, bool negated>
Result<ColumnPtr> match_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                             DataType result) {
    Latest<RegexpPtr> regexp;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        TOPGUN_TRY(regexp.use(arguments[1]->bytes(row), [](T text) {
            RegexpFlags flags;
            flags.ignore_case = ignore_case;
            return Regexp::get(text, flags);
        }));
        out.add_boolean((*regexp)->found_in(arguments[0]->bytes(row)) != negated);
        return {};
    });
}

// SQL's own expressions: % and _ as of LIKE, | * + ? {} () [] as of regular ones, on the whole
// text.
Result<std::string> similar_pattern(T pattern, T escape) {
    std::string out = "^(?:";
    bool brackets = false;
    while (!pattern.empty()) {
        const auto character = take_character(pattern);
        if (!escape.empty() && character == escape) {
            if (pattern.empty()) return Error(Errc::bad_input, "invalid escape sequence");
            const auto literal = take_character(pattern);
            const bool letter =
                literal.size() == 1 && is_word_character(static_cast<unsigned char>(literal[0]));
            out += letter || literal.size() > 1 ? "" : "\\";
            out += literal;
        } else if (brackets) {
            brackets = character != "]";
            out += character == "\\" ? "\\\\" : character;
        } else if (character == "%") {
            out += ".*";
        } else if (character == "_") {
            out += '.';
        } else if (character == "(") {
            out += "(?:";
        } else if (character == "." || character == "^" || character == "$" || character == "\\") {
            out += '\\';
            out += character;
        } else {
            brackets = character == "[";
            out += character;
        }
    }
    return out + ")$";
}

Result<ColumnPtr> similar_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    Latest<RegexpPtr> regexp;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto escape = text_or(arguments, 2, row, "\\");
        if (arguments.size() > 2) {
            TOPGUN_TRY(check_escape(escape));
            regexp = {};
        }
        TOPGUN_TRY(regexp.use(arguments[1]->bytes(row), [escape](T text) -> Result<RegexpPtr> {
            auto pattern = similar_pattern(text, escape);
            if (!pattern) return std::move(pattern).error();
            return Regexp::get(*pattern, {});
        }));
        out.add_boolean((*regexp)->found_in(arguments[0]->bytes(row)));
        return {};
    });
}

}  // namespace

void add_patterns(std::vector<Function>& to) {
    const DataType text(TypeId::text), truth(TypeId::boolean);
    const auto both = {text, text};
    for (const auto* name : {"~~", "like"}) {
        to.push_back({name, both, truth, like_rows<false, false>});
    }
    for (const auto* name : {"!~~", "notlike"}) {
        to.push_back({name, both, truth, like_rows<false, true>});
    }
    for (const auto* name : {"~~*", "ilike"}) {
        to.push_back({name, both, truth, like_rows<true, false>});
    }
    to.push_back({"!~~*", both, truth, like_rows<true, true>});
    to.push_back({"like", {text, text, text}, truth, like_rows<false, false>});
    to.push_back({"ilike", {text, text, text}, truth, like_rows<true, false>});
    to.push_back({"similar_to", both, truth, similar_rows});
    to.push_back({"similar_to", {text, text, text}, truth, similar_rows});
    to.push_back({"~", both, truth, match_rows<false, false>});
    to.push_back({"!~", both, truth, match_rows<false, true>});
    to.push_back({"~*", both, truth, match_rows<true, false>});
    to.push_back({"!~*", both, truth, match_rows<true, true>});
}

}  // namespace topgun::sql
