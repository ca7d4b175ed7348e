// SPDX-License-Identifier: Apache-2.0
#include "oracle.hpp"

#include <algorithm>

#include "topgun/replica/reserved.hpp"
#include "topgun/storage/server_storage.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {
namespace {

std::string record_name(std::string_view map, std::string_view key) {
    return "record " + std::string(map) + "/" + std::string(key);
}
std::string tag_name(std::string_view map, std::string_view tag) {
    return "tag " + std::string(map) + "/" + std::string(tag);
}
std::string entry_name(std::string_view map, std::string_view node) {
    return "counter " + std::string(map) + "/" + std::string(node);
}
// Fixed width, so that texts order as stamps do.
std::string stamp_text(const Stamp& stamp) {
    auto millis = std::to_string(stamp.millis), counter = std::to_string(stamp.counter);
    return std::string(16 - millis.size(), '0') + millis + ':' +
           std::string(10 - counter.size(), '0') + counter + ':' + std::string(stamp.node);
}
std::string record_text(const Stamp& stamp, BytesView value) {
    return stamp_text(stamp) + (value.empty() ? " removed" : " = " + to_hex(value));
}
std::string tag_text(std::string_view key, const Stamp& stamp, BytesView value) {
    return std::string(key) + " at " + stamp_text(stamp) + " = " + to_hex(value);
}
std::string entry_text(double positive, double negative) {
    return "+" + std::to_string(positive) + " -" + std::to_string(negative);
}
const std::string kRemovedTag = "removed";

}  // namespace

Facts facts_of(const SharedReplica& shared) {
    Facts out;
    const auto visit = [&](const MapId& map, const Row& row) -> Status {
        if (is_reserved_name(map.name)) return {};
        if (map.kind == MapKind::lww) {
            out[record_name(map.name, row.key)] = record_text(row.stamp, row.value);
        } else if (map.kind == MapKind::or_map) {
            out[tag_name(map.name, row.tag)] =
                row.removed ? kRemovedTag : tag_text(row.key, row.stamp, row.value);
        } else {
            double positive = 0, negative = 0;
            REQUIRE(decode_counter_entry(row.value, positive, negative));
            out[entry_name(map.name, row.key)] = entry_text(positive, negative);
        }
        return {};
    };
    must(visit_rows(shared, {}, visit));
    return out;
}

void drop_removed_tags(Facts& facts) {
    std::erase_if(facts, [](const auto& fact) { return fact.second == kRemovedTag; });
}

std::string difference(const Facts& expected, const Facts& found) {
    constexpr std::size_t kMost = 10;
    std::string out;
    std::size_t lines = 0;
    const auto tell = [&](const char* what, const std::string& name, const std::string& text) {
        if (++lines <= kMost) out += std::string(what) + name + " " + text + "\n";
    };
    for (const auto& [name, text] : expected) {
        const auto at = found.find(name);
        if (at != found.end() && at->second == text) continue;
        tell("  expected ", name, text);
        tell("     found ", name, at == found.end() ? "nothing" : at->second);
    }
    for (const auto& [name, text] : found) {
        if (!expected.contains(name)) tell("  unexpected ", name, text);
    }
    if (lines > kMost) out += "  and " + std::to_string(lines - kMost) + " more lines\n";
    return out;
}

void Oracle::add(const OwnedOp& op) {
    const auto stamp = op.stamp.view();
    switch (op.kind) {
        case OpKind::put:
        case OpKind::remove: {
            const Order order{stamp.millis, stamp.counter, std::string(stamp.node)};
            const auto name = record_name(op.map, op.key);
            const auto text = record_text(stamp, op.kind == OpKind::put ? BytesView(op.value) : "");
            const auto [at, added] = records_.try_emplace(name, order, text);
            if (!added && at->second.first < order) at->second = {order, text};
            break;
        }
        case OpKind::or_add:
            tags_[tag_name(op.map, op.tag)] = tag_text(op.key, stamp, op.value);
            break;
        case OpKind::or_remove: removed_.insert(tag_name(op.map, op.tag)); break;
        case OpKind::counter: {
            double positive = 0, negative = 0;
            REQUIRE(decode_counter_entry(op.value, positive, negative));
            auto& entry = counters_[entry_name(op.map, op.key)];
            entry.first = std::max(entry.first, positive);
            entry.second = std::max(entry.second, negative);
        }
    }
}

Facts Oracle::facts() const {
    Facts out;
    for (const auto& [name, record] : records_) out[name] = record.second;
    for (const auto& [name, text] : tags_) out[name] = text;
    for (const auto& name : removed_) out[name] = kRemovedTag;
    for (const auto& [name, entry] : counters_) out[name] = entry_text(entry.first, entry.second);
    return out;
}

bool Oracle::covers(const Facts& found, const OwnedOp& op, bool maybe_restamped) {
    if (op.kind == OpKind::or_add || op.kind == OpKind::or_remove) {
        return found.contains(tag_name(op.map, op.tag));
    }
    if (op.kind == OpKind::counter) return found.contains(entry_name(op.map, op.key));
    const auto at = found.find(record_name(op.map, op.key));
    if (at == found.end()) return false;
    return maybe_restamped ||
           at->second.substr(0, at->second.find(' ')) >= stamp_text(op.stamp.view());
}

}  // namespace topgun::test
