// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "common/table.hpp"
#include "common/text.hpp"
#include "inspect.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::cli::inspect {
namespace {

struct Clocks {
    Timestamp first, last;
};

Clocks clock_range(const MapFacts& facts) {
    Clocks range;
    bool any = false;
    for (const auto& [name, node] : facts.nodes) {
        if (!any || node.first < range.first) range.first = node.first;
        if (!any || range.last < node.last) range.last = node.last;
        any = true;
    }
    return range;
}

void node_json(JsonWriter& json, const NodeSummary& node, bool skewed) {
    json.begin_object().field("node", node.node).field("maps", node.maps);
    json.field("records", node.records)
        .field("tombstones", node.tombstones)
        .field("bytes", node.bytes);
    if (node.stamped) {
        json.field("first", stamp_text(node.first.view()))
            .field("last", stamp_text(node.last.view()));
    }
    json.field("aheadMs", node.ahead_ms).field("skewed", skewed).field("portable", node.portable);
    json.end_object();
}

void map_json(JsonWriter& json, const MapFacts& facts, std::uint64_t now) {
    json.begin_object().field("name", facts.id.name).field("kind", map_kind_name(facts.id.kind));
    json.field("records", facts.records).field("live", facts.live(now));
    json.field("tombstones", facts.tombstones).field("expired", facts.expired(now));
    if (facts.expiry.resolution_ms() > 1) {
        json.field("expiredResolutionMs", facts.expiry.resolution_ms());
    }
    json.field("keys", facts.keys).field("keyBytes", facts.key_bytes);
    json.field("valueBytes", facts.value_bytes).field("nodes", facts.nodes.size());
    json.field("merkleRoot", facts.root).field("contentHash", hex(facts.content));
    if (facts.id.kind == MapKind::counter) {
        json.field("value", facts.positive - facts.negative);
    } else if (!facts.nodes.empty()) {
        const auto clocks = clock_range(facts);
        json.field("first", stamp_text(clocks.first.view()));
        json.field("last", stamp_text(clocks.last.view()));
    }
    json.end_object();
}

void warn(const View& view, const std::vector<NodeSummary>& nodes,
          const std::vector<const MapFacts*>& maps) {
    for (const auto& node : nodes) {
        if (node.ahead_ms > view.max_drift_ms) {
            view.io.err.warning(
                "node '" + printable(node.node) + "': its newest stamp is " +
                human_duration(node.ahead_ms) +
                " ahead of this machine's clock; its writes win until time catches up");
        }
        if (!node.portable) {
            view.io.err.warning(
                "node '" + printable(node.node) +
                "': TypeScript peers may order this id differently (only lower-case "
                "0-9, a-z and '-' are safe)");
        }
    }
    for (std::size_t i = 1; i < maps.size(); ++i) {
        if (maps[i]->id.name == maps[i - 1]->id.name) {
            view.io.err.warning("map '" + printable(maps[i]->id.name) + "' exists as " +
                                std::string(map_kind_name(maps[i - 1]->id.kind)) + " and as " +
                                std::string(map_kind_name(maps[i]->id.kind)));
        }
    }
}

void print_nodes(const View& view, const std::vector<NodeSummary>& nodes) {
    Table table({{"Node"},
                 {"Maps", Table::Align::right},
                 {"Records", Table::Align::right},
                 {"Tombstones", Table::Align::right},
                 {"Bytes", Table::Align::right},
                 {"First"},
                 {"Last"},
                 {"Clock"}});
    for (const auto& node : nodes) {
        const bool skewed = node.ahead_ms > view.max_drift_ms;
        table.add_row({node.node,
                       node.maps,
                       node.records,
                       node.tombstones,
                       human_bytes(node.bytes),
                       node.stamped ? format_utc(node.first.millis) : "-",
                       node.stamped ? format_utc(node.last.millis) : "-",
                       {skewed ? "ahead by " + human_duration(node.ahead_ms)
                               : std::string(node.stamped ? "ok" : "-"),
                        skewed ? Style::bad : Style::plain}});
    }
    view.io.out << '\n';
    table.print(view.io.out);
}

void print_maps(const View& view, const std::vector<const MapFacts*>& maps) {
    Table table({{"Map"},
                 {"Kind"},
                 {"Records", Table::Align::right},
                 {"Live", Table::Align::right},
                 {"Tombstones", Table::Align::right},
                 {"Expired", Table::Align::right},
                 {"Bytes", Table::Align::right},
                 {"Nodes", Table::Align::right},
                 {"Merkle root"},
                 {"Newest write"}});
    for (const auto* facts : maps) {
        const bool counter = facts->id.kind == MapKind::counter;
        table.add_row({{facts->id.name, Style::bold},
                       map_kind_name(facts->id.kind),
                       facts->records,
                       facts->live(view.now_ms),
                       facts->tombstones,
                       facts->expired(view.now_ms),
                       human_bytes(facts->key_bytes + facts->value_bytes),
                       facts->nodes.size(),
                       counter ? std::string("-") : hex32(facts->root),
                       counter || facts->nodes.empty()
                           ? std::string("-")
                           : format_utc(clock_range(*facts).last.millis)});
    }
    table.print(view.io.out);
}

}  // namespace

