// SPDX-License-Identifier: Apache-2.0
#include "export_parts.hpp"

#include <charconv>
#include <filesystem>

namespace topgun::pg {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kList = "parts.ndjson", kLock = "lock", kExtension = ".tgs";

Error refused(const std::string& path, const std::error_code& reason) {
    return Error(Errc::io, path + ": " + reason.message());
}

// The number of a part's file; 0 for anything else.
std::uint64_t number_of(const std::string& file) {
    const auto digits = file.find_first_not_of("0123456789");
    if (digits == std::string::npos ||
        !std::string_view(file).substr(digits).starts_with(kExtension)) {
        return 0;
    }
    std::uint64_t out = 0;
    std::from_chars(file.data(), file.data() + digits, out);
    return out;
}

}  // namespace

Result<std::optional<ExportManifest>> ExportParts::kept(const std::string& output) {
    const auto path = folder_of(output) + "/" + std::string(kList);
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return std::optional<ExportManifest>();
    auto text = read_file(path);
    if (!text) return std::move(text).error();
    auto manifest = parse_manifest(*text);
    if (!manifest) return std::move(manifest).error().within(path);
    return std::optional(std::move(*manifest));
}

Status ExportParts::open_folder() {
    std::error_code error;
    const auto list = path_of(std::string(kList)), lock = path_of(std::string(kLock));
    const bool ours = fs::exists(list, error) || fs::exists(lock, error);
    if (!ours && fs::exists(folder_, error) && !fs::is_empty(folder_, error)) {
        return Error(Errc::already_exists,
                     folder_ + ": is in the way, and nothing that an export left");
    }
    fs::create_directory(folder_, error);
    if (error) return refused(folder_, error);
    auto held = FileLock::acquire(lock);
    if (!held) return std::move(held).error();
    lock_ = std::move(*held);
    return {};
}

Status ExportParts::write_list() {
    const auto path = path_of(std::string(kList));
    auto file = AtomicFile::create(path);
    if (!file) return std::move(file).error();
    TOPGUN_TRY(file->write(target_line(manifest_.target) + "\n"));
    for (std::size_t i = 0; i < manifest_.moments.size(); ++i) {
        TOPGUN_TRY(file->write(moment_line(manifest_.moments[i]) + "\n"));
        for (const auto& part : manifest_.parts) {
            if (part.moment == i) TOPGUN_TRY(file->write(part_line(part) + "\n"));
        }
    }
    TOPGUN_TRY(file->commit());
    auto list = AppendFile::open(path);
    if (!list) return std::move(list).error();
    list_ = std::move(*list);
    return {};
}

Status ExportParts::take_up(ExportManifest kept, const ExportMoment& moment) {
    TOPGUN_TRY(open_folder());
    manifest_ = std::move(kept);
    manifest_.moments.push_back(moment);
    // Files that no line names were being written when the last export ended.
    for (const auto& item : fs::directory_iterator(folder_)) {
        files_ = std::max(files_, number_of(item.path().filename().string()));
    }
    // Anew, because what may stand behind the last line would spoil the next one.
    return write_list();
}

Status ExportParts::start_afresh(ExportTarget target, const ExportMoment& moment) {
    manifest_.target = std::move(target);
    manifest_.moments = {moment};
    std::error_code ignored;
    if (!fs::exists(folder_, ignored)) return {};
    TOPGUN_TRY(open_folder());
    return remove();
}

Result<std::string> ExportParts::new_file() {
    const std::lock_guard lock(mutex_);
    if (!list_) {
        TOPGUN_TRY(open_folder());
        TOPGUN_TRY(write_list());
    }
    return std::to_string(++files_) + std::string(kExtension);
}

Status ExportParts::add(ExportPart part) {
    const std::lock_guard lock(mutex_);
    part.moment = manifest_.moments.size() - 1;
    TOPGUN_TRY(list_->write(part_line(part) + "\n"));
    TOPGUN_TRY(list_->sync());
    manifest_.parts.push_back(std::move(part));
    return {};
}

Status ExportParts::remove() {
    // The list first: without it, nothing here passes for finished.
    std::vector<fs::path> ours{path_of(std::string(kList))};
    std::error_code error;
    for (const auto& item : fs::directory_iterator(folder_, error)) {
        if (number_of(item.path().filename().string()) != 0) ours.push_back(item.path());
    }
    ours.emplace_back(path_of(std::string(kLock)));
    list_.reset();
    for (const auto& path : ours) {
        fs::remove(path, error);
        if (error) return refused(path.string(), error);
    }
    lock_.reset();
    fs::remove(folder_, error);
    return {};
}

}  // namespace topgun::pg
