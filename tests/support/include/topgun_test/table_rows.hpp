// SPDX-License-Identifier: Apache-2.0
// Rows of the servers' tables for tests: sound ones of many shapes, and one of each fault.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "topgun/base/random.hpp"
#include "topgun/maptable/check.hpp"

namespace topgun::test {

/// A maptable::TableRow that owns what it says.
struct OwnedRow {
    std::string map, key;
    std::optional<std::string> value;
    std::int64_t millis = 0, counter = 0;
    std::string node;
    std::optional<bool> deleted = false;
    std::int64_t expiration = 0;
    bool is_backup = false;
    std::int64_t created_at = 0, updated_at = 0;

    maptable::TableRow view() const;
};

/// Rows with exactly one finding, in a map that no other fault has.
struct PlantedFault {
    maptable::Problem problem;
    std::vector<OwnedRow> rows;
};

/// The moment at which planted rows are right or wrong.
inline constexpr std::uint64_t kPlantedNow = 1'760'000'000'000;
/// Older tombstones are a fault of planted rows.
inline constexpr std::uint64_t kPlantedAge = std::uint64_t{90} * 24 * 60 * 60 * 1000;

/// A bytea row with a record in the server's form.
OwnedRow lww_row(std::string map, std::string key, std::uint64_t millis, const Bytes& value);

/// A key of an OR-Map, with a record of its own for each moment.
OwnedRow or_row(std::string map, std::string key, const std::vector<std::uint64_t>& moments,
                std::vector<std::string> removed = {});

/// Every fault that one reader can see in one table, at least once.
std::vector<PlantedFault> planted_faults(maptable::Generation generation);
/// As the server of that generation writes them: `count` rows, and its own maps.
std::vector<OwnedRow> clean_rows(maptable::Generation generation, Random& rng, std::size_t count);

/// Brings rows into the order that TableChecker takes.
void sort_rows(maptable::Generation generation, std::vector<OwnedRow>& rows);

}  // namespace topgun::test
