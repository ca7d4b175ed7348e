// SPDX-License-Identifier: Apache-2.0
// A running endpoint with a real database behind it: what is acknowledged gets there, whichever of
// the two is killed meanwhile.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "endpoint.hpp"
#include "topgun/pg/table_writer.hpp"
#include "topgun_test/states.hpp"
#include "world.hpp"

namespace topgun::test {
namespace {

constexpr const char* kInterval = "TOPGUN_WRITEBEHIND_FLUSH_INTERVAL_MS";

// A folder, a database, and endpoints between the two.
class World {
public:
    explicit World(const std::string& ddl = {}) {
        flush_every("20");
        database_ = must(postgres().make_database());
        if (!ddl.empty()) must(connect(database_)->run(ddl));
    }
    ~World() { ::unsetenv(kInterval); }

    static void flush_every(const char* ms) { ::setenv(kInterval, ms, 1); }
    std::string url() const { return postgres().url(database_); }
    std::vector<std::string> options() const { return {"--data", "node", "--storage", url()}; }
    const std::filesystem::path& folder() const { return folder_.path(); }
    ProcessResult run(std::vector<std::string> arguments) const {
        return run_cli(folder(), std::move(arguments));
    }
    std::unique_ptr<pg::Connection> connection() const { return connect(database_); }
    pg::ConnectOptions connecting() const {
        pg::ConnectOptions out;
        out.target = postgres().target(database_);
        return out;
    }

    // Sends lines to an endpoint, and remembers them as acknowledged.
    void write(const Endpoint& node, const std::string& lines) {
        spit(folder() / "batch.ndjson", lines);
        const auto replayed = run({"replay", "batch.ndjson", "--into", node.url()});
        INFO(replayed.err);
        REQUIRE(replayed.status == 0);
        std::ofstream(folder() / "sent.ndjson", std::ios::app) << lines;
    }

