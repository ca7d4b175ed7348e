// SPDX-License-Identifier: Apache-2.0
// Conditions of policies: what is read has an answer, and its negation the other one; what is not
// names a column that exists. The same bytes as a pattern and a name of a map.
#include <string>

#include "fuzz.hpp"
#include "topgun/sync/policy.hpp"
#include "topgun/value/json.hpp"

using namespace topgun;
using sync::Condition;

namespace {

const Principal kAnn{"ann", {"editor", "user"}};

void check_column(const std::string& message, std::size_t size) {
    const std::string_view before = "column ";
    const auto at = message.find(before);
    if (at == std::string::npos) return;
    const auto column = std::stoull(message.substr(at + before.size()));
    TOPGUN_FUZZ_CHECK_WITH(column >= 1 && column <= size + 1, message);
}

void check_answers(const Condition& condition, std::string_view text) {
    static const auto kData = *parse_json(
        R"({"a":{"b":{"c":4}},"n":7,"name":"anna","ownerId":"ann","public":true,"tags":["user"]})");
    const auto negated = Condition::parse("!(" + std::string(text) + ")");
    for (const auto* who : {&kAnn, static_cast<const Principal*>(nullptr)}) {
        const bool without = condition.holds({who, {}});
        const bool with = condition.holds({who, ValueView(kData)});
        TOPGUN_FUZZ_CHECK(with == without || condition.reads_data());
        // Two more of depth and three more of length may be too many.
        if (negated) TOPGUN_FUZZ_CHECK(negated->holds({who, ValueView(kData)}) != with);
    }
    if (!negated) TOPGUN_FUZZ_CHECK(negated.error().code() == Errc::limit);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    const auto condition = Condition::parse(input);
    if (condition)
        check_answers(*condition, input);
    else
        check_column(condition.error().message(), size);
    const auto half = input.find('|');
    if (half != std::string_view::npos) {
        const auto pattern = input.substr(0, half), name = input.substr(half + 1);
        const bool matches = sync::matches_map_pattern(pattern, name);
        const bool plain = pattern.find('*') == std::string_view::npos;
        TOPGUN_FUZZ_CHECK(!plain || matches == (pattern == name));
        TOPGUN_FUZZ_CHECK(sync::matches_map_pattern("**", name));
        TOPGUN_FUZZ_CHECK(!matches ||
                          sync::matches_map_pattern(std::string(pattern) + ".**", name));
    }
    return 0;
}
