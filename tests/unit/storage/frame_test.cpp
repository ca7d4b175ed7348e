// SPDX-License-Identifier: Apache-2.0
#include "frame.hpp"

#include "topgun/base/hash.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::storage;

namespace {

Bytes random_bytes(Random& rng, std::size_t size) {
    Bytes out(size, '\0');
    for (auto& byte : out) byte = static_cast<char>(rng());
    return out;
}

Bytes encoded(BytesView raw, FrameType type = FrameType::rows, std::uint32_t rows = 7) {
    Bytes out;
    FrameCodec(1).encode(type, raw, rows, out);
    return out;
}

// Makes the header's own check right again after an edit.
void reseal(Bytes& frame) {
    store_le(&frame[28], static_cast<std::uint32_t>(xxh3_64(BytesView(frame).substr(0, 28))));
}

void check_round_trip(BytesView raw) {
    const auto frame = encoded(raw);
    Bytes back = "old";
    const auto header = test::must(FrameDecoder().decode(frame, back));
    CHECK(back == raw);
    CHECK(header.type == FrameType::rows);
    CHECK(header.rows == 7);
    CHECK(header.raw == raw.size());
    CHECK(header.stored + kFrameHeader == frame.size());
}

}  // namespace

TEST_CASE("frames give back what they were made of", "[storage]") {
    Random rng(1);
    check_round_trip("");
    check_round_trip("a");
    check_round_trip(std::string(100'000, 'a'));
    for (const std::size_t size : {1u, 31u, 4096u, 2'000'000u})
        check_round_trip(random_bytes(rng, size));
}

TEST_CASE("what packs too well to be believed is stored as it is, and can be read", "[storage]") {
    const Bytes zeros(5'000'000, '\0');
    check_round_trip(zeros);
    CHECK(encoded(zeros).size() == zeros.size() + kFrameHeader);
    CHECK(encoded(Bytes(1'000'000, '\0')).size() < 1000);
}

TEST_CASE("every flipped bit of a frame is found", "[storage]") {
    Random rng(2);
    const auto frame = encoded(std::string(60, 'a') + random_bytes(rng, 40));
    Bytes raw;
    FrameDecoder decoder;
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
        auto damaged = frame;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
        const auto decoded = decoder.decode(damaged, raw);
        REQUIRE_FALSE(decoded);
        CHECK(decoded.error().code() == Errc::bad_input);
    }
    for (std::size_t size = 0; size < frame.size(); ++size) {
        CHECK_FALSE(decoder.decode(BytesView(frame).substr(0, size), raw));
    }
    CHECK_FALSE(decoder.decode(frame + "x", raw));
    CHECK(decoder.decode(frame, raw));
}

TEST_CASE("a frame that claims to unpack to gigabytes takes no gigabytes", "[storage]") {
    auto bomb = encoded(std::string(1000, 'a'));
    store_le(&bomb[12], std::uint32_t{0xffffffff});
    reseal(bomb);
    Bytes raw;
    const auto decoded = FrameDecoder().decode(bomb, raw);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().text().find("cannot hold") != std::string::npos);
    CHECK(raw.capacity() < 1'000'000);
}

TEST_CASE("sizes and flags that cannot be are refused though the checks are right", "[storage]") {
    Bytes raw;
    auto longer = encoded(std::string(1000, 'a'));
    store_le(&longer[12], std::uint32_t{1001});
    reseal(longer);
    CHECK_FALSE(FrameDecoder().decode(longer, raw));
    auto shorter = encoded(std::string(1000, 'a'));
    store_le(&shorter[12], std::uint32_t{999});
    reseal(shorter);
    CHECK_FALSE(FrameDecoder().decode(shorter, raw));
    auto plain = encoded("ab");
    REQUIRE(plain[5] == 0);
    store_le(&plain[12], std::uint32_t{3});
    reseal(plain);
    CHECK_FALSE(FrameDecoder().decode(plain, raw));
    auto unknown = encoded("ab");
    unknown[5] = 2;
    reseal(unknown);
    const auto decoded = FrameDecoder().decode(unknown, raw);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().text().find("does not know") != std::string::npos);
}

TEST_CASE("a frame's bytes depend on its content alone", "[storage]") {
    Random rng(9);
    FrameCodec codec(1);
    const auto a = random_bytes(rng, 3000);
    const auto b = std::string(9000, 'b') + a;
    Bytes first, second;
    codec.encode(FrameType::rows, a, 1, first);
    codec.encode(FrameType::sketch, b, 2, first);  // a context that has been used
    codec.encode(FrameType::rows, a, 1, second);
    CHECK(first.substr(0, second.size()) == second);
}
