// SPDX-License-Identifier: Apache-2.0
// Source of the form: PostgreSQL 15 documentation, COPY, "Binary Format".
#include <libpq-fe.h>

#include <cstring>
#include <limits>
#include <utility>

#include "topgun/base/check.hpp"
#include "topgun/pg/connection.hpp"

namespace topgun::pg {
namespace {

constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t kHeaderBytes = 19;
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

template <typename T>
void append_big(Bytes& out, T value) {
    for (int shift = static_cast<int>(sizeof(T) * 8) - 8; shift >= 0; shift -= 8) {
        out += static_cast<char>((static_cast<std::uint64_t>(value) >> shift) & 0xff);
    }
}

std::uint64_t big(const char* bytes, std::size_t count) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < count; ++i) {
        out = out << 8 | static_cast<unsigned char>(bytes[i]);
    }
    return out;
}

Error malformed(const char* what) {
    return Error(Errc::bad_input, std::string("the server's COPY is malformed: ") + what);
}

}  // namespace

CopyOut::CopyOut(Connection& connection, std::string sql)
    : connection_(&connection), sql_(std::move(sql)) {}

CopyOut::CopyOut(CopyOut&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)),
      sql_(std::move(other.sql_)),
      buffer_(std::exchange(other.buffer_, nullptr)),
      size_(other.size_),
      at_(other.at_),
      header_(other.header_),
      bytes_(other.bytes_) {}

CopyOut::~CopyOut() {
    PQfreemem(buffer_);
    if (connection_ == nullptr) return;
    // The rest of the rows would have to be read to the end otherwise.
    connection_->cancel();
    char* rest = nullptr;
    while (PQgetCopyData(connection_->connection_, &rest, 0) > 0) PQfreemem(rest);
    connection_->drain();
}

Result<bool> CopyOut::next(Fields& fields) {
    fields.clear();
    while (connection_ != nullptr) {
        if (buffer_ == nullptr) {
            const int size = PQgetCopyData(connection_->connection_, &buffer_, 1);
            if (size == 0) {
                TOPGUN_TRY(connection_->wait_readable());
                if (PQconsumeInput(connection_->connection_) == 0) {
                    return std::exchange(connection_, nullptr)->lost_error();
                }
                continue;
            }
            if (size < 0) {
                auto result = connection_->last_result(sql_);
                connection_ = nullptr;
                if (!result) return std::move(result).error();
                PQclear(*result);
                return false;
            }
            size_ = static_cast<std::size_t>(size);
            at_ = 0;
            bytes_ += size_;
        }
        if (std::exchange(header_, false)) TOPGUN_TRY(parse_header());
        if (at_ == size_) {
            PQfreemem(std::exchange(buffer_, nullptr));
            continue;
        }
        TOPGUN_TRY(parse(fields));
        // The trailer has no fields, and is no row.
        if (!fields.empty()) return true;
    }
    return false;
}

Status CopyOut::parse_header() {
    if (size_ < kHeaderBytes || std::memcmp(buffer_, kSignature.data(), kSignature.size()) != 0) {
        return malformed("no signature");
    }
    const auto extension = big(buffer_ + 15, 4);
    if (extension > size_ - kHeaderBytes) return malformed("a header longer than its piece");
    at_ = kHeaderBytes + extension;
    return {};
}

// The server sends whole rows.
Status CopyOut::parse(Fields& fields) {
    if (size_ - at_ < 2) return malformed("a row without a count of fields");
    const auto count = big(buffer_ + at_, 2);
    at_ += 2;
    if (count == 0xffff) return {};
    for (std::uint64_t i = 0; i < count; ++i) {
        if (size_ - at_ < 4) return malformed("a field without a length");
        const auto length = big(buffer_ + at_, 4);
        at_ += 4;
        if (length == 0xffff'ffff) {
            fields.emplace_back();
            continue;
        }
        if (length > size_ - at_) return malformed("a field longer than its row");
        fields.emplace_back(BytesView(buffer_ + at_, length));
        at_ += length;
    }
    return {};
}

CopyIn::CopyIn(Connection& connection, std::string sql)
    : connection_(&connection), sql_(std::move(sql)) {
    buffer_ += kSignature;
    append_big<std::uint32_t>(buffer_, 0);
    append_big<std::uint32_t>(buffer_, 0);
}

CopyIn::CopyIn(CopyIn&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)),
      sql_(std::move(other.sql_)),
      buffer_(std::move(other.buffer_)),
      sent_(other.sent_) {}

CopyIn::~CopyIn() {
    if (connection_ == nullptr) return;
    PQputCopyEnd(connection_->connection_, "given up");
    connection_->drain();
}

Status CopyIn::row(std::uint16_t fields) {
    if (buffer_.size() >= kPieceBytes) TOPGUN_TRY(send());
    append_big(buffer_, fields);
    return {};
}

void CopyIn::field(BytesView bytes) {
    TOPGUN_ASSERT(bytes.size() <= std::numeric_limits<std::int32_t>::max(), "a field fits");
    append_big(buffer_, static_cast<std::uint32_t>(bytes.size()));
    buffer_ += bytes;
}

void CopyIn::null() {
    append_big<std::uint32_t>(buffer_, 0xffff'ffff);
}
void CopyIn::text(std::string_view utf8) {
    field(utf8);
}
void CopyIn::bytes(BytesView bytes) {
    field(bytes);
}
void CopyIn::int8(std::int64_t value) {
    append_big<std::uint32_t>(buffer_, 8);
    append_big(buffer_, static_cast<std::uint64_t>(value));
}
void CopyIn::int4(std::int32_t value) {
    append_big<std::uint32_t>(buffer_, 4);
    append_big(buffer_, static_cast<std::uint32_t>(value));
}
void CopyIn::boolean(bool value) {
    append_big<std::uint32_t>(buffer_, 1);
    buffer_ += value ? '\1' : '\0';
}
void CopyIn::jsonb(std::string_view json) {
    append_big(buffer_, static_cast<std::uint32_t>(json.size() + 1));
    buffer_ += '\1';  // version of the form
    buffer_ += json;
}

Status CopyIn::send() {
    const auto size = static_cast<int>(buffer_.size());
    if (PQputCopyData(connection_->connection_, buffer_.data(), size) != 1) {
        // The server's reason, when it has given one, is better than "connection lost".
        auto* connection = std::exchange(connection_, nullptr);
        auto result = connection->last_result(sql_);
        if (!result) return std::move(result).error();
        PQclear(*result);
        return connection->lost_error();
    }
    sent_ += buffer_.size();
    buffer_.clear();
    return {};
}

Result<std::uint64_t> CopyIn::finish() {
    append_big<std::uint16_t>(buffer_, 0xffff);
    TOPGUN_TRY(send());
    auto* connection = std::exchange(connection_, nullptr);
    if (PQputCopyEnd(connection->connection_, nullptr) != 1) return connection->lost_error();
    auto result = connection->last_result(sql_);
    if (!result) return std::move(result).error();
    return Rows(*result).affected();
}

Result<std::int64_t> read_int8(BytesView field) {
    if (field.size() != 8) return malformed("an integer of another length");
    return static_cast<std::int64_t>(big(field.data(), 8));
}
Result<std::int32_t> read_int4(BytesView field) {
    if (field.size() != 4) return malformed("an integer of another length");
    return static_cast<std::int32_t>(big(field.data(), 4));
}
Result<bool> read_boolean(BytesView field) {
    if (field.size() != 1) return malformed("a truth value of another length");
    return field[0] != 0;
}

}  // namespace topgun::pg
