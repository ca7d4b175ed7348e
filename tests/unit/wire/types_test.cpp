// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "support.hpp"
#include "topgun/base/random.hpp"

namespace topgun::wire {

TEST_CASE("a text map behaves like std::map, however it was filled", "[wire][property]") {
    const auto seed = test::seed(20250309);
    CAPTURE(seed);
    Random random(seed);
    for (int round = 0; round < 200; ++round) {
        std::map<std::string, std::uint32_t> model;
        TextMap<std::uint32_t> set_map, appended;
        for (auto left = random.below(12); left > 0; --left) {
            const auto key = std::to_string(random.below(8));
            const auto value = static_cast<std::uint32_t>(random());
            model[key] = value;
            set_map.set(key, value);
            appended.append(key) = value;
        }
        appended.sort();
        CHECK(set_map == appended);
        REQUIRE(set_map.size() == model.size());
        for (const auto& [key, value] : model) {
            REQUIRE(set_map.find(key) != nullptr);
            CHECK(*set_map.find(key) == value);
        }
        CHECK(set_map.find("8") == nullptr);
    }
}

TEST_CASE("a nilable is absent, nil or a value", "[wire]") {
    Nilable<std::string> field;
    CHECK(field.is_absent());
    CHECK_FALSE(field.is_nil());
    field = nullptr;
    CHECK(field.is_nil());
    CHECK_FALSE(field.is_absent());
    field = std::string("tag");
    CHECK((field && *field == "tag" && !field.is_nil() && !field.is_absent()));
    const std::vector<Nilable<std::string>> kinds = {
        {}, nullptr, std::string(), std::string("tag")};
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        for (std::size_t k = 0; k < kinds.size(); ++k) CHECK((kinds[i] == kinds[k]) == (i == k));
    }
}

TEST_CASE("words and values of enumerations belong together", "[wire]") {
    CHECK(word(WriteConcern::fire_and_forget) == "FIRE_AND_FORGET");
    CHECK(word(SearchMethod::full_text) == "fullText");
    CHECK(word(JournalType::del) == "DELETE");
    CHECK(from_word<EventType>("OR_REMOVE") == EventType::or_remove);
    CHECK_FALSE(from_word<EventType>("or_remove"));
    CHECK(is_server_predicate_op("startsWith"));
    CHECK_FALSE(is_server_predicate_op("matchPhrase"));
}

TEST_CASE("raw values start out as nil, an empty map and an empty array", "[wire]") {
    CHECK(AnyValue{}.is_nil());
    CHECK(AnyMap{}.view().kind() == msgpack::Kind::map);
    CHECK(AnyArray{}.view().kind() == msgpack::Kind::array);
    CHECK(AnyArray{}.view().size() == 0);
}

}  // namespace topgun::wire
