// SPDX-License-Identifier: Apache-2.0
// The views that inspect offers of one opened source.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sources.hpp"

namespace topgun::cli::inspect {

struct View {
    const Source& source;
    std::string path;
    std::uint64_t now_ms;
    std::uint64_t max_drift_ms;
    bool json;
    Streams io;
};

/// One node over all maps of the source.
struct NodeSummary {
    std::string node;
    std::uint64_t maps = 0, records = 0, tombstones = 0, bytes = 0;
    Timestamp first, last;
    std::uint64_t ahead_ms = 0;  ///< How far its newest stamp lies beyond now.
    bool stamped = false;        ///< first and last are known: not for counters.
    bool portable = true;        ///< Ordered alike by TypeScript and Rust peers.
};
Result<std::vector<NodeSummary>> summarise_nodes(const View& view);

Result<ExitCode> overview(const View& view, bool with_nodes);
Result<ExitCode> one_key(const View& view, const std::string& key);
Result<ExitCode> merkle(const View& view, const std::string& path, unsigned levels);
Result<ExitCode> hash(const View& view, const std::optional<Timestamp>& at);
/// Reads every byte of a source, which may be too damaged to be opened otherwise.
Result<ExitCode> verify(const std::string& path, const ReadingOptions& reading, bool as_json,
                        Streams io);

}  // namespace topgun::cli::inspect
