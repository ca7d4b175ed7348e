// SPDX-License-Identifier: Apache-2.0
// Peers that want what is not theirs, on real sockets: tokens, devices, maps of others.
#include <nlohmann/json.hpp>
#include <set>

#include "siege.hpp"
#include "topgun/sync/http_api.hpp"
#include "topgun/wire/http.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

const std::string kMarker = "a secret of somebody else";

WebSocket& enter(WebSocket& peer, const std::string& user) {
    peer.hear<wire::AuthRequired>();
    peer.say(wire::Auth{good_token(user), {}, {}});
    CHECK(peer.hear<wire::AuthAck>().user_id == user);
    return peer;
}

// Logs in with a device's credential, if there is one. @return the device and its credential.
wire::AuthAck present(WebSocket& peer, const std::string& user,
                      const std::optional<std::string>& device) {
    peer.hear<wire::AuthRequired>();
    wire::Auth auth{good_token(user), {}, {}};
    auth.device_token = device;
    peer.say(auth);
    return peer.hear<wire::AuthAck>();
}

// Frames as TopGun's own encoders write them: one of each type and more.
std::vector<std::filesystem::path> golden_frames() {
    std::vector<std::filesystem::path> out;
    for (const auto& entry : std::filesystem::directory_iterator(testdata("wire"))) {
        const auto name = entry.path().filename().string();
        // Bodies are no frames, and what the batches hold are placeholders.
        if (name.starts_with("HTTP_") || name.starts_with("BATCH")) continue;
        if (entry.path().extension() == ".msgpack") out.push_back(entry.path());
    }
    std::sort(out.begin(), out.end());
    REQUIRE(out.size() > 100);
    return out;
}

void collect_maps(const nlohmann::json& from, std::set<std::string>& maps) {
    for (const auto& [name, value] : from.items()) {
        const bool names_map = name == "mapName" || name == "map" || name == "name";
        if (names_map && value.is_string()) maps.insert(value.get<std::string>());
        if (value.is_structured()) collect_maps(value, maps);
    }
}

// All maps that those frames name.
std::set<std::string> golden_maps() {
    std::set<std::string> out;
    for (auto path : golden_frames()) {
        path.replace_extension(".json");
        if (!std::filesystem::exists(path)) continue;
        collect_maps(nlohmann::json::parse(slurp(path)), out);
    }
    std::erase_if(out, [](const std::string& name) {
        return name.empty() || name.find(':') != std::string::npos || name.starts_with('_');
    });
    REQUIRE(out.size() > 3);
    return out;
}

void add_secret(sync::Hub& hub, const std::string& map) {
    auto one = put("secret-key", {kNow, 0, "n"}, string_value(kMarker));
    auto two = or_add("secret-key", {kNow, 1, "n"}, string_value(kMarker));
    for (auto* op : {&one, &two}) {
        op->map = map;
        const Op view = op->view();
        must(hub.apply({&view, 1}, {}, 0));
    }
}

// Maps with secrets, and a policy by which all but "public" and those of the witness are closed.
void close_maps(Siege& siege, const std::set<std::string>& maps) {
    siege.world.on_hub([&](sync::Hub& hub) {
        for (const auto& map : maps) add_secret(hub, map);
        must(hub.put_policy(
            {"open", "public", sync::PolicyAction::all, sync::PolicyEffect::allow, std::nullopt}));
        return 0;
    });
    siege.remember();
}

}  // namespace

