// SPDX-License-Identifier: Apache-2.0
// A server's database with its log folded in, and each of them alone.
#include "topgun/serverfiles/server_state.hpp"

#include <algorithm>

#include "log_writer.hpp"
#include "redb_support.hpp"
#include "topgun/value/json.hpp"

using namespace topgun;
using namespace topgun::serverfiles;
using namespace topgun::test;

namespace {

using Texts = std::vector<std::string>;

std::string text(const Op& op) {
    auto out = std::string(op_kind_name(op.kind)) + " " + std::string(op.map) + ":" +
               std::string(op.key) + (op.tag.empty() ? "" : " " + std::string(op.tag));
    if (op.value.empty()) return out;
    out += " = ";
    append_json(op.value, out);
    return out;
}

struct Read {
    Texts ops;
    ServerReadReport report;
    std::string error;
};

template <typename Function>
Read collect(bool keep_going, Function&& function) {
    Read out;
    ServerReadOptions options;
    options.keep_going = keep_going;
    const auto visit = [&out](const Op& op) -> Status {
        out.ops.push_back(text(op));
        return {};
    };
    auto status = function(options, visit, out.report);
    if (!status)
        out.error = std::string(errc_name(status.error().code())) + ": " + status.error().text();
    std::sort(out.ops.begin(), out.ops.end());
    return out;
}

Read read_both(const std::string& database, const std::string& log, bool keep_going = false) {
    return collect(keep_going, [&](const auto& options, const auto& visit, auto& report) {
        return read_server_ops(database, log, {}, options, visit, report);
    });
}

/// A file with tables that have few rows.
std::string database_of(const std::vector<std::pair<std::string, Entries>>& tables) {
    Forge forge;
    Entries definitions;
    for (const auto& [name, rows] : tables) {
        definitions.emplace_back(name, Forge::definition(forge.leaf(rows), rows.size()));
    }
    const auto list = forge.leaf(definitions);
    return forge.file(Forge::slot(Forge::root(list, definitions.size()), 7), Forge::slot({}, 6));
}

const Stamp kStamp{5, 0, "n"};

}  // namespace

TEST_CASE("tables of maps become ops, copies on other nodes, too", "[serverfiles]") {
    const ScratchDir dir;
    spit(dir.file("small.redb"), redb_bytes("small"));
    const auto read = read_both(dir.file("small.redb"), {});
    CHECK(read.error.empty());
    CHECK(read.report.rows == 11);
    CHECK(read.report.notes.empty());
    CHECK(read.ops == Texts{"OR_ADD tags:t1 1700000000000:0:n1 = \"red\"",
                            "OR_ADD tags:t1 1700000000001:0:n2 = \"blue\"",
                            "OR_REMOVE tags:t1 1699999999999:4:n2",
                            "OR_REMOVE tags:t2 1699999999998:0:n1",
                            "OR_REMOVE tags:t3 1600000000000:0:n", "PUT todos: = 7",
                            "PUT todos:alice = \"buy milk\"", "PUT todos:alice = \"older\"",
                            "PUT todos:bob = {\"bool\":true,\"bytes\":{\"$bin\":\"AH+A/w==\"},"
                            "\"float\":1.5,\"int\":-42,\"list\":[1,null,\"x\"],\"null\":null,"
                            "\"text\":\"naïve 😀\"}",
                            "PUT todos:zoe = \"only in the backup\"", "PUT todos:ключ = 2.0",
                            "REMOVE todos:nothing"});
}

TEST_CASE("a file without tables is an empty state, one with others' tables is none of TopGun's",
          "[serverfiles]") {
    const ScratchDir dir;
    spit(dir.file("empty.redb"), redb_bytes("empty"));
    spit(dir.file("foreign.redb"), redb_bytes("foreign"));
    CHECK(read_both(dir.file("empty.redb"), {}).error.empty());
    CHECK_THAT(read_both(dir.file("foreign.redb"), {}).error,
               Catch::StartsWith("not_found: ") && Catch::Contains("has no table of TopGun's"));
    CHECK_THAT(read_both(dir.file("none"), {}).error, Catch::StartsWith("not_found: "));
}

