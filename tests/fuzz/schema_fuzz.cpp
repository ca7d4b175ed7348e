// SPDX-License-Identifier: Apache-2.0
// Schemas out of JSON: printed and parsed again they are the same; any value can be checked.
#include "topgun/schema/schema.hpp"

#include "fuzz.hpp"
#include "topgun/schema/schema_provider.hpp"
#include "topgun/value/json.hpp"

using namespace topgun;

namespace {

void check_schema(const MapSchema& schema, BytesView text) {
    const auto printed = print_schema(schema);
    const auto again = parse_schema(printed);
    TOPGUN_FUZZ_CHECK_WITH(again && *again == schema, printed);
    TOPGUN_FUZZ_CHECK(print_schema(*again) == printed);
    TOPGUN_FUZZ_CHECK(printed.find('\n') == std::string::npos);

    const auto validator = SchemaValidator::compile(schema);
    if (!validator) return;
    // The schema's own text as a value meets its own rules in odd ways.
    for (const auto value : {std::string_view("{}"), std::string_view("5"), text}) {
        const auto bytes = parse_json(value);
        if (!bytes) continue;
        const auto errors = (*validator)->validate(ValueView(*bytes));
        TOPGUN_FUZZ_CHECK(errors.size() <= SchemaValidator::kMostErrors + 1);
    }
    // A value with every field there is of the type that is asked for at least in name.
    std::string object = "{";
    for (const auto& field : schema.fields) {
        if (object.size() > 1) object += ',';
        append_json_string(field.name, object);
        object += ":\"" + field_type_text(field.type) + "\"";
    }
    const auto bytes = parse_json(object + "}");
    TOPGUN_FUZZ_CHECK_WITH(bytes, object);
    static_cast<void>((*validator)->validate(ValueView(*bytes)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::view_of(data, size);
    if (const auto schema = parse_schema(text)) check_schema(*schema, text);
    SchemaTable table;
    if (!add_schemas(text, table)) {
        TOPGUN_FUZZ_CHECK(table.maps().empty());
        return 0;
    }
    for (const auto& map : table.maps()) {
        TOPGUN_FUZZ_CHECK(table.find(map) != nullptr);
        TOPGUN_FUZZ_CHECK(validate_write(table, map, "\xc0").empty());
        check_schema(table.find(map)->schema(), text);
    }
    return 0;
}
