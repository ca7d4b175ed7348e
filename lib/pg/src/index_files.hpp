// SPDX-License-Identifier: Apache-2.0
// The files in which the Rust server keeps the definitions of its indexes, beside its tables.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "topgun/maptable/check.hpp"

namespace topgun::pg {

class IndexFiles {
public:
    /// Reads a file. What is wrong with its form is a finding. Errors: not_found, io; of `found`.
    Status load(const std::string& path, const maptable::TableChecker::Found& found);
    bool empty() const noexcept { return maps_.empty(); }
    /// Of the vector indexes, by map.
    std::unordered_map<std::string, std::uint32_t> dimensions() const;

    /// Looks which attributes a record has.
    void see(const maptable::CheckedRow& checked);
    /// What is defined and does not exist. Errors: those of `found`.
    Status finish(const maptable::TableChecker::Found& found) const;

private:
    struct Definition {
        std::string attribute, path;
        std::uint32_t dimension = 0;  // 0 for a scalar index
        bool seen = false;
    };
    struct Defined {
        std::vector<Definition> definitions;
        bool seen = false;
    };

    std::map<std::string, Defined, std::less<>> maps_;
};

}  // namespace topgun::pg
