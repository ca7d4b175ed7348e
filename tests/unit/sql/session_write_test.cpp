// SPDX-License-Identifier: Apache-2.0
// What statements that write leave behind: ops that win everywhere, or nothing at all.
#include "session_support.hpp"
#include "topgun/source/source.hpp"
#include "topgun/storage/snapshot.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun_test/states.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

// Far in the future: a clock that only looks at the time would lose against it.
constexpr std::uint64_t kAhead = 4'000'000'000'000;

Bytes record(std::int64_t id, const std::string& name) {
    Bytes out;
    msgpack::Writer writer(out);
    writer.map(2);
    writer.string("id");
    writer.signed_integer(id);
    writer.string("name");
    writer.string(name);
    return out;
}

/// A snapshot of an LWW map "m", a to d with d removed, and of an OR map "tags".
std::string source_in(const ScratchDir& scratch) {
    auto tagged = or_add("a", {kAhead, 1, "n1"}, record(1, "first"));
    auto second = or_add("a", {kAhead, 2, "n1"}, record(2, "second"));
    tagged.map = second.map = "tags";
    auto replica = replica_of({put("a", {kAhead, 7, "zz"}, record(1, "one")),
                               put("b", {5, 0, "n1"}, record(2, "two")),
                               put("c", {kAhead + 5, 0, "n2"}, record(3, "three")),
                               put("d", {4, 0, "n2"}, record(4, "four")),
                               remove("d", {kAhead + 9, 3, "n2"}), tagged, second});
    const auto path = scratch.file("s.tgs");
    must(write_snapshot(*read_replica(replica), path));
    return path;
}

std::unique_ptr<sql::Session> attached(const std::string& path) {
    sql::SessionOptions options;
    options.writable = true;
    options.node = "aa";
    auto session = open_session(options);
    must(session->attach("s", path));
    return session;
}

std::vector<OwnedOp> unsaved(const sql::Session& session) {
    std::vector<OwnedOp> out;
    must(session.visit_unsaved("s", [&out](const Op& op) -> Status {
        out.emplace_back(op);
        return {};
    }));
    return out;
}

std::vector<std::string> state_of(const sql::Session& session) {
    return lines_of(*must(session.state("s")));
}

const char* const kSomeWrites[] = {
    "INSERT INTO m (_key, id, name) VALUES ('e', 5, 'five'), ('d', 44, 'again')",
    "UPDATE m SET name = name || '!' WHERE id < 3",
    "DELETE FROM m WHERE id = 3",
    "INSERT INTO m (_key, id) VALUES ('a', 100) ON CONFLICT (_key) DO UPDATE SET id = EXCLUDED.id",
    "INSERT INTO tags (_key, id, name) VALUES ('b', 9, 'new')",
    "DELETE FROM tags WHERE name = 'first'",
    "UPDATE tags SET name = 'changed' WHERE name = 'second'",
};

}  // namespace

TEST_CASE("what is written has a newer stamp than all that was read", "[sql][write]") {
    const ScratchDir scratch;
    const auto session = attached(source_in(scratch));
    run_all(*session, {kSomeWrites[0], kSomeWrites[1], kSomeWrites[2]});
    const auto ops = unsaved(*session);
    REQUIRE(ops.size() == 5);
    Timestamp newest{kAhead + 9, 3, "n2"};
    for (const auto& op : ops) {
        CAPTURE(op.key);
        CHECK(newest < op.stamp);
        CHECK(op.stamp.node_id == "aa");
        newest = op.stamp;
    }
    // The stamp of what was removed counts, too: otherwise d would stay removed.
    CHECK(answer(*session, "SELECT _key, id, name FROM m ORDER BY 1") ==
          "a|1|one!; b|2|two!; d|44|again; e|5|five");
}

TEST_CASE("saved writes, replayed, give the state that the session shows", "[sql][write]") {
    const ScratchDir scratch;
    const auto path = source_in(scratch);
    const auto session = attached(path);
    for (const auto* text : kSomeWrites) run_all(*session, {text});
    const auto expected = state_of(*session);

    const auto log = scratch.file("changes.tgl");
    auto writer = must(OpWriter::create(log, must(format_for_writing(log)), "aa"));
    for (const auto& op : unsaved(*session)) must(writer->add(op.view()));
    must(writer->finish());
    auto source = must(open_source(path));
    Replica replayed;
    const auto take = [&replayed](const Op& op) -> Status {
        auto merged = replayed.apply(op);
        return merged ? Status() : Status(std::move(merged).error());
    };
    // In either order: the stamps decide.
    const bool log_first = GENERATE(false, true);
    for (const bool first : {true, false}) {
        must(read_ops(first == log_first ? log : path, {}, take));
    }
    CHECK(lines_of(replayed) == expected);

    const auto snapshot = scratch.file("after.tgs");
    must(write_state(*must(session->state("s")), snapshot, must(format_for_writing(snapshot))));
    const auto again = attached(snapshot);
    CHECK(state_of(*again) == expected);
    for (const auto* text : {"SELECT * FROM m ORDER BY _key",
                             "SELECT _key, id, name FROM tags "
                             "ORDER BY name"}) {
        CHECK(answer(*again, text) == answer(*session, text));
    }
}

TEST_CASE("saved writes are not saved twice", "[sql][write]") {
    const ScratchDir scratch;
    const auto session = attached(source_in(scratch));
    run_all(*session, {kSomeWrites[0]});
    CHECK(unsaved(*session).size() == 2);
    session->mark_saved("s");
    CHECK(unsaved(*session).empty());
    run_all(*session, {kSomeWrites[2]});
    REQUIRE(unsaved(*session).size() == 1);
    CHECK(unsaved(*session)[0].key == "c");
    CHECK(answer(*session, "SELECT count(*) FROM m") == "4");
}

