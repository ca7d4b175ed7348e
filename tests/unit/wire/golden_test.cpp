// SPDX-License-Identifier: Apache-2.0
// Frames that real peers wrote, and frames that nobody should write.
#include <nlohmann/json.hpp>
#include <set>

#include "reference_frames.hpp"
#include "support.hpp"
#include "topgun/wire/batch.hpp"
#include "topgun/wire/vectors.hpp"

namespace topgun::wire {
namespace {

struct Pair {
    std::string name;
    Bytes frame;
    std::string json;
};

std::vector<Pair> pairs_in(const std::filesystem::path& folder) {
    std::vector<Pair> out;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        if (file.path().extension() != ".msgpack") continue;
        auto json = file.path();
        json.replace_extension(".json");
        out.push_back({file.path().stem().string(), test::slurp(file.path()), test::slurp(json)});
    }
    return out;
}

void check_pairs(const std::vector<Pair>& pairs) {
    for (const auto& [name, frame, json] : pairs) {
        const auto check = verify_vector(name, frame, json);
        INFO(name << ": " << check.detail);
        CHECK(check.ok);
        CHECK_FALSE(check.skipped);
    }
}

}  // namespace

TEST_CASE("reference frames of both peers read as their JSON says", "[wire]") {
    for (const auto& [name, json, hex] : test::kReferenceFrames) {
        const auto check = verify_vector(name, test::from_hex(hex), json);
        INFO(name << ": " << check.detail);
        CHECK(check.ok);
        CHECK_FALSE(check.skipped);
    }
}

TEST_CASE("the vectors of testdata/wire read as their JSON says", "[wire]") {
    const auto pairs = pairs_in(test::testdata("wire"));
    REQUIRE(pairs.size() > 200);
    check_pairs(pairs);
}

TEST_CASE("testdata/wire has vectors of every type", "[wire]") {
    std::set<std::string> types;
    for (const auto& pair : pairs_in(test::testdata("wire"))) {
        types.insert(pair.name.substr(0, pair.name.find("__")));
    }
    for (const auto& type : message_types()) CHECK(types.count(std::string(type.name)) == 1);
}

TEST_CASE("two forms of one message in testdata/wire are the same message", "[wire]") {
    std::size_t compared = 0;
    // Users' values in these hold whole numbers as floats in one form and as integers in the other:
    // a value keeps the kind of its numbers.
    const std::set<std::string> other_numbers = {"CLIENT_OP__rs", "TOPIC_PUB__numbers__rs",
                                                 "SQL_QUERY_RESP__rs"};
    for (const auto& [name, frame, json] : pairs_in(test::testdata("wire"))) {
        if (!name.ends_with("__rs") || name.starts_with("HTTP")) continue;
        if (other_numbers.count(name) != 0) continue;
        const auto twin = test::testdata("wire") / (name.substr(0, name.size() - 4) + ".msgpack");
        if (!std::filesystem::exists(twin)) continue;
        // The Rust form of the same contents: other headers, other widths, other key order.
        const auto other = test::slurp(twin);
        if (verify_vector(name, other, json).ok) {
            CAPTURE(name);
            CHECK(same(test::must(decode(frame)), test::must(decode(other))));
            ++compared;
        }
    }
    CHECK(compared > 20);
}

// What the Rust server's encoder does otherwise, and why we do not: an unset ttlMs as nil changes
// OR-Map hashes at clients; counters under p and n alone stop TypeScript clients; hash maps come in
// no order.
TEST_CASE("our canonical form is the Rust server's but for three known habits", "[wire]") {
    const std::set<std::string> ttl_nil = {
        "SYNC_RESP_LEAF__rs",       "ORMAP_DIFF_RESPONSE__rs", "ORMAP_SYNC_RESP_LEAF__rs",
        "ORMAP_PUSH_DIFF__rs",      "CLIENT_OP__remove__rs",   "HTTP_SYNC_RESPONSE__rs",
        "SERVER_EVENT__or_add__rs", "SERVER_BATCH_EVENT__rs",  "OP_BATCH__rs",
        "HTTP_SYNC_REQUEST__rs"};
    const std::set<std::string> two_names = {"COUNTER_RESPONSE__rs", "COUNTER_SYNC__rs",
                                             "COUNTER_UPDATE__rs"};
    const std::set<std::string> unordered = {"HYBRID_SEARCH_RESP__rs",
                                             "ORMAP_SYNC_RESP_BUCKETS__rs", "SYNC_RESP_BUCKETS__rs",
                                             "TOPIC_PUB__sizes__rs"};
    std::size_t canonical = 0;
    for (const auto& [name, frame, json] : pairs_in(test::testdata("wire"))) {
        if (!name.ends_with("__rs")) continue;
        const auto check = verify_vector(name, frame, json, true);
        INFO(name << ": " << check.detail);
        CHECK(check.ok == !(ttl_nil.count(name) + two_names.count(name) + unordered.count(name)));
        canonical += check.ok ? 1 : 0;
    }
    CHECK(canonical >= 50);
}

