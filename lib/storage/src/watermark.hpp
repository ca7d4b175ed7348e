// SPDX-License-Identifier: Apache-2.0
// How far a database has what a data directory has: database.json in its folder.
#pragma once

#include <optional>
#include <string>

#include "topgun/storage/data_directory.hpp"

namespace topgun::storage {

struct Watermark {
    std::string database;  ///< Backing::identity().
    LogPlace place;        ///< Everything before it is there.
};

/// Empty when there is none, or none that is readable: then nothing is known to be there.
/// Errors: io.
Result<std::optional<Watermark>> read_watermark(const std::string& folder);
Status write_watermark(const std::string& folder, const Watermark& watermark);

}  // namespace topgun::storage
