// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>

#include "topgun/base/hash.hpp"
#include "topgun/serverfiles/server_log.hpp"

namespace topgun::serverfiles {
namespace {

constexpr std::string_view kPrefix = "partition-", kSegment = ".log", kWatermark = ".applied";

template <typename Number>
bool whole(std::string_view text, Number& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

std::optional<std::uint32_t> parse_watermark_name(std::string_view name) {
    std::uint32_t partition = 0;
    if (!name.starts_with(kPrefix) || !name.ends_with(kWatermark) ||
        name.size() < kPrefix.size() + kWatermark.size()) {
        return std::nullopt;
    }
    name.remove_prefix(kPrefix.size());
    name.remove_suffix(kWatermark.size());
    if (!whole(name, partition)) return std::nullopt;
    return partition;
}

Status read_watermark(const std::string& path, LogPartition& partition, LogFiles& out) {
    auto bytes = read_file(path, std::uint64_t{1} << 20);
    if (!bytes) return std::move(bytes).error();
    partition.watermark = path;
    partition.watermark_bytes = bytes->size();
    if (bytes->size() == kWatermarkSize) {
        partition.applied = load_be<std::uint64_t>(bytes->data());
    } else {
        out.notes.push_back(path + ": has " + std::to_string(bytes->size()) +
                            " bytes instead of 8; as in the server it says nothing");
    }
    return {};
}

}  // namespace

std::optional<LogSegment> parse_segment_name(std::string_view name) {
    if (!name.starts_with(kPrefix) || !name.ends_with(kSegment) ||
        name.size() < kPrefix.size() + kSegment.size()) {
        return std::nullopt;
    }
    name.remove_prefix(kPrefix.size());
    name.remove_suffix(kSegment.size());
    LogSegment out;
    const auto dash = name.find('-');
    if (!whole(name.substr(0, dash), out.partition)) return std::nullopt;
    if (dash != std::string_view::npos && !whole(name.substr(dash + 1), out.first_sequence)) {
        return std::nullopt;
    }
    return out;
}

bool is_log_folder(const std::string& path) {
    std::error_code error;
    // Names that are not the log's do not tell; a folder of a million of them is not listed whole.
    int left = 10000;
    for (std::filesystem::directory_iterator it(path, error), end;
         !error && it != end && --left > 0; it.increment(error)) {
        const auto name = it->path().filename().string();
        if (parse_segment_name(name) || parse_watermark_name(name)) return true;
    }
    return false;
}

Result<LogFiles> list_log_files(const std::string& path) {
    LogFiles out;
    out.path = path;
    std::map<std::uint32_t, LogPartition> partitions;
    std::error_code error;
    for (std::filesystem::directory_iterator it(path, error), end; !error && it != end;
         it.increment(error)) {
        const auto name = it->path().filename().string();
        if (auto segment = parse_segment_name(name)) {
            segment->path = it->path().string();
            partitions[segment->partition].segments.push_back(std::move(*segment));
        } else if (const auto partition = parse_watermark_name(name)) {
            TOPGUN_TRY(read_watermark(it->path().string(), partitions[*partition], out));
        }
    }
    if (error) {
        const bool missing = error == std::errc::no_such_file_or_directory;
        return Error(missing ? Errc::not_found : Errc::io,
                     path + ": cannot list: " + error.message());
    }
    for (auto& [number, partition] : partitions) {
        partition.partition = number;
        std::sort(
            partition.segments.begin(), partition.segments.end(), [](const auto& a, const auto& b) {
                return a.first_sequence != b.first_sequence ? a.first_sequence < b.first_sequence
                                                            : a.path < b.path;
            });
        out.partitions.push_back(std::move(partition));
    }
    std::sort(out.notes.begin(), out.notes.end());
    return out;
}

std::uint32_t log_partition_of(std::string_view map, std::string_view key) {
    auto hash = fnv1a_continue(kFnvOffset, map);
    hash = fnv1a_continue(fnv1a_step(hash, ':'), key);
    return hash % kPartitionCount;
}

}  // namespace topgun::serverfiles
