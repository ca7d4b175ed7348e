// SPDX-License-Identifier: Apache-2.0
// One key, or one part of the trie.
#include "common/table.hpp"
#include "common/text.hpp"
#include "inspect.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/merkle/trie.hpp"

namespace topgun::cli::inspect {
namespace {

// A row that outlives its cursor.
struct OwnedRow {
    MapId map;
    std::string key, tag, node;
    Bytes value;
    Row row;

    OwnedRow(const MapId& id, const Row& from)
        : map(id),
          key(from.key),
          tag(from.tag),
          node(from.stamp.node),
          value(from.value),
          row(from) {}
    Row view() const {
        Row out = row;
        out.key = key;
        out.tag = tag;
        out.stamp.node = node;
        out.value = value;
        return out;
    }
};

Result<std::vector<OwnedRow>> find_key(const View& view, const std::string& key) {
    std::vector<OwnedRow> found;
    const auto hash = fnv1a(key);
    for (const auto& id : view.source.state->maps()) {
        auto rows = view.source.state->rows(id, {HashRange{hash, hash}});
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(for_each_row(**rows, [&](const Row& row) {
            if (row.key == key) found.emplace_back(id, row);
        }));
    }
    return found;
}

void print_row(const View& view, const OwnedRow& owned) {
    auto& out = view.io.out;
    const auto row = owned.view();
    const auto line = [&out](std::string_view name, const std::string& text) {
        out << "  " << name << std::string(name.size() < 11 ? 11 - name.size() : 1, ' ') << text
            << '\n';
    };
    out << out.styled(Style::bold, printable(owned.map.name)) << " ("
        << map_kind_name(owned.map.kind) << ") " << printable(row.key) << '\n';
    if (owned.map.kind == MapKind::counter) {
        line("counts", value_text(row.value, 4096));
        return;
    }
    line("value", value_text(row.value, 65'536));
    line("timestamp", printable(stamp_text(row.stamp)));
    line("time", format_utc(row.stamp.millis));
    line("node", printable(row.stamp.node));
    if (owned.map.kind == MapKind::or_map) line("tag", printable(row.tag));
    if (row.ttl_ms != kNoTtl) {
        const bool gone = is_expired(row.stamp.millis, row.ttl_ms, view.now_ms);
        line("ttl", human_duration(row.ttl_ms) + (gone ? " (expired)" : ""));
    }
    line("key hash", hex32(row.key_hash));
    line("partition", std::to_string(row.key_hash % kPartitionCount));
}

// Shows a node's children, and theirs, down to `levels` below the start.
class TriePrinter {
public:
    TriePrinter(const View& view, const MapId& id, const Trie& trie)
        : view_(view), id_(id), trie_(trie) {}

    Status text(const std::string& path, unsigned levels) {
        Table table(
            {{"Level", Table::Align::right}, {"Path"}, {"Hash"}, {"Keys", Table::Align::right}});
        TOPGUN_TRY(add_rows(table, path, levels));
        table.print(view_.io.out);
        return {};
    }

    Status json(JsonWriter& json, const std::string& path, unsigned levels) {
        auto hash = trie_.node(path);
        if (!hash) return std::move(hash).error();
        auto keys = trie_.keys(path);
        if (!keys) return std::move(keys).error();
        json.begin_object().field("path", path).field("hash", *hash).field("keys", *keys);
        auto buckets = trie_.buckets(path);
        if (!buckets) return std::move(buckets).error();
        if (levels > 0 && !buckets->empty()) {
            json.key("children").begin_array();
            for (const auto& bucket : *buckets) {
                TOPGUN_TRY(this->json(json, path + bucket.label, levels - 1));
            }
            json.end_array();
        }
        json.end_object();
        return {};
    }

private:
    Status add_rows(Table& table, const std::string& path, unsigned levels) {
        auto hash = trie_.node(path);
        if (!hash) return std::move(hash).error();
        auto keys = trie_.keys(path);
        if (!keys) return std::move(keys).error();
        table.add_row({std::to_string(path.size()), path.empty() ? std::string("(root)") : path,
                       hex32(*hash), *keys});
        auto buckets = trie_.buckets(path);
        if (!buckets) return std::move(buckets).error();
        if (levels == 0) return {};
        for (const auto& bucket : *buckets) {
            TOPGUN_TRY(add_rows(table, path + bucket.label, levels - 1));
        }
        return {};
    }

    const View& view_;
    const MapId& id_;
    const Trie& trie_;
};

}  // namespace

Result<ExitCode> one_key(const View& view, const std::string& key) {
    auto found = find_key(view, key);
    if (!found) return std::move(found).error();
    if (view.json) {
        JsonWriter json(view.io.out);
        json.begin_report().field("source", view.path).field("key", key);
        json.key("records").begin_array();
        for (const auto& owned : *found) {
            const auto row = owned.view();
            json.begin_object().field("map", owned.map.name);
            json.field("kind", map_kind_name(owned.map.kind));
            row_fields(json, owned.map.kind, row);
            json.field("expired", is_expired(row.stamp.millis, row.ttl_ms, view.now_ms));
            json.field("keyHash", row.key_hash).field("partition", row.key_hash % kPartitionCount);
            json.end_object();
        }
        json.end_array().end_report(view.source.report.complete());
    } else {
        for (std::size_t i = 0; i < found->size(); ++i) {
            if (i > 0) view.io.out << '\n';
            print_row(view, (*found)[i]);
        }
    }
    if (found->empty()) {
        view.io.err.error(printable(view.path) + ": no key '" + printable(key) + "'");
        return ExitCode::differences;
    }
    return ExitCode::ok;
}

Result<ExitCode> merkle(const View& view, const std::string& path, unsigned levels) {
    if (path.size() > Trie::kWireDepth ||
        path.find_first_not_of("0123456789abcdef") != std::string::npos) {
        return Error(Errc::usage,
                     "--path '" + printable(path) + "': expected up to three hex digits 0-9, a-f");
    }
    JsonWriter json(view.io.out);
    if (view.json) json.begin_report().field("source", view.path).key("maps").begin_array();
    bool first = true;
    for (const auto& id : view.source.state->maps()) {
        if (id.kind == MapKind::counter) continue;
        auto facts = view.source.state->facts(id);
        if (!facts) return std::move(facts).error();
        TriePrinter printer(view, id, (*facts)->trie);
        if (view.json) {
            json.begin_object().field("name", id.name).field("kind", map_kind_name(id.kind));
            json.key("trie");
            TOPGUN_TRY(printer.json(json, path, levels));
            json.end_object();
            continue;
        }
        if (!first) view.io.out << '\n';
        first = false;
        view.io.out << view.io.out.styled(Style::bold, printable(id.name)) << " ("
                    << map_kind_name(id.kind) << ")\n";
        TOPGUN_TRY(printer.text(path, levels));
    }
    if (view.json) json.end_array().end_report(view.source.report.complete());
    return ExitCode::ok;
}

}  // namespace topgun::cli::inspect
