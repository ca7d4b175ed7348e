// SPDX-License-Identifier: Apache-2.0
#include "table_batch.hpp"

#include <algorithm>

#include "extra_table.hpp"
#include "row_form.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/replica/row.hpp"

namespace topgun::pg {
namespace {

using maptable::Generation;
using maptable::KeyState;

// What COPY of a row takes behind its map and key, as the tables have them.
std::string_view written_columns(Generation generation) {
    return generation == Generation::jsonb
               ? "map_name, key, value, ts_millis, ts_counter, ts_node_id, is_deleted"
               : "map_name, key, value, expiration_time, is_backup, created_at, updated_at";
}
constexpr std::uint16_t kWrittenColumns = 7;
constexpr std::uint16_t kStagedColumns = kWrittenColumns + 2;
constexpr std::uint16_t kExtraColumnCount = 9;

// Where a batch waits for the statements that bring it to its tables. `found`: the table has a row;
// `gone`: it shall have none.
constexpr std::string_view kStages = R"(
CREATE TEMP TABLE IF NOT EXISTS topgun_keys (n int8, map_name text, key text) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS topgun_extra (map_name text, key text, kind text, tag text,
    millis int8, counter int8, node text, ttl_ms int8, value bytea) ON COMMIT DELETE ROWS;)";
constexpr std::string_view kJsonbStage = R"(
CREATE TEMP TABLE IF NOT EXISTS topgun_rows (found bool, gone bool, map_name text, key text,
    value jsonb, ts_millis int8, ts_counter int4, ts_node_id text, is_deleted bool)
    ON COMMIT DELETE ROWS)";
constexpr std::string_view kByteaStage = R"(
CREATE TEMP TABLE IF NOT EXISTS topgun_rows (found bool, gone bool, map_name text, key text,
    value bytea, expiration_time int8, is_backup bool, created_at int8, updated_at int8)
    ON COMMIT DELETE ROWS)";

constexpr std::string_view kJsonbUpdate =
    "value = r.value, ts_millis = r.ts_millis, ts_counter = r.ts_counter,"
    " ts_node_id = r.ts_node_id, is_deleted = r.is_deleted";
constexpr std::string_view kByteaUpdate =
    "value = r.value, expiration_time = r.expiration_time,"
    " updated_at = greatest(t.updated_at, r.updated_at)";

std::string copy_from(std::string_view table, std::string_view columns) {
    return "COPY " + std::string(table) + " (" + std::string(columns) +
           ") FROM STDIN (FORMAT binary)";
}

std::string copy_to(const std::string& select) {
    return "COPY (" + select + ") TO STDOUT (FORMAT binary)";
}

// Calls visit(fields) for each row of a COPY.
template <typename Visit>
Status for_each_copied(Connection& connection, const std::string& select, Visit&& visit) {
    auto copy = connection.copy_out(copy_to(select));
    if (!copy) return std::move(copy).error();
    CopyOut::Fields fields;
    for (;;) {
        auto more = copy->next(fields);
        if (!more) return std::move(more).error();
        if (!*more) return {};
        TOPGUN_TRY(visit(fields));
    }
}

std::string place(std::string_view map, std::string_view key) {
    std::string out(map);
    out += '\0';
    out += key;
    return out;
}

bool same_records(const serverfiles::StoredRecord& a, const serverfiles::StoredRecord& b) {
    return std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
                      [](const auto& x, const auto& y) {
                          return x.stamp == y.stamp && x.tag == y.tag && x.value == y.value &&
                                 x.ttl_ms == y.ttl_ms;
                      });
}

}  // namespace

bool TableBatch::has(const Op& op) const {
    return index_.contains(place(op.map, op.key));
}

