// SPDX-License-Identifier: Apache-2.0
#include "values.hpp"

#include <set>

#include "topgun/value/canonical.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/value_view.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::synth;

namespace {

Bytes make(ValueShape shape, std::uint32_t bytes, std::uint64_t identity, std::uint64_t state) {
    ValueMaker maker(shape, bytes);
    ValueSeed seed;
    seed.identity = identity;
    seed.state = state;
    seed.epoch_ms = 1'700'000'000'000;
    Bytes out;
    maker.append(seed, out);
    return out;
}

std::string json(const Bytes& value) {
    std::string out;
    append_json(value, out);
    return out;
}

}  // namespace

TEST_CASE("generated values are canonical and never nil", "[synth]") {
    const auto shape = GENERATE(ValueShape::profile, ValueShape::scalar, ValueShape::mixed);
    const auto seed = test::seed(1);
    CAPTURE(seed);
    for (std::uint64_t i = 0; i < 2000; ++i) {
        CAPTURE(i);
        const auto value = make(shape, 0, seed + i, seed * 3 + i);
        REQUIRE(test::must(canonical(value)) == value);
        REQUIRE_FALSE(ValueView(value).is_nil());
    }
}

TEST_CASE("mixed values are of every kind that MessagePack has", "[synth]") {
    std::set<msgpack::Kind> kinds;
    for (std::uint64_t i = 0; i < 500; ++i) {
        const auto value = make(ValueShape::mixed, 0, i, i);
        msgpack::Reader reader(value);
        while (!reader.at_end()) {
            msgpack::Token token;
            REQUIRE(reader.next(token));
            kinds.insert(token.kind);
        }
    }
    CHECK(kinds.size() == 9);
}

TEST_CASE("a profile has fields to filter, group and sort by", "[synth]") {
    std::set<std::string> plans;
    std::set<msgpack::Kind> score_kinds;
    std::set<bool> active;
    for (std::uint64_t i = 0; i < 300; ++i) {
        const auto bytes = make(ValueShape::profile, 0, i, i + 1);
        const ValueView value(bytes);
        CAPTURE(json(bytes));
        const auto bucket = value.find("bucket")->as_int64().value();
        CHECK((bucket >= 0 && bucket < 100));
        const auto score = value.find("score")->as_double().value();
        CHECK((score >= 0 && score < 1000));
        score_kinds.insert(value.find("score")->kind());
        plans.emplace(value.find("plan")->as_string().value());
        active.insert(value.find("active")->as_bool().value());
        CHECK(value.find("created")->as_uint64().value() <= 1'700'000'000'000);
        CHECK(value.find("email")->as_string().value().ends_with("@example.com"));
        CHECK(value.find("address")->find("city")->kind() == msgpack::Kind::string);
        CHECK(value.find("tags")->size() <= 3);
    }
    CHECK(plans == std::set<std::string>{"basic", "enterprise", "free", "pro"});
    CHECK(score_kinds.size() == 2);
    CHECK(active.size() == 2);
}

TEST_CASE("an update keeps who the record is about and changes how things stand", "[synth]") {
    const auto before = make(ValueShape::profile, 0, 5, 1);
    const auto after = make(ValueShape::profile, 0, 5, 2);
    CHECK(before != after);
    for (const auto* field : {"name", "email", "bucket", "created", "address"}) {
        CHECK(ValueView(before).find(field)->bytes() == ValueView(after).find(field)->bytes());
    }
    CHECK(make(ValueShape::profile, 0, 5, 1) == before);
}

TEST_CASE("a profile takes the size asked for where that is possible", "[synth]") {
    const auto bytes = GENERATE(as<std::uint32_t>{}, 60, 100, 150, 180, 256, 300, 1000, 70'000);
    CAPTURE(bytes);
    for (std::uint64_t i = 0; i < 50; ++i) {
        const auto value = make(ValueShape::profile, bytes, i, i);
        CHECK(test::must(canonical(value)) == value);
        CHECK(value.size() <= bytes);
        // What no note can fill is less than its name and header, or a step in the header's size.
        CHECK(value.size() + 8 > bytes);
        CHECK(ValueView(value).find("score"));
    }
    CHECK(make(ValueShape::profile, 1, 1, 1).size() > 1);
}
