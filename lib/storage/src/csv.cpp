// SPDX-License-Identifier: Apache-2.0
// CSV in: a header names the columns, each row is one record.
#include <algorithm>
#include <charconv>

#include "csv_table.hpp"
#include "topgun/replica/row.hpp"
#include "topgun/storage/text_formats.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun {

using namespace storage;

namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr auto kColumns = static_cast<std::size_t>(CsvColumn::field);

class CsvReader {
public:
    CsvReader(BytesView text, const TextReadOptions& options, const OpSink& sink,
              TextCounts& counts, std::vector<TextDamage>& damage)
        : options_(options),
          sink_(sink),
          counts_(counts),
          notes_(text, options.keep_going, counts, damage),
          rows_(text),
          from_(text.data()) {}

    Status run() {
        auto read = rows_.next();
        count_lines();
        if (read == CsvRows::Read::end) return {};
        if (read == CsvRows::Read::bad) return notes_.fatal(rows_.problem());
        if (!header()) return notes_.fatal(problem_);
        while ((read = rows_.next()) != CsvRows::Read::end) {
            count_lines();
            if (read == CsvRows::Read::bad) {
                TOPGUN_TRY(notes_.note(rows_.problem()));
                continue;
            }
            Op op;
            if (!row(op)) {
                TOPGUN_TRY(notes_.note(problem_));
                continue;
            }
            TOPGUN_TRY(sink_(op));
            ++counts_.ops;
        }
        count_lines();
        return {};
    }

private:
    struct Field {
        std::string name;
        std::size_t column;
    };

    void count_lines() {
        const char* const to = rows_.position();
        counts_.lines += static_cast<std::uint64_t>(std::count(from_, to, '\n'));
        if (to == rows_.end() && to != from_ && to[-1] != '\n') ++counts_.lines;
        from_ = to;
    }

    bool fail(const char* at, std::string what) {
        problem_ = {at, std::move(what), Errc::bad_input};
        return false;
    }

    bool header();
    bool place_column(std::size_t index, const CsvCell& cell);
    bool row(Op& op);
    bool read_kind(TextRecord& record);
    bool read_stamp(TextRecord& record);
    bool read_ttl(TextRecord& record);
    bool read_deleted(TextRecord& record);
    bool read_value(TextRecord& record);
    bool compare_fields();
    void fields_value(std::size_t given);

    // The cell of a column, or null when the column or its text is not there.
    const CsvCell* cell(CsvColumn column) const {
        const auto index = columns_[static_cast<std::size_t>(column)];
        if (index == kNone) return nullptr;
        const auto& found = rows_.cells()[index];
        return found.is_absent() ? nullptr : &found;
    }

    static constexpr std::size_t kNone = ~std::size_t{0};

    const TextReadOptions& options_;
    const OpSink& sink_;
    TextCounts& counts_;
    DamageNotes notes_;
    CsvRows rows_;
    const char* from_;  // up to here lines are counted
    std::array<std::size_t, kColumns> columns_{};
    std::vector<Field> fields_;  // sorted by name, the order of a canonical value
    std::size_t width_ = 0;
    Problem problem_;
    Bytes value_, stamp_value_, typed_;
    std::string tag_text_, text_;
};

bool CsvReader::header() {
    columns_.fill(kNone);
    const auto& cells = rows_.cells();
    width_ = cells.size();
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (!place_column(i, cells[i])) return false;
    }
    std::sort(fields_.begin(), fields_.end(),
              [](const Field& a, const Field& b) { return a.name < b.name; });
    const auto twin =
        std::adjacent_find(fields_.begin(), fields_.end(),
                           [](const auto& a, const auto& b) { return a.name == b.name; });
    if (twin != fields_.end()) {
        return fail(cells[std::max(twin->column, (twin + 1)->column)].at,
                    "the column " + quoted(twin->name) + " is there twice");
    }
    const auto has = [this](CsvColumn column) {
        return columns_[static_cast<std::size_t>(column)] != kNone;
    };
    if (!has(CsvColumn::key)) {
        return fail(rows_.row_begin(), "no column is named " + quoted(options_.key_column) +
                                           ", which must hold the keys");
    }
    if (!has(CsvColumn::map) && options_.default_map.empty()) {
        return fail(rows_.row_begin(), "no column is named '_map', and no map was named otherwise");
    }
    return true;
}

bool CsvReader::place_column(std::size_t index, const CsvCell& cell) {
    if (cell.text.empty()) return fail(cell.at, "the column has no name");
    auto place = kNone;
    if (cell.text == options_.key_column) {
        place = static_cast<std::size_t>(CsvColumn::key);
    } else if (cell.text == "_key") {
        return fail(cell.at,
                    "both '_key' and " + quoted(options_.key_column) + " could hold the keys");
    } else {
        for (std::size_t i = 0; i < kColumns; ++i) {
            if (cell.text == kCsvColumns[i]) place = i;
        }
    }
    if (place == kNone) {
        fields_.push_back({std::string(cell.text), index});
        return true;
    }
    if (columns_[place] != kNone) {
        return fail(cell.at, "the column " + quoted(cell.text) + " is there twice");
    }
    columns_[place] = index;
    return true;
}

