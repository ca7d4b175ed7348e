// SPDX-License-Identifier: Apache-2.0
#include "topgun/search/text_index.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "text_state.hpp"
#include "topgun/base/check.hpp"

namespace topgun::search {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// A table's node with its string, by and large.
constexpr std::size_t kDocumentBytes = 170;
constexpr std::size_t kTermBytes = 170;

// Fewer dead documents than this are not worth rewriting the index.
constexpr std::size_t kDeadMin = 1024;

struct Occurrence {
    std::uint32_t term;
    std::uint32_t field;
    bool operator==(const Occurrence&) const = default;
    auto operator<=>(const Occurrence&) const = default;
};

void append_strings(ValueView value, std::string_view field, std::vector<FieldText>& out) {
    if (const auto text = value.as_string()) {
        if (!text->empty()) out.push_back({field, *text});
        return;
    }
    value.for_each_element([&](ValueView one) { append_strings(one, field, out); });
    value.for_each_field([&](std::string_view, ValueView one) { append_strings(one, field, out); });
}

}  // namespace

void append_texts(ValueView value, std::vector<FieldText>& out) {
    if (value.kind() != msgpack::Kind::map) return append_strings(value, "_value", out);
    value.for_each_field(
        [&](std::string_view field, ValueView one) { append_strings(one, field, out); });
}

std::uint32_t TextIndexState::term_id(std::string_view word) {
    if (const auto found = dictionary.find(word); found != dictionary.end()) return found->second;
    const auto id = static_cast<std::uint32_t>(terms.size());
    terms.push_back({std::string(word), {}, 0});
    dictionary.emplace(terms.back().word, id);
    list_bytes += word.size();
    return id;
}

std::uint32_t TextIndexState::field_id(std::string_view field) {
    if (const auto found = fields.find(field); found != fields.end()) return found->second;
    const auto id = static_cast<std::uint32_t>(fields.size());
    fields.emplace(field, id);
    list_bytes += field.size() + kTermBytes;
    return id;
}

void TextIndexState::add(const std::string& key, std::uint32_t id,
                         std::span<const FieldText> texts) {
    auto& document = documents[id];
    std::vector<Occurrence> found;
    std::string word;
    for (const auto& [field, text] : texts) {
        std::uint32_t field_number = kNone;
        for (std::size_t at = 0; words.next(text, at, word);) {
            if (words.is_stop_word(word)) continue;
            words.stem(word);
            if (field_number == kNone) field_number = field_id(field);
            found.push_back({term_id(word), field_number});
        }
    }
    std::sort(found.begin(), found.end());
    std::vector<std::uint32_t> held;
    for (std::size_t i = 0; i < found.size();) {
        std::size_t end = i;
        while (end < found.size() && found[end] == found[i]) ++end;
        auto& term = terms[found[i].term];
        list_bytes -= term.postings.bytes();
        term.postings.append({id, found[i].field, static_cast<std::uint32_t>(end - i)});
        list_bytes += term.postings.bytes();
        if (held.empty() || held.back() != found[i].term) {
            held.push_back(found[i].term);
            ++term.documents;
        }
        i = end;
    }
    document.key = &key;
    lengths[id] = static_cast<std::uint32_t>(found.size());
    document.terms.assign(held);
    total_words += lengths[id];
    list_bytes += document.terms.bytes() + key.size();
}

void TextIndexState::drop(std::uint32_t id) {
    auto& document = documents[id];
    std::vector<std::uint32_t> held;
    document.terms.read(held);
    for (const auto term : held) --terms[term].documents;
    total_words -= lengths[id];
    lengths[id] = 0;
    list_bytes -= document.terms.bytes() + document.key->size();
    document = {};
}

void TextIndexState::compact_if_due() {
    const auto dead = documents.size() - live();
    if (dead > live() / 2 + kDeadMin) compact();
}

