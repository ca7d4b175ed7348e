// SPDX-License-Identifier: Apache-2.0
// POSIX files. Every error names the path and the operating system's reason.
#include "topgun/base/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <utility>

#include "topgun/base/secret_file.hpp"

namespace topgun {
namespace {

constexpr std::size_t kWriteBuffer = std::size_t{1} << 20;

Error system_error(const std::string& path, const char* action) {
    const int error = errno;
    const Errc code = error == ENOENT ? Errc::not_found : Errc::io;
    return Error(code, path + ": cannot " + action + ": " + std::strerror(error));
}

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Status write_all(int fd, const std::string& path, BytesView bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR) continue;
            return system_error(path, "write");
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

void close_quietly(int& fd) noexcept {
    if (fd >= 0) ::close(fd);
    fd = -1;
}

// Names of temporaries, for a signal handler: fixed slots, no allocation, one owner per slot.
struct TemporarySlot {
    std::atomic<bool> taken{false};
    std::atomic<bool> ready{false};
    std::array<char, 4096> path{};
};
std::array<TemporarySlot, 16> temporary_slots;

void remember_temporary(const std::string& path) noexcept {
    for (auto& slot : temporary_slots) {
        bool expected = false;
        if (path.size() >= slot.path.size() ||
            !slot.taken.compare_exchange_strong(expected, true)) {
            continue;
        }
        std::memcpy(slot.path.data(), path.c_str(), path.size() + 1);
        slot.ready.store(true);
        return;
    }
}

void forget_temporary(const std::string& path) noexcept {
    for (auto& slot : temporary_slots) {
        if (slot.ready.load() && path == slot.path.data()) {
            slot.ready.store(false);
            slot.taken.store(false);
        }
    }
}

}  // namespace

void remove_temporaries() noexcept {
    for (auto& slot : temporary_slots) {
        if (slot.ready.load()) ::unlink(slot.path.data());
    }
}

struct InputFile::Counter {
    std::atomic<std::uint64_t> bytes{0};
};

Result<InputFile> InputFile::open(const std::string& path, const std::string& name) {
    InputFile file;
    file.path_ = name.empty() ? path : name;
    // O_NONBLOCK changes nothing for a regular file; a named pipe would wait here for a writer.
    file.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file.fd_ < 0) return system_error(path, "open");
    struct stat status {};
    if (::fstat(file.fd_, &status) != 0) return system_error(path, "examine");
    if (!S_ISREG(status.st_mode)) return Error(Errc::io, path + ": not a regular file");
    file.size_ = static_cast<std::uint64_t>(status.st_size);
    file.counter_ = std::make_unique<Counter>();
    return file;
}

InputFile::InputFile(InputFile&& other) noexcept {
    *this = std::move(other);
}
InputFile& InputFile::operator=(InputFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(fd_, other.fd_);
    std::swap(size_, other.size_);
    std::swap(counter_, other.counter_);
    return *this;
}
InputFile::~InputFile() {
    close_quietly(fd_);
}

std::uint64_t InputFile::bytes_read() const noexcept {
    return counter_ ? counter_->bytes.load() : 0;
}

Status InputFile::read_at(std::uint64_t offset, std::size_t length, Bytes& out) const {
    if (offset > size_ || length > size_ - offset) {
        return Error(Errc::bad_input, path_ + ": ends at byte " + std::to_string(size_) + ", but " +
                                          std::to_string(length) +
                                          " bytes were expected at offset " +
                                          std::to_string(offset));
    }
    out.resize(length);
    std::size_t done = 0;
    while (done < length) {
        const auto got =
            ::pread(fd_, out.data() + done, length - done, static_cast<off_t>(offset + done));
        if (got < 0) {
            if (errno == EINTR) continue;
            return system_error(path_, "read");
        }
        if (got == 0) return Error(Errc::bad_input, path_ + ": became shorter while it was read");
        done += static_cast<std::size_t>(got);
    }
    counter_->bytes.fetch_add(length, std::memory_order_relaxed);
    return {};
}

