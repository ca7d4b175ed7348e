// SPDX-License-Identifier: Apache-2.0
// The folder beside an export's output: finished parts as snapshots, and the list of them.
#pragma once

#include <mutex>
#include <optional>

#include "export_manifest.hpp"
#include "topgun/base/file.hpp"

namespace topgun::pg {

/// Made when the first part has to leave memory; goes when the export is complete. What is listed
/// is durable. Threads: add() and new_file() from any.
class ExportParts {
public:
    /// "nightly.tgs.parts".
    static std::string folder_of(const std::string& output) { return output + ".parts"; }
    /// What an earlier export left. Errors: bad_input when the folder is something else.
    static Result<std::optional<ExportManifest>> kept(const std::string& output);

    explicit ExportParts(const std::string& output) : folder_(folder_of(output)) {}

    /// Goes on with what is kept. Errors: locked when another export does.
    Status take_up(ExportManifest kept, const ExportMoment& moment);
    /// Drops what is kept, if anything. Errors: as take_up().
    Status start_afresh(ExportTarget target, const ExportMoment& moment);

    /// A name for a part's file, in the folder. Errors: io.
    Result<std::string> new_file();
    std::string path_of(const std::string& file) const { return folder_ + "/" + file; }
    /// @pre its files are complete.
    Status add(ExportPart part);
    const std::vector<ExportPart>& parts() const noexcept { return manifest_.parts; }
    const std::vector<ExportMoment>& moments() const noexcept { return manifest_.moments; }
    const std::string& folder() const noexcept { return folder_; }

    bool on_disk() const noexcept { return list_.has_value(); }
    /// Removes what exports have put there, and the folder when nothing else is in it.
    Status remove();

private:
    Status open_folder();
    Status write_list();

    std::string folder_;
    ExportManifest manifest_;
    std::optional<FileLock> lock_;
    std::optional<AppendFile> list_;
    std::uint64_t files_ = 0;
    std::mutex mutex_;
};

}  // namespace topgun::pg
