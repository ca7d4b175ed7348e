// SPDX-License-Identifier: Apache-2.0
// JSON as it is produced, without a tree in memory: reports of any length, 64-bit numbers exact.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/output.hpp"
#include "topgun/base/bytes.hpp"

namespace topgun::cli {

/// Writes one JSON text, or several one after the other (one a line in Layout::compact).
/// Keys are written in the order of the calls; giving each only once is the caller's part.
/// Misuse (a value without key in an object, an unclosed array) is a Bug.
class JsonWriter {
public:
    enum class Layout {
        pretty,   ///< Two blanks of indentation; what --json prints.
        compact,  ///< Everything on one line; what --ndjson prints.
    };

    /// @param out  outlives the writer.
    explicit JsonWriter(Output& out, Layout layout = Layout::pretty)
        : out_(&out), layout_(layout) {}
    JsonWriter(const JsonWriter&) = delete;
    JsonWriter& operator=(const JsonWriter&) = delete;

    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view name);

    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text) { return value(std::string_view(text)); }
    JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
    JsonWriter& value(bool flag);
    /// Shortest digits that read back as the same number; a number JSON lacks becomes null.
    JsonWriter& value(double number);
    template <std::integral Number>
    requires(!std::same_as<Number, bool> &&
             !std::same_as<Number, char>) JsonWriter& value(Number number) {
        return raw(std::to_string(number));
    }
    JsonWriter& null();
    /// A canonical MessagePack value, by the rules of topgun/value/json.hpp.
    JsonWriter& canonical(BytesView value);

    /// key() and value() in one.
    template <typename Value>
    JsonWriter& field(std::string_view name, const Value& value_) {
        key(name);
        return value(value_);
    }

    /// Opens the object that every --json report is: {"schema_version": 1, ...
    JsonWriter& begin_report(unsigned schema_version = 1);
    /// Closes it: ..., "complete": true}. False when something was skipped or not checked.
    void end_report(bool complete);

private:
    struct Level {
        bool is_object;
        bool empty = true;
    };
    JsonWriter& raw(std::string_view json);
    void before_item();
    void after_item();
    void new_line();
    JsonWriter& open(char bracket, bool is_object);
    JsonWriter& close(char bracket, bool is_object);

    Output* out_;
    Layout layout_;
    bool has_key_ = false;
    std::vector<Level> levels_;
    std::string scratch_;
};

}  // namespace topgun::cli
