// SPDX-License-Identifier: Apache-2.0
#include "topgun_test/values.hpp"

#include <bit>
#include <limits>
#include <map>

#include "topgun/base/utf.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::test {
namespace {

template <typename T, std::size_t N>
T pick(Random& rng, const T (&choices)[N]) {
    return choices[rng.below(N)];
}

// Around these sizes MessagePack takes a longer header.
std::size_t edge_size(Random& rng) {
    static constexpr std::size_t kEdges[] = {15, 16, 31, 32, 255, 256};
    return pick(rng, kEdges) + rng.below(2);
}

double random_real(Random& rng) {
    using Limits = std::numeric_limits<double>;
    static constexpr double kSpecial[] = {0.0,
                                          -0.0,
                                          1.0,
                                          -1.0,
                                          5.0,
                                          -2.5,
                                          0.1,
                                          0.1 + 0.2,
                                          1e15,
                                          1e16,
                                          1e21,
                                          1e22,
                                          1e-5,
                                          1e-6,
                                          1e300,
                                          -1e300,
                                          5e-324,
                                          0x1p53,
                                          0x1p64,
                                          1700000000000.0,
                                          Limits::max(),
                                          Limits::min(),
                                          Limits::infinity(),
                                          -Limits::infinity(),
                                          Limits::quiet_NaN()};
    switch (rng.below(4)) {
        case 0: return std::bit_cast<double>(rng());
        case 1: return static_cast<double>(rng.between(-1'000'000, 1'000'000));
        case 2: return static_cast<double>(rng.between(-1'000'000, 1'000'000)) / 1000;
        default: return pick(rng, kSpecial);
    }
}

void append_random_integer(Random& rng, msgpack::Writer& writer) {
    // Every border of MessagePack's forms and of exact doubles, from both sides.
    const auto border = std::uint64_t{1} << pick(rng, {0, 5, 7, 8, 15, 16, 31, 32, 53, 63});
    const auto near = border + rng.below(3) - 1;
    switch (rng.below(4)) {
        case 0: return writer.unsigned_integer(rng() >> rng.below(64));
        case 1: return writer.signed_integer(static_cast<std::int64_t>(rng()) >> rng.below(64));
        case 2: return writer.unsigned_integer(rng.chance(0.2) ? ~std::uint64_t{0} : near);
        default: return writer.signed_integer(static_cast<std::int64_t>(0 - near));
    }
}

Bytes random_bytes(Random& rng) {
    Bytes out(rng.chance(0.1) ? edge_size(rng) : rng.below(20), '\0');
    for (auto& byte : out) byte = static_cast<char>(rng());
    return out;
}

std::string random_key(Random& rng) {
    switch (rng.below(8)) {
        case 0: {
            static constexpr const char* kEscapes[] = {"$bin", "$int", "$float", "$ext",
                                                       "$map", "$",    "$x"};
            return pick(rng, kEscapes);
        }
        case 1: return std::to_string(rng.below(30));
        case 2: return random_text(rng);
        default: {
            static constexpr const char* kNames[] = {"a", "b", "name", "title", "updatedAt"};
            return pick(rng, kNames);
        }
    }
}

class Generator {
public:
    Generator(Random& rng, Bytes& out) : rng_(rng), writer_(out) {}

    void value(int depth_left) {
        if (budget_ > 0) --budget_;
        if (depth_left > 0 && budget_ > 0 && rng_.chance(0.45)) {
            container(depth_left);
        } else {
            scalar();
        }
    }

    // As deep as can be, with an empty container at the end half the time: it adds no level.
    void chain(int depth_left) {
        for (; depth_left > 0; --depth_left) {
            if (rng_.chance(0.5)) {
                writer_.array(1);
            } else {
                writer_.map(1);
                writer_.string(random_key(rng_));
            }
        }
        if (rng_.chance(0.5)) return scalar();
        if (rng_.chance(0.5))
            writer_.array(0);
        else
            writer_.map(0);
    }

private:
    void scalar() {
        switch (rng_.below(8)) {
            case 0: return writer_.nil();
            case 1: return writer_.boolean(rng_.chance(0.5));
            case 2: return append_random_integer(rng_, writer_);
            case 3: return writer_.unsigned_integer(rng_.below(200));
            case 4: return writer_.real(random_real(rng_));
            case 5: return writer_.binary(random_bytes(rng_));
            case 6: return extension();
            default: return writer_.string(random_text(rng_));
        }
    }

    void extension() {
        auto type = static_cast<std::int8_t>(rng_());
        const auto sized = rng_.chance(0.5) ? std::size_t{1} << rng_.below(5) : 0;
        auto bytes = sized > 0 ? Bytes(sized, static_cast<char>(rng_())) : random_bytes(rng_);
        if (type == 0 && bytes == BytesView("\0", 1)) type = 1;  // undefined: nil when canonical
        writer_.extension(type, bytes);
    }

    void container(int depth_left) {
        const auto wanted = rng_.chance(0.04) ? edge_size(rng_) : rng_.below(6);
        if (rng_.chance(0.5)) {
            writer_.array(wanted);
            for (std::size_t i = 0; i < wanted; ++i) value(depth_left - 1);
            return;
        }
        // std::map orders keys as canonical form does: by unsigned bytes.
        std::map<std::string, Bytes> fields;
        for (std::size_t i = 0; i < wanted; ++i) {
            Bytes field;
            Generator inner(rng_, field);
            inner.budget_ = budget_ / 2;
            inner.value(depth_left - 1);
            fields[random_key(rng_)] = std::move(field);
        }
        budget_ /= 2;
        writer_.map(fields.size());
        for (const auto& [key, field] : fields) {
            writer_.string(key);
            writer_.raw(field);
        }
    }

    Random& rng_;
    msgpack::Writer writer_;
    int budget_ = 200;  // values still to come, or nesting would explode
};

}  // namespace

std::string random_text(Random& rng) {
    std::string out;
    const auto wanted = rng.chance(0.05) ? edge_size(rng) : rng.below(12);
    const bool ascii = rng.chance(0.6);
    static constexpr std::uint32_t kFirsts[] = {0,      0x20,   0x7f,    0x7fe,   0x2028,  0xd7fd,
                                                0xe000, 0xfffd, 0x10000, 0x1f600, 0x10fffd};
    while (out.size() < wanted) {
        if (ascii || rng.chance(0.5)) {
            const auto letter = static_cast<char>('a' + rng.below(26));
            // The array's last element is the zero byte, which is text too.
            out += rng.chance(0.1) ? pick(rng, "\"\\/\b\t\n\f\r\x1f\x01$") : letter;
        } else {
            append_utf8(out, pick(rng, kFirsts) + static_cast<std::uint32_t>(rng.below(3)));
        }
    }
    return out;
}

Bytes random_value(Random& rng, int max_depth) {
    Bytes out;
    Generator generator(rng, out);
    if (max_depth > 0 && rng.below(16) == 0) {
        generator.chain(max_depth);
    } else {
        generator.value(max_depth);
    }
    return out;
}

}  // namespace topgun::test