TEST_CASE("a commit that is not the newest, or of a file that was not closed, is noted",
          "[serverfiles]") {
    const ScratchDir dir;
    spit(dir.file("dirty.redb"), redb_bytes("dirty"));
    const auto read = read_both(dir.file("dirty.redb"), {});
    REQUIRE(read.report.notes.size() == 1);
    CHECK_THAT(read.report.notes[0],
               Catch::Contains("dirty.redb: was not closed; read at commit "));
    CHECK(std::count(read.ops.begin(), read.ops.end(), "PUT todos:last = \"committed last\"") == 1);
    CHECK(std::count(read.ops.begin(), read.ops.end(), "PUT todos:lost = \"never committed\"") ==
          0);
}

TEST_CASE("writes above the watermark are folded in", "[serverfiles]") {
    const ScratchDir dir;
    spit(dir.file("f"),
         database_of({{"map__m",
                       {{"changed", stored_lww(0, kStamp)},
                        {"durable", stored_lww(0, kStamp)},
                        {"removed", stored_lww(0, kStamp)},
                        {"tags", stored_or({{1, "a"}}, {"z"})}}},
                      {"map__m__backup", {{"changed", stored_lww(9, {1, 0, "n"})}}}}));
    LogFolder log(dir.path() / "wal");
    log.write("m", "changed", op_store(stored_lww(1, {6, 0, "n"})));
    const auto flushed = log.write("m", "durable", op_store(stored_lww(2, {7, 0, "n"})));
    log.applied("m", "durable", flushed);
    log.write("m", "removed", op_remove());
    log.write("m", "tags", op_remove_tag("a"));
    log.write("m", "tags", op_add(3, "b"));
    log.write("other", "new", op_store(stored_lww(4, kStamp)));
    log.write("other", "gone", op_store(stored_lww(5, kStamp)));
    log.write("other", "gone", op_remove());
    const auto read = read_both(dir.file("f"), log.path());
    CHECK(read.error.empty());
    CHECK(read.ops == Texts{"OR_ADD m:tags b = 3", "OR_REMOVE m:tags a", "OR_REMOVE m:tags z",
                            "PUT m:changed = 1", "PUT m:changed = 9", "PUT m:durable = 0",
                            "PUT other:new = 4"});
    CHECK(read.report.frames == 8);
    CHECK(read.report.pending == 7);
    CHECK(read.report.notes == Texts{log.path() + ": 7 of 8 writes folded in"});
}

TEST_CASE("a log alone is a state of its own, and a history", "[serverfiles]") {
    const ScratchDir dir;
    LogFolder log(dir.path());
    const auto first = log.write("m", "k", op_store(stored_lww(1, kStamp)));
    log.applied("m", "k", first);
    log.write("m", "k", op_store(stored_lww(2, {6, 0, "n"})));
    log.write("m", "gone", op_store(stored_lww(3, kStamp)));
    log.write("m", "gone", op_remove());
    log.write("m", "tags", op_add(4, "a"));
    log.write("m", "tags", op_prune({"z"}));
    const auto state = collect(false, [&](const auto& options, const auto& visit, auto& report) {
        return read_log_state(log.path(), options, visit, report);
    });
    CHECK(state.ops == Texts{"OR_ADD m:tags a = 4", "PUT m:k = 2"});
    const auto history = collect(false, [&](const auto& options, const auto& visit, auto& report) {
        return read_log_ops(log.path(), options, visit, report);
    });
    CHECK(history.ops ==
          Texts{"OR_ADD m:tags a = 4", "PUT m:gone = 3", "PUT m:k = 1", "PUT m:k = 2"});
    CHECK(history.report.unstamped == 1);
    CHECK(history.report.frames == 6);
}

