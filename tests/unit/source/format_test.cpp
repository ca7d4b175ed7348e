// SPDX-License-Identifier: Apache-2.0
// How the format of a source is told: by its first bytes, its name, or a word.
#include "format.hpp"

#include "source_support.hpp"
#include "topgun/source/remote.hpp"

using namespace topgun;

TEST_CASE("every format has a word that names it, and is known by it", "[source]") {
    for (const auto format :
         {Format::automatic, Format::snapshot, Format::log, Format::data_directory,
          Format::messages, Format::ndjson, Format::json, Format::csv, Format::dump, Format::redb,
          Format::server_log, Format::sqlite}) {
        CHECK(test::must(parse_format(format_name(format))) == format);
    }
    CHECK(test::must(parse_format("tgs")) == Format::snapshot);
    CHECK(test::must(parse_format("tgl")) == Format::log);
    CHECK(test::must(parse_format("dir")) == Format::data_directory);
    CHECK(format_name(Format::messages) == "msgpack");
}

TEST_CASE("an unknown word for a format is refused with those that are known", "[source]") {
    for (const auto* word : {"", "TGS", "yaml", ".tgs", "snapshots"}) {
        const auto format = parse_format(word);
        REQUIRE_FALSE(format);
        CHECK(format.error().code() == Errc::usage);
        CHECK(format.error().text() == "format '" + std::string(word) +
                                           "': expected auto, snapshot, log, directory, msgpack, "
                                           "ndjson, json, csv, dump, redb, wal or sqlite");
    }
}

TEST_CASE("names tell the format by their ending", "[source]") {
    using source::by_extension;
    CHECK(by_extension("a/b.tgs") == Format::snapshot);
    CHECK(by_extension("b.tgl") == Format::log);
    CHECK(by_extension("b.msgpack") == Format::messages);
    CHECK(by_extension("b.mp") == Format::messages);
    CHECK(by_extension("b.ndjson") == Format::ndjson);
    CHECK(by_extension("b.jsonl") == Format::ndjson);
    CHECK(by_extension("b.json") == Format::json);
    CHECK(by_extension("b.csv") == Format::csv);
    CHECK(by_extension("b.sql") == Format::dump);
    CHECK(by_extension("b.dump") == Format::dump);
    CHECK(by_extension("b.redb") == Format::redb);
    CHECK(by_extension("b.db") == Format::sqlite);
    CHECK(by_extension("b.sqlite") == Format::sqlite);
    CHECK(by_extension("folder/") == Format::data_directory);
    CHECK(by_extension("folder.tgs/") == Format::data_directory);
    for (const auto* name : {"", "-", "tgs", "b.tgs.gz", "b.TGS", "b.txt"}) {
        CHECK(by_extension(name) == Format::automatic);
    }
}

TEST_CASE("first bytes tell the format", "[source]") {
    using source::by_content;
    CHECK(by_content("TGSNAP\r\n\x01") == Format::snapshot);
    CHECK(by_content("TGSLOG\r\n") == Format::log);
    CHECK(by_content("{\"map\":1}") == Format::ndjson);
    CHECK(by_content("\xef\xbb\xbf \t\r\n{") == Format::ndjson);
    CHECK(by_content("  [{") == Format::json);
    CHECK(by_content("--\n-- PostgreSQL database dump\n") == Format::dump);
    CHECK(by_content("PGDMP\x01") == Format::dump);
    CHECK(by_content("redb\x1a\x0a\xa9\x0d\x0a") == Format::redb);
    CHECK(by_content(std::string_view("SQLite format 3\0", 16)) == Format::sqlite);
    for (const auto* head : {"\x81", "\x8f", "\xde", "\xdf", "\x91", "\x9f", "\xdc", "\xdd"}) {
        CHECK(by_content(head) == Format::messages);
    }
    for (const auto* head : {"", " ", "TGSNAP\n", "TGSLOG", "key,ts\n", "\xa1x", "\xc0", "\x7f",
                             "\xef\xbb\xbf", "SETS", "PGDM", "SQLite format 3 "}) {
        CHECK(by_content(head) == Format::automatic);
    }
}

TEST_CASE("what this version cannot read is named", "[source]") {
    for (const auto* path : {"http://h", "https://h"}) {
        CAPTURE(path);
        REQUIRE_FALSE(open_source(path));
        for (const auto& error :
             {source::foreign_scheme(path)->clone(), open_source(path).error().clone(),
              format_for_writing(path).error().clone()}) {
            CHECK(error.code() == Errc::usage);
            CHECK_THAT(error.text(),
                       Catch::StartsWith(path) && Catch::Contains("not supported by this version"));
        }
    }
    for (const auto* path : {"a.sql", "a.dump", "a.redb", "a.db"}) {
        const auto format = format_for_writing(path);
        REQUIRE_FALSE(format);
        CHECK_THAT(format.error().text(), Catch::Contains("are read, not written"));
    }
    CHECK_FALSE(source::foreign_scheme("folder/ws.tgs"));
    CHECK_FALSE(source::foreign_scheme("postgres://db/x"));
    CHECK_FALSE(source::foreign_scheme("-"));
}

TEST_CASE("a password in a URL is hidden wherever it stands", "[source]") {
    CHECK(shown_name("postgres://me:s3cret@host:5432/db#t") == "postgres://me:***@host:5432/db#t");
    CHECK(shown_name("postgres://me:p@ss@host/db") == "postgres://me:***@host/db");
    CHECK(shown_name("postgresql://host/db?user=me&password=s3cret&x=1") ==
          "postgresql://host/db?user=me&password=***&x=1");
    CHECK(shown_name("wss://me:s3cret@host/ws") == "wss://me:***@host/ws");
    for (const auto* plain : {"postgres://me@host:5432/db", "postgres://host/db?x=a:b@c",
                              "ws://h:1", "folder/a:b@c.tgs", "-"}) {
        CHECK(shown_name(plain) == plain);
    }
}

TEST_CASE("a name to be written must tell the format", "[source]") {
    CHECK(test::must(format_for_writing("out.tgl")) == Format::log);
    CHECK(test::must(format_for_writing("new/")) == Format::data_directory);
    for (const auto* path : {"out", "out.txt", "out.tgs~", "-", ""}) {
        const auto format = format_for_writing(path);
        REQUIRE_FALSE(format);
        CHECK(format.error().code() == Errc::usage);
    }
    CHECK_THAT(format_for_writing("-").error().text(), Catch::Contains("standard output"));
    CHECK_THAT(format_for_writing("out.txt").error().text(), Catch::StartsWith("'out.txt': "));
}
