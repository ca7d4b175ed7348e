// SPDX-License-Identifier: Apache-2.0
#include "row_block.hpp"

#include "topgun/base/utf.hpp"
#include "topgun/clock/timestamp.hpp"

namespace topgun::storage {
namespace {

constexpr std::uint64_t kKnownFlags = kTombstone | kSameKey | kTagIsStamp | kHasTtl;

// A row's columns, roughly: what size() adds for each.
constexpr std::size_t kRowOverhead = 16;

Error damaged(const char* what) {
    return Error(Errc::bad_input, std::string("block: ") + what);
}

// Texts that stand one after the other: well-formed as a whole, and none begins inside a character.
bool are_utf8(BytesView texts, const std::vector<std::uint64_t>& sizes) {
    if (!is_utf8(texts)) return false;
    std::size_t at = 0;
    for (const auto size : sizes) {
        if (at < texts.size() && (static_cast<unsigned char>(texts[at]) & 0xc0) == 0x80)
            return false;
        at += size;
    }
    return true;
}

}  // namespace

void RowBlockBuilder::start(const MapId& map) {
    map_ = map;
    clear();
}

void RowBlockBuilder::clear() {
    removed_ = false;
    rows_ = 0;
    size_ = 0;
    nodes_.clear();
    key_hashes_.clear();
    for (auto* column :
         {&flags_, &node_of_, &millis_, &counter_, &ttl_, &key_size_, &tag_size_, &value_size_}) {
        column->clear();
    }
    keys_.clear();
    tags_.clear();
    values_.clear();
}

std::uint64_t RowBlockBuilder::node(std::string_view name) {
    auto& seen = seen_nodes_[recent_node_slot(name)];
    if (seen < nodes_.size() && nodes_[seen] == name) return seen;
    seen = nodes_.size();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (nodes_[i] == name) return seen = i;
    }
    nodes_.emplace_back(name);
    size_ += name.size();
    return nodes_.size() - 1;
}

void RowBlockBuilder::add(const Row& row) {
    if (rows_ == 0) {
        first_hash_ = row.key_hash;
        removed_ = row.removed;
    }
    ++rows_;
    size_ += kRowOverhead;
    if (row.removed) {
        // Tags of removed records are stamps too, mostly; then only their fields are stored.
        std::uint64_t flags = 0;
        const auto stamp = parse_stamp(row.tag);
        if (stamp) {
            flags |= kTagIsStamp;
            node_of_.push_back(node(stamp->node));
            millis_.push_back(stamp->millis);
            counter_.push_back(stamp->counter);
        } else {
            tag_size_.push_back(row.tag.size());
            tags_.append(row.tag);
            size_ += row.tag.size();
        }
        flags_.push_back(flags);
        return;
    }
    std::uint64_t flags = 0;
    if (rows_ > 1 && row.key == last_key()) {
        flags |= kSameKey;
    } else {
        key_size_.push_back(row.key.size());
        keys_.append(row.key);
        size_ += row.key.size();
    }
    key_hashes_.push_back(row.key_hash);
    node_of_.push_back(node(row.stamp.node));
    millis_.push_back(row.stamp.millis);
    counter_.push_back(row.stamp.counter);
    if (row.ttl_ms != kNoTtl) {
        flags |= kHasTtl;
        ttl_.push_back(row.ttl_ms);
    }
    if (map_.kind == MapKind::or_map) {
        format_stamp(row.stamp, tag_text_);
        if (row.tag == tag_text_) {
            flags |= kTagIsStamp;
        } else {
            tag_size_.push_back(row.tag.size());
            tags_.append(row.tag);
            size_ += row.tag.size();
        }
    }
    if (row.value.empty()) {
        flags |= kTombstone;
    } else {
        value_size_.push_back(row.value.size());
        values_.append(row.value);
        size_ += row.value.size();
    }
    flags_.push_back(flags);
}

void RowBlockBuilder::finish(Bytes& raw) {
    raw.clear();
    put_text(raw, map_.name);
    raw.push_back(static_cast<char>(map_.kind));
    put_varint(raw, rows_);
    put_varint(raw, nodes_.size());
    for (const auto& name : nodes_) put_text(raw, name);
    for (const auto* column :
         {&flags_, &node_of_, &millis_, &counter_, &ttl_, &key_size_, &tag_size_, &value_size_}) {
        put_column(raw, *column);
    }
    raw += keys_;
    raw += tags_;
    raw += values_;
    clear();
}

Status RowBlock::decode(BytesView raw, bool removed_tags) {
    rows.clear();
    removed_ = removed_tags;
    PackedReader in(raw);
    TOPGUN_TRY(read_head(in, raw));
    Texts texts;
    TOPGUN_TRY(read_columns(in, raw, texts));
    TOPGUN_TRY(build_rows(texts));
    if (map.kind == MapKind::or_map) {
        for (const auto& row : rows) {
            if (row.tag.empty()) return damaged("a record has no tag");
        }
    }
    for (std::size_t i = 1; i < rows.size(); ++i) {
        if (compare_place(rows[i - 1], rows[i]) >= 0) return damaged("its rows are out of order");
    }
    return {};
}