Status TableBatch::add(const Op& op) {
    for (const auto text : {op.map, op.key, op.tag, op.stamp.node}) {
        // It would end a statement in the middle, or fail the COPY of all others.
        if (text.find('\0') != std::string_view::npos) {
            return Error(Errc::bad_input, "PostgreSQL takes no U+0000 in names");
        }
    }
    if (op.kind == OpKind::counter) {
        auto& entry = counters_[{std::string(op.map), std::string(op.key)}];
        double p = 0, n = 0, had_p = 0, had_n = 0;
        if (!decode_counter_entry(op.value, p, n)) return {};
        if (decode_counter_entry(entry, had_p, had_n))
            p = std::max(p, had_p), n = std::max(n, had_n);
        entry.clear();
        encode_counter_entry(p, n, entry);
        return {};
    }
    if (op.kind == OpKind::or_remove && op.key.empty()) {
        tags_[std::string(op.map)].emplace_back(op.tag);
        bytes_ += op.tag.size() + sizeof(std::string);
        return {};
    }
    return add_keyed(op);
}

Status TableBatch::add_keyed(const Op& op) {
    const auto [at, added] = index_.try_emplace(place(op.map, op.key), keys_.size());
    if (added) {
        keys_.push_back({std::string(op.map), std::string(op.key), KeyState(map_kind_of(op.kind))});
        bytes_ += op.map.size() + op.key.size() + sizeof(Key);
    }
    auto& key = keys_[at->second];
    if (key.incoming.kind() != map_kind_of(op.kind)) {
        return Error(Errc::bad_input, "it is a key of an LWW map and of an OR-Map");
    }
    if (key.incoming.merge(op)) bytes_ += op.value.size() + op.tag.size();
    return {};
}

BatchTransaction::BatchTransaction(Connection& connection, const MapTable& table,
                                   const TableWriteOptions& options, const TableBatch& batch,
                                   bool has_extra, bool direct)
    : connection_(connection),
      table_(table),
      options_(options),
      batch_(batch),
      has_extra_(has_extra),
      direct_(direct),
      new_tags_(batch.tags()) {}

Status BatchTransaction::run() {
    TOPGUN_TRY(connection_.run("BEGIN"));
    if (!direct_) {
        TOPGUN_TRY(connection_.run(std::string(kStages) +
                                   std::string(is_bytea() ? kByteaStage : kJsonbStage)));
        if (batch_.keys() != 0) {
            TOPGUN_TRY(stage_keys());
            TOPGUN_TRY(read_rows());
            if (has_extra_) TOPGUN_TRY(read_facts());
        }
        TOPGUN_TRY(read_tags());
    }
    TOPGUN_TRY(write_rows());
    TOPGUN_TRY(gather_counters());
    if (!extra_.empty() || (has_extra_ && staged_)) TOPGUN_TRY(write_extra());
    if (options_.with_batch) {
        const auto statement = options_.with_batch();
        if (!statement.empty()) TOPGUN_TRY(connection_.run(statement));
    }
    TOPGUN_TRY(connection_.run("COMMIT"));
    ++report_.batches;
    return {};
}

Status BatchTransaction::stage_keys() {
    auto copy = connection_.copy_in(copy_from("topgun_keys", "n, map_name, key"));
    if (!copy) return std::move(copy).error();
    for (std::size_t n = 0; n < batch_.keys(); ++n) {
        TOPGUN_TRY(copy->row(3));
        copy->int8(static_cast<std::int64_t>(n));
        copy->text(batch_.all()[n].map);
        copy->text(batch_.all()[n].key);
    }
    auto stored = copy->finish();
    if (!stored) return std::move(stored).error();
    // The plan shall not be one for an empty table.
    return connection_.run("ANALYZE topgun_keys");
}

