// SPDX-License-Identifier: Apache-2.0
// What tests share: replayable seeds, hex, scratch folders, files of test data.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"
#include "topgun/base/random.hpp"

namespace topgun::test {

/// `fallback`, or the number in TOPGUN_TEST_SEED: replays a failure exactly.
std::uint64_t seed(std::uint64_t fallback);

std::string from_hex(std::string_view hex);
std::string to_hex(std::string_view bytes);

/// Whole content of a file; fails the test when it cannot be read.
std::string slurp(const std::filesystem::path& path);
void spit(const std::filesystem::path& path, std::string_view content);

/// testdata/<relative>.
std::filesystem::path testdata(std::string_view relative);

/// A fresh folder, removed with its content on destruction.
class ScratchDir {
public:
    ScratchDir();
    ~ScratchDir();
    ScratchDir(const ScratchDir&) = delete;
    ScratchDir& operator=(const ScratchDir&) = delete;
    const std::filesystem::path& path() const noexcept { return path_; }
    std::string file(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

/// The value, or a failed test that shows the error's text.
template <typename T>
T must(Result<T> result) {
    if (!result) FAIL(result.error().text());
    return std::move(result).value();
}
inline void must(Status status) {
    if (!status) FAIL(status.error().text());
}

}  // namespace topgun::test
