// SPDX-License-Identifier: Apache-2.0
// What the storage tests share: random ops of every kind, and states to be compared.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "topgun/replica/replica.hpp"
#include "topgun/storage/data_directory.hpp"
#include "topgun/storage/owned_op.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

inline Bytes text_value(std::string_view text) {
    Bytes out;
    msgpack::Writer(out).string(text);
    return out;
}

inline OwnedOp put(std::string_view map, std::string_view key, std::uint64_t millis,
                   std::string_view text = "v", std::string_view node = "n1") {
    OwnedOp op;
    op.map = map;
    op.key = key;
    op.stamp = {millis, 0, std::string(node)};
    op.value = text_value(text);
    return op;
}

inline OwnedOp remove(std::string_view map, std::string_view key, std::uint64_t millis) {
    auto op = put(map, key, millis);
    op.kind = OpKind::remove;
    op.value.clear();
    return op;
}

inline OwnedOp or_add(std::string_view map, std::string_view key, std::string_view tag,
                      std::uint64_t millis = 5) {
    auto op = put(map, key, millis, tag);
    op.kind = OpKind::or_add;
    op.tag = tag;
    return op;
}

inline OwnedOp or_remove(std::string_view map, std::string_view key, std::string_view tag) {
    OwnedOp op;
    op.kind = OpKind::or_remove;
    op.map = map;
    op.key = key;
    op.tag = tag;
    return op;
}

inline OwnedOp count(std::string_view map, std::string_view node, double positive,
                     double negative) {
    OwnedOp op;
    op.kind = OpKind::counter;
    op.map = map;
    op.key = node;
    encode_counter_entry(positive, negative, op.value);
    return op;
}

/// An op of any kind over few keys and stamps, so that most of them collide.
inline OwnedOp random_op(Random& rng) {
    const auto key = "k" + std::to_string(rng.below(40));
    const auto millis = 1000 + rng.below(50);
    const auto node = "n" + std::to_string(rng.below(3));
    const auto tag = std::to_string(rng.below(60)) + ":0:n1";
    switch (rng.below(6)) {
        case 0: return remove("users", key, millis);
        case 1: return or_add("tags", key, tag, millis);
        case 2: return or_remove("tags", key, tag);
        case 3: return count("likes", node, static_cast<double>(rng.below(100)), 3);
        default: {
            auto op = put("users", key, millis, std::string(rng.below(200), 'x') + key, node);
            if (rng.below(4) == 0) op.ttl_ms = 1 + rng.below(5000);
            return op;
        }
    }
}

inline std::vector<OwnedOp> random_ops(Random& rng, std::size_t count) {
    std::vector<OwnedOp> ops;
    for (std::size_t i = 0; i < count; ++i) ops.push_back(random_op(rng));
    return ops;
}

inline std::vector<Op> views(const std::vector<OwnedOp>& ops) {
    std::vector<Op> out;
    for (const auto& op : ops) out.push_back(op.view());
    return out;
}

inline StoreReport append(DataDirectory& directory, const std::vector<OwnedOp>& ops) {
    return must(directory.append(views(ops)));
}

/// The name of a state: equal for equal states.
inline std::string hash_of(const StateReader& state) {
    std::vector<const MapFacts*> facts;
    for (const auto& id : state.maps()) facts.push_back(must(state.facts(id)));
    return hex(state_hash(facts));
}

inline std::string hash_of(const std::vector<OwnedOp>& ops) {
    Replica replica;
    for (const auto& op : ops) must(replica.apply(op.view()));
    return hash_of(*read_replica(replica));
}

/// Names in a folder, sorted.
inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// Every file of a folder with its content.
inline std::map<std::string, std::string> contents_of(const std::filesystem::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& name : names_in(folder)) files[name] = slurp(folder / name);
    return files;
}

inline std::unique_ptr<DataDirectory> open_directory(const std::string& path,
                                                     DataDirectoryOptions options = {}) {
    return must(DataDirectory::open(path, std::move(options)));
}

}  // namespace topgun::test
