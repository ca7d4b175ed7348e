// SPDX-License-Identifier: Apache-2.0
// The search itself: postings of all words side by side, document by document.
#include <algorithm>
#include <cmath>

#include "text_state.hpp"

namespace topgun::search {
namespace {

using Cursor = PostingList::Cursor;

// A word of the index that a word of the query stands for.
struct Sought {
    std::uint32_t term = 0;
    std::uint32_t word = 0;  // of the query
    double idf = 0;
};

struct Candidate {
    double score = 0;
    std::uint32_t doc = 0;
};

// Words of the index by the order of the query, so that sums come out the same every time.
std::vector<Sought> sought_words(const TextIndexState& state, const TextQuery& query) {
    std::vector<Sought> out;
    const auto add = [&](std::uint32_t term, std::size_t word) {
        const double with = state.terms[term].documents;
        if (with == 0) return;
        const auto all = static_cast<double>(state.live());
        out.push_back({term, static_cast<std::uint32_t>(word),
                       std::log(1 + (all - with + 0.5) / (with + 0.5))});
    };
    for (std::size_t i = 0; i < query.words().size(); ++i) {
        const auto& word = query.words()[i];
        if (!word.prefix) {
            const auto found = state.dictionary.find(word.word);
            if (found != state.dictionary.end()) add(found->second, i);
            continue;
        }
        const auto first = out.size();
        for (std::size_t term = 0; term < state.terms.size(); ++term) {
            if (state.terms[term].word.starts_with(word.word)) {
                add(static_cast<std::uint32_t>(term), i);
            }
        }
        // By the words themselves: their numbers tell when they came, which must not matter.
        std::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
                  [&](const Sought& a, const Sought& b) {
                      return state.terms[a.term].word < state.terms[b.term].word;
                  });
    }
    const auto is_prefix = [](const TextQuery::Word& word) { return word.prefix; };
    if (std::none_of(query.words().begin(), query.words().end(), is_prefix)) return out;
    // A word may be meant by itself and by a prefix; it counts once.
    std::vector<Sought> once;
    std::vector<bool> seen(state.terms.size());
    for (const auto& one : out) {
        if (!seen[one.term]) once.push_back(one);
        seen[one.term] = true;
    }
    return once;
}

Result<std::vector<double>> field_weights(const TextIndexState& state, const TextSearch& search) {
    std::vector<double> weights;
    if (search.boosts.empty()) return weights;
    weights.assign(state.fields.size(), 1.0);
    for (const auto& [field, weight] : search.boosts) {
        if (!std::isfinite(weight) || weight < 0) {
            return Error(Errc::bad_input, "boost of '" + field.substr(0, 64) +
                                              "': expected a number that is not negative");
        }
        const auto found = state.fields.find(field);
        if (found != state.fields.end()) weights[found->second] = weight;
    }
    return weights;
}

class Scorer {
public:
    explicit Scorer(const TextIndexState& state)
        : lengths_(state.lengths.data()),
          gain_(state.options.k1 + 1),
          base_(state.options.k1 * (1 - state.options.b)),
          by_word_(state.options.k1 * state.options.b / state.average_words()) {}
    bool live(std::uint32_t doc) const { return lengths_[doc] != 0; }
    // The part of a score that depends on the document alone.
    double norm(std::uint32_t doc) const { return base_ + by_word_ * lengths_[doc]; }
    double add(double idf, double frequency, double norm) const {
        return idf * frequency * gain_ / (frequency + norm);
    }

private:
    const std::uint32_t* lengths_;
    double gain_, base_, by_word_;
};

// The best documents so far, the worst of them on top.
class Best {
public:
    Best(const TextIndexState& state, const TextSearch& search) : state_(state), search_(search) {}
    void offer(const Candidate& one) {
        if (search_.visible && !search_.visible(*state_.documents[one.doc].key)) return;
        ++total_;
        if (search_.limit == 0) return;
        if (heap_.size() == search_.limit && !better(one, heap_.front())) return;
        if (search_.accept && !search_.accept(*state_.documents[one.doc].key)) {
            --total_;
            return;
        }
        const auto order = [this](const Candidate& a, const Candidate& b) { return better(a, b); };
        if (heap_.size() == search_.limit) {
            std::pop_heap(heap_.begin(), heap_.end(), order);
            heap_.pop_back();
        }
        heap_.push_back(one);
        std::push_heap(heap_.begin(), heap_.end(), order);
    }
    std::vector<Candidate> sorted() && {
        std::sort(heap_.begin(), heap_.end(),
                  [this](const Candidate& a, const Candidate& b) { return better(a, b); });
        return std::move(heap_);
    }
    std::uint64_t total() const { return total_; }

private:
    bool better(const Candidate& a, const Candidate& b) const {
        if (a.score != b.score) return a.score > b.score;
        return *state_.documents[a.doc].key < *state_.documents[b.doc].key;
    }

