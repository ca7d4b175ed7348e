// SPDX-License-Identifier: Apache-2.0
// What values of a map must look like: fields, types, constraints, and the check against them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun {

/// The type of a field, or of the elements of an array. Value type.
struct FieldType {
    enum class Kind : std::uint8_t { string, integer, real, boolean, binary, timestamp, map, any };
    Kind kind = Kind::any;
    /// How many arrays are around it: 2 is an array of arrays of `kind`.
    std::uint8_t arrays = 0;

    bool operator==(const FieldType&) const = default;
};

/// What a value must meet beyond its type. Which apply: lengths, pattern and list to strings;
/// lengths, as counts of elements, to arrays; the range to Int and Timestamp, not to Float.
struct FieldConstraints {
    std::optional<std::uint32_t> min_length;  ///< Of a string: characters (Unicode scalar values).
    std::optional<std::uint32_t> max_length;
    std::optional<std::int64_t> min_value;  ///< Inclusive.
    std::optional<std::int64_t> max_value;  ///< Inclusive.
    /// A regular expression that must match somewhere in the text. The dialect is that of TopGun's
    /// server (Rust's regex crate) but for \p classes, set operations in brackets and the flag x,
    /// which are refused; the flag i knows ASCII letters only.
    std::optional<std::string> pattern;
    std::optional<std::vector<std::string>> enum_values;

    bool operator==(const FieldConstraints&) const = default;
};

struct FieldDef {
    std::string name;
    bool required = false;  ///< Missing and null both count as absent.
    FieldType type;
    std::optional<FieldConstraints> constraints;

    bool operator==(const FieldDef&) const = default;
};

struct MapSchema {
    std::uint32_t version = 0;
    std::vector<FieldDef> fields;
    bool strict = false;  ///< Fields that are not listed are errors.

    bool operator==(const MapSchema&) const = default;
};

/// Parses TopGun's JSON form: {"version", "fields": [{"name", "required", "field_type"?,
/// "constraints"?}], "strict"?}. Unknown members are passed over, null means absent. Errors:
/// bad_input, naming the member ("fields[2].required: expected true or false").
TOPGUN_API Result<MapSchema> parse_schema(std::string_view json);
/// Writes the same form on one line; what is absent is left out.
TOPGUN_API std::string print_schema(const MapSchema& schema);

/// "Int", "Array(Int)".
TOPGUN_API std::string field_type_text(const FieldType& type);

/// A schema with its patterns compiled. Threads: immutable; share freely.
class TOPGUN_API SchemaValidator {
public:
    /// Strings longer than this many bytes match no pattern: the cost of matching stays bounded.
    static constexpr std::size_t kLongestMatched = 65'536;
    /// Errors reported for one value; further ones are counted in a last line.
    static constexpr std::size_t kMostErrors = 1000;

    /// Errors: bad_input for a pattern that does not compile, with the field and the reason.
    static Result<std::shared_ptr<const SchemaValidator>> compile(MapSchema schema);
    ~SchemaValidator();

    /// What is wrong with a value, in the words of TopGun's server; empty when it is valid. Long
    /// texts are quoted up to 1024 bytes.
    ///
    /// Beyond the server: Timestamp accepts whole floats up to 2^53 too, because JavaScript peers
    /// send milliseconds as float64, which the server refuses; integers above 2^63 - 1 keep their
    /// value; an extension is of kind "Extension", which only Any accepts.
    /// @pre `value` is canonical. Cost: O(bytes), and for patterns text times pattern.
    std::vector<std::string> validate(const ValueView& value) const;
    const MapSchema& schema() const noexcept { return schema_; }

private:
    struct Patterns;
    SchemaValidator(MapSchema schema, std::unique_ptr<Patterns> patterns);
    MapSchema schema_;
    std::unique_ptr<Patterns> patterns_;
};

}  // namespace topgun