namespace {

Error above_limit(const std::string& name, std::uint64_t limit) {
    return Error(Errc::limit,
                 name + ": larger than the limit of " + std::to_string(limit) + " bytes");
}

Result<Bytes> read_all(int fd, const std::string& name, std::uint64_t limit) {
    constexpr std::size_t kChunk = std::size_t{1} << 18;
    // A sparse file can announce any size without holding it.
    constexpr std::uint64_t kMaxReserve = std::uint64_t{1} << 30;
    struct stat status {};
    Bytes out;
    const bool known = ::fstat(fd, &status) == 0;
    // Such as /dev/zero; a terminal has an end, and /dev/null nothing else.
    const bool endless = known && S_ISCHR(status.st_mode) && ::isatty(fd) == 0;
    if (known && S_ISREG(status.st_mode)) {
        const auto size = static_cast<std::uint64_t>(status.st_size);
        if (size > limit) return above_limit(name, limit);
        // With room for the read that finds the end.
        out.reserve(static_cast<std::size_t>(std::min(size, kMaxReserve)) + kChunk);
    }
    for (;;) {
        const auto before = out.size();
        out.resize(before + kChunk);
        const auto got = ::read(fd, out.data() + before, kChunk);
        if (got < 0 && errno != EINTR) return system_error(name, "read");
        out.resize(before + static_cast<std::size_t>(std::max(got, ssize_t{0})));
        if (got == 0) return out;
        if (got > 0 && endless) {
            return Error(Errc::io, name + ": a device without an end, no file or pipe");
        }
        if (out.size() > limit) return above_limit(name, limit);
    }
}

}  // namespace

Result<Bytes> read_file(const std::string& path, std::uint64_t limit) {
    const bool is_stdin = path == "-";
    const std::string name = is_stdin ? "standard input" : path;
    int fd = is_stdin ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return system_error(path, "open");
    auto content = [&]() -> Result<Bytes> {
        try {
            return read_all(fd, name, limit);
        } catch (
            const std::exception&) {  // bad_alloc or length_error: nothing else is thrown there
            return Error(Errc::limit, name + ": does not fit into memory");
        }
    }();
    if (!is_stdin) close_quietly(fd);
    return content;
}

Result<AtomicFile> AtomicFile::create(const std::string& path) {
    struct stat old {};
    const bool replaces = ::stat(path.c_str(), &old) == 0;
    // Renaming over a device or a pipe would destroy it.
    if (replaces && !S_ISREG(old.st_mode)) return Error(Errc::io, path + ": not a regular file");
    AtomicFile file;
    file.path_ = path;
    // Not mkstemp: its mode is 0600, and asking for the process's mask means changing it for all
    // threads. Opened like this, the kernel applies the mask.
    static std::atomic<unsigned> counter{0};
    const mode_t mode = replaces ? old.st_mode & 0777 : 0666;
    do {
        file.temporary_ = path + '.' + std::to_string(::getpid()) + '-' +
                          std::to_string(counter.fetch_add(1)) + ".tmp";
        file.fd_ = ::open(file.temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    } while (file.fd_ < 0 && errno == EEXIST);
    if (file.fd_ < 0) return system_error(path, "create");
    remember_temporary(file.temporary_);
    if (replaces) (void)::fchmod(file.fd_, old.st_mode & 07777);
    file.buffer_.reserve(kWriteBuffer);
    return file;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept {
    *this = std::move(other);
}
AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(temporary_, other.temporary_);
    std::swap(buffer_, other.buffer_);
    std::swap(fd_, other.fd_);
    std::swap(size_, other.size_);
    return *this;
}
AtomicFile::~AtomicFile() {
    discard();
}

void AtomicFile::discard() noexcept {
    if (fd_ < 0) return;
    close_quietly(fd_);
    ::unlink(temporary_.c_str());
    forget_temporary(temporary_);
}

Status AtomicFile::flush() {
    TOPGUN_TRY(write_all(fd_, path_, buffer_));
    buffer_.clear();
    return {};
}

Status AtomicFile::write(BytesView bytes) {
    size_ += bytes.size();
    if (buffer_.size() + bytes.size() > kWriteBuffer) TOPGUN_TRY(flush());
    if (bytes.size() >= kWriteBuffer) return write_all(fd_, path_, bytes);
    buffer_.append(bytes);
    return {};
}

Status AtomicFile::write_at(std::uint64_t offset, BytesView bytes) {
    TOPGUN_TRY(flush());
    while (!bytes.empty()) {
        const auto written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0) {
            if (errno == EINTR) continue;
            return system_error(path_, "write");
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
    return {};
}

Status AtomicFile::commit() {
    TOPGUN_ASSERT(fd_ >= 0, "a file is committed once");
    TOPGUN_TRY(flush());
    if (::fsync(fd_) != 0) return system_error(path_, "sync");
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return system_error(path_, "replace");
    forget_temporary(temporary_);
    close_quietly(fd_);
    return sync_directory(directory_of(path_));
}

Status write_secret_file(const std::string& path, BytesView bytes) {
    const auto temporary = path + ".tmp";
    // One that was left behind may have been opened by somebody; ours is new, and closed to others
    // from its first moment on.
    ::unlink(temporary.c_str());
    int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) return system_error(path, "create");
    auto written = write_all(fd, path, bytes);
    if (written && ::fsync(fd) != 0) written = system_error(path, "sync");
    close_quietly(fd);
    if (written && ::rename(temporary.c_str(), path.c_str()) != 0) {
        written = system_error(path, "replace");
    }
    if (!written) {
        ::unlink(temporary.c_str());
        return written;
    }
    return sync_directory(directory_of(path));
}

Result<AppendFile> AppendFile::open(const std::string& path) {
    AppendFile file;
    file.path_ = path;
    file.fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file.fd_ < 0) return system_error(path, "open for appending");
    struct stat status {};
    if (::fstat(file.fd_, &status) != 0) return system_error(path, "examine");
    file.size_ = static_cast<std::uint64_t>(status.st_size);
    return file;
}

