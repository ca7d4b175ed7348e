// SPDX-License-Identifier: Apache-2.0
// Maps by name: over a storage that is the state, and over one that is not; guarded and not.
#include "topgun/storage/map_provider.hpp"
#include "fake_storage.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

const MapId kUsers{"users", MapKind::lww};
const MapId kTags{"tags", MapKind::or_map};

std::vector<std::string> keys_in(MapProvider& provider, const MapId& map,
                                 std::string_view key = {}) {
    std::vector<std::string> keys;
    const auto take = [&keys](const MapId&, const Row& row) {
        keys.emplace_back(row.key);
        return Status();
    };
    must(provider.find(map, key, {}, take));
    return keys;
}

RequestContext context_of(std::string_view role) {
    RequestContext context;
    context.node_id = "server-1";
    context.principal = Principal{"somebody", {std::string(role)}};
    return context;
}

Status guard(const MapId& map, MapAccess access, const RequestContext& context) {
    if (map.name == "secret") return Error(Errc::usage, "secret is secret");
    if (access == MapAccess::read) return {};
    if (context.principal && context.principal->has_role("writer")) return {};
    return Error(Errc::usage, "may not write");
}

}  // namespace

TEST_CASE("maps are provided from memory, loaded or resident", "[storage][provider]") {
    const bool resident = GENERATE(true, false);
    CAPTURE(resident);
    MemoryStorage memory;
    FakeStorage fake;
    ServerStorage& storage = resident ? static_cast<ServerStorage&>(memory) : fake;
    must(storage.store(views({put("users", "a", 5), put("users", "b", 900),
                              or_add("tags", "k", "1:0:n"), count("likes", "n1", 3, 1)})));
    const auto maps = must(StoredMaps::open(storage));
    CHECK(maps->largest_stamp() == Timestamp(900, 0, "n1"));
    CHECK(must(maps->maps({})) == std::vector<MapId>{{"likes", MapKind::counter}, kTags, kUsers});

    const auto state = must(maps->state({kUsers, {"unknown", MapKind::lww}, kTags, kUsers}, {}));
    CHECK(state->maps() == std::vector<MapId>{kTags, kUsers});
    CHECK(must(state->facts(kUsers))->records == 2);
    CHECK(must(maps->state({}, {}))->maps().empty());

    CHECK(keys_in(*maps, kUsers, "a") == std::vector<std::string>{"a"});
    CHECK(keys_in(*maps, kUsers, "z").empty());
    CHECK(keys_in(*maps, {"unknown", MapKind::lww}, "a").empty());
    CHECK(keys_in(*maps, kTags, "k") == std::vector<std::string>{"k"});
    CHECK(keys_in(*maps, {"likes", MapKind::counter}, "n1") == std::vector<std::string>{"n1"});
}

TEST_CASE("applied ops are stored and seen at once", "[storage][provider]") {
    const bool resident = GENERATE(true, false);
    CAPTURE(resident);
    MemoryStorage memory;
    FakeStorage fake;
    ServerStorage& storage = resident ? static_cast<ServerStorage&>(memory) : fake;
    const auto maps = must(StoredMaps::open(storage));
    const auto report = must(maps->apply(views({put("users", "a", 5), put("users", "a", 9),
                                                put("users", "a", 7), put("users", "a", 9)}),
                                         {}));
    CHECK(report.outcomes == std::vector<OpOutcome>{OpOutcome::added, OpOutcome::replaced,
                                                    OpOutcome::lost, OpOutcome::equal});
    CHECK(report.sequence > 0);
    CHECK(maps->largest_stamp().millis == 9);
    CHECK(keys_in(*maps, kUsers, "a").size() == 1);
    CHECK(hash_of(*must(maps->state({kUsers}, {}))) == hash_of({put("users", "a", 9)}));
    if (!resident) CHECK(hash_of(*read_live(fake.kept())) == hash_of({put("users", "a", 9)}));
}

TEST_CASE("an op that the storage did not take is not merged, so it can come again",
          "[storage][provider]") {
    FakeStorage fake;
    const auto maps = must(StoredMaps::open(fake));
    fake.fail_stores(1);
    const auto ops = std::vector<OwnedOp>{put("users", "a", 5)};
    CHECK_FALSE(maps->apply(views(ops), {}));
    CHECK(must(maps->maps({})).empty());
    CHECK(must(maps->apply(views(ops), {})).outcomes[0] == OpOutcome::added);
    CHECK(fake.written() == 1);
}

TEST_CASE("the trie is the one of the present state", "[storage][provider]") {
    MemoryStorage memory;
    const auto maps = must(StoredMaps::open(memory));
    CHECK(must(maps->trie(kUsers, {})).root() == 0);
    Random rng(seed(8));
    must(maps->apply(views(random_ops(rng, 400)), {}));
    const auto state = must(maps->state({kUsers, kTags}, {}));
    CHECK(must(maps->trie(kUsers, {})).root() == must(state->facts(kUsers))->root);
    CHECK(must(maps->trie(kTags, {})).root() == must(state->facts(kTags))->root);
    CHECK(must(maps->trie({"likes", MapKind::counter}, {})).root() == 0);
}

TEST_CASE("a guard is asked before every access", "[storage][provider]") {
    MemoryStorage memory;
    must(memory.store(views({put("users", "a", 5), put("secret", "s", 5)})));
    const auto maps = must(StoredMaps::open(memory, guard));
    const auto reader = context_of("reader");
    const MapId secret{"secret", MapKind::lww};
    const auto never = [](const MapId&, const Row&) -> Status {
        return Error(Errc::usage, "was shown");
    };
    CHECK(must(maps->maps(reader)) == std::vector<MapId>{kUsers});
    CHECK(maps->state({kUsers, secret}, reader).error().text() == "secret is secret");
    CHECK(maps->find(secret, "s", reader, never).error().text() == "secret is secret");
    CHECK(maps->trie(secret, reader).error().text() == "secret is secret");
    CHECK(must(maps->state({kUsers}, reader))->maps().size() == 1);
}

