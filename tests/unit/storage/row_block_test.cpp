// SPDX-License-Identifier: Apache-2.0
#include "row_block.hpp"

#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::storage;

namespace {

struct Built {
    Bytes raw;
    std::vector<std::string> lines;
    bool removed = false;
};

// All blocks of a replica, each of at most `most` rows.
std::vector<Built> blocks_of(Replica& replica, std::uint32_t most) {
    std::vector<Built> out;
    RowBlockBuilder builder;
    Built block;
    const auto flush = [&] {
        if (builder.empty()) return;
        block.removed = builder.holds_removed();
        CHECK(builder.rows() == block.lines.size());
        builder.finish(block.raw);
        out.push_back(std::move(block));
        block = {};
    };
    const auto state = read_replica(replica);
    for (const auto& map : state->maps()) {
        builder.start(map);
        const auto take = [&](const Row& row) {
            if (builder.rows() >= most) flush();
            builder.add(row);
            block.lines.push_back(test::line_of(row));
        };
        test::must(for_each_row(*test::must(state->removed_tags(map)), take));
        flush();
        test::must(for_each_row(*test::must(state->StateReader::rows(map)), take));
        flush();
    }
    return out;
}

std::vector<std::string> lines_of(const RowBlock& block) {
    std::vector<std::string> out;
    for (const auto& row : block.rows) out.push_back(test::line_of(row));
    return out;
}

test::OpShape shape() {
    test::OpShape out;
    out.maps = {"a", "", "k\xc3\xa4se"};
    out.keys = 60;
    out.millis = 400;
    return out;
}

Bytes lww_block(std::string_view node, std::uint64_t flags, std::uint64_t millis,
                std::uint64_t counter, std::uint64_t key_size, std::string_view key,
                std::uint64_t value_size, std::string_view value, std::uint64_t ttl = 0) {
    Bytes raw;
    put_text(raw, "m");
    raw.push_back('\0');
    put_varint(raw, 1);
    put_varint(raw, 1);
    put_text(raw, node);
    for (const auto column : {flags, std::uint64_t{0}, millis, counter}) put_column(raw, {column});
    put_column(raw,
               (flags & 8) != 0 ? std::vector<std::uint64_t>{ttl} : std::vector<std::uint64_t>{});
    put_column(raw, {key_size});
    put_column(raw, {});
    put_column(raw, {value_size});
    raw += key;
    raw += value;
    return raw;
}

}  // namespace

TEST_CASE("blocks give back the rows that they were built of", "[storage][property]") {
    const auto seed = test::seed(404);
    CAPTURE(seed);
    Random rng(seed);
    RowBlock block;  // used again and again, as cursors do
    for (int round = 0; round < 10; ++round) {
        auto replica = test::replica_of(test::random_ops(rng, 500, shape()));
        for (const auto& built :
             blocks_of(replica, 1 + static_cast<std::uint32_t>(rng.below(50)))) {
            test::must(block.decode(built.raw, built.removed));
            CHECK(lines_of(block) == built.lines);
        }
    }
}

