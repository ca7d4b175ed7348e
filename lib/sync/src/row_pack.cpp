// SPDX-License-Identifier: Apache-2.0
#include "row_pack.hpp"

#include "topgun/base/utf.hpp"
#include "topgun/base/varint.hpp"
#include "topgun/value/canonical.hpp"

namespace topgun::sync {
namespace {

enum Flag : unsigned char { kRemoved = 1, kNoValue = 2, kTtl = 4, kTag = 8, kStampTag = 16 };

void append_text(Bytes& out, std::string_view text) {
    append_varint(out, text.size());
    out += text;
}

class Unpacker {
public:
    Unpacker(BytesView block, MapKind kind) : rest_(block), kind_(kind) {}

    Result<UnpackedRows> run() {
        while (!rest_.empty()) {
            Row row;
            if (const char* fault = read(row)) {
                return Error(Errc::bad_input,
                             "row " + std::to_string(out_.rows.size()) + " of a block: " + fault);
            }
            out_.rows.push_back(row);
        }
        return std::move(out_);
    }

private:
    bool text(std::string_view& to) {
        std::uint64_t size = 0;
        if (!take_varint(rest_, size) || size > rest_.size()) return false;
        to = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
    }
    bool utf8(std::string_view& to) { return text(to) && is_utf8(to); }

    const char* read(Row& row) {
        const auto flags = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        if (flags > 31) return "unknown flags";
        if ((flags & kRemoved) != 0) {
            row.removed = true;
            if (kind_ != MapKind::or_map || flags != kRemoved) return "a removed tag out of place";
            return utf8(row.tag) && !row.tag.empty() ? nullptr : "bad tag";
        }
        if (!utf8(row.key)) return "bad key";
        row.key_hash = fnv1a(row.key);
        if (!read_stamp(row.stamp)) return "bad stamp";
        if ((flags & kTtl) != 0 && (!take_varint(rest_, row.ttl_ms))) return "bad time to live";
        if ((flags & kTag) != 0 && !utf8(row.tag)) return "bad tag";
        if ((flags & kStampTag) != 0) {
            row.tag = out_.texts.emplace_back(format_stamp(row.stamp));
        }
        if (row.tag.empty() == (kind_ == MapKind::or_map)) return "a tag out of place";
        if ((flags & kNoValue) == 0 && !read_value(row)) return "bad value";
        if (row.value.empty() && kind_ != MapKind::lww) return "no value";
        double positive = 0, negative = 0;
        if (kind_ == MapKind::counter && !decode_counter_entry(row.value, positive, negative)) {
            return "bad counts";
        }
        return nullptr;
    }

    bool read_stamp(Stamp& stamp) {
        std::uint64_t step = 0, counter = 0, node = 0;
        if (!take_varint(rest_, step) || !take_varint(rest_, counter) ||
            !take_varint(rest_, node)) {
            return false;
        }
        millis_ += static_cast<std::uint64_t>(from_zigzag(step));
        if (millis_ > kMaxMillis || counter > kMaxCounter || node > nodes_.size()) return false;
        if (node == nodes_.size()) {
            std::string_view name;
            if (!utf8(name) || name.find(':') != std::string_view::npos) return false;
            nodes_.push_back(name);
        }
        stamp = {millis_, static_cast<std::uint32_t>(counter), nodes_[node]};
        // Only a counter's entry has no stamp.
        return stamp.node.empty() == (kind_ == MapKind::counter);
    }

    bool read_value(Row& row) {
        BytesView value;
        if (!text(value) || value.empty()) return false;
        auto checked = canonical(value);
        if (!checked) return false;
        row.value = *checked == value ? value : out_.texts.emplace_back(std::move(*checked));
        return true;
    }

    BytesView rest_;
    MapKind kind_;
    std::uint64_t millis_ = 0;
    std::vector<std::string_view> nodes_;
    UnpackedRows out_;
};

}  // namespace

void RowPacker::add(const Row& row) {
    ++rows_;
    if (row.removed) {
        out_.push_back(kRemoved);
        return append_text(out_, row.tag);
    }
    unsigned char flags = 0;
    if (row.value.empty()) flags |= kNoValue;
    if (row.ttl_ms != kNoTtl) flags |= kTtl;
    if (!row.tag.empty()) {
        format_stamp(row.stamp, text_);
        flags |= text_ == row.tag ? kStampTag : kTag;
    }
    out_.push_back(static_cast<char>(flags));
    append_text(out_, row.key);
    append_varint(out_, to_zigzag(static_cast<std::int64_t>(row.stamp.millis - millis_)));
    millis_ = row.stamp.millis;
    append_varint(out_, row.stamp.counter);
    const auto [node, added] = nodes_.try_emplace(std::string(row.stamp.node), nodes_.size());
    append_varint(out_, node->second);
    if (added) append_text(out_, row.stamp.node);
    if ((flags & kTtl) != 0) append_varint(out_, row.ttl_ms);
    if ((flags & kTag) != 0) append_text(out_, row.tag);
    if ((flags & kNoValue) == 0) append_text(out_, row.value);
}

Bytes RowPacker::take() {
    rows_ = 0;
    millis_ = 0;
    nodes_.clear();
    return std::exchange(out_, {});
}

Result<UnpackedRows> unpack_rows(BytesView block, MapKind kind) {
    return Unpacker(block, kind).run();
}

}  // namespace topgun::sync
