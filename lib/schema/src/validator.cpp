// SPDX-License-Identifier: Apache-2.0
// Values against schemas. The wording is TopGun's, so that clients find what they look for.
#include <algorithm>
#include <cmath>
#include <utility>

#include "pattern.hpp"
#include "topgun/schema/schema.hpp"

namespace topgun {
namespace {

using Kind = msgpack::Kind;

constexpr std::size_t kLongestQuote = 1024;

std::string_view kind_text(Kind kind) {
    switch (kind) {
        case Kind::nil: return "Null";
        case Kind::boolean: return "Bool";
        case Kind::integer: return "Int";
        case Kind::real: return "Float";
        case Kind::string: return "String";
        case Kind::binary: return "Bytes";
        case Kind::array: return "Array";
        case Kind::map: return "Map";
        case Kind::extension: return "Extension";
    }
    return "Null";
}

// Cut between characters.
std::string quote(std::string_view text) {
    if (text.size() <= kLongestQuote) return std::string(text);
    auto end = kLongestQuote;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return std::string(text.substr(0, end)) + "...";
}

std::uint64_t characters(std::string_view utf8) {
    return static_cast<std::uint64_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

// Milliseconds as a JavaScript peer sends them.
std::optional<std::int64_t> whole_float(const ValueView& value) {
    const auto number = value.as_double();
    if (!number || std::trunc(*number) != *number || std::fabs(*number) > 0x1p53)
        return std::nullopt;
    return static_cast<std::int64_t>(*number);
}

class Check {
public:
    explicit Check(std::vector<std::string>& errors) : errors_(errors) {}

    void add(std::string error) {
        if (errors_.size() < SchemaValidator::kMostErrors)
            errors_.push_back(std::move(error));
        else
            ++further_;
    }
    void add(std::string_view name, const std::string& what) {
        add("field '" + quote(name) + "': " + what);
    }
    void finish() {
        if (further_ > 0) errors_.push_back("and " + std::to_string(further_) + " further errors");
    }

    bool type(const ValueView& value, FieldType type, const std::string& name) {
        if (type.arrays > 0) return array(value, type, name);
        if (accepts(value, type.kind)) return true;
        add(name, "expected " + field_type_text(type) + ", got \"" +
                      std::string(kind_text(value.kind())) + "\"");
        return false;
    }

    void constraints(const ValueView& value, const FieldDef& field,
                     const schema::Pattern* pattern) {
        const auto& limits = *field.constraints;
        switch (value.kind()) {
            case Kind::string: text(*value.as_string(), field, pattern); break;
            case Kind::array: length(value.size(), field.name, "array length ", limits); break;
            case Kind::integer:
            case Kind::real:
                if (field.type.arrays == 0 && (field.type.kind == FieldType::Kind::integer ||
                                               field.type.kind == FieldType::Kind::timestamp)) {
                    range(value, field.name, limits);
                }
                break;
            default: break;
        }
    }

private:
    static bool accepts(const ValueView& value, FieldType::Kind type) {
        const auto kind = value.kind();
        switch (type) {
            case FieldType::Kind::string: return kind == Kind::string;
            case FieldType::Kind::integer: return kind == Kind::integer;
            case FieldType::Kind::timestamp:
                return kind == Kind::integer || (kind == Kind::real && whole_float(value));
            case FieldType::Kind::real: return kind == Kind::real || kind == Kind::integer;
            case FieldType::Kind::boolean: return kind == Kind::boolean;
            case FieldType::Kind::binary: return kind == Kind::binary;
            case FieldType::Kind::map: return kind == Kind::map;
            case FieldType::Kind::any: return kind != Kind::nil;
        }
        return false;
    }

    // An array with a bad element gets an error for the element and one for itself, as TopGun does.
    bool array(const ValueView& value, FieldType type_of_array, const std::string& name) {
        bool sound = value.kind() == Kind::array;
        auto inner = type_of_array;
        --inner.arrays;
        std::size_t index = 0;
        value.for_each_element([&](const ValueView& element) {
            sound = type(element, inner, name + "[" + std::to_string(index++) + "]") && sound;
        });
        if (!sound)
            add(name, "expected Array, got \"" + std::string(kind_text(value.kind())) + "\"");
        return sound;
    }

    void text(std::string_view value, const FieldDef& field, const schema::Pattern* pattern) {
        const auto& limits = *field.constraints;
        length(characters(value), field.name, "length ", limits);
        if (pattern != nullptr &&
            (value.size() > SchemaValidator::kLongestMatched || !pattern->matches(value))) {
            add(field.name, "value does not match pattern '" + quote(*limits.pattern) + "'");
        }
        if (limits.enum_values && std::find(limits.enum_values->begin(), limits.enum_values->end(),
                                            value) == limits.enum_values->end()) {
            add(field.name, "value '" + quote(value) + "' is not in the allowed list");
        }
    }

    void length(std::uint64_t length, std::string_view name, const char* what,
                const FieldConstraints& limits) {
        const auto text = what + std::to_string(length);
        if (limits.min_length && length < *limits.min_length) {
            add(name, text + " is less than minimum " + std::to_string(*limits.min_length));
        }
        if (limits.max_length && length > *limits.max_length) {
            add(name, text + " exceeds maximum " + std::to_string(*limits.max_length));
        }
    }

    void range(const ValueView& value, std::string_view name, const FieldConstraints& limits) {
        const auto number = value.kind() == Kind::real ? whole_float(value) : value.as_int64();
        // What does not fit into a signed integer is above every maximum.
        const auto shown = "value " + (number ? std::to_string(*number)
                                              : std::to_string(value.as_uint64().value_or(0)));
        if (limits.min_value && number && *number < *limits.min_value) {
            add(name, shown + " is less than minimum " + std::to_string(*limits.min_value));
        }
        if (limits.max_value && (!number || *number > *limits.max_value)) {
            add(name, shown + " exceeds maximum " + std::to_string(*limits.max_value));
        }
    }

    std::vector<std::string>& errors_;
    std::uint64_t further_ = 0;
};

using Fields = std::vector<std::pair<std::string_view, ValueView>>;

// Canonical maps are sorted by bytes, so their fields can be searched.
const ValueView* find_field(const Fields& fields, std::string_view name) {
    const auto found = std::lower_bound(
        fields.begin(), fields.end(), name,
        [](const auto& field, std::string_view wanted) { return field.first < wanted; });
    return found != fields.end() && found->first == name ? &found->second : nullptr;
}

}  // namespace

struct SchemaValidator::Patterns {
    std::vector<std::optional<schema::Pattern>> by_field;
    std::vector<std::string> names;  // sorted, for strict schemas
};

SchemaValidator::SchemaValidator(MapSchema schema, std::unique_ptr<Patterns> patterns)
    : schema_(std::move(schema)), patterns_(std::move(patterns)) {}

SchemaValidator::~SchemaValidator() = default;

Result<std::shared_ptr<const SchemaValidator>> SchemaValidator::compile(MapSchema schema) {
    auto patterns = std::make_unique<Patterns>();
    for (const auto& field : schema.fields) {
        patterns->names.push_back(field.name);
        auto& slot = patterns->by_field.emplace_back();
        if (!field.constraints || !field.constraints->pattern) continue;
        const auto& text = *field.constraints->pattern;
        auto compiled = schema::Pattern::compile(text);
        if (!compiled) {
            return Error(Errc::bad_input, "field '" + quote(field.name) + "': invalid pattern '" +
                                              quote(text) + "': " + compiled.error().text());
        }
        slot.emplace(std::move(*compiled));
    }
    std::sort(patterns->names.begin(), patterns->names.end());
    return std::shared_ptr<const SchemaValidator>(
        new SchemaValidator(std::move(schema), std::move(patterns)));
}

std::vector<std::string> SchemaValidator::validate(const ValueView& value) const {
    std::vector<std::string> errors;
    Check check(errors);
    if (value.kind() != Kind::map) {
        check.add("expected a Map value");
        return errors;
    }
    Fields fields;
    value.for_each_field([&fields](std::string_view key, const ValueView& field) {
        fields.emplace_back(key, field);
    });
    for (std::size_t i = 0; i < schema_.fields.size(); ++i) {
        const auto& field = schema_.fields[i];
        const auto* found = find_field(fields, field.name);
        if (found == nullptr || found->is_nil()) {
            if (field.required) check.add("field '" + quote(field.name) + "' is required");
            continue;
        }
        if (!check.type(*found, field.type, field.name) || !field.constraints) continue;
        const auto& pattern = patterns_->by_field[i];
        check.constraints(*found, field, pattern ? &*pattern : nullptr);
    }
    if (schema_.strict) {
        const auto& names = patterns_->names;
        for (const auto& [key, field] : fields) {
            if (!std::binary_search(names.begin(), names.end(), key)) {
                check.add("unknown field '" + quote(key) + "'");
            }
        }
    }
    check.finish();
    return errors;
}

}  // namespace topgun