TEST_CASE("forbidden and malformed ops are refused in their places", "[storage][provider]") {
    const bool resident = GENERATE(true, false);
    MemoryStorage memory;
    FakeStorage fake;
    const auto maps =
        must(StoredMaps::open(resident ? static_cast<ServerStorage&>(memory) : fake, guard));
    auto malformed = or_add("tags", "k", "x");
    malformed.tag.clear();
    const auto ops = std::vector<OwnedOp>{put("users", "a", 5), put("secret", "s", 5), malformed,
                                          put("users", "b", 5)};
    const auto report = must(maps->apply(views(ops), context_of("writer")));
    CHECK(report.outcomes == std::vector<OpOutcome>{OpOutcome::added, OpOutcome::refused,
                                                    OpOutcome::refused, OpOutcome::added});
    REQUIRE(report.refusals.size() == 2);
    CHECK(report.refusals[0].index == 1);
    CHECK(report.refusals[0].error.text() == "secret is secret");
    CHECK(report.refusals[1].index == 2);
    CHECK(must(maps->apply(views(ops), context_of("reader"))).refusals.size() == 4);
    CHECK(keys_in(*maps, kUsers, "b").size() == 1);
}

// Goal:   a live reader sees trie order, and every row that was there from begin to end.
// Method: between batches of one cursor, records come, change, and are pruned away; the cursor is
//         compared with the keys that were never touched.
TEST_CASE("a live reader keeps its place while the map changes under it",
          "[storage][provider][property]") {
    Random rng(seed(6));
    for (int round = 0; round < 10; ++round) {
        SharedReplica shared;
        std::vector<std::string> steady;
        for (int i = 0; i < 3000; ++i) {
            const auto key = "steady" + std::to_string(i);
            must(shared.replica.apply(put("m", key, 5, std::string(40, 'x')).view()));
            must(shared.replica.apply(
                remove("m", "tomb" + std::to_string(i), 1 + rng.below(100)).view()));
            steady.push_back(key);
        }
        const auto state = read_live(shared);
        const auto cursor = must(state->rows({"m", MapKind::lww}, {HashRange{}}));
        std::vector<std::string> seen;
        std::uint32_t last_hash = 0;
        std::string last_key;
        for (std::uint64_t step = 0;; ++step) {
            const auto rows = must(cursor->next());
            if (rows.empty()) break;
            for (const auto& row : rows) {
                const bool ascends =
                    row.key_hash > last_hash || (row.key_hash == last_hash && row.key > last_key);
                if (!ascends) FAIL("'" << row.key << "' is out of order");
                last_hash = row.key_hash;
                last_key = row.key;
                if (row.key.starts_with("steady")) seen.emplace_back(row.key);
            }
            prune_tombstones(shared, Timestamp(step * 20, 0, "").view());
            for (int i = 0; i < 50; ++i) {
                const auto key = "new" + std::to_string(rng.below(100'000));
                must(shared.replica.apply(put("m", key, 5).view()));
                must(shared.replica.apply(put("m", steady[rng.below(3000)], 6 + step).view()));
            }
        }
        std::sort(seen.begin(), seen.end());
        std::sort(steady.begin(), steady.end());
        CHECK(seen == steady);
    }
}

TEST_CASE("a live reader gives the rows of the ranges that are asked for", "[storage][provider]") {
    SharedReplica shared;
    Random rng(seed(2));
    for (const auto& op : random_ops(rng, 2000)) must(shared.replica.apply(op.view()));
    const auto plain = read_replica(shared.replica);
    const auto live = read_live(shared);
    CHECK(live->maps() == plain->maps());
    const std::vector<HashRange> ranges{
        {0, 0x1fffffff}, {0x40000000, 0x40ffffff}, {0x80000000, 0xffffffff}};
    for (const auto& id : plain->maps()) {
        const auto gather = [&](const StateReader& state) {
            std::vector<std::string> rows;
            Bytes scratch;
            const auto take = [&](const Row& row) {
                rows.push_back(hex(row_content(row, scratch)));
            };
            must(for_each_row(*must(state.removed_tags(id)), take));
            must(for_each_row(*must(state.rows(id, ranges)), take));
            return rows;
        };
        CHECK(gather(*live) == gather(*plain));
    }
    CHECK(hash_of(*live) == hash_of(*plain));
    CHECK(live->rows({"none", MapKind::lww}, {}).error().code() == Errc::not_found);
}

TEST_CASE("keys of one hash come in order of key, also when they arrive between readers",
          "[storage][provider]") {
    SharedReplica shared;
    // Two texts with the same 32-bit FNV-1a hash.
    const auto one = put("m", "costarring", 5), other = put("m", "liquid", 5);
    REQUIRE(fnv1a(one.key) == fnv1a(other.key));
    const auto keys = [&shared] {
        std::vector<std::string> out;
        const auto cursor = must(read_live(shared)->rows({"m", MapKind::lww}, {HashRange{}}));
        must(for_each_row(*cursor, [&out](const Row& row) { out.emplace_back(row.key); }));
        return out;
    };
    must(shared.replica.apply(other.view()));
    CHECK(keys() == std::vector<std::string>{"liquid"});
    must(shared.replica.apply(one.view()));
    CHECK(keys() == std::vector<std::string>{"costarring", "liquid"});
}
