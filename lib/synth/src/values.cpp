// SPDX-License-Identifier: Apache-2.0
#include "values.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "topgun/value/msgpack.hpp"
#include "words.hpp"

namespace topgun::synth {

using msgpack::Writer;

struct ValueMaker::Profile {
    std::string name, email, street, city, zip, country;
    std::string note;
    std::array<std::string, 3> tags;
    std::size_t tag_count = 0;
    std::string_view plan;
    std::uint64_t created = 0;
    std::int64_t bucket = 0;
    std::int64_t points = 0;
    bool fraction = false;  // score is points / 100 as a float
    bool active = false;
};

namespace {

constexpr std::uint64_t kDayMs = 86'400'000;

// Which fields of a profile are written. From left to right, the first ones to go when a value must
// be small.
enum Field : unsigned { kAddress = 1, kTags = 2, kNameAndEmail = 4, kNote = 8 };
constexpr std::array<unsigned, 4> kLevels = {kAddress | kTags | kNameAndEmail,
                                             kTags | kNameAndEmail, kNameAndEmail, 0};

std::string_view pick_plan(std::uint64_t percent) {
    return percent < 60 ? "free" : percent < 85 ? "basic" : percent < 97 ? "pro" : "enterprise";
}

void capitalised_word(Random& rng, std::string& out) {
    const auto at = out.size();
    append_word(rng, out);
    out[at] = static_cast<char>(out[at] - 'a' + 'A');
}

void append_scalar(Random& rng, Bytes& out, bool with_nil) {
    Writer writer(out);
    switch (rng.below(with_nil ? 8 : 7)) {
        case 0: writer.unsigned_integer(rng.below(1000)); break;
        case 1: writer.signed_integer(rng.between(-1'000'000, 1'000'000)); break;
        // Widths from one bit to 64, so that every header occurs.
        case 2: writer.unsigned_integer(rng() >> rng.below(64)); break;
        case 3: writer.real(static_cast<double>(rng.between(-100'000, 100'000)) / 100.0); break;
        case 4: writer.boolean(rng.chance(0.5)); break;
        case 5:
        case 6: {
            std::string text;
            append_word(rng, text);
            if (rng.chance(0.2)) append_unicode_word(rng(), text);
            writer.string(text);
            break;
        }
        default: writer.nil(); break;
    }
}

void append_oddity(Random& rng, Bytes& out) {
    Writer writer(out);
    constexpr std::array<double, 6> kReals = {std::numeric_limits<double>::quiet_NaN(),
                                              std::numeric_limits<double>::infinity(),
                                              -0.0,
                                              5.0,
                                              1e21,
                                              -0x1p60};
    std::string bytes;
    const auto length = rng.below(40);
    for (std::uint64_t i = 0; i < length; ++i) bytes += static_cast<char>(rng.below(256));
    switch (rng.below(4)) {
        case 0: writer.real(kReals[rng.below(kReals.size())]); break;
        case 1: writer.signed_integer(std::numeric_limits<std::int64_t>::min()); break;
        // Types from 1: of type 0, one zero byte would be JavaScript's undefined.
        case 2: writer.extension(static_cast<std::int8_t>(rng.between(1, 100)), bytes); break;
        default: writer.binary(bytes); break;
    }
}

void append_mixed(Random& rng, unsigned depth, bool with_nil, Bytes& out) {
    Writer writer(out);
    const auto kind = rng.below(depth == 0 ? 6 : 10);
    if (kind < 5) return append_scalar(rng, out, with_nil);
    if (kind == 5) return append_oddity(rng, out);
    const auto members = rng.below(rng.chance(0.05) ? 40 : 5);
    if (kind < 8) {
        writer.array(members);
        for (std::uint64_t i = 0; i < members; ++i) append_mixed(rng, depth - 1, true, out);
        return;
    }
    writer.map(members);
    for (std::uint64_t i = 0; i < members; ++i) {
        // The first two letters count up, so the keys are sorted and distinct.
        std::string key;
        key += static_cast<char>('a' + i / 26);
        key += static_cast<char>('a' + i % 26);
        append_word(rng, key);
        writer.string(key);
        append_mixed(rng, depth - 1, true, out);
    }
}

}  // namespace

void ValueMaker::append(const ValueSeed& seed, Bytes& out) {
    if (shape_ == ValueShape::profile) return append_profile(seed, out);
    Random rng(blend(seed.identity, seed.state));
    if (shape_ == ValueShape::scalar) return append_scalar(rng, out, false);
    append_mixed(rng, 3, false, out);
}

void ValueMaker::append_profile(const ValueSeed& seed, Bytes& out) {
    Profile profile;
    Random fixed(seed.identity);
    capitalised_word(fixed, profile.name);
    profile.email = profile.name;
    profile.email[0] = static_cast<char>(profile.email[0] - 'A' + 'a');
    profile.name += ' ';
    capitalised_word(fixed, profile.name);
    if (seed.unicode) append_unicode_word(fixed(), profile.name);
    profile.email += std::to_string(fixed.below(10'000)) + "@example.com";
    capitalised_word(fixed, profile.street);
    profile.street += " Road " + std::to_string(1 + fixed.below(200));
    capitalised_word(fixed, profile.city);
    profile.zip = std::to_string(10'000 + fixed.below(90'000));
    profile.country += static_cast<char>('A' + fixed.below(26));
    profile.country += static_cast<char>('A' + fixed.below(26));
    profile.bucket = static_cast<std::int64_t>(fixed.below(100));
    const auto age = fixed.below(900 * kDayMs);
    profile.created = seed.epoch_ms > age ? seed.epoch_ms - age : 0;

    Random changing(seed.state);
    profile.plan = pick_plan(changing.below(100));
    profile.active = changing.chance(0.8);
    profile.points = changing.between(0, 99'999);
    profile.fraction = changing.chance(0.25);
    if (!profile.fraction) profile.points /= 100;
    profile.tag_count = changing.below(profile.tags.size() + 1);
    for (std::size_t i = 0; i < profile.tag_count; ++i) append_word(changing, profile.tags[i]);

    if (bytes_ == 0) return encode(profile, kLevels[0], out);
    unsigned fields = 0;
    for (const auto level : kLevels) {
        fields = level;
        scratch_.clear();
        encode(profile, level, scratch_);
        if (scratch_.size() <= bytes_) break;
    }
    // The name of the field and the smallest header take six bytes; longer texts have longer
    // headers.
    constexpr std::size_t kNoteOverhead = 6;
    if (scratch_.size() + kNoteOverhead > bytes_) {
        out += scratch_;
        return;
    }
    auto room = bytes_ - scratch_.size() - kNoteOverhead;
    room -= room < 32 ? 0 : room < 257 ? 1 : room < 65'538 ? 2 : 4;
    append_prose(changing, room, profile.note);
    encode(profile, fields | kNote, out);
}

// Fields in byte order of their names, as canonical maps have them.
void ValueMaker::encode(const Profile& profile, unsigned fields, Bytes& out) {
    Writer writer(out);
    const bool contact = (fields & kNameAndEmail) != 0;
    constexpr std::size_t kAlways = 4;  // active, bucket, plan, score
    writer.map(kAlways + ((fields & kAddress) != 0) + ((fields & kTags) != 0) +
               ((fields & kNote) != 0) + (contact ? 3 : 0));
    writer.string("active");
    writer.boolean(profile.active);
    if ((fields & kAddress) != 0) {
        writer.string("address");
        writer.map(4);
        writer.string("city");
        writer.string(profile.city);
        writer.string("country");
        writer.string(profile.country);
        writer.string("street");
        writer.string(profile.street);
        writer.string("zip");
        writer.string(profile.zip);
    }
    writer.string("bucket");
    writer.signed_integer(profile.bucket);
    if (contact) {
        writer.string("created");
        writer.unsigned_integer(profile.created);
        writer.string("email");
        writer.string(profile.email);
        writer.string("name");
        writer.string(profile.name);
    }
    if ((fields & kNote) != 0) {
        writer.string("note");
        writer.string(profile.note);
    }
    writer.string("plan");
    writer.string(profile.plan);
    writer.string("score");
    if (profile.fraction)
        writer.real(static_cast<double>(profile.points) / 100.0);
    else
        writer.signed_integer(profile.points);
    if ((fields & kTags) != 0) {
        writer.string("tags");
        writer.array(profile.tag_count);
        for (std::size_t i = 0; i < profile.tag_count; ++i) writer.string(profile.tags[i]);
    }
}

}  // namespace topgun::synth
