// SPDX-License-Identifier: Apache-2.0
#include "map_table.hpp"

#include <algorithm>
#include <set>

#include "session_support.hpp"
#include "topgun/storage/snapshot.hpp"
#include "topgun/value/json.hpp"
#include "topgun_test/states.hpp"

using namespace topgun;
using namespace topgun::sql;
using namespace topgun::test;

namespace {

constexpr std::uint64_t kNow = 2'000'000;

/// Ops on one map whose stamps lie from `millis` on; some expire before kNow.
std::vector<OwnedOp> ops_of(Random& rng, bool tags, std::size_t count, std::uint64_t millis) {
    std::vector<OwnedOp> out;
    for (std::size_t i = 0; i < count; ++i) {
        const auto key = "k" + std::to_string(rng.below(300));
        const Timestamp stamp{millis + rng.below(1000), static_cast<std::uint32_t>(i), "n"};
        const auto ttl = rng.chance(0.2) ? 1 + rng.below(1'500'000) : kNoTtl;
        const auto value = int_value(rng.between(0, 99));
        if (tags)
            out.push_back(rng.chance(0.2) && !out.empty() && !out[rng.below(out.size())].tag.empty()
                              ? or_remove(out[rng.below(out.size())].tag)
                              : or_add(key, stamp, value, ttl));
        else
            out.push_back(rng.chance(0.2) ? remove(key, stamp) : put(key, stamp, value, ttl));
    }
    std::erase_if(out,
                  [](const OwnedOp& op) { return op.kind == OpKind::or_remove && op.tag.empty(); });
    return out;
}

std::multiset<std::string> shown(const Table& table, std::size_t parts,
                                 const std::optional<std::vector<std::string>>& keys) {
    std::vector<std::size_t> columns;
    for (const auto* name : {"_key", "_value", "_hlc"}) {
        for (std::size_t i = 0; i < table.columns().size(); ++i) {
            if (table.columns()[i].name == name) columns.push_back(i);
        }
    }
    REQUIRE(columns.size() == 3);
    std::multiset<std::string> out;
    ScanHints hints;
    hints.keys = keys;
    for (std::size_t part = 0; part < parts; ++part) {
        const auto scan = must(table.scan(columns, part, parts, hints));
        for (Batch batch; must(scan->next(batch));) {
            for (std::size_t row = 0; row < batch.rows; ++row) out.insert(row_text(batch, row));
        }
    }
    return out;
}

std::multiset<std::string> expected_rows(const StateReader& state, const MapId& map,
                                         const std::optional<std::vector<std::string>>& keys) {
    std::multiset<std::string> out;
    const auto cursor = must(state.rows(map));
    must(for_each_row(*cursor, [&](const Row& row) {
        if (row.removed || row.is_lww_tombstone()) return;
        if (is_expired(row.stamp.millis, row.ttl_ms, kNow)) return;
        if (keys && std::find(keys->begin(), keys->end(), row.key) == keys->end()) return;
        std::string text(row.key);
        text += '|';
        append_json(row.value, text);
        out.insert(text + '|' + format_stamp(row.stamp));
    }));
    return out;
}

}  // namespace

// Goal:   a map's table has the live records of its state and the changes upon it, each once.
// Method: random ops in a snapshot and newer ones upon it; the model is all of them in one state.
//         Scans in parts, and with keys that are there, were removed, or never were.
TEST_CASE("a map's table shows live records once, in any number of parts", "[sql][map][property]") {
    const auto seed = test::seed(7301);
    CAPTURE(seed);
    Random rng(seed);
    const ScratchDir scratch;
    for (int round = 0; round < 16; ++round) {
        const bool tags = round % 2 == 1;
        const MapId map{"m", tags ? MapKind::or_map : MapKind::lww};
        CAPTURE(round, tags);
        const auto before = ops_of(rng, tags, 800, 1'000'000);
        auto after = ops_of(rng, tags, 200, 1'100'000);
        if (tags) {
            // Changes remove what the snapshot holds, too.
            for (int i = 0; i < 50; ++i) after.push_back(or_remove(before[rng.below(800) / 2].tag));
            std::erase_if(after, [](const OwnedOp& op) {
                return op.kind == OpKind::or_remove && op.tag.empty();
            });
        }
        auto base = replica_of(before), changes = replica_of(after);
        auto all = replica_of(before);
        apply_all(all, after);
        const auto path = scratch.file(std::to_string(round) + ".tgs");
        must(write_snapshot(*read_replica(base), path, {}));
        const auto reader = must(SnapshotReader::open(path));
        const auto changed = read_replica(changes), merged = read_replica(all);
        const auto table =
            must(MapTable::infer(map, {reader.get(), &changes, changed.get()}, kNow));
        const auto expected = expected_rows(*merged, map, {});
        CHECK(expected.size() > 50);
        for (const std::size_t parts : {1u, 2u, 7u}) {
            CAPTURE(parts);
            CHECK(shown(*table, parts, {}) == expected);
            std::vector<std::string> keys{"never", ""};
            for (int i = 0; i < 20; ++i) keys.push_back("k" + std::to_string(rng.below(320)));
            CHECK(shown(*table, parts, keys) == expected_rows(*merged, map, keys));
            CHECK(shown(*table, parts, std::vector<std::string>{}).empty());
        }
    }
}

