// SPDX-License-Identifier: Apache-2.0
#include "directory_files.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "topgun/base/file.hpp"
#include "topgun/storage/data_directory.hpp"

namespace topgun {
namespace storage {
namespace {

constexpr std::string_view kSnapshotPrefix = "snapshot-";
constexpr std::string_view kLogPrefix = "log-";
constexpr std::size_t kDigits = 8;
constexpr std::size_t kMostDigits = 18;  // every such number fits into 64 bits

std::string numbered(std::string_view prefix, std::uint64_t number, std::string_view extension) {
    auto digits = std::to_string(number);
    if (digits.size() < kDigits) digits.insert(0, kDigits - digits.size(), '0');
    return std::string(prefix) + digits + std::string(extension);
}

// The number in a name such as numbered() makes; one spelling only.
std::optional<std::uint64_t> number_of(std::string_view name, std::string_view prefix,
                                       std::string_view extension) {
    if (!name.starts_with(prefix) || !name.ends_with(extension)) return std::nullopt;
    if (name.size() < prefix.size() + extension.size() + kDigits) return std::nullopt;
    const auto digits = name.substr(prefix.size(), name.size() - prefix.size() - extension.size());
    if (digits.size() > kMostDigits) return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    if (numbered(prefix, number, extension) != name) return std::nullopt;
    return number;
}

void sort_in(DirectoryListing& listing, const std::string& name) {
    if (const auto number = number_of(name, kSnapshotPrefix, kSnapshotExtension)) {
        listing.snapshots.push_back(*number);
    } else if (const auto log = number_of(name, kLogPrefix, kLogExtension)) {
        listing.logs.push_back(*log);
    } else if (name == kLockName) {
        listing.locked_before = true;
    } else if (name.ends_with(".tmp") &&
               (name.starts_with(kSnapshotPrefix) || name.starts_with(kLogPrefix))) {
        listing.temporaries.push_back(name);
    } else if (name.ends_with(kDamagedSuffix) || name.starts_with('.') || name == "lost+found") {
        // Set aside by us, or what file systems and users' tools put everywhere.
    } else {
        listing.foreign = name;
    }
}

Error refused(const std::string& path, const char* action, const std::error_code& why) {
    const bool missing = why == std::errc::no_such_file_or_directory;
    return Error(missing ? Errc::not_found : Errc::io,
                 path + ": cannot " + action + ": " + why.message());
}

}  // namespace

std::string snapshot_name(std::uint64_t number) {
    return numbered(kSnapshotPrefix, number, kSnapshotExtension);
}

std::string log_name(std::uint64_t number) {
    return numbered(kLogPrefix, number, kLogExtension);
}

std::uint64_t DirectoryListing::greatest() const {
    std::uint64_t out = 0;
    if (!snapshots.empty()) out = snapshots.back();
    if (!logs.empty()) out = std::max(out, logs.back());
    return out;
}

MissingLogs missing_logs(const DirectoryListing& listing, std::uint64_t first) {
    MissingLogs out;
    out.next = std::max<std::uint64_t>(first, 1);
    for (const auto number : listing.logs) {
        if (number < out.next) continue;
        if (number > out.next) {
            out.named.push_back(log_name(out.next) +
                                (number - out.next > 1 ? " and further logs" : "") +
                                ": missing, though " + log_name(number) + " is there");
        }
        out.next = number + 1;
    }
    const auto newest = listing.snapshots.empty() ? 0 : listing.snapshots.back();
    if (listing.locked_before && out.next <= newest) {
        out.named.push_back(log_name(newest) + ": missing; what was written after " +
                            snapshot_name(newest) + " is lost");
    }
    return out;
}

Result<DirectoryListing> list_directory(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        if (!error) error = std::make_error_code(std::errc::no_such_file_or_directory);
        return refused(path, "open", error);
    }
    if (!std::filesystem::is_directory(status)) {
        return Error(Errc::usage, path + ": is a file, not a data directory");
    }
    DirectoryListing listing;
    auto at = std::filesystem::directory_iterator(path, error);
    while (!error && at != std::filesystem::directory_iterator()) {
        sort_in(listing, at->path().filename().string());
        at.increment(error);
    }
    if (error) return refused(path, "list", error);
    std::sort(listing.snapshots.begin(), listing.snapshots.end());
    std::sort(listing.logs.begin(), listing.logs.end());
    return listing;
}

std::string parent_directory(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Status create_directory(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::create_directory(path, error)) {
        return error ? Status(refused(path, "create", error)) : Status();
    }
    return sync_directory(parent_directory(path));
}

}  // namespace storage

namespace {

// That of the newest snapshot; 0 when there is none.
std::uint64_t first_log(const storage::DirectoryListing& listing) {
    return listing.snapshots.empty() ? 0 : listing.snapshots.back();
}

}  // namespace

Result<DataDirectoryFiles> list_data_directory(const std::string& path) {
    auto listing = storage::list_directory(path);
    // A writer at work may have added a log behind our back, and then what needs it.
    if (listing && !storage::missing_logs(*listing, first_log(*listing)).named.empty()) {
        listing = storage::list_directory(path);
    }
    if (!listing) return std::move(listing).error();
    if (!listing->holds_state() && !listing->locked_before) {
        return Error(Errc::not_found,
                     path +
                         ": not a data directory: it holds no snapshot-*.tgs and no "
                         "log-*.tgl");
    }
    DataDirectoryFiles files;
    const auto from = first_log(*listing);
    if (from != 0) files.snapshot = path + "/" + storage::snapshot_name(from);
    for (auto& missing : storage::missing_logs(*listing, from).named) {
        files.missing.push_back(path + "/" + std::move(missing));
    }
    for (const auto number : listing->logs) {
        if (number >= from) files.logs.push_back(path + "/" + storage::log_name(number));
    }
    return files;
}

}  // namespace topgun
