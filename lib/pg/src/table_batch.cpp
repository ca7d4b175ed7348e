// SPDX-License-Identifier: Apache-2.0
#include "table_batch.hpp"

#include <algorithm>

#include "topgun/replica/row.hpp"

namespace topgun::pg {
namespace {

std::string place(std::string_view map, std::string_view key) {
    std::string out(map);
    out += '\0';
    out += key;
    return out;
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

}  // namespace topgun::pg
