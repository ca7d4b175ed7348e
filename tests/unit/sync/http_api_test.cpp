// SPDX-License-Identifier: Apache-2.0
// Every route of the HTTP interface, as values: no socket is opened.
#include "topgun/sync/http_api.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include "documents.hpp"
#include "fake_sql.hpp"
#include "topgun/storage/snapshot.hpp"
#include "topgun/wire/http.hpp"

using namespace topgun;
using namespace topgun::test;
using Json = nlohmann::json;

namespace {

struct Site {
    explicit Site(sync::HubOptions hub = World::no_auth(), sync::HttpApiOptions options = {})
        : world(with(std::move(hub))), api(std::move(options)) {}

    sync::HubOptions with(sync::HubOptions options) {
        options.sql = &sql;
        return options;
    }
    // The answer to a request, which comes at once unless the engine waits.
    sync::HttpReply ask(std::string method, std::string target, Bytes body = {},
                        const std::string& token = {}) {
        sync::HttpRequest request;
        request.method = std::move(method);
        const auto mark = target.find('?');
        request.path = target.substr(0, mark);
        if (mark != std::string::npos) request.query = target.substr(mark + 1);
        request.body = std::move(body);
        request.origin = origin;
        request.content_type = content_type;
        request.request_id = "r1";
        if (!token.empty()) request.authorization = "Bearer " + token;
        std::vector<sync::HttpReply> replies;
        api.handle(*world.hub, request,
                   [&](sync::HttpReply reply) { replies.push_back(std::move(reply)); });
        REQUIRE(replies.size() == 1);
        return std::move(replies[0]);
    }
    Json data(std::string method, std::string target, Bytes body = {}) {
        const auto reply = ask(std::move(method), std::move(target), std::move(body));
        CAPTURE(reply.body);
        CHECK(reply.status == 200);
        CHECK(reply.content_type == "application/json");
        const auto out = Json::parse(reply.body);
        CHECK(out.at("error").is_null());
        CHECK(out.at("meta").at("requestId") == "r1");
        CHECK(out.at("meta").at("node") == "server");
        return out.at("data");
    }
    // Of a request that fails in the interface's own form.
    std::string failure(unsigned status, std::string method, std::string target, Bytes body = {}) {
        const auto reply = ask(std::move(method), std::move(target), std::move(body));
        CAPTURE(reply.body);
        CHECK(reply.status == status);
        const auto out = Json::parse(reply.body);
        CHECK(out.at("data").is_null());
        CHECK(out.at("error").at("code") == status);
        return out.at("error").at("message");
    }
    void store(const OwnedOp& op) {
        const Op view = op.view();
        must(world.hub->apply({&view, 1}, {}, 0));
    }

    FakeSql sql;
    World world;
    sync::HttpApi api;
    std::string origin, content_type;
};

std::string header(const sync::HttpReply& reply, std::string_view name) {
    for (const auto& [one, value] : reply.headers) {
        if (one == name) return value;
    }
    return {};
}

std::string admin_token() {
    return make_token(R"({"sub":"root","exp":1700003600,"roles":["admin"]})");
}

}  // namespace

TEST_CASE("health is told to everybody, and to load balancers in one word", "[sync][http]") {
    bool draining = false;
    sync::HttpApiOptions options;
    options.version = "9.9";
    options.draining = [&] { return draining; };
    Site site(World::with_tokens(), options);
    CHECK(site.ask("GET", "/health/live").body == "live\n");
    for (const auto* path : {"/health/ready", "/healthz"}) {
        draining = false;
        CHECK(site.ask("GET", path).status == 200);
        CHECK(site.ask("HEAD", path).status == 200);
        draining = true;
        CHECK(site.ask("GET", path).status == 503);
    }
    auto health = Json::parse(site.ask("GET", "/health").body);
    CHECK(health.at("state") == "draining");
    CHECK(health.at("connections") == 0);
    const auto status = Json::parse(site.ask("GET", "/api/status").body);
    CHECK(status.at("version") == "9.9");
    CHECK(status.at("configured") == true);
    CHECK(Json::parse(site.ask("GET", "/api/auth/status").body).at("authRequired") == true);
    CHECK(site.ask("GET", "/favicon.ico").status == 204);
    CHECK(site.ask("POST", "/health").status == 401);
}

