// SPDX-License-Identifier: Apache-2.0
// The JSON form of schemas, as TopGun's server writes and reads it.
#include "schema_json.hpp"

#include <nlohmann/json.hpp>

namespace topgun {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint8_t kMostArrays = 32;

constexpr std::pair<std::string_view, FieldType::Kind> kTypeNames[] = {
    {"String", FieldType::Kind::string}, {"Int", FieldType::Kind::integer},
    {"Float", FieldType::Kind::real},    {"Bool", FieldType::Kind::boolean},
    {"Binary", FieldType::Kind::binary}, {"Timestamp", FieldType::Kind::timestamp},
    {"Map", FieldType::Kind::map},       {"Any", FieldType::Kind::any},
};

std::string_view kind_text(FieldType::Kind kind) {
    for (const auto& [name, known] : kTypeNames) {
        if (known == kind) return name;
    }
    return "Any";
}

Error expected(const std::string& where, std::string_view what) {
    return Error(Errc::bad_input, where + ": expected " + std::string(what));
}

std::string within(const std::string& where, std::string_view member) {
    return where.empty() ? std::string(member) : where + "." + std::string(member);
}

const Json* member(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

// A whole number between the bounds, whatever sign it was parsed with.
template <typename T>
Result<T> whole(const Json& json, const std::string& where) {
    if (json.is_number_unsigned()) {
        const auto value = json.get<std::uint64_t>();
        if (value <= static_cast<std::uint64_t>(std::numeric_limits<T>::max()))
            return static_cast<T>(value);
    } else if (json.is_number_integer()) {
        const auto value = json.get<std::int64_t>();
        if (std::numeric_limits<T>::is_signed) return static_cast<T>(value);
    }
    return expected(where, std::numeric_limits<T>::is_signed
                               ? "a whole number of 64 bits"
                               : "a whole number from 0 to 4294967295");
}

template <typename T>
Status read_whole(const Json& object, const char* name, const std::string& where,
                  std::optional<T>& out) {
    const auto* json = member(object, name);
    if (json == nullptr) return {};
    auto value = whole<T>(*json, within(where, name));
    if (!value) return std::move(value).error();
    out = *value;
    return {};
}

Status read_bool(const Json& json, const std::string& where, bool& out) {
    if (!json.is_boolean()) return expected(where, "true or false");
    out = json.get<bool>();
    return {};
}

Status read_text(const Json& json, const std::string& where, std::string& out) {
    if (!json.is_string()) return expected(where, "a string");
    out = json.get<std::string>();
    return {};
}

Result<FieldType> parse_type(const Json& json, const std::string& where) {
    FieldType type;
    const Json* at = &json;
    while (at->is_object() && at->size() == 1 && at->begin().key() == "Array") {
        if (++type.arrays > kMostArrays)
            return expected(where, "at most 32 arrays inside each other");
        at = &at->begin().value();
    }
    if (at->is_string()) {
        for (const auto& [name, kind] : kTypeNames) {
            if (at->get_ref<const std::string&>() != name) continue;
            type.kind = kind;
            return type;
        }
    }
    return expected(where,
                    "String, Int, Float, Bool, Binary, Timestamp, Map, Any or {\"Array\": type}");
}

Result<FieldConstraints> parse_constraints(const Json& json, const std::string& where) {
    if (!json.is_object()) return expected(where, "an object");
    FieldConstraints out;
    TOPGUN_TRY(read_whole(json, "minLength", where, out.min_length));
    TOPGUN_TRY(read_whole(json, "maxLength", where, out.max_length));
    TOPGUN_TRY(read_whole(json, "minValue", where, out.min_value));
    TOPGUN_TRY(read_whole(json, "maxValue", where, out.max_value));
    if (const auto* pattern = member(json, "pattern")) {
        TOPGUN_TRY(read_text(*pattern, within(where, "pattern"), out.pattern.emplace()));
    }
    if (const auto* values = member(json, "enumValues")) {
        if (!values->is_array())
            return expected(within(where, "enumValues"), "an array of strings");
        out.enum_values.emplace();
        for (std::size_t i = 0; i < values->size(); ++i) {
            const auto place = within(where, "enumValues[" + std::to_string(i) + "]");
            TOPGUN_TRY(read_text((*values)[i], place, out.enum_values->emplace_back()));
        }
    }
    return out;
}

Result<FieldDef> parse_field(const Json& json, const std::string& where) {
    if (!json.is_object()) return expected(where, "an object");
    FieldDef field;
    const auto* name = member(json, "name");
    if (name == nullptr) return expected(within(where, "name"), "a string");
    TOPGUN_TRY(read_text(*name, within(where, "name"), field.name));
    const auto* required = member(json, "required");
    if (required == nullptr) return expected(within(where, "required"), "true or false");
    TOPGUN_TRY(read_bool(*required, within(where, "required"), field.required));
    if (const auto* type = member(json, "field_type")) {
        auto parsed = parse_type(*type, within(where, "field_type"));
        if (!parsed) return std::move(parsed).error();
        field.type = *parsed;
    }
    if (const auto* constraints = member(json, "constraints")) {
        auto parsed = parse_constraints(*constraints, within(where, "constraints"));
        if (!parsed) return std::move(parsed).error();
        field.constraints = std::move(*parsed);
    }
    return field;
}

Result<MapSchema> schema_of(const Json& json) {
    if (!json.is_object()) return expected("schema", "an object");
    MapSchema out;
    const auto* version = member(json, "version");
    if (version == nullptr) return expected("version", "a whole number");
    auto number = whole<std::uint32_t>(*version, "version");
    if (!number) return std::move(number).error();
    out.version = *number;
    const auto* fields = member(json, "fields");
    if (fields == nullptr || !fields->is_array()) return expected("fields", "an array");
    for (std::size_t i = 0; i < fields->size(); ++i) {
        auto field = parse_field((*fields)[i], "fields[" + std::to_string(i) + "]");
        if (!field) return std::move(field).error();
        out.fields.push_back(std::move(*field));
    }
    if (const auto* strict = member(json, "strict"))
        TOPGUN_TRY(read_bool(*strict, "strict", out.strict));
    return out;
}

Result<Json> json_of(std::string_view text) {
    try {
        return Json::parse(text);
    } catch (const nlohmann::json::exception& error) {
        // "[json.exception.parse_error.101] parse error at line 1, column 2: ...": the rest is for
        // us.
        std::string_view what = error.what();
        if (const auto end = what.find("] "); end != std::string_view::npos)
            what.remove_prefix(end + 2);
        return Error(Errc::bad_input, std::string(what));
    }
}

Json type_json(const FieldType& type) {
    Json json = std::string(kind_text(type.kind));
    for (unsigned i = 0; i < type.arrays; ++i) {
        Json around = Json::object();
        around["Array"] = std::move(json);
        json = std::move(around);
    }
    return json;
}

Json constraints_json(const FieldConstraints& constraints) {
    Json json = Json::object();
    if (constraints.min_length) json["minLength"] = *constraints.min_length;
    if (constraints.max_length) json["maxLength"] = *constraints.max_length;
    if (constraints.min_value) json["minValue"] = *constraints.min_value;
    if (constraints.max_value) json["maxValue"] = *constraints.max_value;
    if (constraints.pattern) json["pattern"] = *constraints.pattern;
    if (constraints.enum_values) json["enumValues"] = *constraints.enum_values;
    return json;
}

}  // namespace

Result<MapSchema> parse_schema(std::string_view text) {
    auto json = json_of(text);
    if (!json) return std::move(json).error();
    return schema_of(*json);
}

Result<std::vector<std::pair<std::string, MapSchema>>> schema::parse_schemas(
    std::string_view text) {
    auto json = json_of(text);
    if (!json) return std::move(json).error();
    if (!json->is_object()) return expected("schemas", "an object of schemas by map name");
    std::vector<std::pair<std::string, MapSchema>> out;
    for (const auto& [name, value] : json->items()) {
        auto parsed = schema_of(value);
        if (!parsed) return std::move(parsed).error().within("map '" + name + "'");
        out.emplace_back(name, std::move(*parsed));
    }
    return out;
}

std::string print_schema(const MapSchema& schema) {
    Json json = Json::object();
    json["version"] = schema.version;
    json["fields"] = Json::array();
    for (const auto& field : schema.fields) {
        Json entry = Json::object();
        entry["name"] = field.name;
        entry["required"] = field.required;
        entry["field_type"] = type_json(field.type);
        if (field.constraints) entry["constraints"] = constraints_json(*field.constraints);
        json["fields"].push_back(std::move(entry));
    }
    json["strict"] = schema.strict;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string field_type_text(const FieldType& type) {
    std::string text(kind_text(type.kind));
    for (unsigned i = 0; i < type.arrays; ++i) text = "Array(" + text + ")";
    return text;
}

}  // namespace topgun