Status BatchTransaction::read_rows() {
    auto select = "SELECT " + std::string(row_columns(table_.generation)) +
                  ", k.n FROM topgun_keys k JOIN " + table_.quoted() +
                  " t ON t.map_name = k.map_name AND t.key = k.key";
    if (is_bytea()) select += " AND NOT t.is_backup";
    // In one order for all writers, so that they wait for each other instead of in a circle.
    select += " ORDER BY t.map_name, t.key FOR UPDATE OF t";
    return for_each_copied(connection_, select, [&](const CopyOut::Fields& fields) -> Status {
        auto n = read_int8(fields.back().value_or(BytesView()));
        if (!n) return std::move(n).error();
        auto& existing = existing_[static_cast<std::size_t>(*n)];
        existing.found = true;
        for (const auto& field : fields) {
            existing.fields.emplace_back(field.value_or(BytesView()));
            existing.nulls.push_back(!field);
        }
        return {};
    });
}

Status BatchTransaction::read_facts() {
    const auto select = "SELECT k.n, " + std::string(kPackedFacts) + " FROM topgun_keys k JOIN " +
                        quoted_extra(table_) +
                        " e ON e.map_name = k.map_name AND e.key = k.key"
                        " AND e.kind IN ('removed', 'record') GROUP BY k.n";
    return for_each_copied(connection_, select, [&](const CopyOut::Fields& fields) -> Status {
        auto n = read_int8(fields[0].value_or(BytesView()));
        if (!n) return std::move(n).error();
        return decode_facts(fields[1].value_or(BytesView()),
                            existing_[static_cast<std::size_t>(*n)].facts);
    });
}

// The tags that are known as removed in the OR-Maps of the batch. In a jsonb table their row is
// locked, for it will be written anew.
Status BatchTransaction::read_tags() {
    for (const auto& key : batch_.all()) {
        if (key.incoming.kind() == MapKind::or_map) known_tags_[key.map];
    }
    for (const auto& [map, tags] : batch_.tags()) known_tags_[map];
    if (known_tags_.empty() || (is_bytea() && !has_extra_)) return {};
    if (!is_bytea()) return read_tags_of_jsonb();
    std::vector<std::string> maps;
    for (const auto& [map, tags] : known_tags_) maps.push_back(map);
    return for_each_copied(connection_,
                           "SELECT map_name, tag FROM " + quoted_extra(table_) +
                               " WHERE kind = 'tag' AND map_name IN " + quoted_list(maps),
                           [&](const CopyOut::Fields& fields) -> Status {
                               known_tags_[std::string(*fields[0])].emplace(*fields[1]);
                               return {};
                           });
}

Status BatchTransaction::read_tags_of_jsonb() {
    std::vector<std::string> maps;
    for (const auto& [map, tags] : known_tags_) maps.push_back(map);
    const auto select =
        "SELECT " + std::string(row_columns(Generation::jsonb)) + " FROM " + table_.quoted() +
        " t WHERE t.key = " + quoted_text(maptable::kTombstonesKey) + " AND t.map_name IN " +
        quoted_list(maps) + " ORDER BY t.map_name FOR UPDATE OF t";
    maptable::RowOps row;
    return for_each_copied(connection_, select, [&](const CopyOut::Fields& fields) -> Status {
        const auto& map = *fields[0];
        auto read = read_row(Generation::jsonb, fields, row);
        const bool other = std::any_of(row.ops().begin(), row.ops().end(),
                                       [](const Op& op) { return op.kind != OpKind::or_remove; });
        if (read && other) read = Error(Errc::bad_input, "a record stands in their place");
        if (!read) {
            return std::move(read).error().within("map " + repair_utf8(map) + ", removed tags");
        }
        auto& known = known_tags_[std::string(map)];
        for (const auto& op : row.ops()) known.emplace(op.tag);
        tag_rows_.emplace(map);
        return {};
    });
}

