// SPDX-License-Identifier: Apache-2.0
// Searches: first line a query, then a document a line, "key text"; the whole also as a value that
// may hold a vector. An index that was updated finds what a fresh one finds, and vectors that are
// read are written and read again.
#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "fuzz.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/search/embedder.hpp"
#include "topgun/search/text_index.hpp"
#include "topgun/search/text_window.hpp"
#include "topgun/search/vector_index.hpp"
#include "topgun/value/canonical.hpp"

using namespace topgun;
using namespace topgun::search;

namespace {

constexpr std::size_t kMostDocuments = 64;

std::string_view take_line(std::string_view& rest) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    return line;
}

TextIndex new_index() {
    auto index = TextIndex::create();
    TOPGUN_FUZZ_CHECK(index);
    return std::move(*index);
}

void check_words(std::string_view text) {
    const auto words = Words::create({"english", {}});
    TOPGUN_FUZZ_CHECK(words);
    std::string word;
    for (std::size_t at = 0, before = 0; words->next(text, at, word); before = at) {
        TOPGUN_FUZZ_CHECK(at > before && at <= text.size());
        TOPGUN_FUZZ_CHECK(!word.empty() && is_utf8(word));
        // A word is one word, and has no case left to lose.
        std::string again;
        std::size_t from = 0;
        TOPGUN_FUZZ_CHECK_WITH(words->next(word, from, again) && from == word.size(), word);
        words->stem(word);
    }
}

void check_window(const TextIndex& index, TextWindow& window, std::map<std::string, bool>& held,
                  std::string_view key) {
    for (const auto& change : window.apply(index, key)) {
        const bool was = held.erase(change.hit.key) != 0;
        TOPGUN_FUZZ_CHECK(was == (change.type != wire::ChangeType::enter));
        if (change.type != wire::ChangeType::leave) held.emplace(change.hit.key, true);
    }
}

void check_index(std::string_view input) {
    const auto asked = take_line(input);
    auto index = new_index();
    const auto query = index.parse(asked);
    if (!query) return;
    std::map<std::string, std::string> documents;
    std::map<std::string, bool> held;
    TextSearch search;
    search.limit = 1 + asked.size() % 5;
    TextWindow window(*query, search);
    TOPGUN_FUZZ_CHECK(window.reset(index));
    for (std::size_t i = 0; i < kMostDocuments && !input.empty(); ++i) {
        const auto line = take_line(input);
        const auto split = std::min(line.find(' '), line.size());
        const auto key = std::string(line.substr(0, split));
        const FieldText text{"f", line.substr(split)};
        index.set(key, {&text, 1});
        documents[key] = std::string(text.text);
        check_window(index, window, held, key);
    }
    auto fresh = new_index();
    for (const auto& [key, document] : documents) {
        const FieldText text{"f", document};
        fresh.set(key, {&text, 1});
    }
    search.limit = kMostDocuments;
    const auto found = index.find(*query, search), wanted = fresh.find(*query, search);
    TOPGUN_FUZZ_CHECK(found && wanted);
    TOPGUN_FUZZ_CHECK(found->hits == wanted->hits && found->total == wanted->total);
    TOPGUN_FUZZ_CHECK(found->total == found->hits.size());
    for (const auto& hit : found->hits) {
        TOPGUN_FUZZ_CHECK(hit.score > 0 && std::isfinite(hit.score) && !hit.matched.empty());
        const auto match = index.match(*query, search, hit.key);
        TOPGUN_FUZZ_CHECK(match && *match == hit);
    }
    for (const auto& [key, document] : documents) {
        index.remove(key);
        check_window(index, window, held, key);
    }
    TOPGUN_FUZZ_CHECK(index.size() == 0 && held.empty());
}

void check_vector(BytesView input) {
    const auto value = canonical(input);
    for (const auto& vector :
         {value ? read_vector(ValueView(*value)) : std::vector<float>(), read_float_bytes(input)}) {
        if (vector.empty()) continue;
        TOPGUN_FUZZ_CHECK(read_float_bytes(write_float_bytes(vector)) == vector);
        VectorOptions options;
        options.dimension = static_cast<std::uint32_t>(vector.size());
        for (const auto metric :
             {Metric::cosine, Metric::euclidean, Metric::dot, Metric::manhattan}) {
            options.metric = metric;
            auto index = VectorIndex::create(options);
            TOPGUN_FUZZ_CHECK(index && index->set("a", vector));
            const auto hits = index->find(vector, {});
            TOPGUN_FUZZ_CHECK(hits && hits->size() == 1);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    check_words(input);
    check_index(input);
    check_vector(input);
    static const auto embedder = make_embedder("deterministic", 16);
    const auto vector = (*embedder)->embed(input);
    TOPGUN_FUZZ_CHECK(vector && (vector->empty() || vector->size() == 16));
    return 0;
}
