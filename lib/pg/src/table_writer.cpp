// SPDX-License-Identifier: Apache-2.0
#include "topgun/pg/table_writer.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "batch_transaction.hpp"
#include "extra_table.hpp"
#include "row_form.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::pg {
namespace {

using maptable::Generation;

// What a look that was too short ends with: another writer changed a row, or made it first.
bool met_another_writer(const Failure& failure) {
    return failure.sqlstate == "40001" || failure.sqlstate == "23505";
}

// The data is at fault, not the table or the moment: a constraint that it breaks, a value or text
// that a column cannot have, a size beyond the limits. NULL is in no column that is ours.
bool is_of_data(std::string_view sqlstate) {
    return sqlstate != "23502" &&
           (sqlstate.starts_with("22") || sqlstate.starts_with("23") || sqlstate.starts_with("54"));
}

// How a table's columns take rows.
Result<TableForm> form_of(Connection& connection, const MapTable& table) {
    TableForm form;
    auto extra = has_extra(connection, table);
    if (!extra) return std::move(extra).error();
    form.extra = *extra;
    // COPY does not pass policies that guard rows.
    auto types = connection.query(
        "SELECT bool_and(NOT c.relrowsecurity AND CASE a.attname"
        " WHEN 'value' THEN a.atttypid IN ('jsonb'::regtype, 'json'::regtype, 'bytea'::regtype)"
        " WHEN 'ts_counter' THEN a.atttypid = 'int4'::regtype"
        " WHEN 'is_deleted' THEN a.atttypid = 'bool'::regtype"
        " WHEN 'is_backup' THEN a.atttypid = 'bool'::regtype"
        " WHEN 'map_name' THEN a.atttypid IN ('text'::regtype, 'varchar'::regtype)"
        " WHEN 'key' THEN a.atttypid IN ('text'::regtype, 'varchar'::regtype)"
        " WHEN 'ts_node_id' THEN a.atttypid IN ('text'::regtype, 'varchar'::regtype)"
        " ELSE a.atttypid = 'int8'::regtype OR a.attname NOT IN ('ts_millis', 'expiration_time',"
        "  'created_at', 'updated_at') END),"
        " bool_or(a.attname = 'value' AND a.atttypid = 'json'::regtype)"
        " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped",
        {Parameter(table.quoted())});
    if (!types) return std::move(types).error();
    form.plain = types->at(0, 0) == "t";
    form.json = types->at(0, 1) == "t";
    return form;
}

std::string create_statements(const std::string& table, Generation generation) {
    const auto name = quoted_name(table);
    if (generation == Generation::jsonb) {
        return "CREATE TABLE IF NOT EXISTS " + name +
               " (map_name TEXT NOT NULL, key TEXT NOT NULL, value JSONB,"
               " ts_millis BIGINT NOT NULL, ts_counter INTEGER NOT NULL,"
               " ts_node_id TEXT NOT NULL, is_deleted BOOLEAN DEFAULT FALSE,"
               " PRIMARY KEY (map_name, key))";
    }
    return "CREATE TABLE IF NOT EXISTS " + name +
           " (map_name TEXT NOT NULL, key TEXT NOT NULL, value BYTEA NOT NULL,"
           " expiration_time BIGINT NOT NULL DEFAULT 0, is_backup BOOLEAN NOT NULL DEFAULT FALSE,"
           " created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,"
           " PRIMARY KEY (map_name, key, is_backup));"
           "CREATE INDEX IF NOT EXISTS " +
           quoted_name("idx_" + table + "_map") + " ON " + name +
           " (map_name);"
           "CREATE INDEX IF NOT EXISTS " +
           quoted_name("idx_" + table + "_expiry") + " ON " + name +
           " (map_name, expiration_time) WHERE expiration_time > 0";
}

}  // namespace

Result<MapTable> create_map_table(Connection& connection, std::string_view name,
                                  Generation generation) {
    if (name.find('.') != std::string_view::npos) {
        return Error(Errc::usage, "table " + std::string(name) +
                                      ": create it yourself, or name one without a schema");
    }
    const auto statements = create_statements(std::string(name), generation);
    TOPGUN_TRY(connection.run(create_in_turn(std::string(name), statements)));
    auto table = find_map_table(connection, name);
    if (table && table->generation != generation) {
        return Error(Errc::usage, "table " + table->shown() + " is of the other server's kind");
    }
    return table;
}

