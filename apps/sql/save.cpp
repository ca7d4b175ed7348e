// SPDX-License-Identifier: Apache-2.0
#include "save.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "common/text.hpp"
#include "topgun/replica/replica.hpp"

namespace topgun::cli {
namespace {

// The schema that a snapshot is made of when the user did not say.
Result<std::string> only_schema(const sql::Session& session,
                                const std::vector<std::string>& attached) {
    if (attached.size() == 1) return attached.front();
    std::set<std::string> schemas(attached.begin(), attached.end());
    for (const auto& table : session.tables()) {
        if (attached.empty()) schemas.insert(table.schema);
    }
    if (schemas.size() == 1) return *schemas.begin();
    return Error(Errc::usage, "a snapshot holds one schema: say which, as NAME=PATH");
}

Result<std::string> save_ops(const sql::Session& session, const NamedPath& target, Format format) {
    auto writer = OpWriter::create(target.path, format, session.options().node);
    if (!writer) return std::move(writer).error();
    TOPGUN_TRY(
        session.visit_unsaved(target.name, [&](const Op& op) { return (*writer)->add(op); }));
    TOPGUN_TRY((*writer)->finish());
    return counted((*writer)->count(), "op", "ops");
}

Result<std::string> save_into_directory(const sql::Session& session, const NamedPath& target) {
    Replica changes;
    std::uint64_t ops = 0;
    TOPGUN_TRY(session.visit_unsaved(target.name, [&](const Op& op) -> Status {
        ++ops;
        auto merged = changes.apply(op);
        return merged ? Status() : Status(std::move(merged).error());
    }));
    const auto state = read_replica(changes);
    auto written = write_state(*state, target.path, Format::data_directory);
    if (!written) return std::move(written).error();
    return counted(ops, "op", "ops") + " merged into the directory";
}

Result<std::string> save_snapshot(const sql::Session& session, const NamedPath& target,
                                  Format format) {
    auto state = session.state(target.name);
    if (!state) return std::move(state).error();
    auto written = write_state(**state, target.path, format);
    if (!written) return std::move(written).error();
    return "schema " + printable(target.name) + ", " + counted(written->rows, "row", "rows");
}

// A target whose format is known, and whose name says of which schema the changes are; empty: all.
struct Sink {
    NamedPath target;
    Format format = Format::snapshot;
};

Result<Sink> sink_of(const sql::Session& session, const NamedPath& target,
                     const std::string& to_format, const std::vector<std::string>& attached) {
    auto format = format_of_target(target, to_format);
    if (!format) return std::move(format).error();
    Sink out{target, *format};
    if (*format == Format::snapshot && target.name.empty()) {
        auto only = only_schema(session, attached);
        if (!only) return std::move(only).error().within(target.path);
        out.target.name = *only;
    }
    return out;
}

Result<std::string> write_changes(const sql::Session& session, const Sink& sink) {
    const auto& target = sink.target;
    auto done = sink.format == Format::snapshot ? save_snapshot(session, target, sink.format)
                : sink.format == Format::data_directory ? save_into_directory(session, target)
                                                        : save_ops(session, target, sink.format);
    if (!done) return std::move(done).error().within(target.path);
    return target.path + ": " + *done;
}

// Half of what was changed is not what was asked for.
Status check_complete(const sql::Session& session, const std::vector<Sink>& sinks) {
    std::string lost, example;
    for (const auto& one : session.unsaved()) {
        const bool kept = std::any_of(sinks.begin(), sinks.end(), [&one](const Sink& sink) {
            return sink.target.name.empty() || sink.target.name == one.schema;
        });
        if (kept) continue;
        lost += (lost.empty() ? "" : ", ") + printable(one.schema);
        if (example.empty()) example = printable(one.schema);
    }
    if (lost.empty()) return {};
    return Error(Errc::usage, "nothing was written, for changes of " + lost +
                                  " would be lost: a file of its own takes them, as in --write " +
                                  example + "=FILE, or ops of all go to --write FILE.tgl");
}

}  // namespace

Result<Format> format_of_target(const NamedPath& target, const std::string& to_format) {
    if (target.path.empty() || target.path == "-") {
        return Error(Errc::usage, "changes are written to a file or a directory: name one");
    }
    if (!to_format.empty()) return parse_format(to_format);
    std::error_code ignored;
    if (target.path.ends_with('/') || std::filesystem::is_directory(target.path, ignored)) {
        return Format::data_directory;
    }
    return format_for_writing(target.path);
}

Result<std::string> save_changes(sql::Session& session, const NamedPath& target,
                                 const std::string& to_format,
                                 const std::vector<std::string>& attached) {
    auto sink = sink_of(session, target, to_format, attached);
    if (!sink) return std::move(sink).error();
    auto done = write_changes(session, *sink);
    if (done) session.mark_saved(sink->target.name);
    return done;
}

Result<std::vector<std::string>> save_all_changes(sql::Session& session,
                                                  const std::vector<NamedPath>& targets,
                                                  const std::string& to_format,
                                                  const std::vector<std::string>& attached) {
    std::vector<Sink> sinks;
    for (const auto& target : targets) {
        auto sink = sink_of(session, target, to_format, attached);
        if (!sink) return std::move(sink).error();
        sinks.push_back(std::move(*sink));
    }
    TOPGUN_TRY(check_complete(session, sinks));
    std::vector<std::string> out;
    for (const auto& sink : sinks) {
        auto done = write_changes(session, sink);
        if (!done) return std::move(done).error();
        out.push_back(std::move(*done));
    }
    // Not before: two files may be of the same changes.
    for (const auto& sink : sinks) session.mark_saved(sink.target.name);
    return out;
}

std::string unsaved_text(const sql::Session& session) {
    const auto all = session.unsaved();
    if (all.size() == 1) return counted(all[0].changes, "change", "changes");
    std::string out;
    for (const auto& one : all) {
        out += (out.empty() ? "" : ", ") + counted(one.changes, "change", "changes") +
               " of schema " + printable(one.schema);
    }
    return out;
}

std::uint64_t unsaved_count(const sql::Session& session) {
    std::uint64_t out = 0;
    for (const auto& one : session.unsaved()) out += one.changes;
    return out;
}

}  // namespace topgun::cli
