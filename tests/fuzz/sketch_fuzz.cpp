// SPDX-License-Identifier: Apache-2.0
// Sketches: forged ones end, true ones tell exactly how two sets differ.
#include "topgun/merkle/sketch.hpp"

#include <algorithm>
#include <set>

#include "fuzz.hpp"

using namespace topgun;

namespace {

constexpr std::size_t kCellBytes = 32;

void check_forged(BytesView bytes) {
    auto sketch = Sketch::parse(bytes);
    TOPGUN_FUZZ_CHECK(bool(sketch) == (bytes.size() % kCellBytes == 0));
    if (!sketch) return;
    Bytes back;
    sketch->serialize(back);
    TOPGUN_FUZZ_CHECK(back == bytes);
    const auto against_nothing = sketch_difference(*sketch, Sketch(sketch->size()));
    if (against_nothing) {
        // What was decoded is what the cells say.
        Sketch rebuilt(against_nothing->cells_used);
        for (const auto& item : against_nothing->only_a) rebuilt.add(item);
        for (const auto& item : against_nothing->only_b) rebuilt.remove(item);
        auto prefix = *sketch;
        prefix.truncate(against_nothing->cells_used);
        TOPGUN_FUZZ_CHECK(rebuilt == prefix);
    }
    if (sketch->size() == 0) return;
    const auto none = sketch_difference(*sketch, *sketch);
    TOPGUN_FUZZ_CHECK(none && none->only_a.empty() && none->only_b.empty());
}

// Two sets made of the input's bytes, which share what both halves name.
void check_true(BytesView bytes) {
    std::set<SketchItem> a, b;
    for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
        const SketchItem item{load_le<std::uint16_t>(bytes.data() + at),
                              load_le<std::uint16_t>(bytes.data() + at + 2)};
        (at % 8 == 0 ? a : b).insert(item);
    }
    Sketch left(256), right(256);
    for (const auto& item : a) left.add(item);
    const std::vector<SketchItem> items(b.begin(), b.end());
    right.add(items);
    const auto difference = sketch_difference(left, right);
    std::vector<SketchItem> only_a, only_b;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(only_a));
    std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(only_b));
    if (!difference) {
        TOPGUN_FUZZ_CHECK(only_a.size() + only_b.size() > 64);
        return;
    }
    TOPGUN_FUZZ_CHECK(difference->only_a == only_a && difference->only_b == only_b);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    check_forged(input);
    check_forged(input.substr(0, size / kCellBytes * kCellBytes));
    check_true(input.substr(0, 4096));
    return 0;
}