TEST_CASE("a row that cannot be read is named, and costs itself only", "[serverfiles]") {
    const ScratchDir dir;
    spit(dir.file("f"), database_of({{"map__m",
                                      {{"bad", "\x81\xa3lww\xc1"},
                                       {"bad\xff", stored_lww(1, kStamp)},
                                       {"good", stored_lww(2, kStamp)},
                                       {"no tag", stored_or({{1, ""}}, {})},
                                       {"saved", "\xc1"}}}}));
    LogFolder log(dir.path() / "wal");
    log.write("m", "saved", op_store(stored_lww(3, kStamp)));
    const auto strict = read_both(dir.file("f"), {});
    CHECK_THAT(strict.error, Catch::StartsWith("bad_input: ") &&
                                 Catch::Contains("f: table map__m, key bad: value: byte 5: "));
    const auto lax = read_both(dir.file("f"), log.path(), true);
    CHECK(lax.error.empty());
    CHECK(lax.ops == Texts{"PUT m:good = 2", "PUT m:saved = 3"});
    CHECK(lax.report.damaged == 4);
    REQUIRE(lax.report.damage.size() == 4);
    CHECK_THAT(lax.report.damage[1], Catch::Contains("the key is not UTF-8"));
    CHECK_THAT(lax.report.damage[2], Catch::Contains("key no tag: a record has no tag"));
}

TEST_CASE("a table of a map with other types is refused", "[serverfiles]") {
    const ScratchDir dir;
    Forge forge;
    const auto tree = forge.leaf({{"a", "1"}});
    const auto list = forge.leaf({{"map__m", Forge::definition(tree, 1, "u64")}});
    spit(dir.file("f"), forge.file(Forge::slot(Forge::root(list, 1), 7), Forge::slot({}, 6)));
    CHECK_THAT(read_both(dir.file("f"), {}).error,
               Catch::Contains("its types are u64 and &[u8] instead of &str and &[u8]"));
    CHECK(read_both(dir.file("f"), {}, true).report.damaged == 1);
}

TEST_CASE("damage to the log stops the reading as it stops the server, but for a cut tail",
          "[serverfiles]") {
    const ScratchDir dir;
    spit(dir.file("empty.redb"), redb_bytes("empty"));
    LogFolder log(dir.path() / "wal");
    const auto whole = frame(payload("m", "k", op_store(stored_lww(1, kStamp)), 1));
    const auto later = frame(payload("m", "l", op_store(stored_lww(2, kStamp)), 2));
    const auto read = [&](bool keep_going) {
        return read_both(dir.file("empty.redb"), log.path(), keep_going);
    };
    const auto name = segment_name(1, 0);
    spit(dir.path() / "wal" / name, whole + later.substr(0, 30));
    CHECK(read(false).error.empty());
    CHECK(read(false).ops == Texts{"PUT m:k = 1"});
    CHECK_THAT(read(false).report.damage.at(0), Catch::Contains("the file ends within a frame"));

    // The same in front of another segment of the partition is damage.
    spit(dir.path() / "wal" / segment_name(1, 2), later);
    CHECK_THAT(read(false).error,
               Catch::Contains(name + ": byte " + std::to_string(whole.size()) +
                               ": the file ends within a frame; the server would not start"));
    CHECK(read(true).ops == Texts{"PUT m:k = 1", "PUT m:l = 2"});

    auto newer = later;
    newer[4] = '\x02';
    spit(dir.path() / "wal" / segment_name(1, 2), newer);
    spit(dir.path() / "wal" / name, whole);
    CHECK_THAT(read(false).error, Catch::StartsWith("unsupported_version: "));
}

TEST_CASE("odd logs are noted", "[serverfiles]") {
    const ScratchDir dir;
    spit(dir.file("empty.redb"), redb_bytes("empty"));
    LogFolder log(dir.path() / "wal");
    const auto second = frame(payload("m", "k", op_store(stored_lww(2, {9, 0, "n"})), 2));
    const auto first = frame(payload("m", "k", op_store(stored_lww(1, kStamp)), 1));
    spit(dir.path() / "wal" / segment_name(0, 0), second + first);
    const auto read = read_both(dir.file("empty.redb"), log.path());
    CHECK(read.ops == Texts{"PUT m:k = 2"});
    REQUIRE(read.report.notes.size() == 3);
    CHECK(read.report.notes[0] == "partition 0 of the log: sequences are not in order");
    CHECK_THAT(read.report.notes[1], Catch::Contains("2 writes stand in another partition"));
}
