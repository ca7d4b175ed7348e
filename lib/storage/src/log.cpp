// SPDX-License-Identifier: Apache-2.0
// Layout (man page topgun-log(5)): a header, then frames. All integers little-endian.
#include "topgun/storage/log.hpp"

#include <algorithm>

#include "packed.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/base/utf.hpp"

namespace topgun {
namespace {

using storage::PackedReader;
using storage::put_text;
using storage::put_varint;

// Header: magic 8, version u16, oldest reader u16, body length u32, XXH3-64 of version to body u64
// at the end of the body; body: varint created_ms, text origin.
constexpr std::string_view kMagic{"TGSLOG\r\n", 8};
constexpr std::size_t kFixedHeader = 16;
constexpr std::size_t kHeaderCheck = 8;
constexpr std::size_t kLongestHeaderBody = 64 * 1024;

// Frame: marker u32, payload length u32, XXH3-64 of length and payload, payload. The marker costs
// four bytes and makes finding the next frame behind damage a search instead of a guess.
constexpr std::uint32_t kFrameMarker = 0x4f4c4754u;  // "TGLO"
constexpr std::size_t kFrameHead = 16;
constexpr std::size_t kLongestPayload = std::size_t{1} << 30;

// Forged heads can make a reader hash the rest of the file again and again. Beyond this many times
// the file's size it does not look into what it hashed in vain.
constexpr std::uint64_t kSearchEffort = 16;
constexpr std::uint64_t kFreeSearch = std::uint64_t{1} << 20;

std::uint64_t frame_check(BytesView payload, std::uint32_t length) {
    return xxh3_64(payload, length);
}

Bytes marker_bytes() {
    Bytes marker;
    append_le(marker, kFrameMarker);
    return marker;
}

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Error not_a_log(const char* why) {
    return Error(Errc::bad_input, std::string("not a log: ") + why);
}

// What a reader would refuse must not get into a log: it would be found when it is too late.
Status check_storable(const Op& op) {
    for (const auto text : {op.map, op.key, op.tag, op.id, op.stamp.node}) {
        if (!is_utf8(text)) {
            return Error(Errc::bad_input, "log: an op with a text that is not UTF-8");
        }
    }
    if (op.stamp.millis > kMaxMillis || (op.ttl_ms > kMaxMillis && op.ttl_ms != kNoTtl)) {
        return Error(Errc::bad_input, "log: an op with a time above 2^53 - 1 ms");
    }
    const bool tagged = map_kind_of(op.kind) == MapKind::or_map;
    if (tagged && op.tag.empty()) return Error(Errc::bad_input, "log: an OR op without tag");
    return {};
}

}  // namespace

void append_log_header(const LogHeader& header, Bytes& out) {
    const auto start = out.size();
    Bytes body;
    put_varint(body, header.created_ms);
    put_text(body, BytesView(header.origin).substr(0, kLongestHeaderBody / 2));
    out += kMagic;
    append_le(out, kLogVersion);
    append_le(out, kLogVersion);
    append_le(out, static_cast<std::uint32_t>(body.size()));
    out += body;
    append_le(out, xxh3_64(BytesView(out).substr(start)));
}

Status append_log_frame(const Op& op, Bytes& out) {
    TOPGUN_TRY(check_storable(op));
    const auto start = out.size();
    out.resize(start + kFrameHead);
    wire::encode_op(op, out);
    const auto length = out.size() - start - kFrameHead;
    if (length > kLongestPayload) {
        out.resize(start);
        return Error(Errc::limit,
                     "log: op on map '" + std::string(op.map) + "' is larger than 1 GiB");
    }
    char* head = out.data() + start;
    const auto length32 = static_cast<std::uint32_t>(length);
    store_le(head, kFrameMarker);
    store_le(head + 4, length32);
    store_le(head + 8, frame_check(BytesView(out).substr(start + kFrameHead), length32));
    return {};
}

std::size_t whole_log_frames(BytesView bytes) noexcept {
    std::size_t at = 0;
    while (bytes.size() - at >= kFrameHead &&
           load_le<std::uint32_t>(bytes.data() + at) == kFrameMarker) {
        const std::size_t length = load_le<std::uint32_t>(bytes.data() + at + 4);
        if (length > bytes.size() - at - kFrameHead) break;
        at += kFrameHead + length;
    }
    return at;
}

Result<LogWriter> LogWriter::open(const std::string& path, const LogHeader& header,
                                  SyncPolicy policy) {
    std::uint64_t keep = 0;
    std::uint64_t had = 0;
    if (auto existing = read_file(path)) {
        keep = had = existing->size();
        if (had > 0) {
            auto reader = LogReader::open(*existing);
            if (!reader) return std::move(reader).error().within(path);
            wire::OpBatch batch;
            while (reader->next(batch, 4096)) batch.reset();
            // Only an interrupted last write is cut. Damage before it stays for whoever looks.
            const auto& damage = reader->damage();
            if (!damage.empty() && damage.back().torn_tail) keep = damage.back().offset;
        }
    } else if (existing.error().code() != Errc::not_found) {
        return std::move(existing).error();
    }
    auto file = AppendFile::open(path);
    if (!file) return std::move(file).error();
    LogWriter writer(std::move(*file), policy);
    if (keep < had) {
        writer.cut_ = had - keep;
        TOPGUN_TRY(writer.file_.truncate(keep));
    }
    if (keep == 0) {
        append_log_header(header, writer.buffer_);
        TOPGUN_TRY(writer.flush());
        // Ops that are durable in a file that has no durable name would be lost all the same.
        if (policy != SyncPolicy::never) TOPGUN_TRY(sync_directory(directory_of(path)));
    }
    return writer;
}

Status LogWriter::append(const Op& op) {
    TOPGUN_TRY(append_log_frame(op, buffer_));
    constexpr std::size_t kBuffer = std::size_t{1} << 20;
    if (policy_ == SyncPolicy::always) return flush();
    return buffer_.size() < kBuffer ? Status() : write();
}

Status LogWriter::write() {
    // After a failed write or sync nobody knows what is in the file: another try could report
    // success for ops that are not there.
    if (failed_) return Error(Errc::io, "log: an earlier write failed; open the log anew");
    if (buffer_.empty()) return {};
    failed_ = true;
    TOPGUN_TRY(file_.write(buffer_));
    buffer_.clear();
    failed_ = false;
    return {};
}

Status LogWriter::flush() {
    TOPGUN_TRY(write());
    if (policy_ == SyncPolicy::never) return {};
    auto synced = file_.sync();
    failed_ = !synced;
    return synced;
}

std::string LogDamage::text() const {
    return "bytes " + std::to_string(offset) + " to " + std::to_string(offset + length) + ": " +
           what;
}

Result<LogReader> LogReader::open(BytesView data) {
    LogReader reader(data);
    if (!data.starts_with(kMagic)) {
        if (!data.empty() && kMagic.starts_with(data)) return reader.torn_header();
        // A sound frame is proof enough: a log that lost its start is still worth a reading.
        if (!reader.holds_frame()) return not_a_log("the first bytes are not the .tgl magic");
        reader.at_ = kFixedHeader;
        reader.note(0, kFixedHeader, "the log's header is damaged");
        return reader;
    }
    if (data.size() < kFixedHeader) return reader.torn_header();
    const auto version = load_le<std::uint16_t>(data.data() + 8);
    const auto oldest_reader = load_le<std::uint16_t>(data.data() + 10);
    const auto body_size = load_le<std::uint32_t>(data.data() + 12);
    const bool plausible = body_size <= kLongestHeaderBody;
    const bool whole = plausible && data.size() >= kFixedHeader + body_size + kHeaderCheck;
    const auto checked = kFixedHeader + (whole ? body_size : 0);
    if (!whole ||
        load_le<std::uint64_t>(data.data() + checked) != xxh3_64(data.substr(0, checked))) {
        // Frames carry their own checks: the ops may be sound though the header is not.
        const bool holds_frame = data.find(marker_bytes(), kFixedHeader) != BytesView::npos;
        if (plausible && !whole && !holds_frame) return reader.torn_header();
        reader.at_ = kFixedHeader;
        reader.note(0, kFixedHeader, "the log's header is damaged");
        return reader;
    }
    if (oldest_reader > kLogVersion) {
        return Error(Errc::unsupported_version,
                     "log format version " + std::to_string(version) +
                         " needs a reader of version " + std::to_string(oldest_reader) +
                         " or later; this one reads up to version " + std::to_string(kLogVersion) +
                         ". Install a newer topgun-cli.");
    }
    PackedReader body(data.substr(kFixedHeader, body_size));
    reader.header_.version = version;
    reader.header_.created_ms = body.varint();
    reader.header_.origin = body.text();
    reader.at_ = reader.valid_end_ = checked + kHeaderCheck;
    return reader;
}

// True when a frame with a right checksum is among the first places that look like one.
bool LogReader::holds_frame() const {
    constexpr int kTries = 64;
    const auto marker = marker_bytes();
    LogReader probe(data_);
    auto at = data_.find(marker, kFixedHeader);
    for (int i = 0; i < kTries && at != BytesView::npos; ++i) {
        probe.at_ = at;
        if (probe.frame()) return true;
        at = data_.find(marker, at + 1);
    }
    return false;
}

// The writer was interrupted while it made the file.
LogReader LogReader::torn_header() const {
    LogReader reader(data_);
    reader.at_ = data_.size();
    reader.damage_.push_back(
        {0, data_.size(), true, "the log ends inside its header: an interrupted write"});
    return reader;
}

void LogReader::note(std::uint64_t from, std::uint64_t to, std::string what) {
    damage_.push_back({from, to - from, false, std::move(what)});
}

// The payload of the frame at `at_`, or why there is none.
Result<BytesView> LogReader::frame() {
    const auto rest = data_.substr(at_);
    if (!rest.starts_with(marker_bytes()))
        return Error(Errc::bad_input, "no frame can be recognised");
    const auto length = rest.size() < kFrameHead ? 0 : load_le<std::uint32_t>(rest.data() + 4);
    if (rest.size() < kFrameHead || length > rest.size() - kFrameHead) {
        return Error(Errc::bad_input, "the log ends inside a frame");
    }
    const auto payload = rest.substr(kFrameHead, length);
    if (load_le<std::uint64_t>(rest.data() + 8) != frame_check(payload, length)) {
        effort_ += length;
        return Error(Errc::bad_input, "a frame's checksum differs");
    }
    return payload;
}

// Steps from `at_`, where no valid frame stands, to the next marker.
void LogReader::step_over(std::string what) {
    const auto marker = marker_bytes();
    const auto rest = data_.substr(at_);
    const bool begins_frame = rest.starts_with(marker);
    std::size_t from = 1;
    if (begins_frame && rest.size() >= kFrameHead &&
        effort_ / kSearchEffort > data_.size() + kFreeSearch) {
        from = std::min<std::size_t>(rest.size(),
                                     kFrameHead + load_le<std::uint32_t>(rest.data() + 4));
    }
    const auto found = rest.find(marker, from);
    const auto step = found == BytesView::npos ? rest.size() : found;
    const bool goes_on = !damage_.empty() && damage_.back().offset + damage_.back().length == at_;
    if (goes_on)
        damage_.back().length += step;
    else
        note(at_, at_ + step, std::move(what));
    at_ += step;
}

// An interrupted write leaves the start of a frame, or the zeros of a file that grew before its
// bytes came; anything else at the end is damage. Damage may stand right before such a tail.
void LogReader::judge_tail() {
    const auto marker = marker_bytes();
    const auto unfinished = [&](std::uint64_t from) {
        const auto tail = data_.substr(from);
        if (!tail.starts_with(BytesView(marker).substr(0, tail.size()))) return false;
        return tail.size() < kFrameHead ||
               load_le<std::uint32_t>(tail.data() + 4) > tail.size() - kFrameHead;
    };
    const auto start = damage_.back().offset;
    auto torn = start;
    if (data_.find_first_not_of('\0', start) != BytesView::npos && !unfinished(start)) {
        torn = data_.rfind(marker);
        if (torn == BytesView::npos || torn <= start || !unfinished(torn)) return;
        damage_.back().length = torn - start;
        note(torn, data_.size(), {});
    }
    damage_.back().torn_tail = true;
    damage_.back().what = "the log ends inside a frame: an interrupted write";
}

bool LogReader::next(wire::OpBatch& batch, std::size_t limit) {
    const auto seen = [&batch] { return batch.size() + batch.skipped() + batch.unstamped(); };
    const auto before = seen();
    while (at_ < data_.size() && seen() - before < limit) {
        auto payload = frame();
        if (!payload) {
            step_over(payload.error().text());
            if (at_ >= data_.size()) judge_tail();
            continue;
        }
        const auto start = at_;
        at_ += kFrameHead + payload->size();
        valid_end_ = at_;
        msgpack::Reader reader(*payload, start + kFrameHead);
        if (!batch.read(reader)) {
            note(start, at_,
                 "a frame with a sound checksum holds no op: " + batch.error(reader).text());
        } else if (!reader.at_end()) {
            note(start, at_, "a frame with a sound checksum holds more than an op");
        }
    }
    return seen() > before;
}

}  // namespace topgun
