// SPDX-License-Identifier: Apache-2.0
// Lists of ascending numbers in few bytes: which documents hold a word, and which words a document.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "topgun/base/bytes.hpp"

namespace topgun::search {

/// Seven bits a byte, the lowest first; the top bit says that more follow.
inline void append_varint(Bytes& out, std::uint64_t value) {
    while (value >= 0x80) {
        out += static_cast<char>(value | 0x80);
        value >>= 7;
    }
    out += static_cast<char>(value);
}

/// @pre append_varint() wrote what stands at `at`.
inline std::uint64_t read_varint(const char*& at) {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        const auto byte = static_cast<unsigned char>(*at++);
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
}

/// A word's occurrences in one field of one document.
struct Posting {
    std::uint32_t doc = 0;
    std::uint32_t field = 0;
    std::uint32_t count = 0;
};

/// Postings of one word, by document, then field. Grows at its end only.
class PostingList {
public:
    /// @pre not before what was appended last.
    void append(const Posting& posting);
    std::size_t bytes() const noexcept { return bytes_.size(); }

    /// Reads document by document.
    class Cursor {
    public:
        static constexpr std::uint32_t kEnd = std::numeric_limits<std::uint32_t>::max();

        /// @param weights  of fields by id; null counts every occurrence once. Outlives the cursor.
        Cursor(const PostingList& list, const double* weights) : Cursor(list, weights, 0, 0) {}
        /// Starts at the document appended last.
        static Cursor at_last(const PostingList& list, const double* weights) {
            return {list, weights, list.last_at_, list.before_last_};
        }

        std::uint32_t doc() const noexcept { return doc_; }
        double frequency() const noexcept { return frequency_; }
        /// Goes to the next document; doc() is kEnd behind the last one.
        void next() {
            doc_ = ahead_.doc;
            if (doc_ == kEnd) return;
            frequency_ = weighed(ahead_);
            // In its other fields, too.
            for (look_ahead(); ahead_.doc == doc_; look_ahead()) frequency_ += weighed(ahead_);
        }

        /// Calls visit(posting) for each posting of the list.
        template <typename Visit>
        static void for_each(const PostingList& list, Visit&& visit) {
            const char* at = list.bytes_.data();
            const char* const end = at + list.bytes_.size();
            std::uint32_t doc = 0;
            while (at != end) visit(read(at, doc));
        }

    private:
        Cursor(const PostingList& list, const double* weights, std::uint32_t from,
               std::uint32_t before)
            : at_(list.bytes_.data() + from),
              end_(list.bytes_.data() + list.bytes_.size()),
              weights_(weights),
              last_(before) {
            look_ahead();
            next();
        }
        void look_ahead() { ahead_ = at_ == end_ ? Posting{kEnd, 0, 0} : read(at_, last_); }
        double weighed(const Posting& posting) const {
            return weights_ == nullptr ? posting.count : posting.count * weights_[posting.field];
        }
        static Posting read(const char*& at, std::uint32_t& doc) {
            doc += static_cast<std::uint32_t>(read_varint(at));
            const auto field = read_varint(at);
            // The lowest bit says whether the word stands there more than once.
            const auto count = (field & 1) == 0 ? 1 : read_varint(at);
            return {doc, static_cast<std::uint32_t>(field >> 1), static_cast<std::uint32_t>(count)};
        }

        const char* at_;
        const char* end_;
        const double* weights_;
        std::uint32_t last_;  // the document that the next one is told from
        Posting ahead_;       // read, but not part of `frequency_` yet
        std::uint32_t doc_ = kEnd;
        double frequency_ = 0;
    };

private:
    Bytes bytes_;
    std::uint32_t last_ = 0;
    std::uint32_t last_at_ = 0;      // where the last document begins
    std::uint32_t before_last_ = 0;  // the document before it
    bool empty_ = true;
};

/// Ascending numbers, none twice.
class NumberList {
public:
    /// Replaces the content. @pre ascending.
    void assign(const std::vector<std::uint32_t>& numbers);
    /// Appends all numbers to `out`.
    void read(std::vector<std::uint32_t>& out) const;
    std::size_t bytes() const noexcept { return bytes_.size(); }

private:
    Bytes bytes_;
};

}  // namespace topgun::search
