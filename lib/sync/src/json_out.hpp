// SPDX-License-Identifier: Apache-2.0
// JSON as it is put together, member by member.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "topgun/value/json.hpp"

namespace topgun::sync {

/// An object under construction: add(), then end().
class JsonObject {
public:
    JsonObject& add(std::string_view name, std::string_view text) {
        key(name);
        append_json_string(text, text_);
        return *this;
    }
    JsonObject& add(std::string_view name, const char* text) {
        return add(name, std::string_view(text));
    }
    JsonObject& add(std::string_view name, const std::string& text) {
        return add(name, std::string_view(text));
    }
    JsonObject& add(std::string_view name, bool flag) { return raw(name, flag ? "true" : "false"); }
    template <std::integral Number>
    requires(!std::same_as<Number, bool>) JsonObject& add(std::string_view name, Number number) {
        return raw(name, std::to_string(number));
    }
    /// A value that is JSON already.
    JsonObject& raw(std::string_view name, std::string_view json) {
        key(name);
        text_ += json;
        return *this;
    }
    std::string end() {
        text_ += '}';
        return std::move(text_);
    }

private:
    void key(std::string_view name) {
        if (text_.size() > 1) text_ += ',';
        append_json_string(name, text_);
        text_ += ':';
    }
    std::string text_ = "{";
};

/// An array of values that are JSON already.
class JsonArray {
public:
    void add(std::string_view json) {
        if (text_.size() > 1) text_ += ',';
        text_ += json;
    }
    std::size_t size() const noexcept { return text_.size(); }
    std::string end() {
        text_ += ']';
        return std::move(text_);
    }

private:
    std::string text_ = "[";
};

}  // namespace topgun::sync
