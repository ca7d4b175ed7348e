// SPDX-License-Identifier: Apache-2.0
#include "topgun/base/sha2.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

struct Vector {
    std::string message;
    const char *sha224, *sha256, *sha384, *sha512;
};

// From the examples of FIPS 180-4.
const std::vector<Vector>& vectors() {
    static const std::vector<Vector> all{
        {"", "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
         "274edebfe76f65fbd51ad2f14898b95b",
         "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
         "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
        {"abc", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
         "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
         "8086072ba1e7cc2358baeca134c825a7",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
         "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
         "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6"
         "b0455a8520bc4e6f5fe95b1fe3c8452b",
         "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c335"
         "96fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445"},
        {std::string(1'000'000, 'a'), "20794655980c91d8bbb4c1ea97618a4bf03f42581948b2ee4ee7ad67",
         "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
         "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b"
         "07b8b3dc38ecc4ebae97ddd87f3d8985",
         "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
         "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"}};
    return all;
}

}  // namespace

TEST_CASE("SHA-2 digests are those of FIPS 180-4", "[sql][sha2]") {
    for (const auto& one : vectors()) {
        CAPTURE(one.message.size());
        CHECK(test::to_hex(sha2(Sha2::sha224, one.message)) == one.sha224);
        CHECK(test::to_hex(sha2(Sha2::sha256, one.message)) == one.sha256);
        CHECK(test::to_hex(sha2(Sha2::sha384, one.message)) == one.sha384);
        CHECK(test::to_hex(sha2(Sha2::sha512, one.message)) == one.sha512);
    }
}

// Where the length still fits into the last block, and where it does not: digests of the digests of
// all lengths around two blocks of either kind.
TEST_CASE("SHA-2 pads messages of every length", "[sql][sha2]") {
    const auto chain = [](Sha2 kind) {
        std::string all;
        for (std::size_t size = 0; size <= 260; ++size) all += sha2(kind, std::string(size, 'x'));
        return test::to_hex(sha2(kind, all));
    };
    CHECK(chain(Sha2::sha256) ==
          "47e3b8809498cdd8b81372120793e0eac2f42ba90a8f88b036f6f76532dbe96e");
    CHECK(chain(Sha2::sha512) ==
          "b0b75933f50d7735a1ab5896f687fcfffc3a738099998dd6af6087f782558801"
          "d07339f4470184cac8351cdc20b8ca614b96c0aa6ef07d0d822a9cfd92570c11");
}
