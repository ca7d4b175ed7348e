// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/entropy.hpp"

#include <sys/random.h>

#include "topgun/base/bytes.hpp"

namespace topgun::sync {
namespace {

class SystemEntropy final : public Entropy {
public:
    EntropyBytes draw() override {
        EntropyBytes out{};
        // Requests of up to 256 bytes are served whole once the generator has been seeded.
        const auto got = getrandom(out.data(), out.size(), 0);
        TOPGUN_ASSERT(got == static_cast<ssize_t>(out.size()),
                      "an identity that could be guessed must never be handed out");
        return out;
    }
};

}  // namespace

Entropy::~Entropy() = default;

Entropy& system_entropy() {
    static SystemEntropy entropy;
    return entropy;
}

EntropyBytes SeededEntropy::draw() {
    EntropyBytes out{};
    const std::uint64_t halves[] = {random_(), random_()};
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<unsigned char>(halves[i / 8] >> (8 * (i % 8)));
    }
    return out;
}

}  // namespace topgun::sync
