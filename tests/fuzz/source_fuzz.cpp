// SPDX-License-Identifier: Apache-2.0
// Any file as a source whose format must be guessed: what is opened strictly is opened in salvage.
#include "topgun/source/source.hpp"

#include "fuzz.hpp"
#include "row_text.hpp"

using namespace topgun;

namespace {

// Rows of all maps. Empty when something cannot be read, which a snapshot shows only then.
std::optional<std::vector<std::string>> lines_of(const StateReader& state) {
    std::vector<std::string> out;
    for (const auto& map : state.maps()) {
        out.push_back(map.name + " " + std::string(map_kind_name(map.kind)));
        auto rows = state.rows(map, {HashRange{}});
        if (!rows) return std::nullopt;
        const auto take = [&out](const Row& row) { out.push_back(fuzz::row_text(row)); };
        if (!for_each_row(**rows, take)) return std::nullopt;
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto path = fuzz::plant("input", fuzz::view_of(data, size));
    ReadOptions options;
    options.default_map = "m";
    options.default_stamp = Timestamp(5, 1, "n");
    const auto strict = open_source(path, options);
    options.keep_going = true;
    const auto lax = open_source(path, options);
    if (!strict) {
        if (lax) TOPGUN_FUZZ_CHECK(!lax->report.complete());
        return 0;
    }
    TOPGUN_FUZZ_CHECK_WITH(lax, lax ? "" : lax.error().text());
    TOPGUN_FUZZ_CHECK(lax->report.format == strict->report.format);
    const auto rows = lines_of(*strict->state);
    const auto kept = lines_of(*lax->state);
    TOPGUN_FUZZ_CHECK(kept);
    if (lax->report.damage.empty() && rows) TOPGUN_FUZZ_CHECK(*rows == *kept);

    std::uint64_t ops = 0;
    options.keep_going = false;
    const auto report = read_ops(path, options, [&ops](const Op&) -> Status {
        ++ops;
        return {};
    });
    if (report) TOPGUN_FUZZ_CHECK(report->ops == ops);
    return 0;
}
