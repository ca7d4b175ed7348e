// SPDX-License-Identifier: Apache-2.0
// CSV out: two passes over the state, because the header names fields that later rows bring.
#include <algorithm>
#include <map>

#include "csv_table.hpp"
#include "topgun/storage/text_formats.hpp"
#include "topgun/value/json.hpp"

namespace topgun {

using namespace storage;

namespace {

constexpr std::size_t kBuffer = std::size_t{256} * 1024;

bool is_map(BytesView value) {
    return !value.empty() && ValueView(value).kind() == msgpack::Kind::map;
}

template <typename Visit>
Status for_each_state_row(const StateReader& state, Visit&& visit) {
    for (const auto& map : state.maps()) {
        const auto take = [&](const Row& row) { return visit(map, row); };
        auto removed = state.removed_tags(map);
        if (!removed) return std::move(removed).error();
        TOPGUN_TRY(for_each_row(**removed, take));
        auto rows = state.rows(map);
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(for_each_row(**rows, take));
    }
    return {};
}

class CsvWriter {
public:
    CsvWriter(const StateReader& state, const std::function<Status(std::string_view)>& write)
        : state_(state), write_(write) {}

    Status run() {
        TOPGUN_TRY(find_fields());
        write_header();
        TOPGUN_TRY(for_each_state_row(state_, [this](const MapId& map, const Row& row) {
            write_row(map, row);
            return out_.size() < kBuffer ? Status() : flush();
        }));
        return flush();
    }

private:
    Status find_fields() {
        TOPGUN_TRY(for_each_state_row(state_, [&](const MapId& map, const Row& row) {
            if (map.kind == MapKind::counter || !is_map(row.value)) return Status();
            std::size_t place = 0;
            ValueView(row.value).for_each_field([&](std::string_view field, const ValueView&) {
                if (find(field, place++) != fields_.end()) return;
                if (fields_.size() < kMaxFieldColumns && !is_reserved(field)) {
                    fields_.emplace(std::string(field), std::size_t{0});
                }
            });
            return Status();
        }));
        std::size_t position = 0;
        for (auto& [field, at] : fields_) at = position++;
        cells_.resize(fields_.size());
        return {};
    }

    using Fields = std::map<std::string, std::size_t, std::less<>>;

    // Rows of one map have the same fields, mostly: what stood at this place in the row before is
    // tried first.
    Fields::iterator find(std::string_view field, std::size_t place) {
        if (place < hints_.size() && hints_[place] != fields_.end() &&
            hints_[place]->first == field) {
            return hints_[place];
        }
        const auto found = fields_.find(field);
        if (place >= hints_.size() && place < kMaxFieldColumns)
            hints_.resize(place + 1, fields_.end());
        if (place < hints_.size()) hints_[place] = found;
        return found;
    }

    // A column cannot have no name, nor the name of one of ours.
    static bool is_reserved(std::string_view field) {
        return field.empty() ||
               std::find(kCsvColumns.begin(), kCsvColumns.end(), field) != kCsvColumns.end();
    }

    void write_header() {
        for (const auto name : kCsvColumns) {
            if (!out_.empty()) out_ += ',';
            out_ += name;
        }
        for (const auto& [name, position] : fields_) {
            out_ += ',';
            append_text_cell(name, false, out_);
        }
        out_ += '\n';
    }

    void write_row(const MapId& map, const Row& row) {
        for (auto& cell : cells_) cell.clear();
        const bool deleted = row.removed || (map.kind == MapKind::lww && row.value.empty());
        const bool split = map.kind != MapKind::counter && is_map(row.value);
        const bool whole = !row.value.empty() && !(split && split_fields(row.value));
        append_name(map.name);
        out_ += ',';
        out_ += map_kind_name(map.kind);
        out_ += ',';
        if (!row.removed) append_name(row.key);
        out_ += ',';
        if (!row.removed && map.kind != MapKind::counter) append_stamp(row.stamp);
        out_ += ',';
        if (row.ttl_ms != kNoTtl && !deleted) out_ += std::to_string(row.ttl_ms);
        out_ += ',';
        if (row.removed || (map.kind == MapKind::or_map && row.tag != format_stamp(row.stamp))) {
            append_text_cell(row.tag, false, out_);
        }
        out_ += deleted ? ",true," : ",,";
        if (whole) {
            json_.clear();
            append_json(row.value, json_);
            append_text_cell(json_, false, out_);
        }
        for (const auto& cell : cells_) {
            out_ += ',';
            out_ += cell;
        }
        out_ += '\n';
    }

    // Fills cells_ from a map's fields. True when they say all of the value.
    bool split_fields(BytesView value) {
        bool complete = true;
        std::size_t count = 0;  // of the fields so far
        ValueView(value).for_each_field([&](std::string_view name, const ValueView& part) {
            const auto found = find(name, count++);
            if (found == fields_.end()) {
                complete = false;
                return;
            }
            complete = field_text(part, text_) && complete;
            const bool is_text = part.kind() == msgpack::Kind::string;
            if (is_text)
                append_text_cell(text_, true, cells_[found->second]);
            else
                append_text_cell(text_, false, cells_[found->second]);
        });
        return complete && count > 0;
    }

    void append_name(std::string_view name) {
        if (name.empty())
            out_ += "\"\"";
        else
            append_text_cell(name, false, out_);
    }

    void append_stamp(const Stamp& stamp) {
        if (has_text_form(stamp)) {
            append_text_cell(format_stamp(stamp), false, out_);
        } else {
            json_.clear();
            append_stamp_object(stamp, json_);
            append_text_cell(json_, false, out_);
        }
    }

    Status flush() {
        if (out_.empty()) return {};
        auto status = write_(out_);
        out_.clear();
        return status;
    }

    const StateReader& state_;
    const std::function<Status(std::string_view)>& write_;
    Fields fields_;  // name -> place in cells_
    std::vector<Fields::iterator> hints_;
    std::vector<std::string> cells_;
    std::string out_, text_, json_;
};

}  // namespace

Status write_csv(const StateReader& state, const std::function<Status(std::string_view)>& write) {
    return CsvWriter(state, write).run();
}

}  // namespace topgun
