// SPDX-License-Identifier: Apache-2.0
#include "inputs.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "topgun/base/file.hpp"
#include "topgun/reconcile/merge.hpp"

namespace topgun::cli {
namespace {

// Copies what can be read once into a file that has lost its name. @return its descriptor.
Result<int> keep(const std::string& path) {
    auto bytes = read_file(path);
    if (!bytes) return std::move(bytes).error();
    const char* folder = std::getenv("TMPDIR");
    std::string copy = std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") +
                       "/topgun-anonymize-XXXXXX";
    const int fd = ::mkstemp(copy.data());
    if (fd < 0) {
        return Error(Errc::io, copy + ": cannot create a temporary: " + std::strerror(errno));
    }
    auto file = AppendFile::open(copy);
    ::unlink(copy.c_str());
    auto written = file ? file->write(*bytes) : Status(std::move(file).error());
    if (!written) {
        ::close(fd);
        return std::move(written).error();
    }
    return fd;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

}  // namespace

Result<Input> Input::open(const std::string& path) {
    Input input(path);
    struct stat status {};
    const bool exists = ::stat(path.c_str(), &status) == 0;
    if (path != "-" && (!exists || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)))
        return input;
    auto kept = keep(path);
    if (!kept) return std::move(kept).error();
    input.kept_ = *kept;
    input.path_ = "/proc/self/fd/" + std::to_string(*kept);
    if (path == "-") input.name_ = "standard input";
    return input;
}

Input::Input(Input&& other) noexcept
    : name_(std::move(other.name_)), path_(std::move(other.path_)), kept_(other.kept_) {
    other.kept_ = -1;
}

Input::~Input() {
    if (kept_ >= 0) ::close(kept_);
}

Result<ReadReport> Input::read(const ReadOptions& options, const OpVisitor& visit) const {
    auto report = read_ops(path_, options, visit);
    if (!report) {
        // A descriptor's name says nothing to anybody.
        if (kept_ < 0) return std::move(report).error();
        auto text = report.error().text();
        replace_all(text, path_, name_);
        return Error(report.error().code(), text);
    }
    report->path = name_;
    for (auto& damage : report->damage) {
        if (kept_ >= 0) replace_all(damage, path_, name_);
    }
    return report;
}

Result<std::unique_ptr<StateReader>> Input::snapshot(const ReadOptions& options,
                                                     ReadReport& report) const {
    if (options.format != Format::snapshot && options.format != Format::automatic) {
        return std::unique_ptr<StateReader>();
    }
    // Only a snapshot opens without being read: ask for its head first.
    constexpr std::string_view kMagic = "TGSNAP\r\n";
    if (options.format == Format::automatic) {
        auto file = InputFile::open(path_);
        Bytes head;
        if (!file || file->size() < kMagic.size() || !file->read_at(0, kMagic.size(), head) ||
            head != kMagic) {
            return std::unique_ptr<StateReader>();
        }
    }
    auto source = open_source(path_, options);
    if (!source) return std::move(source).error();
    report = std::move(source->report);
    report.path = name_;
    return std::move(source->state);
}

namespace {

// Learns one input row by row or op by op, and gives its state.
Result<std::unique_ptr<StateReader>> learn_one(synth::Anonymizer& anonymizer, const Input& input,
                                               const ReadOptions& options, ReadReport& report,
                                               bool& is_snapshot) {
    auto snapshot = input.snapshot(options, report);
    if (!snapshot) return std::move(snapshot).error();
    is_snapshot = *snapshot != nullptr;
    if (is_snapshot) {
        TOPGUN_TRY(anonymizer.learn(**snapshot));
        return snapshot;
    }
    // Ops that lose are part of the source too, so they are heard one by one.
    auto replica = std::make_unique<Replica>();
    auto read = input.read(options, [&](const Op& op) -> Status {
        anonymizer.learn(op);
        auto merged = replica->apply(op, &anonymizer.losers());
        return merged ? Status() : Status(std::move(merged).error());
    });
    if (!read) return std::move(read).error();
    report = std::move(*read);
    for (const auto& origin : report.origins) anonymizer.learn_node(origin);
    return own_replica(std::move(replica));
}

// Values under one stamp that differ between sources show when these are merged.
Status find_ties(synth::Anonymizer& anonymizer, const Learned& learned) {
    std::vector<const StateReader*> sources;
    for (const auto& state : learned.states) sources.push_back(state.get());
    MergeOptions options;
    options.observer = &anonymizer.losers();
    const auto merged = merge_states(sources, options);
    const auto ignore = [](const Row&) {};
    for (const auto& id : merged->maps()) {
        auto removed = merged->removed_tags(id);
        if (!removed) return std::move(removed).error();
        TOPGUN_TRY(for_each_row(**removed, ignore));
        auto rows = merged->rows(id, {HashRange{}});
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(for_each_row(**rows, ignore));
    }
    return {};
}

}  // namespace

Result<Learned> learn(synth::Anonymizer& anonymizer, const std::vector<Input>& inputs,
                      const ReadOptions& options, Streams io) {
    Learned learned;
    for (const auto& input : inputs) {
        Progress progress(io, "reading " + input.name(), 0, Progress::Unit::bytes);
        ReadOptions watched = options;
        watched.progress = [&progress](std::uint64_t amount) -> Status {
            progress.add(amount);
            return {};
        };
        ReadReport report;
        bool is_snapshot = false;
        auto state = learn_one(anonymizer, input, watched, report, is_snapshot);
        if (!state) return std::move(state).error();
        if (learned.states.empty()) learned.first_is_snapshot = is_snapshot;
        learned.states.push_back(std::move(*state));
        learned.reports.push_back(std::move(report));
    }
    if (inputs.size() > 1) TOPGUN_TRY(find_ties(anonymizer, learned));
    TOPGUN_TRY(anonymizer.finish());
    return learned;
}

}  // namespace topgun::cli
