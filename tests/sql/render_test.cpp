// SPDX-License-Identifier: Apache-2.0
// Every output mode on rows that are hard to show: NULLs, quotes, wide characters, huge numbers.
#include "render.hpp"

#include <nlohmann/json.hpp>

#include "layout.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::cli;
using namespace topgun::test;

namespace {

struct Sheet {
    std::vector<sql::ResultColumn> columns;
    Batch batch;

    Column& add(const std::string& name, DataType type) {
        columns.push_back({name, type});
        auto column = std::make_shared<Column>(type);
        auto& made = *column;
        batch.columns.push_back(std::move(column));
        return made;
    }
    Sheet& rows(std::size_t count) {
        batch.rows = count;
        return *this;
    }
};

std::string shown(const Sheet& sheet, RenderOptions options) {
    std::string text;
    auto out = Output::memory(text);
    const auto renderer = make_renderer(options, out);
    renderer->begin(sheet.columns);
    if (sheet.batch.rows > 0) renderer->rows(sheet.batch);
    renderer->end();
    must(out.finish());
    return text;
}

std::string shown(const Sheet& sheet, OutputMode mode) {
    RenderOptions options;
    options.mode = mode;
    return shown(sheet, options);
}

// Two rows: a number and a text, then NULL and an awkward text.
Sheet people() {
    Sheet sheet;
    auto& id = sheet.add("id", TypeId::bigint);
    id.add_integer(7);
    id.add_null();
    auto& name = sheet.add("name", TypeId::text);
    name.add_bytes("Ann");
    name.add_bytes("a,\"b\"\n|\t<c>'\\");
    return sheet.rows(2);
}

Sheet empty() {
    Sheet sheet;
    sheet.add("id", TypeId::bigint);
    return sheet.rows(0);
}

Bytes canonical(std::string_view json) {
    return must(parse_json(json));
}

}  // namespace

TEST_CASE("a table lines up, numbers on the right", "[sql][render]") {
    CHECK(shown(people(), OutputMode::table) ==
          "   id | name\n"
          "------+-----------------\n"
          "    7 | Ann\n"
          " NULL | a,\"b\"\\n|\\t<c>'\\\n");
    CHECK(shown(empty(), OutputMode::table) == " id\n----\n");
}

TEST_CASE("a box has lines around it", "[sql][render]") {
    Sheet sheet;
    sheet.add("a", TypeId::bigint).add_integer(10);
    sheet.add("\xe5\x90\x8d", TypeId::text).add_bytes("e\xcc\x81");
    sheet.rows(1);
    CHECK(shown(sheet, OutputMode::box) ==
          "┌────┬────┐\n"
          "│  a │ 名 │\n"
          "├────┼────┤\n"
          "│ 10 │ e\xcc\x81  │\n"
          "└────┴────┘\n");
}

TEST_CASE("the expanded mode has a line for each value", "[sql][render]") {
    CHECK(shown(people(), OutputMode::expanded) ==
          "-[ RECORD 1 ]-\n"
          "id   | 7\n"
          "name | Ann\n"
          "-[ RECORD 2 ]-\n"
          "id   | NULL\n"
          "name | a,\"b\"\\n|\\t<c>'\\\n");
}

TEST_CASE("headings, NULL and footer are as asked for", "[sql][render]") {
    RenderOptions options;
    options.header = false;
    options.null_text = "~";
    options.footer = true;
    auto sheet = people();
    CHECK(shown(sheet, options) == " 7 | Ann\n ~ | a,\"b\"\\n|\\t<c>'\\\n(2 rows)\n");
    options.mode = OutputMode::csv;
    CHECK(shown(sheet, options) == "7,Ann\n~,\"a,\"\"b\"\"\n|\t<c>'\\\"\n");
    CHECK(row_count_line(1) == "(1 row)");
}

TEST_CASE("a table is cut to the terminal, and only then", "[sql][render]") {
    Sheet sheet;
    sheet.add("id", TypeId::bigint).add_integer(1);
    sheet.add("text", TypeId::text).add_bytes(std::string(50, 'x'));
    sheet.add("more", TypeId::text).add_bytes(std::string(20, 'y'));
    sheet.rows(1);
    RenderOptions options;
    CHECK(shown(sheet, options).find("\xe2\x80\xa6") == std::string::npos);
    options.columns_max = 40;
    const auto text = shown(sheet, options);
    std::size_t at = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', at)) {
        CHECK(display_width(text.substr(at, end - at)) <= 40);
        at = end + 1;
    }
    CHECK(text.find("x\xe2\x80\xa6 | yyyy") != std::string::npos);
    options.expand_wide = true;
    CHECK(shown(sheet, options).starts_with("-[ RECORD 1 ]-\nid   | 1\n"));
}

