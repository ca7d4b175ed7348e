// SPDX-License-Identifier: Apache-2.0
#include "search_document.hpp"

#include <algorithm>

#include "topgun/base/check.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::sync {
namespace {

void add_row(const Row& row, std::uint64_t now_ms, SearchDocument& document) {
    if (row.removed || row.value.empty()) return;
    if (is_expired(row.stamp.millis, row.ttl_ms, now_ms)) return;
    document.values.emplace_back(row.value);
    if (row.ttl_ms == kNoTtl || row.ttl_ms == 0) return;
    // Expired strictly past the sum; a sum that does not fit is never reached.
    const auto last = row.stamp.millis + row.ttl_ms;
    if (last < row.ttl_ms || last + 1 == 0) return;
    if (document.changes_at == 0 || last + 1 < document.changes_at) document.changes_at = last + 1;
}

bool has_row(const SharedReplica& shared, const MapId& map, std::string_view key) {
    bool found = false;
    const auto read = find_rows(shared, map, key, [&](const MapId&, const Row&) -> Status {
        found = true;
        return {};
    });
    TOPGUN_ASSERT(read, "only the visitor could have failed");
    return found;
}

}  // namespace

Bytes SearchDocument::shown() const {
    if (values.size() == 1) return values.front();
    Bytes out;
    msgpack::Writer writer(out);
    writer.array(values.size());
    for (const auto& value : values) writer.raw(value);
    return out;
}

bool SearchDocument::passes(std::string_view key, const query::Predicate& filter) const {
    return std::any_of(values.begin(), values.end(), [&](const Bytes& value) {
        return filter.matches({key, ValueView(value), {}});
    });
}

std::optional<SearchDocument> read_document(const SharedReplica& shared, const std::string& map,
                                            std::string_view key, std::uint64_t now_ms) {
    SearchDocument out;
    for (const auto kind : {MapKind::lww, MapKind::or_map}) {
        const auto read =
            find_rows(shared, {map, kind}, key, [&](const MapId&, const Row& row) -> Status {
                add_row(row, now_ms, out);
                return {};
            });
        TOPGUN_ASSERT(read, "only the visitor could have failed");
    }
    if (out.values.empty()) return std::nullopt;
    return out;
}

Status for_each_document(
    const SharedReplica& shared, const std::string& map, std::uint64_t now_ms,
    const std::function<Status(std::string_view key, const SearchDocument& document)>& visit) {
    const MapId lww{map, MapKind::lww}, or_map{map, MapKind::or_map};
    const auto state = read_live(shared, {lww, or_map});
    const bool both = state->has(lww) && state->has(or_map);
    for (const auto& id : state->maps()) {
        auto rows = state->rows(id);
        if (!rows) return std::move(rows).error();
        SearchDocument document;
        std::string key;
        bool begun = false;
        const auto finish = [&]() -> Status {
            if (!begun) return {};
            // Under both kinds of map the key is one document.
            const bool seen = both && id.kind == MapKind::or_map && has_row(shared, lww, key);
            if (both) document = read_document(shared, map, key, now_ms).value_or(SearchDocument{});
            if (!seen && !document.values.empty()) TOPGUN_TRY(visit(key, document));
            document = {};
            return {};
        };
        const auto take = [&](const Row& row) -> Status {
            if (row.removed) return {};
            if (!begun || row.key != key) {
                TOPGUN_TRY(finish());
                key = row.key;
                begun = true;
            }
            add_row(row, now_ms, document);
            return {};
        };
        TOPGUN_TRY(for_each_row(**rows, take));
        TOPGUN_TRY(finish());
    }
    return {};
}

}  // namespace topgun::sync
