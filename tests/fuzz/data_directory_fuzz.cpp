// SPDX-License-Identifier: Apache-2.0
// Recovery of a data directory whose log or snapshot may hold anything.
#include "topgun/storage/data_directory.hpp"

#include <filesystem>

#include "fuzz.hpp"
#include "row_text.hpp"
#include "seal.hpp"
#include "snapshot_layout.hpp"

using namespace topgun;

namespace {

Result<std::unique_ptr<DataDirectory>> open(OnDamage on_damage) {
    DataDirectoryOptions options;
    options.read_only = true;
    options.on_damage = on_damage;
    return DataDirectory::open(fuzz::planted_folder(), options);
}

std::vector<std::string> lines_of(const DataDirectory& directory) {
    std::vector<std::string> out;
    const auto state = directory.state();
    for (const auto& map : state->maps()) {
        out.push_back(map.name + " " + std::string(map_kind_name(map.kind)));
        auto rows = static_cast<const StateReader&>(*state).rows(map, {HashRange{}});
        TOPGUN_FUZZ_CHECK(rows);
        TOPGUN_FUZZ_CHECK(
            for_each_row(**rows, [&out](const Row& row) { out.push_back(fuzz::row_text(row)); }));
    }
    return out;
}

bool is_snapshot(BytesView input) {
    return input.find("TGFR") != BytesView::npos;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
    return is_snapshot(fuzz::view_of(data, size))
               ? fuzz::mutate_snapshot(data, size, size_max, seed)
               : fuzz::mutate_log(data, size, size_max, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    const std::string name = is_snapshot(input) ? "snapshot-00000002.tgs" : "log-00000002.tgl";
    const auto path = fuzz::plant(name, input);
    const auto lax = open(OnDamage::report);
    const auto strict = open(OnDamage::refuse);
    if (!lax) {
        TOPGUN_FUZZ_CHECK_WITH(lax.error().code() == Errc::unsupported_version, lax.error().text());
        TOPGUN_FUZZ_CHECK(!strict);
    } else {
        const auto& report = (*lax)->recovery();
        TOPGUN_FUZZ_CHECK_WITH(bool(strict) == report.complete(),
                               strict ? report.damage.front() : strict.error().text());
        for (const auto& damage : report.damage) fuzz::check_offsets(damage, size);
        const auto rows = lines_of(**lax);
        if (strict) TOPGUN_FUZZ_CHECK(lines_of(**strict) == rows);
        const auto largest = (*lax)->largest_stamp();
        TOPGUN_FUZZ_CHECK(largest.millis <= kMaxMillis);
    }
    std::filesystem::remove(path);
    return 0;
}
