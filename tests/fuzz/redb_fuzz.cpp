// SPDX-License-Identifier: Apache-2.0
// Any bytes as a redb file: reading ends, entries are in order, and what passes verification is
// read without an error.
#include <string>

#include "fuzz.hpp"
#include "seal_redb.hpp"
#include "topgun/redb/database.hpp"

using namespace topgun;
using namespace topgun::redb;

namespace {

struct Read {
    std::uint64_t entries = 0;
    std::uint64_t errors = 0;
};

Read read_table(const Database& database, std::size_t at, std::size_t size) {
    Read read;
    const auto& table = database.tables()[at];
    const auto cursor = database.cursor(at);
    TOPGUN_FUZZ_CHECK(cursor.has_value() != table.multimap);
    if (!cursor) return read;
    const bool ordered = table.key_type == "&str" || table.key_type == "&[u8]";
    std::string last;
    for (;;) {
        const auto more = (*cursor)->next();
        if (!more) {
            // Each error is behind a page that was not met before.
            TOPGUN_FUZZ_CHECK_WITH(++read.errors <= size, more.error().text());
            continue;
        }
        if (!*more) break;
        TOPGUN_FUZZ_CHECK((*cursor)->key().size() + (*cursor)->value().size() <= size);
        TOPGUN_FUZZ_CHECK(!ordered || read.entries == 0 || last < (*cursor)->key());
        last = (*cursor)->key();
        ++read.entries;
    }
    return read;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
    return fuzz::mutate_redb(data, size, size_max, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    const auto path = fuzz::plant("input.redb", input);
    const auto strict = Database::open(path);
    OpenOptions options;
    options.keep_going = true;
    const auto lax = Database::open(path, options);
    TOPGUN_FUZZ_CHECK(!strict || (lax && (*lax)->damage().empty()));
    if (!lax) {
        TOPGUN_FUZZ_CHECK(!lax.error().text().empty());
        return 0;
    }
    const auto report = (*lax)->verify();
    TOPGUN_FUZZ_CHECK(report);
    TOPGUN_FUZZ_CHECK(report->pages <= 400 * (size / 512 + 1));
    constexpr std::size_t kTables = 8;
    for (std::size_t at = 0; at < std::min((*lax)->tables().size(), kTables); ++at) {
        const auto read = read_table(**lax, at, size);
        if (!report->damage.empty()) continue;
        TOPGUN_FUZZ_CHECK(read.errors == 0);
        TOPGUN_FUZZ_CHECK((*lax)->tables()[at].multimap ||
                          read.entries == (*lax)->tables()[at].length);
    }
    return 0;
}
