// SPDX-License-Identifier: Apache-2.0
// SQL_QUERY: whose statement it is, when its writes are acknowledged, and who may have gone by
// then.
#include "fake_sql.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

struct SqlWorld {
    explicit SqlWorld(sync::HubOptions options = World::no_auth()) : world(with(options)) {}

    sync::HubOptions with(sync::HubOptions options) {
        options.sql = &sql;
        return options;
    }
    std::vector<std::string> lines() { return lines_of(world.hub->maps().shared().replica); }

    FakeSql sql;
    World world;
};

}  // namespace

TEST_CASE("a statement is answered with its columns and rows", "[sync][sql]") {
    SqlWorld at;
    at.sql.answer = [] { return one_row(); };
    Peer peer(at.world);
    const auto answer = only<wire::SqlQueryResp>(peer.say(wire::SqlQuery{"SELECT 1", "q7"}));
    CHECK(answer.query_id == "q7");
    CHECK(answer.columns == std::vector<std::string>{"id", "n"});
    REQUIRE(answer.rows.size() == 1);
    CHECK(answer.rows[0].bytes == must(parse_json(R"(["a",5])")));
    CHECK_FALSE(answer.error);
    CHECK(at.sql.asked == std::vector<std::string>{"SELECT 1"});
}

TEST_CASE("without an engine SQL is refused in so many words", "[sync][sql]") {
    World world;
    Peer peer(world);
    const auto answer = only<wire::SqlQueryResp>(peer.say(wire::SqlQuery{"SELECT 1", "q"}));
    CHECK(answer.query_id == "q");
    CHECK(answer.code == "FEATURE_DISABLED");
    CHECK(answer.error);
    CHECK(world.hub->counters().unserved == 1);
}

TEST_CASE("what is wrong with a statement is its answer", "[sync][sql]") {
    SqlWorld at;
    at.sql.answer = []() -> Result<sync::SqlResult> {
        return Error(Errc::bad_input, "syntax error at \"SELEC\"");
    };
    Peer peer(at.world);
    const auto answer = only<wire::SqlQueryResp>(peer.say(wire::SqlQuery{"SELEC", "q"}));
    CHECK(answer.error == "syntax error at \"SELEC\"");
    CHECK(answer.rows.empty());
    CHECK_FALSE(peer.link->closed());
}

TEST_CASE("a statement's writes are acknowledged when they are durable", "[sync][sql]") {
    SqlWorld at;
    at.sql.answer = [] { return one_write(); };
    at.world.storage.held = true;
    Peer peer(at.world), other(at.world);
    other.say(wire::SyncInit{"m", {}});
    CHECK(peer.say(wire::SqlQuery{"INSERT", "q"}).empty());
    CHECK(other.heard().empty());
    at.world.storage.release();
    at.world.hub->settle();
    CHECK_FALSE(only<wire::SqlQueryResp>(peer.heard()).error);
    const auto event = only<wire::ServerEvent>(other.heard());
    CHECK(event.key == "a");
    REQUIRE(event.record);
    // Stamped by the endpoint: the engine's own stamp lies far back.
    CHECK(event.record->timestamp.node_id == "server");
    CHECK(event.record->timestamp.millis >= kNow);
}

TEST_CASE("two writes of one statement have stamps of their own", "[sync][sql]") {
    SqlWorld at;
    at.sql.answer = [] {
        auto out = one_write();
        out.ops.push_back(out.ops.front());
        out.ops.back().value = string_value("the later one");
        return out;
    };
    Peer peer(at.world);
    only<wire::SqlQueryResp>(peer.say(wire::SqlQuery{"UPDATE", "q"}));
    Bytes found;
    must(find_rows(at.world.hub->maps().shared(), {"m", MapKind::lww}, "a",
                   [&](const MapId&, const Row& row) {
                       found = Bytes(row.value);
                       return Status();
                   }));
    CHECK(found == string_value("the later one"));
}

