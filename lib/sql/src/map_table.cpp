// SPDX-License-Identifier: Apache-2.0
#include "map_table.hpp"

#include <algorithm>

#include "cast.hpp"
#include "topgun/replica/record_row.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sql {
namespace {

// What a column wants of a record, settled before the first row.
struct Wanted {
    MapSource source = MapSource::key;
    std::size_t column = 0;  // of the batch
};
// Fields in the order in which canonical maps have them.
struct WantedField {
    std::string name;
    std::size_t column = 0;
};

bool is_map(BytesView value) {
    return !value.empty() && msgpack::Reader(value).peek() == msgpack::Kind::map;
}

// A value as text where its column is a text: strings as they are, all else as JSON.
void add_as_text(Column& out, BytesView value) {
    const ValueView view(value);
    if (const auto text = view.as_string()) return out.add_bytes(*text);
    std::string json;
    append_json(value, json);
    out.add_bytes(json);
}

// A value that its declared type cannot hold becomes NULL: another writer's record must not keep
// the rest of the map from being read.
void add_parsed_text(Column& out, BytesView value) {
    const auto text = ValueView(value).as_string();
    if (!text || !add_parsed(out, *text)) out.add_null();
}

void add_field(Column& out, BytesView value, bool declared) {
    const auto type = out.type().id;
    if (type == TypeId::json) {
        const bool null = !declared && msgpack::Reader(value).next_is_nil();
        return null ? out.add_null() : out.add_bytes(value);
    }
    msgpack::Reader reader(value);
    msgpack::Token token;
    if (!reader.next(token) || token.kind == msgpack::Kind::nil) return out.add_null();
    switch (type) {
        case TypeId::boolean:
            if (token.kind == msgpack::Kind::boolean) return out.add_boolean(token.boolean);
            break;
        case TypeId::bigint:
            if (token.kind == msgpack::Kind::integer &&
                (token.negative || token.bits <= static_cast<std::uint64_t>(INT64_MAX))) {
                return out.add_integer(token.as_signed());
            }
            break;
        case TypeId::real:
            if (token.kind == msgpack::Kind::real) return out.add_real(token.real);
            if (token.kind == msgpack::Kind::integer) {
                return out.add_real(token.negative ? static_cast<double>(token.as_signed())
                                                   : static_cast<double>(token.bits));
            }
            break;
        case TypeId::text:
            if (token.kind == msgpack::Kind::string) return out.add_bytes(token.bytes);
            return add_as_text(out, value);
        case TypeId::bytea:
            if (token.kind == msgpack::Kind::binary) return out.add_bytes(token.bytes);
            return add_parsed_text(out, value);
        case TypeId::numeric:
            if (token.kind == msgpack::Kind::integer) {
                return out.add_decimal(
                    token.negative ? Decimal(token.as_signed())
                                   : Decimal::from_parts(static_cast<Int128>(token.bits), 0));
            }
            if (token.kind == msgpack::Kind::real) {
                const auto number = Decimal::from_double(token.real);
                return number ? out.add_decimal(*number) : out.add_null();
            }
            return add_parsed_text(out, value);
        case TypeId::list:
            if (token.kind == msgpack::Kind::array) return out.add_bytes(value);
            break;
        default: return add_parsed_text(out, value);
    }
    out.add_null();
}

constexpr std::int64_t kMicrosPerMilli = 1000;

class MapScan final : public TableScan {
public:
    MapScan(const MapTable& table, std::span<const std::size_t> columns) : table_(table) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const auto source = table.sources()[columns[i]];
            const auto& column = table.columns()[columns[i]];
            types_.push_back(column.type);
            if (source == MapSource::field)
                fields_.push_back({column.name, i});
            else
                wanted_.push_back({source, i});
        }
        std::sort(fields_.begin(), fields_.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
    }

    Status open(std::vector<HashRange> ranges) {
        const auto& rows = table_.from();
        if (rows.base != nullptr && rows.base->has(table_.id())) {
            auto cursor = rows.base->rows(table_.id(), ranges);
            if (!cursor) return std::move(cursor).error();
            base_ = std::move(*cursor);
        }
        if (rows.changed != nullptr && rows.changed->has(table_.id())) {
            auto cursor = rows.changed->rows(table_.id(), std::move(ranges));
            if (!cursor) return std::move(cursor).error();
            changed_ = std::move(*cursor);
            changes_ = rows.changes->find(table_.id());
        }
        return {};
    }
    void open(std::unique_ptr<RowCursor> rows) { base_ = std::move(rows); }
    /// Only records with one of these keys.
    void only(std::vector<std::string> keys) {
        keys_ = std::move(keys);
        std::sort(keys_->begin(), keys_->end());
    }