Status RowBlock::read_head(PackedReader& in, BytesView raw) {
    map.name = in.text();
    const auto kind = in.byte();
    const auto count = in.varint();
    const auto node_count = in.varint();
    // Rows differ in some column, so each takes a byte at least; and so does the name of a node.
    if (!in.ok() || kind > static_cast<std::uint8_t>(MapKind::counter) || count > raw.size() ||
        node_count > in.left()) {
        return damaged("its head is malformed");
    }
    map.kind = static_cast<MapKind>(kind);
    if (removed_ && map.kind != MapKind::or_map) return damaged("only OR-Maps have removed tags");
    nodes_.clear();
    for (std::uint64_t i = 0; i < node_count; ++i) {
        nodes_.push_back(in.text());
        if (!is_utf8(nodes_.back())) return damaged("a node id is not UTF-8");
    }
    if (!is_utf8(map.name)) return damaged("the map's name is not UTF-8");
    if (!in.column(count, flags_)) return damaged("its flags are malformed");
    return {};
}

Status RowBlock::read_columns(PackedReader& in, BytesView raw, Texts& texts) {
    std::size_t stamps = 0, ttls = 0, keys = 0, tags = 0, values = 0;
    for (const auto flags : flags_) {
        if ((flags & ~kKnownFlags) != 0) return damaged("it has unknown flags");
        const bool explicit_tag = (flags & kTagIsStamp) == 0;
        if (removed_) {
            stamps += explicit_tag ? 0 : 1;
            tags += explicit_tag ? 1 : 0;
            continue;
        }
        ++stamps;
        ttls += (flags & kHasTtl) != 0 ? 1 : 0;
        keys += (flags & kSameKey) == 0 ? 1 : 0;
        values += (flags & kTombstone) == 0 ? 1 : 0;
        tags += map.kind == MapKind::or_map && explicit_tag ? 1 : 0;
    }
    if (!in.column(stamps, node_of_) || !in.column(stamps, millis_) ||
        !in.column(stamps, counter_) || !in.column(ttls, ttl_) || !in.column(keys, key_size_) ||
        !in.column(tags, tag_size_) || !in.column(values, value_size_)) {
        return damaged("a column is malformed");
    }
    std::uint64_t sums[3] = {};
    const std::vector<std::uint64_t>* sizes[3] = {&key_size_, &tag_size_, &value_size_};
    for (int i = 0; i < 3; ++i) {
        for (const auto size : *sizes[i]) {
            if (size > raw.size() - sums[i]) return damaged("its texts are longer than the block");
            sums[i] += size;
        }
    }
    texts.keys = in.bytes(sums[0]);
    texts.tags = in.bytes(sums[1]);
    texts.values = in.bytes(sums[2]);
    if (!in.ok() || !in.at_end()) return damaged("its size does not match its content");
    if (!are_utf8(texts.keys, key_size_)) return damaged("a key is not UTF-8");
    if (!are_utf8(texts.tags, tag_size_)) return damaged("a tag is not UTF-8");
    return {};
}

Status RowBlock::build_rows(Texts texts) {
    const auto cut = [](BytesView& from, std::uint64_t size) {
        const auto text = from.substr(0, size);
        from.remove_prefix(size);
        return text;
    };
    const auto count = flags_.size();
    rows.clear();
    rows.reserve(count);
    tag_text_.clear();
    tag_ends_.clear();
    std::size_t stamps = 0, ttls = 0, keys = 0, tags = 0, values = 0;
    for (std::size_t i = 0; i < count; ++i) {
        auto& row = rows.emplace_back();
        row.removed = removed_;
        const auto flags = flags_[i];
        const bool tag_is_stamp = (flags & kTagIsStamp) != 0;
        if (!removed_ || tag_is_stamp) {
            const auto s = stamps++;
            if (node_of_[s] >= nodes_.size() || counter_[s] > kMaxCounter ||
                millis_[s] > kMaxMillis) {
                return damaged("a stamp is out of range");
            }
            row.stamp = {millis_[s], static_cast<std::uint32_t>(counter_[s]), nodes_[node_of_[s]]};
        }
        if (map.kind == MapKind::or_map) {
            if (tag_is_stamp) {
                format_stamp(row.stamp, stamp_text_);
                tag_text_ += stamp_text_;
                tag_ends_.push_back(tag_text_.size());
            } else {
                row.tag = cut(texts.tags, tag_size_[tags++]);
            }
        }
        if (removed_) {
            row.stamp = {};
            continue;
        }
        if ((flags & kSameKey) != 0) {
            if (i == 0) return damaged("its first row refers to a row before it");
            row.key = rows[i - 1].key;
            row.key_hash = rows[i - 1].key_hash;
        } else {
            row.key = cut(texts.keys, key_size_[keys++]);
            row.key_hash = fnv1a(row.key);
        }
        if ((flags & kHasTtl) != 0) row.ttl_ms = ttl_[ttls++];
        if (row.ttl_ms > kMaxMillis && row.ttl_ms != kNoTtl)
            return damaged("a time to live is too long");
        if ((flags & kTombstone) == 0) row.value = cut(texts.values, value_size_[values++]);
        if (row.value.empty() && map.kind != MapKind::lww) return damaged("a record has no value");
    }
    // Texts of tags are complete now and will not move any more.
    std::size_t from = 0, next = 0;
    for (std::size_t i = 0; i < rows.size() && next < tag_ends_.size(); ++i) {
        if ((flags_[i] & kTagIsStamp) == 0) continue;
        rows[i].tag = BytesView(tag_text_).substr(from, tag_ends_[next] - from);
        from = tag_ends_[next++];
    }
    return {};
}

}  // namespace topgun::storage
