// SPDX-License-Identifier: Apache-2.0
// Maps out of JSON, random records of few and odd values, and a plain evaluator to compare with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topgun/query/run.hpp"
#include "topgun/value/json.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

inline constexpr std::uint64_t kNow = 1'000'000;
inline const MapId kMap{"m", MapKind::lww};

inline Bytes value_of(std::string_view json) {
    return must(parse_json(json));
}

inline std::string json_of(BytesView value) {
    std::string text;
    append_json(value, text);
    return text;
}

using Records = std::vector<std::pair<std::string, Bytes>>;

/// A state with one map, "m".
inline std::unique_ptr<StateReader> state_of(const Records& records) {
    auto replica = std::make_unique<Replica>();
    for (const auto& [key, value] : records) {
        apply_all(*replica, {put(key, Timestamp{5, 0, "n"}, value)});
    }
    return own_replica(std::move(replica));
}

/// "key=json" for each row.
inline std::vector<std::string> lines_of(const query::QueryPage& page) {
    std::vector<std::string> lines;
    for (const auto& row : page.rows) lines.push_back(row.key + "=" + json_of(row.value));
    return lines;
}

inline std::vector<std::string> keys_of(const query::QueryPage& page) {
    std::vector<std::string> keys;
    for (const auto& row : page.rows) keys.push_back(row.key);
    return keys;
}

/// A scalar or small container out of a short list, so that equal and nearly equal ones meet:
/// numbers of all forms around 2^53 and 2^63, NaN, empty and nested containers.
inline Bytes small_value(Random& rng) {
    static constexpr std::string_view kValues[] = {"null",
                                                   "true",
                                                   "false",
                                                   "0",
                                                   "1",
                                                   "1.0",
                                                   "-0.0",
                                                   "0.0",
                                                   "2",
                                                   "-3",
                                                   "2.5",
                                                   "9007199254740992",
                                                   "9007199254740993",
                                                   "9007199254740992.0",
                                                   "9223372036854775807",
                                                   "9223372036854775808.0",
                                                   "18446744073709551615",
                                                   "-9223372036854775808",
                                                   R"({"$float":"NaN"})",
                                                   R"({"$float":"Infinity"})",
                                                   R"({"$float":"-Infinity"})",
                                                   R"("")",
                                                   R"("a")",
                                                   R"("A")",
                                                   R"("ab")",
                                                   R"("a\nb")",
                                                   R"("é")",
                                                   R"({"$bin":""})",
                                                   R"({"$bin":"AQ=="})",
                                                   "[]",
                                                   "[1]",
                                                   "[1.0]",
                                                   "[1,2]",
                                                   R"(["a",null])",
                                                   "{}",
                                                   R"({"x":1})",
                                                   R"({"x":1.0,"y":[]})",
                                                   R"({"$ext":[5,"AQ=="]})"};
    return value_of(kValues[rng.below(std::size(kValues))]);
}

/// A record: mostly a map with some of the fields a, b, c, sometimes another value.
inline Bytes small_record(Random& rng) {
    if (rng.chance(0.1)) return small_value(rng);
    Bytes body;
    std::size_t pairs = 0;
    for (const auto* name : {"a", "b", "c"}) {
        if (rng.chance(0.3)) continue;
        msgpack::Writer(body).string(name);
        body += small_value(rng);
        ++pairs;
    }
    Bytes out;
    msgpack::Writer(out).map(pairs);
    return out + body;
}

inline Records small_records(Random& rng, std::size_t count) {
    Records records;
    for (std::size_t i = 0; i < count; ++i) {
        records.emplace_back("k" + std::to_string(rng.below(1000)) + "-" + std::to_string(i),
                             small_record(rng));
    }
    return records;
}

}  // namespace topgun::test
