// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/device_key.hpp"

#include "hex_text.hpp"
#include "topgun/base/file.hpp"
#include "topgun/base/secret_file.hpp"

namespace topgun::sync {
namespace {

constexpr std::size_t kDigits = 64;

}  // namespace

std::string draw_device_key(Entropy& entropy) {
    std::string key;
    for (int half = 0; half < 2; ++half) {
        const auto drawn = entropy.draw();
        key.append(reinterpret_cast<const char*>(drawn.data()), drawn.size());
    }
    return key;
}

Result<std::string> keep_device_key(const std::string& path, Entropy& entropy) {
    auto kept = read_file(path, kDigits + 1);
    if (!kept && kept.error().code() != Errc::not_found) return std::move(kept).error();
    if (!kept || kept->empty()) {
        auto key = hex_text(draw_device_key(entropy));
        TOPGUN_TRY(write_secret_file(path, key + '\n'));
        return key;
    }
    if (kept->ends_with('\n')) kept->pop_back();
    const bool whole =
        kept->size() == kDigits && kept->find_first_not_of("0123456789abcdef") == std::string::npos;
    if (whole) return std::move(*kept);
    return Error(Errc::bad_input,
                 path +
                     ": is no key of 64 hexadecimal digits; without the file a new one is made, "
                     "and devices get new identities");
}

}  // namespace topgun::sync
