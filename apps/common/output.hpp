// SPDX-License-Identifier: Apache-2.0
// Buffered writers for what a command produces: a full disk or a closed pipe is never missed.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"

namespace topgun::cli {

/// Looks of a piece of text on a terminal.
enum class Style { plain, bold, dim, good, bad, warning, accent };

/// A buffered writer. Errors are kept, not thrown: after the first one further text is dropped,
/// and finish() reports it. A closed pipe (`| head`) ends the program quietly, as SIGPIPE would.
/// Threads: one at a time.
class Output {
public:
    /// Writes to a descriptor that the caller keeps open. `name` is for messages.
    /// A terminal sees each line at once; anything else is written in large pieces.
    Output(int descriptor, std::string name);
    /// A file that appears under its name only at finish(), complete; destroyed before that, it
    /// leaves nothing behind. Errors: not_found, io.
    static Result<Output> file(const std::string& path);
    /// Appends to `text`, which outlives the writer. Never fails.
    static Output memory(std::string& text);

    Output(Output&&) noexcept;
    Output& operator=(Output&&) noexcept;
    ~Output();

    Output& operator<<(std::string_view text) {
        append(text);
        return *this;
    }
    Output& operator<<(char c) {
        append(std::string_view(&c, 1));
        return *this;
    }
    /// Numbers in decimal, without separators.
    template <std::integral Number>
    requires(!std::same_as<Number, bool> && !std::same_as<Number, char>) Output& operator<<(
        Number number) {
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
        append(std::string_view(digits, static_cast<std::size_t>(end - digits)));
        return *this;
    }

    void append(std::string_view text);

    /// True once a write has failed: a long loop may stop early.
    bool failed() const noexcept;
    /// Hands the buffer to the operating system. Not for memory() and file().
    void flush();
    /// Writes what is left; for a file, makes it durable under its name. Call it once, at the end.
    /// Errors: the first one that any write met (io).
    Status finish();

    /// Whether styled() adds colour. Off until someone turns it on.
    void set_color(bool on) noexcept { color_ = on; }
    bool color() const noexcept { return color_; }
    /// `text` with the escape codes of `style`, or as it is when colour is off.
    std::string styled(Style style, std::string_view text) const;

private:
    class Sink;
    class DescriptorSink;
    class FileSink;
    class MemorySink;
    Output(std::unique_ptr<Sink> sink, bool by_line) noexcept;
    void drain();

    std::unique_ptr<Sink> sink_;
    std::string buffer_;
    bool by_line_ = false;
    bool color_ = false;
};

}  // namespace topgun::cli
