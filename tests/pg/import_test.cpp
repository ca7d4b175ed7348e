// SPDX-License-Identifier: Apache-2.0
// Sources into tables: merged, complete after any interruption, never blindly overwritten.
#include "topgun/pg/import.hpp"

#include <nlohmann/json.hpp>

#include "running.hpp"
#include "world.hpp"

namespace topgun::test {
namespace {

using nlohmann::json;

json import(const std::string& source, const std::string& url, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"pg", "import", source, url, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto run = cli(std::move(arguments));
    INFO(run.err);
    CHECK(run.status == 0);
    auto report = json::parse(run.out, nullptr, false);
    REQUIRE(report.is_object());
    return report;
}

std::string generated(const ScratchDir& folder, std::vector<std::string> more) {
    const auto file = folder.file("made.tgs");
    std::vector<std::string> arguments{"generate", "-o", file, "--seed", "7"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    REQUIRE(cli(std::move(arguments)).status == 0);
    return file;
}

std::string count(const std::string& database, const std::string& table = "topgun_maps") {
    const auto rows = must(connect(database)->query("SELECT count(*) FROM " + table));
    return std::string(rows.at(0, 0));
}

bool exists(const std::string& database, const std::string& table) {
    const auto rows =
        must(connect(database)->query("SELECT to_regclass($1)", {pg::Parameter(table)}));
    return rows.text(0, 0).has_value();
}

TEST_CASE("an import gives the source back, in either kind of table, and twice is as once",
          "[pg][import]") {
    const auto* kind = GENERATE("rust", "typescript");
    const ScratchDir folder;
    const auto source =
        generated(folder, {"--records", "2000", "--map", "users", "--map", "todos:or", "--map",
                           "visits:counter", "--values", "mixed"});
    const auto name = must(postgres().make_database());
    const auto url = postgres().url(name);
    const auto first = import(source, url, {"--create", kind});
    CHECK(first["created"] == true);
    CHECK(first["missing"] == 0);
    CHECK(first["inserted"] > 3000);
    CHECK(cli({"diff", "--deep", source, url}).status == 0);
    const auto again = import(source, url, {"--jobs", "1"});
    CHECK(again["created"] == false);
    CHECK(again["inserted"] == 0);
    CHECK(again["updated"] == 0);
    CHECK(again["missing"] == 0);
    const auto back = folder.file("back.tgs");
    REQUIRE(cli({"pg", "export", url, "-o", back}).status == 0);
    CHECK(slurp(back) == slurp(source));
    CHECK_FALSE(exists(name, "topgun_maps_imports"));
}

TEST_CASE("what is newer in the table stays, unless it is to be overwritten", "[pg][import]") {
    const ScratchDir folder;
    spit(folder.path() / "old.ndjson",
         "{\"map\":\"m\",\"key\":\"a\",\"value\":\"old\",\"ts\":\"1000:0:n\"}\n"
         "{\"map\":\"m\",\"key\":\"b\",\"value\":\"only here\",\"ts\":\"1000:0:n\"}\n");
    spit(folder.path() / "new.ndjson",
         "{\"map\":\"m\",\"key\":\"a\",\"value\":\"new\",\"ts\":\"2000:0:n\"}\n");
    const auto name = must(postgres().make_database());
    const auto url = postgres().url(name);
    import(folder.file("new.ndjson"), url);
    const auto merged = import(folder.file("old.ndjson"), url);
    CHECK(merged["inserted"] == 1);
    CHECK(merged["unchanged"] == 1);
    const auto value = [&] {
        return cli({"inspect", url, "--map", "m", "--key", "a", "--json"}).out;
    };
    CHECK(value().find("\"new\"") != std::string::npos);
    const auto replaced = import(folder.file("old.ndjson"), url, {"--overwrite"});
    CHECK(replaced["updated"] == 2);
    CHECK(value().find("\"old\"") != std::string::npos);
}

TEST_CASE("an import that is killed is gone on with, and one that loses its connections goes on",
          "[pg][import]") {
    const ScratchDir folder;
    const auto source = generated(folder, {"--records", "120k", "--values", "scalar"});
    const auto name = must(postgres().make_database());
    const auto url = postgres().url(name);
    Running running({"pg", "import", "-q", "--no-verify", source, url});
    REQUIRE(within_seconds(60, [&] { return exists(name, "topgun_maps") && count(name) != "0"; }));
    running.end(SIGKILL);
    const auto kept = std::stoul(count(name));
    const auto rest = import(source, url);
    // What had been committed was not sent again, but for the last key of each part.
    if (kept < 117'000) {
        CHECK(rest["resumed"] == true);
        CHECK(rest["rows"] <= 120'000 - kept + 4000);
    }
    CHECK(rest["missing"] == 0);
    CHECK(cli({"diff", "--deep", source, url}).status == 0);
    CHECK_FALSE(exists(name, "topgun_maps_imports"));

    const auto other = must(postgres().make_database());
    Running shaken({"pg", "import", "-q", "--no-verify", source, postgres().url(other)});
    REQUIRE(
        within_seconds(60, [&] { return exists(other, "topgun_maps") && count(other) != "0"; }));
    const auto ended = must(
        connect(other)->query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                              " WHERE datname = current_database() AND pid <> pg_backend_pid()"));
    CHECK(ended.at(0, 0) != "0");
    CHECK(shaken.end(0) == 0);
    CHECK(cli({"diff", "--deep", source, postgres().url(other)}).status == 0);
}

std::string rows_of(const std::string& database) {
    const auto rows = must(connect(database)->query(
        "SELECT string_agg((map_name, key, value)::text, ' ' ORDER BY key) FROM topgun_maps"));
    return std::string(rows.at(0, 0));
}

TEST_CASE("a database that is imported keeps its removed tags with their keys", "[pg][import]") {
    const ScratchDir folder;
    // A removed tag's key is known to the file of a server, and to a row; a snapshot has none.
    spit(folder.path() / "made.ndjson",
         "{\"map\":\"t\",\"kind\":\"or\",\"key\":\"a\",\"value\":1,\"ts\":\"5:0:n\"}\n"
         "{\"map\":\"t\",\"kind\":\"or\",\"key\":\"b\",\"value\":2,\"ts\":\"6:0:n\"}\n");
    const auto from = must(postgres().make_database());
    import(folder.file("made.ndjson"), postgres().url(from));
    {
        pg::ConnectOptions connecting;
        connecting.target = postgres().target(from);
        bool created = false;
        const auto writer = must(
            pg::open_table_writer(connecting.target, maptable::Generation::bytea, {}, {}, created));
        Op op;
        op.kind = OpKind::or_remove;
        op.map = "t";
        op.key = "a";
        op.tag = "5:0:n";
        must(writer->add(op));
        must(writer->finish());
    }
    REQUIRE_FALSE(exists(from, "topgun_maps_extra"));
    const auto to = must(postgres().make_database());
    const auto report = import(postgres().url(from), postgres().url(to));
    CHECK(report["missing"] == 0);
    CHECK(report["inserted"] == 2);
    CHECK(rows_of(to) == rows_of(from));
    CHECK_FALSE(exists(to, "topgun_maps_extra"));
}

TEST_CASE("ops of many keys come in as they are read, twice as once", "[pg][import]") {
    const auto* jobs = GENERATE("1", "3");
    const ScratchDir folder;
    const auto source = generated(folder, {"--records", "15k", "--map", "users", "--map",
                                           "todos:or", "--map", "visits:counter"});
    const auto text = folder.file("ops.ndjson");
    REQUIRE(cli({"convert", source, text}).status == 0);
    // What comes again much later meets the rows that the first made.
    spit(text, slurp(text) + slurp(text));
    const auto url = postgres().url(must(postgres().make_database()));
    const auto report = import(text, url, {"--jobs", jobs});
    CHECK(report["missing"] == 0);
    CHECK(report["resumed"] == false);
    CHECK(cli({"diff", "--deep", source, url}).status == 0);
    const auto none = cli({"pg", "import", text, url, "--map", "absent"});
    CHECK(none.status == 4);
    CHECK(none.err.find("no map 'absent' in the source") != std::string::npos);
}

TEST_CASE("a source that breaks off names its place, and nothing waits for ever", "[pg][import]") {
    const ScratchDir folder;
    spit(folder.path() / "broken.ndjson",
         "{\"map\":\"m\",\"key\":\"a\",\"value\":1,\"ts\":\"1000:0:n\"}\n{\"map\":");
    const auto name = must(postgres().make_database());
    const auto run = cli({"pg", "import", folder.file("broken.ndjson"), postgres().url(name)});
    CHECK(run.status == 3);
    CHECK(run.err.find("broken.ndjson: ") != std::string::npos);
    CHECK(count(name) == "0");
}

TEST_CASE("what a table cannot hold is named, and the rest is written", "[pg][import]") {
    const ScratchDir folder;
    spit(folder.path() / "mixed.ndjson",
         "{\"map\":\"m\",\"key\":\"a\",\"value\":1,\"ts\":\"1000:0:n\"}\n"
         "{\"map\":\"m\",\"kind\":\"or\",\"key\":\"a\",\"value\":1,\"ts\":\"1000:0:n\"}\n"
         "{\"map\":\"m__backup\",\"key\":\"a\",\"value\":1,\"ts\":\"1000:0:n\"}\n"
         "{\"map\":\"m\",\"key\":\"b\",\"value\":2,\"ts\":\"1000:0:n\"}\n");
    const auto name = must(postgres().make_database());
    const auto run = cli({"pg", "import", folder.file("mixed.ndjson"), postgres().url(name),
                          "--json", "--jobs", "1"});
    CHECK(run.status != 0);
    const auto report = json::parse(run.out);
    CHECK(report["refused"] == 2);
    CHECK(report["complete"] == false);
    CHECK(run.err.find("map m__backup, key a") != std::string::npos);
    CHECK(run.err.find("of an OR-Map") != std::string::npos);
    CHECK(count(name) == "2");
}

TEST_CASE("a map that no table can hold is named, and the rest is written and verified",
          "[pg][import]") {
    const ScratchDir folder;
    const auto source = folder.file("nul.ndjson");
    spit(source,
         "{\"map\":\"n\\u0000m\",\"key\":\"k\",\"value\":1,\"ts\":\"1700000000000:0:n\"}\n"
         "{\"map\":\"m\",\"key\":\"k\",\"value\":1,\"ts\":\"1700000000000:0:n\"}\n");
    const auto name = must(postgres().make_database());
    const auto run = cli({"pg", "import", source, postgres().url(name)});
    CHECK(run.status == 4);
    CHECK(run.err.find("not written: map n") != std::string::npos);
    CHECK(count(name) == "1");
}

TEST_CASE("a server's limit in time is no interruption", "[pg][import]") {
    const ScratchDir folder;
    const auto source = generated(folder, {"--records", "2000"});
    const auto name = must(postgres().make_database());
    must(connect(name)->run(kByteaTable +
                            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
                            " 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END';"
                            "CREATE TRIGGER t AFTER INSERT ON topgun_maps EXECUTE FUNCTION slow();"
                            "ALTER DATABASE " +
                            name + " SET statement_timeout = '2s'"));
    CHECK(cli({"pg", "import", source, postgres().url(name)}).status == 0);
    CHECK(cli({"diff", "--deep", source, postgres().url(name)}).status == 0);
    ProcessOptions options;
    options.arguments = {"pg", "migrate", postgres().url(name), "--to", "ts"};
    options.environment["TMPDIR"] = folder.file("none");
    const auto nowhere = run_process(TOPGUN_CLI, options);
    CHECK(nowhere.status == 5);
    CHECK(nowhere.err.find("TMPDIR") != std::string::npos);
}

TEST_CASE("a user who may not write is told so, and nothing changes", "[pg][import]") {
    const ScratchDir folder;
    const auto source = generated(folder, {"--records", "10"});
    const auto name = must(postgres().make_database());
    must(connect(name)->run(kByteaTable + "CREATE ROLE reads_" + name +
                            " LOGIN; GRANT SELECT ON topgun_maps TO reads_" + name));
    auto url = postgres().url(name);
    const auto at = url.find("postgres@");
    REQUIRE(at != std::string::npos);
    url.replace(at, 8, "reads_" + name);
    const auto run = cli({"pg", "import", source, url});
    CHECK(run.status == 5);
    CHECK(run.err.find("permission denied") != std::string::npos);
    CHECK(count(name) == "0");
}

TEST_CASE("commands that write states and ops write to databases", "[pg][import]") {
    const ScratchDir folder;
    const auto source = generated(folder, {"--records", "200", "--map", "users", "--map", "t:or"});
    const auto url = postgres().url(must(postgres().make_database()));
    CHECK(cli({"convert", source, url + "#converted", "-q"}).status == 0);
    CHECK(cli({"merge", source, url + "#converted", "-o", url + "#merged"}).status == 0);
    CHECK(cli({"diff", "--deep", source, url + "#merged"}).status == 0);
    const auto log = folder.file("ops.tgl");
    REQUIRE(cli({"convert", source, log}).status == 0);
    const auto replayed = cli({"replay", log, "--into", url + "#replayed"});
    INFO(replayed.err);
    CHECK(replayed.status == 0);
    CHECK(cli({"diff", "--deep", source, url + "#replayed"}).status == 0);
}

TEST_CASE("a key that the database does not take is named, and all else is written and verified",
          "[pg][import]") {
    const auto* form = GENERATE("ndjson", "tgs");
    const ScratchDir folder;
    // Beyond what an index takes, and of a kind that does not shrink.
    std::string key;
    Random rng(seed(3));
    while (key.size() < 6000) key += static_cast<char>('!' + rng.below(90));
    std::erase_if(key, [](char c) { return c == '"' || c == '\\'; });
    std::string text = "{\"map\":\"m\",\"key\":\"" + key +
                       "\",\"value\":1,\"ts\":\"1700000000000:0:n\"}\n"
                       "{\"map\":\"n\",\"key\":\"" +
                       key + "\",\"value\":1,\"ts\":\"1700000000000:0:n\"}\n";
    for (int i = 0; i < 40; ++i) {
        text += "{\"map\":\"m\",\"key\":\"k" + std::to_string(i) +
                "\",\"value\":1,\"ts\":\"1700000000000:0:n\"}\n";
    }
    spit(folder.path() / "made.ndjson", text);
    const auto source = folder.file(std::string("made.") + form);
    if (std::string(form) == "tgs") {
        REQUIRE(cli({"convert", folder.file("made.ndjson"), source}).status == 0);
    }
    const auto name = must(postgres().make_database());
    const auto run = cli({"pg", "import", source, postgres().url(name), "--json"});
    CHECK(run.status == 4);
    const auto report = json::parse(run.out);
    CHECK(report["refused"] == 2);
    CHECK(report["missing"] == 0);
    CHECK(report["inserted"] == 40);
    CHECK(report["refusals"][0].get<std::string>().find(key.substr(0, 60)) != std::string::npos);
    CHECK(run.err.find("not written: map ") != std::string::npos);
    CHECK(count(name) == "40");
}

TEST_CASE("an import is not gone on with when its rows are gone", "[pg][import]") {
    const std::string meanwhile = GENERATE(
        as<std::string>{}, "SELECT 1", "DROP TABLE topgun_maps", "TRUNCATE topgun_maps",
        "DELETE FROM topgun_maps", "ALTER TABLE topgun_maps_imports DROP in_rows, DROP beside");
    CAPTURE(meanwhile);
    const ScratchDir folder;
    const auto source = generated(folder, {"--records", "100k", "--values", "scalar"});
    const auto name = must(postgres().make_database());
    const auto connection = connect(name);
    must(connection->run(
        kByteaTable +
        "CREATE SEQUENCE batches;"
        "CREATE FUNCTION enough() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF nextval('batches') > 4 THEN RAISE insufficient_privilege; END IF; RETURN NULL; END $$;"
        "CREATE TRIGGER enough BEFORE INSERT ON topgun_maps EXECUTE FUNCTION enough()"));
    CHECK(cli({"pg", "import", source, postgres().url(name), "--jobs", "1"}).status == 5);
    CHECK(exists(name, "topgun_maps_imports"));
    must(connection->run("DROP TRIGGER enough ON topgun_maps; " + meanwhile));
    const auto report = import(source, postgres().url(name), {"--jobs", "1"});
    const bool untouched = meanwhile == "SELECT 1";
    CHECK(report["resumed"] == untouched);
    CHECK(report["restarted"] == !untouched);
    CHECK(report["missing"] == 0);
    CHECK((report["rows"] == 100'000) == !untouched);
    CHECK_FALSE(exists(name, "topgun_maps_imports"));
}

TEST_CASE("a key is overwritten by all that the source has of it", "[pg][import]") {
    const ScratchDir folder;
    const auto record = [](const char* ts, const char* value) {
        return std::string(R"({"map":"o","kind":"or","key":"k","value":")") + value +
               R"(","ts":")" + ts + "\"}\n";
    };
    auto text = record("1700000000001:0:n", "first");
    for (int i = 0; i < 12'000; ++i) {
        text += R"({"map":"m","key":"k)" + std::to_string(i) +
                R"(","value":1,"ts":"1700000000000:0:n"})" + "\n";
    }
    text += record("1700000000002:0:n", "last");
    spit(folder.path() / "made.ndjson", text);
    spit(folder.path() / "before.ndjson", record("1700000000009:0:n", "before"));
    const auto name = must(postgres().make_database());
    const auto url = postgres().url(name);
    import(folder.file("before.ndjson"), url);
    const auto report = import(folder.file("made.ndjson"), url, {"--overwrite", "--jobs", "1"});
    CHECK(report["missing"] == 0);
    CHECK(cli({"diff", "--deep", folder.file("made.ndjson"), url}).status == 0);
}

}  // namespace
}  // namespace topgun::test