TEST_CASE("a statement's writes beat what a clock that is ahead has stamped", "[sync][sql]") {
    SqlWorld at;
    auto ahead = put("a", {kNow + 3'600'000, kMaxCounter, "z"}, string_value("ahead"));
    ahead.map = "m";
    const Op view = ahead.view();
    must(at.world.hub->absorb({&view, 1}, 0));
    at.sql.answer = [] {
        auto out = one_write();
        out.ops.push_back(out.ops.front());
        out.ops.back().value = string_value("the later one");
        return out;
    };
    Peer peer(at.world);
    CHECK_FALSE(only<wire::SqlQueryResp>(peer.say(wire::SqlQuery{"UPDATE", "q"})).error);
    std::string stored;
    for (const auto& line : at.lines()) stored += line;
    CHECK_THAT(stored, Catch::Contains(to_hex(string_value("the later one"))));
    CHECK(at.world.hub->now().millis == kNow);
}

TEST_CASE("an answer may come when nobody is there any more", "[sync][sql]") {
    SqlWorld at;
    at.sql.later = true;
    at.sql.answer = [] { return one_write(); };
    {
        Peer peer(at.world);
        CHECK(peer.say(wire::SqlQuery{"INSERT", "q"}).empty());
    }
    Peer other(at.world);
    other.say(wire::SyncInit{"m", {}});
    at.sql.finish();
    // The statement ran: its writes stand, and others hear of them.
    CHECK(only<wire::ServerEvent>(other.heard()).key == "a");
}

TEST_CASE("an answer may come when the endpoint itself has gone", "[sync][sql]") {
    SqlWorld at;
    at.sql.later = true;
    at.sql.answer = [] { return one_write(); };
    {
        Peer peer(at.world);
        peer.say(wire::SqlQuery{"INSERT", "q"});
    }
    at.world.hub.reset();
    at.sql.finish();
    CHECK(at.sql.waiting.empty());
    CHECK(at.world.storage.inner.durable() == 0);
}

TEST_CASE("a statement sees what its sender may read, and no reserved maps", "[sync][sql]") {
    auto options = World::with_tokens();
    options.guard = [](const MapId& map, MapAccess, const RequestContext&) -> Status {
        if (map.name == "secret") return Error(Errc::usage, "secret");
        return {};
    };
    SqlWorld at(options);
    for (const auto* map : {"open", "secret", "__topgun_own"}) {
        auto op = put("a", {kNow, 0, "n"}, string_value("x"));
        op.map = map;
        const Op view = op.view();
        must(at.world.storage.store({&view, 1}));
    }
    Peer peer(at.world);
    peer.say(wire::Auth{good_token("bob"), {}, {}});
    peer.say(wire::SqlQuery{"SELECT", "q"});
    CHECK(at.sql.who == "bob");
    CHECK(at.sql.maps == std::vector<MapId>{{"open", MapKind::lww}});
}

TEST_CASE("a write that the sender may not make is refused, and not made", "[sync][sql]") {
    auto options = World::no_auth();
    options.guard = [](const MapId&, MapAccess access, const RequestContext&) -> Status {
        if (access == MapAccess::write) return Error(Errc::usage, "read only");
        return {};
    };
    SqlWorld at(options);
    at.sql.answer = [] { return one_write(); };
    Peer peer(at.world);
    const auto answer = only<wire::SqlQueryResp>(peer.say(wire::SqlQuery{"INSERT", "q"}));
    REQUIRE(answer.error);
    CHECK_THAT(*answer.error, Catch::Contains("read only"));
    CHECK(at.lines().empty());
    at.sql.answer = [] { return one_write("__topgun_policies"); };
    CHECK(only<wire::SqlQueryResp>(peer.say(wire::SqlQuery{"INSERT", "q"})).error);
    CHECK(at.lines().empty());
}

TEST_CASE("a statement of which one write is denied makes none of its writes", "[sync][sql]") {
    auto options = World::no_auth();
    options.guard = [](const MapId& map, MapAccess access, const RequestContext&) -> Status {
        if (access == MapAccess::write && map.name == "closed") return Error(Errc::usage, "closed");
        return {};
    };
    SqlWorld at(options);
    at.sql.answer = [] {
        auto out = one_write("open");
        out.ops.push_back(one_write("closed").ops.front());
        return out;
    };
    Peer peer(at.world);
    CHECK(only<wire::SqlQueryResp>(peer.say(wire::SqlQuery{"INSERT", "q"})).error);
    CHECK(at.lines().empty());
}