    /// The moment from which on one of the records given so far is expired.
    std::uint64_t first_expiry() const noexcept { return first_expiry_; }

    Result<bool> next(Batch& out) override {
        std::vector<std::shared_ptr<Column>> columns;
        for (const auto type : types_) {
            columns.push_back(std::make_shared<Column>(type));
            columns.back()->reserve(kBatchRows);
        }
        std::size_t count = 0;
        while (count < kBatchRows) {
            if (at_ == rows_.size()) {
                auto more = refill();
                if (!more) return more;
                if (!*more) break;
                continue;
            }
            const auto& row = rows_[at_++];
            if (!is_live(row)) continue;
            add(row, columns);
            ++count;
        }
        out = {};
        out.rows = count;
        for (auto& column : columns) out.columns.push_back(std::move(column));
        return count > 0;
    }

private:
    Result<bool> refill() {
        at_ = 0;
        rows_ = {};
        while (base_) {
            auto rows = base_->next();
            if (!rows) return std::move(rows).error();
            if (rows->empty()) {
                base_.reset();
                break;
            }
            rows_ = *rows;
            from_base_ = true;
            return true;
        }
        if (!changed_) return false;
        auto rows = changed_->next();
        if (!rows) return std::move(rows).error();
        rows_ = *rows;
        from_base_ = false;
        return !rows->empty();
    }

    bool is_live(const Row& row) {
        if (row.removed || row.is_lww_tombstone()) return false;
        if (is_expired(row.stamp.millis, row.ttl_ms, table_.now_ms())) return false;
        if (row.ttl_ms != kNoTtl && row.ttl_ms != 0) {
            first_expiry_ = std::min(first_expiry_, row.stamp.millis + row.ttl_ms);
        }
        if (keys_ && !std::binary_search(keys_->begin(), keys_->end(), row.key)) return false;
        if (!from_base_ || changes_ == nullptr) return true;
        // What was changed comes from the changes.
        if (const auto* lww = std::get_if<LwwMap>(&changes_->crdt)) return !lww->find(row.key);
        if (const auto* tags = std::get_if<OrMap>(&changes_->crdt)) {
            return !tags->is_removed(row.tag) && !tags->find_record(row.key, row.tag);
        }
        return true;
    }

    void add(const Row& row, std::vector<std::shared_ptr<Column>>& columns) {
        for (const auto& one : wanted_) add_system(row, one.source, *columns[one.column]);
        if (!fields_.empty()) add_fields(row.value, columns);
    }

    // Names mostly differ in their first byte.
    static int compare(std::string_view a, const std::string& b) {
        if (!a.empty() && !b.empty() && a[0] != b[0]) {
            return static_cast<unsigned char>(a[0]) < static_cast<unsigned char>(b[0]) ? -1 : 1;
        }
        return a.compare(b);
    }

    // Both the record's fields and the wanted ones are sorted: one pass finds them all.
    void add_fields(BytesView value, std::vector<std::shared_ptr<Column>>& columns) {
        std::size_t next = 0;
        msgpack::Reader reader(value);
        std::uint32_t pairs = 0;
        if (is_map(value) && reader.read_map(pairs)) {
            for (std::uint32_t i = 0; i < pairs && next < fields_.size(); ++i) {
                std::string_view name;
                if (!reader.read_string(name)) break;
                int order = 1;
                while (next < fields_.size() && (order = compare(name, fields_[next].name)) > 0) {
                    columns[fields_[next++].column]->add_null();
                }
                BytesView field;
                if (!reader.skip(field)) break;
                if (next < fields_.size() && order == 0) {
                    add_field(*columns[fields_[next++].column], field, table_.is_declared());
                }
            }
        }
        while (next < fields_.size()) columns[fields_[next++].column]->add_null();
    }

