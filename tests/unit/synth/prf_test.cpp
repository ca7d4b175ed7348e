// SPDX-License-Identifier: Apache-2.0
#include "prf.hpp"

#include <set>

#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::synth;

TEST_CASE("SipHash-2-4 gives the numbers of its authors", "[synth]") {
    // Key 00..0f, message 00..n-1; the last one stands in the paper, the others in its test
    // vectors.
    const SipKey key{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    const auto bytes = test::from_hex("000102030405060708090a0b0c0d0e");
    CHECK(siphash(key, "") == 0x726fdb47dd0e0e31u);
    CHECK(siphash(key, BytesView(bytes).substr(0, 1)) == 0x74f839c593dc67fdu);
    CHECK(siphash(key, BytesView(bytes).substr(0, 2)) == 0x0d6c8009d9a94f5au);
    CHECK(siphash(key, bytes) == 0xa129ca6149be45e5u);
}

TEST_CASE("secrets, domains, salts and messages all change the result", "[synth]") {
    const Prf prf("sixteen bytes ...");
    std::set<std::uint64_t> results;
    for (const auto domain : {Domain::text, Domain::key, Domain::integer}) {
        results.insert(prf(domain, "message"));
        results.insert(prf(domain, "massage"));
        results.insert(prf.salted(1)(domain, "message"));
        results.insert(prf.salted(2)(domain, "message"));
        results.insert(Prf("sixteen bytes ..?")(domain, "message"));
        results.insert(prf(domain, 1, 2));
        results.insert(prf(domain, 2, 1));
    }
    CHECK(results.size() == 21);
    CHECK(prf(Domain::text, "message") == Prf("sixteen bytes ...")(Domain::text, "message"));
    CHECK(prf.salted(3)(Domain::text, "x") == prf.salted(3)(Domain::text, "x"));
}