TEST_CASE("the status page is there when it is given, with a policy for its content",
          "[sync][http]") {
    sync::HttpApiOptions options;
    options.status_page = "<html>";
    Site site(World::no_auth(), options), bare;
    const auto reply = site.ask("GET", "/");
    CHECK(reply.body == "<html>");
    const auto policy = header(reply, "Content-Security-Policy");
    CHECK_THAT(policy, Catch::Contains("default-src 'none'"));
    CHECK_THAT(policy, Catch::Contains("frame-ancestors 'none'"));
    CHECK(header(reply, "X-Frame-Options") == "DENY");
    CHECK(bare.ask("GET", "/").status == 404);
}

TEST_CASE("the status counts, and names its node", "[sync][http]") {
    Site site;
    site.data("PUT", "/api/v1/maps/m/a", "1");
    const auto status = site.data("GET", "/api/v1/status");
    CHECK(status.at("node") == "server");
    CHECK(status.at("admin") == true);
    CHECK(status.at("sql") == true);
    CHECK(status.at("counters").at("operations") == 1);
    CHECK(status.at("storage").at("sequence") == site.world.storage.stats().sequence);
    CHECK(status.at("storage").at("failed") == false);
}

TEST_CASE("maps are listed by kind, with their records, and reserved ones are not",
          "[sync][http]") {
    Site site;
    CHECK(site.data("GET", "/api/v1/maps").empty());
    Peer peer(site.world);
    peer.say(batch_of({put_op("1", "a", "x"), put_op("2", "b", "y"), remove_op("3", "b", kNow + 1),
                       or_add_op("4", "k", "v")}));
    must(site.world.hub->put_policy(
        {"p", "**", sync::PolicyAction::all, sync::PolicyEffect::allow, {}}));
    const auto maps = site.data("GET", "/api/v1/maps");
    REQUIRE(maps.size() == 2);
    CHECK(maps[0].at("name") == "m");
    CHECK(maps[0].at("kind") == "lww");
    CHECK(maps[0].at("records") == 1);
    CHECK(maps[0].at("tombstones") == 1);
    CHECK(maps[1].at("name") == "o");
    CHECK(maps[1].at("kind") == "or");
    CHECK(maps[1].at("records") == 1);
}

TEST_CASE("a record is written, read, and deleted", "[sync][http]") {
    Site site;
    const auto written = site.data("PUT", "/api/v1/maps/m/a%2Fb%20c", R"({"n":1})");
    CHECK(written.at("key") == "a/b c");
    CHECK_THAT(written.at("ts").get<std::string>(), Catch::EndsWith(":server"));
    auto rows = site.data("GET", "/api/v1/maps/m/a%2Fb%20c");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].at("key") == "a/b c");
    CHECK(rows[0].at("value") == Json{{"n", 1}});
    CHECK(rows[0].at("ts") == written.at("ts"));
    CHECK_FALSE(rows[0].contains("ttlMs"));
    CHECK_THAT(site.failure(404, "GET", "/api/v1/maps/m/other"), Catch::Contains("no record"));
    site.data("DELETE", "/api/v1/maps/m/a%2Fb%20c");
    rows = site.data("GET", "/api/v1/maps/m/a%2Fb%20c");
    CHECK(rows[0].at("deleted") == true);
    CHECK(site.data("GET", "/api/v1/maps/m").at("records").empty());
}

TEST_CASE("a write over HTTP is acknowledged when it is durable, and others hear of it",
          "[sync][http]") {
    Site site;
    Peer peer(site.world);
    peer.say(wire::SyncInit{"m", {}});
    site.world.storage.held = true;
    CHECK(site.ask("PUT", "/api/v1/maps/m/a", "1").sequence == 1);
    CHECK(peer.heard().empty());
    site.world.storage.release();
    site.world.hub->settle();
    CHECK(only<wire::ServerEvent>(peer.heard()).key == "a");
}