    void add_system(const Row& row, MapSource source, Column& out) {
        const auto has_ttl = row.ttl_ms != kNoTtl && row.ttl_ms != 0;
        switch (source) {
            case MapSource::key: return out.add_bytes(row.key);
            case MapSource::value:
                return is_map(row.value) ? out.add_null() : out.add_bytes(row.value);
            case MapSource::record: return out.add_bytes(row.value);
            case MapSource::time:
                return out.add_integer(static_cast<std::int64_t>(row.stamp.millis) *
                                       kMicrosPerMilli);
            case MapSource::counter: return out.add_integer(row.stamp.counter);
            case MapSource::node: return out.add_bytes(row.stamp.node);
            case MapSource::stamp: return out.add_bytes(format_stamp(row.stamp));
            case MapSource::map: return out.add_bytes(table_.id().name);
            case MapSource::tag: return out.add_bytes(row.tag);
            case MapSource::ttl:
                return has_ttl ? out.add_integer(static_cast<std::int64_t>(row.ttl_ms))
                               : out.add_null();
            case MapSource::expires:
                return has_ttl ? out.add_integer(
                                     static_cast<std::int64_t>(row.stamp.millis + row.ttl_ms) *
                                     kMicrosPerMilli)
                               : out.add_null();
            case MapSource::positive:
            case MapSource::negative:
            case MapSource::sum: {
                double p = 0, n = 0;
                if (!decode_counter_entry(row.value, p, n)) return out.add_null();
                return out.add_real(source == MapSource::positive   ? p
                                    : source == MapSource::negative ? n
                                                                    : p - n);
            }
            case MapSource::field: break;
        }
        out.add_null();
    }

    const MapTable& table_;
    std::vector<DataType> types_;
    std::vector<Wanted> wanted_;
    std::vector<WantedField> fields_;
    std::unique_ptr<RowCursor> base_, changed_;
    const Replica::Map* changes_ = nullptr;
    std::optional<std::vector<std::string>> keys_;
    std::span<const Row> rows_;
    std::size_t at_ = 0;
    bool from_base_ = false;
    std::uint64_t first_expiry_ = UINT64_MAX;
};

// The slices from `first` on, before `end`, of so many that all hashes are cut into.
std::vector<HashRange> range_of(std::size_t first, std::size_t end, std::size_t slices) {
    constexpr std::uint64_t kAll = std::uint64_t{1} << 32;
    if (first == end) return {};
    return {{static_cast<std::uint32_t>(kAll * first / slices),
             static_cast<std::uint32_t>(kAll * end / slices - 1)}};
}

// A map that does not change, slice by slice: what the cache has of one is not read again.
class CachedScan final : public TableScan {
public:
    /// @param columns  at least one. @param shown  how many of them the batches have.
    CachedScan(const MapTable& table, std::vector<std::size_t> columns,
               std::vector<CachedColumnId> ids, std::size_t shown, std::shared_ptr<CachedMap> cache,
               std::size_t first, std::size_t end)
        : table_(table),
          columns_(std::move(columns)),
          ids_(std::move(ids)),
          shown_(shown),
          cache_(std::move(cache)),
          next_slice_(first),
          end_slice_(end) {}

    Result<bool> next(Batch& out) override {
        while (at_ == slice_[0].size()) {
            if (next_slice_ == end_slice_) return false;
            TOPGUN_TRY(load(next_slice_++));
        }
        out = {};
        out.rows = slice_[0][at_]->size();
        for (std::size_t i = 0; i < shown_; ++i) out.columns.push_back(slice_[i][at_]);
        ++at_;
        return true;
    }

private:
    Status load(std::size_t slice) {
        at_ = 0;
        auto found = cache_->find(slice, ids_, table_.now_ms());
        std::vector<std::size_t> missing;
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (!found[i]) missing.push_back(i);
        }
        if (!missing.empty()) TOPGUN_TRY(read(slice, missing, found));
        slice_.clear();
        for (auto& batches : found) slice_.push_back(std::move(*batches));
        return {};
    }

    Status read(std::size_t slice, const std::vector<std::size_t>& missing,
                std::vector<std::optional<CachedMap::Batches>>& found) {
        std::vector<std::size_t> columns;
        std::vector<CachedColumnId> ids;
        for (const auto i : missing) {
            columns.push_back(columns_[i]);
            ids.push_back(ids_[i]);
        }
        MapScan scan(table_, columns);
        TOPGUN_TRY(scan.open(range_of(slice, slice + 1, cache_->slices())));
        CachedMap::Read read;
        read.columns.resize(missing.size());
        for (Batch batch;;) {
            auto more = scan.next(batch);
            if (!more) return std::move(more).error();
            if (!*more) break;
            for (std::size_t i = 0; i < missing.size(); ++i) {
                read.columns[i].push_back(batch.columns[i]);
            }
        }
        read.from_ms = table_.now_ms();
        read.until_ms = scan.first_expiry();
        cache_->keep(slice, ids, read);
        for (std::size_t i = 0; i < missing.size(); ++i) {
            found[missing[i]] = std::move(read.columns[i]);
        }
        return {};
    }

    const MapTable& table_;
    std::vector<std::size_t> columns_;
    std::vector<CachedColumnId> ids_;
    std::size_t shown_;
    std::shared_ptr<CachedMap> cache_;
    std::size_t next_slice_, end_slice_, at_ = 0;
    std::vector<CachedMap::Batches> slice_{1};  // of each column its part of each batch
};