Status BatchTransaction::write_rows() {
    auto columns = std::string(written_columns(table_.generation));
    auto copy = direct_ ? connection_.copy_in(copy_from(table_.quoted(), columns))
                        : connection_.copy_in(copy_from("topgun_rows", "found, gone, " + columns));
    if (!copy) return std::move(copy).error();
    for (std::size_t n = 0; n < batch_.keys(); ++n) {
        const auto existing = existing_.find(n);
        TOPGUN_TRY(write_key(batch_.all()[n],
                             existing == existing_.end() ? nullptr : &existing->second, *copy));
    }
    TOPGUN_TRY(write_removed_tags(*copy));
    auto stored = copy->finish();
    if (!stored) return std::move(stored).error();
    report_.inserted += fresh_;
    report_.updated += changed_;
    report_.removed += gone_;
    staged_ = !direct_ && *stored != 0;
    return staged_ ? apply_rows() : Status();
}

Status BatchTransaction::write_key(const TableBatch::Key& key, Existing* existing, CopyIn& copy) {
    bool changed = false;
    auto state = merged(key, existing, changed);
    if (!state) {
        report_.refuse(key.map, key.key, state.error().text());
        return {};
    }
    if (!changed) {
        ++report_.unchanged;
        return {};
    }
    return put_row(key, *state, existing != nullptr && existing->found, copy);
}

// What the key comes to. A record whose tag is removed elsewhere stays out.
Result<KeyState> BatchTransaction::merged(const TableBatch::Key& key, Existing* existing,
                                          bool& changed) {
    KeyState state(key.incoming.kind());
    if (existing != nullptr && !options_.overwrite) {
        auto read = read_existing(key, *existing, state);
        if (!read) return std::move(read).error().within("what is there cannot be read");
    }
    const auto& incoming = key.incoming.record();
    const auto before = state.record();
    Op op;
    op.map = key.map;
    op.key = key.key;
    const auto known = known_tags_.find(key.map);
    for (const auto& entry : incoming.entries) {
        if (known != known_tags_.end() && known->second.contains(entry.tag)) continue;
        op.kind = state.kind() == MapKind::or_map ? OpKind::or_add
                  : entry.value.empty()           ? OpKind::remove
                                                  : OpKind::put;
        op.stamp = entry.stamp.view();
        op.tag = entry.tag;
        op.value = entry.value;
        op.ttl_ms = entry.ttl_ms;
        state.merge(op);
    }
    for (const auto& tag : incoming.removed_tags) {
        op = {};
        op.kind = OpKind::or_remove;
        op.tag = tag;
        state.merge(op);
        // The rows of a jsonb table have no place for it.
        if (!is_bytea()) new_tags_[key.map].push_back(tag);
    }
    changed = options_.overwrite || !same_records(before, state.record()) ||
              (is_bytea() && before.removed_tags != state.record().removed_tags);
    return state;
}

