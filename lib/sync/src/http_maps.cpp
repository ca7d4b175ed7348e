// SPDX-License-Identifier: Apache-2.0
// Maps and records over HTTP: listed, shown, written, queried by SQL, downloaded.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <shared_mutex>

#include "http_call.hpp"
#include "names.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::sync {
namespace {

constexpr std::uint64_t kMostRecords = 10'000;

std::string row_json(const MapId& map, const Row& row) {
    JsonObject out;
    out.add("key", row.key);
    if (row.value.empty()) {
        out.add("deleted", true);
    } else {
        std::string value;
        append_json(row.value, value);
        out.raw("value", value);
    }
    if (map.kind != MapKind::counter) out.add("ts", format_stamp(row.stamp));
    if (row.ttl_ms != kNoTtl) out.add("ttlMs", row.ttl_ms);
    if (map.kind == MapKind::or_map) out.add("tag", row.tag);
    return out.end();
}

std::string page_json(const query::QueryPage& page) {
    JsonArray rows;
    for (const auto& row : page.rows) {
        JsonObject one;
        std::string value;
        append_json(row.value, value);
        one.add("key", row.key).raw("value", value);
        if (!row.tag.empty()) one.add("tag", row.tag);
        rows.add(one.end());
    }
    JsonObject out;
    out.raw("records", rows.end()).add("hasMore", page.has_more);
    if (page.next_cursor) out.add("nextCursor", *page.next_cursor);
    return out.end();
}

std::optional<MapKind> kind_of(const std::string& word) {
    for (const auto kind : {MapKind::lww, MapKind::or_map, MapKind::counter}) {
        if (word == map_kind_name(kind)) return kind;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> number_of(const std::string& text) {
    std::uint64_t out = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, out);
    return error == std::errc() && at == end ? std::optional(out) : std::nullopt;
}

unsigned status_of(const Error& error) {
    switch (error.code()) {
        case Errc::usage: return 403;
        case Errc::io: return 500;
        case Errc::limit: return 503;
        default: return 400;
    }
}

// A call that outlives the handling of its request, with the request that it borrows.
template <typename Call>
std::shared_ptr<Call> keep(Call& call) {
    struct Kept {
        explicit Kept(Call& from)
            : request(from.request),
              call{from.hub,     request, std::move(from.respond), from.context, from.admin,
                   from.headers, {}} {}
        HttpRequest request;
        Call call;
    };
    const auto kept = std::make_shared<Kept>(call);
    return {kept, &kept->call};
}

// A file that nobody else can read or foresee, to be written over. Left behind in a data directory,
// its name makes it one of those that the next opening removes. Empty: TMPDIR, or /tmp.
Result<std::string> scratch_file(std::string folder) {
    if (folder.empty()) {
        const char* from_environment = std::getenv("TMPDIR");
        folder = from_environment == nullptr ? "/tmp" : from_environment;
    }
    auto path = folder + "/snapshot-download-XXXXXX.tmp";
    const int fd = ::mkstemps(path.data(), 4);
    if (fd < 0) {
        return Error(Errc::io, path + ": cannot create: " + std::strerror(errno));
    }
    ::close(fd);
    return path;
}

Result<MapCount> count_shown(const Hub& hub, const MapId& id, const RequestContext& context) {
    auto state = hub.shown_state({id}, context);
    if (!state) return std::move(state).error();
    if (!(*state)->has(id)) return MapCount{};
    const auto facts = (*state)->facts(id);
    if (!facts) return facts.error().clone();
    const auto& seen = **facts;
    const auto live = id.kind == MapKind::lww ? seen.records - seen.tombstones : seen.records;
    return MapCount{live, seen.tombstones, id.kind == MapKind::lww ? live : seen.keys, seen.root};
}

}  // namespace

Result<MapCount> count_map(Hub& hub, const MapId& id, const RequestContext& context) {
    if (hub.hides_rows(id.name, context)) return count_shown(hub, id, context);
    auto& shared = hub.maps().shared();
    const auto root = current_trie(shared, id).root();
    const std::shared_lock lock(shared.mutex);
    const auto* map = shared.replica.find(id);
    if (map == nullptr) return MapCount{};
    if (const auto* lww = std::get_if<LwwMap>(&map->crdt)) {
        const auto live = lww->size() - lww->tombstones();
        return MapCount{live, lww->tombstones(), live, root};
    }
    if (const auto* ormap = std::get_if<OrMap>(&map->crdt)) {
        return MapCount{ormap->records(), ormap->tombstones(), ormap->keys(), root};
    }
    return MapCount{std::get<PnCounter>(map->crdt).entries().size(), 0, 0, root};
}

void HttpApi::list_maps(Call& call) {
    JsonArray out;
    for (const auto& id : call.hub.shown_maps(call.context)) {
        const auto count = count_map(call.hub, id, call.context);
        if (!count) return call.reply_error(status_of(count.error()), count.error().text());
        JsonObject one;
        one.add("name", id.name).add("kind", map_kind_name(id.kind));
        one.add("records", count->live).add("tombstones", count->tombstones);
        one.add("root", count->root);
        out.add(one.end());
    }
    call.reply_data(out.end());
}

// All rows of a map page by page in the order of keys, or the rows of one key.
void HttpApi::show_map(Call& call, std::string map, const std::string& key) {
    const auto kind = kind_of(call.parameter("kind", "lww"));
    if (!kind) return call.reply_error(400, "kind: 'lww', 'or' or 'counter' is expected");
    if (const char* fault = name_fault(map)) return call.reply_error(403, fault);
    const MapId id{std::move(map), *kind};
    if (!key.empty()) {
        JsonArray rows;
        const auto allowed = call.hub.may_read_partly(id, call.context);
        if (!allowed) return call.reply_error(status_of(allowed.error()), allowed.error().text());
        const auto found = find_rows(call.hub.maps().shared(), id, key,
                                     [&](const MapId&, const Row& row) -> Status {
                                         if (call.hub.shows(id.name, row.value, call.context))
                                             rows.add(row_json(id, row));
                                         return {};
                                     });
        TOPGUN_ASSERT(found, "only the visitor could have failed");
        if (rows.size() == 1) return call.reply_error(404, "no record has this key");
        return call.reply_data(rows.end());
    }
    const auto limit = number_of(call.parameter("limit", "100"));
    if (!limit || *limit == 0 || *limit > kMostRecords) {
        return call.reply_error(400, "limit: 1 to 10000 is expected");
    }
    query::Query query;
    query.limit = static_cast<std::uint32_t>(*limit);
    query.sort = {{"_key", false}};
    if (call.parameters.contains("cursor")) query.cursor = call.parameter("cursor");
    if (*kind == MapKind::counter) query.sort.clear();
    const auto later = keep(call);
    call.hub.query(id, query, later->context, [later](Result<query::QueryPage> page) {
        if (!page) return later->reply_error(status_of(page.error()), page.error().text());
        later->reply_data(page_json(*page));
    });
}

void HttpApi::write_record(Call& call, std::string map, std::string key) {
    if (const char* fault = name_fault(map)) return call.reply_error(403, fault);
    if (call.parameter("kind", "lww") != "lww") {
        return call.reply_error(400, "kind: only records of LWW maps are written here");
    }
    Op op;
    op.kind = call.is("PUT") ? OpKind::put : OpKind::remove;
    op.map = map;
    op.key = key;
    Bytes value;
    if (op.kind == OpKind::put) {
        auto parsed = parse_json(call.request.body);
        if (!parsed) return call.reply_error(400, parsed.error().text());
        if (ValueView(*parsed).is_nil()) return call.reply_error(400, "null is no record");
        value = std::move(*parsed);
        op.value = value;
        const auto ttl = call.parameter("ttlMs");
        if (!ttl.empty()) {
            const auto number = number_of(ttl);
            if (!number || *number > kMaxMillis) {
                return call.reply_error(400, "ttlMs: a number up to 2^53 - 1 is expected");
            }
            op.ttl_ms = *number;
        }
    }
    const auto stamp = call.hub.stamp_over(map, key);
    if (!stamp) return call.reply_error(409, stamp.error().message());
    op.stamp = stamp->view();
    const auto written = call.hub.apply({&op, 1}, call.context, 0);
    if (!written) return call.reply_error(500, written.error().message());
    if (!written->rejections.empty()) {
        const auto& rejection = written->rejections.front();
        return call.reply_error(rejection.code, rejection.reason);
    }
    JsonObject out;
    out.add("key", key).add("ts", format_stamp(op.stamp));
    call.reply_data(out.end(), 200, written->sequence);
}

void HttpApi::run_sql(Call& call) {
    std::string text = call.request.body;
    if (call.request.content_type.starts_with("application/json")) {
        const auto body = parse_plain_json(call.request.body);
        if (!body) return call.reply_error(400, body.error().text());
        const auto sql = ValueView(*body).find("sql");
        const auto given = sql ? sql->as_string() : std::nullopt;
        if (!given) return call.reply_error(400, "a member \"sql\" with a text is expected");
        text = std::string(*given);
    }
    const auto later = keep(call);
    call.hub.sql(std::move(text), call.context, [later](auto result, std::uint64_t sequence) {
        if (!result) return later->reply_error(status_of(result.error()), result.error().text());
        JsonArray columns, rows;
        for (const auto& name : result->columns) {
            std::string quoted;
            append_json_string(name, quoted);
            columns.add(quoted);
        }
        for (const auto& row : result->rows) {
            JsonArray values;
            for (const auto& value : row) {
                std::string json;
                append_json(value, json);
                values.add(json);
            }
            rows.add(values.end());
        }
        JsonObject out;
        out.add("tag", result->tag).raw("columns", columns.end()).raw("rows", rows.end());
        later->reply_data(out.end(), 200, sequence);
    });
}

// Written beside the hub into a file of its own, then sent.
void HttpApi::send_snapshot(Call& call) {
    if (!call.admin) return call.reply_error(403, "only for administrators");
    auto maps = call.hub.shown_maps(call.context);
    const auto wanted = call.parameter("map");
    if (!wanted.empty()) {
        std::erase_if(maps, [&](const MapId& id) { return id.name != wanted; });
        if (maps.empty()) return call.reply_error(404, "there is no map of this name");
    }
    auto state = call.hub.shown_state(std::move(maps), call.context);
    if (!state) return call.reply_error(status_of(state.error()), state.error().text());
    const auto later = keep(call);
    auto reader = std::shared_ptr<StateReader>(std::move(*state));
    struct Download {
        std::string path, failure;
    };
    auto download = std::make_shared<Download>();
    auto work = [reader, folder = options_.scratch_directory, download] {
        auto path = scratch_file(folder);
        if (path) download->path = *path;
        const auto written = path ? write_snapshot(*reader, *path) : std::move(path).error();
        if (written) return;
        download->failure = written.error().text();
        if (!download->path.empty()) std::remove(download->path.c_str());
    };
    auto done = [later, download] {
        if (!download->failure.empty()) return later->reply_error(500, download->failure);
        HttpReply out;
        out.content_type = "application/vnd.topgun.snapshot";
        out.headers = later->headers;
        out.headers.emplace_back("Content-Disposition", "attachment; filename=\"topgun.tgs\"");
        out.file = download->path;
        later->respond(std::move(out));
    };
    if (options_.apart) return options_.apart(std::move(work), std::move(done));
    work();
    done();
}

}  // namespace topgun::sync
