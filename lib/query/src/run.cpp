// SPDX-License-Identifier: Apache-2.0
#include "topgun/query/run.hpp"

#include <algorithm>

#include "collector.hpp"
#include "grouping.hpp"
#include "plan.hpp"

namespace topgun::query {
namespace {

std::uint64_t wanted_rows(const Query& query) noexcept {
    if (!query.limit) return Collector::kAll;
    // One more than the page has: it tells whether there are more.
    const auto page = std::uint64_t{*query.limit} + 1;
    const auto offset = query.cursor ? 0 : query.offset;
    return offset > Collector::kAll - page ? Collector::kAll : offset + page;
}

CursorPosition open_cursor(const MapId& map, const Query& query, const RowOrder& order,
                           std::uint64_t now_ms, const QueryOptions& options) {
    return read_cursor(*query.cursor, cursor_binding(map, query, options.nulls), order, now_ms,
                       options.cursor_life_ms, signer_of(options));
}

class Run {
public:
    Run(const StateReader& state, const MapId& map, const Query& query, std::uint64_t now_ms,
        const QueryOptions& options, Plan plan)
        : state_(state),
          map_(map),
          query_(query),
          now_ms_(now_ms),
          options_(options),
          plan_(std::move(plan)) {}

    Result<QueryPage> run() {
        std::optional<Bytes> after;
        if (query_.cursor) {
            auto cursor = open_cursor(map_, query_, plan_.order, now_ms_, options_);
            if (cursor.state == CursorState::expired) {
                return Error(Errc::bad_input, "cursor: expired");
            }
            if (cursor.state == CursorState::invalid) {
                return Error(Errc::bad_input, "cursor: damaged, or made for another query");
            }
            after = std::move(cursor.position);
        }
        page_.warnings = std::move(plan_.warnings);
        Collector collector(plan_.order, std::move(after), wanted_rows(query_),
                            options_.memory_max);
        if (query_.group_by.empty()) {
            TOPGUN_TRY(scan([&](const Record& record) { return collector.offer(record); }));
        } else {
            TOPGUN_TRY(scan_groups(collector));
        }
        fill(collector.take());
        return std::move(page_);
    }

private:
    template <typename Visit>
    Status scan(Visit&& visit) {
        if (!state_.has(map_)) {
            page_.warnings.push_back("map '" + map_.name + "' has no rows");
            return {};
        }
        auto cursor = state_.rows(map_);
        if (!cursor) return std::move(cursor).error();
        for (;;) {
            if (options_.stop && options_.stop()) return Error(Errc::cancelled, "query stopped");
            const auto batch = (*cursor)->next();
            if (!batch) return batch.error().clone();
            if (batch->empty()) return {};
            for (const auto& row : *batch) {
                const Record record{row.key, ValueView(row.value), row.tag};
                if (is_live(row) && plan_.matches(record)) {
                    ++page_.counts.matched;
                    TOPGUN_TRY(visit(record));
                }
            }
        }
    }

    bool is_live(const Row& row) {
        ++page_.counts.rows;
        if (row.removed || row.value.empty()) {
            ++page_.counts.tombstones;
            return false;
        }
        if (is_expired(row.stamp.millis, row.ttl_ms, now_ms_)) {
            ++page_.counts.expired;
            return false;
        }
        return true;
    }

    Status scan_groups(Collector& collector) {
        Grouping groups(query_);
        TOPGUN_TRY(scan([&](const Record& record) -> Status {
            groups.add(record);
            if (groups.memory() <= options_.memory_max) return {};
            return Error(Errc::limit,
                         "groups take more than " + std::to_string(options_.memory_max) + " bytes");
        }));
        page_.counts.groups = groups.size();
        TOPGUN_TRY(groups.for_each([&](const std::string& key, const Bytes& value) {
            return collector.offer(Record{key, ValueView(value), {}});
        }));
        for (const auto& name : groups.inexact()) {
            page_.warnings.push_back(name + " leaves 64 bits in a group, so it is a double there");
        }
        return {};
    }

    // TG-QRY-002: what is beyond the page is told, and the cursor names the last row that was
    // given.
    void fill(std::vector<Collector::Candidate> found) {
        const auto skipped =
            std::min<std::uint64_t>(query_.cursor ? 0 : query_.offset, found.size());
        const auto rest = found.size() - static_cast<std::size_t>(skipped);
        auto count = query_.limit ? std::min<std::size_t>(rest, *query_.limit) : rest;
        const auto fields = sorted_fields(query_);
        page_.rows.reserve(count);
        const auto from = static_cast<std::size_t>(skipped);
        std::size_t bytes = 0;
        for (std::size_t i = from; i < from + count; ++i) {
            auto& row = found[i];
            ResultRow one{std::string(plan_.order.key_of(row.position)),
                          std::string(plan_.order.tag_of(row.position)),
                          fields ? project(ValueView(row.value), *fields) : std::move(row.value)};
            bytes += one.key.size() + one.tag.size() + one.value.size();
            if (bytes > options_.page_bytes && !page_.rows.empty()) break;
            page_.rows.push_back(std::move(one));
        }
        count = page_.rows.size();
        page_.has_more = count < rest;
        if (!page_.has_more) return;
        if (from + count == 0) {
            page_.next_cursor = query_.cursor;  // a page of no rows moves nobody on
        } else {
            page_.next_cursor =
                make_cursor(cursor_binding(map_, query_, options_.nulls),
                            found[from + count - 1].position, now_ms_, signer_of(options_));
        }
    }

    const StateReader& state_;
    const MapId& map_;
    const Query& query_;
    std::uint64_t now_ms_;
    const QueryOptions& options_;
    Plan plan_;
    QueryPage page_;
};

}  // namespace

Result<QueryPage> run_query(const StateReader& state, const MapId& map, const Query& query,
                            std::uint64_t now_ms, const QueryOptions& options) {
    if (map.kind == MapKind::counter) {
        return Error(Errc::usage, "map '" + map.name + "' is a counter: it has no rows to query");
    }
    auto plan = make_plan(query, options);
    if (!plan) return std::move(plan).error();
    return Run(state, map, query, now_ms, options, std::move(*plan)).run();
}

std::optional<CursorState> check_cursor(const MapId& map, const Query& query, std::uint64_t now_ms,
                                        const QueryOptions& options) {
    if (!query.cursor) return std::nullopt;
    return open_cursor(map, query, RowOrder(query.sort, options.nulls), now_ms, options).state;
}

}  // namespace topgun::query
