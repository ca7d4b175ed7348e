// SPDX-License-Identifier: Apache-2.0
#include "export_write.hpp"

#include <algorithm>

#include "topgun/reconcile/merge.hpp"

namespace topgun::pg {
namespace {

// A file that is merged needs about so much memory, and one descriptor.
constexpr std::uint64_t kBytesPerFile = std::uint64_t{1} << 20;
constexpr std::uint64_t kLeastFiles = 16, kMostFiles = 512;

class ExportWriter {
public:
    ExportWriter(const ExportOptions& options, ExportParts& parts, Tally tally)
        : options_(options), parts_(parts), tally_(std::move(tally)) {
        for (const auto& part : parts.parts()) {
            for (const auto& file : part.files) files_.push_back(parts.path_of(file));
            tally_.add(part.tally);
        }
        merging_.dropped = [this](const MapId& map, const Row& row) { tally_.take_out(map, row); };
        merging_.made = [this](const MapId& map, const Row& row) { tally_.add(map, row); };
        merging_.progress = [this](std::uint64_t rows) -> Status {
            if (options_.stop && options_.stop()) return Error(Errc::cancelled, "stopped");
            if (options_.progress) options_.progress(rows);
            return {};
        };
    }

    Result<SnapshotInfo> run(const std::vector<std::unique_ptr<StateReader>>& rest) {
        if (options_.stage) options_.stage(ExportStage::merging, rows_to_merge());
        const auto most = std::clamp(options_.memory / kBytesPerFile, kLeastFiles, kMostFiles);
        while (files_.size() > most) TOPGUN_TRY(merge_some(most));
        std::vector<const StateReader*> states;
        for (const auto& state : rest) states.push_back(state.get());
        auto written = merge(files_, std::move(states), options_.output);
        if (!written) return written;
        TOPGUN_TRY(check());
        return written;
    }

private:
    std::uint64_t rows_to_merge() const {
        std::uint64_t sum = 0;
        for (const auto& [map, sums] : tally_.maps()) sum += sums.rows;
        return sum;
    }

    // More files than can be open at once become fewer.
    Status merge_some(std::size_t count) {
        auto name = parts_.new_file();
        if (!name) return std::move(name).error();
        const auto path = parts_.path_of(*name);
        const auto end = files_.begin() + static_cast<std::ptrdiff_t>(count);
        auto written = merge({files_.begin(), end}, {}, path);
        if (!written) return std::move(written).error();
        files_.erase(files_.begin(), end);
        files_.push_back(path);
        return {};
    }

    Result<SnapshotInfo> merge(const std::vector<std::string>& files,
                               std::vector<const StateReader*> states,
                               const std::string& output) const {
        std::vector<std::unique_ptr<SnapshotReader>> opened;
        for (const auto& file : files) {
            auto snapshot = SnapshotReader::open(file);
            if (!snapshot) return std::move(snapshot).error();
            states.push_back(snapshot->get());
            opened.push_back(std::move(*snapshot));
        }
        return write_snapshot(*merge_states(std::move(states), merging_), output);
    }

    Status check() const {
        auto snapshot = SnapshotReader::open(options_.output);
        if (!snapshot) return std::move(snapshot).error();
        auto damage = (*snapshot)->verify();
        if (!damage) return std::move(damage).error();
        if (!damage->empty()) {
            return Error(Errc::bad_input, damage->front().text()).within(options_.output);
        }
        auto status = tally_.check(**snapshot);
        if (status) return status;
        return std::move(status).error().within(options_.output);
    }

    const ExportOptions& options_;
    ExportParts& parts_;
    Tally tally_;
    MergeOptions merging_;
    std::vector<std::string> files_;
};

}  // namespace

Result<SnapshotInfo> write_export(const ExportOptions& options, ExportParts& parts,
                                  const std::vector<std::unique_ptr<StateReader>>& rest,
                                  Tally tally) {
    return ExportWriter(options, parts, std::move(tally)).run(rest);
}

}  // namespace topgun::pg
