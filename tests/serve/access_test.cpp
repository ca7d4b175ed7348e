// SPDX-License-Identifier: Apache-2.0
// Who is let in, and who is known again, by the program as it is run.
#include <csignal>

#include "endpoint.hpp"
#include "socket.hpp"
#include "topgun/base/sha2.hpp"
#include "topgun/value/json.hpp"

namespace topgun::test {
namespace {

unsigned upgrade_status(unsigned port, const std::string& origin) {
    Socket peer(static_cast<std::uint16_t>(port));
    REQUIRE(peer.send(upgrade("/ws", "Origin: " + origin + "\r\n")));
    return read_answer(peer).status;
}

wire::DeviceAck greet(unsigned port, std::optional<std::string> token) {
    WebSocket peer(static_cast<std::uint16_t>(port));
    peer.say(wire::DeviceHello{std::move(token)});
    return peer.hear<wire::DeviceAck>();
}

std::string token_of(const std::string& claims) {
    const auto body = base64url_encode(R"({"alg":"HS256"})") + '.' +
                      base64url_encode("{" + claims + R"(,"exp":4000000000})");
    return body + '.' + base64url_encode(hmac_sha256("s3cret", body));
}

HttpAnswer ask(unsigned port, const std::string& method, const std::string& path,
               const std::string& body, const std::string& claims) {
    Socket peer(static_cast<std::uint16_t>(port));
    REQUIRE(peer.send(method + ' ' + path +
                      " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token_of(claims) +
                      "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
    return read_answer(peer);
}

TEST_CASE("web pages connect from the origins that --cors or the environment names", "[serve]") {
    const ScratchDir folder;
    const std::string app = "https://app.example", other = "https://other.example";
    Endpoint plain(folder.path(), {"--storage", "memory"});
    CHECK(upgrade_status(plain.port(), "http://localhost:5173") == 101);
    CHECK(upgrade_status(plain.port(), app) == 403);
    Endpoint named(folder.path(), {"--storage", "memory", "--cors", app});
    CHECK(upgrade_status(named.port(), app) == 101);
    CHECK(upgrade_status(named.port(), other) == 403);
    ::setenv("TOPGUN_CORS_ORIGINS", "https://app.example, https://third.example", 1);
    Endpoint told(folder.path(), {"--storage", "memory"});
    ::unsetenv("TOPGUN_CORS_ORIGINS");
    CHECK(upgrade_status(told.port(), app) == 101);
    CHECK(upgrade_status(told.port(), other) == 403);
    spit(folder.file("secret"), "s3cret\n");
    Endpoint closed(folder.path(), {"--storage", "memory", "--jwt-secret-file", "secret"});
    CHECK(upgrade_status(closed.port(), app) == 101);
}

TEST_CASE("a secret that was promised and is empty opens nothing", "[serve]") {
    const ScratchDir folder;
    const auto refusal = [&](const std::string& variable, const std::string& value,
                             const std::vector<std::string>& more = {}) {
        ProcessOptions options;
        // Whatever is said of secrets, this cannot be served.
        options.arguments = {"serve", "--storage", "memory", "--rate", "0"};
        options.arguments.insert(options.arguments.end(), more.begin(), more.end());
        options.folder = folder.path();
        options.environment = {{variable, value}};
        const auto refused = run_process(TOPGUN_CLI, options);
        CHECK(refused.status == 2);
        return refused.err;
    };
    CHECK_THAT(refusal("JWT_SECRET", ""), Catch::Contains("JWT_SECRET is empty"));
    CHECK_THAT(refusal("TOPGUN_NO_AUTH", "false"), Catch::Contains("JWT_SECRET is empty"));
    CHECK_THAT(refusal("JWT_SECRET", "", {"--no-auth"}), Catch::Contains("--rate"));
    CHECK_THAT(refusal("JWT_SECRET", "s3cret"), Catch::Contains("--rate"));
}

TEST_CASE("without a secret a device is known again after a restart", "[serve]") {
    const ScratchDir folder;
    std::optional<std::string> token, id;
    for (const int signal : {SIGTERM, SIGKILL, SIGTERM}) {
        Endpoint node(folder.path(), {"--data", "node"});
        const auto ack = greet(node.port(), token);
        if (!token) {
            REQUIRE(ack.device_token);
            token = ack.device_token;
            id = ack.device_id;
        }
        CHECK(ack.device_id == id);
        node.end(signal);
    }
    // With a secret there is nothing to be kept, and in memory nothing is.
    spit(folder.file("secret"), "s3cret\n");
    Endpoint(folder.path(), {"--data", "other", "--jwt-secret-file", "secret"}).end(SIGTERM);
    CHECK(std::filesystem::exists(folder.path() / "node/.device-key"));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "other/.device-key"));
    std::filesystem::create_directory(folder.path() / "empty");
    Endpoint(folder.path() / "empty", {"--storage", "memory"}).end(SIGTERM);
    CHECK(std::filesystem::is_empty(folder.path() / "empty"));
}

TEST_CASE("SQL of an endpoint reads no file and calls nobody", "[serve][policy]") {
    const ScratchDir folder;
    spit(folder.file("secret"), "s3cret\n");
    Endpoint node(folder.path(),
                  {"--data", "node", "--jwt-secret-file", "secret", "--admin", "root"});
    const std::string root = R"("sub":"root","roles":["admin"])", bob = R"("sub":"bob")";
    CHECK(ask(node.port(), "PUT", "/api/v1/maps/hidden/k", R"({"pw":"x"})", root).status == 200);
    REQUIRE(ask(node.port(), "POST", "/api/admin/policies",
                R"({"id":"p","mapPattern":"shown","action":"all","effect":"allow"})", root)
                .status == 201);
    const auto log = (folder.path() / "node/log-00000001.tgl").string();
    REQUIRE(std::filesystem::exists(log));
    for (const auto& from :
         {"ops('" + log + "')", "nodes('" + log + "')", "conflicts('" + log + "')",
          "diff('main', '" + log + "')", std::string("ops('ws://127.0.0.1:1')")}) {
        CAPTURE(from);
        const auto refused = ask(node.port(), "POST", "/api/v1/sql", "SELECT * FROM " + from, bob);
        CHECK(refused.status == 400);
        CHECK_THAT(refused.body, Catch::Contains("statements may not open others here"));
    }
    const auto seen = [&](const std::string& from, const std::string& claims) {
        return ask(node.port(), "POST", "/api/v1/sql", "SELECT map FROM " + from, claims).body;
    };
    CHECK_THAT(seen("nodes()", root), Catch::Contains(R"([["hidden"]])"));
    CHECK_THAT(seen("nodes()", bob), Catch::Contains("\"rows\":[]"));
    CHECK_THAT(seen("__topgun_policies", root), Catch::Contains("does not exist"));
}

TEST_CASE("SQL counts, changes and deletes the rows that its asker may read", "[serve][policy]") {
    const ScratchDir folder;
    spit(folder.file("secret"), "s3cret\n");
    Endpoint node(folder.path(), {"--storage", "memory", "--jwt-secret-file", "secret"});
    const std::string root = R"("sub":"root","roles":["admin"])", ann = R"("sub":"ann")",
                      bob = R"("sub":"bob")";
    const auto policy = [&](const std::string& id, const std::string& action,
                            const std::string& condition) {
        return ask(node.port(), "POST", "/api/admin/policies",
                   R"({"id":")" + id + R"(","mapPattern":"todos","action":")" + action +
                       R"(","effect":"allow")" + condition + '}',
                   root)
            .status;
    };
    REQUIRE(policy("write", "write", "") == 201);
    REQUIRE(policy("read", "read", R"(,"conditionExpr":"auth.id == data.owner")") == 201);
    const auto put = [&](const std::string& key, const std::string& owner) {
        const auto record = R"({"owner":")" + owner + R"(","n":1})";
        CHECK(ask(node.port(), "PUT", "/api/v1/maps/todos/" + key, record, ann).status == 200);
    };
    put("a", "ann");
    put("b", "bob");
    put("c", "ann");
    const auto sql = [&](const std::string& text, const std::string& who) {
        const auto body = ask(node.port(), "POST", "/api/v1/sql", text, who).body;
        const auto at = body.find("\"tag\"");
        return at == std::string::npos ? body : body.substr(at, body.find("},\"error\"") - at);
    };
    const std::string count = "SELECT count(*), sum(n) FROM todos";
    CHECK_THAT(sql(count, ann), Catch::Contains("[[2,2]]"));
    CHECK_THAT(sql(count, bob), Catch::Contains("[[1,1]]"));
    CHECK_THAT(sql("SELECT _key FROM todos WHERE _key = 'b'", ann), Catch::Contains("SELECT 0"));
    CHECK_THAT(sql("UPDATE todos SET n = 5", ann), Catch::Contains("UPDATE 2"));
    CHECK_THAT(sql("DELETE FROM todos", bob), Catch::Contains("DELETE 1"));
    CHECK_THAT(sql(count, ann), Catch::Contains("[[2,10]]"));
    // Not even the names of columns are left to him.
    CHECK_THAT(sql("SELECT count(*) FROM todos", bob), Catch::Contains("[[0]]"));
    CHECK_THAT(sql(count, bob), Catch::Contains("does not exist"));
}

}  // namespace
}  // namespace topgun::test
