// SPDX-License-Identifier: Apache-2.0
// Goal: no statement opens a file or calls a URL unless whoever made the session permits that.
#include "session_support.hpp"
#include "topgun/source/source.hpp"
#include "topgun_test/states.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

sql::SessionOptions permitted() {
    sql::SessionOptions options;
    options.open_sources = true;
    return options;
}

// A log with one op, and a value of so many bytes.
std::string make_log(const ScratchDir& folder, std::size_t value_bytes = 1) {
    const auto path = folder.file("a.tgl");
    auto writer = must(OpWriter::create(path, Format::log));
    must(writer->add(put("k", {1, 0, "n"}, string_value(std::string(value_bytes, 'x'))).view()));
    must(writer->finish());
    return path;
}

}  // namespace

TEST_CASE("table functions open nothing unless the session permits it", "[sql][session]") {
    const ScratchDir folder;
    const auto there = make_log(folder), missing = folder.file("b.tgl");
    const auto session = open_session();
    must(session->attach("main", own_replica(std::make_unique<Replica>())));
    const auto name = GENERATE(as<std::string>{}, "there", "missing", "postgres://127.0.0.1:1/x",
                               "ws://127.0.0.1:1", "-", "/dev/zero");
    const auto path = name == "there" ? there : name == "missing" ? missing : name;
    const auto quoted = "'" + path + "'";
    for (const auto& call :
         {"ops(" + quoted + ")", "nodes(" + quoted + ")", "conflicts(" + quoted + ")",
          "nodes('main', " + quoted + ")", "diff('main', " + quoted + ")",
          "diff(" + quoted + ", 'main')"}) {
        CAPTURE(call);
        const auto refused = rows_of(*session, "SELECT * FROM " + call);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == Errc::usage);
        // Whether there is such a file is not to be learned, either.
        CHECK_THAT(refused.error().text(),
                   Catch::Contains("no attached source has this name, and statements may not"));
    }
}

TEST_CASE("table functions know what is attached", "[sql][session]") {
    const ScratchDir folder;
    const auto path = make_log(folder);
    const auto session = open_session();
    must(session->attach("log", path));
    must(session->attach("main", own_replica(std::make_unique<Replica>())));
    CHECK(answer(*session, "SELECT source, node FROM nodes('log')") == "log|n");
    CHECK(answer(*session, "SELECT _key FROM ops('log')") == "k");
    CHECK(answer(*session, "SELECT difference FROM diff('log', 'main')") == "onlyInA");
    CHECK(answer(*session, "SELECT * FROM conflicts('log', 'main')") == "");
    // A state has no history, and a file of its name is none.
    CHECK_THAT(answer(*session, "SELECT * FROM ops('main')"), Catch::Contains("may not open"));
}

TEST_CASE("with permission table functions open paths", "[sql][session]") {
    const ScratchDir folder;
    const auto path = make_log(folder);
    const auto session = open_session(permitted());
    CHECK(answer(*session, "SELECT _key FROM ops('" + path + "')") == "k");
    CHECK(answer(*session, "SELECT count(*) FROM diff('" + path + "', '" + path + "')") == "0");
    CHECK_THAT(answer(*session, "SELECT * FROM ops('/dev/zero')"),
               Catch::Contains("a device without an end"));
}

TEST_CASE("ops() takes no more memory than its statement may", "[sql][session]") {
    const ScratchDir folder;
    const auto path = make_log(folder, std::size_t{1} << 17);
    auto options = permitted();
    options.memory_limit = std::uint64_t{1} << 16;
    const auto session = open_session(options);
    const auto refused = rows_of(*session, "SELECT * FROM ops('" + path + "')");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::limit);
    CHECK_THAT(refused.error().text(), Catch::Contains("more memory than a statement may take"));
}

TEST_CASE("ops() ends with its statement's time", "[sql][session]") {
    const ScratchDir folder;
    const auto path = make_log(folder);
    auto options = permitted();
    options.timeout = std::chrono::milliseconds(0);
    const auto session = open_session(options);
    const auto late = rows_of(*session, "SELECT * FROM ops('" + path + "')");
    REQUIRE_FALSE(late);
    CHECK_THAT(late.error().text(), Catch::Contains("not done within 0 ms"));
}
