// SPDX-License-Identifier: Apache-2.0
// A column's type is decided by these counts: a field overlooked is a column that is missing.
#include "topgun/replica/fields.hpp"

#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

using namespace topgun;

namespace {

Bytes packed(std::string_view json) {
    return test::must(parse_json(json));
}

FieldFacts count(const std::vector<Bytes>& values) {
    FieldCounter counter;
    for (const auto& value : values) counter.add(value);
    return counter.take();
}

Bytes map_with(std::size_t fields, const std::string& prefix) {
    Bytes out;
    msgpack::Writer writer(out);
    writer.map(fields);
    for (std::size_t i = 0; i < fields; ++i) {
        writer.string(prefix + std::to_string(i));
        writer.nil();
    }
    return out;
}

}  // namespace

TEST_CASE("fields are counted by kind, wherever they stand in a value", "[replica][fields]") {
    const auto facts = count({packed(R"({"a":1,"b":"x"})"), packed(R"({"b":"y","c":null})"),
                              packed(R"({"a":2.5,"b":[1],"c":{}})"), packed(R"({"a":true})"),
                              packed("17"), packed(R"("text")")});
    CHECK(facts.whole[FieldKind::map] == 4);
    CHECK(facts.whole[FieldKind::integer] == 1);
    CHECK(facts.whole[FieldKind::string] == 1);
    CHECK(facts.whole.total() == 6);
    REQUIRE(facts.fields.size() == 3);
    const auto& a = facts.fields.at("a");
    CHECK(a[FieldKind::integer] == 1);
    CHECK(a[FieldKind::real] == 1);
    CHECK(a[FieldKind::boolean] == 1);
    CHECK(facts.fields.at("b")[FieldKind::array] == 1);
    CHECK(facts.fields.at("b").total() == 3);
    CHECK(facts.fields.at("c")[FieldKind::nil] == 1);
    CHECK(facts.fields.at("c")[FieldKind::map] == 1);
}

TEST_CASE("only integers above 2^63 - 1 are large", "[replica][fields]") {
    const auto kind = [](auto&& write) {
        Bytes out;
        msgpack::Writer writer(out);
        write(writer);
        return field_kind(out);
    };
    using msgpack::Writer;
    CHECK(kind([](Writer& w) { w.unsigned_integer(0x7fffffffffffffffu); }) == FieldKind::integer);
    CHECK(kind([](Writer& w) { w.unsigned_integer(0x8000000000000000u); }) == FieldKind::large);
    CHECK(kind([](Writer& w) { w.unsigned_integer(~std::uint64_t{0}); }) == FieldKind::large);
    CHECK(kind([](Writer& w) { w.signed_integer(INT64_MIN); }) == FieldKind::integer);
    CHECK(kind([](Writer& w) { w.binary("x"); }) == FieldKind::binary);
    CHECK(kind([](Writer& w) { w.extension(5, "x"); }) == FieldKind::extension);
    CHECK(field_kind("") == FieldKind::nil);
}

// Goal:   facts of parts add up to the facts of the whole, which parallel writers rely on.
TEST_CASE("counts do not depend on order or grouping", "[replica][fields][property]") {
    const auto seed = test::seed(77);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 50; ++round) {
        std::vector<Bytes> values;
        for (int i = 0; i < 40; ++i) values.push_back(test::random_value(rng, 2));
        const auto whole = count(values);
        for (std::size_t i = values.size(); i-- > 1;)
            std::swap(values[i], values[rng.below(i + 1)]);
        FieldFacts sum;
        for (std::size_t from = 0; from < values.size();) {
            const auto size = std::min<std::size_t>(1 + rng.below(15), values.size() - from);
            const auto first = values.begin() + static_cast<std::ptrdiff_t>(from);
            sum.add(count({first, first + static_cast<std::ptrdiff_t>(size)}));
            from += size;
        }
        CHECK(sum == whole);
    }
}

TEST_CASE("a map with too many names keeps none, however they arrive", "[replica][fields]") {
    const auto full = count({map_with(FieldFacts::kMostFields, "f")});
    CHECK_FALSE(full.too_many);
    CHECK(full.fields.size() == FieldFacts::kMostFields);
    const auto over = count({map_with(FieldFacts::kMostFields, "f"), packed(R"({"one":1})")});
    CHECK(over.too_many);
    CHECK(over.fields.empty());
    CHECK(over.whole[FieldKind::map] == 2);
    FieldFacts sum = count({packed(R"({"one":1})")});
    sum.add(full);
    CHECK(sum == over);
    const auto long_names = count({map_with(300, std::string(250, 'n'))});
    CHECK(long_names.too_many);
}
