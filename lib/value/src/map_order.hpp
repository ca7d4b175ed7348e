// SPDX-License-Identifier: Apache-2.0
// Writes maps in canonical order whatever order their entries arrive in: one implementation for
// every writer of canonical values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun {

/// Maps under construction at the end of a buffer, one inside the other. An entry is key(), then
/// the value's bytes appended by the caller, then end_value().
class MapOrder {
public:
    /// Where one open map stands. Positions, because the buffer moves as it grows.
    struct Open {
        std::size_t header;    // first byte of the header
        std::size_t body;      // first byte after it
        std::size_t first;     // the map's first entry in entries_
        std::size_t expected;  // pairs announced by the header
        bool sorted;
    };

    explicit MapOrder(Bytes& out) noexcept : out_(out) {}

    /// @param expected  pairs that will probably come; a good guess saves moving the body later.
    Open open(std::size_t expected) {
        Open map{out_.size(), 0, entries_.size(), expected, true};
        msgpack::Writer(out_).map(expected);
        map.body = out_.size();
        return map;
    }

    void key(Open& map, std::string_view name) {
        const auto begin = out_.size();
        msgpack::Writer(out_).string(name);
        const Entry entry{begin, out_.size() - name.size(), out_.size(), 0};
        const bool follows = entries_.size() == map.first || text(entries_.back()) < text(entry);
        map.sorted = map.sorted && follows;
        entries_.push_back(entry);
    }

    void end_value() { entries_.back().end = out_.size(); }

    /// Completes the map: sorted by key bytes, of equal keys the last.
    /// @return the pairs that are left.
    std::size_t close(const Open& map) {
        auto pairs = entries_.size() - map.first;
        if (!map.sorted) {
            pairs = rewrite(map);
        } else if (pairs != map.expected) {
            header_.clear();
            msgpack::Writer(header_).map(pairs);
            out_.replace(map.header, map.body - map.header, header_);
        }
        entries_.resize(map.first);
        return pairs;
    }

private:
    // Entries arrive at growing positions, so `begin` also says which of two equal keys came later.
    struct Entry {
        std::size_t begin = 0;     // first byte of the encoded key
        std::size_t text_at = 0;   // first byte of the key's text
        std::size_t text_end = 0;  // where the value begins
        std::size_t end = 0;
    };

    std::string_view text(const Entry& entry) const {
        return {out_.data() + entry.text_at, entry.text_end - entry.text_at};
    }

    std::size_t rewrite(const Open& map) {
        const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(map.first);
        std::sort(begin, entries_.end(), [this](const Entry& a, const Entry& b) {
            const auto order = text(a).compare(text(b));
            return order != 0 ? order < 0 : a.begin < b.begin;
        });
        const auto is_last = [this](auto at) {
            return at + 1 == entries_.end() || text(*at) != text(*(at + 1));
        };
        std::size_t kept = 0;
        for (auto at = begin; at != entries_.end(); ++at) kept += is_last(at) ? 1 : 0;
        sorted_.clear();
        msgpack::Writer(sorted_).map(kept);
        for (auto at = begin; at != entries_.end(); ++at) {
            if (is_last(at)) sorted_.append(out_, at->begin, at->end - at->begin);
        }
        out_.resize(map.header);
        out_ += sorted_;
        return kept;
    }

    Bytes& out_;
    Bytes sorted_;  // scratch of rewrite()
    Bytes header_;  // scratch of close()
    std::vector<Entry> entries_;
};

}  // namespace topgun
