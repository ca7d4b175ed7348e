// SPDX-License-Identifier: Apache-2.0
// Queries: first line JSON, the rest records in JSON, a line each; or the whole as MessagePack.
// What is read is written and read again; pages put together are the whole result.
#include <algorithm>
#include <memory>
#include <vector>

#include "fuzz.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/query/run.hpp"
#include "topgun/query/window.hpp"
#include "topgun/replica/replica.hpp"
#include "topgun/value/json.hpp"

using namespace topgun;
using query::Query;

namespace {

constexpr std::uint64_t kNow = 1'000'000;
const MapId kMap{"m", MapKind::lww};

void check_written(const Query& query) {
    const auto text = query::format_query_json(query);
    const auto again = query::parse_query_json(text);
    TOPGUN_FUZZ_CHECK_WITH(again && *again == query, text);
    const auto packed = query::format_query(query);
    const auto unpacked = query::parse_query(packed);
    TOPGUN_FUZZ_CHECK_WITH(unpacked && *unpacked == query, text);
    const auto wired = query::from_wire(query::to_wire(query));
    TOPGUN_FUZZ_CHECK_WITH(wired, text);
}

// Each line is a record, keyed by its number; lines that are no JSON are texts.
std::unique_ptr<StateReader> state_of(std::string_view lines) {
    constexpr std::size_t kMostRecords = 40;
    auto replica = std::make_unique<Replica>();
    for (std::size_t i = 0; i < kMostRecords && !lines.empty(); ++i) {
        const auto line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        Bytes value;
        if (auto parsed = parse_json(line)) {
            value = std::move(*parsed);
        } else {
            msgpack::Writer(value).string(repair_utf8(line));
        }
        const auto key = std::to_string(i * 7 % 10) + "-" + std::to_string(i);
        Op op;
        op.map = kMap.name;
        op.key = key;
        op.stamp = {5, 0, "n"};
        op.value = value;
        TOPGUN_FUZZ_CHECK(replica->apply(op));
    }
    return own_replica(std::move(replica));
}

void check_runs(Query query, const StateReader& state) {
    const auto first = query::run_query(state, kMap, query, kNow);
    if (!first) return;
    query.cursor.reset();
    query.offset = 0;
    query.limit.reset();
    const auto whole = query::run_query(state, kMap, query, kNow);
    TOPGUN_FUZZ_CHECK(whole && !whole->has_more);
    query.limit = 3;
    std::vector<query::ResultRow> rows;
    do {
        auto page = query::run_query(state, kMap, query, kNow);
        TOPGUN_FUZZ_CHECK_WITH(page, query::format_query_json(query));
        TOPGUN_FUZZ_CHECK(page->has_more == page->next_cursor.has_value());
        std::move(page->rows.begin(), page->rows.end(), std::back_inserter(rows));
        query.cursor = page->next_cursor;
    } while (query.cursor && rows.size() <= whole->rows.size());
    TOPGUN_FUZZ_CHECK_WITH(rows == whole->rows, query::format_query_json(query));
}

void check_window(Query query, const StateReader& state) {
    auto window = query::QueryWindow::open(kMap, query, [&state](const Query& asked) {
        return query::run_query(state, kMap, asked, kNow);
    });
    if (!window) return;
    const auto rows = window->reset(kNow);
    const auto page = query::run_query(state, kMap, query, kNow);
    TOPGUN_FUZZ_CHECK(rows && page && *rows == page->rows);
    for (const auto& row : *rows) TOPGUN_FUZZ_CHECK(window->has(row.key));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    if (const auto packed = query::parse_query(input)) check_written(*packed);
    const auto line = input.substr(0, input.find('\n'));
    const auto rest = input.substr(std::min(size, line.size() + 1));
    const auto query = query::parse_query_json(line);
    if (!query) {
        TOPGUN_FUZZ_CHECK(!query.error().text().empty());
        query::ParseOptions options;
        options.ignore_unknown = true;
        static_cast<void>(query::parse_query_json(line, options));
        return 0;
    }
    check_written(*query);
    const auto state = state_of(rest);
    check_runs(*query, *state);
    check_window(*query, *state);
    return 0;
}
