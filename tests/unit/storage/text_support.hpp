// SPDX-License-Identifier: Apache-2.0
// What the tests of text formats share: ops that own what they borrow, random states, and readers
// that return everything at once.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "topgun/replica/replica.hpp"
#include "topgun/storage/text_formats.hpp"
#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

namespace topgun::test {

/// Ops with the texts that they point to.
class OwnedOps {
public:
    void add(const Op& op) {
        auto copy = op;
        copy.map = keep(op.map);
        copy.key = keep(op.key);
        copy.stamp.node = keep(op.stamp.node);
        copy.value = keep(op.value);
        copy.tag = keep(op.tag);
        copy.id = keep(op.id);
        ops_.push_back(copy);
    }
    const std::vector<Op>& all() const noexcept { return ops_; }
    std::size_t size() const noexcept { return ops_.size(); }
    const Op& operator[](std::size_t at) const { return ops_.at(at); }
    std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }

private:
    std::vector<Op> ops_;
    std::deque<std::string> texts_;
};

/// What a reader made of a text.
struct TextRead {
    OwnedOps ops;
    TextCounts counts;
    std::vector<TextDamage> damage;
    std::string error;  // empty when it succeeded
    Errc code = Errc::bad_input;
};

template <typename Read>
TextRead read_text(Read&& read, std::string_view text, const TextReadOptions& options) {
    TextRead out;
    // The bytes in a block of their own, so that a sanitizer sees a read past the end.
    const std::vector<char> exact(text.begin(), text.end());
    const auto status = read(
        BytesView(exact.data(), exact.size()), options,
        [&out](const Op& op) {
            out.ops.add(op);
            return Status();
        },
        out.counts, out.damage);
    if (!status) {
        out.error = status.error().text();
        out.code = status.error().code();
    }
    return out;
}

inline TextRead read_json(std::string_view text, const TextReadOptions& options = {}) {
    return read_text(read_json_records, text, options);
}
inline TextRead read_csv(std::string_view text, const TextReadOptions& options = {}) {
    return read_text(read_csv_records, text, options);
}

/// Everything an op says, as one text, to be compared and shown.
inline std::string op_text(const Op& op) {
    std::string out(op_kind_name(op.kind));
    for (const auto part : {op.map, op.key, op.tag, op.id}) out += " '" + std::string(part) + "'";
    out += ' ' + format_stamp(op.stamp);
    if (op.ttl_ms != kNoTtl) out += " ttl=" + std::to_string(op.ttl_ms);
    if (!op.value.empty()) {
        out += ' ';
        append_json(op.value, out);
    }
    return out;
}

/// The only op of a text that must be sound.
inline std::string only_op(const TextRead& read) {
    if (!read.error.empty()) return "error: " + read.error;
    if (read.ops.size() != 1) return std::to_string(read.ops.size()) + " ops";
    return op_text(read.ops[0]);
}

inline std::string random_node(Random& rng) {
    static constexpr const char* kNodes[] = {"n1", "node-a", "phone", "", ":", "a:b", "\"q\""};
    return rng.chance(0.2) ? random_text(rng) : kNodes[rng.below(7)];
}

/// Random ops of all kinds on a few maps and keys, with values of all kinds.
inline OwnedOps any_ops(Random& rng, std::size_t count, int max_depth) {
    OwnedOps ops;
    static constexpr const char* kMaps[] = {"users", "m", "\xc3\xa9:1", "a,b\"c\n"};
    for (std::size_t i = 0; i < count; ++i) {
        Op op;
        std::string key = rng.chance(0.1) ? random_text(rng) : "k" + std::to_string(rng.below(40));
        std::string node = random_node(rng);
        Bytes value = random_value(rng, max_depth);
        std::string tag =
            rng.chance(0.7) ? "" : "t" + std::to_string(rng.below(9)) + random_text(rng);
        op.map = kMaps[rng.below(4)];
        op.key = key;
        op.stamp = {rng() >> rng.between(11, 60), static_cast<std::uint32_t>(rng() >> 40), node};
        op.kind = static_cast<OpKind>(rng.below(5));
        if (op.kind == OpKind::put && value == BytesView("\xc0")) op.kind = OpKind::remove;
        if (op.kind == OpKind::put || op.kind == OpKind::or_add) {
            op.value = value;
            if (rng.chance(0.2)) op.ttl_ms = rng.below(100'000);
        }
        if (op.kind == OpKind::or_add || op.kind == OpKind::or_remove) {
            if (tag.empty()) tag = format_stamp(op.stamp);
            op.tag = tag;
        }
        if (op.kind == OpKind::or_remove && rng.chance(0.5)) op.stamp = {};
        if (op.kind == OpKind::counter) {
            const auto half = static_cast<double>(rng.below(1'000'000)) / 2;
            value.clear();
            encode_counter_entry(rng.chance(0.1) ? 0x1p60 : half, rng.unit(), value);
            op.value = value;
            op.stamp = {};
        }
        ops.add(op);
    }
    return ops;
}

inline std::unique_ptr<StateReader> state_of(const OwnedOps& ops) {
    auto replica = std::make_unique<Replica>();
    for (const auto& op : ops.all()) must(replica->apply(op));
    return own_replica(std::move(replica));
}

/// All ops that a state is made of.
inline OwnedOps state_ops(const StateReader& state) {
    OwnedOps ops;
    for (const auto& map : state.maps()) {
        const auto take = [&](const Row& row) { ops.add(row_op(map, row)); };
        must(for_each_row(*must(state.removed_tags(map)), take));
        must(for_each_row(*must(state.rows(map)), take));
    }
    return ops;
}

/// Names everything in a state: maps, kinds, records, removed tags.
inline std::string state_name(const StateReader& state) {
    std::vector<const MapFacts*> facts;
    for (const auto& map : state.maps()) facts.push_back(must(state.facts(map)));
    return hex(state_hash(facts));
}

}  // namespace topgun::test
