// SPDX-License-Identifier: Apache-2.0
#include "common/history.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "topgun/base/file.hpp"

namespace topgun::cli {

Write::Write(const Op& op, const std::string& source)
    : kind(op.kind),
      map(op.map),
      key(op.key),
      tag(op.tag),
      node(op.stamp.node),
      value(op.value),
      millis(op.stamp.millis),
      ttl_ms(op.ttl_ms),
      counter(op.stamp.counter),
      seen_in{source} {}

bool Write::same_write(const Op& op) const {
    return kind == op.kind && map == op.map && key == op.key && tag == op.tag &&
           stamp() == op.stamp && value == op.value && ttl_ms == op.ttl_ms;
}

Result<ReadableTwice> ReadableTwice::make(const std::string& path) {
    if (path != "-") return ReadableTwice(path);
    auto bytes = read_file("-");
    if (!bytes) return std::move(bytes).error();
    const char* folder = std::getenv("TMPDIR");
    ReadableTwice copy(std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") +
                       "/topgun-stdin-XXXXXX");
    const int fd = ::mkstemp(copy.path_.data());
    if (fd < 0) return Error(Errc::io, copy.path_ + ": cannot create a temporary");
    ::close(fd);
    copy.temporary_ = true;
    auto file = AppendFile::open(copy.path_);
    if (!file) return std::move(file).error();
    TOPGUN_TRY(file->write(*bytes));
    return copy;
}

ReadableTwice::ReadableTwice(ReadableTwice&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, false)) {}

Error ReadableTwice::about(Error error) const {
    if (!temporary_) return error;
    auto text = error.text();
    const auto at = text.find(path_);
    if (at != std::string::npos) text.replace(at, path_.size(), "standard input");
    return Error(error.code(), std::move(text));
}

ReadableTwice::~ReadableTwice() {
    if (temporary_) ::unlink(path_.c_str());
}

Result<ReadReport> collect_writes(const std::string& path, const ReadOptions& options,
                                  const std::string& key, std::deque<Write>& writes) {
    return read_ops(path, options, [&](const Op& op) -> Status {
        // A removed tag read from a state names no key: the records with that tag tell.
        const bool keyless = op.kind == OpKind::or_remove && op.key.empty();
        if (!keyless && op.key != key) return {};
        const auto known = std::find_if(writes.begin(), writes.end(),
                                        [&op](const Write& write) { return write.same_write(op); });
        if (known == writes.end()) {
            writes.emplace_back(op, path);
        } else if (std::find(known->seen_in.begin(), known->seen_in.end(), path) ==
                   known->seen_in.end()) {
            known->seen_in.push_back(path);
        }
        return {};
    });
}

}  // namespace topgun::cli