// Numbers documents, words and fields afresh, in the same order, without those that are gone.
void TextIndexState::compact() {
    std::vector<std::uint32_t> new_doc(documents.size(), kNone);
    std::vector<TextDocument> kept;
    kept.reserve(live());
    for (std::size_t i = 0; i < documents.size(); ++i) {
        if (documents[i].key == nullptr) continue;
        new_doc[i] = static_cast<std::uint32_t>(kept.size());
        lengths[kept.size()] = lengths[i];
        kept.push_back(std::move(documents[i]));
    }
    for (auto& [key, id] : keys) id = new_doc[id];
    documents = std::move(kept);
    lengths.resize(documents.size());

    std::vector<std::uint32_t> new_field(fields.size(), kNone), new_term(terms.size(), kNone);
    std::uint32_t used_fields = 0;
    std::deque<TextTerm> kept_terms;
    list_bytes = 0;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        if (terms[i].documents == 0) continue;
        new_term[i] = static_cast<std::uint32_t>(kept_terms.size());
        kept_terms.push_back({std::move(terms[i].word), {}, terms[i].documents});
        auto& postings = kept_terms.back().postings;
        PostingList::Cursor::for_each(terms[i].postings, [&](const Posting& one) {
            if (new_doc[one.doc] == kNone) return;
            if (new_field[one.field] == kNone) new_field[one.field] = used_fields++;
            // Fields of one document may come in another order now, which nothing relies on.
            postings.append({new_doc[one.doc], new_field[one.field], one.count});
        });
        list_bytes += postings.bytes() + kept_terms.back().word.size();
    }
    terms = std::move(kept_terms);
    dictionary.clear();
    for (std::size_t i = 0; i < terms.size(); ++i) {
        dictionary.emplace(terms[i].word, static_cast<std::uint32_t>(i));
    }
    std::erase_if(fields, [&](const auto& field) { return new_field[field.second] == kNone; });
    for (auto& [name, id] : fields) {
        id = new_field[id];
        list_bytes += name.size() + kTermBytes;
    }
    std::vector<std::uint32_t> held;
    for (auto& document : documents) {
        held.clear();
        document.terms.read(held);
        for (auto& term : held) term = new_term[term];
        document.terms.assign(held);
        list_bytes += document.terms.bytes() + document.key->size();
    }
}

TextIndex::TextIndex(std::unique_ptr<TextIndexState> state) : state_(std::move(state)) {}
TextIndex::TextIndex(TextIndex&&) noexcept = default;
TextIndex& TextIndex::operator=(TextIndex&&) noexcept = default;
TextIndex::~TextIndex() = default;

Result<TextIndex> TextIndex::create(TextOptions options) {
    // Written so that NaN fails, too.
    if (!(options.k1 >= 0 && options.k1 <= 1000)) {
        return Error(Errc::usage, "k1 is a number from 0 to 1000");
    }
    if (!(options.b >= 0 && options.b <= 1)) return Error(Errc::usage, "b is a number from 0 to 1");
    auto words = Words::create(options.words);
    if (!words) return std::move(words).error();
    return TextIndex(
        std::make_unique<TextIndexState>(std::move(options), std::move(words).value()));
}

void TextIndex::set(std::string_view key, std::span<const FieldText> texts) {
    auto& state = *state_;
    const auto id = static_cast<std::uint32_t>(state.documents.size());
    auto [slot, is_new] = state.keys.try_emplace(std::string(key), id);
    if (!is_new) {
        state.drop(slot->second);
        slot->second = id;
    }
    state.documents.emplace_back();
    state.lengths.push_back(0);
    state.add(slot->first, id, texts);
    if (state.lengths[id] == 0) {
        state.drop(id);
        state.keys.erase(slot);
        state.documents.pop_back();
        state.lengths.pop_back();
    }
    state.compact_if_due();
}

void TextIndex::remove(std::string_view key) {
    auto& state = *state_;
    const auto found = state.keys.find(key);
    if (found == state.keys.end()) return;
    state.drop(found->second);
    state.keys.erase(found);
    state.compact_if_due();
}

Result<TextQuery> TextIndex::parse(std::string_view text) const {
    return TextQuery::parse(state_->words, text);
}

std::size_t TextIndex::size() const noexcept {
    return state_->live();
}

bool TextIndex::has(std::string_view key) const {
    return state_->keys.find(key) != state_->keys.end();
}

std::size_t TextIndex::bytes() const noexcept {
    return state_->documents.size() * sizeof(TextDocument) + state_->live() * kDocumentBytes +
           state_->terms.size() * kTermBytes + state_->list_bytes;
}

}  // namespace topgun::search
