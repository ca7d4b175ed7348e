// SPDX-License-Identifier: Apache-2.0
// Generated values, in canonical form.
#pragma once

#include "topgun/base/bytes.hpp"
#include "topgun/base/random.hpp"
#include "topgun/synth/generate.hpp"

namespace topgun::synth {

/// What a value is made from.
struct ValueSeed {
    std::uint64_t identity = 0;  ///< Of the record: what no update changes, such as name and email.
    std::uint64_t state = 0;     ///< Of the write: score, plan, active, tags.
    std::uint64_t epoch_ms = 0;  ///< Records were created some time before it.
    bool unicode = false;
};

/// Writes values of one shape. Threads: one owner, for its buffers.
class ValueMaker {
public:
    ValueMaker(ValueShape shape, std::uint32_t bytes) : shape_(shape), bytes_(bytes) {}
    /// Appends one canonical value, never nil: a put of nil would be a removal.
    void append(const ValueSeed& seed, Bytes& out);

private:
    struct Profile;
    void append_profile(const ValueSeed& seed, Bytes& out);
    static void encode(const Profile& profile, unsigned fields, Bytes& out);

    ValueShape shape_;
    std::uint32_t bytes_;
    Bytes scratch_;
    std::string text_;
};

}  // namespace topgun::synth
