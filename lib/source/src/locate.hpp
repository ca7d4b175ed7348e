// SPDX-License-Identifier: Apache-2.0
// Where a source is, and of what format.
#pragma once

#include <string>
#include <utility>

#include "topgun/source/source.hpp"

namespace topgun::source {

/// What a server's file is called without its log: "topgun.redb#base".
inline constexpr std::string_view kBase = "base";

/// A temporary that holds what came through a pipe; gone when this goes. What is open stays
/// readable.
class Spool {
public:
    Spool() = default;
    Spool(Spool&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    Spool& operator=(Spool&& other) noexcept {
        std::swap(path_, other.path_);
        return *this;
    }
    ~Spool();
    const std::string& path() const noexcept { return path_; }

    /// A pipe can be read once and only forwards: its bytes go to a temporary first.
    static Result<Spool> of(const std::string& from);

private:
    std::string path_;
};

/// Which bytes or which folder, and of what format.
struct Located {
    Format format = Format::automatic;
    std::string path;  ///< Of a file or folder that can be opened by name.
    std::string part;  ///< What is named behind '#'.
    Spool spool;       ///< Set when path is a temporary of ours.
};

/// What messages call a source.
std::string source_name(const std::string& path);

/// Errors: not_found, io, usage, bad_input.
Result<Located> locate(const std::string& path, Format wanted);

}  // namespace topgun::source
