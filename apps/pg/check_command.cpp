// SPDX-License-Identifier: Apache-2.0
#include "check_command.hpp"

#include "common/options.hpp"
#include "common/progress.hpp"
#include "common/signals.hpp"
#include "common/sources.hpp"
#include "common/text.hpp"
#include "database_options.hpp"
#include "topgun/source/remote.hpp"

namespace topgun::cli {

using maptable::Finding;
using maptable::Problem;
using maptable::Severity;

namespace {

// As long as the former server kept tombstones.
constexpr std::uint64_t kRemovalsKept = std::uint64_t{30} * 24 * 60 * 60 * 1000;

}  // namespace

void CheckCommand::add_options(CLI::App& app) {
    add_database_argument(app, url_);
    add_repeatable_option(app, "-m,--map", options_.maps, "Only this map; may be repeated", "MAP");
    add_repeatable_option(app, "--class", classes_,
                          "Only these classes or problems: D13,expired; may be repeated", "LIST");
    add_choice_option(
        app, "--severity", severity_,
        {{"notice", Severity::notice}, {"warning", Severity::warning}, {"error", Severity::error}},
        "Only findings that are at least this bad");
    add_source_option(app, "--against", against_,
                      "Also compare with this source: a database, file or live endpoint");
    add_file_option(app, "--wal", options_.wal,
                    "Also check the server's write-ahead log in this folder")
        ->type_name("DIR");
    add_repeatable_option(app, "--index-file", options_.index_files,
                          "Also check these definitions of indexes; may be repeated", "FILE");
    add_count_option(app, "--samples", samples_, "Show this many findings of each problem [5]");
    app.add_flag("--all", all_, "Show every finding");
    add_moment_option(app, "--now", now_, "Judge by this moment, not by the server's clock");
    add_duration_option(app, "--max-drift", options_.rows.drift_ms,
                        "A clock may be ahead by this much [60s]");
    add_duration_option(app, "--tombstone-age", options_.rows.tombstone_age_ms,
                        "Also find tombstones that are older");
    add_json_option(app, json_);
    add_ndjson_option(app, ndjson_, "one object per finding");
}

Status CheckCommand::prepare() {
    if (json_ && ndjson_) return Error(Errc::usage, "--json and --ndjson exclude each other");
    const auto words = split_words(classes_);
    if (!words.empty()) {
        auto wanted = maptable::parse_problems(words);
        if (!wanted) return std::move(wanted).error().within("--class");
        options_.wanted = *wanted;
    }
    for (const auto& info : maptable::problem_infos()) {
        const auto problem = static_cast<std::size_t>(info.problem);
        if (info.severity < severity_ || (info.only_asked && words.empty())) {
            options_.wanted.reset(problem);
        }
    }
    options_.rows.suspicious = options_.wanted[static_cast<std::size_t>(Problem::suspicious_value)];
    if (now_) options_.rows.now_ms = now_->millis;
    return {};
}

Result<ExitCode> CheckCommand::run(Streams io) {
    TOPGUN_TRY(prepare());
    const CancelScope stoppable;
    auto connection = open_database(url_, true);
    if (!connection) return std::move(connection).error();
    database_ = (*connection)->name();
    FindingReport found(all_ ? ~std::uint64_t{0} : samples_);
    TOPGUN_TRY(check(**connection, found, io));
    if (json_)
        print_json(found, io);
    else if (!ndjson_)
        print_text(found, io);
    return verdict(found, io);
}

Status CheckCommand::check(pg::Connection& connection, FindingReport& found, Streams io) {
    // All of it is of one moment, whatever is written meanwhile.
    TOPGUN_TRY(connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    auto table = choose_table(connection, url_);
    if (!table) return std::move(table).error();
    table_ = std::move(*table);
    Progress progress(io, "checking", table_.estimated_rows);
    options_.progress = [&progress](std::uint64_t rows) -> Status {
        progress.add(rows);
        return {};
    };
    JsonWriter lines(io.out, JsonWriter::Layout::compact);
    options_.found = [&](const Finding& finding) -> Status {
        found.add(finding);
        if (ndjson_) write_finding(lines, finding);
        return {};
    };
    TOPGUN_TRY(pg::check_table(connection, table_, options_, report_));
    progress.finish();
    return against_.empty() ? Status() : compare(connection, io);
}

Status CheckCommand::compare(pg::Connection& connection, Streams io) {
    ReadOptions reading;
    reading.maps = options_.maps;
    auto code = ExitCode::ok;
    auto other = open_reported(against_, reading, io, code);
    if (!other) return std::move(other).error();
    against_read_ = code == ExitCode::ok;
    pg::TableReadOptions again;
    again.maps = options_.maps;
    // Rows that cannot be read have their findings already.
    again.keep_going = true;
    maptable::ReadReport ignored;
    auto table = pg::read_table_state(connection, table_, again, ignored);
    if (!table) return std::move(table).error();
    const auto age = options_.rows.tombstone_age_ms;
    return pg::check_against(**table, *other->state, report_.now_ms, age == 0 ? kRemovalsKept : age,
                             [this](const Finding& finding) -> Status {
                                 const auto problem = static_cast<std::size_t>(finding.problem);
                                 return options_.wanted[problem] ? options_.found(finding)
                                                                 : Status();
                             });
}

void CheckCommand::print_text(const FindingReport& found, Streams io) const {
    found.print(io);
    if (found.total() > 0) io.out << '\n';
    io.out << printable(database_) << ", " << printable(table_.shown()) << " ("
           << generation_word(table_.generation) << "): " << counted(report_.rows, "row", "rows")
           << " of " << counted(report_.maps, "map", "maps") << ", ";
    if (found.total() == 0) {
        io.out << "nothing found\n";
        return;
    }
    io.out << counted(found.count(Severity::error), "error", "errors") << ", "
           << counted(found.count(Severity::warning), "warning", "warnings") << ", "
           << counted(found.count(Severity::notice), "notice", "notices") << '\n';
}

void CheckCommand::print_json(const FindingReport& found, Streams io) const {
    JsonWriter json(io.out);
    json.begin_report().field("database", database_).field("table", table_.shown());
    json.field("generation", generation_word(table_.generation));
    json.field("now", report_.now_ms).field("rows", report_.rows).field("maps", report_.maps);
    found.write(json);
    json.key("unchecked").begin_array();
    for (const auto& what : report_.unchecked) json.value(what);
    json.end_array();
    json.end_report(report_.unchecked.empty() && report_.rows > 0 && against_read_);
}

ExitCode CheckCommand::verdict(const FindingReport& found, Streams io) const {
    auto code = found.total() > 0 ? ExitCode::differences : ExitCode::ok;
    for (const auto& what : report_.unchecked) io.err.warning("not checked: " + what);
    if (!report_.unchecked.empty() || !against_read_) code = worse_of(code, ExitCode::incomplete);
    if (report_.rows == 0) {
        io.err.error(table_.shown() +
                     (options_.maps.empty() ? " has no rows" : " has no such map") +
                     ": nothing was checked");
        code = worse_of(code, ExitCode::incomplete);
    }
    return code;
}

}  // namespace topgun::cli