// Records that nothing but the session has made, in the order in which they were written last, as
// tables of databases mostly have them.
class WrittenOrder final : public RowCursor {
public:
    WrittenOrder(const LwwMap& map, std::size_t part, std::size_t parts) {
        rows_.reserve(map.size());
        map.for_each([this](std::string_view key, std::uint32_t hash, const LwwRecord& record) {
            rows_.push_back(record_row(key, hash, record));
        });
        std::sort(rows_.begin(), rows_.end(),
                  [](const Row& a, const Row& b) { return a.stamp < b.stamp; });
        const auto first = rows_.size() * part / parts, last = rows_.size() * (part + 1) / parts;
        rows_.resize(last);
        left_ = std::span<const Row>(rows_).subspan(first);
    }
    Result<std::span<const Row>> next() override { return std::exchange(left_, {}); }

private:
    std::vector<Row> rows_;
    std::span<const Row> left_;
};

}  // namespace

DataType column_type(const KindCounts& kinds) {
    const auto only = [&](std::initializer_list<FieldKind> allowed) {
        std::uint64_t count = kinds[FieldKind::nil];
        for (const auto kind : allowed) count += kinds[kind];
        return count == kinds.total() && count > kinds[FieldKind::nil];
    };
    if (only({FieldKind::integer})) return TypeId::bigint;
    if (only({FieldKind::integer, FieldKind::real})) return TypeId::real;
    if (only({FieldKind::integer, FieldKind::large})) return TypeId::numeric;
    if (only({FieldKind::string})) return TypeId::text;
    if (only({FieldKind::boolean})) return TypeId::boolean;
    if (only({FieldKind::binary})) return TypeId::bytea;
    return TypeId::json;
}

void MapTable::add(std::string name, DataType type, MapSource source, bool hidden, bool not_null) {
    const bool taken = std::any_of(columns_.begin(), columns_.end(),
                                   [&name](const TableColumn& one) { return one.name == name; });
    if (taken) return;
    columns_.push_back({std::move(name), type, hidden, not_null});
    sources_.push_back(source);
}

void MapTable::add_system(bool has_plain_values) {
    add("_value", TypeId::json, MapSource::value, !has_plain_values);
    add("_record", TypeId::json, MapSource::record, true);
    add("_ts", TypeId::timestamptz, MapSource::time, true, true);
    add("_counter", TypeId::bigint, MapSource::counter, true, true);
    add("_node", TypeId::text, MapSource::node, true, true);
    add("_hlc", TypeId::text, MapSource::stamp, true, true);
    add("_map", TypeId::text, MapSource::map, true, true);
    add("_ttl", TypeId::bigint, MapSource::ttl, true);
    add("_expires", TypeId::timestamptz, MapSource::expires, true);
}

Result<std::shared_ptr<const MapTable>> MapTable::infer(const MapId& id, MapRows rows,
                                                        std::uint64_t now_ms,
                                                        std::shared_ptr<CachedMap> cache) {
    std::shared_ptr<MapTable> out(new MapTable(id, rows, now_ms));
    out->cache_ = std::move(cache);
    FieldFacts fields;
    std::uint64_t count = 0;
    for (const auto* state : {rows.base, rows.changed}) {
        if (state == nullptr || !state->has(id)) continue;
        auto facts = state->summary(id);
        if (!facts) return std::move(facts).error();
        fields.add((*facts)->fields);
        count += (*facts)->live(now_ms);
    }
    out->count_ = count;
    if (id.kind == MapKind::counter) {
        out->add("_node", TypeId::text, MapSource::key, false, true);
        out->add("positive", TypeId::real, MapSource::positive, false, true);
        out->add("negative", TypeId::real, MapSource::negative, false, true);
        out->add("value", TypeId::real, MapSource::sum, false, true);
        out->add("_map", TypeId::text, MapSource::map, true, true);
        return std::shared_ptr<const MapTable>(std::move(out));
    }
    out->add("_key", TypeId::text, MapSource::key, false, true);
    if (id.kind == MapKind::or_map) out->add("_tag", TypeId::text, MapSource::tag, false, true);
    constexpr std::string_view kSystem[] = {"_key", "_tag",     "_value",  "_record",
                                            "_ts",  "_counter", "_node",   "_hlc",
                                            "_map", "_ttl",     "_expires"};
    for (const auto& [name, kinds] : fields.fields) {
        if (std::find(std::begin(kSystem), std::end(kSystem), name) != std::end(kSystem)) continue;
        out->add(name, column_type(kinds), MapSource::field, false);
    }
    auto plain = fields.whole;
    plain[FieldKind::map] = 0;
    out->add_system(plain.total() > 0);
    return std::shared_ptr<const MapTable>(std::move(out));
}

