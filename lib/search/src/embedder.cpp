// SPDX-License-Identifier: Apache-2.0
#include "topgun/search/embedder.hpp"

#include <cmath>

#include "topgun/search/vector_index.hpp"
#include "topgun/search/words.hpp"

namespace topgun::search {
namespace {

// FNV-1a, 64 bit.
std::uint64_t hash_of(std::string_view word) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n\f\v";
    const auto first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// A bag of words: each adds or takes one at a place that its hash tells.
class HashedWords final : public Embedder {
public:
    HashedWords(Words words, std::uint32_t dimension)
        : words_(std::move(words)), dimension_(dimension) {}
    std::uint32_t dimension() const noexcept override { return dimension_; }
    Result<std::vector<float>> embed(std::string_view text) override {
        std::vector<float> out(dimension_);
        std::string word;
        bool any = false;
        for (std::size_t at = 0; words_.next(text, at, word); any = true) {
            const auto hash = hash_of(word);
            // The sign keeps words that share a place from always looking alike.
            out[hash % dimension_] += hash >> 63 == 0 ? 1.0f : -1.0f;
        }
        // Signs and symbols alone still have a place, which is that of the whole text.
        if (const auto rest = trimmed(text); !any && !rest.empty()) {
            out[hash_of(rest) % dimension_] = 1;
        }
        float square = 0;
        for (const auto number : out) square += number * number;
        // Nothing to count, or words that cancel out.
        if (square == 0) return std::vector<float>();
        for (auto& number : out) number /= std::sqrt(square);
        return out;
    }

private:
    Words words_;
    std::uint32_t dimension_;
};

}  // namespace

Embedder::~Embedder() = default;

Result<std::unique_ptr<Embedder>> make_embedder(std::string_view provider,
                                                std::uint32_t dimension) {
    if (provider != "deterministic") {
        return Error(Errc::usage, "no embedding provider '" + std::string(provider.substr(0, 64)) +
                                      "'; there is: deterministic");
    }
    if (dimension == 0 || dimension > VectorOptions::kDimensionMax) {
        return Error(Errc::usage, "embedding dimension: expected a number from 1 to " +
                                      std::to_string(VectorOptions::kDimensionMax));
    }
    auto words = Words::create();
    if (!words) return std::move(words).error();
    return std::unique_ptr<Embedder>(
        std::make_unique<HashedWords>(std::move(words).value(), dimension));
}

}  // namespace topgun::search