void RefusedRows::insert(std::string place) {
    constexpr std::size_t kMost = 2'000'000;
    if (places_.size() < kMost) places_.insert(std::move(place));
}

// Names with U+0000 are refused whatever they stand for, so these texts cannot be mistaken.
void RefusedRows::add(MapKind kind, std::string_view map, std::string_view key) {
    insert(std::string(map_kind_name(kind)) + '\0' + std::string(map) + '\0' + std::string(key));
}

void RefusedRows::add_tag(std::string_view map, std::string_view key, std::string_view tag) {
    insert("tag" + ('\0' + std::string(map)) + '\0' + std::string(key) + '\0' + std::string(tag));
}

void RefusedRows::add(const RefusedRows& other) {
    for (const auto& place : other.places_) insert(place);
}

bool RefusedRows::has(const MapId& map, const Row& row) const {
    if (places_.empty()) return false;
    RefusedRows one;
    if (map.kind == MapKind::or_map) {
        one.add_tag(map.name, row.removed ? std::string_view() : row.key, row.tag);
    }
    if (!row.removed) one.add(map.kind, map.name, row.key);
    return std::any_of(one.places_.begin(), one.places_.end(),
                       [this](const auto& place) { return places_.contains(place); });
}

void TableWriteReport::add(const TableWriteReport& other) {
    inserted += other.inserted;
    updated += other.updated;
    removed += other.removed;
    tombstones += other.tombstones;
    inexact += other.inexact;
    removed_tags += other.removed_tags;
    unchanged += other.unchanged;
    batches += other.batches;
    retries += other.retries;
    refused += other.refused;
    refused_rows.add(other.refused_rows);
    for (const auto& text : other.refusals) {
        if (refusals.size() < maptable::kMaxListedDamage) refusals.push_back(text);
    }
}

void TableWriteReport::refuse(std::string_view map, std::string_view key, const std::string& why) {
    ++refused;
    if (refusals.size() >= maptable::kMaxListedDamage) return;
    const auto shown = [](std::string_view text) { return repair_utf8(text.substr(0, 64)); };
    refusals.push_back("map " + shown(map) + ", key " + shown(key) + ": " + why);
}

Result<MapTable> choose_or_create_table(Connection& connection, const std::string& wanted,
                                        Generation create, bool& created) {
    auto table = find_map_table(connection, wanted);
    created = !table && table.error().code() == Errc::not_found;
    if (!created) return table;
    return create_map_table(connection, wanted.empty() ? kDefaultTable : wanted, create);
}

TableWriter::TableWriter(ConnectOptions connecting, MapTable table, TableWriteOptions options)
    : connecting_(std::move(connecting)),
      table_(std::move(table)),
      options_(std::move(options)),
      batch_(std::make_unique<TableBatch>()),
      form_(std::make_unique<TableForm>()) {}

TableWriter::~TableWriter() = default;

Result<std::unique_ptr<TableWriter>> TableWriter::open(ConnectOptions connecting, MapTable table,
                                                       TableWriteOptions options) {
    auto name = extra_name(table);
    if (!name) return std::move(name).error();
    std::unique_ptr<TableWriter> out(
        new TableWriter(std::move(connecting), std::move(table), std::move(options)));
    TOPGUN_TRY(out->connect());
    const auto nothing_in = [&](const std::string& quoted) -> Result<bool> {
        auto rows = out->connection_->query("SELECT 1 FROM " + quoted + " LIMIT 1");
        if (!rows) return std::move(rows).error();
        return rows->size() == 0;
    };
    auto empty = nothing_in(out->table_.quoted());
    if (empty && *empty && out->form_->extra) empty = nothing_in(quoted_extra(out->table_));
    if (!empty) return std::move(empty).error();
    out->empty_ = *empty;
    return out;
}

Status TableWriter::connect() {
    auto connection = Connection::open(connecting_);
    if (!connection) return std::move(connection).error();
    connection_ = std::move(*connection);
    database_ = connection_->name();
    auto form = form_of(*connection_, table_);
    if (!form) return std::move(form).error();
    *form_ = *form;
    return {};
}

