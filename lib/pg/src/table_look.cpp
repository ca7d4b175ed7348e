// SPDX-License-Identifier: Apache-2.0
#include "table_look.hpp"

#include <algorithm>

#include "extra_table.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::pg {
namespace {

using maptable::Generation;
using maptable::KeyState;

constexpr std::string_view kStage =
    "CREATE TEMP TABLE IF NOT EXISTS topgun_keys (n int8, map_name text, key text)"
    " ON COMMIT DELETE ROWS";

// The facts that were read and locked. Others may be added to the same keys meanwhile.
constexpr std::string_view kFactStage =
    "CREATE TEMP TABLE IF NOT EXISTS topgun_facts (n int8, map_name text, key text, kind text,"
    " tag text, millis int8, counter int8, node text, ttl_ms int8, value bytea)"
    " ON COMMIT DELETE ROWS";

std::string copy_to(const std::string& select) {
    return "COPY (" + select + ") TO STDOUT (FORMAT binary)";
}

Result<std::size_t> place_in(const std::optional<BytesView>& field) {
    auto n = read_int8(field.value_or(BytesView()));
    if (!n) return std::move(n).error();
    return static_cast<std::size_t>(*n);
}

}  // namespace

Status TableLook::read(Look look, bool has_extra) {
    if (look == Look::none) return {};
    if (batch_.keys() != 0) {
        TOPGUN_TRY(stage_keys());
        TOPGUN_TRY(read_rows(look == Look::locked));
        if (has_extra) TOPGUN_TRY(read_facts(look == Look::locked));
    }
    return read_tags(has_extra);
}

Status TableLook::stage_keys() {
    TOPGUN_TRY(connection_.run(std::string(kStage)));
    auto copy = connection_.copy_in(
        "COPY topgun_keys (n, map_name, key) FROM STDIN"
        " (FORMAT binary)");
    if (!copy) return std::move(copy).error();
    for (std::size_t n = 0; n < batch_.keys(); ++n) {
        TOPGUN_TRY(copy->row(3));
        copy->int8(static_cast<std::int64_t>(n));
        copy->text(batch_.all()[n].map);
        copy->text(batch_.all()[n].key);
    }
    auto stored = copy->finish();
    return stored ? Status() : Status(std::move(stored).error());
}

Status TableLook::read_rows(bool lock) {
    auto select = "SELECT " + std::string(row_columns(table_.generation)) +
                  ", k.n FROM topgun_keys k JOIN " + table_.quoted() +
                  " t ON t.map_name = k.map_name AND t.key = k.key";
    if (table_.generation == Generation::bytea) select += " AND NOT t.is_backup";
    // In one order for all writers, so that they wait for each other instead of in a circle.
    if (lock) select += " ORDER BY t.map_name, t.key FOR UPDATE OF t";
    return for_each_copied(connection_, copy_to(select), {},
                           [&](const CopyOut::Fields& fields) -> Status {
                               auto n = place_in(fields.back());
                               if (!n) return std::move(n).error();
                               auto& existing = existing_[*n];
                               existing.row = true;
                               existing.fields.assign(fields.begin(), fields.end());
                               return {};
                           });
}

// In a transaction of one snapshot, what others add stays unseen, and what they change makes it
// fail. One that locks sees more with each statement: then those that were read are written down.
Status TableLook::read_facts(bool lock) {
    // By LATERAL each key is looked up, whatever the planner thinks of tables without statistics.
    const auto facts = " FROM " + quoted_extra(table_) +
                       " e WHERE e.map_name = k.map_name AND e.key = k.key"
                       " AND e.kind IN ('removed', 'record')";
    auto select = "SELECT k.n, f.facts FROM topgun_keys k CROSS JOIN LATERAL (SELECT " +
                  std::string(kPackedFacts) + " AS facts" + facts + ") f WHERE f.facts IS NOT NULL";
    facts_locked_ = lock;
    if (lock) {
        TOPGUN_TRY(connection_.run(std::string(kFactStage)));
        TOPGUN_TRY(connection_.run(
            "INSERT INTO topgun_facts SELECT k.n, f.* FROM"
            " (SELECT * FROM topgun_keys ORDER BY map_name, key) k CROSS JOIN LATERAL"
            " (SELECT e.map_name, e.key, e.kind, e.tag, e.millis, e.counter, e.node, e.ttl_ms,"
            " e.value" +
            facts + " ORDER BY e.kind, e.tag FOR UPDATE) f"));
        select = "SELECT e.n, " + std::string(kPackedFacts) + " FROM topgun_facts e GROUP BY e.n";
    }
    return for_each_copied(
        connection_, copy_to(select), {}, [&](const CopyOut::Fields& fields) -> Status {
            auto n = place_in(fields[0]);
            if (!n) return std::move(n).error();
            return decode_facts(fields[1].value_or(BytesView()), existing_[*n].facts);
        });
}

// In a jsonb table their row is locked, for it will be written anew.
Status TableLook::read_tags(bool has_extra) {
    for (const auto& key : batch_.all()) {
        if (key.incoming.kind() == MapKind::or_map) tags_[key.map];
    }
    for (const auto& [map, tags] : batch_.tags()) tags_[map];
    if (tags_.empty()) return {};
    std::vector<std::string> maps;
    for (const auto& [map, tags] : tags_) maps.push_back(map);
    const auto list = quoted_list(maps);
    if (table_.generation == Generation::jsonb) return read_tag_rows(list);
    return has_extra ? read_beside_tags(list) : Status();
}

