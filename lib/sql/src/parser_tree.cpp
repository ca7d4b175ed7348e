// SPDX-License-Identifier: Apache-2.0
#include "parser_tree.hpp"

#include <algorithm>

#include "parser.hpp"

namespace topgun::sql {

using ast::Offset;

namespace {

const nlohmann::json kNothing;
const nlohmann::json kEmptyList = nlohmann::json::array();

}  // namespace

std::string_view TreeReader::kind(const Json& node) {
    if (!node.is_object() || node.empty()) return {};
    return node.begin().key();
}

const TreeReader::Json& TreeReader::body(const Json& node) {
    return node.is_object() && !node.empty() ? node.begin().value() : kNothing;
}

const TreeReader::Json& TreeReader::field(const Json& object, const char* name) {
    if (!object.is_object()) return kNothing;
    const auto found = object.find(name);
    return found == object.end() ? kNothing : *found;
}

const TreeReader::Json& TreeReader::list(const Json& object, const char* name) {
    const auto& value = field(object, name);
    return value.is_array() ? value : kEmptyList;
}

bool TreeReader::flag(const Json& object, const char* name) {
    const auto& value = field(object, name);
    return value.is_boolean() && value.get<bool>();
}

std::string_view TreeReader::word(const Json& object, const char* name) const {
    return long_names_.original(raw_word(object, name));
}

std::string_view TreeReader::raw_word(const Json& object, const char* name) {
    const auto& value = field(object, name);
    return value.is_string() ? std::string_view(value.get_ref<const std::string&>())
                             : std::string_view();
}

std::int64_t TreeReader::number(const Json& object, const char* name) {
    const auto& value = field(object, name);
    return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

std::string TreeReader::name_of(const Json& string_node) const {
    return std::string(word(body(string_node), "sval"));
}

bool TreeReader::ends_in_star(const Json& node) {
    if (kind(node) != "ColumnRef") return false;
    const auto& fields = list(body(node), "fields");
    return !fields.empty() && kind(fields.back()) == "A_Star";
}

std::vector<std::string> TreeReader::names(const Json& list) const {
    std::vector<std::string> result;
    result.reserve(list.size());
    for (const auto& node : list) result.push_back(name_of(node));
    return result;
}

// The library leaves out zeros, and says -1 when it knows no place.
Offset TreeReader::offset(const Json& object) {
    const auto location = number(object, "location");
    if (location >= 0) here_ = std::min(base_ + static_cast<std::size_t>(location), text_.size());
    return Offset{static_cast<std::uint32_t>(here_)};
}

void TreeReader::fail(Offset offset, std::string message, std::string hint) {
    if (failure_) return;
    failure_ = Diagnostic{std::move(message), std::move(hint), offset.at, Errc::bad_input};
}

void TreeReader::unsupported(Offset offset, std::string_view what, std::string hint) {
    fail(offset, std::string(what) + " is not supported", std::move(hint));
}

// What the tree says and we do not read would be lost without a word: refuse it instead.
void TreeReader::allow_only(const Json& object, std::string_view what, Names known) {
    if (!object.is_object()) return;
    for (const auto& [name, value] : object.items()) {
        if (name == "location" || std::find(known.begin(), known.end(), name) != known.end()) {
            continue;
        }
        unsupported(Offset{static_cast<std::uint32_t>(here_)},
                    "this form of " + std::string(what) + " (" + name + ")");
    }
}

bool TreeReader::enter() {
    ++depth_;
    if (depth_ <= kDeepestTree) return !failure_;
    if (!failure_) {
        failure_ = Diagnostic{"nested more than " + std::to_string(kDeepestTree) + " levels deep",
                              "split the statement, or use IN and VALUES for long lists", here_,
                              Errc::limit};
    }
    return false;
}

}  // namespace topgun::sql
