// SPDX-License-Identifier: Apache-2.0
#include "fuzz.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace topgun::fuzz {
namespace {

// The number that stands right behind `word`, moving `text` behind it.
bool next_number(std::string_view& text, std::string_view word, std::uint64_t& number) {
    for (;;) {
        const auto found = text.find(word);
        if (found == std::string_view::npos) return false;
        text.remove_prefix(found + word.size());
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
        if (parsed.ec == std::errc()) return true;
    }
}

class Folder {
public:
    Folder() {
        auto pattern = (std::filesystem::temp_directory_path() / "topgun-fuzz-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) fail(__FILE__, __LINE__, "a scratch folder", {});
        path_ = pattern;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

}  // namespace

void fail(const char* file, int line, const char* property, std::string_view detail) {
    std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, property);
    if (!detail.empty()) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(detail.size()), detail.data());
    }
    std::abort();
}

void check_offsets(std::string_view text, std::size_t size) {
    const auto whole = text;
    std::uint64_t offset = 0;
    while (next_number(text, "byte ", offset)) TOPGUN_FUZZ_CHECK_WITH(offset <= size, whole);
}

void check_place(std::string_view message, std::string_view text) {
    const auto whole = message;
    std::uint64_t line = 0, column = 0;
    if (!message.starts_with("line ") || !next_number(message, "line ", line)) return;
    std::size_t begin = 0;
    for (std::uint64_t at = 1; at < line; ++at) {
        const auto end = text.find('\n', begin);
        TOPGUN_FUZZ_CHECK_WITH(end != std::string_view::npos, whole);
        begin = end + 1;
    }
    TOPGUN_FUZZ_CHECK_WITH(line >= 1, whole);
    if (!message.starts_with(", column ") || !next_number(message, ", column ", column)) return;
    const auto end = std::min(text.find('\n', begin), text.size());
    TOPGUN_FUZZ_CHECK_WITH(column >= 1 && column <= end - begin + 1, whole);
}

const std::string& planted_folder() {
    static const Folder folder;
    return folder.path();
}

std::string plant(std::string_view name, BytesView content) {
    const auto path = planted_folder() + "/" + std::string(name);
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    TOPGUN_FUZZ_CHECK(out.flush());
    return path;
}

}  // namespace topgun::fuzz