Result<std::vector<NodeSummary>> summarise_nodes(const View& view) {
    std::map<std::string, NodeSummary> all;
    for (const auto& id : view.source.state->maps()) {
        auto facts = view.source.state->summary(id);
        if (!facts) return std::move(facts).error();
        for (const auto& [name, node] : (*facts)->nodes) {
            auto& sum = all[name];
            if (id.kind != MapKind::counter) {
                if (!sum.stamped || node.first < sum.first) sum.first = node.first;
                if (!sum.stamped || sum.last < node.last) sum.last = node.last;
                sum.stamped = true;
            }
            sum.node = name;
            ++sum.maps;
            sum.records += node.records;
            sum.tombstones += node.tombstones;
            sum.bytes += node.bytes;
        }
    }
    std::vector<NodeSummary> out;
    for (auto& [name, node] : all) {
        if (node.last.millis > view.now_ms) node.ahead_ms = node.last.millis - view.now_ms;
        node.portable = node_id_is_portable(name);
        out.push_back(std::move(node));
    }
    return out;
}

Result<ExitCode> overview(const View& view, bool with_nodes) {
    std::vector<const MapFacts*> maps;
    for (const auto& id : view.source.state->maps()) {
        auto facts = view.source.state->summary(id);
        if (!facts) return std::move(facts).error();
        maps.push_back(*facts);
    }
    auto nodes = summarise_nodes(view);
    if (!nodes) return std::move(nodes).error();
    const auto state = hex(state_hash(maps));
    const auto* snapshot = dynamic_cast<const SnapshotReader*>(view.source.state.get());
    const auto& report = view.source.report;
    if (view.json) {
        JsonWriter json(view.io.out);
        json.begin_report().field("source", view.path).field("format", format_name(report.format));
        if (snapshot != nullptr) json.field("fileBytes", snapshot->file_bytes());
        json.field("stateHash", state);
        json.key("maps").begin_array();
        for (const auto* facts : maps) map_json(json, *facts, view.now_ms);
        json.end_array();
        json.field("nodeCount", nodes->size());
        json.key(with_nodes ? "nodes" : "skewedClocks").begin_array();
        for (const auto& node : *nodes) {
            const bool skewed = node.ahead_ms > view.max_drift_ms;
            if (with_nodes || skewed) node_json(json, node, skewed);
        }
        json.end_array();
        if (!report.notes.empty()) {
            json.key("notes").begin_array();
            for (const auto& note : report.notes) json.value(note);
            json.end_array();
        }
        json.key("damage").begin_array();
        for (const auto& damage : report.damage) json.value(damage);
        json.end_array().end_report(report.complete());
        return ExitCode::ok;
    }
    view.io.out << (view.path == "-" ? std::string("standard input") : printable(view.path)) << "  "
                << format_name(report.format);
    if (snapshot != nullptr) view.io.out << ", " << human_bytes(snapshot->file_bytes());
    view.io.out << ", " << counted(maps.size(), "map", "maps") << ", "
                << counted(nodes->size(), "node", "nodes") << ", state " << state << '\n';
    if (!maps.empty()) {
        view.io.out << '\n';
        print_maps(view, maps);
    }
    if (with_nodes && !nodes->empty()) print_nodes(view, *nodes);
    warn(view, *nodes, maps);
    return ExitCode::ok;
}

Result<ExitCode> hash(const View& view, const std::optional<Timestamp>& at) {
    std::vector<const MapFacts*> maps;
    for (const auto& id : view.source.state->maps()) {
        auto facts = view.source.state->summary(id);
        if (!facts) return std::move(facts).error();
        maps.push_back(*facts);
    }
    const auto state = hex(state_hash(maps));
    if (!view.json) {
        view.io.out << state << '\n';
        return ExitCode::ok;
    }
    JsonWriter json(view.io.out);
    json.begin_report().field("source", view.path).field("stateHash", state);
    if (at) json.field("at", stamp_text(at->view()));
    json.end_report(view.source.report.complete());
    return ExitCode::ok;
}

}  // namespace topgun::cli::inspect
