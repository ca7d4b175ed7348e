// SPDX-License-Identifier: Apache-2.0
// What the load generator sends is what the wire library reads.
#include "workload.hpp"

#include "topgun/wire/codec.hpp"
#include "topgun_test/support.hpp"

namespace topgun::cli {
namespace {

TEST_CASE("mixes are read, and nonsense is refused", "[bench]") {
    const auto mix = parse_mix("lww=90,remove=2,or=5,query=3");
    REQUIRE(mix);
    CHECK(mix->weights == std::array<std::uint32_t, kLoadKinds>{90, 2, 5, 3});
    CHECK(parse_mix("or=1")->of(LoadKind::put) == 0);
    const auto text = GENERATE(as<std::string>{}, "", "lww", "lww=", "lww=x", "lww=-1", "lww=1,",
                               "put=1", "lww=1000001", "query=5", "lww=0", "lww=99999999999");
    CAPTURE(text);
    const auto refused = parse_mix(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::usage);
}

TEST_CASE("batches decode to the ops that the observer heard of", "[bench]") {
    WorkloadOptions options;
    options.mix = *parse_mix("lww=3,remove=1,or=2");
    options.keys = 5;
    std::vector<std::uint64_t> numbers;
    std::vector<OpKind> kinds;
    Workload workload(options, 7, [&](const Op& op, std::uint64_t number) {
        numbers.push_back(number);
        kinds.push_back(op.kind);
    });
    const auto batch = workload.next(200);
    CHECK(batch.ops == 200);
    CHECK(batch.last_id == 200);
    const auto decoded = wire::decode(batch.frame, {.strict = true});
    REQUIRE(decoded);
    const auto& ops = std::get<wire::ClientOpBatch>(*decoded).ops;
    REQUIRE(ops.size() == 200);
    REQUIRE(numbers.size() == 200);
    Timestamp last;
    for (std::size_t i = 0; i < ops.size(); ++i) {
        CHECK(ops[i].id == std::to_string(numbers[i]));
        CHECK(ops[i].op_type == op_kind_name(kinds[i]));
        CHECK(ops[i].key.starts_with("7-"));
        const bool tagged = kinds[i] == OpKind::or_add;
        CHECK(ops[i].map_name == (tagged ? "bench-or-7" : "bench-7"));
        const auto& stamp = tagged ? ops[i].or_record->timestamp : ops[i].record->timestamp;
        CHECK(stamp > last);
        last = stamp;
        if (tagged) CHECK(ops[i].or_record->tag == format_stamp(stamp.view()));
    }
}

TEST_CASE("queries of a mix stand beside the batch, which is never empty", "[bench]") {
    WorkloadOptions options;
    options.mix = *parse_mix("lww=1,query=1000000");
    Workload workload(options, 0);
    const auto batch = workload.next(10);
    CHECK(batch.queries > 0);
    CHECK(batch.ops >= 1);
    REQUIRE(wire::decode(batch.frame));
    const auto query = wire::decode(workload.query("q1"));
    REQUIRE(query);
    CHECK(std::get<wire::QuerySub>(*query).map_name == "bench-0");
}

TEST_CASE("connections share as many maps as they are told to", "[bench]") {
    WorkloadOptions options;
    CHECK(Workload(options, 5).map() == "bench-5");
    options.maps = 2;
    CHECK(Workload(options, 5).map() == "bench-1");
    CHECK(Workload::or_map_name(options, 4) == "bench-or-0");
}

}  // namespace
}  // namespace topgun::cli
