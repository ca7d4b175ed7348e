// SPDX-License-Identifier: Apache-2.0
#include "key_search.hpp"

#include <set>

#include "topgun/base/hash.hpp"
#include "topgun/base/utf.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

using namespace topgun;
using namespace topgun::synth;

namespace {

const Prf kPrf("a secret of some length");

}  // namespace

TEST_CASE("a replaced key keeps its length and the first three digits of its hash", "[synth]") {
    for (int i = 0; i < 20'000; ++i) {
        const auto key = "user-" + std::to_string(i);
        const auto other = key_choice(kPrf, key, 0);
        REQUIRE(other);
        CAPTURE(key, *other);
        REQUIRE(other->size() == key.size());
        REQUIRE(fnv1a(*other) >> 20 == fnv1a(key) >> 20);
        REQUIRE(*other != key);
        REQUIRE(other->find("user") == std::string::npos);
    }
}

TEST_CASE("keys of any text keep their leaf, and their length from three bytes on",
          "[synth][property]") {
    const auto seed = test::seed(20260817);
    CAPTURE(seed);
    Random rng(seed);
    for (int i = 0; i < 600; ++i) {
        const auto key = test::random_text(rng);
        unsigned choice = 0;
        const auto other = next_key_choice(kPrf, key, choice);
        CAPTURE(key, other, choice);
        REQUIRE(leaf_of_key(other) == leaf_of_key(key));
        REQUIRE(find_invalid_utf8(other) == other.size());
        REQUIRE(other != key);
        if (key.size() >= 3) CHECK(other.size() == key.size());
    }
}

TEST_CASE("keys too short for their leaf become a little longer", "[synth]") {
    std::size_t kept = 0, keys = 0;
    for (char a = 'a'; a <= 'z'; ++a) {
        for (char b = 'a'; b <= 'z'; ++b, ++keys) {
            const std::string key{a, b};
            unsigned choice = 0;
            const auto other = next_key_choice(kPrf, key, choice);
            CHECK(leaf_of_key(other) == leaf_of_key(key));
            CHECK(other.size() <= 3);
            kept += other.size() == 2;
        }
        const std::string key{a};
        unsigned choice = 0;
        const auto other = next_key_choice(kPrf, key, choice);
        CHECK(leaf_of_key(other) == leaf_of_key(key));
        CHECK((other.size() >= 2 && other.size() <= 3));
    }
    // 94^2 texts for 4096 leaves: for most there is one other than the key.
    CHECK(kept > keys / 2);
    unsigned choice = 0;
    const auto empty = next_key_choice(kPrf, "", choice);
    CHECK(leaf_of_key(empty) == leaf_of_key(""));
    CHECK(empty.size() <= 3);
}

TEST_CASE("further choices are other texts, and longer ones in the end", "[synth]") {
    std::set<std::string> texts;
    for (unsigned choice = 0; choice < 4 * kChoicesPerLength; ++choice) {
        const auto text = key_choice(kPrf, "user-17", choice);
        REQUIRE(text);
        CHECK(text->size() == 7 + choice / kChoicesPerLength);
        texts.insert(*text);
    }
    CHECK(texts.size() == 4 * kChoicesPerLength);
    CHECK(key_choice(Prf("another"), "user-17", 0) != key_choice(kPrf, "user-17", 0));
}