TEST_CASE("a record may have a time to live", "[sync][http]") {
    Site site;
    site.data("PUT", "/api/v1/maps/m/a?ttlMs=500", "1");
    CHECK(site.data("GET", "/api/v1/maps/m/a")[0].at("ttlMs") == 500);
    CHECK(site.data("GET", "/api/v1/maps/m").at("records").size() == 1);
    site.world.time.advance(1'000);
    CHECK(site.data("GET", "/api/v1/maps/m").at("records").empty());
    for (const auto* ttl : {"x", "-1", "1.5", "99999999999999999999"}) {
        CHECK_THAT(site.failure(400, "PUT", std::string("/api/v1/maps/m/a?ttlMs=") + ttl, "1"),
                   Catch::Contains("ttlMs"));
    }
}

TEST_CASE("what is no record is not written", "[sync][http]") {
    Site site;
    site.failure(400, "PUT", "/api/v1/maps/m/a", "{");
    site.failure(400, "PUT", "/api/v1/maps/m/a", "");
    site.failure(400, "PUT", "/api/v1/maps/m/a", "null");
    CHECK(site.ask("PUT", "/api/v1/maps/__topgun_own/a", "1").status == 403);
    CHECK(site.failure(403, "GET", "/api/v1/maps/__topgun_own") != "");
    CHECK(site.data("GET", "/api/v1/maps").empty());
}

TEST_CASE("records of other kinds are asked for by kind", "[sync][http]") {
    Site site;
    Peer peer(site.world);
    peer.say(batch_of({or_add_op("1", "k", "v"), or_add_op("2", "k", "w", kNow + 1)}));
    const auto rows = site.data("GET", "/api/v1/maps/o/k?kind=or");
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].contains("tag"));
    CHECK(site.data("GET", "/api/v1/maps/o?kind=or").at("records").size() == 2);
    CHECK(site.data("GET", "/api/v1/maps/o").at("records").empty());
    CHECK_THAT(site.failure(400, "GET", "/api/v1/maps/o?kind=set"), Catch::Contains("kind"));
}

TEST_CASE("a map is read page by page, each record once", "[sync][http]") {
    Site site;
    for (int i = 0; i < 25; ++i) {
        site.data("PUT", "/api/v1/maps/m/k" + std::to_string(10 + i), std::to_string(i));
    }
    Keys seen;
    std::string cursor;
    for (int page = 0; page < 4; ++page) {
        const auto got = site.data(
            "GET", "/api/v1/maps/m?limit=10" + (cursor.empty() ? "" : "&cursor=" + cursor));
        for (const auto& row : got.at("records")) seen.push_back(row.at("key"));
        if (got.at("hasMore") == false) break;
        cursor = got.at("nextCursor");
    }
    REQUIRE(seen.size() == 25);
    CHECK(seen.front() == "k10");
    CHECK(seen.back() == "k34");
    CHECK(std::is_sorted(seen.begin(), seen.end()));
    for (const auto* limit : {"0", "10001", "x", "-1", ""}) {
        CHECK_THAT(site.failure(400, "GET", std::string("/api/v1/maps/m?limit=") + limit),
                   Catch::Contains("limit"));
    }
    CHECK_THAT(site.failure(400, "GET", "/api/v1/maps/m?cursor=nonsense"),
               Catch::Contains("cursor"));
}

