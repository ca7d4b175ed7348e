// SPDX-License-Identifier: Apache-2.0
// Functions against plain models, and texts against what reads them.
#include <functional>

#include "cast.hpp"
#include "like_pattern.hpp"
#include "list.hpp"
#include "regexp.hpp"
#include "topgun/query/order.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::sql;

namespace {

std::string random_text(Random& rng, const std::vector<std::string>& alphabet, std::uint64_t most) {
    std::string out;
    for (auto left = rng.below(most + 1); left > 0; --left)
        out += alphabet[rng.below(alphabet.size())];
    return out;
}

// LIKE as the standard defines it, character by character; texts of ASCII only.
bool naive_like(std::string_view text, std::string_view pattern) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '%') {
        return naive_like(text, pattern.substr(1)) ||
               (!text.empty() && naive_like(text.substr(1), pattern));
    }
    if (text.empty()) return false;
    return (pattern[0] == '_' || pattern[0] == text[0]) &&
           naive_like(text.substr(1), pattern.substr(1));
}

// A random value of an element type.
void add_random(Random& rng, Column& out) {
    if (rng.chance(0.1)) return out.add_null();
    switch (out.type().id) {
        case TypeId::boolean: return out.add_boolean(rng.chance(0.5));
        case TypeId::bigint: return out.add_integer(static_cast<std::int64_t>(rng()));
        case TypeId::real: return out.add_real(static_cast<double>(rng.between(-1000, 1000)) / 8);
        case TypeId::numeric:
            return out.add_decimal(Decimal::from_parts(rng.between(-99999, 99999), 3));
        default:
            return out.add_bytes(random_text(
                rng, {"a", "B", ",", "{", "}", "\"", "\\", " ", "\n", "null", "é", "\t"}, 6));
    }
}

Bytes random_json(Random& rng, int depth) {
    Bytes out;
    msgpack::Writer writer(out);
    const auto size = rng.below(4);
    switch (rng.below(depth > 0 ? 7 : 5)) {
        case 0: writer.nil(); break;
        case 1: writer.boolean(rng.chance(0.5)); break;
        case 2: writer.signed_integer(rng.between(-1'000'000, 1'000'000)); break;
        case 3: writer.real(static_cast<double>(rng.between(-1000, 1000)) / 16); break;
        case 4:
            writer.string(random_text(rng, {"a", ":", ",", "\"", "\\", "{", "]", "é"}, 5));
            break;
        case 5:
            writer.array(size);
            for (std::uint64_t i = 0; i < size; ++i) writer.raw(random_json(rng, depth - 1));
            break;
        default:
            writer.map(size);
            for (std::uint64_t i = 0; i < size; ++i) {
                writer.string(std::string(1, static_cast<char>('a' + i)) + ": ,");
                writer.raw(random_json(rng, depth - 1));
            }
            break;
    }
    return out;
}

}  // namespace

// Goal:   compiled patterns say what the definition says.
// Method: two letters and short patterns, so that parts overlap and repeat.
TEST_CASE("LIKE agrees with its definition", "[sql][function][property]") {
    const auto seed = test::seed(41);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 20000; ++round) {
        const auto pattern = random_text(rng, {"a", "b", "%", "_"}, 6);
        const auto text = random_text(rng, {"a", "b"}, 8);
        CAPTURE(pattern, text);
        CHECK(test::must(LikePattern::compile(pattern, "\\")).matches(text) ==
              naive_like(text, pattern));
    }
}

TEST_CASE("lists survive their text", "[sql][function][property]") {
    const auto seed = test::seed(42);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 3000; ++round) {
        for (const auto id :
             {TypeId::boolean, TypeId::bigint, TypeId::real, TypeId::numeric, TypeId::text}) {
            Column elements(id), list(DataType::list_of(id));
            for (auto left = rng.below(5); left > 0; --left) add_random(rng, elements);
            append_list(elements, 0, elements.size(), list);
            const auto text = value_text(list, 0);
            CAPTURE(text);
            CHECK(test::to_hex(test::must(parse_list(text, id))) == test::to_hex(list.bytes(0)));
            Column again(id);
            test::must(append_elements(list, 0, again));
            REQUIRE(again.size() == elements.size());
            for (std::size_t row = 0; row < again.size(); ++row) {
                CHECK(again.is_null(row) == elements.is_null(row));
                CHECK(value_text(again, row) == value_text(elements, row));
            }
        }
    }
}

TEST_CASE("JSON survives its text", "[sql][function][property]") {
    const auto seed = test::seed(43);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 3000; ++round) {
        Column json(TypeId::json), again(TypeId::json);
        json.add_bytes(random_json(rng, 3));
        const auto text = value_text(json, 0);
        CAPTURE(text);
        test::must(add_parsed(again, text));
        CHECK(test::to_hex(again.bytes(0)) == test::to_hex(json.bytes(0)));
    }
}

// Goal:   no pattern makes the translation crash, and none that it accepts is refused without a
//         word.
TEST_CASE("hostile regular expressions are errors or match", "[sql][function][property]") {
    const auto seed = test::seed(44);
    CAPTURE(seed);
    Random rng(seed);
    int accepted = 0;
    for (int round = 0; round < 20000; ++round) {
        const auto pattern = random_text(
            rng,
            {"a", "(", ")", "[", "]", "^", "\\", "*", "?", "{2}", "|", ":", "=", "x", "é", "#"}, 8);
        CAPTURE(pattern);
        const auto regexp = Regexp::compile(pattern, {});
        if (!regexp) {
            CHECK_FALSE(regexp.error().text().empty());
            continue;
        }
        ++accepted;
        std::size_t matches = 0;
        test::must((*regexp)->each("aax(é)a", 0, SIZE_MAX, [&matches](const auto&) {
            ++matches;
            return Status();
        }));
        CHECK((matches > 0) == (*regexp)->found_in("aax(é)a"));
    }
    CHECK(accepted > 100);
}