TEST_CASE("columns of a map have the type that all its values have", "[sql][map]") {
    const auto type = [](std::vector<std::pair<FieldKind, std::uint64_t>> counts) {
        KindCounts kinds;
        for (const auto& [kind, count] : counts) kinds[kind] = count;
        return column_type(kinds).id;
    };
    CHECK(type({{FieldKind::integer, 3}}) == TypeId::bigint);
    CHECK(type({{FieldKind::integer, 3}, {FieldKind::nil, 1}}) == TypeId::bigint);
    CHECK(type({{FieldKind::integer, 3}, {FieldKind::real, 1}}) == TypeId::real);
    CHECK(type({{FieldKind::integer, 3}, {FieldKind::large, 1}}) == TypeId::numeric);
    CHECK(type({{FieldKind::string, 1}}) == TypeId::text);
    CHECK(type({{FieldKind::boolean, 1}}) == TypeId::boolean);
    CHECK(type({{FieldKind::binary, 1}}) == TypeId::bytea);
    CHECK(type({{FieldKind::string, 9}, {FieldKind::integer, 1}}) == TypeId::json);
    CHECK(type({{FieldKind::nil, 5}}) == TypeId::json);
    CHECK(type({{FieldKind::map, 1}}) == TypeId::json);
}

TEST_CASE("conditions on keys and stamps find what a scan of everything finds", "[sql][map]") {
    Random rng(3);
    const ScratchDir scratch;
    auto replica = replica_of(ops_of(rng, false, 2000, 1'000'000));
    const auto path = scratch.file("m.tgs");
    must(write_snapshot(*read_replica(replica), path, {}));
    sql::SessionOptions options;
    options.threads = 2;
    const auto session = open_session(options);
    must(session->attach("s", path));
    // Concatenated with nothing, a key is no key that could be looked up.
    const std::pair<const char*, const char*> pairs[] = {
        {"_key = 'k7'", "_key || '' = 'k7'"},
        {"_key IN ('k1', 'k2', 'k2', 'nobody')", "_key || '' IN ('k1', 'k2', 'nobody')"},
        {"_key = 'k7' OR _key = 'k8'", "_key || '' IN ('k7', 'k8')"},
        {"_key = 'k7' AND _key = 'k8'", "false"},
        {"_key IN ('k7', NULL)", "_key || '' = 'k7'"},
        {"_key = NULL", "false"},
        {"_key = 'k7' OR _counter % 2 = 0", "_key || '' = 'k7' OR _counter % 2 = 0"},
        {"_key NOT IN ('k1', 'k2')", "_key || '' NOT IN ('k1', 'k2')"},
        {"_key = 'k' || '9'", "_key || '' = 'k9'"},
        {"_key IN (SELECT 'k' || g FROM generate_series(1, 40) g)",
         "substr(_key, 2)::bigint BETWEEN 1 AND 40"},
        {"_ts >= to_timestamp(1000.5)", "extract(epoch FROM _ts) >= 1000.5"},
        {"_ts < '1970-01-01 00:16:40.25+00' AND _key > 'k2'",
         "extract(epoch FROM _ts) < 1000.25 AND _key || '' > 'k2'"},
    };
    for (const auto& [by_key, by_scan] : pairs) {
        CAPTURE(by_key);
        const std::string query = "SELECT count(*), sum(_value::bigint), min(_hlc) FROM m WHERE ";
        CHECK(answer(*session, query + by_key) == answer(*session, query + by_scan));
    }
    CHECK(answer(*session, "SELECT count(*) > 0 FROM m WHERE _key = 'k7' OR _key = 'k8'") ==
          "true");
}
