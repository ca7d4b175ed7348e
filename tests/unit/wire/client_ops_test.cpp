// SPDX-License-Identifier: Apache-2.0
// Ops read as views of their frame say what ops say that own their texts.
#include "topgun/wire/client_ops.hpp"

#include "describe.hpp"
#include "support.hpp"
#include "topgun/wire/vectors.hpp"
#include "variant_writer.hpp"

namespace topgun::wire {
namespace {

struct Counts {
    std::size_t ops = 0, others = 0, refused = 0;
};

void expect_same_op(const ClientOp& owned, const ClientOpView& view) {
    const ClientOpView expected(owned);
    REQUIRE(detail::equal(detail::Describe<ClientOpView>::info, &expected, &view));
}

// Both ways of reading a frame give the same, errors included.
void compare(BytesView frame, Counts& counts) {
    CAPTURE(test::to_hex(frame));
    ClientOps read;
    DecodeOptions options;
    options.ops = &read;
    const auto viewed = decode(frame, options);
    const auto owned = decode(frame);
    REQUIRE(bool(viewed) == bool(owned));
    if (!owned) {
        ++counts.refused;
        REQUIRE(viewed.error().text() == owned.error().text());
        return;
    }
    REQUIRE(viewed->index() == owned->index());
    if (const auto* batch = std::get_if<ClientOpBatch>(&*owned)) {
        REQUIRE(read.ops.size() == batch->ops.size());
        REQUIRE(read.write_concern == batch->write_concern);
        REQUIRE(read.timeout == batch->timeout);
        for (std::size_t i = 0; i < batch->ops.size(); ++i) {
            expect_same_op(batch->ops[i], read.ops[i]);
            ++counts.ops;
        }
    } else if (const auto* op = std::get_if<ClientOp>(&*owned)) {
        REQUIRE(read.ops.size() == 1);
        REQUIRE(read.write_concern == op->write_concern);
        expect_same_op(*op, read.ops[0]);
        ++counts.ops;
    } else {
        REQUIRE(same(*viewed, *owned));
        ++counts.others;
    }
}

constexpr std::size_t kOpTypes[] = {kMessageIndex<ClientOp>, kMessageIndex<ClientOpBatch>};

}  // namespace

TEST_CASE("ops are read as views in every form that peers write", "[wire][property]") {
    const auto seed = test::seed(20261124);
    CAPTURE(seed);
    Random random(seed);
    test::VariantWriter writer(random);
    Counts counts;
    for (std::size_t type = 0; type < kMessageTypes; ++type) {
        const bool ops = type == kOpTypes[0] || type == kOpTypes[1];
        for (int round = 0; round < (ops ? 500 : 5); ++round) {
            const auto message = example_message(type, Fill::random, random);
            compare(encoded(message), counts);
            compare(writer.message(message), counts);
        }
    }
    CHECK(counts.ops > 1'000);
    CHECK(counts.others > 100);
    CHECK(counts.refused == 0);
}

TEST_CASE("damaged ops are refused as views as they are otherwise", "[wire][property]") {
    const auto seed = test::seed(20261125);
    CAPTURE(seed);
    Random random(seed);
    test::VariantWriter writer(random);
    Counts counts;
    for (const auto type : kOpTypes) {
        for (int round = 0; round < 20; ++round) {
            const auto frame = writer.message(example_message(type, Fill::random, random));
            for (std::size_t at = 0; at < frame.size(); ++at) {
                compare(BytesView(frame).substr(0, at), counts);
                auto damaged = frame;
                damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.below(8)));
                compare(damaged, counts);
            }
        }
    }
    CHECK(counts.ops > 100);
    CHECK(counts.refused > 1'000);
}

TEST_CASE("texts and values that are repaired are held beside the frame", "[wire]") {
    ClientOp op;
    op.map_name = "m";
    op.key = "KEY";
    op.record = LwwMapRecord{{test::packed(R"({"a":1})")}, {5, 0, "n"}, {}};
    auto frame = encoded(op);
    frame.replace(frame.find("KEY"), 3, "\xed\xa0\x80");  // half a surrogate pair
    const auto value = frame.find(
        "\x81\xa1"
        "a\x01");
    REQUIRE(value != Bytes::npos);
    frame.replace(value, 4,
                  Bytes("\x81\xa1"
                        "a\xcc\x01",
                        5));  // a wider one
    Counts counts;
    compare(frame, counts);
    CHECK(counts.ops == 1);
    ClientOps read;
    DecodeOptions options;
    options.ops = &read;
    test::must(decode(frame, options));
    CHECK(read.held.size() == 2);
    // Views stay good when what holds them moves.
    const auto moved = std::move(read);
    CHECK(moved.ops[0].key == "\xef\xbf\xbd");
    CHECK(moved.ops[0].record->value.bytes() == test::packed(R"({"a":1})"));
    CHECK(moved.ops[0].map_name.data() > frame.data());
}

}  // namespace topgun::wire