AppendFile::AppendFile(AppendFile&& other) noexcept {
    *this = std::move(other);
}
AppendFile& AppendFile::operator=(AppendFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(fd_, other.fd_);
    std::swap(size_, other.size_);
    return *this;
}
AppendFile::~AppendFile() {
    close_quietly(fd_);
}

Status AppendFile::write(BytesView bytes) {
    TOPGUN_TRY(write_all(fd_, path_, bytes));
    size_ += bytes.size();
    return {};
}

Status AppendFile::sync() {
    if (::fdatasync(fd_) != 0) return system_error(path_, "sync");
    return {};
}

Status AppendFile::truncate(std::uint64_t size) {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return system_error(path_, "truncate");
    size_ = size;
    return sync();
}

Result<FileLock> FileLock::acquire(const std::string& path) {
    FileLock lock;
    lock.fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock.fd_ < 0) return system_error(path, "open");
    if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return system_error(path, "lock");
        char holder[32] = {};
        const auto got = ::pread(lock.fd_, holder, sizeof holder - 1, 0);
        std::string by = got > 0 ? std::string(holder, static_cast<std::size_t>(got)) : "unknown";
        while (!by.empty() && by.back() == '\n') by.pop_back();
        return Error(Errc::locked, path + ": held by another writer (process " + by + ")");
    }
    const std::string mine = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock.fd_, 0) != 0) return system_error(path, "write");
    TOPGUN_TRY(write_all(lock.fd_, path, mine));
    return lock;
}

Result<FileLock> FileLock::wait_for_folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    const auto folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    FileLock lock;
    lock.fd_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock.fd_ < 0) return system_error(path, "create");
    while (::flock(lock.fd_, LOCK_EX) != 0) {
        // Some file systems cannot lock a folder; nobody else is kept waiting there.
        if (errno == EBADF || errno == ENOLCK || errno == EOPNOTSUPP || errno == EINVAL) break;
        if (errno != EINTR) return system_error(folder, "lock");
    }
    return lock;
}

FileLock::FileLock(FileLock&& other) noexcept {
    *this = std::move(other);
}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}
FileLock::~FileLock() {
    close_quietly(fd_);
}

Status sync_directory(const std::string& path) {
    int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return system_error(path, "open");
    const int failed = ::fsync(fd);
    // Some file systems cannot sync a directory; the rename itself has succeeded by then.
    const bool real = failed != 0 && errno != EINVAL && errno != ENOTSUP;
    auto error = real ? Status(system_error(path, "sync")) : Status();
    close_quietly(fd);
    return error;
}

}  // namespace topgun
