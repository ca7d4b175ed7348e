// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "crc32c.hpp"
#include "topgun/serverfiles/server_log.hpp"

namespace topgun::serverfiles {
namespace {

constexpr std::string_view kMagic = "TGWL";
constexpr char kVersion = 1;
constexpr std::size_t kHeader = 13;
constexpr std::uint64_t kLongestPayload = std::uint64_t{64} << 20;
constexpr std::uint64_t kPiece = 256 << 10;

}  // namespace

Result<SegmentReader> SegmentReader::open(const std::string& path) {
    auto file = InputFile::open(path);
    if (!file) return std::move(file).error();
    return SegmentReader(std::move(*file));
}

// Bytes of the file, fewer where it ends.
Result<BytesView> SegmentReader::piece(std::uint64_t offset, std::uint64_t length) {
    length = std::min(length, file_.size() - offset);
    if (offset < buffer_at_ || offset + length > buffer_at_ + buffer_.size()) {
        const auto wanted = std::min(std::max(length, kPiece), file_.size() - offset);
        TOPGUN_TRY(file_.read_at(offset, static_cast<std::size_t>(wanted), buffer_));
        buffer_at_ = offset;
    }
    return BytesView(buffer_).substr(static_cast<std::size_t>(offset - buffer_at_),
                                     static_cast<std::size_t>(length));
}

SegmentReader::Outcome SegmentReader::damage(Outcome outcome, std::string what) {
    fault_ = "byte " + std::to_string(offset_) + ": " + std::move(what);
    return outcome;
}

Result<SegmentReader::Outcome> SegmentReader::next(LogEntry& out) {
    offset_ = next_;
    const auto left = file_.size() - offset_;
    if (left == 0) return Outcome::end;
    auto head = piece(offset_, kHeader);
    if (!head) return std::move(head).error();
    if (head->size() < kMagic.size()) {
        return damage(Outcome::cut_tail, "the file ends within a frame");
    }
    if (!head->starts_with(kMagic)) return damage(Outcome::bad_magic, "is no frame");
    if (head->size() > kMagic.size() && (*head)[4] != kVersion) {
        const auto version = static_cast<unsigned char>((*head)[4]);
        return damage(Outcome::unknown_version,
                      "a frame of version " + std::to_string(version) + "; 1 is known");
    }
    if (left < kHeader) return damage(Outcome::cut_tail, "the file ends within a frame");
    const std::uint64_t length = load_be<std::uint32_t>(head->data() + 5);
    const auto stored = load_be<std::uint32_t>(head->data() + 9);
    if (length > left - kHeader) return damage(Outcome::cut_tail, "the file ends within a frame");
    if (length > kLongestPayload) {
        return damage(Outcome::corrupt, "a frame of " + std::to_string(length) + " bytes");
    }
    auto payload = piece(offset_ + kHeader, length);
    if (!payload) return std::move(payload).error();
    // A writer that died in the middle of a frame leaves such a frame at the end only.
    const bool last = length == left - kHeader;
    const auto outcome = last ? Outcome::cut_tail : Outcome::corrupt;
    if (crc32c(*payload) != stored) return damage(outcome, "the checksum of a frame differs");
    auto entry = decode_log_entry(*payload);
    if (!entry) return damage(outcome, "a frame cannot be decoded: " + entry.error().text());
    out = std::move(*entry);
    next_ = offset_ + kHeader + length;
    return Outcome::entry;
}

// What begins with the magic behind a place, and could be a frame by its header. False at the end.
Result<bool> SegmentReader::find_header(std::uint64_t& at) {
    while (at + kHeader <= file_.size()) {
        auto head = piece(at, kHeader);
        if (!head) return std::move(head).error();
        const auto window = BytesView(buffer_).substr(static_cast<std::size_t>(at - buffer_at_));
        const auto found = window.find(kMagic);
        if (found == 0) return true;
        // A magic may begin in the window's last bytes.
        at += found != std::string_view::npos ? found : window.size() - (kMagic.size() - 1);
    }
    return false;
}

Result<bool> SegmentReader::skip_damage() {
    // Frames may seem to begin within each other; to look at them costs no more than this in all.
    const auto cost_max = 8 * file_.size() + kLongestPayload;
    for (auto at = next_ + 1; checked_ + file_.bytes_read() <= cost_max; ++at) {
        auto found = find_header(at);
        if (!found || !*found) return found;
        auto head = piece(at, kHeader);
        if (!head) return std::move(head).error();
        const std::uint64_t length = load_be<std::uint32_t>(head->data() + 5);
        const auto stored = load_be<std::uint32_t>(head->data() + 9);
        if ((*head)[4] != kVersion || length > kLongestPayload ||
            length > file_.size() - at - kHeader) {
            continue;
        }
        checked_ += kHeader + length;
        auto payload = piece(at + kHeader, length);
        if (!payload) return std::move(payload).error();
        if (crc32c(*payload) == stored && decode_log_entry(*payload)) {
            next_ = at;
            return true;
        }
    }
    return false;
}

}  // namespace topgun::serverfiles
