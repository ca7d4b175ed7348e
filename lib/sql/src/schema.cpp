// SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include <algorithm>
#include <fstream>

#include "topgun/pgdump/map_tables.hpp"
#include "topgun/reconcile/merge.hpp"

namespace topgun::sql {
namespace {

bool is_dump(const std::string& path) {
    if (pgdump::is_dump_directory(path)) return true;
    std::ifstream file(path, std::ios::binary);
    constexpr std::size_t kHead = 4096;
    Bytes head(kHead, '\0');
    file.read(head.data(), static_cast<std::streamsize>(kHead));
    head.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
    return pgdump::looks_like_dump(head);
}

std::string_view suffix_of(MapKind kind) {
    return kind == MapKind::or_map ? "$or" : kind == MapKind::counter ? "$counter" : "";
}

}  // namespace

Status Schema::open(const std::string& path, const ReadOptions& options, ReadReport* report) {
    path_ = path;
    if (options.format == Format::automatic && path != "-" && is_dump(path)) {
        pgdump::DumpOptions dump_options;
        dump_options.keep_going = options.keep_going;
        dump_options.progress = options.progress;
        auto dump = pgdump::Dump::open(path, dump_options);
        if (!dump) return std::move(dump).error();
        dump_ = std::move(*dump);
        if (report != nullptr) {
            report->path = path;
            report->damage = dump_->damage();
        }
        // Tables of TopGun's own are maps as well.
        if (!pgdump::find_map_tables(*dump_).empty()) {
            auto maps = std::make_unique<Replica>();
            pgdump::MapReadOptions map_options;
            map_options.keep_going = options.keep_going;
            pgdump::MapReadReport read;
            TOPGUN_TRY(pgdump::read_map_ops(
                *dump_, map_options,
                [&maps](const Op& op) -> Status {
                    auto merged = maps->apply(op);
                    return merged ? Status() : Status(std::move(merged).error());
                },
                read));
            if (report != nullptr) {
                report->damage.insert(report->damage.end(), read.damage.begin(), read.damage.end());
            }
            source_.state = own_replica(std::move(maps));
        }
        return {};
    }
    auto source = open_source(path, options);
    if (!source) return std::move(source).error();
    source_ = std::move(*source);
    if (report != nullptr) *report = source_.report;
    return {};
}

std::vector<MapId> Schema::maps() const {
    std::set<MapId> all;
    if (source_.state) all.insert(source_.state->maps().begin(), source_.state->maps().end());
    for (const auto* map : changes_->maps()) all.insert(map->id);
    for (const auto& [id, definition] : definitions) all.insert(id);
    for (const auto& id : dropped) all.erase(id);
    return {all.begin(), all.end()};
}

std::string Schema::table_name(const MapId& id) const {
    if (id.kind == MapKind::lww) return id.name;
    const auto all = maps();
    const auto named = std::count_if(all.begin(), all.end(),
                                     [&id](const MapId& other) { return other.name == id.name; });
    return named > 1 ? id.name + std::string(suffix_of(id.kind)) : id.name;
}

std::optional<MapId> Schema::find_map(std::string_view table) const {
    for (const auto& id : maps()) {
        if (table_name(id) == table) return id;
    }
    return std::nullopt;
}

Result<std::shared_ptr<const MapTable>> Schema::map_table(const MapId& id,
                                                          std::uint64_t now_ms) const {
    if (const auto* known = definition(id)) {
        return MapTable::declared(id, rows(is_own(id)), now_ms, known->columns,
                                  cache_of(id, now_ms));
    }
    return MapTable::infer(id, rows(), now_ms, cache_of(id, now_ms));
}

std::shared_ptr<CachedMap> Schema::cache_of(const MapId& id, std::uint64_t now_ms) const {
    if (!source_.state || !source_.state->has(id)) return nullptr;
    const auto facts = source_.state->summary(id);
    // Whoever scans the map is told what is wrong with it.
    return facts ? cache_.of(id, (*facts)->live(now_ms)) : nullptr;
}

const TableDefinition* Schema::definition(const MapId& id) const {
    const auto found = definitions.find(id);
    return found == definitions.end() ? nullptr : &found->second;
}

void Schema::define(const MapId& id, TableDefinition definition) {
    dropped.erase(id);
    definitions[id] = std::move(definition);
}

void Schema::drop(const MapId& id) {
    definitions.erase(id);
    dropped.insert(id);
}

Status Schema::apply(OwnedOp op) {
    dropped.erase({op.map, map_kind_of(op.kind)});
    auto merged = changes_->apply(op.view());
    if (!merged) return std::move(merged).error();
    changed_.reset();
    ops_.push_back(std::move(op));
    return {};
}

void Schema::rebuild() {
    changed_.reset();
    changes_ = std::make_unique<Replica>();
    for (const auto& op : ops_) {
        const auto merged = changes_->apply(op.view());
        TOPGUN_ASSERT(merged.has_value(), "what was merged once can be merged again");
    }
}

void Schema::truncate(std::size_t count) {
    if (count >= ops_.size()) return;
    ops_.resize(count);
    rebuild();
}

std::size_t Schema::forget(const MapId& id) {
    const auto before = ops_.size();
    std::erase_if(ops_, [&id](const OwnedOp& op) {
        return op.map == id.name && map_kind_of(op.kind) == id.kind;
    });
    if (ops_.size() != before) rebuild();
    return before - ops_.size();
}

Result<Stamp> Schema::newest(const MapId& id) const {
    Stamp out;
    if (!source_.state || !source_.state->has(id)) return out;
    auto facts = source_.state->summary(id);
    if (!facts) return std::move(facts).error();
    for (const auto& [name, node] : (*facts)->nodes) {
        if (out < node.last.view()) out = node.last.view();
    }
    return out;
}

MapRows Schema::rows(bool alone) const {
    MapRows out;
    out.base = source_.state.get();
    if (ops_.empty()) return out;
    if (alone) {
        out.changes = changes_.get();
        return out;
    }
    if (!changed_) changed_ = read_replica(*changes_);
    out.changes = changes_.get();
    out.changed = changed_.get();
    return out;
}

std::unique_ptr<StateReader> Schema::state() const {
    std::vector<const StateReader*> parts;
    const auto all = rows();
    if (all.base != nullptr) parts.push_back(all.base);
    if (all.changed != nullptr) parts.push_back(all.changed);
    return merge_states(std::move(parts));
}

}  // namespace topgun::sql
