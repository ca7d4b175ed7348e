// SPDX-License-Identifier: Apache-2.0
#include "topgun/schema/text_pattern.hpp"

#include <utility>

#include "pattern.hpp"

namespace topgun {

struct TextPattern::Compiled {
    schema::Pattern pattern;
};

TextPattern::TextPattern(std::shared_ptr<const Compiled> compiled)
    : compiled_(std::move(compiled)) {}

Result<TextPattern> TextPattern::compile(std::string_view pattern) {
    auto compiled = schema::Pattern::compile(pattern);
    if (!compiled) return std::move(compiled).error();
    return TextPattern(std::make_shared<const Compiled>(Compiled{std::move(*compiled)}));
}

bool TextPattern::matches(std::string_view text) const {
    return compiled_->pattern.matches(text);
}

}  // namespace topgun