TEST_CASE("cells are cut by columns, never within a character", "[sql][render]") {
    auto cell = make_cell("\xe5\x90\x8d\xe5\x90\x8d\xe5\x90\x8d");
    CHECK(cell.width == 6);
    cut(cell, 4);
    CHECK(cell.text == "\xe5\x90\x8d\xe2\x80\xa6");
    CHECK(cell.width == 3);
    auto fits = make_cell("abc");
    cut(fits, 3);
    CHECK(fits.text == "abc");
}

TEST_CASE("the widest columns give way first", "[sql][render]") {
    using Widths = std::vector<std::size_t>;
    CHECK(fit({3, 5}, 3, 80) == Widths{3, 5});
    CHECK(fit({3, 50, 20}, 6, 40) == Widths{3, 16, 15});
    CHECK(fit({50, 50}, 3, 5) == Widths{kNarrowest, kNarrowest});
    CHECK(fit({}, 0, 5).empty());
}

TEST_CASE("widths come from the first rows, later ones are shown whole", "[sql][render]") {
    std::string text;
    auto out = Output::memory(text);
    const auto renderer = make_renderer({}, out);
    Sheet sheet;
    auto& column = sheet.add("n", TypeId::text);
    for (std::size_t i = 0; i < kRowsToMeasure; ++i) column.add_bytes("ab");
    sheet.rows(kRowsToMeasure);
    renderer->begin(sheet.columns);
    renderer->rows(sheet.batch);
    Sheet late;
    late.add("n", TypeId::text).add_bytes("much longer");
    late.rows(1);
    renderer->rows(late.batch);
    renderer->end();
    must(out.finish());
    CHECK(text.starts_with(" n\n----\n ab\n"));
    CHECK(text.ends_with(" ab\n much longer\n"));
}

TEST_CASE("CSV quotes what needs it, and tells NULL from an empty text", "[sql][render]") {
    Sheet sheet;
    auto& column = sheet.add("a b", TypeId::text);
    for (const char* value : {"plain", "", "a,b", "say \"x\"", "two\nlines", " blank "}) {
        column.add_bytes(value);
    }
    column.add_null();
    sheet.add("x,y", TypeId::text).add_null();
    auto& second = const_cast<Column&>(*sheet.batch.columns[1]);
    for (int i = 0; i < 6; ++i) second.add_null();
    sheet.rows(7);
    CHECK(
        shown(sheet, OutputMode::csv) ==
        "a b,\"x,y\"\nplain,\n\"\",\n\"a,b\",\n\"say \"\"x\"\"\",\n\"two\nlines\",\n\" blank \",\n,"
        "\n");
}

TEST_CASE("TSV escapes as COPY does", "[sql][render]") {
    CHECK(shown(people(), OutputMode::tsv) == "id\tname\n7\tAnn\n\\N\ta,\"b\"\\n|\\t<c>'\\\\\n");
}

TEST_CASE("JSON keeps every digit and embeds JSON", "[sql][render]") {
    Sheet sheet;
    sheet.add("n", TypeId::bigint).add_integer(9007199254740993);
    sheet.add("n", TypeId::numeric).add_decimal(must(Decimal::parse("12345678901234567890.50")));
    sheet.add("r", TypeId::real).add_real(0.1);
    sheet.add("nan", TypeId::real).add_real(std::numeric_limits<double>::quiet_NaN());
    sheet.add("b", TypeId::boolean).add_boolean(true);
    sheet.add("t", TypeId::text).add_bytes("q\"\n");
    sheet.add("j", TypeId::json).add_bytes(canonical(R"({"a":[1,null]})"));
    sheet.add("l", DataType::list_of(TypeId::bigint)).add_bytes(canonical("[1,null,3]"));
    sheet.add("d", TypeId::date).add_integer(0);
    sheet.add("z", TypeId::text).add_null();
    sheet.rows(1);
    const std::string object =
        "{\"n\":9007199254740993,\"n_2\":12345678901234567890.50,\"r\":0.1,\"nan\":\"NaN\","
        "\"b\":true,\"t\":\"q\\\"\\n\",\"j\":{\"a\":[1,null]},\"l\":[1,null,3],"
        "\"d\":\"1970-01-01\",\"z\":null}";
    CHECK(shown(sheet, OutputMode::ndjson) == object + "\n");
    CHECK(shown(sheet, OutputMode::json) == "[\n" + object + "\n]\n");
    CHECK(shown(empty(), OutputMode::json) == "[]\n");
    CHECK(shown(empty(), OutputMode::ndjson).empty());
    CHECK(nlohmann::json::accept(shown(people(), OutputMode::json)));
}

