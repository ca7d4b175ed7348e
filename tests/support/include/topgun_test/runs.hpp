// SPDX-License-Identifier: Apache-2.0
// Files that are mostly empty, kept small in the tree.
#pragma once

#include <filesystem>
#include <string>

namespace topgun::test {

/// Unpacks a file that testdata/redb/README.md describes: literal bytes and runs of one byte.
/// Fails the test when it is cut short.
std::string unpack_runs(const std::filesystem::path& path);

}  // namespace topgun::test
