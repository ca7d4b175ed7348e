// SPDX-License-Identifier: Apache-2.0
// Reading every byte of a source, to list what is damaged.
#include "common/history.hpp"
#include "common/text.hpp"
#include "inspect.hpp"
#include "topgun/base/file.hpp"
#include "topgun/source/check.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::cli::inspect {
namespace {

constexpr std::string_view kMagic = "TGSNAP\r\n";

// A snapshot by its first bytes, or, when those may be what is damaged, by its name.
Result<bool> is_snapshot(const std::string& path, const std::string& name) {
    if (name.ends_with(".tgs")) return true;
    if (name.ends_with('/')) return false;
    auto file = InputFile::open(path);
    if (!file) {
        // A folder is no file; whatever else is wrong, reading it as a source will tell.
        return false;
    }
    Bytes head;
    TOPGUN_TRY(file->read_at(0, std::min<std::uint64_t>(file->size(), kMagic.size()), head));
    return head == kMagic;
}

Result<ExitCode> verify_snapshot(const ReadableTwice& input, const std::string& name, bool as_json,
                                 Streams io) {
    auto snapshot = SnapshotReader::open(input.path());
    std::string fatal;
    if (!snapshot) {
        if (snapshot.error().code() != Errc::bad_input)
            return input.about(std::move(snapshot).error());
        // A damaged directory does not keep us from listing what else is damaged.
        fatal = input.about(std::move(snapshot).error()).text();
        snapshot = SnapshotReader::open(input.path(), SnapshotOpen::salvage);
        if (!snapshot) return input.about(std::move(snapshot).error());
    }
    auto damage = (*snapshot)->verify();
    if (!damage) return input.about(std::move(damage).error());
    const bool sound = damage->empty() && fatal.empty();
    if (as_json) {
        JsonWriter json(io.out);
        json.begin_report().field("source", name).field("format", "snapshot").field("sound", sound);
        json.field("blocks", (*snapshot)->blocks()).field("bytes", (*snapshot)->file_bytes());
        json.key("damage").begin_array();
        if (damage->empty() && !fatal.empty())
            json.begin_object().field("what", fatal).end_object();
        for (const auto& place : *damage) {
            json.begin_object().field("what", place.what).field("offset", place.offset);
            json.field("length", place.length).field("map", place.map);
            json.field("hashFirst", place.hash_first)
                .field("hashLast", place.hash_last)
                .end_object();
        }
        json.end_array().end_report(true);
        return sound ? ExitCode::ok : ExitCode::damaged;
    }
    for (const auto& place : *damage)
        io.out << printable(name) << ": " << printable(place.text()) << '\n';
    if (!fatal.empty() && damage->empty()) io.out << printable(fatal) << '\n';
    if (sound) {
        io.out << printable(name) << ": sound, "
               << counted((*snapshot)->blocks(), "block", "blocks") << ", "
               << human_count((*snapshot)->file_bytes()) << " bytes\n";
    }
    return sound ? ExitCode::ok : ExitCode::damaged;
}

void print_text(const SourceCheck& check, const std::string& name, Streams io) {
    for (const auto& place : check.report.damage) io.out << printable(place) << '\n';
    for (const auto& finding : check.findings) {
        io.out << printable(finding.text()) << " [" << serverfiles::finding_name(finding.kind)
               << "]\n";
    }
    if (check.found > check.findings.size()) {
        io.err.warning("and " + human_count(check.found - check.findings.size()) +
                       " more findings");
    }
    if (!check.sound()) return;
    io.out << printable(name) << ": sound, " << counted(check.report.ops, "op", "ops") << '\n';
}

void print_json(const SourceCheck& check, const std::string& name, Streams io) {
    JsonWriter json(io.out);
    json.begin_report().field("source", name).field("format", format_name(check.report.format));
    json.field("sound", check.sound()).field("ops", check.report.ops);
    json.key("damage").begin_array();
    for (const auto& place : check.report.damage)
        json.begin_object().field("what", place).end_object();
    json.end_array().field("found", check.found).key("findings").begin_array();
    for (const auto& finding : check.findings) {
        json.begin_object().field("class", serverfiles::finding_name(finding.kind));
        json.field("file", finding.file);
        if (finding.offset) json.field("offset", *finding.offset);
        json.field("what", finding.what).end_object();
    }
    json.end_array().end_report(true);
}

}  // namespace

Result<ExitCode> verify(const std::string& path, const ReadingOptions& reading, bool as_json,
                        Streams io) {
    auto input = ReadableTwice::make(path);
    if (!input) return std::move(input).error();
    auto options = read_options(reading);
    if (!options) return std::move(options).error();
    bool snapshot = options->format == Format::snapshot;
    if (options->format == Format::automatic) {
        auto found = is_snapshot(input->path(), path);
        if (!found) return input->about(std::move(found).error());
        snapshot = *found;
    }
    const std::string name = path == "-" ? "standard input" : path;
    if (snapshot) return verify_snapshot(*input, name, as_json, io);
    auto check = check_source(input->path(), *options);
    if (!check) return input->about(std::move(check).error());
    for (const auto& note : check->report.notes) io.err.note(note);
    as_json ? print_json(*check, name, io) : print_text(*check, name, io);
    if (!check->report.damage.empty()) return ExitCode::damaged;
    return check->found > 0 ? ExitCode::differences : ExitCode::ok;
}

}  // namespace topgun::cli::inspect
