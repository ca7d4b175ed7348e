// SPDX-License-Identifier: Apache-2.0
#include "save.hpp"

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

Result<std::string> save_ops(sql::Session& session, const std::string& path, Format format) {
    auto writer = OpWriter::create(path, format, session.options().node);
    if (!writer) return std::move(writer).error();
    TOPGUN_TRY(session.visit_unsaved([&](const Op& op) { return (*writer)->add(op); }));
    TOPGUN_TRY((*writer)->finish());
    return counted((*writer)->count(), "op", "ops");
}

Result<std::string> save_into_directory(sql::Session& session, const std::string& path) {
    Replica changes;
    std::uint64_t ops = 0;
    TOPGUN_TRY(session.visit_unsaved([&](const Op& op) -> Status {
        ++ops;
        auto merged = changes.apply(op);
        return merged ? Status() : Status(std::move(merged).error());
    }));
    const auto state = read_replica(changes);
    auto written = write_state(*state, path, Format::data_directory);
    if (!written) return std::move(written).error();
    return counted(ops, "op", "ops") + " merged into the directory";
}

Result<std::string> save_snapshot(sql::Session& session, const NamedPath& target, Format format,
                                  const std::vector<std::string>& attached) {
    std::string schema = target.name;
    if (schema.empty()) {
        auto only = only_schema(session, attached);
        if (!only) return std::move(only).error();
        schema = *only;
    }
    auto state = session.state(schema);
    if (!state) return std::move(state).error();
    auto written = write_state(**state, target.path, format);
    if (!written) return std::move(written).error();
    return "schema " + printable(schema) + ", " + counted(written->rows, "row", "rows");
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
    auto format = format_of_target(target, to_format);
    if (!format) return std::move(format).error();
    auto done = *format == Format::snapshot ? save_snapshot(session, target, *format, attached)
                : *format == Format::data_directory ? save_into_directory(session, target.path)
                                                    : save_ops(session, target.path, *format);
    if (!done) return std::move(done).error().within(target.path);
    session.mark_saved();
    return target.path + ": " + *done;
}

}  // namespace topgun::cli
