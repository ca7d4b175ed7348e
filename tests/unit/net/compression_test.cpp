// SPDX-License-Identifier: Apache-2.0
// permessage-deflate (RFC 7692): what it saves, and what it must not cost.
#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/beast/zlib/inflate_stream.hpp>
#include <fstream>

#include "siege.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

namespace zlib = boost::beast::zlib;

constexpr const char* kOffer =
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";

net::ServerOptions compressing() {
    auto out = quick();
    out.compress = true;
    return out;
}

// Ends at a byte's edge, so that more of the same may follow.
std::string deflated(std::string_view data) {
    zlib::deflate_stream stream;
    stream.reset(6, 12, 5, zlib::Strategy::normal);
    std::string out(data.size() + 1000, '\0');
    zlib::z_params step;
    step.next_in = data.data();
    step.avail_in = data.size();
    step.next_out = out.data();
    step.avail_out = out.size();
    boost::system::error_code error;
    stream.write(step, zlib::Flush::sync, error);
    REQUIRE_FALSE(error);
    REQUIRE(step.avail_in == 0);
    out.resize(out.size() - step.avail_out);
    return out;
}

std::string inflated(std::string data, std::size_t room) {
    data += std::string("\0\0\xff\xff", 4);
    zlib::inflate_stream stream;
    std::string out(room, '\0');
    zlib::z_params step;
    step.next_in = data.data();
    step.avail_in = data.size();
    step.next_out = out.data();
    step.avail_out = out.size();
    boost::system::error_code error;
    stream.write(step, zlib::Flush::sync, error);
    out.resize(out.size() - step.avail_out);
    return out;
}

// A compressed message ends without what every flush ends with.
std::string without_tail(std::string data) {
    data.resize(data.size() - 4);
    return data;
}

std::string compressed_frame(std::string frame) {
    frame[0] = static_cast<char>(frame[0] | 0x40);
    return frame;
}

std::uint64_t peak_kib() {
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6));
    }
    FAIL("no VmHWM");
    return 0;
}

}  // namespace

TEST_CASE("compression is agreed where both sides want it, and nowhere else", "[net][deflate]") {
    Serving with(compressing()), without;
    const auto agreed = [](const WebSocket& peer) {
        return peer.head.find("permessage-deflate") != std::string::npos;
    };
    WebSocket both(with.port, "/ws", 0, nullptr, kOffer);
    CHECK(agreed(both));
    WebSocket silent(with.port);
    CHECK_FALSE(agreed(silent));
    WebSocket refused(without.port, "/ws", 0, nullptr, kOffer);
    CHECK_FALSE(agreed(refused));
    // What was not agreed to is not understood.
    REQUIRE(refused.socket.send(
        compressed_frame(frame_of(kBinary, without_tail(deflated(wire::encoded(wire::Ping{1})))))));
    CHECK(refused.close_code() == 1002);
}

TEST_CASE("compressed messages are read, and are smaller on the wire", "[net][deflate]") {
    Serving world(compressing());
    WebSocket packed(world.port, "/ws", 0, nullptr, kOffer), plain(world.port);
    for (auto* one : {&packed, &plain}) {
        REQUIRE(one->socket.send(frame_of(kBinary, wire::encoded(wire::SyncInit{"m", {}}))));
        REQUIRE(one->frame());
    }
    std::string value;
    for (int i = 0; i < 5000; ++i) value += "the same and " + std::to_string(i % 100) + " more, ";
    WebSocket writer(world.port, "/ws", 0, nullptr, kOffer);
    const auto batch = wire::encoded(batch_of({put_op("1", "a", value)}));
    const auto small = without_tail(deflated(batch));
    CHECK(small.size() < batch.size() / 10);
    REQUIRE(writer.socket.send(compressed_frame(frame_of(kBinary, small))));
    const auto full = plain.frame(), seen = packed.frame();
    REQUIRE(full);
    REQUIRE(seen);
    CHECK_FALSE(plain.compressed);
    CHECK(packed.compressed);
    CHECK(full->second.size() > value.size());
    CHECK(seen->second.size() < value.size() / 10);
    CHECK(inflated(seen->second, value.size() * 2) == full->second);
}

TEST_CASE("a gigabyte in a few kilobytes closes with 1009, and takes no room", "[net][deflate]") {
    Siege siege(compressing());
    // Zeros upon zeros: each part refers to what came before it.
    const auto part = deflated(std::string(16 << 20, '\0'));
    CHECK(part.size() < 64'000);
    std::string bomb;
    for (int i = 0; i < 64; ++i) bomb += part;
    // So that earlier tests do not count; where it cannot be, they count for both.
    std::ofstream("/proc/self/clear_refs") << "5";
    const auto before = peak_kib();
    WebSocket whole(siege.world.port, "/ws", 0, nullptr, kOffer);
    REQUIRE(whole.socket.send(compressed_frame(frame_of(kBinary, without_tail(bomb)))));
    CHECK(whole.close_code() == 1009);
    WebSocket parts(siege.world.port, "/ws", 0, nullptr, kOffer);
    REQUIRE(parts.socket.send(compressed_frame(unfinished(kBinary, part))));
    for (int i = 0; i < 63; ++i) {
        if (!parts.socket.send(unfinished(kMore, part))) break;
    }
    CHECK(parts.close_code() == 1009);
    CHECK(peak_kib() - before < 100'000);
    siege.check();
}

TEST_CASE("what is no compressed data closes, and harms nobody", "[net][deflate]") {
    Random random(seed(71));
    Siege siege(compressing());
    for (int round = 0; round < 100; ++round) {
        WebSocket peer(siege.world.port, "/ws", 0, nullptr, kOffer);
        std::string bytes(1 + random.below(3000), '\0');
        for (auto& byte : bytes) byte = static_cast<char>(random.below(256));
        // A valid beginning half of the time.
        if (random.below(2) == 0) bytes = deflated(wire::encoded(wire::Ping{1})) + bytes;
        peer.socket.send(compressed_frame(frame_of(kBinary, bytes)));
        peer.socket.send(frame_of(kCloseFrame, "\x03\xe8"));
        CHECK(peer.socket.ends());
    }
    siege.check();
}