TEST_CASE("TopGun's own fixtures read as their JSON says, where they are present", "[wire]") {
    const auto folder = std::filesystem::path(TOPGUN_SHARED_VECTORS) / "messages";
    if (!std::filesystem::exists(folder)) {
        WARN("not present: " << folder);
        return;
    }
    const auto pairs = pairs_in(folder);
    CHECK(pairs.size() == 47);
    check_pairs(pairs);
}

// The groups are explained in testdata/README.md. Three files of the refused groups hold what this
// reader takes on purpose: of two equal fields the last counts, a lone surrogate is repaired, and
// an unknown type is no error.
TEST_CASE("the frames of testdata/wire-bad are refused, and never crash", "[wire]") {
    const auto manifest =
        nlohmann::json::parse(test::slurp(test::testdata("wire-bad/manifest.json")));
    REQUIRE(manifest.size() > 50);
    const std::set<std::string> taken = {"shape-duplicate-field", "text-surrogate"};
    const std::set<std::string> unknown = {"shape-type-unknown", "shape-type-lower-case"};
    for (const auto& [name, what] : manifest.items()) {
        const auto frame = test::slurp(test::testdata("wire-bad/" + name + ".msgpack"));
        const auto message = decode(frame);
        INFO(name << ": " << what
                  << (message ? std::string(": accepted") : ": " + message.error().text()));
        if (name.starts_with("tolerable-")) continue;
        CHECK(message.has_value() == (taken.count(name) + unknown.count(name) != 0));
        if (message) {
            CHECK(std::holds_alternative<UnknownMessage>(*message) == (unknown.count(name) != 0));
        }
    }
}

TEST_CASE("what the sides of TopGun disagree on is settled one way", "[wire]") {
    const auto accepts = [](const char* name) {
        const auto frame =
            test::slurp(test::testdata("wire-bad") / (std::string(name) + ".msgpack"));
        return decode(frame).has_value();
    };
    CHECK(accepts("tolerable-hash-float64"));
    CHECK(accepts("tolerable-code-float64"));
    CHECK(accepts("tolerable-int-key"));
    CHECK(accepts("tolerable-node-id-colon"));
    CHECK(accepts("tolerable-batch-cut"));
    CHECK_FALSE(accepts("tolerable-array-message"));
    CHECK_FALSE(accepts("tolerable-type-bin"));
    CHECK_FALSE(accepts("tolerable-batch-data-str"));
    CHECK_FALSE(accepts("tolerable-millis-over-2p53"));
}

TEST_CASE("batches of testdata/wire come apart in their direction's layout", "[wire]") {
    for (const auto& [name, frame, json] : pairs_in(test::testdata("wire"))) {
        if (!name.starts_with("BATCH")) continue;
        CAPTURE(name);
        const auto batch = test::decode_as<Batch>(frame);
        const bool to_server = name.find("c2s") != std::string::npos;
        const auto layout = to_server ? BatchLayout::to_server : BatchLayout::to_client;
        const auto frames = test::must(unpack_batch(batch.data.bytes, layout));
        CHECK(frames.complete == (name.find("cut_tail") == std::string::npos));
        for (const auto item : frames.frames) test::must(decode(item));
        if (!frames.complete) continue;
        CHECK(test::must(unpack_batch(batch.data.bytes)).frames == frames.frames);
    }
}

}  // namespace topgun::wire
