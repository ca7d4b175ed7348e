// SPDX-License-Identifier: Apache-2.0
#include "batch_transaction.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "extra_table.hpp"
#include "row_form.hpp"
#include "topgun/replica/row.hpp"

namespace topgun::pg {
namespace {

using maptable::Generation;
using maptable::KeyState;

// What COPY of a row takes, as the tables have them.
std::string written_columns(Generation generation) {
    return generation == Generation::jsonb
               ? "map_name, key, value, ts_millis, ts_counter, ts_node_id, is_deleted"
               : "map_name, key, value, expiration_time, is_backup, created_at, updated_at";
}
constexpr std::uint16_t kWrittenColumns = 7;

// Where rows wait for the statement that brings them to the table.
std::string row_stage(Generation generation, bool json) {
    const std::string columns =
        generation == Generation::bytea
            ? "value bytea, expiration_time int8, is_backup bool, created_at int8, updated_at int8"
            : std::string(json ? "value json" : "value jsonb") +
                  ", ts_millis int8, ts_counter int4, ts_node_id text, is_deleted bool";
    return "CREATE TEMP TABLE IF NOT EXISTS topgun_rows (map_name text, key text, " + columns +
           ") ON COMMIT DELETE ROWS; TRUNCATE topgun_rows";
}
// Looking up the keys of a batch one by one takes the same time whatever the size of the table.
// The planner, which often has no statistics of a table that was just filled, tends to read all of
// it instead, for each batch. Without an index on the keys it still does.
constexpr std::string_view kByIndex =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
    " SET LOCAL random_page_cost = 1.1; SET LOCAL jit = off";

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

// "k.n = ANY ('{1,5}')".
std::string among_keys(const std::vector<std::size_t>& places) {
    std::string list;
    for (const auto n : places) list += (list.empty() ? "" : ",") + std::to_string(n);
    return "k.n = ANY ('{" + list + "}'::int8[])";
}

void put_bytea(const maptable::ByteaRowOut& row, CopyIn& copy) {
    copy.bytes(*row.value);
    copy.int8(0);
    copy.boolean(false);
    copy.int8(static_cast<std::int64_t>(row.millis));
    copy.int8(static_cast<std::int64_t>(row.millis));
}

void put_jsonb(const maptable::JsonbRowOut& row, bool as_json, CopyIn& copy) {
    const std::string_view json = row.json ? std::string_view(*row.json) : "null";
    if (as_json) {
        copy.text(json);
    } else {
        copy.jsonb(json);
    }
    copy.int8(static_cast<std::int64_t>(row.stamp.millis));
    copy.int4(static_cast<std::int32_t>(row.stamp.counter));
    copy.text(row.stamp.node_id);
    copy.boolean(row.deleted);
}

bool same_records(const serverfiles::StoredRecord& a, const serverfiles::StoredRecord& b) {
    return std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
                      [](const auto& x, const auto& y) {
                          return x.stamp == y.stamp && x.tag == y.tag && x.value == y.value &&
                                 x.ttl_ms == y.ttl_ms;
                      });
}

}  // namespace

BatchTransaction::BatchTransaction(Connection& connection, const MapTable& table,
                                   const TableForm& form, const TableWriteOptions& options,
                                   const TableBatch& batch, Look look)
    : connection_(connection),
      table_(table),
      form_(form),
      options_(options),
      batch_(batch),
      look_(look),
      there_(connection, table, batch),
      new_tags_(batch.tags()) {}

Status BatchTransaction::run() {
    const std::string isolation =
        look_ == Look::optimistic ? " ISOLATION LEVEL REPEATABLE READ; " : "; ";
    TOPGUN_TRY(connection_.run("BEGIN" + isolation + std::string(kByIndex)));
    if (look_ != Look::none) TOPGUN_TRY(look_for_extra());
    TOPGUN_TRY(there_.read(look_, form_.extra));
    merge_keys();
    add_removed_tags();
    TOPGUN_TRY(gather_counters());
    TOPGUN_TRY(write_rows());
    if (!extra_.empty() || !stale_.empty()) TOPGUN_TRY(write_extra());
    if (options_.with_batch) {
        const auto statement = options_.with_batch();
        if (!statement.empty()) TOPGUN_TRY(connection_.run(statement));
    }
    TOPGUN_TRY(connection_.run("COMMIT"));
    ++report_.batches;
    return {};
}

// By key, so that writers that meet wait for each other instead of in a circle.
void BatchTransaction::merge_keys() {
    const auto& keys = batch_.all();
    std::vector<std::size_t> order(keys.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::tie(keys[a].map, keys[a].key) < std::tie(keys[b].map, keys[b].key);
    });
    for (const auto n : order) {
        bool changed = false;
        if (const auto* why = unreadable(keys[n])) {
            refuse(keys[n], *why, report_);
            continue;
        }
        auto state = merged(keys[n], n, changed);
        if (!state) {
            refuse(keys[n], state.error().text(), report_);
        } else if (!changed) {
            ++report_.unchanged;
        } else {
            add_row(keys[n], n, *state);
        }
    }
}