// Goal:   a block whose checksum is right but whose content was forged is refused, or read as rows
//         that keep every promise; never anything else.
// Method: all single-byte edits of small blocks, and random many-byte edits of larger ones.
TEST_CASE("edited blocks are refused or hold well-formed rows", "[storage][property]") {
    const auto seed = test::seed(405);
    CAPTURE(seed);
    Random rng(seed);
    auto replica = test::replica_of(test::random_ops(rng, 120, shape()));
    RowBlock block;
    std::size_t refused = 0, accepted = 0;
    const auto check = [&](BytesView raw, bool removed) {
        if (!block.decode(raw, removed)) {
            ++refused;
            return;
        }
        ++accepted;
        for (std::size_t i = 0; i < block.rows.size(); ++i) {
            const auto& row = block.rows[i];
            if (row.key_hash != (removed ? 0 : fnv1a(row.key))) FAIL("a wrong key hash");
            if (row.stamp.millis > kMaxMillis) FAIL("a stamp out of range");
            if (i > 0 && compare_place(block.rows[i - 1], row) >= 0) FAIL("rows out of order");
        }
    };
    for (const auto& built : blocks_of(replica, 6)) {
        for (std::size_t at = 0; at < built.raw.size(); ++at) {
            for (const int edit : {1, 0x80, 0xff}) {
                auto raw = built.raw;
                raw[at] = static_cast<char>(raw[at] ^ edit);
                check(raw, built.removed);
            }
            check(BytesView(built.raw).substr(0, at), built.removed);
        }
        check(built.raw + "x", built.removed);
        check(built.raw, !built.removed);
        for (int i = 0; i < 50; ++i) {
            auto raw = built.raw;
            for (auto edits = 1 + rng.below(6); edits > 0; --edits) {
                raw[rng.below(raw.size())] = static_cast<char>(rng());
            }
            check(raw, built.removed);
        }
    }
    CHECK(refused > 1000);
    CHECK(accepted > 100);  // values are not looked into
}

TEST_CASE("a block of one row can be made by hand", "[storage]") {
    RowBlock block;
    const auto raw = lww_block("n", 0, 5, 1, 1, "k", 1, "\x07");
    test::must(block.decode(raw, false));
    CHECK(lines_of(block) ==
          std::vector<std::string>{std::to_string(fnv1a("k")) + " 'k' at 5:1:n = 07"});
}

TEST_CASE("numbers and texts that no writer makes are refused in a block", "[storage]") {
    RowBlock block;
    const auto refused = [&block](const Bytes& raw) {
        const auto decoded = block.decode(raw, false);
        return !decoded && decoded.error().code() == Errc::bad_input;
    };
    constexpr auto kHuge = ~std::uint64_t{0};
    CHECK(refused(lww_block("n", 0, kMaxMillis + 1, 1, 1, "k", 1, "\x07")));
    CHECK(refused(lww_block("n", 0, 5, std::uint64_t{kMaxCounter} + 1, 1, "k", 1, "\x07")));
    CHECK(refused(lww_block("n", 16, 5, 1, 1, "k", 1, "\x07")));     // an unknown flag
    CHECK(refused(lww_block("n", 2, 5, 1, 1, "k", 1, "\x07")));      // the key of the row before
    CHECK(refused(lww_block("n", 0, 5, 1, kHuge, "k", 1, "\x07")));  // sizes whose sum would wrap
    CHECK(refused(lww_block("n", 0, 5, 1, 1, "k", kHuge, "\x07")));
    CHECK(refused(lww_block("n", 0, 5, 1, 2, "k", 1, "\x07")));
    CHECK(refused(lww_block("n", 0, 5, 1, 1, "\xff", 1, "\x07")));  // not UTF-8
    CHECK(refused(lww_block("\xc3", 0, 5, 1, 1, "k", 1, "\x07")));
    CHECK(refused(lww_block("n", 8, 5, 1, 1, "k", 1, "\x07", kMaxMillis + 1)));
    CHECK_FALSE(refused(lww_block("n", 8, 5, 1, 1, "k", 1, "\x07", kMaxMillis)));
}

TEST_CASE("keys may not share a character", "[storage]") {
    // "\xc3" and "\xa4" are valid UTF-8 only together.
    Bytes raw;
    put_text(raw, "m");
    raw.push_back('\0');
    put_varint(raw, 2);
    put_varint(raw, 1);
    put_text(raw, "n");
    for (const std::uint64_t column : {1u, 0u, 5u, 1u}) put_column(raw, {column, column});
    put_column(raw, {});
    put_column(raw, {1, 1});
    put_column(raw, {});
    put_column(raw, {});
    raw += "\xc3\xa4";
    RowBlock block;
    const auto decoded = block.decode(raw, false);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().text().find("UTF-8") != std::string::npos);
}
