// SPDX-License-Identifier: Apache-2.0
// Compares our reader and writer with msgpack-cxx, which was written by others from the same
// specification.
#include <msgpack.hpp>

#include <cmath>

#include "topgun/value/msgpack.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

namespace ours = topgun::msgpack;
namespace peer = ::msgpack;

namespace {

// Walks a value with our reader and writes what it sees with the peer.
bool repack(ours::Reader& reader, peer::sbuffer& buffer) {
    peer::packer packer(buffer);
    using ours::Kind;
    ours::Token token;
    if (!reader.next(token)) return false;
    const auto size = static_cast<std::uint32_t>(token.bytes.size());
    switch (token.kind) {
        case Kind::nil: packer.pack_nil(); return true;
        case Kind::boolean: token.boolean ? packer.pack_true() : packer.pack_false(); return true;
        case Kind::integer:
            token.negative ? packer.pack_int64(token.as_signed()) : packer.pack_uint64(token.bits);
            return true;
        case Kind::real:
            // The peer packs a whole float as an integer, so only fractions can be compared.
            if (token.real != std::trunc(token.real)) {
                packer.pack_double(token.real);
            } else {
                topgun::Bytes whole;
                ours::Writer(whole).real(token.real);
                buffer.write(whole.data(), whole.size());
            }
            return true;
        case Kind::string:
            packer.pack_str(size).pack_str_body(token.bytes.data(), size);
            return true;
        case Kind::binary:
            packer.pack_bin(size).pack_bin_body(token.bytes.data(), size);
            return true;
        case Kind::extension:
            packer.pack_ext(size, token.extension_type).pack_ext_body(token.bytes.data(), size);
            return true;
        case Kind::array: packer.pack_array(token.count); break;
        case Kind::map: packer.pack_map(token.count); break;
    }
    const auto values = std::uint64_t{token.count} * (token.kind == Kind::map ? 2 : 1);
    for (std::uint64_t i = 0; i < values; ++i) {
        if (!repack(reader, buffer)) return false;
    }
    return true;
}

// Writes what the peer unpacked with our writer.
void rewrite(const peer::object& object, ours::Writer& writer) {
    using peer::type::object_type;
    switch (object.type) {
        case object_type::NIL: return writer.nil();
        case object_type::BOOLEAN: return writer.boolean(object.via.boolean);
        case object_type::POSITIVE_INTEGER: return writer.unsigned_integer(object.via.u64);
        case object_type::NEGATIVE_INTEGER: return writer.signed_integer(object.via.i64);
        case object_type::FLOAT32:
        case object_type::FLOAT64: return writer.real(object.via.f64);
        case object_type::STR: return writer.string({object.via.str.ptr, object.via.str.size});
        case object_type::BIN: return writer.binary({object.via.bin.ptr, object.via.bin.size});
        case object_type::EXT:
            return writer.extension(object.via.ext.type(),
                                    {object.via.ext.data(), object.via.ext.size});
        case object_type::ARRAY:
            writer.array(object.via.array.size);
            for (const auto& element : object.via.array) rewrite(element, writer);
            return;
        case object_type::MAP:
            writer.map(object.via.map.size);
            for (const auto& pair : object.via.map) {
                rewrite(pair.key, writer);
                rewrite(pair.val, writer);
            }
            return;
    }
}

}  // namespace

TEST_CASE("msgpack-cxx reads what we write, and we write what it read", "[value][peer][property]") {
    const auto seed = topgun::test::seed(20260907);
    CAPTURE(seed);
    topgun::Random rng{seed};
    for (int round = 0; round < 3000; ++round) {
        const auto value = topgun::test::random_value(rng, 40);
        const auto handle = peer::unpack(value.data(), value.size());
        topgun::Bytes again;
        ours::Writer writer(again);
        rewrite(handle.get(), writer);
        REQUIRE(topgun::test::to_hex(again) == topgun::test::to_hex(value));
    }
}

TEST_CASE("msgpack-cxx writes what we read in the same bytes", "[value][peer][property]") {
    const auto seed = topgun::test::seed(20260908);
    CAPTURE(seed);
    topgun::Random rng{seed};
    for (int round = 0; round < 3000; ++round) {
        const auto value = topgun::test::random_value(rng, 40);
        peer::sbuffer buffer;
        ours::Reader reader(value);
        REQUIRE(repack(reader, buffer));
        REQUIRE(reader.at_end());
        REQUIRE(topgun::test::to_hex({buffer.data(), buffer.size()}) ==
                topgun::test::to_hex(value));
    }
}

// Goal:   both accept the same inputs.
// Method: damaged values. The peer allocates what a header announces, so it is given limits that
//         no value of this test reaches.
TEST_CASE("msgpack-cxx and we accept the same damaged inputs", "[value][peer][property]") {
    const auto seed = topgun::test::seed(20260909);
    CAPTURE(seed);
    topgun::Random rng{seed};
    constexpr std::size_t kMost = 100'000;
    int accepted = 0;
    for (int round = 0; round < 5000; ++round) {
        auto bytes = topgun::test::random_value(rng, 5);
        bytes[rng.below(bytes.size())] = static_cast<char>(rng());
        CAPTURE(topgun::test::to_hex(bytes));
        std::size_t peer_end = 0;
        bool peer_accepts = true;
        try {
            peer::zone zone;
            bool referenced = false;
            peer::unpack(zone, bytes.data(), bytes.size(), peer_end, referenced, nullptr, nullptr,
                         peer::unpack_limit(kMost, kMost, kMost, kMost, kMost));
        } catch (const peer::unpack_error&) {
            peer_accepts = false;
        }
        ours::Reader reader(bytes);
        REQUIRE(reader.skip() == peer_accepts);
        if (peer_accepts) REQUIRE(reader.position() == peer_end);
        accepted += peer_accepts ? 1 : 0;
    }
    CHECK(accepted > 500);
    CHECK(accepted < 4900);
}
