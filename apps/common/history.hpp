// SPDX-License-Identifier: Apache-2.0
// The writes to one key, gathered from any sources, with where each was seen.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "common/sources.hpp"

namespace topgun::cli {

/// One write, owning everything.
struct Write {
    OpKind kind = OpKind::put;
    std::string map, key, tag, node;
    Bytes value;
    std::uint64_t millis = 0, ttl_ms = kNoTtl;
    std::uint32_t counter = 0;
    std::vector<std::string> seen_in;  ///< Sources that hold it, each once.

    Write(const Op& op, const std::string& source);
    Stamp stamp() const { return {millis, counter, node}; }
    bool stamped() const { return !(stamp() == Stamp{}); }
    bool same_write(const Op& op) const;
};

/// Standard input can be read once: its bytes as a file that goes away with this object.
class ReadableTwice {
public:
    /// Copies standard input when `path` is "-"; otherwise keeps the path as it is.
    static Result<ReadableTwice> make(const std::string& path);
    ReadableTwice(ReadableTwice&& other) noexcept;
    ReadableTwice& operator=(ReadableTwice&&) = delete;
    ~ReadableTwice();
    const std::string& path() const noexcept { return path_; }
    /// What an error says of the temporary, said of standard input.
    Error about(Error error) const;

private:
    explicit ReadableTwice(std::string path) : path_(std::move(path)) {}
    std::string path_;
    bool temporary_ = false;
};

/// Adds a source's writes to `key` (all keys when it is null) to `writes`; a write that is there
/// already gets one more place where it was seen. OR removals of tags are added when the key has,
/// or ever had, a record with that tag. Cost: one pass over the source.
Result<ReadReport> collect_writes(const std::string& path, const ReadOptions& options,
                                  const std::string& key, std::deque<Write>& writes);

}  // namespace topgun::cli