TEST_CASE("a path that is malformed, or unknown, is an error", "[sync][http]") {
    Site site;
    for (const auto* path : {"/api/v1/maps/%", "/api/v1/maps/%4", "/api/v1/maps/%zz",
                             "/api/v1/maps/m/%f", "/api/v1/maps/m/%-1"}) {
        CAPTURE(path);
        CHECK_THAT(site.failure(400, "GET", path), Catch::Contains("malformed"));
    }
    for (const auto* path : {"/api/v1/", "/api/v1", "/api/v1/nothing", "/api/v2/maps", "/x", ""}) {
        CAPTURE(path);
        site.failure(404, "GET", path);
    }
    site.failure(404, "POST", "/api/v1/maps/m/a", "1");
    site.failure(404, "DELETE", "/api/v1/maps/m");
    // A name that no map can have.
    CHECK(site.ask("GET", "/api/v1/maps/").status == 403);
}

TEST_CASE("SQL is given as text or as JSON, and answered with columns and rows", "[sync][http]") {
    Site site;
    site.sql.answer = [] { return one_row(); };
    auto got = site.data("POST", "/api/v1/sql", "SELECT 1");
    CHECK(got.at("tag") == "SELECT 1");
    CHECK(got.at("columns") == Json{"id", "n"});
    CHECK(got.at("rows") == Json::array({Json::array({"a", 5})}));
    site.content_type = "application/json; charset=utf-8";
    site.data("POST", "/api/v1/sql", R"({"sql":"SELECT 2"})");
    CHECK(site.sql.asked == std::vector<std::string>{"SELECT 1", "SELECT 2"});
    site.failure(400, "POST", "/api/v1/sql", "SELECT 3");
    site.failure(400, "POST", "/api/v1/sql", R"({"query":"SELECT 3"})");
    site.failure(400, "POST", "/api/v1/sql", R"({"sql":5})");
    CHECK(site.sql.asked.size() == 2);
}

TEST_CASE("SQL that fails, or that there is none of, says so", "[sync][http]") {
    Site site;
    const std::pair<Errc, unsigned> cases[] = {
        {Errc::bad_input, 400}, {Errc::usage, 403}, {Errc::limit, 503}, {Errc::io, 500}};
    for (const auto& [code, status] : cases) {
        site.sql.answer = [code = code]() -> Result<sync::SqlResult> {
            return Error(code, "no luck");
        };
        CHECK(site.failure(status, "POST", "/api/v1/sql", "SELECT") == "no luck");
    }
    World plain;
    sync::HttpApi api({});
    sync::HttpRequest request;
    request.method = "POST";
    request.path = "/api/v1/sql";
    unsigned status = 0;
    api.handle(*plain.hub, request, [&](sync::HttpReply reply) { status = reply.status; });
    CHECK(status == 403);
}

TEST_CASE("SQL that writes is acknowledged when it is durable", "[sync][http]") {
    Site site;
    site.world.storage.held = true;
    site.sql.answer = [] { return one_write(); };
    const auto reply = site.ask("POST", "/api/v1/sql", "INSERT");
    CHECK(reply.status == 200);
    CHECK(reply.sequence == 1);
    CHECK(site.data("GET", "/api/v1/maps/m/a")[0].at("value") == "by SQL");
}

TEST_CASE("an answer of SQL may come later than its request lives", "[sync][http]") {
    Site site;
    site.sql.later = true;
    site.sql.answer = [] { return one_row(); };
    std::vector<sync::HttpReply> replies;
    {
        sync::HttpRequest request;
        request.method = "POST";
        request.path = "/api/v1/sql";
        request.body = "SELECT 1";
        request.request_id = "late";
        site.api.handle(*site.world.hub, request,
                        [&](sync::HttpReply reply) { replies.push_back(std::move(reply)); });
        CHECK(replies.empty());
    }
    site.sql.finish();
    REQUIRE(replies.size() == 1);
    CHECK(Json::parse(replies[0].body).at("meta").at("requestId") == "late");
}

