// SPDX-License-Identifier: Apache-2.0
// Layout (man page topgun-log(5)): a header, then frames. All integers little-endian.
#include "topgun/storage/log.hpp"

#include "packed.hpp"
#include "topgun/base/hash.hpp"

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

std::uint64_t frame_check(BytesView length_and_payload_of, std::uint32_t length) {
    return xxh3_64(length_and_payload_of, length);
}

Error not_a_log(const char* why) { return Error(Errc::bad_input, std::string("not a log: ") + why); }

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
    const auto start = out.size();
    out.resize(start + kFrameHead);
    wire::encode_op(op, out);
    const auto length = out.size() - start - kFrameHead;
    if (length > kLongestPayload) {
        out.resize(start);
        return Error(Errc::limit, "log: op on map '" + std::string(op.map) + "' is larger than 1 GiB");
    }
    char* head = out.data() + start;
    const auto length32 = static_cast<std::uint32_t>(length);
    store_le(head, kFrameMarker);
    store_le(head + 4, length32);
    store_le(head + 8, frame_check(BytesView(out).substr(start + kFrameHead), length32));
    return {};
}

Result<LogWriter> LogWriter::open(const std::string& path, const LogHeader& header, SyncPolicy policy) {
    std::uint64_t keep = 0;
    std::uint64_t had = 0;
    if (auto existing = read_file(path)) {
        had = existing->size();
        if (had > 0) {
            auto reader = LogReader::open(*existing);
            if (!reader) return std::move(reader).error().within(path);
            wire::OpBatch batch;
            while (reader->next(batch, 4096)) batch.reset();
            keep = reader->valid_end();
            // Only an interrupted last write is cut. Damage before it stays for whoever looks.
            if (!reader->damage().empty() && !reader->damage().back().torn_tail) keep = had;
        }
    } else if (existing.error().code() != Errc::not_found) {
        return std::move(existing).error();
    }
    auto file = AppendFile::open(path);
    if (!file) return std::move(file).error();
    LogWriter writer(std::move(*file), policy);
    if (had == 0) {
        append_log_header(header, writer.buffer_);
        TOPGUN_TRY(writer.flush());
    } else if (keep < had) {
        writer.cut_ = had - keep;
        TOPGUN_TRY(writer.file_.truncate(keep));
    }
    return writer;
}

Status LogWriter::append(const Op& op) {
    TOPGUN_TRY(append_log_frame(op, buffer_));
    constexpr std::size_t kBuffer = std::size_t{1} << 20;
    if (policy_ == SyncPolicy::always) return flush();
    if (buffer_.size() < kBuffer) return {};
    TOPGUN_TRY(file_.write(buffer_));
    buffer_.clear();
    return {};
}

Status LogWriter::flush() {
    if (!buffer_.empty()) TOPGUN_TRY(file_.write(buffer_));
    buffer_.clear();
    return policy_ == SyncPolicy::never ? Status() : file_.sync();
}

std::string LogDamage::text() const {
    return "bytes " + std::to_string(offset) + " to " + std::to_string(offset + length) + ": " + what;
}

Result<LogReader> LogReader::open(BytesView data) {
    if (data.size() < kFixedHeader || !data.starts_with(kMagic)) {
        return not_a_log("the first bytes are not the .tgl magic");
    }
    const auto version = load_le<std::uint16_t>(data.data() + 8);
    const auto oldest_reader = load_le<std::uint16_t>(data.data() + 10);
    const auto body_size = load_le<std::uint32_t>(data.data() + 12);
    const bool whole = body_size <= kLongestHeaderBody &&
                       data.size() >= kFixedHeader + body_size + kHeaderCheck;
    const auto checked = kFixedHeader + (whole ? body_size : 0);
    LogReader reader(data);
    if (!whole || load_le<std::uint64_t>(data.data() + checked) != xxh3_64(data.substr(0, checked))) {
        // Frames carry their own checks: the ops may be sound though the header is not.
        reader.at_ = kFixedHeader;
        reader.valid_end_ = kFixedHeader;
        reader.note(0, kFixedHeader, "the log's header is damaged");
        return reader;
    }
    if (oldest_reader > kLogVersion) {
        return Error(Errc::unsupported_version,
                     "log format version " + std::to_string(version) + " needs a reader of version " +
                         std::to_string(oldest_reader) + " or later; this one reads up to version " +
                         std::to_string(kLogVersion) + ". Install a newer topgun-cli.");
    }
    PackedReader body(data.substr(kFixedHeader, body_size));
    reader.header_.version = version;
    reader.header_.created_ms = body.varint();
    reader.header_.origin = body.text();
    reader.at_ = reader.valid_end_ = checked + kHeaderCheck;
    return reader;
}

void LogReader::note(std::uint64_t from, std::uint64_t to, std::string what) {
    if (from < to) damage_.push_back({from, to - from, false, std::move(what)});
}

bool LogReader::next(wire::OpBatch& batch, std::size_t limit) {
    char marker[4];
    store_le(marker, kFrameMarker);
    const auto before = batch.size() + batch.skipped() + batch.unstamped();
    const auto taken = [&] { return batch.size() + batch.skipped() + batch.unstamped() - before; };
    while (at_ < data_.size() && taken() < limit) {
        const auto rest = data_.substr(at_);
        std::string what = "no frame can be recognised";
        if (rest.size() >= kFrameHead && rest.starts_with(BytesView(marker, 4))) {
            const auto length = load_le<std::uint32_t>(rest.data() + 4);
            if (length > rest.size() - kFrameHead) {
                what = "the log ends inside a frame";
            } else {
                const auto payload = rest.substr(kFrameHead, length);
                const bool sound = load_le<std::uint64_t>(rest.data() + 8) == frame_check(payload, length);
                msgpack::Reader reader(payload, at_ + kFrameHead);
                const auto ops_before = taken();
                if (sound && batch.read(reader) && reader.at_end()) {
                    at_ += kFrameHead + length;
                    valid_end_ = at_;
                    continue;
                }
                what = !sound ? "a frame's checksum differs"
                              : "a frame with a sound checksum holds no op: " + batch.error(reader).text();
                if (sound && taken() == ops_before) valid_end_ = at_ + kFrameHead + length;
            }
        }
        const auto start = at_;
        const auto found = rest.find(BytesView(marker, 4), 1);
        at_ = found == BytesView::npos ? data_.size() : at_ + found;
        if (!damage_.empty() && damage_.back().offset + damage_.back().length == start) {
            damage_.back().length += at_ - start;
        } else {
            note(start, at_, std::move(what));
        }
    }
    if (at_ >= data_.size() && !damage_.empty()) {
        auto& last = damage_.back();
        const bool at_tail = last.offset + last.length == data_.size() && last.offset == valid_end_;
        // An interrupted write leaves the start of a frame; anything else is damage.
        const auto tail = data_.substr(last.offset);
        const bool begins = tail.starts_with(BytesView(marker, std::min<std::size_t>(4, tail.size())));
        const bool unfinished = tail.size() < kFrameHead ||
                                load_le<std::uint32_t>(tail.data() + 4) > tail.size() - kFrameHead;
        if (at_tail && begins && unfinished) {
            last.torn_tail = true;
            last.what = "the log ends inside a frame: an interrupted write";
        }
    }
    return taken() > 0;
}

}  // namespace topgun
