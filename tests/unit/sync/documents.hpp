// SPDX-License-Identifier: Apache-2.0
// Records as JSON, for tests that look into them.
#pragma once

#include "world.hpp"

namespace topgun::test {

inline wire::AnyValue json(std::string_view text) {
    return {must(parse_json(text))};
}

inline wire::ClientOp put_json(std::string key, std::string_view value, std::uint64_t millis = kNow,
                               std::optional<std::uint64_t> ttl_ms = {}) {
    auto op = put_op("1", std::move(key), "", millis);
    op.record->value = json(value);
    op.record->ttl_ms = ttl_ms;
    return op;
}

/// The keys of the hits of any kind of search.
template <typename T>
std::vector<std::string> hit_keys(const T& response) {
    std::vector<std::string> out;
    for (const auto& hit : response.results) out.push_back(hit.key);
    return out;
}

/// What became of a set of keys, as "+a -b =c".
template <typename Update>
std::string story_of(const std::vector<wire::Message>& messages) {
    std::string out;
    for (const auto& update : all<Update>(messages)) {
        if (!out.empty()) out += ' ';
        out += update.change_type == wire::ChangeType::enter   ? '+'
               : update.change_type == wire::ChangeType::leave ? '-'
                                                               : '=';
        out += update.key;
    }
    return out;
}

using Keys = std::vector<std::string>;

}  // namespace topgun::test
