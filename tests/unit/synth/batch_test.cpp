// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include "states.hpp"
#include "topgun/replica/replica.hpp"
#include "topgun/value/canonical.hpp"

using namespace topgun;
using namespace topgun::synth;
using namespace topgun::test;

namespace {

struct KeptOp {
    OpKind kind;
    std::string map, key, value, tag, id;
    Timestamp stamp;

    explicit KeptOp(const Op& op)
        : kind(op.kind),
          map(op.map),
          key(op.key),
          value(op.value),
          tag(op.tag),
          id(op.id),
          stamp(op.stamp) {}
    bool operator==(const KeptOp&) const = default;
};

std::vector<KeptOp> batch_of(const GenerateOptions& options, const BatchOptions& batch) {
    std::vector<KeptOp> ops;
    must(generate_batch(options, batch, [&ops](const Op& op) -> Status {
        ops.emplace_back(op);
        return {};
    }));
    return ops;
}

GenerateOptions base(std::vector<MapId> maps = {kUsers, kTodos, kVisits}) {
    GenerateOptions options;
    options.maps = std::move(maps);
    options.records = 500;
    return options;
}

BatchOptions many() {
    BatchOptions batch;
    batch.ops = 3000;
    return batch;
}

}  // namespace

TEST_CASE("a batch is numbered, and stamped by its client in strict order", "[synth]") {
    const auto ops = batch_of(base(), many());
    REQUIRE(ops.size() == 3000);
    Timestamp last;
    std::size_t bursts = 0;
    for (std::size_t i = 0; i < ops.size(); ++i) {
        CHECK(ops[i].id == std::to_string(i + 1));
        if (ops[i].kind == OpKind::counter) continue;
        CHECK(ops[i].stamp.node_id == "phone-1");
        CHECK(last < ops[i].stamp);
        bursts += ops[i].stamp.counter > 0;
        last = ops[i].stamp;
    }
    CHECK(bursts > 100);
}

TEST_CASE("a batch is the same each time, and another one for another client", "[synth]") {
    auto batch = many();
    const auto ops = batch_of(base(), batch);
    CHECK(ops == batch_of(base(), batch));
    batch.client = "tablet";
    CHECK_FALSE(ops == batch_of(base(), batch));
}

TEST_CASE("a batch spans the time offline, shifted by the client's clock", "[synth]") {
    const auto options = base({kUsers});
    auto batch = many();
    batch.offline_ms = 1'000'000;
    batch.ahead_ms = 77;
    const auto ops = batch_of(options, batch);
    const auto end = options.start_ms + options.span_ms;
    CHECK(ops.front().stamp.millis >= end - 1'000'000 + 77);
    CHECK(ops.front().stamp.millis < end - 999'000 + 77);
    CHECK(ops.back().stamp.millis > end - 2'000 + 77);
    CHECK(ops.back().stamp.millis <= end + 77);
    batch.offline_ms = ~0ull;
    const auto first = batch_of(options, batch).front().stamp.millis;
    CHECK(first >= options.start_ms + 77);
    CHECK(first < options.start_ms + 77 + options.span_ms / 2999);
}

TEST_CASE("a batch updates, adds, repeats, removes, and partly loses against the base", "[synth]") {
    const auto options = base({kUsers});
    Replica replica;
    must(replica.apply(*generate(options)));
    std::map<Merged, int> results;
    std::map<OpKind, int> kinds;
    must(generate_batch(options, many(), [&](const Op& op) -> Status {
        ++kinds[op.kind];
        ++results[must(replica.apply(op))];
        if (op.kind == OpKind::put) CHECK(must(canonical(op.value)) == op.value);
        return {};
    }));
    CHECK(results[Merged::added] > 200);
    CHECK(results[Merged::replaced] > 1500);
    CHECK(results[Merged::lost] > 20);
    CHECK(results[Merged::equal] == 0);
    CHECK(kinds[OpKind::remove] > 200);
    CHECK(kinds[OpKind::put] > 2000);
}

TEST_CASE("a client removes tags that it has seen, each once, and adds with its stamp as tag",
          "[synth]") {
    const auto options = base({kTodos});
    std::map<std::string, std::string> known;  // tag -> key
    for (const auto& row : all_rows(*generate(options), kTodos)) known[row.tag] = row.key;
    std::size_t removals = 0;
    for (const auto& op : batch_of(options, many())) {
        if (op.kind == OpKind::or_add) {
            CHECK(op.tag == format_stamp(op.stamp.view()));
            known[op.tag] = op.key;
        } else {
            REQUIRE(op.kind == OpKind::or_remove);
            CHECK(known[op.tag] == op.key);
            ++removals;
        }
    }
    CHECK(removals > 400);
}

TEST_CASE("a counter's ops only ever count on", "[synth]") {
    Replica replica;
    must(generate_batch(base({kVisits}), many(), [&](const Op& op) -> Status {
        CHECK(op.key == "phone-1");
        const auto merged = must(replica.apply(op));
        CHECK((merged == Merged::added || merged == Merged::replaced));
        return {};
    }));
}

TEST_CASE("a batch works without any base to meet", "[synth]") {
    auto options = base({kUsers, kTodos});
    options.records = 0;
    for (const auto& op : batch_of(options, many()))
        CHECK(op.key.find("phone-1") != std::string::npos);
}

TEST_CASE("bad clients are refused, and the visitor's error ends the batch", "[synth]") {
    BatchOptions batch;
    const auto ignore = [](const Op&) -> Status { return {}; };
    for (const std::string client : {"", "a:b"}) {
        batch.client = client;
        CHECK(generate_batch(base(), batch, ignore).error().code() == Errc::usage);
    }
    batch.client = "phone";
    batch.ahead_ms = kMaxMillis;
    CHECK(generate_batch(base(), batch, ignore).error().code() == Errc::usage);
    batch.ahead_ms = 0;
    CHECK(generate_batch(base({}), batch, ignore).error().code() == Errc::usage);
    unsigned calls = 0;
    const auto stopped = generate_batch(base(), batch, [&calls](const Op&) -> Status {
        if (++calls == 3) return Error(Errc::cancelled, "enough");
        return {};
    });
    CHECK(stopped.error().code() == Errc::cancelled);
    CHECK(calls == 3);
}
