// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/token_file.hpp"

#include "topgun/base/file.hpp"

namespace topgun::sync {

Result<std::string> read_token_file(const std::string& path) {
    auto text = read_file(path, std::uint64_t{64} << 10);
    if (!text) return std::move(text).error();
    const auto end = text->find_last_not_of(" \t\r\n");
    text->resize(end == std::string::npos ? 0 : end + 1);
    // Without one the endpoint would be asked as nobody, which is not what a file was named for.
    if (text->empty()) return Error(Errc::usage, "the file is empty");
    return std::move(*text);
}

}  // namespace topgun::sync
