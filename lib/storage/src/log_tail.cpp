// SPDX-License-Identifier: Apache-2.0
#include "log_tail.hpp"

#include <algorithm>

#include "directory_files.hpp"

namespace topgun::storage {
namespace {

std::string log_path(const std::string& folder, std::uint64_t number) {
    return folder + "/" + log_name(number);
}

// Where the first frame stands.
Result<std::uint64_t> header_size(const InputFile& file) {
    constexpr std::uint64_t kLongest = 128 * 1024;
    Bytes start;
    TOPGUN_TRY(file.read_at(0, std::min(kLongest, file.size()), start));
    auto reader = LogReader::open(start);
    if (!reader) return std::move(reader).error();
    if (reader->valid_end() == 0) return Error(Errc::bad_input, "its header is damaged");
    return reader->valid_end();
}

}  // namespace

Result<std::span<const Op>> LogTail::next(LogPlace& at, const LogPlace& end) {
    batch_.reset();
    while (at < end && batch_.size() == 0) TOPGUN_TRY(read_piece(at, end));
    return std::span<const Op>(batch_.ops());
}

// Whole frames only, with a header before them: a reader that met half a frame would look for the
// next one inside of it, where a value may hold anything.
Status LogTail::read_piece(LogPlace& at, const LogPlace& end) {
    const auto path = log_path(folder_, at.log);
    auto file = InputFile::open(path);
    if (!file) return std::move(file).error();
    const auto limit = at.log == end.log ? end.offset : file->size();
    if (at.offset >= limit) {
        at = at.log == end.log ? end : LogPlace{at.log + 1, 0};
        return {};
    }
    if (at.offset == 0) {
        auto size = header_size(*file);
        if (!size) return std::move(size).error().within(path);
        at.offset = *size;
        return {};
    }
    Bytes piece;
    std::size_t whole = 0;
    for (auto length = kPiece;; length *= 2) {
        const auto rest = limit - at.offset;
        TOPGUN_TRY(file->read_at(at.offset, std::min<std::uint64_t>(length, rest), piece));
        whole = whole_log_frames(piece);
        if (whole > 0 || length >= rest) break;
    }
    bytes_.clear();
    append_log_header({}, bytes_);
    const auto header = bytes_.size();
    bytes_.append(piece, 0, whole);
    auto reader = LogReader::open(bytes_);
    if (!reader) return std::move(reader).error().within(path);
    while (reader->next(batch_, bytes_.size())) {
    }
    if (whole == 0 || !reader->damage().empty()) {
        return Error(Errc::bad_input, "damage behind byte " + std::to_string(at.offset))
            .within(path);
    }
    at.offset += reader->valid_end() - header;
    return {};
}

Result<std::uint64_t> bytes_between(const std::string& folder, const LogPlace& from,
                                    const LogPlace& to) {
    if (to < from) return Error(Errc::not_found, folder + ": the logs end before that place");
    std::uint64_t total = 0;
    for (auto number = from.log; number <= to.log; ++number) {
        const auto path = log_path(folder, number);
        auto file = InputFile::open(path);
        if (!file) return std::move(file).error();
        const auto begin = number == from.log ? from.offset : 0;
        const auto end = number == to.log ? to.offset : file->size();
        if (begin > end || end > file->size()) {
            return Error(Errc::not_found, path + ": ends before byte " + std::to_string(begin));
        }
        total += end - begin;
    }
    return total;
}

}  // namespace topgun::storage
