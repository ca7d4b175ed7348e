// SPDX-License-Identifier: Apache-2.0
// Snapshot files: what strict reading accepts salvage keeps, and a clean check means that all fits.
#include "topgun/storage/snapshot.hpp"

#include <algorithm>

#include "fuzz.hpp"
#include "row_text.hpp"
#include "seal.hpp"

using namespace topgun;

namespace {

using Lines = std::vector<std::string>;

// All rows of a map, or the error that ended the reading.
Result<Lines> rows_of(const SnapshotReader& state, const MapId& map, FactsBuilder& facts,
                      std::vector<HashRange> ranges) {
    Lines out;
    Row before;
    const auto take = [&](const Row& row) {
        TOPGUN_FUZZ_CHECK(out.empty() || compare_place(before, row) < 0 ||
                          before.removed != row.removed);
        facts.add(row);
        out.push_back(fuzz::row_text(row));
        // Only where it stands, because the rest goes with its block.
        before = {};
        before.key_hash = row.key_hash;
        before.removed = row.removed;
    };
    auto removed = state.removed_tags(map);
    if (!removed) return std::move(removed).error();
    if (auto read = for_each_row(**removed, take); !read) return std::move(read).error();
    auto rows = state.rows(map, std::move(ranges));
    if (!rows) return std::move(rows).error();
    if (auto read = for_each_row(**rows, take); !read) return std::move(read).error();
    return out;
}

void check_damage(const std::vector<SnapshotDamage>& damage, std::size_t size) {
    for (const auto& stretch : damage) {
        TOPGUN_FUZZ_CHECK_WITH(stretch.offset <= size && stretch.length <= size - stretch.offset,
                               stretch.text());
        fuzz::check_offsets(stretch.text(), size);
    }
}

// Everything in a state, and whether all of it could be read.
struct Content {
    bool complete = true;
    Lines rows;
};

Content read_content(const SnapshotReader& state, bool facts_follow) {
    Content out;
    for (const auto& map : state.maps()) {
        FactsBuilder builder(map);
        auto rows = rows_of(state, map, builder, {HashRange{}});
        if (!rows) {
            out.complete = false;
            continue;
        }
        const auto rebuilt = builder.finish();
        const auto facts = state.facts(map);
        const auto sketch = state.sketch(map);
        out.complete = out.complete && facts && sketch;
        if (facts_follow) {
            TOPGUN_FUZZ_CHECK(facts && **facts == rebuilt);
            TOPGUN_FUZZ_CHECK(sketch && **sketch == rebuilt.sketch);
            FactsBuilder ignored(map);
            const auto parts =
                rows_of(state, map, ignored,
                        {{0, 0x3fffffffu}, {0x40000000u, 0x40000000u}, {0x40000001u, 0xffffffffu}});
            TOPGUN_FUZZ_CHECK_WITH(parts && *parts == *rows, "by ranges");
            FactsBuilder ignored_too(map);
            const auto half = rows_of(state, map, ignored_too, {{0x80000000u, 0xffffffffu}});
            TOPGUN_FUZZ_CHECK(half);
            const auto tail = half->size();
            TOPGUN_FUZZ_CHECK(tail <= rows->size());
            std::size_t expected = 0;
            for (const auto& row : *rows) expected += row < "8" && row[0] != '-' ? 0 : 1;
            TOPGUN_FUZZ_CHECK_WITH(tail == expected, "half of the hashes");
        }
        out.rows.push_back(map.name + " " + std::string(map_kind_name(map.kind)));
        out.rows.insert(out.rows.end(), rows->begin(), rows->end());
    }
    return out;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
    return fuzz::mutate_snapshot(data, size, size_max, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto path = fuzz::plant("input.tgs", fuzz::view_of(data, size));
    const auto strict = SnapshotReader::open(path);
    const auto salvage = SnapshotReader::open(path, SnapshotOpen::salvage);
    TOPGUN_FUZZ_CHECK(bool(salvage) == (size > 0));
    if (!strict) fuzz::check_offsets(strict.error().text(), size);
    if (!salvage) return 0;

    check_damage((*salvage)->damage(), size);
    const auto kept = read_content(**salvage, true);
    TOPGUN_FUZZ_CHECK(kept.complete);
    const auto again = (*salvage)->verify();
    TOPGUN_FUZZ_CHECK(again);
    check_damage(*again, size);
    if (!strict) return 0;

    const auto damage = (*strict)->verify();
    if (!damage) return 0;
    check_damage(*damage, size);
    const bool sound = damage->empty();
    const auto read = read_content(**strict, sound);
    static_cast<void>((*strict)->blocks());
    if (sound) {
        TOPGUN_FUZZ_CHECK(read.complete);
        TOPGUN_FUZZ_CHECK((*salvage)->damage().empty());
        TOPGUN_FUZZ_CHECK(read.rows == kept.rows);
    }
    return 0;
}