TEST_CASE("ON CONFLICT leaves or updates what is there", "[sql][write]") {
    const ScratchDir scratch;
    const auto session = attached(source_in(scratch));
    CHECK(answer(*session,
                 "INSERT INTO m (_key, id) VALUES ('a', 9), ('x', 10)"
                 " ON CONFLICT DO NOTHING RETURNING _key") == "x");
    CHECK(unsaved(*session).size() == 1);
    // d was removed: nothing is in the way.
    CHECK(answer(*session,
                 "INSERT INTO m (_key, id) VALUES ('d', 4) ON CONFLICT DO NOTHING"
                 " RETURNING _key, id") == "d|4");
    CHECK(answer(*session,
                 "INSERT INTO m (_key, id, name) VALUES ('b', 7, 'seven'), ('y', 8, 'y')"
                 " ON CONFLICT (_key) DO UPDATE SET id = m.id + EXCLUDED.id"
                 " WHERE m.id < 100") == "");
    CHECK(
        answer(*session, "SELECT _key, id, name FROM m WHERE _key IN ('a', 'b', 'y') ORDER BY 1") ==
        "a|1|one; b|9|two; y|8|y");
    const auto taken = rows_of(*session, "INSERT INTO m (_key, id) VALUES ('z', 1), ('a', 2)");
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code() == Errc::already_exists);
    CHECK(answer(*session, "SELECT count(*) FROM m WHERE _key = 'z'") == "0");
}

TEST_CASE("OR maps keep their other tags", "[sql][write]") {
    const ScratchDir scratch;
    const auto session = attached(source_in(scratch));
    run_all(*session, {"INSERT INTO tags (_key, id, name) VALUES ('a', 3, 'third')"});
    CHECK(answer(*session, "SELECT _key, id FROM tags ORDER BY id") == "a|1; a|2; a|3");
    run_all(*session, {"UPDATE tags SET name = 'changed' WHERE id = 2"});
    CHECK(answer(*session, "SELECT id, name, count(*) OVER () FROM tags WHERE id = 2") ==
          "2|changed|1");
    run_all(*session, {"DELETE FROM tags WHERE id <> 2"});
    CHECK(answer(*session, "SELECT _key, id FROM tags") == "a|2");
    CHECK(answer(*session, "SELECT count(*), count(DISTINCT _tag) FROM tags") == "1|1");
}

TEST_CASE("a rollback takes back what was written, to where it was asked", "[sql][write]") {
    const ScratchDir scratch;
    const auto session = attached(source_in(scratch));
    const auto before = state_of(*session);
    run_all(*session, {"BEGIN", kSomeWrites[0], "SAVEPOINT one", kSomeWrites[1]});
    const auto at_two = state_of(*session);
    run_all(*session,
            {"SAVEPOINT two", kSomeWrites[2], kSomeWrites[5], "CREATE TABLE u (id bigint)"});
    CHECK(session->in_transaction());
    CHECK(unsaved(*session).empty());  // not committed
    CHECK(answer(*session, "SELECT count(*) FROM m") == "4");
    run_all(*session, {"ROLLBACK TO two"});
    CHECK(state_of(*session) == at_two);
    CHECK_FALSE(rows_of(*session, "SELECT 1 / 0"));
    CHECK_FALSE(rows_of(*session, "SELECT 1"));  // the transaction has failed
    run_all(*session, {"ROLLBACK TO one"});
    CHECK(answer(*session, "SELECT string_agg(name, ',' ORDER BY id) FROM m") ==
          "one,two,three,five,again");
    const bool commit = GENERATE(false, true);
    run_all(*session, {commit ? "COMMIT" : "ROLLBACK"});
    CHECK_FALSE(session->in_transaction());
    CHECK(unsaved(*session).size() == (commit ? 2 : 0));
    CHECK((state_of(*session) == before) == !commit);
}

TEST_CASE("RETURNING gives the rows as they are then", "[sql][write]") {
    const ScratchDir scratch;
    const auto session = attached(source_in(scratch));
    CHECK(answer(*session, "UPDATE m SET id = id * 10 WHERE id > 1 RETURNING _key, id, name") !=
          "");
    CHECK(answer(*session,
                 "UPDATE m SET name = upper(name) WHERE _key = 'b'"
                 " RETURNING _key, id + 1, name, _node") == "b|21|TWO|aa");
    CHECK(answer(*session, "DELETE FROM m WHERE _key = 'b' RETURNING id, name") == "20|TWO");
    CHECK(answer(*session, "SELECT count(*) FROM m WHERE _key = 'b'") == "0");
}

TEST_CASE("UPDATE FROM and DELETE USING join other tables", "[sql][write]") {
    const ScratchDir scratch;
    const auto session = attached(source_in(scratch));
    run_all(*session, {"CREATE TABLE other (id bigint PRIMARY KEY, word text)",
                       "INSERT INTO other VALUES (1, 'uno'), (3, 'tres'), (7, 'siete')"});
    run_all(*session, {"UPDATE m SET name = o.word FROM other o WHERE o.id = m.id"});
    CHECK(answer(*session, "SELECT id, name FROM m ORDER BY id") == "1|uno; 2|two; 3|tres");
    run_all(*session, {"DELETE FROM m USING other o, other p WHERE o.id = m.id AND p.id > o.id"
                       " AND o.word < 'u'"});
    CHECK(answer(*session, "SELECT id FROM m ORDER BY id") == "1; 2");
}