std::shared_ptr<const MapTable> MapTable::declared(const MapId& id, MapRows rows,
                                                   std::uint64_t now_ms,
                                                   const std::vector<DeclaredColumn>& columns,
                                                   std::shared_ptr<CachedMap> cache) {
    std::shared_ptr<MapTable> out(new MapTable(id, rows, now_ms));
    out->cache_ = std::move(cache);
    out->declared_ = true;
    for (const auto& column : columns) {
        out->add(column.name, column.type, MapSource::field, false, column.not_null);
    }
    out->add("_key", TypeId::text, MapSource::key, true, true);
    out->add_system(false);
    std::uint64_t count = 0;
    for (const auto* state : {rows.base, rows.changed}) {
        if (state == nullptr || !state->has(id)) continue;
        if (auto facts = state->summary(id)) count += (*facts)->live(now_ms);
    }
    if (rows.changes != nullptr && rows.changed == nullptr) {
        const auto* map = rows.changes->find(id);
        if (map != nullptr) count += std::get<LwwMap>(map->crdt).size();
    }
    out->count_ = count;
    return out;
}

bool MapTable::is_changed() const {
    return rows_.changes != nullptr && rows_.changes->find(id_) != nullptr;
}

std::vector<CachedColumnId> MapTable::cached_ids(std::span<const std::size_t> columns) const {
    std::vector<CachedColumnId> out;
    for (const auto column : columns) {
        out.push_back({columns_[column].name, columns_[column].type, declared_});
    }
    return out;
}

Result<std::unique_ptr<TableScan>> MapTable::scan(std::span<const std::size_t> columns,
                                                  std::size_t part, std::size_t parts,
                                                  const ScanHints& hints) const {
    // A part is made of whole slices whether it is read by way of the cache or not: other parts of
    // the same scan may decide otherwise.
    const auto slices = cache_ ? cache_->slices() : parts;
    const auto first = slices * part / parts, end = slices * (part + 1) / parts;
    if (cache_ && !is_changed() && !hints.keys) {
        std::vector<std::size_t> wanted(columns.begin(), columns.end());
        // Without any column the cache could not tell how many rows there are.
        const auto counter = std::find(sources_.begin(), sources_.end(), MapSource::counter);
        if (wanted.empty()) {
            const auto found = static_cast<std::size_t>(counter - sources_.begin());
            wanted.push_back(counter == sources_.end() ? 0 : found);
        }
        auto ids = cached_ids(wanted);
        if (part == 0 ? cache_->use(ids) : cache_->is_used(ids)) {
            return std::unique_ptr<TableScan>(std::make_unique<CachedScan>(
                *this, std::move(wanted), std::move(ids), columns.size(), cache_, first, end));
        }
    }
    auto out = std::make_unique<MapScan>(*this, columns);
    if (rows_.changes != nullptr && rows_.changed == nullptr) {
        if (hints.keys) out->only(*hints.keys);
        if (const auto* map = rows_.changes->find(id_)) {
            out->open(std::make_unique<WrittenOrder>(std::get<LwwMap>(map->crdt), part, parts));
        }
        return std::unique_ptr<TableScan>(std::move(out));
    }
    auto ranges = range_of(first, end, slices);
    if (ranges.empty()) return std::unique_ptr<TableScan>(std::move(out));
    if (hints.keys && id_.kind != MapKind::counter) {
        std::vector<std::uint32_t> hashes;
        for (const auto& key : *hints.keys) {
            const auto hash = fnv1a(key);
            if (hash >= ranges[0].first && hash <= ranges[0].last) hashes.push_back(hash);
        }
        std::sort(hashes.begin(), hashes.end());
        hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
        ranges.clear();
        for (const auto hash : hashes) ranges.push_back({hash, hash});
        out->only(*hints.keys);
        if (ranges.empty()) return std::unique_ptr<TableScan>(std::move(out));
    }
    TOPGUN_TRY(out->open(std::move(ranges)));
    return std::unique_ptr<TableScan>(std::move(out));
}

}  // namespace topgun::sql
