// SPDX-License-Identifier: Apache-2.0
// Batches in a temporary file: where sorts, joins and groups go when memory does not suffice.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/column/column.hpp"

namespace topgun::sql {

/// A file that has no name and goes with its owner. Written first, then read, any number of times.
/// Threads: one owner.
class SpillFile {
public:
    /// Errors: io, naming the directory and what to do.
    static Result<SpillFile> create(const std::string& directory, std::vector<DataType> types);

    Status write(const Batch& batch);
    std::uint64_t bytes() const noexcept { return bytes_; }
    std::uint64_t rows() const noexcept { return rows_; }
    /// Begins to read from the start.
    Status rewind();
    /// The next batch as it was written. False at the end.
    Result<bool> read(Batch& out);

private:
    struct Close {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    SpillFile() = default;
    Error error_of(const char* what) const;

    std::unique_ptr<std::FILE, Close> file_;
    std::string directory_;
    std::vector<DataType> types_;
    std::string buffer_;
    std::uint64_t bytes_ = 0, rows_ = 0;
};

}  // namespace topgun::sql
