// SPDX-License-Identifier: Apache-2.0
#include "topgun/source/check.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "locate.hpp"
#include "server.hpp"
#include "topgun/redb/database.hpp"
#include "topgun/source/remote.hpp"
#include "topgun/source/sqlite_access.hpp"

namespace topgun {
namespace {

using serverfiles::FileFinding;
using source::Located;

const auto kIgnore = [](const Op&) { return Status(); };

void note(SourceCheck& check, const FileFinding& finding) {
    ++check.found;
    if (check.findings.size() < SourceCheck::kListed) check.findings.push_back(finding);
}

// Damage that was met twice is told once.
void add_damage(SourceCheck& check, const std::vector<std::string>& damage) {
    auto& known = check.report.damage;
    const std::set<std::string> before(known.begin(), known.end());
    std::copy_if(damage.begin(), damage.end(), std::back_inserter(known),
                 [&before](const auto& text) { return before.count(text) == 0; });
}

Status check_redb(const Located& located, SourceCheck& check) {
    redb::OpenOptions opening;
    opening.keep_going = true;
    auto database = redb::Database::open(located.path, opening);
    if (!database) return std::move(database).error();
    auto verified = (*database)->verify();
    if (!verified) return std::move(verified).error().within(located.path);
    for (auto& place : verified->damage) place = located.path + ": " + place;
    add_damage(check, verified->damage);
    return {};
}

Status check_sqlite(const Located& located, SourceCheck& check) {
    auto access = sqlite_access();
    if (!access) return std::move(access).error();
    std::vector<std::string> damage;
    TOPGUN_TRY((*access)->check({located.path, located.path, {}}, damage));
    add_damage(check, damage);
    return {};
}

Status check_log(const std::string& path, const ReadOptions& options, SourceCheck& check) {
    serverfiles::LogCheckVisitor visitor;
    visitor.found = [&check](const FileFinding& finding) -> Status {
        note(check, finding);
        return {};
    };
    visitor.progress = options.progress;
    serverfiles::LogCheckReport log;
    TOPGUN_TRY(serverfiles::check_log(path, visitor, log));
    if (log.pending > 0) {
        check.report.notes.push_back(path + ": " + std::to_string(log.pending) + " of " +
                                     std::to_string(log.frames) +
                                     " writes are above the watermarks: a copy of the database "
                                     "without the log lacks them");
    }
    return {};
}

// Takes out the attributes that some record of the maps has.
Status find_attributes(const StateReader& state, const std::string& map,
                       std::set<std::string>& missing) {
    for (const auto& id : state.maps()) {
        if (id.name != map) continue;
        auto rows = state.StateReader::rows(id);
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(for_each_row(**rows, [&missing](const Row& row) {
            if (row.value.empty()) return;
            std::erase_if(missing, [&row](const std::string& attribute) {
                return serverfiles::has_attribute(ValueView(row.value), attribute);
            });
        }));
    }
    return {};
}

Status check_index_file(const std::string& path, const StateReader& state, SourceCheck& check) {
    const auto say = [&](FileFinding::Kind kind, std::string what) {
        note(check, {kind, path, std::nullopt, std::move(what), {}, {}});
    };
    auto definitions = serverfiles::read_index_file(path);
    if (!definitions) {
        if (definitions.error().code() != Errc::bad_input) return std::move(definitions).error();
        say(FileFinding::Kind::index_file,
            definitions.error().message() + "; a server forgets all that it defines");
        return {};
    }
    std::map<std::string, std::set<std::string>> wanted;
    for (const auto& definition : *definitions) {
        wanted[definition.map].insert(definition.attribute);
    }
    for (auto& [map, missing] : wanted) {
        const auto is_it = [&name = map](const MapId& id) { return id.name == name; };
        if (std::none_of(state.maps().begin(), state.maps().end(), is_it)) {
            say(FileFinding::Kind::index_target, "an index on map " + map + ", which is not there");
            continue;
        }
        TOPGUN_TRY(find_attributes(state, map, missing));
        for (const auto& attribute : missing) {
            say(FileFinding::Kind::index_target,
                "an index on " + attribute + ", which no record of map " + map + " has");
        }
    }
    return {};
}

Status check_indexes(const Located& located, const ReadOptions& options, SourceCheck& check) {
    std::unique_ptr<StateReader> state;
    for (const auto* name : {"scalar_indexes.json", "vector_indexes.json"}) {
        const auto path = (std::filesystem::path(located.path).parent_path() / name).string();
        std::error_code error;
        if (!std::filesystem::is_regular_file(path, error)) continue;
        if (!state) {
            auto all = options;
            all.maps.clear();
            auto opened = open_source(located.path, all);
            if (!opened) return std::move(opened).error();
            state = std::move(opened->state);
        }
        TOPGUN_TRY(check_index_file(path, *state, check));
    }
    return {};
}

}  // namespace

Result<SourceCheck> check_source(const std::string& path, const ReadOptions& options) {
    SourceCheck check;
    auto reading = options;
    reading.keep_going = true;
    const auto read = [&](const std::string& what) -> Status {
        auto report = read_ops(what, reading, kIgnore);
        if (!report) return std::move(report).error();
        check.report = std::move(*report);
        return {};
    };
    if (is_remote(path)) {
        TOPGUN_TRY(read(path));
        return check;
    }
    auto located = source::locate(path, options.format);
    if (!located) return std::move(located).error();
    reading.format = located->format;
    // Each file is checked for itself.
    const auto part = located->format == Format::redb ? std::string(source::kBase) : located->part;
    TOPGUN_TRY(read(part.empty() ? located->path : located->path + '#' + part));
    if (located->format == Format::redb) {
        TOPGUN_TRY(check_redb(*located, check));
        const auto log = source::log_beside(located->path);
        if (!log.empty() && located->part.empty()) TOPGUN_TRY(check_log(log, options, check));
        TOPGUN_TRY(check_indexes(*located, reading, check));
    } else if (located->format == Format::server_log) {
        // Its damage is among the findings.
        check.report.damage.clear();
        TOPGUN_TRY(check_log(located->path, options, check));
    } else if (located->format == Format::sqlite) {
        TOPGUN_TRY(check_sqlite(*located, check));
    }
    return check;
}

}  // namespace topgun
