// SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"

#include <set>
#include <tuple>

#include "topgun/base/utf.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::synth;

namespace {

std::shared_ptr<const Plan> plan_of(const GenerateOptions& options) {
    return test::must(Plan::make(options));
}

GenerateOptions or_options() {
    GenerateOptions options;
    options.maps = {{"todos", MapKind::or_map}};
    options.records = 2000;
    options.or_records = 3;
    options.removed_tags = 0.25;
    return options;
}

}  // namespace

TEST_CASE("node ids are portable, distinct and chosen by the seed", "[synth]") {
    GenerateOptions options;
    options.nodes = 500;
    const auto plan = plan_of(options);
    std::set<std::string> ids;
    for (std::uint32_t i = 0; i < 500; ++i) {
        CHECK(node_id_is_portable(plan->node(i)));
        ids.emplace(plan->node(i));
    }
    CHECK(ids.size() == 500);
    options.seed = 2;
    CHECK(plan_of(options)->node(0) != plan->node(0));
}

TEST_CASE("keys are named after their map, distinct, and in the share asked for not ASCII",
          "[synth]") {
    GenerateOptions options;
    options.records = 10'000;
    options.unicode = 0.1;
    const auto plan = plan_of(options);
    std::set<std::string> keys;
    std::size_t unicode = 0;
    std::string key;
    for (std::uint64_t i = 0; i < options.records; ++i) {
        plan->key(plan->maps()[0], i, key);
        CHECK(key.starts_with("user-" + std::to_string(i)));
        CHECK(find_invalid_utf8(key) == key.size());
        unicode += key.size() > ("user-" + std::to_string(i)).size();
        keys.insert(key);
    }
    CHECK(keys.size() == options.records);
    CHECK(unicode > 850);
    CHECK(unicode < 1150);
}

TEST_CASE("every write of the base has a stamp of its own", "[synth]") {
    auto options = or_options();
    // So little time that the stamps have to go round more than once.
    options.span_ms = GENERATE(as<std::uint64_t>{}, 500, 3'600'000);
    options.nodes = 3;
    const auto plan = plan_of(options);
    std::set<std::tuple<std::uint64_t, std::uint32_t, std::uint32_t>> stamps;
    std::size_t writes = 0;
    OrKey key;
    for (std::uint64_t i = 0; i < options.records; ++i) {
        plan->base_or(plan->maps()[0], i, key);
        for (const auto& write : key.live) {
            stamps.emplace(write.slot.millis, write.slot.counter, write.slot.node);
            CHECK(write.slot.millis >= options.start_ms);
            CHECK(write.slot.millis < options.start_ms + options.span_ms);
        }
        for (const auto& slot : key.removed) stamps.emplace(slot.millis, slot.counter, slot.node);
        writes += key.live.size() + key.removed.size();
    }
    CHECK(stamps.size() == writes);
    // Three live records a key on average, and a quarter of all adds removed.
    CHECK(writes > 7600);
    CHECK(writes < 8400);
}

TEST_CASE("a variant's adds have stamps that neither the base nor another variant has", "[synth]") {
    std::set<std::tuple<std::uint64_t, std::uint32_t, std::uint32_t>> stamps;
    std::size_t adds = 0;
    for (std::uint64_t variant = 0; variant < 4; ++variant) {
        auto options = or_options();
        options.span_ms = 1000;
        options.variant = variant;
        options.conflicts = 1000;
        options.only_in = 300;
        const auto plan = plan_of(options);
        OrKey base, key;
        for (std::uint64_t i = 0; i < options.records + options.only_in; ++i) {
            plan->base_or(plan->maps()[0], i, base);
            plan->or_key(plan->maps()[0], i, key);
            for (const auto& write : key.live) {
                const bool of_base =
                    i < options.records &&
                    std::any_of(base.live.begin(), base.live.end(),
                                [&](const Write& b) { return b.slot == write.slot; });
                // The base is the same in all variants: once is enough.
                if (of_base && variant > 0) continue;
                stamps.emplace(write.slot.millis, write.slot.counter, write.slot.node);
                ++adds;
            }
        }
    }
    CHECK(stamps.size() == adds);
}

TEST_CASE("a node's clock runs ahead by one amount, of the nodes asked for", "[synth]") {
    GenerateOptions options;
    options.nodes = 100;
    options.records = 20'000;
    options.span_ms = 1000;
    options.skewed = 0.3;
    options.skew_ms = 1'000'000;
    const auto plan = plan_of(options);
    std::set<std::uint32_t> ahead;
    for (std::uint64_t i = 0; i < options.records; ++i) {
        const auto slot = plan->base_lww(plan->maps()[0], i).slot;
        CHECK(slot.millis <= options.start_ms + options.span_ms + options.skew_ms);
        if (slot.millis >= options.start_ms + options.span_ms) ahead.insert(slot.node);
    }
    CHECK(ahead.size() > 15);
    CHECK(ahead.size() < 45);
}

TEST_CASE("options out of range are refused with a reason", "[synth]") {
    GenerateOptions options;
    const auto set = GENERATE(values<void (*)(GenerateOptions&)>({
        [](GenerateOptions& o) { o.records = kMaxRecords + 1; },
        [](GenerateOptions& o) { o.only_in = kMaxRecords; },
        [](GenerateOptions& o) { o.conflicts = o.records + 1; },
        [](GenerateOptions& o) {
            o.conflicts = 600;
            o.same_stamp = 401;
        },
        [](GenerateOptions& o) {
            o.conflicts = ~0ull;
            o.same_stamp = 2;
        },
        [](GenerateOptions& o) { o.nodes = 0; },
        [](GenerateOptions& o) { o.tombstones = 1.01; },
        [](GenerateOptions& o) { o.ttl = -0.1; },
        [](GenerateOptions& o) { o.removed_tags = 0.99; },
        [](GenerateOptions& o) { o.unicode = 0.0 / 0.0; },
        [](GenerateOptions& o) { o.span_ms = 0; },
        [](GenerateOptions& o) { o.start_ms = kMaxMillis; },
        [](GenerateOptions& o) { o.skew_ms = kMaxMillis; },
        [](GenerateOptions& o) {
            o.start_ms = 1;
            o.span_ms = kMaxMillis / 2;
            o.nodes = 1'000'000;
        },
        [](GenerateOptions& o) { o.or_records = 0; },
        [](GenerateOptions& o) { o.variant = ~0ull; },
        [](GenerateOptions& o) { o.value_bytes = 1u << 30; },
        [](GenerateOptions& o) { o.maps.push_back(o.maps[0]); },
        [](GenerateOptions& o) {
            o.maps.push_back({"", MapKind::lww});
        },
    }));
    set(options);
    const auto plan = Plan::make(options);
    REQUIRE_FALSE(plan);
    CHECK(plan.error().code() == Errc::usage);
    CHECK_FALSE(plan.error().text().empty());
}