Status TableWriter::add(const Op& op) {
    ++ops_;
    // An OR-Map's key comes as several ops: it is not torn apart, or it would be merged twice.
    const bool full =
        batch_->keys() >= options_.batch_keys || batch_->bytes() >= options_.batch_bytes;
    if (full && !batch_->has(op)) TOPGUN_TRY(flush());
    if (auto added = batch_->add(op); !added) refuse(op, added.error().text(), report_);
    return {};
}

Status TableWriter::flush() {
    if (batch_->empty()) return {};
    TOPGUN_TRY(write(*batch_, true));
    for (const auto& [map, tags] : batch_->tags()) unsettled_[map].insert(tags.begin(), tags.end());
    batch_ = std::make_unique<TableBatch>();
    return {};
}

// What the database will never take is found by halving. @param last  nothing of the batch follows.
Status TableWriter::write(const TableBatch& batch, bool last) {
    auto status = write_whole(batch, last);
    if (status || !is_of_data(refused_by_)) return status;
    // A key that is replaced cannot come in two parts.
    const auto halves = batch.halves(!options_.overwrite);
    if (!halves) {
        batch.refuse_all(status.error().text(), report_);
        return {};
    }
    TOPGUN_TRY(write(halves->first, false));
    return write(halves->second, last);
}

Status TableWriter::write_whole(const TableBatch& batch, bool last) {
    auto backoff = std::chrono::milliseconds(options_.backoff_ms);
    for (unsigned attempts = 1;; ++attempts) {
        bool passing = false;
        auto status = attempt(batch, last, passing);
        if (status) return {};
        const bool stopped = connecting_.stop && connecting_.stop();
        if (!passing || stopped || attempts >= options_.attempts) return status;
        ++report_.retries;
        std::this_thread::sleep_for(backoff);
        backoff *= 2;
    }
}

// Leaves the connection ready for another attempt, or null; `passing` says whether it is worth one.
Status TableWriter::attempt(const TableBatch& batch, bool last, bool& passing) {
    passing = true;
    refused_by_.clear();
    if (connection_ == nullptr) TOPGUN_TRY(connect());
    auto options = options_;
    if (!last) options.with_batch = {};
    auto look = empty_ ? Look::none : Look::optimistic;
    for (;;) {
        BatchTransaction transaction(*connection_, table_, *form_, options, batch, look);
        auto status = transaction.run();
        if (status) {
            form_->extra = transaction.has_extra();
            report_.add(transaction.report());
            return {};
        }
        const auto code = status.error().code();
        const auto failure = connection_->failure();
        const bool of_server = code == Errc::unreachable || code == Errc::io;
        passing = of_server && failure.transient();
        if (of_server && failure.lost()) {
            connection_ = nullptr;
            return status;
        }
        TOPGUN_TRY(connection_->run("ROLLBACK"));
        if (!met_another_writer(failure)) {
            refused_by_ = failure.sqlstate;
            return status;
        }
        empty_ = false;
        passing = true;
        if (look == Look::locked) return Error(Errc::locked, status.error().text());
        look = look == Look::none ? Look::optimistic : Look::locked;
    }
}

Status TableWriter::finish() {
    TOPGUN_TRY(flush());
    const auto unsettled = std::exchange(unsettled_, {});
    for (const auto& [map, tags] : unsettled) TOPGUN_TRY(settle(map, tags));
    return flush();
}

Status TableWriter::settle(const std::string& map, const std::unordered_set<std::string>& tags) {
    std::vector<std::pair<std::string, std::string>> met;  // key, tag
    TableReadOptions reading;
    reading.maps = {map};
    reading.keep_going = true;
    maptable::ReadReport report;
    TOPGUN_TRY(read_map_table(
        *connection_, table_, reading,
        [&](const Op& op) -> Status {
            if (op.kind == OpKind::or_add && tags.contains(std::string(op.tag))) {
                met.emplace_back(op.key, op.tag);
            }
            return {};
        },
        report));
    for (const auto& [key, tag] : met) {
        Op op;
        op.kind = OpKind::or_remove;
        op.map = map;
        op.key = key;
        op.tag = tag;
        TOPGUN_TRY(add(op));
    }
    return {};
}

}  // namespace topgun::pg
