// SPDX-License-Identifier: Apache-2.0
// Where a command's text goes: a descriptor, a file that is complete or absent, or a string.
#include "common/output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "common/signals.hpp"
#include "topgun/base/file.hpp"

namespace topgun::cli {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 16;

const char* escape_code(Style style) noexcept {
    switch (style) {
        case Style::plain: return "";
        case Style::bold: return "\x1b[1m";
        case Style::dim: return "\x1b[2m";
        case Style::good: return "\x1b[32m";
        case Style::bad: return "\x1b[31m";
        case Style::warning: return "\x1b[33m";
        case Style::accent: return "\x1b[36m";
    }
    return "";
}

}  // namespace

class Output::Sink {
public:
    virtual ~Sink() = default;
    virtual Status write(std::string_view bytes) = 0;
    virtual Status finish() { return {}; }

    void take(std::string_view bytes) {
        if (!error_) keep(write(bytes));
    }
    void keep(Status status) {
        if (!status && !error_) error_ = std::move(status).error();
    }
    bool failed() const noexcept { return error_.has_value(); }
    Status status() const {
        if (error_) return error_->clone();
        return {};
    }

private:
    std::optional<Error> error_;
};

class Output::DescriptorSink final : public Sink {
public:
    DescriptorSink(int descriptor, std::string name)
        : descriptor_(descriptor), name_(std::move(name)) {}

    Status write(std::string_view bytes) override {
        while (!bytes.empty()) {
            const auto written = ::write(descriptor_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            // The reader has all it wanted; that is no error of ours.
            if (written < 0 && errno == EPIPE) die_by_signal(SIGPIPE);
            if (written < 0) {
                return Error(Errc::io, name_ + ": cannot write: " + std::strerror(errno));
            }
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
        return {};
    }

private:
    int descriptor_;
    std::string name_;
};

class Output::FileSink final : public Sink {
public:
    explicit FileSink(AtomicFile file) : file_(std::move(file)) {}
    Status write(std::string_view bytes) override { return file_.write(bytes); }
    Status finish() override { return file_.commit(); }

private:
    AtomicFile file_;
};

class Output::MemorySink final : public Sink {
public:
    explicit MemorySink(std::string& text) : text_(&text) {}
    Status write(std::string_view bytes) override {
        text_->append(bytes);
        return {};
    }

private:
    std::string* text_;
};

Output::Output(std::unique_ptr<Sink> sink, bool by_line) noexcept
    : sink_(std::move(sink)), by_line_(by_line) {}

Output::Output(int descriptor, std::string name)
    : Output(std::make_unique<DescriptorSink>(descriptor, std::move(name)),
             ::isatty(descriptor) == 1) {}

Result<Output> Output::file(const std::string& path) {
    auto file = AtomicFile::create(path);
    if (!file) return std::move(file).error();
    return Output(std::make_unique<FileSink>(std::move(*file)), false);
}

Output Output::memory(std::string& text) {
    return Output(std::make_unique<MemorySink>(text), false);
}

Output::Output(Output&&) noexcept = default;
Output& Output::operator=(Output&&) noexcept = default;
Output::~Output() = default;

void Output::append(std::string_view text) {
    if (buffer_.capacity() == 0) buffer_.reserve(kBufferBytes);
    if (buffer_.size() + text.size() > kBufferBytes) drain();
    if (text.size() > kBufferBytes) {
        sink_->take(text);
        return;
    }
    buffer_.append(text);
    if (by_line_ && text.find('\n') != std::string_view::npos) drain();
}

void Output::drain() {
    if (!buffer_.empty()) sink_->take(buffer_);
    buffer_.clear();
}

bool Output::failed() const noexcept {
    return sink_->failed();
}

void Output::flush() {
    drain();
}

Status Output::finish() {
    drain();
    if (!sink_->failed()) sink_->keep(sink_->finish());
    return sink_->status();
}

std::string Output::styled(Style style, std::string_view text) const {
    if (!color_ || style == Style::plain) return std::string(text);
    return escape_code(style) + std::string(text) + "\x1b[0m";
}

}  // namespace topgun::cli
