// SPDX-License-Identifier: Apache-2.0
// A state that was gathered in pieces is the one that memory would have held.
#include "topgun/pg/gathered_state.hpp"

#include <filesystem>

#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::pg;
using namespace topgun::test;

TEST_CASE("a state is the same whether it fits into memory or not", "[pg][import][property]") {
    const auto memory = GENERATE(as<std::uint64_t>{}, 1, std::uint64_t{1} << 30);
    CAPTURE(memory);
    const ScratchDir folder;
    Random rng(seed(20261122));
    auto ops = random_ops(rng, 300, {});
    // What is gathered is looked at every MiB.
    for (int i = 0; i < 40; ++i) {
        ops.push_back(put("big " + std::to_string(i % 30),
                          {100u + static_cast<unsigned>(i), 0, "n"},
                          string_value(std::string(100'000, 'x'))));
    }
    {
        GatheredState gathered(folder.path().string(), memory);
        for (const auto& op : ops) must(gathered.take(op.view()));
        CHECK((gathered.files() > 1) == (memory == 1));
        auto held = replica_of(ops);
        CHECK(lines_of(*must(gathered.finish())) == lines_of(held));
    }
    CHECK(std::filesystem::is_empty(folder.path()));
}
