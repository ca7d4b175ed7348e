// SPDX-License-Identifier: Apache-2.0
#include "prf.hpp"

#include <bit>

namespace topgun::synth {
namespace {

struct Sip {
    std::uint64_t v0, v1, v2, v3;

    void round() noexcept {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
    void take(std::uint64_t word) noexcept {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }
};

}  // namespace

std::uint64_t siphash(const SipKey& key, BytesView message) noexcept {
    // "somepseudorandomlygeneratedbytes", as the paper has it.
    Sip sip{key.first ^ 0x736f6d6570736575u, key.second ^ 0x646f72616e646f6du,
            key.first ^ 0x6c7967656e657261u, key.second ^ 0x7465646279746573u};
    const char* at = message.data();
    for (auto left = message.size() / 8; left > 0; --left, at += 8)
        sip.take(load_le<std::uint64_t>(at));
    // The last word: what is left over, and the length in its top byte.
    auto last = static_cast<std::uint64_t>(message.size()) << 56;
    for (std::size_t i = 0; i < message.size() % 8; ++i) {
        last |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
    }
    sip.take(last);
    sip.v2 ^= 0xff;
    for (int i = 0; i < 4; ++i) sip.round();
    return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

Prf::Prf(BytesView secret) noexcept {
    // Two keyed sums of the secret, each over all of it: as strong as the secret itself, up to 128
    // bits.
    master_ = {siphash({0x746f7067756e3031u, 1}, secret),
               siphash({0x746f7067756e3031u, 2}, secret)};
    derive();
}

void Prf::derive() noexcept {
    for (std::size_t i = 0; i < kDomains; ++i) {
        const char first[2] = {static_cast<char>(i), 0};
        const char second[2] = {static_cast<char>(i), 1};
        keys_[i] = {siphash(master_, {first, 2}), siphash(master_, {second, 2})};
    }
}

Prf Prf::salted(std::uint64_t salt) const noexcept {
    Prf other = *this;
    // Messages of nine bytes: derive() uses shorter ones.
    char message[9];
    store_le(message, salt);
    for (char part = 0; part < 2; ++part) {
        message[8] = part;
        (part == 0 ? other.master_.first : other.master_.second) = siphash(master_, {message, 9});
    }
    other.derive();
    return other;
}

std::uint64_t Prf::operator()(Domain domain, std::uint64_t a, std::uint64_t b) const noexcept {
    char message[16];
    store_le(message, a);
    store_le(message + 8, b);
    return (*this)(domain, BytesView(message, sizeof message));
}

}  // namespace topgun::synth
