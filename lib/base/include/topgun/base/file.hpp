// SPDX-License-Identifier: Apache-2.0
// Files: mapped or read whole on the way in, complete or absent on the way out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"

namespace topgun {

/// Bytes of a file for reading by offset. Move-only; closes on destruction.
/// Threads: read_at() may be called from several threads at once.
class TOPGUN_API InputFile {
public:
    /// Opens a regular file; anything else is Errc::io. Errors: not_found, io.
    /// @param name  what path() and messages call it, when that is not its path.
    static Result<InputFile> open(const std::string& path, const std::string& name = {});
    InputFile(InputFile&&) noexcept;
    InputFile& operator=(InputFile&&) noexcept;
    ~InputFile();

    const std::string& path() const noexcept { return path_; }
    std::uint64_t size() const noexcept { return size_; }

    /// Reads exactly `length` bytes at `offset` into `out` (replaced).
    /// Errors: bad_input when the file ends before that; io.
    Status read_at(std::uint64_t offset, std::size_t length, Bytes& out) const;
    /// Bytes handed out by read_at() so far: what a command may report as read.
    std::uint64_t bytes_read() const noexcept;

private:
    InputFile() = default;
    struct Counter;
    std::string path_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
    std::unique_ptr<Counter> counter_;
};

/// Reads a whole file, pipe or device. "-" is standard input.
/// @param limit  largest size accepted, in bytes. Errors: not_found, io, limit.
TOPGUN_API Result<Bytes> read_file(const std::string& path,
                                   std::uint64_t limit = std::uint64_t{1} << 40);

/// A file that appears under its name only when complete: written to a temporary beside it,
/// synced, renamed. Destroyed without commit(), it leaves the old file as it was, and nothing else.
class TOPGUN_API AtomicFile {
public:
    /// Creates the temporary beside `path`, with the old file's permissions if there is one.
    /// Errors: not_found (no such directory), io (also when `path` is there and no regular file).
    static Result<AtomicFile> create(const std::string& path);
    AtomicFile(AtomicFile&&) noexcept;
    AtomicFile& operator=(AtomicFile&&) noexcept;
    ~AtomicFile();

    /// Appends; buffered. Errors: io ("No space left on device" and the like).
    Status write(BytesView bytes);
    /// Overwrites bytes already written, for a header known only at the end.
    Status write_at(std::uint64_t offset, BytesView bytes);
    std::uint64_t size() const noexcept { return size_; }
    /// Flushes, fsyncs, renames, and fsyncs the directory. Afterwards the object is empty.
    Status commit();

private:
    AtomicFile() = default;
    Status flush();
    void discard() noexcept;
    std::string path_, temporary_;
    Bytes buffer_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
};

/// A file to which bytes are only added.
class TOPGUN_API AppendFile {
public:
    /// Opens, creating if needed, positioned at the end. Errors: io.
    static Result<AppendFile> open(const std::string& path);
    AppendFile(AppendFile&&) noexcept;
    AppendFile& operator=(AppendFile&&) noexcept;
    ~AppendFile();

    std::uint64_t size() const noexcept { return size_; }
    /// Writes all bytes to the operating system; not yet durable.
    Status write(BytesView bytes);
    /// Makes what was written durable (fdatasync). After an error the file must not be trusted.
    Status sync();
    /// Cuts the file to `size` bytes and makes that durable.
    Status truncate(std::uint64_t size);

private:
    AppendFile() = default;
    std::string path_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
};

/// An exclusive advisory lock on a file, held until destruction; kept across no fork.
class TOPGUN_API FileLock {
public:
    /// Errors: locked (names the holder's process id when known), io.
    static Result<FileLock> acquire(const std::string& path);
    /// Waits for the folder that `path` is in: for who reads a file and then replaces it by an
    /// AtomicFile, where a lock on the file itself would be on the one that goes. Leaves nothing
    /// behind. Errors: not_found, io.
    static Result<FileLock> wait_for_folder_of(const std::string& path);
    FileLock(FileLock&&) noexcept;
    FileLock& operator=(FileLock&&) noexcept;
    ~FileLock();

private:
    FileLock() = default;
    int fd_ = -1;
};

/// Makes the names in a directory durable.
TOPGUN_API Status sync_directory(const std::string& path);

/// Paths of temporaries not yet committed, to be removed by a signal handler.
/// Async-signal-safe; removes what AtomicFile has open in this process.
TOPGUN_API void remove_temporaries() noexcept;

}  // namespace topgun
