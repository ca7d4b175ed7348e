// SPDX-License-Identifier: Apache-2.0
#include "topgun/search/words.hpp"

#include <libstemmer.h>

#include <vector>

#include "topgun/base/utf.hpp"
#include "topgun/query/case_fold.hpp"
#include "topgun/schema/unicode_classes.hpp"

namespace topgun::search {
namespace {

// One bit a character for all of Unicode that has any: a look into it costs no search.
class WordCharacters {
public:
    WordCharacters() : bits_(kEnd) {
        for (const auto range : schema::word_characters()) {
            for (auto code = range.first; code <= range.last && code < kEnd; ++code) {
                bits_[code] = true;
            }
        }
        for (char c = 'a'; c <= 'z'; ++c) bits_[static_cast<unsigned char>(c)] = true;
        for (char c = 'A'; c <= 'Z'; ++c) bits_[static_cast<unsigned char>(c)] = true;
        for (char c = '0'; c <= '9'; ++c) bits_[static_cast<unsigned char>(c)] = true;
        // What \w has beyond letters, marks and digits: connecting punctuation and the two joiners.
        for (const std::uint32_t code : {0x5fu, 0x200cu, 0x200du, 0x203fu, 0x2040u, 0x2054u,
                                         0xfe33u, 0xfe34u, 0xfe4du, 0xfe4eu, 0xfe4fu, 0xff3fu}) {
            bits_[code] = false;
        }
    }
    bool has(std::uint32_t code) const { return code < kEnd && bits_[code]; }

private:
    // Planes 4 to 13 are empty; plane 14 has only marks that follow other characters.
    static constexpr std::uint32_t kEnd = 0x40000;
    std::vector<bool> bits_;
};

bool is_word_character(std::uint32_t code) {
    static const WordCharacters characters;
    return characters.has(code);
}

struct StemmerDeleter {
    void operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }
};

}  // namespace

struct Words::State {
    WordOptions options;
    std::unique_ptr<sb_stemmer, StemmerDeleter> stemmer;
};

Words::Words(std::unique_ptr<State> state) : state_(std::move(state)) {}
Words::Words(Words&&) noexcept = default;
Words& Words::operator=(Words&&) noexcept = default;
Words::~Words() = default;

Result<Words> Words::create(WordOptions options) {
    auto state = std::make_unique<State>();
    state->options = std::move(options);
    const auto& language = state->options.language;
    if (!language.empty()) {
        state->stemmer.reset(sb_stemmer_new(language.c_str(), nullptr));
        if (!state->stemmer) {
            std::string known;
            for (const char** name = sb_stemmer_list(); *name != nullptr; ++name) {
                known += known.empty() ? "" : ", ";
                known += *name;
            }
            return Error(Errc::usage,
                         "no stemmer for '" + language.substr(0, 64) + "'; there are: " + known);
        }
    }
    return Words(std::move(state));
}

bool Words::next(std::string_view text, std::size_t& at, std::string& word) const {
    for (;;) {
        word.clear();
        std::size_t characters = 0;
        while (at < text.size()) {
            const auto one = decode_utf8(text.substr(at));
            const bool belongs = one.valid && is_word_character(one.code_point);
            if (!belongs && characters != 0) break;
            at += one.length;
            if (!belongs) continue;
            // Not more than needed to see that it is too long.
            if (++characters <= kWordCharactersMax) {
                append_utf8(word, query::fold_case(one.code_point));
            }
        }
        if (characters == 0) return false;
        if (characters <= kWordCharactersMax) return true;
    }
}

bool Words::is_stop_word(std::string_view word) const {
    return state_->options.stop_words.contains(word);
}

void Words::stem(std::string& word) const {
    if (!state_->stemmer) return;
    const auto* symbols = reinterpret_cast<const sb_symbol*>(word.data());
    const auto* stem =
        sb_stemmer_stem(state_->stemmer.get(), symbols, static_cast<int>(word.size()));
    // Null means that memory ran out; the word itself is the next best thing.
    if (stem == nullptr) return;
    word.assign(reinterpret_cast<const char*>(stem),
                static_cast<std::size_t>(sb_stemmer_length(state_->stemmer.get())));
}

}  // namespace topgun::search
