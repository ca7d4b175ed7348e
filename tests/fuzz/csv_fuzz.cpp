// SPDX-License-Identifier: Apache-2.0
// CSV tables: read, merged, written as a table again, read again.
#include "fuzz.hpp"
#include "row_text.hpp"
#include "text_checks.hpp"
#include "topgun/replica/replica.hpp"

using namespace topgun;

namespace {

std::vector<std::string> lines_of(Replica& replica) {
    std::vector<std::string> out;
    const auto state = read_replica(replica);
    for (const auto& map : state->maps()) {
        out.push_back(map.name + " " + std::string(map_kind_name(map.kind)));
        const auto take = [&out](const Row& row) { out.push_back(fuzz::row_text(row)); };
        auto removed = state->removed_tags(map);
        TOPGUN_FUZZ_CHECK(removed && for_each_row(**removed, take));
        auto rows = static_cast<const StateReader&>(*state).rows(map, {HashRange{}});
        TOPGUN_FUZZ_CHECK(rows && for_each_row(**rows, take));
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto ops = fuzz::check_text_reader(read_csv_records, fuzz::view_of(data, size));
    Replica replica, again;
    for (const auto& op : ops) TOPGUN_FUZZ_CHECK(replica.apply(op.view()));
    std::string table;
    TOPGUN_FUZZ_CHECK(write_csv(*read_replica(replica), [&table](std::string_view piece) -> Status {
        table += piece;
        return {};
    }));
    TextCounts counts;
    std::vector<TextDamage> damage;
    const auto read = read_csv_records(
        table, {},
        [&again](const Op& op) -> Status {
            TOPGUN_FUZZ_CHECK(again.apply(op));
            return {};
        },
        counts, damage);
    TOPGUN_FUZZ_CHECK_WITH(read, table + (read ? "" : read.error().text()));
    TOPGUN_FUZZ_CHECK_WITH(lines_of(replica) == lines_of(again), table);
    return 0;
}
