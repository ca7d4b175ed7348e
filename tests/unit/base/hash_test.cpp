// SPDX-License-Identifier: Apache-2.0
// Proves the hashes against vectors that TopGun's own cores computed: one wrong bit and no two
// tries ever agree.
#include "topgun/base/hash.hpp"

#include <numeric>
#include <set>
#include <vector>

#include "topgun/base/utf.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace std::string_view_literals;

namespace {

struct HashRow {
    std::string_view text;
    std::uint32_t hash;
    std::uint32_t partition;
};

// Computed by both TopGun cores, TypeScript and Rust.
constexpr HashRow kHashRows[] = {
    {""sv, 0x811c9dc5u, 199u},
    {"a"sv, 0xe40c292cu, 101u},
    {"b"sv, 0xe70c2de5u, 128u},
    {"c"sv, 0xe60c2c52u, 119u},
    {"ab"sv, 0x4d2505cau, 65u},
    {"ba"sv, 0x3c2ba6ccu, 9u},
    {"hello"sv, 0x4f9f2cabu, 95u},
    {"Hello"sv, 0xf55c314bu, 203u},
    {"HELLO"sv, 0x32543b0bu, 223u},
    {"world"sv, 0x37a3e893u, 19u},
    {"hello world"sv, 0xd58b3fa7u, 233u},
    {"key1"sv, 0x374a6a67u, 268u},
    {"key2"sv, 0x384a6bfau, 6u},
    {"test"sv, 0xafd071e5u, 232u},
    {"0"sv, 0x350ca8afu, 69u},
    {"42"sv, 0x87e38583u, 86u},
    {"-1"sv, 0x14cd0a2bu, 198u},
    {" "sv, 0x250c8f7fu, 196u},
    {"\000"sv, 0x050c5d1fu, 179u},
    {"\000\000"sv, 0x117697cdu, 177u},
    {"\012"sv, 0x0f0c6cddu, 269u},
    {"user:alice"sv, 0x37452510u, 91u},
    {"user:1"sv, 0x6d1a4acbu, 208u},
    {"todo:001:title"sv, 0x2829d57cu, 150u},
    {"item-999"sv, 0x519058deu, 201u},
    {"random-key-9999"sv, 0x4f3187ffu, 80u},
    {"550e8400-e29b-41d4-a716-446655440000"sv, 0x889e3528u, 181u},
    {"key1:100:0:test"sv, 0xedbc1beeu, 245u},
    {"1700000000000:42:node-abc-123"sv, 0xebb89371u, 105u},
    {"18446744073709551615:4294967295:n"sv, 0x2914483du, 64u},
    {"{\"a\":1}"sv, 0x8b9e4511u, 91u},
    {"\303\251"sv, 0x6c0b6c44u, 105u},
    {"e\314\201"sv, 0x94195533u, 18u},
    {"\303\237"sv, 0x5a0b4feeu, 214u},
    {"\303\277"sv, 0x7a0b824eu, 231u},
    {"\304\200"sv, 0x050aca1fu, 262u},
    {"\320\277\321\200\320\270\320\262\320\265\321\202"sv, 0x9015dafbu, 254u},
    {"\346\227\245\346\234\254\350\252\236"sv, 0x5406374eu, 27u},
    {"\357\273\277"sv, 0x79b0344eu, 167u},
    {"\357\277\275"sv, 0x77ae9e28u, 232u},
    {"\357\277\277"sv, 0x79aea14eu, 250u},
    {"\360\220\200\200"sv, 0x36215bcdu, 165u},
    {"\360\237\230\200"sv, 0xcb31c4b8u, 102u},
    {"a\360\237\230\200b"sv, 0x8fca8501u, 122u},
    {"\360\237\221\250\342\200\215"
     "\360\237\221\251\342\200\215\360\237\221\247\342\200\215\360\237\221\246"sv,
     0x5aa43ed0u, 176u},
    {"\364\217\277\277"sv, 0xf9282ca3u, 98u},
};

std::string repeat(std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

// FNV-1a as its authors define it, over units that the caller already has.
std::uint32_t model_fnv1a(std::u16string_view units) {
    std::uint32_t hash = kFnvOffset;
    for (const char16_t unit : units) hash = (hash ^ unit) * kFnvPrime;
    return hash;
}

std::uint32_t combine(const std::vector<std::uint32_t>& hashes) {
    return std::accumulate(hashes.begin(), hashes.end(), 0u,
                           [](std::uint32_t sum, std::uint32_t h) { return sum + mix(h); });
}

}  // namespace

TEST_CASE("fnv1a and partitions agree with both TopGun cores", "[base][hash]") {
    for (const auto& row : kHashRows) {
        CAPTURE(row.text);
        CHECK(fnv1a(row.text) == row.hash);
        CHECK(partition_of(row.text) == row.partition);
    }
}

TEST_CASE("fnv1a of long texts agrees with both TopGun cores", "[base][hash]") {
    CHECK(fnv1a(repeat("a", 1000)) == 0x1dd9658du);
    CHECK(fnv1a(repeat("a", 10000)) == 0xd352af15u);
    CHECK(fnv1a(repeat("a", 65536)) == 0x0f619dc5u);
    CHECK(fnv1a(repeat("\360\237\230\200", 1000)) == 0x49d29065u);
    CHECK(fnv1a(repeat("\303\251", 4096)) == 0x2546edc5u);
    CHECK(fnv1a(repeat("0123456789", 100000)) == 0xbea58245u);
    CHECK(partition_of(repeat("a", 65536)) == 207);
    CHECK(partition_of(repeat("0123456789", 100000)) == 221);
}

TEST_CASE("known keys collide in all 32 bits, others only in the trie's first three digits",
          "[base][hash]") {
    CHECK(fnv1a("user:162789") == 0x497acacbu);
    CHECK(fnv1a("user:379192") == 0x497acacbu);
    CHECK(fnv1a("user:162788") == 0x487ac938u);
    CHECK(fnv1a("user:379193") == 0x487ac938u);
    CHECK(fnv1a("key-23") != fnv1a("key-33"));
    CHECK(fnv1a("key-23") >> 20 == 0x42eu);
    CHECK(fnv1a("key-33") >> 20 == 0x42eu);
    CHECK(partition_of("key-23") == 249);
    CHECK(partition_of("key-33") == 36);
}

// Goal:   the decoding on the fly and the step of eight bytes change nothing.
// Method: random texts of mixed width, hashed as UTF-8 by us and as UTF-16 by the definition;
//         lengths around the step of eight, cut into two parts at each character.
TEST_CASE("fnv1a equals the definition over UTF-16 units, whole or continued", "[base][property]") {
    const auto seed = test::seed(20260901);
    CAPTURE(seed);
    Random rng{seed};
    constexpr std::uint32_t kFirsts[] = {0x20, 0x80, 0x800, 0xe000, 0x10000};
    for (int round = 0; round < 2000; ++round) {
        std::string utf8;
        std::u16string utf16;
        std::vector<std::size_t> boundaries{0};
        const auto length = rng.below(24);
        for (std::uint64_t i = 0; i < length; ++i) {
            const bool ascii = rng.chance(0.7);
            const auto first = kFirsts[ascii ? 0 : rng.below(5)];
            const auto c = first + static_cast<std::uint32_t>(rng.below(0x60));
            append_utf8(utf8, c);
            boundaries.push_back(utf8.size());
            if (c >= 0x10000) utf16 += static_cast<char16_t>(0xd800 + ((c - 0x10000) >> 10));
            utf16 += static_cast<char16_t>(c >= 0x10000 ? 0xdc00 + (c & 0x3ff) : c);
        }
        const auto expected = model_fnv1a(utf16);
        REQUIRE(fnv1a(utf8) == expected);
        for (const auto cut : boundaries) {
            const auto head = fnv1a(std::string_view(utf8).substr(0, cut));
            REQUIRE(fnv1a_continue(head, std::string_view(utf8).substr(cut)) == expected);
        }
    }
}

TEST_CASE("fnv1a steps for single characters and decimals equal hashing the text", "[base][hash]") {
    CHECK(fnv1a_step(kFnvOffset, 'a') == fnv1a("a"));
    const auto number = GENERATE(as<std::uint64_t>{}, 0u, 7u, 10u, 42u, 1700000000000u, ~0ull);
    CHECK(fnv1a_decimal(fnv1a("n:"), number) == fnv1a("n:" + std::to_string(number)));
}

TEST_CASE("fnv1a hashes malformed bytes as the replacement character, and always ends",
          "[base][hash]") {
    CHECK(fnv1a("\377") == fnv1a("\357\277\275"));
    CHECK(fnv1a("a\200b") == fnv1a("a\357\277\275b"));
    // A sequence that is cut off counts once, not once for each byte.
    CHECK(fnv1a("\360\237\230") == fnv1a("\357\277\275"));
    // A surrogate in three bytes is three malformed parts.
    CHECK(fnv1a("\355\240\275") == fnv1a(repeat("\357\277\275", 3)));
}

TEST_CASE("a hash is shown as eight lower-case hex digits", "[base][hash]") {
    CHECK(hex32(0) == "00000000");
    CHECK(hex32(0x050c5d1f) == "050c5d1f");
    CHECK(hex32(0xffffffff) == "ffffffff");
}

TEST_CASE("mix is MurmurHash3's finalizer", "[base][hash]") {
    CHECK(mix(0) == 0);
    CHECK(mix(1) == 0x514e28b7u);
    CHECK(mix(2) == 0x30f4c306u);
    CHECK(mix(50) == 0xfee7ae75u);
    CHECK(mix(100) == 0xfdce5ceau);
    CHECK(mix(200) == 0xbe4f4e32u);
    CHECK(mix(250) == 0xc5576128u);
    CHECK(mix(0x7fffffff) == 0xf9cc0ea8u);
    CHECK(mix(0x80000000) == 0x6d3c65a0u);
    CHECK(mix(0xdeadbeef) == 0x0de5c6a9u);
    CHECK(mix(0xffffffff) == 0x81f16f39u);
    CHECK(fnv1a("single") == 0x7f2346e9u);
    CHECK(mix(fnv1a("single")) == 0xf0047af6u);
}

TEST_CASE("mix sends different hashes to different hashes", "[base][hash]") {
    std::set<std::uint32_t> seen;
    for (std::uint32_t i = 0; i < 100'000; ++i) seen.insert(mix(i * 0x9e3779b1u));
    CHECK(seen.size() == 100'000);
}

TEST_CASE("a sum of mixed hashes is TopGun's combine", "[base][hash]") {
    CHECK(combine({}) == 0);
    CHECK(combine({1}) == 0x514e28b7u);
    CHECK(combine({100, 200}) == 0xbc1dab1cu);
    CHECK(combine({250, 50}) == 0xc43f0f9du);
    CHECK(combine({10, 20, 30}) == 0xa4ae4d7eu);
    CHECK(combine({30, 10, 20}) == 0xa4ae4d7eu);
    CHECK(combine({0xffffffffu, 0xffffffffu, 0xffffffffu}) == 0x85d44dabu);
    CHECK(combine({0xaaaa0000u, 0x5555u}) == 0x646a1b40u);
}

TEST_CASE("XXH3 gives its published values for empty input and depends on the seed",
          "[base][hash]") {
    CHECK(xxh3_64("") == 0x2d06800538d394c2u);
    CHECK(xxh3_128("") == Hash128{0x99aa06d3014798d8u, 0x6001c324468d497fu});
    CHECK(xxh3_64("a") != xxh3_64("b"));
    CHECK(xxh3_64("a", 1) != xxh3_64("a", 2));
    CHECK(xxh3_64("a", 0) == xxh3_64("a"));
    CHECK(xxh3_128("a") != xxh3_128("b"));
}

// Goal:   hashing side by side gives what hashing one by one gives.
// Method: groups of every size, texts of uneven lengths, ASCII and not.
TEST_CASE("many texts hashed at once have the hashes that each has alone",
          "[base][hash][property]") {
    const auto seed = test::seed(31);
    CAPTURE(seed);
    Random rng(seed);
    const std::string_view parts[] = {"a",          "\303\251", "\360\237\230\200",
                                      "0123456789", "\377",     ""};
    for (std::size_t size = 0; size < 40; ++size) {
        std::vector<std::string> texts(size);
        std::vector<std::uint32_t> alone, together;
        for (auto& text : texts) {
            const bool plain = rng.chance(0.7);
            for (auto n = rng.below(12); n > 0; --n) text += parts[plain ? 0 : rng.below(6)];
            const auto start = static_cast<std::uint32_t>(rng.below(1u << 31));
            alone.push_back(fnv1a_continue(start, text));
            together.push_back(start);
        }
        const std::vector<std::string_view> views(texts.begin(), texts.end());
        fnv1a_continue_all(views, together.data());
        CHECK(together == alone);
    }
}
