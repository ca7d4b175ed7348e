// SPDX-License-Identifier: Apache-2.0
// Full text and vectors: building an index, keeping it up, asking it.
#include <benchmark/benchmark.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "topgun/base/random.hpp"
#include "topgun/search/text_index.hpp"
#include "topgun/search/vector_index.hpp"

namespace topgun::bench {
namespace {

using namespace search;

constexpr double kVocabulary = 30'000;
constexpr std::size_t kWordsInText = 40;  // about
constexpr std::size_t kDimension = 128;

// Few words are common and most are rare, as in languages: word n is 1/n as frequent as the first.
std::string word_of(Random& random) {
    const auto place = static_cast<double>(random.below(1u << 30)) / (1u << 30);
    return "w" + std::to_string(static_cast<std::size_t>(std::pow(kVocabulary, place)));
}

const std::vector<std::string>& texts(std::size_t count) {
    static std::map<std::size_t, std::vector<std::string>> made;
    auto& out = made[count];
    if (!out.empty()) return out;
    Random random(1);
    for (std::size_t i = 0; i < count; ++i) {
        std::string text;
        const auto words = kWordsInText / 2 + random.below(kWordsInText);
        for (std::size_t word = 0; word < words; ++word) {
            if (word != 0) text += ' ';
            text += word_of(random);
        }
        out.push_back(std::move(text));
    }
    return out;
}

TextIndex new_index() {
    return std::move(TextIndex::create()).value();
}

void put(TextIndex& index, std::size_t number, const std::string& text) {
    const FieldText one{"text", text};
    index.set("key-" + std::to_string(number), {&one, 1});
}

TextIndex& text_index(std::size_t count) {
    static std::map<std::size_t, std::unique_ptr<TextIndex>> made;
    auto& out = made[count];
    if (out) return *out;
    out = std::make_unique<TextIndex>(new_index());
    for (std::size_t i = 0; i < count; ++i) put(*out, i, texts(count)[i]);
    return *out;
}

void build_text_index(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const auto& all = texts(count);
    std::size_t bytes = 0;
    for (auto _ : state) {
        auto index = new_index();
        for (std::size_t i = 0; i < count; ++i) put(index, i, all[i]);
        bytes = index.bytes();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.counters["bytes_per_document"] = static_cast<double>(bytes) / static_cast<double>(count);
}

void update_text_index(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    auto& index = text_index(count);
    std::size_t at = 0;
    for (auto _ : state) {
        put(index, at % count, texts(count)[(at * 7) % count]);
        ++at;
    }
    state.SetItemsProcessed(state.iterations());
}

// Ten best of all documents that have the word; how many those are is a counter.
void find_words(benchmark::State& state, const std::string& text) {
    const auto& index = text_index(static_cast<std::size_t>(state.range(0)));
    const auto query = index.parse(text).value();
    std::uint64_t total = 0;
    for (auto _ : state) {
        const auto found = index.find(query, {});
        total = found->total;
        benchmark::DoNotOptimize(found->hits.data());
    }
    state.counters["matches"] = static_cast<double>(total);
}
void find_common_word(benchmark::State& state) {
    find_words(state, "w3");
}
void find_rare_word(benchmark::State& state) {
    find_words(state, "w20011");
}
void find_three_words(benchmark::State& state) {
    find_words(state, "w5 w77 w901");
}

std::vector<float> point_of(Random& random, const std::vector<std::vector<float>>& centres) {
    std::vector<float> out =
        centres.empty() ? std::vector<float>(kDimension) : centres[random.below(centres.size())];
    for (auto& number : out) {
        number += static_cast<float>(static_cast<double>(random.below(2001)) / 1000.0 - 1);
    }
    return out;
}

struct Points {
    std::vector<std::vector<float>> centres;
    std::vector<std::vector<float>> all;
};

const Points& points(std::size_t count) {
    static std::map<std::size_t, Points> made;
    auto& out = made[count];
    if (!out.all.empty()) return out;
    Random random(2);
    for (int i = 0; i < 50; ++i) out.centres.push_back(point_of(random, {}));
    for (std::size_t i = 0; i < count; ++i) out.all.push_back(point_of(random, out.centres));
    return out;
}

VectorIndex& vector_index(std::size_t count, bool graph) {
    static std::map<std::pair<std::size_t, bool>, std::unique_ptr<VectorIndex>> made;
    auto& out = made[{count, graph}];
    if (out) return *out;
    VectorOptions options;
    options.dimension = kDimension;
    options.exact_max = graph ? 0 : count;
    out = std::make_unique<VectorIndex>(std::move(VectorIndex::create(options)).value());
    for (std::size_t i = 0; i < count; ++i) {
        (void)out->set("key-" + std::to_string(i), points(count).all[i]).has_value();
    }
    out->advance(count);
    return *out;
}

void find_nearest(benchmark::State& state, bool graph) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const auto& index = vector_index(count, graph);
    const auto& exact = vector_index(count, false);
    Random random(3);
    std::size_t right = 0, wanted = 0;
    for (auto _ : state) {
        state.PauseTiming();
        const auto query = point_of(random, points(count).centres);
        // The share of the true nearest is measured for some questions only: it takes long.
        const bool check = wanted < 1000;
        const auto truth = check ? exact.find(query, {}).value() : std::vector<VectorHit>();
        state.ResumeTiming();
        const auto found = index.find(query, {}).value();
        state.PauseTiming();
        wanted += truth.size();
        for (const auto& hit : truth) {
            for (const auto& got : found) right += got.key == hit.key ? 1 : 0;
        }
        state.ResumeTiming();
    }
    state.counters["recall"] = static_cast<double>(right) / static_cast<double>(wanted);
}
void find_nearest_exactly(benchmark::State& state) {
    find_nearest(state, false);
}
void find_nearest_by_graph(benchmark::State& state) {
    find_nearest(state, true);
}

void build_graph(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    VectorOptions options;
    options.dimension = kDimension;
    options.exact_max = 0;
    for (auto _ : state) {
        auto index = std::move(VectorIndex::create(options)).value();
        for (std::size_t i = 0; i < count; ++i) {
            (void)index.set("key-" + std::to_string(i), points(count).all[i]).has_value();
        }
        index.advance(count);
        benchmark::DoNotOptimize(index.in_graph());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(build_text_index)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(update_text_index)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(find_common_word)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(find_rare_word)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(find_three_words)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(find_nearest_exactly)->Arg(1000)->Arg(20'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(find_nearest_by_graph)->Arg(1000)->Arg(20'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(build_graph)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace topgun::bench
