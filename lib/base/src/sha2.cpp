// SPDX-License-Identifier: Apache-2.0
// Source of all constants and steps: FIPS 180-4, and RFC 2104.
#include "topgun/base/sha2.hpp"

#include <array>
#include <bit>

namespace topgun {
namespace {

// Fractions of the cube roots of the first 80 primes. SHA-256 has the upper halves of the first 64.
constexpr std::array<std::uint64_t, 80> kRound = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};
// Fractions of the square roots of the first eight primes; SHA-256 has their upper halves.
constexpr std::array<std::uint64_t, 8> kStart512 = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
// Of the next eight; SHA-224 has their lower halves.
constexpr std::array<std::uint64_t, 8> kStart384 = {
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4};

// What differs between words of 32 and of 64 bits.
template <typename Word>
struct Shape;
template <>
struct Shape<std::uint32_t> {
    static constexpr std::size_t kRounds = 64;
    static constexpr int kBig0[] = {2, 13, 22}, kBig1[] = {6, 11, 25};
    static constexpr int kSmall0[] = {7, 18, 3}, kSmall1[] = {17, 19, 10};
    static std::uint32_t round(std::size_t i) {
        return static_cast<std::uint32_t>(kRound[i] >> 32);
    }
};
template <>
struct Shape<std::uint64_t> {
    static constexpr std::size_t kRounds = 80;
    static constexpr int kBig0[] = {28, 34, 39}, kBig1[] = {14, 18, 41};
    static constexpr int kSmall0[] = {1, 8, 7}, kSmall1[] = {19, 61, 6};
    static std::uint64_t round(std::size_t i) { return kRound[i]; }
};

template <typename Word>
Word big(Word x, const int (&by)[3]) {
    return static_cast<Word>(std::rotr(x, by[0]) ^ std::rotr(x, by[1]) ^ std::rotr(x, by[2]));
}
template <typename Word>
Word small(Word x, const int (&by)[3]) {
    return static_cast<Word>(std::rotr(x, by[0]) ^ std::rotr(x, by[1]) ^ (x >> by[2]));
}

template <typename Word>
class Digest {
public:
    explicit Digest(const std::array<Word, 8>& start) : state_(start) {}

    Bytes of(BytesView bytes, const std::function<bool()>& stop) {
        constexpr std::size_t kBlock = 16 * sizeof(Word), kLength = 2 * sizeof(Word);
        const auto bits = static_cast<std::uint64_t>(bytes.size()) * 8;
        constexpr std::size_t kBlocksBetween = std::size_t{1} << 13;
        auto rest = bytes;
        for (std::size_t blocks = 0; rest.size() >= kBlock; rest.remove_prefix(kBlock)) {
            // Whoever stops drops what comes out.
            if (++blocks % kBlocksBetween == 0 && stop && stop()) break;
            block(rest.data());
        }
        rest = rest.substr(rest.size() - rest.size() % kBlock);
        // A one bit, zeros, and the length at the end of the last block.
        Bytes tail(rest);
        tail += static_cast<char>(0x80);
        while (tail.size() % kBlock != kBlock - kLength) tail += '\0';
        tail.append(kLength - sizeof bits, '\0');
        for (int shift = 56; shift >= 0; shift -= 8)
            tail += static_cast<char>(bits >> shift & 0xff);
        for (std::size_t at = 0; at < tail.size(); at += kBlock) block(tail.data() + at);
        Bytes out;
        for (const auto word : state_) {
            for (std::size_t i = sizeof(Word); i-- > 0;) {
                out += static_cast<char>(word >> (8 * i) & 0xff);
            }
        }
        return out;
    }

private:
    void block(const char* bytes) {
        using S = Shape<Word>;
        std::array<Word, S::kRounds> w{};
        for (std::size_t i = 0; i < 16; ++i) {
            for (std::size_t j = 0; j < sizeof(Word); ++j) {
                w[i] = static_cast<Word>(w[i] << 8 |
                                         static_cast<unsigned char>(bytes[i * sizeof(Word) + j]));
            }
        }
        for (std::size_t i = 16; i < S::kRounds; ++i) {
            w[i] = static_cast<Word>(small(w[i - 2], S::kSmall1) + w[i - 7] +
                                     small(w[i - 15], S::kSmall0) + w[i - 16]);
        }
        auto [a, b, c, d, e, f, g, h] = state_;
        for (std::size_t i = 0; i < S::kRounds; ++i) {
            const auto one =
                static_cast<Word>(h + big(e, S::kBig1) + ((e & f) ^ (~e & g)) + S::round(i) + w[i]);
            const auto two = static_cast<Word>(big(a, S::kBig0) + ((a & b) ^ (a & c) ^ (b & c)));
            h = g;
            g = f;
            f = e;
            e = static_cast<Word>(d + one);
            d = c;
            c = b;
            b = a;
            a = static_cast<Word>(one + two);
        }
        const Word next[] = {a, b, c, d, e, f, g, h};
        for (std::size_t i = 0; i < 8; ++i) state_[i] = static_cast<Word>(state_[i] + next[i]);
    }

    std::array<Word, 8> state_;
};

std::array<std::uint32_t, 8> halves(const std::array<std::uint64_t, 8>& words, int shift) {
    std::array<std::uint32_t, 8> out{};
    for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint32_t>(words[i] >> shift);
    return out;
}

}  // namespace

Bytes sha2(Sha2 kind, BytesView bytes, const std::function<bool()>& stop) {
    switch (kind) {
        case Sha2::sha224:
            return Digest<std::uint32_t>(halves(kStart384, 0)).of(bytes, stop).substr(0, 28);
        case Sha2::sha256: return Digest<std::uint32_t>(halves(kStart512, 32)).of(bytes, stop);
        case Sha2::sha384: return Digest<std::uint64_t>(kStart384).of(bytes, stop).substr(0, 48);
        case Sha2::sha512: break;
    }
    return Digest<std::uint64_t>(kStart512).of(bytes, stop);
}

Bytes hmac_sha256(BytesView key, BytesView text) {
    constexpr std::size_t kBlock = 64;
    Bytes block = key.size() > kBlock ? sha2(Sha2::sha256, key) : Bytes(key);
    block.resize(kBlock, '\0');
    Bytes inner, outer;
    for (const char c : block) {
        inner += static_cast<char>(c ^ 0x36);
        outer += static_cast<char>(c ^ 0x5c);
    }
    inner.append(text);
    return sha2(Sha2::sha256, outer + sha2(Sha2::sha256, inner));
}

bool same_secret(BytesView a, BytesView b) noexcept {
    if (a.size() != b.size()) return false;
    unsigned differences = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        differences |= static_cast<unsigned char>(a[i] ^ b[i]);
    }
    return differences == 0;
}

}  // namespace topgun