    const TextIndexState& state_;
    const TextSearch& search_;
    std::vector<Candidate> heap_;
    std::uint64_t total_ = 0;
};

// Calls visit(candidate) for each live document that has a word, in their order.
template <typename Visit>
void for_each_candidate(const TextIndexState& state, std::vector<Cursor> cursors,
                        const std::vector<Sought>& sought, Visit&& visit) {
    const Scorer scorer(state);
    if (cursors.size() == 1) {
        for (auto& cursor = cursors[0]; cursor.doc() != Cursor::kEnd; cursor.next()) {
            const auto doc = cursor.doc();
            if (!scorer.live(doc)) continue;
            const auto score = scorer.add(sought[0].idf, cursor.frequency(), scorer.norm(doc));
            if (score > 0) visit(Candidate{score, doc});
        }
        return;
    }
    // (document, number of the cursor), the least on top.
    std::vector<std::uint64_t> heads;
    const auto later = std::greater<>();
    const auto head_of = [&](std::size_t i) {
        return static_cast<std::uint64_t>(cursors[i].doc()) << 32 | i;
    };
    for (std::size_t i = 0; i < cursors.size(); ++i) {
        if (cursors[i].doc() != Cursor::kEnd) heads.push_back(head_of(i));
    }
    std::make_heap(heads.begin(), heads.end(), later);
    while (!heads.empty()) {
        const auto doc = static_cast<std::uint32_t>(heads.front() >> 32);
        const bool live = scorer.live(doc);
        const double norm = live ? scorer.norm(doc) : 0;
        double score = 0;
        while (!heads.empty() && heads.front() >> 32 == doc) {
            const auto i = static_cast<std::size_t>(heads.front() & 0xffffffffu);
            if (live) score += scorer.add(sought[i].idf, cursors[i].frequency(), norm);
            std::pop_heap(heads.begin(), heads.end(), later);
            cursors[i].next();
            if (cursors[i].doc() == Cursor::kEnd) {
                heads.pop_back();
            } else {
                heads.back() = head_of(i);
                std::push_heap(heads.begin(), heads.end(), later);
            }
        }
        // Zero when all its words stand in hidden fields.
        if (live && score > 0) visit(Candidate{score, doc});
    }
}

TextHit hit_of(const TextIndexState& state, const TextQuery& query,
               const std::vector<Sought>& sought, const Candidate& one) {
    TextHit hit;
    hit.key = *state.documents[one.doc].key;
    hit.score = one.score;
    std::vector<std::uint32_t> held;
    state.documents[one.doc].terms.read(held);
    for (const auto& word : sought) {
        if (!std::binary_search(held.begin(), held.end(), word.term)) continue;
        const auto& asked = query.words()[word.word];
        hit.matched.push_back(asked.prefix ? state.terms[word.term].word : asked.typed);
    }
    return hit;
}

}  // namespace

Result<TextHits> TextIndex::find(const TextQuery& query, const TextSearch& search) const {
    const auto& state = *state_;
    const auto weights = field_weights(state, search);
    if (!weights) return weights.error().clone();
    const double* by_field = weights->empty() ? nullptr : weights->data();
    const auto sought = sought_words(state, query);
    std::vector<Cursor> cursors;
    cursors.reserve(sought.size());
    for (const auto& one : sought) cursors.emplace_back(state.terms[one.term].postings, by_field);
    Best best(state, search);
    for_each_candidate(state, std::move(cursors), sought, [&](const Candidate& one) {
        if (one.score >= search.min_score) best.offer(one);
    });
    TextHits out;
    out.total = best.total();
    for (const auto& one : std::move(best).sorted()) {
        out.hits.push_back(hit_of(state, query, sought, one));
    }
    return out;
}

std::optional<TextHit> TextIndex::match(const TextQuery& query, const TextSearch& search,
                                        std::string_view key) const {
    const auto& state = *state_;
    const auto found = state.keys.find(key);
    if (found == state.keys.end()) return std::nullopt;
    if (search.visible && !search.visible(key)) return std::nullopt;
    const auto doc = found->second;
    const auto weights = field_weights(state, search);
    if (!weights) return std::nullopt;
    const double* by_field = weights->empty() ? nullptr : weights->data();
    const auto sought = sought_words(state, query);
    const Scorer scorer(state);
    double score = 0;
    std::vector<std::uint32_t> held;
    state.documents[doc].terms.read(held);
    for (const auto& one : sought) {
        if (!std::binary_search(held.begin(), held.end(), one.term)) continue;
        const auto& postings = state.terms[one.term].postings;
        auto cursor = Cursor::at_last(postings, by_field);
        if (cursor.doc() != doc) cursor = Cursor(postings, by_field);
        while (cursor.doc() < doc) cursor.next();
        score += scorer.add(one.idf, cursor.frequency(), scorer.norm(doc));
    }
    if (!(score > 0) || score < search.min_score) return std::nullopt;
    return hit_of(state, query, sought, {score, doc});
}

}  // namespace topgun::search
