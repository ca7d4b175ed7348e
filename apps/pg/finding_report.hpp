// SPDX-License-Identifier: Apache-2.0
// Findings as they come: counted, some kept as samples, or printed at once.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "common/json_writer.hpp"
#include "common/streams.hpp"
#include "topgun/maptable/check.hpp"

namespace topgun::cli {

class FindingReport {
public:
    /// @param samples  how many of each problem are kept.
    explicit FindingReport(std::uint64_t samples) : samples_(samples) {}

    void add(const maptable::Finding& finding);
    std::uint64_t count(maptable::Problem problem) const {
        return counts_[static_cast<std::size_t>(problem)];
    }
    std::uint64_t count(maptable::Severity severity) const;
    std::uint64_t total() const;

    /// A block for each problem, the worst first: what, where, and what to do.
    void print(Streams io) const;
    /// Fields of an open object: "findings", "bySeverity", "problems".
    void write(JsonWriter& json) const;

private:
    struct Sample {
        std::string map, key, what;
        bool is_backup;
    };
    using Samples = std::vector<Sample>;
    const Samples& samples_of(maptable::Problem problem) const {
        return kept_[static_cast<std::size_t>(problem)];
    }

    std::uint64_t samples_;
    std::array<std::uint64_t, maptable::kProblems> counts_{};
    std::array<Samples, maptable::kProblems> kept_;
};

/// "never", "on request", "safe".
std::string_view repair_word(maptable::Repair repair);

/// One finding as one line of JSON.
void write_finding(JsonWriter& json, const maptable::Finding& finding);

}  // namespace topgun::cli
