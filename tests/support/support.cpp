// SPDX-License-Identifier: Apache-2.0
#include "topgun_test/support.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace topgun::test {

std::uint64_t seed(std::uint64_t fallback) {
    const char* text = std::getenv("TOPGUN_TEST_SEED");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : fallback;
}

std::string from_hex(std::string_view hex) {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    std::string out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        out.push_back(static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1])));
    }
    return out;
}

std::string to_hex(std::string_view bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        out += kDigits[static_cast<unsigned char>(c) >> 4];
        out += kDigits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

std::string slurp(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) FAIL("cannot read " << path);
    std::ostringstream out;
    out << in.rdbuf();
    return std::move(out).str();
}

void spit(const std::filesystem::path& path, std::string_view content) {
    std::ofstream out(path, std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!out.flush()) FAIL("cannot write " << path);
}

std::filesystem::path testdata(std::string_view relative) {
    return std::filesystem::path(TOPGUN_TESTDATA) / relative;
}

ScratchDir::ScratchDir() {
    auto pattern = (std::filesystem::temp_directory_path() / "topgun-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) FAIL("cannot make a scratch folder");
    path_ = pattern;
}

ScratchDir::~ScratchDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace topgun::test