TEST_CASE("tokens that are expired, not yet valid, forged or too long end a connection",
          "[net][hostile]") {
    Siege siege(quick(), World::with_tokens());
    const auto good = good_token();
    const std::vector<std::string> tokens{
        "",
        "a.b.c",
        make_token(R"({"sub":"ann","exp":1699999000})"),
        make_token(R"({"sub":"ann","exp":1800000000,"nbf":1700001000})"),
        make_token(R"({"sub":"ann","exp":1800000000})", R"({"alg":"none"})"),
        make_token(R"({"sub":"ann","exp":1800000000})", R"({"alg":"HS256"})", "another secret"),
        good.substr(0, good.size() - 1),
        std::string(1 << 20, 'x')};
    for (const auto& token : tokens) {
        WebSocket peer(siege.world.port);
        peer.hear<wire::AuthRequired>();
        peer.say(wire::Auth{token, {}, {}});
        // Never why: that would help to make a better one.
        CHECK(peer.hear<wire::AuthFail>().error == "Authentication failed");
        CHECK(peer.close_code() == 1008);
        Socket http(siege.world.port);
        if (token.size() > 10'000) continue;
        REQUIRE(http.send(get("/sync", "Authorization: Bearer " + token + "\r\n")));
        CHECK(read_answer(http).status == 404);
    }
    CHECK(siege.world.on_hub([](sync::Hub& hub) { return hub.counters().auth_failures; }) ==
          tokens.size());
    siege.check();
}

TEST_CASE("a token is good on two connections, a device's credential for its own device",
          "[net][hostile]") {
    Siege siege(quick(), World::with_tokens());
    {
        WebSocket laptop(siege.world.port), phone(siege.world.port);
        const auto first = present(laptop, "ann", {});
        const auto second = present(phone, "ann", {});
        REQUIRE(first.device_token);
        CHECK(first.device_id != second.device_id);
        // Stolen by another user it proves nothing, and ends nobody.
        WebSocket thief(siege.world.port);
        const auto stolen = present(thief, "bob", first.device_token);
        CHECK(stolen.device_id != first.device_id);
        CHECK(stolen.device_token);
        // Made up from its id it proves nothing either.
        WebSocket forger(siege.world.port);
        CHECK(present(forger, "ann", *first.device_id + "." + std::string(64, '0')).device_id !=
              first.device_id);
        for (auto* one : {&laptop, &phone, &thief, &forger}) CHECK(is_served(*one));
        // By its owner it takes over that device, and no other.
        WebSocket again(siege.world.port);
        CHECK(present(again, "ann", first.device_token).device_id == first.device_id);
        CHECK(laptop.close_code() == 1000);
        for (auto* one : {&phone, &thief, &forger, &again}) CHECK(is_served(*one));
    }
    siege.check();
}

TEST_CASE("no message of TopGun's gets at a map that policies close", "[net][hostile]") {
    const auto maps = golden_maps();
    Siege siege(quick(), World::with_tokens());
    close_maps(siege, maps);
    auto peer = std::make_unique<WebSocket>(siege.world.port);
    enter(*peer, "bob");
    for (const auto& path : golden_frames()) {
        CAPTURE(path.filename().string());
        REQUIRE(peer->socket.send(frame_of(kBinary, slurp(path)) +
                                  frame_of(kBinary, wire::encoded(wire::Ping{99}))));
        for (;;) {
            const auto got = peer->frame();
            REQUIRE(got);
            REQUIRE(got->first == kBinary);
            CHECK(got->second.find(kMarker) == std::string::npos);
            CHECK(got->second.find("secret-key") == std::string::npos);
            const auto heard = must(wire::decode(got->second));
            const auto* pong = std::get_if<wire::Pong>(&heard);
            if (pong != nullptr && pong->timestamp == 99) break;
        }
    }
    peer.reset();
    siege.check();
}

TEST_CASE("no request gets at a map that policies close", "[net][hostile]") {
    sync::HttpApi api{sync::HttpApiOptions{}};
    auto options = quick();
    options.http = [&](sync::Hub& hub, const sync::HttpRequest& request,
                       sync::HttpRespond respond) { api.handle(hub, request, std::move(respond)); };
    Siege siege(std::move(options), World::with_tokens());
    close_maps(siege, {"vault"});
    wire::HttpSyncRequest request;
    auto op = put_op("1", "secret-key", "mine now", kNow + 10);
    op.map_name = "vault";
    request.operations = {op};
    request.sync_maps.emplace(1);
    request.sync_maps->front().map_name = "vault";
    Bytes sync;
    wire::encode(request, sync);
    const std::tuple<const char*, const char*, std::string> asked[] = {
        {"GET", "/api/v1/maps", ""},
        {"GET", "/api/v1/maps/vault", ""},
        {"GET", "/api/v1/maps/vault?kind=or", ""},
        {"GET", "/api/v1/maps/%76ault/secret-key", ""},
        {"PUT", "/api/v1/maps/vault/secret-key", "1"},
        {"DELETE", "/api/v1/maps/vault/secret-key", ""},
        {"PUT", "/api/v1/maps/__topgun_policies/open", "1"},
        {"GET", "/api/v1/maps/__topgun_policies", ""},
        {"GET", "/api/v1/snapshot?map=vault", ""},
        {"GET", "/api/admin/maps", ""},
        {"POST", "/api/admin/policies",
         R"({"id":"x","mapPattern":"*","action":"all","effect":"allow"})"},
        {"DELETE", "/api/admin/policies/open", ""},
        {"POST", "/api/v1/sql", "SELECT * FROM vault"},
        {"GET", "/metrics", ""},
        {"POST", "/sync", sync},
        {"POST", "/ws/sync", sync}};
    for (const auto& [method, path, body] : asked) {
        CAPTURE(method, path);
        for (const auto& who :
             {"Authorization: Bearer " + good_token("bob") + "\r\n",
              std::string("Authorization: Basic Ym9iOmJvYg==\r\n"), std::string()}) {
            Socket peer(siege.world.port);
            REQUIRE(peer.send(std::string(method) + ' ' + path +
                              " HTTP/1.1\r\nHost: localhost\r\n" + who +
                              "Content-Type: application/msgpack\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body));
            const auto answer = read_answer(peer);
            CHECK(answer.status != 0);
            CHECK(answer.body.find(kMarker) == std::string::npos);
            CHECK(answer.body.find("\"secret-key\"") == std::string::npos);
            if (who.find("Bearer") == std::string::npos) CHECK(answer.status == 401);
        }
    }
    siege.check();
}

TEST_CASE("requests that two servers could read in two ways are refused, and end",
          "[net][hostile]") {
    std::vector<std::string> served;
    auto options = quick();
    options.http = [&](sync::Hub&, const sync::HttpRequest& request,
                       const sync::HttpRespond& respond) {
        served.push_back(request.path);
        sync::HttpReply reply;
        reply.body = "served";
        respond(std::move(reply));
    };
    Siege siege(std::move(options));
    const std::string begin = "POST /front HTTP/1.1\r\nHost: localhost\r\n",
                      behind = get("/behind");
    const std::string ambiguous[] = {"Content-Length: 0\r\nContent-Length: 40\r\n",
                                     "Content-Length: 40\r\nContent-Length: 0\r\n",
                                     "Content-Length: 0, 40\r\n",
                                     "Content-Length: +0\r\n",
                                     "Content-Length: 0x0\r\n",
                                     "Content-Length: 99999999999999999999999\r\n",
                                     "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
                                     "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
                                     "Content-Length : 0\r\n",
                                     "Content-Length: 0\rX: y\r\n",
                                     std::string("X: a\0b\r\n", 8)};
    for (const auto& fields : ambiguous) {
        CAPTURE(fields);
        Socket peer(siege.world.port);
        REQUIRE(peer.send(begin + fields + "\r\n" + behind));
        CHECK(read_answer(peer).status == 400);
        CHECK(peer.ends());
    }
    // Encodings that are not understood: what follows must not be taken for a request.
    for (const std::string coding :
         {"xchunked", "chunked, identity", "identity, chunked, chunked", "gzip, chunked",
          "chunked\r\nTransfer-Encoding: chunked", "gzip",
          "\x0b"
          "chunked"}) {
        CAPTURE(coding);
        Socket peer(siege.world.port);
        REQUIRE(peer.send(begin + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n" + behind));
        CHECK(read_answer(peer).status == 400);
        CHECK(peer.ends());
    }
    for (const char* chunk :
         {"fffffffffffffffff\r\n", "-1\r\n", "zz\r\n", "5\r\nab\r\n0\r\n\r\n"}) {
        CAPTURE(chunk);
        Socket peer(siege.world.port);
        REQUIRE(peer.send(begin + "Transfer-Encoding: chunked\r\n\r\n" + chunk + behind));
        CHECK(read_answer(peer).status == 400);
        CHECK(peer.ends());
    }
    // What is said after an upgrade that failed is no request either.
    Socket peer(siege.world.port);
    REQUIRE(peer.send(get("/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\n") + behind));
    (void)read_answer(peer);
    CHECK(peer.ends());
    siege.check();
    const auto paths = siege.world.on_hub([&](sync::Hub&) { return served; });
    CHECK(std::count(paths.begin(), paths.end(), "/behind") == 0);
}