const std::string* BatchTransaction::unreadable(const TableBatch::Key& key) const {
    const bool tagged = key.incoming.kind() == MapKind::or_map;
    return tagged ? there_.unreadable_tags(key.map) : nullptr;
}

// What the key comes to. A record whose tag is removed elsewhere stays out.
Result<KeyState> BatchTransaction::merged(const TableBatch::Key& key, std::size_t n,
                                          bool& changed) {
    KeyState state(key.incoming.kind());
    if (!options_.overwrite) {
        auto read = there_.merge_into(n, state);
        if (!read) return std::move(read).error().within("what is there cannot be read");
    }
    const auto& incoming = key.incoming.record();
    const auto before = state.record();
    const auto* removed = state.kind() == MapKind::or_map ? &there_.tags_of(key.map) : nullptr;
    Op op;
    for (const auto& entry : incoming.entries) {
        if (removed != nullptr && removed->contains(entry.tag)) continue;
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

void BatchTransaction::add_row(const TableBatch::Key& key, std::size_t n, const KeyState& state) {
    std::vector<maptable::Fact> facts;
    RowOut row;
    row.map = key.map;
    row.key = key.key;
    const bool as_row = options_.tombstones == TombstoneForm::rows;
    auto encoded = is_bytea()
                       ? maptable::encode_row(key.map, key.key, state, row.bytea, facts, as_row)
                       : maptable::encode_row(key.map, key.key, state, row.jsonb, facts);
    if (!encoded) return refuse(key, encoded.error().text(), report_);
    for (auto& fact : facts) {
        if (fact.value) ++report_.inexact;
        const std::string_view kind = fact.removed ? "removed" : "record";
        extra_.push_back({key.map, key.key, kind, std::move(fact)});
    }
    if (there_.has_facts(n)) stale_.push_back(n);
    const bool found = there_.has_row(n);
    if (is_bytea() ? row.bytea.value.has_value() : row.jsonb.present) {
        (found ? changed_ : new_).push_back(std::move(row));
    } else if (found) {
        gone_.push_back(n);
    } else {
        ++report_.tombstones;
    }
}

// Tags that no key's row holds: a row for each map in a jsonb table, the table beside it otherwise.
void BatchTransaction::add_removed_tags() {
    for (auto& [map, tags] : new_tags_) {
        if (const auto* why = there_.unreadable_tags(map)) {
            for (const auto& tag : tags) refuse_tag(map, tag, *why, report_);
            continue;
        }
        auto& known = there_.tags_of(map);
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
        RowOut row;
        row.map = map;
        row.key = maptable::kTombstonesKey;
        row.jsonb.json = maptable::encode_removed_tags(all);
        row.jsonb.stamp.node_id = maptable::kOrMapNode;
        (there_.has_tag_row(map) ? changed_ : new_).push_back(std::move(row));
    }
}

Status BatchTransaction::write_rows() {
    report_.inserted += new_.size();
    report_.updated += changed_.size();
    report_.removed += gone_.size();
    const auto columns = written_columns(table_.generation);
    const std::string on_key = is_bytea() ? " AND NOT t.is_backup" : "";
    if (!new_.empty() && form_.plain) {
        TOPGUN_TRY(copy_rows(new_, table_.quoted()));
    } else if (!new_.empty()) {
        TOPGUN_TRY(stage(new_));
        TOPGUN_TRY(connection_.run("INSERT INTO " + table_.quoted() + " (" + columns + ") SELECT " +
                                   columns + " FROM topgun_rows ORDER BY map_name, key"));
    }
    if (!changed_.empty()) {
        TOPGUN_TRY(stage(changed_));
        TOPGUN_TRY(connection_.run("UPDATE " + table_.quoted() + " t SET " +
                                   std::string(is_bytea() ? kByteaUpdate : kJsonbUpdate) +
                                   " FROM topgun_rows r WHERE t.map_name = r.map_name"
                                   " AND t.key = r.key" +
                                   on_key));
    }
    if (gone_.empty()) return {};
    return connection_.run("DELETE FROM " + table_.quoted() + " t USING topgun_keys k WHERE " +
                           among_keys(gone_) + " AND t.map_name = k.map_name AND t.key = k.key" +
                           on_key);
}

Status BatchTransaction::stage(const std::vector<RowOut>& rows) {
    TOPGUN_TRY(connection_.run(row_stage(table_.generation, form_.json)));
    return copy_rows(rows, "topgun_rows");
}

Status BatchTransaction::copy_rows(const std::vector<RowOut>& rows, const std::string& table) {
    auto copy = connection_.copy_in(copy_from(table, written_columns(table_.generation)));
    if (!copy) return std::move(copy).error();
    for (const auto& row : rows) {
        TOPGUN_TRY(copy->row(kWrittenColumns));
        copy->text(row.map);
        copy->text(row.key);
        if (is_bytea()) {
            put_bytea(row.bytea, *copy);
        } else {
            put_jsonb(row.jsonb, form_.json, *copy);
        }
    }
    auto stored = copy->finish();
    return stored ? Status() : Status(std::move(stored).error());
}

}  // namespace topgun::pg