bool CsvReader::row(Op& op) {
    const auto& cells = rows_.cells();
    if (cells.size() != width_) {
        const char* const at = cells.size() > width_ ? cells[width_].at : rows_.row_begin();
        return fail(at, "expected " + std::to_string(width_) + " cells, as in the header, found " +
                            std::to_string(cells.size()));
    }
    TextRecord record;
    if (const auto* found = cell(CsvColumn::map)) record.map = found->text;
    if (const auto* found = cell(CsvColumn::key)) record.key = found->text;
    if (const auto* found = cell(CsvColumn::tag)) record.tag = found->text;
    if (!read_kind(record) || !read_stamp(record) || !read_ttl(record) || !read_deleted(record) ||
        !read_value(record)) {
        return false;
    }
    auto wrong = make_op(record, options_, tag_text_, op);
    return wrong.empty() || fail(rows_.row_begin(), std::move(wrong));
}

bool CsvReader::read_kind(TextRecord& record) {
    const auto* found = cell(CsvColumn::kind);
    if (found == nullptr) return true;
    const auto kind = parse_map_kind(found->text);
    if (!kind) return fail(found->at, "expected the kind lww, or or counter");
    record.kind = *kind;
    return true;
}

bool CsvReader::read_stamp(TextRecord& record) {
    const auto* found = cell(CsvColumn::stamp);
    if (found == nullptr) return true;
    if (!found->text.starts_with('{')) {
        auto stamp = parse_stamp(found->text);
        if (!stamp) return fail(found->at, stamp.error().text());
        record.stamp = *stamp;
        return true;
    }
    auto parsed = parse_json(found->text);
    if (!parsed) return fail(found->at, "_ts: " + parsed.error().text());
    stamp_value_ = std::move(*parsed);
    Stamp stamp;
    auto wrong = read_stamp_map(stamp_value_, stamp);
    if (!wrong.empty()) return fail(found->at, std::move(wrong));
    record.stamp = stamp;
    return true;
}

bool CsvReader::read_ttl(TextRecord& record) {
    const auto* found = cell(CsvColumn::ttl);
    if (found == nullptr) return true;
    const auto* const end = found->text.data() + found->text.size();
    const auto parsed = std::from_chars(found->text.data(), end, record.ttl_ms);
    if (parsed.ec == std::errc() && parsed.ptr == end && record.ttl_ms <= kMaxMillis) return true;
    return fail(found->at, "expected _ttl, a whole number of milliseconds up to 2^53 - 1");
}

bool CsvReader::read_deleted(TextRecord& record) {
    const auto* found = cell(CsvColumn::deleted);
    if (found == nullptr || found->text == "false") return true;
    if (found->text != "true") return fail(found->at, "expected true, false or nothing");
    record.deleted = true;
    return true;
}

bool CsvReader::read_value(TextRecord& record) {
    std::size_t given = 0;
    for (const auto& field : fields_) given += rows_.cells()[field.column].is_absent() ? 0 : 1;
    if (const auto* whole = cell(CsvColumn::value)) {
        auto parsed = parse_json(whole->text);
        if (!parsed) return fail(whole->at, "_value: " + parsed.error().text());
        value_ = std::move(*parsed);
        if (given > 0 && !compare_fields()) return false;
        double positive = 0, negative = 0;
        if (record.kind == MapKind::counter && decode_counter_entry(value_, positive, negative)) {
            value_.clear();
            encode_counter_entry(positive, negative, value_);
        }
        record.value = value_;
        return true;
    }
    // A row of nothing but absent fields is the empty map, unless there is no field that could be.
    const bool is_value = given > 0 || (!record.deleted && !fields_.empty());
    if (!is_value) return true;
    fields_value(given);
    record.value = value_;
    return true;
}

// Fields beside a whole value are there to be looked at. One that says something else was edited:
// which of the two is meant only its author knows.
bool CsvReader::compare_fields() {
    const ValueView value{value_};
    for (const auto& field : fields_) {
        const auto& found = rows_.cells()[field.column];
        if (found.is_absent()) continue;
        const auto part = value.find(field.name);
        if (part) {
            field_text(*part, text_);
            if (text_ == found.text) continue;
            // Spreadsheets write 5.0 as 5.
            typed_.clear();
            append_typed(found.text, typed_);
            const auto number = ValueView{typed_}.as_double();
            if (number && part->as_double() == number) continue;
        }
        return fail(found.at, "the field " + quoted(field.name) +
                                  (part ? " differs from" : " is not in") +
                                  " _value; leave one of the two empty");
    }
    return true;
}

void CsvReader::fields_value(std::size_t given) {
    value_.clear();
    msgpack::Writer writer(value_);
    writer.map(given);
    for (const auto& field : fields_) {
        const auto& found = rows_.cells()[field.column];
        if (found.is_absent()) continue;
        writer.string(field.name);
        if (found.quoted)
            writer.string(found.text);
        else
            append_typed(found.text, value_);
    }
}

}  // namespace

Status read_csv_records(BytesView text, const TextReadOptions& options, const OpSink& sink,
                        TextCounts& counts, std::vector<TextDamage>& damage) {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    return CsvReader(text, options, sink, counts, damage).run();
}

}  // namespace topgun
