// SPDX-License-Identifier: Apache-2.0
// Schemas by map: set, replaced, loaded from a file, all or nothing.
#include "topgun/schema/schema_provider.hpp"
#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::test;
using Errors = std::vector<std::string>;

namespace {

constexpr const char* kTwoSchemas =
    R"({"users":{"version":1,"fields":[{"name":"name","required":true,"field_type":"String"}]},)"
    R"("logs":{"version":2,"fields":[],"strict":true}})";

}  // namespace

TEST_CASE("a map without schema takes everything, removals and null every map",
          "[schema][provider]") {
    SchemaTable table;
    must(add_schemas(kTwoSchemas, table));
    const auto bad = must(parse_json("{}"));
    CHECK(validate_write(table, "users", bad) == Errors{"field 'name' is required"});
    CHECK(validate_write(table, "others", bad).empty());
    CHECK(validate_write(table, "users", "").empty());
    CHECK(validate_write(table, "users", must(parse_json("null"))).empty());
    CHECK(validate_write(table, "users", must(parse_json("{\"name\":\"x\"}"))).empty());
}

TEST_CASE("schemas are set, replaced and removed while others hold them", "[schema][provider]") {
    SchemaTable table;
    must(add_schemas(kTwoSchemas, table));
    CHECK(table.maps() == std::vector<std::string>{"logs", "users"});
    const auto held = table.find("logs");
    MapSchema next;
    next.version = 9;
    must(table.set("logs", next));
    CHECK(table.find("logs")->schema().version == 9);
    CHECK(held->schema().version == 2);
    CHECK(table.remove("logs"));
    CHECK_FALSE(table.remove("logs"));
    CHECK(table.find("logs") == nullptr);
}

TEST_CASE("a schema that does not compile leaves the table as it was", "[schema][provider]") {
    SchemaTable table;
    must(add_schemas(kTwoSchemas, table));
    const auto added = add_schemas(R"({"logs":{"version":7,"fields":[]},)"
                                   R"("new":{"version":1,"fields":[{"name":"f","required":false,)"
                                   R"("constraints":{"pattern":"["}}]}})",
                                   table);
    REQUIRE_FALSE(added);
    CHECK(added.error().text().starts_with("map 'new': field 'f': invalid pattern '['"));
    CHECK(table.find("logs")->schema().version == 2);
    CHECK(table.find("new") == nullptr);
    CHECK(add_schemas("[]", table).error().text().starts_with("schemas: expected an object"));
    CHECK(add_schemas(R"({"m":{"version":"1"}})", table)
              .error()
              .text()
              .starts_with("map 'm': version"));
}

TEST_CASE("a schema file is loaded, its errors name it", "[schema][provider]") {
    ScratchDir scratch;
    SchemaTable table;
    spit(scratch.path() / "schemas.json", kTwoSchemas);
    must(load_schema_file(scratch.file("schemas.json"), table));
    CHECK(table.maps().size() == 2);
    spit(scratch.path() / "bad.json", "{\"users\": {\n  \"version\": }");
    const auto bad = load_schema_file(scratch.file("bad.json"), table);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().text().find("bad.json: parse error at line 2") != std::string::npos);
    CHECK(load_schema_file(scratch.file("none.json"), table).error().code() == Errc::not_found);
}
