// SPDX-License-Identifier: Apache-2.0
// Full-text search: which documents hold which words, and how well they match.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/search/text_query.hpp"
#include "topgun/search/words.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::search {

struct TextOptions {
    WordOptions words{};
    double k1 = 1.2;  ///< How soon more of the same word stops to matter.
    double b = 0.75;  ///< How much long documents are held back, 0 to 1.
};

/// A piece of a document's text, borrowed.
struct FieldText {
    std::string_view field;
    std::string_view text;
};

/// Appends all strings of a value: those of a map by its top-level field, however deep they lie;
/// others under "_value". Cost: O(value). @param value  outlives what is appended.
TOPGUN_API void append_texts(ValueView value, std::vector<FieldText>& out);

/// How to look for words.
struct TextSearch {
    std::size_t limit = 10;
    double min_score = 0;  ///< Documents below it do not match.
    /// Weights of fields; 1 for those not listed, 0 hides a field. Finite and not negative.
    std::map<std::string, double, std::less<>> boosts{};
    /// Asked for documents that would be among the best; false passes over one. May be empty.
    std::function<bool(std::string_view key)> accept{};
    /// Asked for every document that matches; one for which it is false is not even counted. Scores
    /// are those of the whole index nevertheless. May be empty.
    std::function<bool(std::string_view key)> visible{};
};

struct TextHit {
    std::string key;
    double score = 0;
    /// The words that it has, as typed, in the order of the query; for prefixes the words found.
    std::vector<std::string> matched;
    bool operator==(const TextHit&) const = default;
};

struct TextHits {
    std::vector<TextHit> hits;  ///< Best first; of equal scores the smaller key first.
    /// Documents that match, whatever the limit. Those that `accept` was never asked about count.
    std::uint64_t total = 0;
};

struct TextIndexState;

/// An inverted index in memory, kept up to date document by document.
/// TG-SEA-001: it finds what one finds that is built afresh from the same documents.
///
/// Score (BM25): the sum over words of idf * f * (k1 + 1) / (f + k1 * (1 - b + b * length /
/// average)), idf = ln(1 + (N - n + 0.5) / (n + 0.5)), where f counts the word in the document,
/// each occurrence times the weight of its field, and lengths count words.
///
/// Memory: per document about 170 bytes and its key; per word in it about 5 bytes, whatever the
/// length of the word; per different word about 170 bytes. Replaced documents leave their postings
/// behind until a third of all is such; then the index is rewritten in one go.
/// Threads: one at a time.
class TOPGUN_API TextIndex {
public:
    /// Errors: usage as Words::create(), and for k1 or b out of range.
    static Result<TextIndex> create(TextOptions options = {});
    TextIndex(TextIndex&&) noexcept;
    TextIndex& operator=(TextIndex&&) noexcept;
    ~TextIndex();

    /// Adds or replaces a document. One without any word is the same as none.
    /// Cost: O(text), and now and then O(index) (see above).
    void set(std::string_view key, std::span<const FieldText> texts);
    void remove(std::string_view key);

    Result<TextQuery> parse(std::string_view text) const;
    /// The best documents. Cost: O(postings of the words); a prefix also looks at every word.
    /// Errors: bad_input for weights that are negative or not finite.
    Result<TextHits> find(const TextQuery& query, const TextSearch& search) const;
    /// How one document matches; empty when it does not, or is not visible. Does not ask `accept`.
    /// Cost: O(words of the query) for the document set last, otherwise as find().
    std::optional<TextHit> match(const TextQuery& query, const TextSearch& search,
                                 std::string_view key) const;

    std::size_t size() const noexcept;
    bool has(std::string_view key) const;
    /// Estimate of the memory that it holds. Cost: O(1).
    std::size_t bytes() const noexcept;

private:
    explicit TextIndex(std::unique_ptr<TextIndexState> state);
    std::unique_ptr<TextIndexState> state_;
};

}  // namespace topgun::search