TEST_CASE("a snapshot is made into a file, of one map or of all", "[sync][http]") {
    ScratchDir folder;
    sync::HttpApiOptions options;
    options.scratch_directory = folder.path().string();
    Site site(World::no_auth(), options);
    site.data("PUT", "/api/v1/maps/m/a", "1");
    site.data("PUT", "/api/v1/maps/other/b", "2");
    const auto all_maps = site.ask("GET", "/api/v1/snapshot");
    CHECK(all_maps.status == 200);
    CHECK(all_maps.content_type == "application/vnd.topgun.snapshot");
    CHECK_THAT(header(all_maps, "Content-Disposition"), Catch::Contains("topgun.tgs"));
    CHECK(site.ask("GET", "/api/v1/snapshot?map=nonexistent").status == 404);
    const auto one_map = site.ask("GET", "/api/v1/snapshot?map=m");
    CHECK(all_maps.file != one_map.file);
    const auto maps_in = [](const std::string& path) {
        return must(SnapshotReader::open(path))->maps();
    };
    CHECK(maps_in(all_maps.file).size() == 2);
    CHECK(maps_in(one_map.file) == std::vector<MapId>{{"m", MapKind::lww}});
}

TEST_CASE("what is being made to be sent is nobody else's to read", "[sync][http]") {
    ScratchDir folder;
    sync::HttpApiOptions options;
    options.scratch_directory = folder.path().string();
    Site site(World::no_auth(), options);
    site.data("PUT", "/api/v1/maps/m/a", "1");
    const std::filesystem::path made = site.ask("GET", "/api/v1/snapshot").file;
    CHECK(made.parent_path() == folder.path());
    CHECK(std::filesystem::status(made).permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    // A data directory that the file is left in removes it when it is opened.
    CHECK_THAT(made.filename().string(), Catch::Matches("snapshot-.*\\.tmp"));
}

TEST_CASE("a write that is answered with success is what is stored", "[sync][http]") {
    Site site;
    const auto stored = [&] { return site.data("GET", "/api/v1/maps/m/k").at(0); };
    const auto store_ahead = [&](std::uint64_t millis) {
        auto op = put("k", {millis, kMaxCounter, "z"}, string_value("ahead"));
        op.map = "m";
        site.store(op);
    };
    store_ahead(kNow + 3'600'000);
    const auto written = site.data("PUT", "/api/v1/maps/m/k", "1");
    CHECK(stored().at("value") == 1);
    CHECK(stored().at("ts") == written.at("ts"));
    const auto removed = site.data("DELETE", "/api/v1/maps/m/k");
    CHECK(stored().at("deleted") == true);
    CHECK(stored().at("ts") == removed.at("ts"));
    store_ahead(kMaxMillis);
    CHECK_THAT(site.failure(409, "PUT", "/api/v1/maps/m/k", "1"),
               Catch::Contains("last timestamp"));
    site.failure(409, "DELETE", "/api/v1/maps/m/k", "");
    CHECK(stored().at("value") == "ahead");
}

TEST_CASE("a record of another kind is not written as one of this", "[sync][http]") {
    Site site;
    CHECK_THAT(site.failure(400, "PUT", "/api/v1/maps/m/k?kind=or", "1"),
               Catch::Contains("only records of LWW maps"));
    site.failure(400, "PUT", "/api/v1/maps/m/k?ttlMs=18446744073709551615", "1");
}

TEST_CASE("a snapshot that cannot be written is an error", "[sync][http]") {
    ScratchDir folder;
    sync::HttpApiOptions options;
    options.scratch_directory = folder.file("no such folder");
    std::function<void()> finish;
    options.apart = [&](const std::function<void()>& work, std::function<void()> done) {
        work();
        finish = std::move(done);
    };
    Site site(World::no_auth(), options);
    unsigned status = 0;
    {
        sync::HttpRequest request;
        request.method = "GET";
        request.path = "/api/v1/snapshot";
        site.api.handle(*site.world.hub, request,
                        [&](sync::HttpReply reply) { status = reply.status; });
        CHECK(status == 0);
    }
    finish();
    CHECK(status == 500);
}

TEST_CASE("metrics have help, type and value for each name, once", "[sync][http]") {
    sync::HttpApiOptions options;
    options.gauges = [] {
        return std::vector<sync::Gauge>{{"topgun_sockets", "Sockets", 3, false},
                                        {"topgun_seconds_total", "Seconds", 1.5, true}};
    };
    Site site(World::no_auth(), options);
    site.data("PUT", "/api/v1/maps/m/a", "1");
    const auto reply = site.ask("GET", "/metrics");
    CHECK_THAT(reply.content_type, Catch::StartsWith("text/plain; version=0.0.4"));
    std::istringstream lines(reply.body);
    std::string line, name;
    std::set<std::string> names;
    for (int i = 0; std::getline(lines, line); ++i) {
        CAPTURE(line);
        if (i % 3 == 0) {
            REQUIRE(line.starts_with("# HELP "));
            name = line.substr(7, line.find(' ', 7) - 7);
            CHECK(names.insert(name).second);
        } else if (i % 3 == 1) {
            const bool counter = name.ends_with("_total");
            CHECK(line == "# TYPE " + name + (counter ? " counter" : " gauge"));
        } else {
            REQUIRE(line.starts_with(name + " "));
            CHECK(line.find_first_not_of("0123456789.", name.size() + 1) == std::string::npos);
        }
    }
    CHECK_THAT(reply.body, Catch::Contains("\ntopgun_operations_total 1\n"));
    CHECK_THAT(reply.body, Catch::Contains("\ntopgun_sockets 3\n"));
    CHECK_THAT(reply.body, Catch::Contains("\ntopgun_seconds_total 1.5"));
    CHECK(names.contains("topgun_storage_lag"));
}

TEST_CASE("browsers may call from the origins that are allowed", "[sync][http]") {
    sync::HttpApiOptions some, any;
    some.cors_origins = {"https://a.example"};
    any.cors_origins = {"*"};
    Site listed(World::no_auth(), some), open(World::no_auth(), any), closed;
    for (auto* site : {&listed, &open, &closed}) site->origin = "https://a.example";
    const auto origin_of = [](const sync::HttpReply& reply) {
        return header(reply, "Access-Control-Allow-Origin");
    };
    for (const auto* method : {"OPTIONS", "GET"}) {
        CHECK(origin_of(listed.ask(method, "/api/v1/maps")) == "https://a.example");
        CHECK(origin_of(open.ask(method, "/api/v1/maps")) == "*");
        CHECK(origin_of(closed.ask(method, "/api/v1/maps")).empty());
    }
    // Credentials and "*" do not go together.
    CHECK(header(open.ask("GET", "/health"), "Access-Control-Allow-Credentials").empty());
    CHECK(header(listed.ask("GET", "/health"), "Vary") == "Origin");
    CHECK(listed.ask("OPTIONS", "/api/v1/maps").status == 204);
    listed.origin = "https://b.example";
    CHECK(origin_of(listed.ask("GET", "/api/v1/maps")).empty());
    CHECK(listed.ask("GET", "/api/v1/maps").status == 200);
}

TEST_CASE("pages of other origins may look, and write only where they are allowed",
          "[sync][http]") {
    sync::HttpApiOptions some;
    some.cors_origins = {"https://a.example"};
    Site listed(World::no_auth(), some), closed;
    for (const auto* origin : {"https://a.example", "https://b.example", "null"}) {
        for (auto* site : {&listed, &closed}) {
            const bool allowed = site == &listed && origin == std::string("https://a.example");
            CAPTURE(origin, allowed);
            site->origin = origin;
            const unsigned expected = allowed ? 200 : 403;
            CHECK(site->ask("PUT", "/api/v1/maps/m/k", "1").status == expected);
            CHECK(site->ask("POST", "/api/v1/sql", "SELECT 1").status == expected);
            CHECK((site->ask("POST", "/sync", "x").status == 403) != allowed);
            CHECK(site->ask("GET", "/api/v1/maps").status == 200);
            CHECK(site->ask("HEAD", "/api/v1/maps").status == 200);
        }
    }
    CHECK(closed.world.hub->counters().ops == 0);
    closed.origin.clear();
    CHECK(closed.ask("PUT", "/api/v1/maps/m/k", "1").status == 200);
}

TEST_CASE("with tokens nothing but health is told without one", "[sync][http]") {
    Site site(World::with_tokens());
    const std::pair<const char*, const char*> routes[] = {
        {"GET", "/api/v1/status"},  {"GET", "/api/v1/maps"}, {"PUT", "/api/v1/maps/m/a"},
        {"POST", "/api/v1/sql"},    {"GET", "/metrics"},     {"GET", "/api/v1/snapshot"},
        {"GET", "/api/admin/maps"}, {"GET", "/no-such-path"}};
    for (const auto& [method, path] : routes) {
        CAPTURE(method, path);
        const auto reply = site.ask(method, path, "1");
        CHECK(reply.status == 401);
        CHECK(header(reply, "WWW-Authenticate") == "Bearer");
        CHECK(site.ask(method, path, "1", "forged").status == 401);
    }
    CHECK(site.ask("GET", "/api/v1/maps", {}, good_token()).status == 200);
    const auto who = Json::parse(site.ask("GET", "/api/v1/status", {}, good_token()).body);
    CHECK(who.at("meta").at("principal") == "ann");
    CHECK(who.at("data").at("admin") == false);
    CHECK(site.world.storage.inner.durable() == 0);
}

TEST_CASE("metrics, snapshots and administration are for administrators", "[sync][http]") {
    ScratchDir folder;
    sync::HttpApiOptions options;
    options.scratch_directory = folder.path().string();
    auto hub = World::with_tokens();
    hub.admin_subjects = {"chief"};
    Site site(hub, options);
    for (const auto* path :
         {"/metrics", "/api/v1/snapshot", "/api/admin/maps", "/api/admin/policies"}) {
        CAPTURE(path);
        CHECK(site.ask("GET", path, {}, good_token()).status == 403);
        CHECK(site.ask("GET", path, {}, admin_token()).status == 200);
        CHECK(site.ask("GET", path, {}, good_token("chief")).status == 200);
    }
}

TEST_CASE("a database behind the storage is told of, its name to administrators alone",
          "[sync][http]") {
    sync::HttpApiOptions options;
    options.database = [](bool details) {
        return details ? R"({"name":"db"})" : R"({"lag_ms":5})";
    };
    Site site(World::with_tokens(), std::move(options));
    const auto database = [&](const char* path, const std::string& token) {
        const auto json = Json::parse(site.ask("GET", path, {}, token).body);
        return (json.contains("data") ? json.at("data") : json).at("database");
    };
    CHECK(database("/health", {}) == Json{{"lag_ms", 5}});
    CHECK(database("/api/v1/status", good_token()) == Json{{"lag_ms", 5}});
    CHECK(database("/api/v1/status", admin_token()) == Json{{"name", "db"}});
    CHECK_FALSE(Json::parse(Site().ask("GET", "/health").body).contains("database"));
}

TEST_CASE("administration has the forms of TopGun's server", "[sync][http]") {
    Site site;
    Peer peer(site.world);
    peer.say(batch_of({put_op("1", "a", "x"), put_op("2", "b", "y"), or_add_op("3", "k", "v")}));
    const auto maps = Json::parse(site.ask("GET", "/api/admin/maps").body).at("maps");
    REQUIRE(maps.size() == 2);
    CHECK(maps[0] == Json{{"name", "m"}, {"entryCount", 2}});
    CHECK(maps[1] == Json{{"name", "o"}, {"entryCount", 1}});
    const auto cluster = Json::parse(site.ask("GET", "/api/admin/cluster/status").body);
    CHECK(cluster.at("nodes").at(0).at("nodeId") == "server");
    CHECK(cluster.at("totalPartitions") == 271);
    const auto index = site.ask("POST", "/api/admin/indexes", R"({"mapName":"m","attribute":"n"})");
    CHECK(index.status == 201);
    CHECK(site.ask("POST", "/api/admin/indexes", R"({"mapName":"m"})").status == 400);
    CHECK(site.ask("POST", "/api/admin/indexes", "x").status == 400);
    CHECK(site.ask("GET", "/api/admin/nothing").status == 404);
}

TEST_CASE("policies are made, listed, put in force, and removed", "[sync][http]") {
    Site site(World::with_tokens());
    const auto admin = admin_token();
    const auto as_ann = [&] { return site.ask("GET", "/api/v1/maps/m", {}, good_token()).status; };
    CHECK(as_ann() == 200);
    const std::string rule = R"({"id":"no/m","mapPattern":"m","action":"read","effect":"deny",)"
                             R"("conditionExpr":"auth.id == 'ann'"})";
    auto reply = site.ask("POST", "/api/admin/policies", rule, admin);
    CHECK(reply.status == 201);
    CHECK(reply.sequence > 0);
    CHECK(Json::parse(reply.body) == Json::parse(rule));
    CHECK(as_ann() == 403);
    const auto listed = site.ask("GET", "/api/admin/policies", {}, admin);
    CHECK(Json::parse(listed.body).at("policies") == Json::array({Json::parse(rule)}));
    CHECK(site.ask("DELETE", "/api/admin/policies/other", {}, admin).status == 404);
    CHECK(site.ask("DELETE", "/api/admin/policies/no%2Fm", {}, admin).status == 204);
    // Closed by default from the first policy on.
    CHECK(as_ann() == 403);
    site.ask("POST", "/api/admin/policies",
             R"({"id":"open","mapPattern":"*","action":"all","effect":"allow"})", admin);
    CHECK(as_ann() == 200);
    for (const auto* bad :
         {"x", "{}", R"({"id":"a","mapPattern":"m","action":"look","effect":"deny"})",
          R"({"id":"a","mapPattern":"m","action":"read","effect":"perhaps"})",
          R"({"mapPattern":"m","action":"read","effect":"deny"})",
          R"({"id":"__a","mapPattern":"m","action":"read","effect":"deny"})",
          R"({"id":"a","mapPattern":"m","action":"read","effect":"deny","conditionExpr":"=="})",
          R"({"id":"a","mapPattern":"m","action":"read","effect":"deny","conditionExpr":5})"}) {
        CAPTURE(bad);
        CHECK(site.ask("POST", "/api/admin/policies", bad, admin).status == 400);
    }
    CHECK(site.ask("PUT", "/api/admin/policies", rule, admin).status == 405);
}

TEST_CASE("a condition that is no text is refused, not left out", "[sync][http]") {
    Site site;
    const auto reply = site.ask("POST", "/api/admin/policies",
                                R"({"id":"a","mapPattern":"m","action":"read","effect":"allow",)"
                                R"("conditionExpr":{"x":1}})");
    CHECK(reply.status == 400);
    CHECK(site.world.hub->policies().size() == 0);
}

TEST_CASE("a write that the guard refuses is 403", "[sync][http]") {
    for (const auto style : {sync::RejectStyle::acknowledge, sync::RejectStyle::error}) {
        auto hub = World::no_auth();
        hub.reject_style = style;
        hub.guard = [](const MapId&, MapAccess access, const RequestContext&) -> Status {
            if (access == MapAccess::write) return Error(Errc::usage, "read only");
            return {};
        };
        Site site(hub);
        CHECK_THAT(site.failure(403, "PUT", "/api/v1/maps/m/a", "1"), Catch::Contains("read only"));
        CHECK(site.world.storage.inner.durable() == 0);
    }
}

TEST_CASE("POST /sync is served here too, and under TopGun's other path", "[sync][http]") {
    Site site;
    wire::HttpSyncRequest request;
    request.operations = {put_op("3", "a", "x")};
    Bytes body;
    wire::encode(request, body);
    for (const auto* path : {"/sync", "/ws/sync"}) {
        const auto reply = site.ask("POST", path, body);
        CHECK(reply.status == 200);
        CHECK(must(wire::decode_http_sync_response(reply.body)).ack->last_id == "3");
    }
    CHECK(site.ask("GET", "/sync").status == 404);
}
