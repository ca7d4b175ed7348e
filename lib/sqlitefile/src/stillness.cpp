// SPDX-License-Identifier: Apache-2.0
#include "stillness.hpp"

#include <sys/stat.h>

#include "topgun/base/file.hpp"

namespace topgun::sqlitefile {
namespace {

// A journal that was given up keeps its size, and has zeroes in its first bytes.
// Source: sqlite.org/fileformat.html, section 3.
bool is_journal(const std::string& path) {
    constexpr std::string_view kMagic("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);
    auto file = InputFile::open(path);
    Bytes head;
    return file && file->size() >= kMagic.size() && file->read_at(0, kMagic.size(), head) &&
           head == kMagic;
}

}  // namespace

std::optional<Surroundings::Trace> Surroundings::trace(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    return Trace(status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

Result<Surroundings> Surroundings::of(const std::string& path) {
    Surroundings out;
    out.file_ = trace(path);
    if (!out.file_) return Error(Errc::not_found, "cannot open");
    out.log_ = trace(path + "-wal");
    out.index_ = trace(path + "-shm").has_value();
    out.journal_ = is_journal(path + "-journal");
    return out;
}

Status Surroundings::still_so(const std::string& path) const {
    auto now = of(path);
    if (!now) return std::move(now).error();
    if (now->file_ == file_ && now->log_ == log_ && now->journal_ == journal_) return {};
    return Error(Errc::locked,
                 "the file was written while it was read; stop the server, or read a copy");
}

}  // namespace topgun::sqlitefile
