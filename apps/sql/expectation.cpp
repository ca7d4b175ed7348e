// SPDX-License-Identifier: Apache-2.0
#include "expectation.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace topgun::cli {
namespace {

class Words {
public:
    explicit Words(std::string_view text) : text_(text) { skip_blanks(); }

    bool at_end() const { return at_ == text_.size(); }
    bool take(std::string_view word) {
        if (text_.substr(at_, word.size()) != word) return false;
        // "android" does not begin with "and".
        const auto next = at_ + word.size();
        if (is_letter(word.back()) && next < text_.size() && is_letter(text_[next])) return false;
        at_ = next;
        skip_blanks();
        return true;
    }
    std::optional<std::uint64_t> take_number() {
        std::uint64_t number = 0;
        const auto* begin = text_.data() + at_;
        const auto result = std::from_chars(begin, text_.data() + text_.size(), number);
        if (result.ec != std::errc()) return std::nullopt;
        at_ += static_cast<std::size_t>(result.ptr - begin);
        skip_blanks();
        return number;
    }
    Error expected(const std::string& what) const {
        return Error(Errc::usage, "'" + std::string(text_) + "': expected " + what + " at column " +
                                      std::to_string(at_ + 1) + "; a rule reads like 'n < 10'");
    }

private:
    static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
    void skip_blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    }
    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

bool Expectation::Comparison::holds(std::uint64_t rows) const {
    switch (op) {
        case Operator::equal: return rows == number;
        case Operator::unequal: return rows != number;
        case Operator::less: return rows < number;
        case Operator::less_or_equal: return rows <= number;
        case Operator::greater: return rows > number;
        case Operator::greater_or_equal: return rows >= number;
    }
    return false;
}

Result<Expectation> Expectation::parse(std::string_view text) {
    // Longer ones first: "<" also begins "<=".
    static constexpr std::pair<std::string_view, Operator> kOperators[] = {
        {"<=", Operator::less_or_equal}, {">=", Operator::greater_or_equal},
        {"<>", Operator::unequal},       {"!=", Operator::unequal},
        {"==", Operator::equal},         {"=", Operator::equal},
        {"<", Operator::less},           {">", Operator::greater}};
    Expectation out;
    out.text_ = text;
    out.any_of_all_.emplace_back();
    Words words(text);
    for (;;) {
        if (!words.take("n")) return words.expected("n");
        const auto found = std::find_if(std::begin(kOperators), std::end(kOperators),
                                        [&words](const auto& op) { return words.take(op.first); });
        if (found == std::end(kOperators)) return words.expected("a comparison");
        const auto number = words.take_number();
        if (!number) return words.expected("a whole number");
        out.any_of_all_.back().push_back({found->second, *number});
        if (words.at_end()) return out;
        if (words.take("and")) continue;
        if (!words.take("or")) return words.expected("'and' or 'or'");
        out.any_of_all_.emplace_back();
    }
}

bool Expectation::holds(std::uint64_t rows) const {
    return std::any_of(any_of_all_.begin(), any_of_all_.end(), [rows](const auto& all) {
        return std::all_of(all.begin(), all.end(),
                           [rows](const auto& comparison) { return comparison.holds(rows); });
    });
}

}  // namespace topgun::cli
