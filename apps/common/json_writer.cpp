// SPDX-License-Identifier: Apache-2.0
// Commas, colons and indentation, so that no command has to think of them.
#include "common/json_writer.hpp"

#include <charconv>
#include <cmath>

#include "topgun/base/check.hpp"
#include "topgun/value/json.hpp"

namespace topgun::cli {

void JsonWriter::new_line() {
    if (layout_ == Layout::compact) return;
    *out_ << '\n';
    for (std::size_t i = 0; i < levels_.size(); ++i) *out_ << "  ";
}

void JsonWriter::before_item() {
    if (levels_.empty()) return;
    auto& level = levels_.back();
    TOPGUN_ASSERT(level.is_object == has_key_, "an object's value has a key, an array's has none");
    if (has_key_) {
        has_key_ = false;
        return;
    }
    if (!level.empty) *out_ << ',';
    level.empty = false;
    new_line();
}

void JsonWriter::after_item() {
    if (levels_.empty()) *out_ << '\n';
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    before_item();
    *out_ << json;
    after_item();
    return *this;
}

JsonWriter& JsonWriter::open(char bracket, bool is_object) {
    before_item();
    *out_ << bracket;
    levels_.push_back({is_object});
    return *this;
}

JsonWriter& JsonWriter::close(char bracket, bool is_object) {
    TOPGUN_ASSERT(!levels_.empty() && levels_.back().is_object == is_object && !has_key_,
                  "what was opened last is closed first");
    const bool empty = levels_.back().empty;
    levels_.pop_back();
    if (!empty) new_line();
    *out_ << bracket;
    after_item();
    return *this;
}

JsonWriter& JsonWriter::begin_object() {
    return open('{', true);
}
JsonWriter& JsonWriter::end_object() {
    return close('}', true);
}
JsonWriter& JsonWriter::begin_array() {
    return open('[', false);
}
JsonWriter& JsonWriter::end_array() {
    return close(']', false);
}

JsonWriter& JsonWriter::key(std::string_view name) {
    TOPGUN_ASSERT(!levels_.empty() && levels_.back().is_object && !has_key_,
                  "a key stands in an object, before its value");
    auto& level = levels_.back();
    if (!level.empty) *out_ << ',';
    level.empty = false;
    new_line();
    scratch_.clear();
    append_json_string(name, scratch_);
    *out_ << scratch_ << (layout_ == Layout::compact ? ":" : ": ");
    has_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
    scratch_.clear();
    append_json_string(text, scratch_);
    return raw(scratch_);
}

JsonWriter& JsonWriter::value(bool flag) {
    return raw(flag ? "true" : "false");
}

JsonWriter& JsonWriter::value(double number) {
    if (!std::isfinite(number)) return null();
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    return raw(std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

JsonWriter& JsonWriter::null() {
    return raw("null");
}

JsonWriter& JsonWriter::canonical(BytesView value) {
    scratch_.clear();
    append_json(value, scratch_);
    return raw(scratch_);
}

JsonWriter& JsonWriter::begin_report(unsigned schema_version) {
    return begin_object().field("schema_version", schema_version);
}

void JsonWriter::end_report(bool complete) {
    field("complete", complete).end_object();
}

}  // namespace topgun::cli
