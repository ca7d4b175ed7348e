// SPDX-License-Identifier: Apache-2.0
// Laws of the codec over random messages of every type.
#include "support.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/wire/vectors.hpp"
#include "variant_writer.hpp"

namespace topgun::wire {

namespace {
constexpr Fill kFills[] = {Fill::full, Fill::minimal, Fill::random};
}

TEST_CASE("every message decodes to what was encoded", "[wire][property]") {
    const auto seed = test::seed(20250301);
    CAPTURE(seed);
    Random random(seed);
    for (std::size_t type = 0; type < kMessageTypes; ++type) {
        for (int round = 0; round < 60; ++round) {
            const auto message = example_message(type, kFills[std::min(round, 2)], random);
            const auto frame = encoded(message);
            CAPTURE(message_types()[type].name, round, test::to_hex(frame));
            // Strict decoding also proves that the encoder is canonical.
            const auto again = test::must(decode(frame, {.strict = true}));
            REQUIRE(same(again, message));
        }
    }
}

TEST_CASE("HTTP bodies decode to what was encoded", "[wire][property]") {
    const auto seed = test::seed(20250302);
    CAPTURE(seed);
    Random random(seed);
    for (int round = 0; round < 200; ++round) {
        const auto fill = kFills[std::min(round, 2)];
        const auto request = example_http_sync_request(fill, random);
        const auto response = example_http_sync_response(fill, random);
        const auto request_again =
            test::must(decode_http_sync_request(encoded(request), {.strict = true}));
        const auto response_again =
            test::must(decode_http_sync_response(encoded(response), {.strict = true}));
        using detail::Describe;
        REQUIRE(detail::equal(Describe<HttpSyncRequest>::info, &request, &request_again));
        REQUIRE(detail::equal(Describe<HttpSyncResponse>::info, &response, &response_again));
    }
}

// Goal:   every form that either real side of TopGun may write means the same message.
// Method: a writer that chooses at random, at each place, among integer widths, floats, header
//         sizes, nil or nothing, key orders, bytes as index maps or arrays, both sort and counter
//         forms, and adds unknown and repeated fields.
TEST_CASE("other encodings of a message decode to the same message", "[wire][property]") {
    const auto seed = test::seed(20250303);
    CAPTURE(seed);
    Random random(seed);
    test::VariantWriter writer(random);
    for (std::size_t type = 0; type < kMessageTypes; ++type) {
        for (int round = 0; round < 60; ++round) {
            const auto message = example_message(type, kFills[std::min(round, 2)], random);
            const auto frame = writer.message(message);
            CAPTURE(message_types()[type].name, round, test::to_hex(frame));
            auto again = decode(frame);
            if (!again) FAIL(again.error().text());
            REQUIRE(same(*again, message));
        }
    }
}

TEST_CASE("other encodings of an HTTP body decode to the same body", "[wire][property]") {
    const auto seed = test::seed(20250304);
    CAPTURE(seed);
    Random random(seed);
    test::VariantWriter writer(random);
    const auto& type = detail::Describe<HttpSyncRequest>::info;
    for (int round = 0; round < 200; ++round) {
        const auto request = example_http_sync_request(Fill::random, random);
        const auto again = test::must(decode_http_sync_request(writer.body(type, &request)));
        REQUIRE(detail::equal(type, &request, &again));
    }
}

TEST_CASE("a frame cut anywhere is refused", "[wire][property]") {
    const auto seed = test::seed(20250305);
    CAPTURE(seed);
    Random random(seed);
    for (std::size_t type = 0; type < kMessageTypes; ++type) {
        const auto frame = encoded(example_message(type, Fill::full, random));
        std::size_t refused = 0;
        for (std::size_t size = 0; size < frame.size(); ++size) {
            refused += decode(BytesView(frame).substr(0, size)) ? 0 : 1;
        }
        CAPTURE(message_types()[type].name);
        CHECK(refused == frame.size());
    }
}

TEST_CASE("a damaged frame is refused or decodes to something that holds", "[wire][property]") {
    const auto seed = test::seed(20250306);
    CAPTURE(seed);
    Random random(seed);
    std::size_t accepted = 0, refused = 0;
    for (std::size_t type = 0; type < kMessageTypes; ++type) {
        const auto frame = encoded(example_message(type, Fill::full, random));
        for (std::size_t at = 0; at < frame.size(); ++at) {
            auto damaged = frame;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.below(8)));
            if (random.chance(0.2))
                damaged[random.below(damaged.size())] = static_cast<char>(random());
            const auto message = decode(damaged);
            (message ? accepted : refused) += 1;
            if (!message || std::holds_alternative<UnknownMessage>(*message)) continue;
            CAPTURE(test::to_hex(damaged));
            const auto again = test::must(decode(encoded(*message), {.strict = true}));
            REQUIRE(same(again, *message));
        }
    }
    CHECK(accepted > 1000);  // damage inside texts and numbers stays a message
    CHECK(refused > 1000);
}

TEST_CASE("random bytes are refused or read, and never crash", "[wire][property]") {
    const auto seed = test::seed(20250307);
    CAPTURE(seed);
    Random random(seed);
    std::size_t refused = 0;
    for (int round = 0; round < 20000; ++round) {
        Bytes noise;
        for (auto left = random.below(64); left > 0; --left)
            noise.push_back(static_cast<char>(random()));
        if (random.chance(0.5)) noise.insert(0, test::from_hex("82a474797065a8"));
        refused += decode(noise) ? 0 : 1;
        refused += decode_http_sync_request(noise) ? 0 : 1;
    }
    CHECK(refused > 39000);
}

TEST_CASE("the JSON of a message is the JSON of its canonical frame", "[wire][property]") {
    const auto seed = test::seed(20250308);
    CAPTURE(seed);
    Random random(seed);
    for (std::size_t type = 0; type < kMessageTypes; ++type) {
        const auto message = example_message(type, Fill::random, random);
        std::string expected;
        append_json(test::must(canonical(encoded(message))), expected);
        REQUIRE(test::json_of(message) == expected);
    }
}

}  // namespace topgun::wire