TEST_CASE("lists become arrays of what they hold", "[sql][render]") {
    Sheet sheet;
    sheet.add("big", DataType::list_of(TypeId::bigint)).add_bytes(canonical("[9007199254740993]"));
    sheet.add("num", DataType::list_of(TypeId::numeric)).add_bytes(canonical(R"(["1.50"])"));
    sheet.add("text", DataType::list_of(TypeId::text)).add_bytes(canonical(R"(["a\"b"])"));
    sheet.add("json", DataType::list_of(TypeId::json)).add_bytes(canonical(R"([{"a":1}])"));
    sheet.add("deep", DataType::list_of(TypeId::bigint)).add_bytes(canonical("[[1],[2]]"));
    sheet.rows(1);
    CHECK(shown(sheet, OutputMode::ndjson) ==
          "{\"big\":[9007199254740993],\"num\":[1.50],\"text\":[\"a\\\"b\"],"
          "\"json\":[{\"a\":1}],\"deep\":[[1],[2]]}\n");
}

TEST_CASE("Markdown and HTML escape what would be markup", "[sql][render]") {
    CHECK(shown(people(), OutputMode::markdown) ==
          "| id | name |\n"
          "| ---: | --- |\n"
          "| 7 | Ann |\n"
          "| NULL | a,\"b\"<br>\\|\t&lt;c>'\\\\ |\n");
    CHECK(shown(people(), OutputMode::html) ==
          "<table>\n"
          "<tr><th>id</th><th>name</th></tr>\n"
          "<tr><td align=\"right\">7</td><td>Ann</td></tr>\n"
          "<tr><td align=\"right\"></td><td>a,&quot;b&quot;\n|\t&lt;c&gt;'\\</td></tr>\n"
          "</table>\n");
}

TEST_CASE("INSERT statements quote names and texts", "[sql][render]") {
    RenderOptions options;
    options.mode = OutputMode::insert;
    options.insert_table = "my \"t\"";
    CHECK(shown(people(), options) ==
          "INSERT INTO \"my \"\"t\"\"\" (\"id\", \"name\") VALUES (7, 'Ann');\n"
          "INSERT INTO \"my \"\"t\"\"\" (\"id\", \"name\") VALUES (NULL, "
          "'a,\"b\"\n|\t<c>''\\');\n");
}

TEST_CASE("MessagePack is one map after the other", "[sql][render]") {
    const auto bytes = shown(people(), OutputMode::msgpack);
    msgpack::Reader reader(bytes);
    for (int row = 0; row < 2; ++row) {
        std::uint32_t pairs = 0;
        std::string_view key, text;
        REQUIRE(reader.read_map(pairs));
        CHECK(pairs == 2);
        REQUIRE(reader.read_string(key));
        CHECK(key == "id");
        std::uint64_t id = 0;
        if (row == 1) {
            CHECK(reader.next_is_nil());
            REQUIRE(reader.skip());
        } else {
            REQUIRE(reader.read_unsigned(id, 100));
            CHECK(id == 7);
        }
        REQUIRE(reader.read_string(key));
        REQUIRE(reader.read_string(text));
        CHECK(text == (row == 0 ? "Ann" : "a,\"b\"\n|\t<c>'\\"));
    }
    CHECK(reader.at_end());
}

TEST_CASE("names of columns that occur again get numbers", "[sql][render]") {
    CHECK(unique_names({{"a", {}}, {"a", {}}, {"a_2", {}}, {"a", {}}}) ==
          std::vector<std::string>{"a", "a_2", "a_2_2", "a_3"});
}

TEST_CASE("a result without columns has rows all the same", "[sql][render]") {
    Sheet sheet;
    sheet.rows(3);
    RenderOptions options;
    options.footer = true;
    for (const auto mode : {OutputMode::table, OutputMode::box}) {
        options.mode = mode;
        options.columns_max = 80;
        CHECK(shown(sheet, options) == "(3 rows)\n");
    }
    CHECK(shown(sheet, OutputMode::ndjson) == "{}\n{}\n{}\n");
}

TEST_CASE("every mode has a word", "[sql][render]") {
    for (const auto& [word, mode] : output_modes()) CHECK(mode_name(mode) == word);
    CHECK(output_modes().size() == 11);
}
