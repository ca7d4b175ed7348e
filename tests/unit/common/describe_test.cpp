// SPDX-License-Identifier: Apache-2.0
// The description of options is what help, completions and man pages are made of.
#include "common/describe.hpp"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

#include "common/options.hpp"
#include "topgun_test/support.hpp"

using namespace topgun::cli;
using topgun::test::must;

namespace {

struct Sample {
    std::string output, source;
    std::vector<std::string> maps, sources;
    bool flag = false;
    int word = 0;
    CLI::App app{"Do things", "topgun-cli sample"};

    Sample() {
        app.set_help_flag("-h,--help", "Show this help")->group(kCommonGroup);
        app.add_flag("--hidden", flag, "Not for users")->group("");
        add_output_option(app, output, "Where to")->required();
        add_repeatable_option(app, "-m,--map", maps, "Which", "MAP");
        add_json_option(app, flag);
        add_choice_option<int>(app, "--kind", word, {{"one", 1}, {"two", 2}}, "What kind");
        add_source_argument(app, "base", source, "The base");
        app.add_option("more", sources, "More of them")->type_name("SOURCE");
        auto* sub = app.add_subcommand("show", "Show it");
        sub->add_option("--depth", word, "How deep")->type_name("NUMBER");
    }
    CommandInfo info() const { return describe(app, "sample"); }
};

const OptionInfo& find(const std::vector<OptionInfo>& options, const std::string& name) {
    for (const auto& option : options) {
        for (const auto& known : option.names) {
            if (known == name) return option;
        }
    }
    FAIL("no option " << name);
    return options.front();
}

}  // namespace

TEST_CASE("options are described with their names, kinds and values", "[common][describe]") {
    const auto info = Sample().info();
    CHECK(info.name == "sample");
    CHECK(info.summary == "Do things");
    const auto& output = find(info.options, "-o");
    CHECK(output.names == std::vector<std::string>{"-o", "--output"});
    CHECK(output.kind == ValueKind::file);
    CHECK(output.value_name == "FILE");
    CHECK(output.required);
    CHECK_FALSE(output.repeatable);
    const auto& maps = find(info.options, "--map");
    CHECK(maps.kind == ValueKind::text);
    CHECK(maps.repeatable);
    CHECK(find(info.options, "--json").kind == ValueKind::none);
    const auto& kind = find(info.options, "--kind");
    CHECK(kind.kind == ValueKind::choice);
    CHECK(kind.choices == std::vector<std::string>{"one", "two"});
}

TEST_CASE("arguments are described apart, in capitals and in their order", "[common][describe]") {
    const auto info = Sample().info();
    REQUIRE(info.arguments.size() == 2);
    CHECK(info.arguments[0].names.front() == "BASE");
    CHECK(info.arguments[0].required);
    CHECK_FALSE(info.arguments[0].repeatable);
    CHECK(info.arguments[1].names.front() == "MORE");
    CHECK_FALSE(info.arguments[1].required);
    CHECK(info.arguments[1].repeatable);
    CHECK(info.arguments[1].kind == ValueKind::file);
}

TEST_CASE("hidden options and inherited help do not appear, common options come last",
          "[common][describe]") {
    const auto info = Sample().info();
    for (const auto& option : info.options) CHECK(option.names.front() != "--hidden");
    CHECK(info.options.back().names.back() == "--help");
    REQUIRE(info.subcommands.size() == 1);
    REQUIRE(info.subcommands[0].options.size() == 1);
    CHECK(info.subcommands[0].options[0].names.front() == "--depth");
}

TEST_CASE("the usage line shows what must be given", "[common][describe]") {
    auto info = Sample().info();
    info.subcommands.clear();
    CHECK(usage_line("topgun-cli sample", info) ==
          "Usage: topgun-cli sample [OPTION]... BASE [MORE...] -o FILE\n");
}

TEST_CASE("a dump reads back as what was dumped", "[common][describe]") {
    const auto info = Sample().info();
    const auto text = dump(info);
    const auto again = must(parse_dump(text));
    CHECK(dump(again) == text);
    CHECK(again.options.size() == info.options.size());
    CHECK(find(again.options, "--kind").choices == find(info.options, "--kind").choices);
    CHECK(again.subcommands.at(0).summary == "Show it");
}

TEST_CASE("a dump that is none is refused with its line", "[common][describe]") {
    const auto text = GENERATE(as<std::string>{}, "nonsense\n", "option\t--json\n", "command\ta\n",
                               "subcommand\ta\tb\n");
    CAPTURE(text);
    const auto result = parse_dump(text);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == topgun::Errc::bad_input);
    CHECK(result.error().text().find("line 1") == 0);
}