    // Whether the table comes to have the state of `source`, as far as these maps go; false after
    // a time that only a hang takes.
    bool reaches_table(const std::string& source, std::vector<std::string> maps = {"m"}) const {
        std::vector<std::string> words{"diff", source, url()};
        for (auto& map : maps) words.insert(words.end(), {"--map", std::move(map)});
        for (int attempt = 0;; ++attempt) {
            const auto diff = run(words);
            if (diff.status == 0) return true;
            if (attempt == 300) FAIL_CHECK(diff.out << diff.err);
            if (attempt == 300) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }

private:
    ScratchDir folder_;
    std::string database_;
};

std::string put_line(const std::string& key, int value, int second = 1) {
    return R"({"map":"m","key":")" + key + R"(","value":{"n":)" + std::to_string(value) +
           R"(},"ts":"17000000)" + std::to_string(10 + second) + R"(000:0:a"})" + "\n";
}

std::string put_lines(int count, int second) {
    std::string out;
    for (int i = 0; i < count; ++i) out += put_line("k" + std::to_string(i), i, second);
    return out;
}

}  // namespace

TEST_CASE("what clients write to an endpoint is in the table soon after", "[pg][serve]") {
    World world(GENERATE(std::string(), kByteaTable, kJsonbTable));
    Endpoint node(world.folder(), world.options());
    world.write(node, put_lines(20, 1));
    CHECK(world.reaches_table("sent.ndjson"));
    world.write(node, R"({"map":"m","key":"k1","deleted":true,"ts":"1700000012000:0:a"})"
                      "\n"
                      R"({"map":"tags","key":"x","value":"one","tag":"1700000012000:0:a",)"
                      R"("ts":"1700000012000:0:a"})"
                      "\n" +
                          put_line("k2", 99, 3));
    CHECK(world.reaches_table("sent.ndjson", {"m", "tags"}));
    CHECK(node.end(SIGTERM) == 0);
    CHECK(world.reaches_table("node", {"m", "tags"}));
}

TEST_CASE("writes of a killed endpoint reach the table after the next start", "[pg][serve]") {
    World world;
    world.flush_every("3600000");
    {
        Endpoint node(world.folder(), world.options());
        world.write(node, put_lines(30, 1));
        CHECK(node.end(SIGKILL) == 128 + SIGKILL);
    }
    CHECK(
        must(world.connection()->query("SELECT 1 FROM topgun_maps WHERE map_name = 'm'")).size() ==
        0);
    world.flush_every("20");
    Endpoint node(world.folder(), world.options());
    CHECK(world.reaches_table("sent.ndjson"));
}

TEST_CASE("an endpoint acknowledges while the database is away, and brings it all later",
          "[pg][serve]") {
    World world;
    {
        Endpoint node(world.folder(), world.options());
        world.write(node, put_lines(10, 1));
        CHECK(world.reaches_table("sent.ndjson"));
        postgres().stop();
        world.write(node, put_lines(20, 2));
        must(postgres().start_again());
        CHECK(world.reaches_table("sent.ndjson"));
        postgres().stop();
        world.write(node, put_lines(25, 3));
        // What is left over is said, and safe.
        CHECK(node.end(SIGTERM) == 4);
    }
    auto refused =
        world.run({"serve", "--listen", "127.0.0.1:0", "--data", "node", "--storage", world.url()});
    must(postgres().start_again());
    CHECK(refused.status == 5);
    Endpoint node(world.folder(), world.options());
    CHECK(world.reaches_table("sent.ndjson"));
}

TEST_CASE("the newest write wins after a start, whoever made it", "[pg][serve]") {
    World world;
    {
        Endpoint node(world.folder(), world.options());
        world.write(node, put_line("theirs", 1, 2) + put_line("mine", 1, 2));
        CHECK(world.reaches_table("sent.ndjson"));
    }
    const auto connection = world.connection();
    const auto writer = must(
        pg::TableWriter::open(world.connecting(), must(pg::choose_map_table(*connection, "")), {}));
    must(writer->add(put("theirs", {1'700'000'013'000, 0, "b"}, int_value(7)).view()));
    must(writer->add(put("mine", {1'700'000'011'000, 0, "b"}, int_value(7)).view()));
    must(writer->add(put("new", {1'700'000'011'000, 0, "b"}, int_value(7)).view()));
    must(writer->finish());
    Endpoint node(world.folder(), world.options());
    std::ofstream(world.folder() / "sent.ndjson", std::ios::app)
        << R"({"map":"m","key":"theirs","value":7,"ts":"1700000013000:0:b"})"
           "\n"
           R"({"map":"m","key":"new","value":7,"ts":"1700000011000:0:b"})"
           "\n";
    const auto diff = world.run({"diff", "--map", "m", "sent.ndjson", node.url()});
    INFO(diff.out);
    CHECK(diff.status == 0);
}

TEST_CASE("what the database cannot hold keeps nothing else from it", "[pg][serve]") {
    World world;
    Endpoint node(world.folder(), world.options());
    Random random(seed(20261122));
    std::string long_key;
    while (long_key.size() < 20'000) long_key += std::to_string(random());
    spit(world.folder() / "odd.ndjson", put_line(long_key, 1) + put_line("nul\\u0000", 2));
    REQUIRE(world.run({"replay", "odd.ndjson", "--into", node.url()}).status == 0);
    world.write(node, put_lines(5, 1));
    CHECK(world.reaches_table("sent.ndjson"));
    CHECK(node.end(SIGTERM) == 0);
    const auto kept = world.run({"inspect", "--json", "--map", "m", "node"});
    CHECK_THAT(kept.out, Catch::Contains("\"records\": 7"));
}

TEST_CASE("an endpoint that may not write to its database does not start, and says why",
          "[pg][serve]") {
    World world(kByteaTable);
    must(
        world.connection()->run("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT "
                                "SELECT ON topgun_maps TO reader"));
    auto url = world.url();
    url.replace(url.find("postgres@"), 9, "reader:secret@");
    const auto start = [&](const std::string& where) {
        return world.run(
            {"serve", "--listen", "127.0.0.1:0", "--data", "node", "--storage", where});
    };
    const auto reader = start(url);
    CHECK(reader.status == 5);
    CHECK_THAT(reader.err, Catch::Contains("reader lacks rights for table public.topgun_maps: "
                                           "INSERT, UPDATE, DELETE, CREATE in the schema"));
    CHECK_THAT(reader.err, !Catch::Contains("secret"));
    const auto nowhere = start("postgres://app:secret@127.0.0.1:1/app");
    CHECK(nowhere.status == 5);
    CHECK_THAT(nowhere.err, Catch::Contains("app@127.0.0.1:1/app") && !Catch::Contains("secret"));
    must(world.connection()->run("DROP OWNED BY reader; DROP ROLE reader"));
}

}  // namespace topgun::test
