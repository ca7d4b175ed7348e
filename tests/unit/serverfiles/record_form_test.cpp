// SPDX-License-Identifier: Apache-2.0
// The server's own form of a record, and each way to depart from it.
#include "topgun/serverfiles/record_form.hpp"

#include "topgun/redb/database.hpp"
#include "topgun/serverfiles/stored_record.hpp"
#include "topgun_test/runs.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/table_rows.hpp"

using namespace topgun;
using namespace topgun::serverfiles;
using namespace topgun::test;

namespace {

const std::string kStamp = "83a66d696c6c697305a7636f756e74657206a66e6f64654964a16e";

std::string departure(const std::string& hex) {
    const auto found = find_departure(from_hex(hex));
    return found ? found->text() : "";
}

std::string lww(const std::string& value, const std::string& stamp = kStamp) {
    return "81a36c777782a576616c7565" + value + "a974696d657374616d70" + stamp;
}

}  // namespace

TEST_CASE("the server's own records have no departure", "[serverfiles]") {
    for (const auto* value :
         {"a44e756c6c", "81a3496e742a", "81a3496e74ff", "81a3496e74d38000000000000000",
          "81a4426f6f6cc3", "81a5466c6f6174cb3ff8000000000000", "81a5466c6f6174cbfff8000000000001",
          "81a5427974657394007fcc80ccff",
          "81a34d617082a16181a5417272617992a44e756c6c81a6537472696e67a178a16281a3496e7401"}) {
        CAPTURE(value);
        CHECK(departure(lww(value)).empty());
    }
    CHECK(departure("81a56f724d617081a77265636f72647390").empty());
    CHECK(departure("81ac6f72546f6d6273746f6e657381a47461677391a5313a303a6e").empty());
}

TEST_CASE("what a server stored has no departure", "[serverfiles]") {
    const ScratchDir folder;
    const auto path = folder.file("topgun.redb");
    spit(path, unpack_runs(testdata("serverfiles/killed/topgun.redb.runs")));
    const auto database = must(redb::Database::open(path));
    std::size_t records = 0;
    for (std::size_t table = 0; table < database->tables().size(); ++table) {
        const auto cursor = must(database->cursor(table));
        while (must(cursor->next())) {
            const auto found = find_departure(cursor->value());
            CAPTURE(database->tables()[table].name, cursor->key());
            CHECK(!found);
            ++records;
        }
    }
    CHECK(records >= 7);
}

TEST_CASE("what the encoder writes has no departure", "[serverfiles][property]") {
    Random rng(seed(7));
    for (const auto& row : clean_rows(maptable::Generation::bytea, rng, 500)) {
        const auto found = find_departure(*row.value);
        CHECK(!found);
        Bytes again;
        must(encode_stored_record(must(decode_stored_record(*row.value)), again));
        CHECK(again == *row.value);
    }
}

TEST_CASE("a departure says where and what", "[serverfiles]") {
    CHECK(departure(lww("81a3496e742a") + "00") == "byte 55: more bytes follow the record");
    CHECK(departure("81a36c777792") == "byte 5: a struct as an array");
    CHECK(departure("8100c0") == "byte 1: a variant by its number");
    CHECK(departure("") == "byte 0: no MessagePack, or cut off");
    CHECK(departure(lww("81a3496e74cc07")) == "byte 17: an integer not in its shortest form");
    CHECK(departure(lww("81a3496e74d10100")) == "byte 17: an integer not in its shortest form");
    CHECK(departure(lww("81a5466c6f6174ca3fc00000")) == "byte 19: a float of 32 bits");
    CHECK(departure(lww("81a34d617082a162a44e756c6ca161a44e756c6c")) ==
          "byte 25: keys out of order");
    CHECK(departure(lww("81d903496e7407")) == "byte 13: a text not in its shortest form");
    const auto refused = find_departure(from_hex(lww("81a54279746573c40101")));
    REQUIRE(refused);
    CHECK(refused->refused);
}

TEST_CASE("records of older servers with removals alone are known in every form", "[serverfiles]") {
    CHECK(is_tombstones_only(from_hex("81ac6f72546f6d6273746f6e657381a47461677390")));
    CHECK(is_tombstones_only(from_hex("81029190")));
    CHECK_FALSE(is_tombstones_only(from_hex("81a56f724d617081a77265636f72647390")));
    CHECK_FALSE(is_tombstones_only(from_hex("c1")));
}
