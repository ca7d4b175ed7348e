// SPDX-License-Identifier: Apache-2.0
#include "topgun/wire/batch.hpp"
#include "support.hpp"

namespace topgun::wire {
namespace {
const std::vector<Bytes> kFrames = {"one", "", "three"};

Bytes pack(BatchLayout layout, std::span<const Bytes> frames = kFrames) {
    Bytes out;
    pack_batch(frames, layout, out);
    return out;
}
}  // namespace

TEST_CASE("each direction has its own layout", "[wire]") {
    const std::vector<Bytes> frames = {"ab"};
    CHECK(test::to_hex(pack(BatchLayout::to_client, frames)) == "01000000020000006162");
    CHECK(test::to_hex(pack(BatchLayout::to_server, frames)) == "000000026162");
}

TEST_CASE("a batch comes apart without knowing its direction", "[wire]") {
    for (const auto layout : {BatchLayout::to_client, BatchLayout::to_server}) {
        const auto data = pack(layout);
        const auto batch = test::must(unpack_batch(data));
        CHECK(batch.layout == layout);
        CHECK(batch.complete);
        CHECK(batch.frames == std::vector<BytesView>{"one", "", "three"});
    }
    CHECK(test::must(unpack_batch("")).frames.empty());
    CHECK(test::must(unpack_batch(BytesView("\0\0\0\0", 4))).frames.empty());
}

TEST_CASE("a batch cut anywhere gives the whole frames before the cut", "[wire]") {
    for (const auto layout : {BatchLayout::to_client, BatchLayout::to_server}) {
        const auto data = pack(layout);
        const std::size_t head = layout == BatchLayout::to_client ? 4 : 0;
        for (std::size_t size = head; size < data.size(); ++size) {
            CAPTURE(size);
            const auto batch = test::must(unpack_batch(BytesView(data).substr(0, size), layout));
            const auto left = size - head;
            const std::size_t whole = left < 7 ? 0 : left < 11 ? 1 : 2;
            CHECK(batch.frames.size() == whole);
            // Without a count, a cut between frames cannot be seen.
            const bool between = left == 0 || left == 7 || left == 11;
            CHECK(batch.complete == (layout == BatchLayout::to_server && between));
        }
    }
    CHECK_FALSE(unpack_batch("abc", BatchLayout::to_client));
}

TEST_CASE("bytes after the announced frames are a tail", "[wire]") {
    const auto batch =
        test::must(unpack_batch(pack(BatchLayout::to_client) + "xy", BatchLayout::to_client));
    CHECK(batch.frames.size() == 3);
    CHECK(batch.tail == 2);
    CHECK_FALSE(batch.complete);
}

TEST_CASE("what fits neither layout is refused", "[wire]") {
    CHECK_FALSE(unpack_batch("\xde\xad\xbe\xef"));
    CHECK_FALSE(unpack_batch(test::from_hex("ffffffff00000000ff")));
}

TEST_CASE("too many frames are refused before they are listed", "[wire]") {
    const std::vector<Bytes> frames(5, "x");
    const auto batch = unpack_batch(pack(BatchLayout::to_server, frames), 4);
    REQUIRE_FALSE(batch);
    CHECK(batch.error().code() == Errc::limit);
    CHECK(unpack_batch(pack(BatchLayout::to_server, frames), 5));
}

TEST_CASE("zeros in a frame are not taken for many frames of the other layout", "[wire]") {
    const std::vector<Bytes> frames(1, Bytes(64, '\0'));
    const auto batch = test::must(unpack_batch(pack(BatchLayout::to_server, frames), 4));
    CHECK(batch.layout == BatchLayout::to_server);
    CHECK(batch.frames.size() == 1);
}

}  // namespace topgun::wire
