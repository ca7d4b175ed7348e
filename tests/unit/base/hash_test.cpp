// SPDX-License-Identifier: Apache-2.0
#include "topgun/base/hash.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;

TEST_CASE("fnv1a hashes UTF-16 code units", "[base][hash]") {
    CHECK(fnv1a("") == 2166136261u);
    CHECK(fnv1a("hello") == 1335831723u);
    CHECK(fnv1a("\xc3\xa9") == 1812687940u);
    CHECK(fnv1a("\xf0\x9f\x98\x80") == 3409036472u);
}
