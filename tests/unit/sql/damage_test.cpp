// SPDX-License-Identifier: Apache-2.0
// Snapshots that turn out to be damaged while a statement reads them.
#include "session_support.hpp"
#include "topgun/storage/snapshot.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun_test/states.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

constexpr int kRecords = 20'000;

// Records {id: n, text: ...} that do not compress well, so that there are many blocks.
std::string snapshot_in(const ScratchDir& scratch) {
    Random rng(4);
    Replica replica;
    for (int n = 0; n < kRecords; ++n) {
        std::string text;
        while (text.size() < 40) text += static_cast<char>(rng.between('a', 'z'));
        Bytes value;
        msgpack::Writer writer(value);
        writer.map(2);
        writer.string("id");
        writer.signed_integer(n);
        writer.string("text");
        writer.string(text);
        const auto op = put("k" + std::to_string(n), {static_cast<std::uint64_t>(1000 + n), 0, "n"},
                            std::move(value));
        REQUIRE(replica.apply(op.view()));
    }
    const auto path = scratch.file("m.tgs");
    const auto state = read_replica(replica);
    must(write_snapshot(*state, path));
    return path;
}

}  // namespace

TEST_CASE("damage in the middle of a snapshot is an error with its place", "[sql][damage]") {
    const ScratchDir scratch;
    const auto path = snapshot_in(scratch);
    auto bytes = slurp(path);
    const auto at = bytes.size() * GENERATE(3, 5) / 10;
    bytes[at] = static_cast<char>(~bytes[at]);
    spit(path, bytes);
    sql::SessionOptions options;
    options.threads = GENERATE(1, 2);
    options.writable = true;
    CAPTURE(at, options.threads);
    const auto session = open_session(options);
    must(session->attach("s", path));
    for (const std::string text :
         {"SELECT id, text FROM m", "SELECT count(text) FROM m",
          "SELECT text FROM m ORDER BY text LIMIT 1",
          "SELECT count(*) FROM m x JOIN m y USING (id)", "CREATE TABLE copied AS SELECT * FROM m",
          "UPDATE m SET id = id + 1", "DELETE FROM m",
          "INSERT INTO m (_key, id) SELECT _key || 'x', id FROM m"}) {
        CAPTURE(text);
        const auto rows = rows_of(*session, text);
        REQUIRE_FALSE(rows);
        const auto message = rows.error().text();
        CAPTURE(message);
        CHECK(rows.error().code() == Errc::bad_input);
        CHECK(message.find(path) != message.npos);
        // The block that it names is the one with the damage.
        const std::string where = "block at byte ";
        REQUIRE(message.find(where) != message.npos);
        const auto block = std::stoull(message.substr(message.find(where) + where.size()));
        CHECK(block <= at);
        CHECK(block + 100'000 > at);
    }
    // Nothing of a write that failed remains, and what is sound can be read.
    CHECK(must(session->state("s"))->maps().size() == 1);
    CHECK(answer(*session, "SELECT 42") == "42");
    std::size_t sound = 0;
    for (int n = 0; n < 40; ++n) {
        const auto found = rows_of(
            *session, "SELECT id FROM m WHERE _key = 'k" + std::to_string(n * kRecords / 40) + "'");
        if (found) CHECK(*found == std::vector{std::to_string(n * kRecords / 40)});
        sound += found ? 1 : 0;
    }
    CHECK(sound >= 20);
}
