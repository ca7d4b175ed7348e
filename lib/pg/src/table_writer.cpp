// SPDX-License-Identifier: Apache-2.0
#include "topgun/pg/table_writer.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "extra_table.hpp"
#include "table_batch.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::pg {
namespace {

using maptable::Generation;

// What a COPY straight into the table ends with when a row was there after all, or a column is of
// another width than the server's own.
bool needs_a_look(const Failure& failure) {
    return failure.sqlstate == "23505" || failure.sqlstate == "22P03";
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
    TOPGUN_TRY(connection.run(create_statements(std::string(name), generation)));
    auto table = find_map_table(connection, name);
    if (table && table->generation != generation) {
        return Error(Errc::usage, "table " + table->shown() + " is of the other server's kind");
    }
    return table;
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
      batch_(std::make_unique<TableBatch>()) {}

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
    if (empty && *empty && out->has_extra_) empty = nothing_in(quoted_extra(out->table_));
    if (!empty) return std::move(empty).error();
    out->empty_ = *empty;
    return out;
}

Status TableWriter::connect() {
    auto connection = Connection::open(connecting_);
    if (!connection) return std::move(connection).error();
    connection_ = std::move(*connection);
    database_ = connection_->name();
    auto extra = pg::has_extra(*connection_, table_);
    if (!extra) return std::move(extra).error();
    has_extra_ = *extra;
    return {};
}

Status TableWriter::add(const Op& op) {
    ++ops_;
    // An OR-Map's key comes as several ops: it is not torn apart, or it would be merged twice.
    const bool full =
        batch_->keys() >= options_.batch_keys || batch_->bytes() >= options_.batch_bytes;
    if (full && !batch_->has(op)) TOPGUN_TRY(flush());
    if (auto added = batch_->add(op); !added) {
        report_.refuse(op.map, op.key, added.error().text());
    }
    return {};
}

Status TableWriter::flush() {
    if (batch_->empty()) return {};
    auto backoff = std::chrono::milliseconds(options_.backoff_ms);
    for (unsigned attempts = 1;; ++attempts) {
        bool passing = false;
        auto status = attempt(passing);
        if (status) break;
        const bool stopped = connecting_.stop && connecting_.stop();
        if (!passing || stopped || attempts >= options_.attempts) return status;
        ++report_.retries;
        std::this_thread::sleep_for(backoff);
        backoff *= 2;
    }
    for (const auto& [map, tags] : batch_->tags()) unsettled_[map].insert(tags.begin(), tags.end());
    batch_ = std::make_unique<TableBatch>();
    return {};
}

// Leaves the connection ready for another attempt, or null; `passing` says whether it is worth one.
Status TableWriter::attempt(bool& passing) {
    passing = true;
    if (connection_ == nullptr) TOPGUN_TRY(connect());
    for (;;) {
        BatchTransaction transaction(*connection_, table_, options_, *batch_, has_extra_, empty_);
        auto status = transaction.run();
        if (status) {
            has_extra_ = transaction.has_extra();
            report_.add(transaction.report());
            return {};
        }
        const auto code = status.error().code();
        const auto failure = connection_->failure();
        const bool of_server = code == Errc::unreachable || code == Errc::io;
        passing = code == Errc::locked || (of_server && failure.transient());
        if (of_server && failure.lost()) {
            connection_ = nullptr;
            return status;
        }
        TOPGUN_TRY(connection_->run("ROLLBACK"));
        if (!empty_ || !needs_a_look(failure)) return status;
        empty_ = false;
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
