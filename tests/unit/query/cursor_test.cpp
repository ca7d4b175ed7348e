// SPDX-License-Identifier: Apache-2.0
#include "topgun/query/cursor.hpp"

#include "states.hpp"

using namespace topgun;
using namespace topgun::query;
using test::must;
using test::value_of;

namespace {

// A stand-in for a MAC: the checksum with a secret before the bytes.
class KeyedSigner final : public CursorSigner {
public:
    explicit KeyedSigner(std::string secret) : secret_(std::move(secret)) {}
    Bytes tag(BytesView bytes) const override {
        const auto hash = xxh3_128(secret_ + Bytes(bytes));
        Bytes out;
        append_be(out, hash.high);
        append_be(out, hash.low);
        return out;
    }

private:
    std::string secret_;
};

Query query_of(std::string_view json) {
    return must(parse_query_json(json));
}

const RowOrder kOrder({{"a", false}, {"b", true}});

Bytes position_of(std::string_view json) {
    const auto value = value_of(json);
    Bytes position;
    kOrder.position_of({"key", ValueView(value), {}}, position);
    return position;
}

const Hash128 kBinding{1, 2};

CursorPosition read(std::string_view token, std::uint64_t now = 0, std::uint64_t life = 0) {
    return read_cursor(token, kBinding, kOrder, now, life, checksum_signer());
}

}  // namespace

TEST_CASE("a cursor gives back the whole sort key with its types", "[query]") {
    const auto json = GENERATE(as<std::string>{}, R"({"a":1,"b":1.0})", R"({"a":true})", "{}",
                               R"({"a":{"$float":"NaN"},"b":[1,{"x":null}]})",
                               R"({"a":18446744073709551615,"b":{"$bin":"AQ=="}})");
    const auto position = position_of(json);
    const auto token = make_cursor(kBinding, position, 5, checksum_signer());
    CHECK(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_") == std::string::npos);
    const auto back = read(token);
    CHECK(back.state == CursorState::valid);
    CHECK(back.position == position);
}

TEST_CASE("a cursor with any character changed, lost or added is invalid", "[query]") {
    const auto token = make_cursor(kBinding, position_of("{}"), 5, checksum_signer());
    for (std::size_t i = 0; i < token.size(); ++i) {
        CAPTURE(i);
        auto changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK(read(changed).state == CursorState::invalid);
        CHECK(read(token.substr(0, i)).state == CursorState::invalid);
    }
    CHECK(read(token + "A").state == CursorState::invalid);
    CHECK(read(token + "=").state == CursorState::invalid);
    CHECK(read("").state == CursorState::invalid);
    CHECK(read("\xff\n").state == CursorState::invalid);
}

TEST_CASE("a well signed cursor must still hold a canonical position of the order", "[query]") {
    const auto good = position_of("{}");
    for (const auto& position : {Bytes(), good.substr(1), good + "\xc0", Bytes("\xc0\xc0\xa1k"),
                                 Bytes("\xc0\xd1\x00\x01\xa1k\xa0", 7),  // 1 in three bytes
                                 Bytes("\xc0\xa1\xff\xa1k\xa0"),         // not UTF-8
                                 Bytes("\xc0\xc1\xa1k\xa0")}) {
        CAPTURE(test::to_hex(position));
        const auto token = make_cursor(kBinding, position, 5, checksum_signer());
        CHECK(read(token).state == CursorState::invalid);
    }
}

TEST_CASE("cursors expire when asked to, and those from the future do not", "[query]") {
    const auto token = make_cursor(kBinding, position_of("{}"), 1000, checksum_signer());
    CHECK(read(token, 1'000'000'000).state == CursorState::valid);
    CHECK(read(token, 1600, 600).state == CursorState::valid);
    CHECK(read(token, 1601, 600).state == CursorState::expired);
    CHECK(read(token, 10, 600).state == CursorState::valid);
}

TEST_CASE("a cursor is bound to map, filter, order and fields, but not to the page", "[query]") {
    const std::string base = R"({"where":{"a":1},"sort":[{"field":"a"}],"fields":["a"],"limit":5})";
    const auto binding = cursor_binding(test::kMap, query_of(base), NullPlacement::last);
    const auto differs = [&binding](const std::string& json) {
        return cursor_binding(test::kMap, query_of(json), NullPlacement::last) != binding;
    };
    CHECK_FALSE(differs(R"({"where":{"a":1},"sort":[{"field":"a"}],"fields":["a"],"limit":6,
                            "offset":3,"cursor":"x"})"));
    CHECK(differs(R"({"where":{"a":2},"sort":[{"field":"a"}],"fields":["a"]})"));
    CHECK(differs(R"({"where":{"a":1.0},"sort":[{"field":"a"}],"fields":["a"]})"));
    CHECK(differs(R"({"where":{"a":1},"sort":{"a":"desc"},"fields":["a"]})"));
    CHECK(differs(R"({"where":{"a":1},"sort":[{"field":"a"}]})"));
    CHECK(differs(R"({"where":{"a":1},"sort":[{"field":"a"}],"fields":["a"],"groupBy":["b"]})"));
    CHECK(cursor_binding({"n", MapKind::lww}, query_of(base), NullPlacement::last) != binding);
    CHECK(cursor_binding({"m", MapKind::or_map}, query_of(base), NullPlacement::last) != binding);
    CHECK(cursor_binding(test::kMap, query_of(base), NullPlacement::first) != binding);
}

TEST_CASE("a cursor of another signer is invalid", "[query]") {
    const KeyedSigner ours("one"), theirs("two");
    const auto token = make_cursor(kBinding, position_of("{}"), 5, ours);
    CHECK(read_cursor(token, kBinding, kOrder, 5, 0, ours).state == CursorState::valid);
    CHECK(read_cursor(token, kBinding, kOrder, 5, 0, theirs).state == CursorState::invalid);
    CHECK(read_cursor(token, kBinding, kOrder, 5, 0, checksum_signer()).state ==
          CursorState::invalid);
    CHECK(read_cursor(token, Hash128{1, 3}, kOrder, 5, 0, ours).state == CursorState::invalid);
}
