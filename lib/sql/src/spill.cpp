// SPDX-License-Identifier: Apache-2.0
#include "spill.hpp"

#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace topgun::sql {
namespace {

// Fixed-size values as they lie in memory: the file never leaves the process that wrote it.
template <typename T>
void put(std::string& out, const T& value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out.append(bytes, sizeof(T));
}

template <typename T>
T take(const char*& from) {
    T value;
    std::memcpy(&value, from, sizeof(T));
    from += sizeof(T);
    return value;
}

void put_column(std::string& out, const Column& column, std::size_t rows) {
    for (std::size_t row = 0; row < rows; ++row) {
        const bool null = column.is_null(row) || column.storage() == Storage::none;
        out += static_cast<char>(null ? 1 : 0);
        if (null) continue;
        switch (column.storage()) {
            case Storage::none: break;
            case Storage::integer: put(out, column.integer(row)); break;
            case Storage::real: put(out, column.real(row)); break;
            case Storage::decimal: put(out, column.decimal(row)); break;
            case Storage::interval: put(out, column.interval(row)); break;
            case Storage::bytes: {
                const auto bytes = column.bytes(row);
                put(out, bytes.size());
                out += bytes;
                break;
            }
        }
    }
}

ColumnPtr take_column(const char*& from, DataType type, std::size_t rows) {
    auto out = std::make_shared<Column>(type);
    out->reserve(rows);
    for (std::size_t row = 0; row < rows; ++row) {
        if (*from++ != 0) {
            out->add_null();
            continue;
        }
        switch (out->storage()) {
            case Storage::none: break;
            case Storage::integer: out->add_integer(take<std::int64_t>(from)); break;
            case Storage::real: out->add_real(take<double>(from)); break;
            case Storage::decimal: out->add_decimal(take<Decimal>(from)); break;
            case Storage::interval: out->add_interval(take<Interval>(from)); break;
            case Storage::bytes: {
                const auto size = take<std::size_t>(from);
                out->add_bytes({from, size});
                from += size;
                break;
            }
        }
    }
    return out;
}

struct Header {
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
};

}  // namespace

Result<SpillFile> SpillFile::create(const std::string& directory, std::vector<DataType> types) {
    std::string path = directory + "/topgun-sql-XXXXXX";
    const int fd = ::mkstemp(path.data());
    SpillFile out;
    out.directory_ = directory;
    if (fd < 0) return out.error_of("cannot make a temporary file");
    ::unlink(path.c_str());
    out.file_.reset(::fdopen(fd, "w+b"));
    if (!out.file_) {
        ::close(fd);
        return out.error_of("cannot open a temporary file");
    }
    out.types_ = std::move(types);
    return out;
}

Error SpillFile::error_of(const char* what) const {
    return Error(Errc::io, directory_ + ": " + what + ": " + std::strerror(errno) +
                               "; set TMPDIR to a directory with room, or raise --memory");
}

Status SpillFile::write(const Batch& batch) {
    buffer_.clear();
    for (const auto& column : batch.columns) put_column(buffer_, *column, batch.rows);
    const Header header{batch.rows, buffer_.size()};
    const bool written =
        std::fwrite(&header, sizeof header, 1, file_.get()) == 1 &&
        std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) == buffer_.size();
    if (!written) return error_of("cannot write a temporary file");
    bytes_ += sizeof header + buffer_.size();
    rows_ += batch.rows;
    return {};
}

Status SpillFile::rewind() {
    if (std::fflush(file_.get()) != 0) return error_of("cannot write a temporary file");
    std::rewind(file_.get());
    return {};
}

Result<bool> SpillFile::read(Batch& out) {
    Header header;
    if (std::fread(&header, sizeof header, 1, file_.get()) != 1) {
        if (std::ferror(file_.get()) != 0) {
            return error_of("cannot read a temporary file");
        }
        return false;
    }
    buffer_.resize(header.bytes);
    if (std::fread(buffer_.data(), 1, header.bytes, file_.get()) != header.bytes) {
        return error_of("cannot read a temporary file");
    }
    out = {};
    out.rows = header.rows;
    const char* from = buffer_.data();
    for (const auto type : types_) out.columns.push_back(take_column(from, type, header.rows));
    return true;
}

}  // namespace topgun::sql