Status BatchTransaction::read_existing(const TableBatch::Key& key, const Existing& existing,
                                       KeyState& state) {
    const auto take = [&](const Op& op) -> Status {
        if (map_kind_of(op.kind) != key.incoming.kind()) {
            return Error(Errc::bad_input, "the table has a record of the other kind of map");
        }
        state.merge(op);
        return {};
    };
    if (existing.found) {
        CopyOut::Fields fields;
        for (std::size_t i = 0; i < existing.fields.size(); ++i) {
            fields.push_back(existing.nulls[i] ? std::nullopt
                                               : std::optional<BytesView>(existing.fields[i]));
        }
        TOPGUN_TRY(read_row(table_.generation, fields, ops_));
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

Status BatchTransaction::put_row(const TableBatch::Key& key, const KeyState& state, bool found,
                                 CopyIn& copy) {
    std::vector<maptable::Fact> facts;
    maptable::ByteaRowOut bytea;
    maptable::JsonbRowOut jsonb;
    const bool as_row = options_.tombstones == TombstoneForm::rows;
    auto encoded = is_bytea() ? maptable::encode_row(key.map, key.key, state, bytea, facts, as_row)
                              : maptable::encode_row(key.map, key.key, state, jsonb, facts);
    if (!encoded) {
        report_.refuse(key.map, key.key, encoded.error().text());
        return {};
    }
    for (auto& fact : facts) {
        if (fact.value) ++report_.inexact;
        const std::string_view kind = fact.removed ? "removed" : "record";
        extra_.push_back({key.map, key.key, kind, std::move(fact)});
    }
    const bool gone = is_bytea() ? !bytea.value : !jsonb.present;
    ++(!gone ? found ? changed_ : fresh_ : found ? gone_ : report_.tombstones);
    if (direct_ && gone) return {};
    TOPGUN_TRY(copy.row(direct_ ? kWrittenColumns : kStagedColumns));
    begin_row(key.map, key.key, found, gone, copy);
    if (is_bytea()) {
        put_bytea(bytea, copy);
    } else {
        put_jsonb(jsonb, copy);
    }
    return {};
}

void BatchTransaction::begin_row(std::string_view map, std::string_view key, bool found, bool gone,
                                 CopyIn& copy) {
    if (!direct_) {
        copy.boolean(found);
        copy.boolean(gone);
    }
    copy.text(map);
    copy.text(key);
}

void BatchTransaction::put_bytea(const maptable::ByteaRowOut& row, CopyIn& copy) {
    copy.bytes(row.value.value_or(Bytes()));
    copy.int8(0);
    copy.boolean(false);
    copy.int8(static_cast<std::int64_t>(row.millis));
    copy.int8(static_cast<std::int64_t>(row.millis));
}

void BatchTransaction::put_jsonb(const maptable::JsonbRowOut& row, CopyIn& copy) {
    copy.jsonb(row.json.value_or("null"));
    copy.int8(static_cast<std::int64_t>(row.stamp.millis));
    copy.int4(static_cast<std::int32_t>(row.stamp.counter));
    copy.text(row.stamp.node_id);
    copy.boolean(row.deleted);
}

// Tags that no key's row holds: a row for each map in a jsonb table, the table beside it otherwise.
Status BatchTransaction::write_removed_tags(CopyIn& copy) {
    for (auto& [map, tags] : new_tags_) {
        auto& known = known_tags_[map];
        std::vector<std::string> added;
        for (auto& tag : tags) {
            if (known.insert(tag).second) added.push_back(std::move(tag));
        }
        if (added.empty()) continue;
        report_.removed_tags += added.size();
        if (is_bytea()) {
            for (auto& tag : added) {
                maptable::Fact fact;
                fact.tag = std::move(tag);
                extra_.push_back({map, "", "tag", std::move(fact)});
            }
            continue;
        }
        std::vector<std::string> all(known.begin(), known.end());
        std::sort(all.begin(), all.end());
        maptable::JsonbRowOut row;
        row.json = maptable::encode_removed_tags(all);
        row.stamp.node_id = maptable::kOrMapNode;
        const bool had = tag_rows_.contains(map);
        ++(had ? changed_ : fresh_);
        TOPGUN_TRY(copy.row(direct_ ? kWrittenColumns : kStagedColumns));
        begin_row(map, maptable::kTombstonesKey, had, false, copy);
        put_jsonb(row, copy);
    }
    return {};
}

Status BatchTransaction::apply_rows() {
    // A plan for a table that is thought to be empty takes the square of its rows.
    TOPGUN_TRY(connection_.run("ANALYZE topgun_rows"));
    const auto on_key = std::string("t.map_name = r.map_name AND t.key = r.key") +
                        (is_bytea() ? " AND NOT t.is_backup" : "");
    if (changed_ != 0) {
        TOPGUN_TRY(connection_.run("UPDATE " + table_.quoted() + " t SET " +
                                   std::string(is_bytea() ? kByteaUpdate : kJsonbUpdate) +
                                   " FROM topgun_rows r WHERE r.found AND NOT r.gone AND " +
                                   on_key));
    }
    if (gone_ != 0) {
        TOPGUN_TRY(connection_.run("DELETE FROM " + table_.quoted() +
                                   " t USING topgun_rows r WHERE r.gone AND " + on_key));
    }
    if (fresh_ == 0) return {};
    const auto columns = std::string(written_columns(table_.generation));
    auto inserted = connection_.query("INSERT INTO " + table_.quoted() + " (" + columns +
                                      ") SELECT " + columns +
                                      " FROM topgun_rows WHERE NOT found AND NOT gone"
                                      " ORDER BY map_name, key ON CONFLICT DO NOTHING");
    if (!inserted) return std::move(inserted).error();
    if (inserted->affected() == fresh_) return {};
    return Error(Errc::locked, table_.shown() + ": another writer came first");
}

Status BatchTransaction::gather_counters() {
    if (batch_.counters().empty()) return {};
    TOPGUN_TRY(need_extra());
    std::map<std::pair<std::string, std::string>, Bytes> merged = batch_.counters();
    std::vector<std::string> maps;
    for (const auto& [name, value] : merged) {
        if (maps.empty() || maps.back() != name.first) maps.push_back(name.first);
    }
    TOPGUN_TRY(for_each_copied(
        connection_,
        "SELECT map_name, key, value FROM " + quoted_extra(table_) +
            " WHERE kind = 'counter' AND map_name IN " + quoted_list(maps) +
            " ORDER BY map_name, key FOR UPDATE",
        [&](const CopyOut::Fields& fields) -> Status {
            const auto at = merged.find({std::string(*fields[0]), std::string(*fields[1])});
            double p = 0, n = 0, had_p = 0, had_n = 0;
            if (at == merged.end() || !decode_counter_entry(at->second, p, n) ||
                !decode_counter_entry(fields[2].value_or(BytesView()), had_p, had_n)) {
                return {};
            }
            at->second.clear();
            encode_counter_entry(std::max(p, had_p), std::max(n, had_n), at->second);
            return {};
        }));
    for (auto& [name, value] : merged) {
        maptable::Fact fact;
        fact.value = std::move(value);
        extra_.push_back({name.first, name.second, "counter", std::move(fact)});
    }
    return {};
}

Status BatchTransaction::need_extra() {
    if (has_extra_) return {};
    TOPGUN_TRY(connection_.run(create_extra(table_)));
    has_extra_ = true;
    return {};
}

Status BatchTransaction::write_extra() {
    TOPGUN_TRY(need_extra());
    const auto extra = quoted_extra(table_);
    if (staged_) {
        // What was said of a row that is written anew is not true any more.
        TOPGUN_TRY(connection_.run("DELETE FROM " + extra +
                                   " e USING topgun_rows r WHERE e.map_name = r.map_name"
                                   " AND e.key = r.key AND e.kind IN ('removed', 'record')"));
    }
    if (extra_.empty()) return {};
    auto copy = connection_.copy_in(
        copy_from(direct_ ? extra : std::string("topgun_extra"), kExtraColumns));
    if (!copy) return std::move(copy).error();
    for (const auto& row : extra_) {
        TOPGUN_TRY(copy->row(kExtraColumnCount));
        put_extra(*copy, row.map, row.key, row.kind, row.fact);
    }
    auto stored = copy->finish();
    if (!stored) return std::move(stored).error();
    if (direct_) return {};
    const auto columns = std::string(kExtraColumns);
    return connection_.run(
        "INSERT INTO " + extra + " AS e (" + columns + ") SELECT " + columns +
        " FROM topgun_extra ORDER BY map_name, key, kind, tag"
        " ON CONFLICT (map_name, key, kind, tag) DO UPDATE SET millis = excluded.millis,"
        " counter = excluded.counter, node = excluded.node, ttl_ms = excluded.ttl_ms,"
        " value = excluded.value"
        " WHERE (e.millis, e.counter, e.node COLLATE \"C\")"
        " <= (excluded.millis, excluded.counter, excluded.node COLLATE \"C\")");
}

}  // namespace topgun::pg
