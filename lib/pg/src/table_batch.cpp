// SPDX-License-Identifier: Apache-2.0
#include "table_batch.hpp"

#include <algorithm>
#include <utility>

#include "topgun/base/check.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/replica/row.hpp"

namespace topgun::pg {
namespace {

std::string place(std::string_view map, std::string_view key) {
    std::string out(map);
    out += '\0';
    out += key;
    return out;
}

// Ops that make a key's state.
template <typename Take>
void for_each_op_of(const TableBatch::Key& key, Take&& take) {
    const auto& record = key.incoming.record();
    Op op;
    op.map = key.map;
    op.key = key.key;
    op.kind = OpKind::or_remove;
    for (const auto& tag : record.removed_tags) {
        op.tag = tag;
        take(op);
    }
    for (const auto& entry : record.entries) {
        op.kind = record.kind == MapKind::or_map ? OpKind::or_add
                  : entry.value.empty()          ? OpKind::remove
                                                 : OpKind::put;
        op.stamp = entry.stamp.view();
        op.tag = entry.tag;
        op.value = entry.value;
        op.ttl_ms = entry.ttl_ms;
        take(op);
    }
}

}  // namespace

void refuse(const Op& op, const std::string& why, TableWriteReport& report) {
    report.refuse(op.map, op.key, why);
    switch (op.kind) {
        case OpKind::or_add: return report.refused_rows.add_tag(op.map, op.key, op.tag);
        case OpKind::or_remove: return report.refused_rows.add_tag(op.map, {}, op.tag);
        default: return report.refused_rows.add(map_kind_of(op.kind), op.map, op.key);
    }
}

void refuse(const TableBatch::Key& key, const std::string& why, TableWriteReport& report) {
    report.refuse(key.map, key.key, why);
    report.refused_rows.add(key.incoming.kind(), key.map, key.key);
    for (const auto& tag : key.incoming.record().removed_tags) {
        report.refused_rows.add_tag(key.map, {}, tag);
    }
}

void refuse_tag(const std::string& map, const std::string& tag, const std::string& why,
                TableWriteReport& report) {
    report.refuse(map, "", "removed tag " + repair_utf8(tag.substr(0, 64)) + ": " + why);
    report.refused_rows.add_tag(map, {}, tag);
}

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
        double p = 0, n = 0, had_p = 0, had_n = 0;
        if (!decode_counter_entry(op.value, p, n)) return Error(Errc::bad_input, "no two counts");
        auto& entry = counters_[{std::string(op.map), std::string(op.key)}];
        if (entry.empty()) bytes_ += op.map.size() + op.key.size() + op.value.size();
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
        keys_.push_back(
            {std::string(op.map), std::string(op.key), maptable::KeyState(map_kind_of(op.kind))});
        bytes_ += op.map.size() + op.key.size() + sizeof(Key);
    }
    auto& key = keys_[at->second];
    if (key.incoming.kind() != map_kind_of(op.kind)) {
        return Error(Errc::bad_input, "it is a key of an LWW map and of an OR-Map");
    }
    if (key.incoming.merge(op)) bytes_ += op.value.size() + op.tag.size();
    return {};
}

// In the order in which they are to be written: removals first.
template <typename Take>
void TableBatch::for_each_op(Take&& take) const {
    Op op;
    op.kind = OpKind::or_remove;
    for (const auto& [map, tags] : tags_) {
        op.map = map;
        for (const auto& tag : tags) {
            op.tag = tag;
            take(op, true);
        }
    }
    op = {};
    op.kind = OpKind::counter;
    for (const auto& [name, value] : counters_) {
        op.map = name.first;
        op.key = name.second;
        op.value = value;
        take(op, true);
    }
    for (const auto& key : keys_) {
        bool first = true;
        for_each_op_of(key, [&](const Op& one) { take(one, std::exchange(first, false)); });
    }
}

std::optional<std::pair<TableBatch, TableBatch>> TableBatch::halves(bool tear_keys) const {
    // Keys stay whole as long as there are several of them.
    std::size_t units = 0, ops = 0;
    for_each_op([&](const Op&, bool new_unit) {
        ++ops;
        units += new_unit ? 1 : 0;
    });
    const bool by_ops = units == 1;
    const auto size = by_ops ? ops : units;
    if (size < 2 || (by_ops && !tear_keys)) return std::nullopt;
    std::pair<TableBatch, TableBatch> out;
    std::size_t at = 0;
    for_each_op([&](const Op& op, bool new_unit) {
        at += by_ops || new_unit ? 1 : 0;
        const auto added = (at <= size / 2 ? out.first : out.second).add(op);
        TOPGUN_ASSERT(added, "what was taken once is taken again");
    });
    return out;
}

void TableBatch::refuse_all(const std::string& why, TableWriteReport& report) const {
    for (const auto& [map, tags] : tags_) {
        for (const auto& tag : tags) refuse_tag(map, tag, why, report);
    }
    for (const auto& [name, value] : counters_) {
        report.refuse(name.first, name.second, why);
        report.refused_rows.add(MapKind::counter, name.first, name.second);
    }
    for (const auto& key : keys_) {
        const auto& record = key.incoming.record();
        const bool part = record.kind == MapKind::or_map &&
                          record.entries.size() + record.removed_tags.size() == 1;
        if (!part) {
            refuse(key, why, report);
            continue;
        }
        for_each_op_of(key, [&](const Op& op) { topgun::pg::refuse(op, why, report); });
    }
}

}  // namespace topgun::pg
