// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <functional>
#include <utility>

#include "format.hpp"
#include "topgun/base/file.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/replica/visit.hpp"
#include "topgun/source/remote.hpp"
#include "topgun/storage/data_directory.hpp"
#include "topgun/storage/log.hpp"
#include "topgun/storage/snapshot.hpp"
#include "topgun/storage/text_formats.hpp"

namespace topgun {
namespace {

using Put = std::function<Status(BytesView)>;

// The bytes of a sink: an atomic file, or standard output through the caller.
class Bottom {
public:
    static Result<Bottom> open(const std::string& path, Put to_stdout) {
        Bottom bottom;
        if (path == "-") {
            if (!to_stdout) return Error(Errc::usage, "standard output cannot take this format");
            bottom.put_ = std::move(to_stdout);
            return bottom;
        }
        auto file = AtomicFile::create(path);
        if (!file) return std::move(file).error();
        bottom.file_ = std::make_unique<AtomicFile>(std::move(*file));
        return bottom;
    }
    Status write(BytesView bytes) {
        written_ += bytes.size();
        return file_ ? file_->write(bytes) : put_(bytes);
    }
    Status finish() { return file_ ? file_->commit() : Status(); }
    std::uint64_t written() const noexcept { return written_; }

private:
    std::unique_ptr<AtomicFile> file_;
    Put put_;
    std::uint64_t written_ = 0;
};

class BottomedWriter : public OpWriter {
public:
    explicit BottomedWriter(Bottom bottom) : bottom_(std::move(bottom)) {}
    std::uint64_t count() const override { return count_; }
    std::uint64_t bytes() const override { return bottom_.written(); }

protected:
    static constexpr std::size_t kBuffer = 256 * 1024;
    Status flush(Bytes& buffer, std::size_t at_least) {
        if (buffer.size() < at_least || buffer.empty()) return {};
        TOPGUN_TRY(bottom_.write(buffer));
        buffer.clear();
        return {};
    }
    Bottom bottom_;
    std::uint64_t count_ = 0;
};

class LogSink final : public BottomedWriter {
public:
    LogSink(Bottom bottom, const std::string& origin) : BottomedWriter(std::move(bottom)) {
        // No creation time: the same ops give the same file.
        append_log_header({kLogVersion, 0, origin}, buffer_);
    }
    Status add(const Op& op) override {
        ++count_;
        TOPGUN_TRY(append_log_frame(op, buffer_));
        return flush(buffer_, kBuffer);
    }
    Status finish() override {
        TOPGUN_TRY(flush(buffer_, 0));
        return bottom_.finish();
    }

private:
    Bytes buffer_;
};

class MessageSink final : public BottomedWriter {
public:
    explicit MessageSink(Bottom bottom)
        : BottomedWriter(std::move(bottom)),
          messages_([this](BytesView bytes) { return bottom_.write(bytes); }) {}
    Status add(const Op& op) override {
        ++count_;
        return messages_.add(op);
    }
    Status finish() override {
        TOPGUN_TRY(messages_.finish());
        return bottom_.finish();
    }

private:
    OpMessageWriter messages_;
};

class JsonSink final : public BottomedWriter {
public:
    JsonSink(Bottom bottom, bool array) : BottomedWriter(std::move(bottom)), array_(array) {}
    Status add(const Op& op) override {
        if (array_) text_ += count_ == 0 ? "[\n" : ",\n";
        ++count_;
        append_ndjson(op, text_);
        if (array_ && text_.ends_with('\n')) text_.pop_back();
        return flush(text_, kBuffer);
    }
    Status finish() override {
        if (array_) text_ += count_ == 0 ? "[]\n" : "\n]\n";
        TOPGUN_TRY(flush(text_, 0));
        return bottom_.finish();
    }

private:
    bool array_;
    std::string text_;
};

Status write_ops(const StateReader& state, OpWriter& writer) {
    TOPGUN_TRY(visit_all_rows(
        state, [&](const MapId& id, const Row& row) { return writer.add(row_op(id, row)); }));
    return writer.finish();
}

// A snapshot needs a file to seek in: for standard output it is made as a temporary first.
Result<WriteReport> write_snapshot_to_stdout(const StateReader& state, const Put& put) {
    std::string folder = "/tmp/topgun-stdout-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) {
        return Error(Errc::io, folder + ": cannot create a temporary folder");
    }
    const auto path = folder + "/snapshot.tgs";
    const auto copy = [&]() -> Result<WriteReport> {
        auto info = write_snapshot(state, path);
        if (!info) return std::move(info).error();
        auto bytes = read_file(path);
        if (!bytes) return std::move(bytes).error();
        TOPGUN_TRY(put(*bytes));
        return WriteReport{info->rows, info->file_bytes, info->state};
    };
    auto result = copy();
    ::unlink(path.c_str());
    ::rmdir(folder.c_str());
    return result;
}

Result<WriteReport> write_directory(const StateReader& state, const std::string& path) {
    auto directory = DataDirectory::open(path, {});
    if (!directory) return std::move(directory).error();
    WriteReport report;
    std::vector<Op> ops;
    for (const auto& id : state.maps()) {
        // Rows are borrowed batch by batch, so each batch is appended before the next one is read.
        const auto append = [&](RowCursor& cursor) -> Status {
            for (;;) {
                auto rows = cursor.next();
                if (!rows) return std::move(rows).error();
                if (rows->empty()) return {};
                ops.clear();
                for (const auto& row : *rows) ops.push_back(row_op(id, row));
                report.rows += ops.size();
                auto appended = (*directory)->append(ops);
                if (!appended) return std::move(appended).error();
                if (!appended->refusals.empty())
                    return std::move(appended->refusals.front().error).within(path);
            }
        };
        auto removed = state.removed_tags(id);
        if (!removed) return std::move(removed).error();
        TOPGUN_TRY(append(**removed));
        auto rows = state.rows(id, {HashRange{}});
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(append(**rows));
    }
    TOPGUN_TRY((*directory)->flush());
    TOPGUN_TRY((*directory)->checkpoint());
    return report;
}

}  // namespace

