// SPDX-License-Identifier: Apache-2.0
// Writes records and logs as the server does, for the tests that read them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "crc32c.hpp"
#include "topgun/serverfiles/server_log.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

using msgpack::Writer;

inline Bytes stored_stamp(const Stamp& stamp) {
    Bytes out;
    Writer writer(out);
    writer.map(3);
    writer.string("millis");
    writer.unsigned_integer(stamp.millis);
    writer.string("counter");
    writer.unsigned_integer(stamp.counter);
    writer.string("nodeId");
    writer.string(stamp.node);
    return out;
}

inline Bytes stored_int(std::int64_t value) {
    Bytes out;
    Writer writer(out);
    writer.map(1);
    writer.string("Int");
    writer.signed_integer(value);
    return out;
}

inline Bytes stored_lww(std::int64_t value, const Stamp& stamp) {
    Bytes out;
    Writer writer(out);
    writer.map(1);
    writer.string("lww");
    writer.map(2);
    writer.string("value");
    writer.raw(stored_int(value));
    writer.string("timestamp");
    writer.raw(stored_stamp(stamp));
    return out;
}

inline Bytes stored_entry(std::int64_t value, const std::string& tag) {
    Bytes out;
    Writer writer(out);
    writer.map(3);
    writer.string("value");
    writer.raw(stored_int(value));
    writer.string("tag");
    writer.string(tag);
    writer.string("timestamp");
    writer.raw(stored_stamp({1, 0, "n"}));
    return out;
}

inline Bytes stored_tags(const std::vector<std::string>& tags) {
    Bytes out;
    Writer writer(out);
    writer.array(tags.size());
    for (const auto& tag : tags) writer.string(tag);
    return out;
}

inline Bytes stored_or(const std::vector<std::pair<std::int64_t, std::string>>& records,
                       const std::vector<std::string>& removed) {
    Bytes out;
    Writer writer(out);
    writer.map(1);
    writer.string("orMap");
    writer.map(2);
    writer.string("records");
    writer.array(records.size());
    for (const auto& [value, tag] : records) writer.raw(stored_entry(value, tag));
    writer.string("tombstones");
    writer.raw(stored_tags(removed));
    return out;
}

/// {NAME: {FIELD: CONTENT}}, around `content`.
inline Bytes nested(const std::vector<std::string>& names, const Bytes& content) {
    Bytes out;
    Writer writer(out);
    for (const auto& name : names) {
        writer.map(1);
        writer.string(name);
    }
    writer.raw(content);
    return out;
}

inline Bytes op_store(const Bytes& record) {
    return nested({"store", "value"}, record);
}
inline Bytes op_remove() {
    Bytes out;
    Writer(out).string("remove");
    return out;
}
inline Bytes op_add(std::int64_t value, const std::string& tag) {
    return nested({"orDelta", "delta", "add", "entry"}, stored_entry(value, tag));
}
inline Bytes op_remove_tag(const std::string& tag) {
    Bytes out;
    Writer(out).string(tag);
    return nested({"orDelta", "delta", "remove", "tag"}, out);
}
inline Bytes op_prune(const std::vector<std::string>& tags) {
    return nested({"orDelta", "delta", "prune", "tags"}, stored_tags(tags));
}

inline Bytes payload(const std::string& map, const std::string& key, const Bytes& op,
                     std::uint64_t sequence, const Bytes& stamp = {}) {
    Bytes out;
    Writer writer(out);
    writer.map(stamp.empty() ? 4 : 5);
    writer.string("map");
    writer.string(map);
    writer.string("key");
    writer.string(key);
    writer.string("op");
    writer.raw(op);
    if (!stamp.empty()) {
        writer.string("timestamp");
        writer.raw(stamp);
    }
    writer.string("sequence");
    writer.unsigned_integer(sequence);
    return out;
}

inline Bytes frame(const Bytes& payload) {
    Bytes out = "TGWL\x01";
    append_be(out, static_cast<std::uint32_t>(payload.size()));
    append_be(out, serverfiles::crc32c(payload));
    return out + payload;
}

inline std::string segment_name(std::uint32_t partition, std::uint64_t first) {
    auto number = std::to_string(partition), sequence = std::to_string(first);
    return "partition-" + std::string(3 - number.size(), '0') + number + "-" +
           std::string(20 - sequence.size(), '0') + sequence + ".log";
}

/// A folder of logs; each write goes to the partition of its key.
class LogFolder {
public:
    explicit LogFolder(std::filesystem::path path) : path_(std::move(path)) {
        std::filesystem::create_directories(path_);
    }
    std::string path() const { return path_.string(); }

    std::uint64_t write(const std::string& map, const std::string& key, const Bytes& op,
                        const Bytes& stamp = {}) {
        const auto sequence = next_++;
        const auto partition = serverfiles::log_partition_of(map, key);
        append(segment_name(partition, 0), frame(payload(map, key, op, sequence, stamp)));
        return sequence;
    }
    void append(const std::string& name, const Bytes& bytes) {
        const auto file = path_ / name;
        spit(file, (std::filesystem::exists(file) ? slurp(file) : std::string()) + bytes);
    }
    void applied(const std::string& map, const std::string& key, std::uint64_t sequence) {
        const auto partition = serverfiles::log_partition_of(map, key);
        auto name = segment_name(partition, 0);
        Bytes bytes;
        append_be(bytes, sequence);
        spit(path_ / (name.substr(0, 13) + ".applied"), bytes);
    }

private:
    std::filesystem::path path_;
    std::uint64_t next_ = 1;
};

}  // namespace topgun::test