// Only those that the batch names: there may be any number of others.
Status TableLook::read_beside_tags(const std::string& maps) {
    auto any = connection_.query("SELECT 1 FROM " + quoted_extra(table_) + " WHERE map_name IN " +
                                 maps + " AND key = '' AND kind = 'tag' LIMIT 1");
    if (!any) return std::move(any).error();
    if (any->size() == 0) return {};
    TOPGUN_TRY(
        connection_.run("CREATE TEMP TABLE IF NOT EXISTS topgun_tags (map_name text, tag text)"
                        " ON COMMIT DELETE ROWS; SET LOCAL enable_hashjoin = off; SET LOCAL "
                        "enable_mergejoin = off"));
    auto copy = connection_.copy_in("COPY topgun_tags (map_name, tag) FROM STDIN (FORMAT binary)");
    if (!copy) return std::move(copy).error();
    const auto put = [&](const std::string& map, const std::string& tag) -> Status {
        TOPGUN_TRY(copy->row(2));
        copy->text(map);
        copy->text(tag);
        return {};
    };
    for (const auto& key : batch_.all()) {
        if (key.incoming.kind() != MapKind::or_map) continue;
        for (const auto& entry : key.incoming.record().entries) TOPGUN_TRY(put(key.map, entry.tag));
    }
    for (const auto& [map, tags] : batch_.tags()) {
        for (const auto& tag : tags) TOPGUN_TRY(put(map, tag));
    }
    auto stored = copy->finish();
    if (!stored) return std::move(stored).error();
    return for_each_copied(connection_,
                           copy_to("SELECT k.map_name, k.tag FROM topgun_tags k CROSS JOIN LATERAL"
                                   " (SELECT 1 FROM " +
                                   quoted_extra(table_) +
                                   " e WHERE e.map_name = k.map_name AND e.key = ''"
                                   " AND e.kind = 'tag' AND e.tag = k.tag LIMIT 1) e"),
                           {}, [&](const CopyOut::Fields& fields) -> Status {
                               tags_[std::string(*fields[0])].emplace(*fields[1]);
                               return {};
                           });
}

Status TableLook::read_tag_rows(const std::string& maps) {
    const auto select = "SELECT " + std::string(row_columns(Generation::jsonb)) + " FROM " +
                        table_.quoted() +
                        " t WHERE t.key = " + quoted_text(maptable::kTombstonesKey) +
                        " AND t.map_name IN " + maps + " ORDER BY t.map_name FOR UPDATE OF t";
    return for_each_copied(
        connection_, copy_to(select), {}, [&](const CopyOut::Fields& fields) -> Status {
            const auto& map = *fields[0];
            auto read = read_row(Generation::jsonb, fields, ops_);
            const bool other = std::any_of(ops_.ops().begin(), ops_.ops().end(), [](const Op& op) {
                return op.kind != OpKind::or_remove;
            });
            if (read && other) read = Error(Errc::bad_input, "a record stands in their place");
            if (!read) {
                unreadable_tags_.emplace(
                    map, "the map's removed tags cannot be read: " + read.error().text());
                return {};
            }
            auto& known = tags_[std::string(map)];
            for (const auto& op : ops_.ops()) known.emplace(op.tag);
            tag_rows_.emplace(map);
            return {};
        });
}

bool TableLook::has_row(std::size_t n) const {
    const auto found = existing_.find(n);
    return found != existing_.end() && found->second.row;
}

bool TableLook::has_facts(std::size_t n) const {
    const auto found = existing_.find(n);
    return found != existing_.end() && !found->second.facts.empty();
}

const std::string* TableLook::unreadable_tags(const std::string& map) const {
    const auto found = unreadable_tags_.find(map);
    return found == unreadable_tags_.end() ? nullptr : &found->second;
}

Status TableLook::delete_facts(const std::vector<std::size_t>& places) {
    std::string list;
    for (const auto n : places) list += (list.empty() ? "" : ",") + std::to_string(n);
    const std::string stage = facts_locked_ ? "topgun_facts" : "topgun_keys";
    return connection_.run("DELETE FROM " + quoted_extra(table_) + " e USING " + stage +
                           " k WHERE k.n = ANY ('{" + list +
                           "}'::int8[]) AND e.map_name = k.map_name AND e.key = k.key" +
                           (facts_locked_ ? " AND e.kind = k.kind AND e.tag = k.tag"
                                          : " AND e.kind IN ('removed', 'record')"));
}

Status TableLook::merge_into(std::size_t n, KeyState& state) {
    const auto found = existing_.find(n);
    if (found == existing_.end()) return {};
    const auto& existing = found->second;
    const auto take = [&](const Op& op) -> Status {
        if (map_kind_of(op.kind) != state.kind()) {
            return Error(Errc::bad_input, "the table has a record of the other kind of map");
        }
        state.merge(op);
        return {};
    };
    if (existing.row) {
        TOPGUN_TRY(
            read_row(table_.generation, {existing.fields.begin(), existing.fields.end()}, ops_));
        for (const auto& fact : existing.facts) {
            if (!fact.removed) ops_.add(fact);
        }
        for (const auto& op : ops_.ops()) TOPGUN_TRY(take(op));
    }
    for (const auto& fact : existing.facts) {
        if (!fact.removed) continue;
        Op op;
        op.kind = OpKind::remove;
        op.stamp = fact.stamp.view();
        TOPGUN_TRY(take(op));
    }
    return {};
}

}  // namespace topgun::pg
