// SPDX-License-Identifier: Apache-2.0
#include "topgun_test/runs.hpp"

#include "topgun/base/bytes.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

std::string unpack_runs(const std::filesystem::path& path) {
    const auto packed = slurp(path);
    std::string_view rest = packed;
    std::string out;
    const auto take = [&rest](std::size_t size) {
        REQUIRE(rest.size() >= size);
        const auto taken = rest.substr(0, size);
        rest.remove_prefix(size);
        return taken;
    };
    while (!rest.empty()) {
        out += take(load_le<std::uint32_t>(take(4).data()));
        if (rest.empty()) break;
        const std::size_t count = load_le<std::uint32_t>(take(4).data());
        out.append(count, take(1)[0]);
    }
    return out;
}

}  // namespace topgun::test
