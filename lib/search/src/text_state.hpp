// SPDX-License-Identifier: Apache-2.0
// What a full-text index holds: documents, words, and who holds whom.
#pragma once

#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text_hash.hpp"
#include "text_postings.hpp"
#include "topgun/search/text_index.hpp"

namespace topgun::search {

struct TextTerm {
    std::string word;
    PostingList postings;
    std::uint32_t documents = 0;  // live ones; the postings may have dead ones, too
};

struct TextDocument {
    const std::string* key = nullptr;  // null when it was replaced or removed
    NumberList terms;
};

struct TextIndexState {
    TextIndexState(TextOptions chosen, Words splitter)
        : options(std::move(chosen)), words(std::move(splitter)) {}

    std::uint32_t term_id(std::string_view word);
    std::uint32_t field_id(std::string_view field);
    void add(const std::string& key, std::uint32_t id, std::span<const FieldText> texts);
    void drop(std::uint32_t id);
    void compact_if_due();
    void compact();

    std::size_t live() const { return keys.size(); }
    double average_words() const {
        return static_cast<double>(total_words) / static_cast<double>(live());
    }

    TextOptions options;
    Words words;
    // Documents are numbered in the order in which they came, so that postings only ever grow.
    std::vector<TextDocument> documents;
    // How many words each has; 0 when it was replaced or removed. Apart, because every score needs
    // one, and nothing else of most documents.
    std::vector<std::uint32_t> lengths;
    std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> keys;
    std::deque<TextTerm> terms;  // a deque, because `dictionary` views the words
    std::unordered_map<std::string_view, std::uint32_t> dictionary;
    std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> fields;
    std::uint64_t total_words = 0;
    std::size_t list_bytes = 0;  // of postings, forward lists, keys and words
};

}  // namespace topgun::search