Result<std::unique_ptr<OpWriter>> OpWriter::create(const std::string& path, Format format,
                                                   const std::string& origin, Put to_stdout) {
    if (format == Format::automatic) {
        auto by_name = format_for_writing(path);
        if (!by_name) return std::move(by_name).error();
        format = *by_name;
    }
    if (format == Format::endpoint || format == Format::database) {
        const auto access = remote_access(path);
        if (!access) return access.error().clone();
        return (*access)->writer(path);
    }
    if (format == Format::snapshot || format == Format::data_directory || format == Format::csv ||
        format == Format::dump || format == Format::redb || format == Format::server_log ||
        format == Format::sqlite) {
        return Error(Errc::usage, "'" + path +
                                      "': ops go to .tgl, .msgpack, .ndjson or .json, not to " +
                                      std::string(format_name(format)));
    }
    auto bottom = Bottom::open(path, std::move(to_stdout));
    if (!bottom) return std::move(bottom).error();
    std::unique_ptr<OpWriter> writer;
    if (format == Format::log)
        writer = std::make_unique<LogSink>(std::move(*bottom), origin);
    else if (format == Format::messages)
        writer = std::make_unique<MessageSink>(std::move(*bottom));
    else
        writer = std::make_unique<JsonSink>(std::move(*bottom), format == Format::json);
    return writer;
}

Result<WriteReport> write_state(const StateReader& state, const std::string& path, Format format,
                                Put to_stdout) {
    if (format == Format::automatic) {
        auto by_name = format_for_writing(path);
        if (!by_name) return std::move(by_name).error();
        format = *by_name;
    }
    if (format == Format::endpoint || format == Format::database) {
        const auto access = remote_access(path);
        return access ? (*access)->write(state, path) : Result<WriteReport>(access.error().clone());
    }
    if (format == Format::snapshot) {
        if (path == "-") return write_snapshot_to_stdout(state, to_stdout);
        auto info = write_snapshot(state, path);
        if (!info) return std::move(info).error();
        return WriteReport{info->rows, info->file_bytes, info->state};
    }
    if (format == Format::data_directory) return write_directory(state, path);
    if (format == Format::csv) {
        auto bottom = Bottom::open(path, std::move(to_stdout));
        if (!bottom) return std::move(bottom).error();
        TOPGUN_TRY(write_csv(state, [&](std::string_view text) { return bottom->write(text); }));
        TOPGUN_TRY(bottom->finish());
        WriteReport report;
        report.bytes = bottom->written();
        for (const auto& id : state.maps()) {
            auto facts = state.summary(id);
            if (!facts) return std::move(facts).error();
            report.rows += (*facts)->records;
            // Tombstones of LWW maps are records; removed tags of OR-Maps are rows beside them.
            if (id.kind == MapKind::or_map) report.rows += (*facts)->tombstones;
        }
        return report;
    }
    auto writer = OpWriter::create(path, format, {}, std::move(to_stdout));
    if (!writer) return std::move(writer).error();
    TOPGUN_TRY(write_ops(state, **writer));
    WriteReport report;
    report.rows = (*writer)->count();
    report.bytes = (*writer)->bytes();
    return report;
}

}  // namespace topgun
