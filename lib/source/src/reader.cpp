// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "filtered.hpp"
#include "locate.hpp"
#include "server.hpp"
#include "topgun/base/file.hpp"
#include "topgun/pgdump/dump.hpp"
#include "topgun/pgdump/map_tables.hpp"
#include "topgun/replica/visit.hpp"
#include "topgun/source/remote.hpp"
#include "topgun/source/sqlite_access.hpp"
#include "topgun/storage/data_directory.hpp"
#include "topgun/storage/log.hpp"
#include "topgun/storage/snapshot.hpp"
#include "topgun/storage/text_formats.hpp"
#include "topgun/wire/capture.hpp"

namespace topgun {

OpWriter::~OpWriter() = default;

namespace {

using source::is_until;
using source::locate;
using source::Located;
using source::source_name;

bool wanted_map(const ReadOptions& options, std::string_view map) {
    return options.maps.empty() ||
           std::find(options.maps.begin(), options.maps.end(), map) != options.maps.end();
}

// Passes ops on that belong to the maps and the time asked for, and counts them.
class OpFilter {
public:
    OpFilter(const ReadOptions& options, const OpVisitor& visit, ReadReport& report)
        : options_(options), visit_(visit), report_(report) {}

    Status take(const Op& op) {
        if (!wanted_map(options_, op.map)) return {};
        if (options_.until) {
            const auto tag = op.kind == OpKind::or_remove ? op.tag : std::string_view();
            if (op.kind != OpKind::counter && !is_until(op.stamp, tag, *options_.until)) return {};
        }
        ++report_.ops;
        return visit_(op);
    }

private:
    const ReadOptions& options_;
    const OpVisitor& visit_;
    ReadReport& report_;
};

Status tell(const ReadOptions& options, std::uint64_t amount) {
    return options.progress && amount > 0 ? options.progress(amount) : Status();
}

// Where a log stands.
enum class LogRole : std::uint8_t { alone, newest, older };

Error salvageable(const std::string& what) {
    return Error(Errc::bad_input, what + "; use --salvage to take the rest");
}

Status read_log_ops(BytesView bytes, const std::string& path, LogRole role,
                    const ReadOptions& options, OpFilter& filter, ReadReport& report) {
    auto reader = LogReader::open(bytes);
    if (!reader) return std::move(reader).error().within(path);
    if (!reader->header().origin.empty()) report.origins.push_back(reader->header().origin);
    wire::OpBatch batch;
    std::uint64_t told = 0;
    while (reader->next(batch, 1024)) {
        for (const auto& op : batch.ops()) TOPGUN_TRY(filter.take(op));
        report.skipped += batch.skipped() + batch.unstamped();
        batch.reset();
        TOPGUN_TRY(tell(options, reader->position() - told));
        told = reader->position();
    }
    for (const auto& damage : reader->damage()) {
        report.damage.push_back(path + ": " + damage.text());
        const bool harmless = role == LogRole::alone
                                  ? damage.torn_tail
                                  : damage.left_by_crash(role == LogRole::newest);
        if (!options.keep_going && !harmless) return salvageable(damage.text()).within(path);
    }
    return {};
}

Status read_message_ops(BytesView bytes, const std::string& path, const ReadOptions& options,
                        OpFilter& filter, ReadReport& report) {
    wire::CaptureReader reader(bytes);
    wire::OpBatch batch;
    std::uint64_t told = 0;
    for (;;) {
        auto more = reader.next(batch);
        if (!more) {
            if (!options.keep_going) {
                return std::move(more).error().within(path);
            }
            report.damage.push_back(path + ": " + more.error().text());
        } else if (!*more) {
            break;
        }
        for (const auto& op : batch.ops()) TOPGUN_TRY(filter.take(op));
        report.skipped += batch.skipped();
        batch.reset();
        constexpr std::uint64_t kTellEvery = 1 << 20;
        if (reader.position() - told >= kTellEvery) {
            TOPGUN_TRY(tell(options, reader.position() - told));
            told = reader.position();
        }
    }
    report.messages = reader.counts().messages;
    report.stateless = reader.counts().stateless;
    report.skipped += reader.counts().unstamped;
    return tell(options, reader.position() - told);
}

Status read_text_ops(BytesView bytes, const std::string& path, Format format,
                     const ReadOptions& options, OpFilter& filter, ReadReport& report) {
    TextReadOptions text;
    text.default_map = options.default_map;
    text.key_column = options.key_column;
    if (options.default_stamp) text.default_stamp = options.default_stamp->view();
    text.keep_going = options.keep_going;
    TextCounts counts;
    std::vector<TextDamage> damage;
    const OpSink sink = [&filter](const Op& op) { return filter.take(op); };
    auto status = format == Format::csv ? read_csv_records(bytes, text, sink, counts, damage)
                                        : read_json_records(bytes, text, sink, counts, damage);
    if (!status) return std::move(status).error().within(path);
    for (const auto& place : damage) report.damage.push_back(path + ": " + place.text());
    report.skipped += counts.skipped;
    report.stateless += counts.stateless;
    return tell(options, bytes.size());
}

Status read_state_ops(const StateReader& state, OpFilter& filter, const ReadOptions& options) {
    for (const auto& id : state.maps()) {
        std::uint64_t rows_since = 0;
        const auto take = [&](const Row& row) -> Status {
            if (++rows_since == 4096) {
                TOPGUN_TRY(tell(options, rows_since));
                rows_since = 0;
            }
            return filter.take(row_op(id, row));
        };
        auto removed = state.removed_tags(id);
        if (!removed) return std::move(removed).error();
        TOPGUN_TRY(for_each_row(**removed, take));
        auto rows = state.rows(id, {HashRange{}});
        if (!rows) return std::move(rows).error();
        TOPGUN_TRY(for_each_row(**rows, take));
    }
    return {};
}

Status read_dump_ops(const Located& located, const std::string& name, const ReadOptions& options,
                     OpFilter& filter, ReadReport& report) {
    pgdump::DumpOptions opening;
    opening.name = name;
    opening.keep_going = options.keep_going;
    opening.progress = options.progress;
    auto dump = pgdump::Dump::open(located.path, opening);
    if (!dump) return std::move(dump).error();
    report.damage = (*dump)->damage();
    pgdump::MapReadOptions reading;
    reading.table = located.part;
    reading.keep_going = options.keep_going;
    reading.progress = options.progress;
    pgdump::MapReadReport read;
    const auto take = [&filter](const Op& op) { return filter.take(op); };
    TOPGUN_TRY(pgdump::read_map_ops(**dump, reading, take, read));
    report.damage.insert(report.damage.end(), read.damage.begin(), read.damage.end());
    // Rows that say nothing, such as an OR-Map's key whose records are all gone, lose nothing.
    return {};
}

Result<std::unique_ptr<SnapshotReader>> open_snapshot(const std::string& path,
                                                      const std::string& name,
                                                      const ReadOptions& options,
                                                      ReadReport& report) {
    auto snapshot = SnapshotReader::open(
        path, options.keep_going ? SnapshotOpen::salvage : SnapshotOpen::strict, name);
    if (!snapshot) return std::move(snapshot).error();
    for (const auto& damage : (*snapshot)->damage())
        report.damage.push_back(name + ": " + damage.text());
    return snapshot;
}

Status read_directory_ops(const std::string& path, const ReadOptions& options, OpFilter& filter,
                          ReadReport& report) {
    auto parts = list_data_directory(path);
    if (!parts) return std::move(parts).error();
    for (const auto& missing : parts->missing) {
        if (!options.keep_going) return salvageable(missing);
        report.damage.push_back(missing);
    }
    if (parts->snapshot) {
        auto snapshot = open_snapshot(*parts->snapshot, *parts->snapshot, options, report);
        if (!snapshot) return std::move(snapshot).error();
        TOPGUN_TRY(read_state_ops(**snapshot, filter, options));
    }
    for (const auto& log : parts->logs) {
        auto bytes = read_file(log);
        if (!bytes) return std::move(bytes).error();
        if (bytes->empty()) {
            const auto empty = log + ": empty, without even the header that a log begins with";
            if (!options.keep_going) return salvageable(empty);
            report.damage.push_back(empty);
            continue;
        }
        const auto role = log == parts->logs.back() ? LogRole::newest : LogRole::older;
        TOPGUN_TRY(read_log_ops(*bytes, log, role, options, filter, report));
    }
    return {};
}

// @param as_state  the ops are merged: what a source says of removals without a stamp counts.
Result<ReadReport> read_located_ops(const Located& located, const std::string& path,
                                    const ReadOptions& options, bool as_state,
                                    const OpVisitor& visit) {
    // Of a folder or a part messages name the file; of a pipe its temporary would say nothing.
    const auto name = located.spool.path().empty() ? located.path : source_name(path);
    ReadReport report;
    report.path = path;
    report.format = located.format;
    OpFilter filter(options, visit, report);
    if (located.format == Format::data_directory) {
        TOPGUN_TRY(read_directory_ops(located.path, options, filter, report));
        return report;
    }
    if (located.format == Format::snapshot) {
        auto snapshot = open_snapshot(located.path, name, options, report);
        if (!snapshot) return std::move(snapshot).error();
        TOPGUN_TRY(read_state_ops(**snapshot, filter, options));
        return report;
    }
    if (located.format == Format::dump) {
        TOPGUN_TRY(read_dump_ops(located, name, options, filter, report));
        return report;
    }
    if (located.format == Format::redb || located.format == Format::server_log) {
        const OpVisitor take = [&filter](const Op& op) { return filter.take(op); };
        // What came through a pipe has nothing beside it.
        source::ServerFiles files = {located.path, name, located.format};
        // What came through a pipe has nothing beside it.
        files.with_log = located.spool.path().empty() && located.part.empty();
        TOPGUN_TRY(source::read_server_files(files, options, as_state, take, report));
        return report;
    }
    if (located.format == Format::sqlite) {
        auto access = sqlite_access();
        if (!access) return std::move(access).error();
        const OpVisitor take = [&filter](const Op& op) { return filter.take(op); };
        const SqliteFile file = {located.path, name, located.part};
        TOPGUN_TRY((*access)->read(file, options, take, report));
        return report;
    }
    auto bytes = read_file(located.path);
    if (!bytes) return std::move(bytes).error();
    switch (located.format) {
        case Format::log:
            TOPGUN_TRY(read_log_ops(*bytes, name, LogRole::alone, options, filter, report));
            break;
        case Format::messages:
            TOPGUN_TRY(read_message_ops(*bytes, name, options, filter, report));
            break;
        default:
            TOPGUN_TRY(read_text_ops(*bytes, name, located.format, options, filter, report));
            break;
    }
    return report;
}

Result<Source> open_snapshot_source(const Located& located, const std::string& path,
                                    const ReadOptions& options) {
    Source out;
    out.report.path = path;
    out.report.format = Format::snapshot;
    auto snapshot = open_snapshot(located.path, source_name(path), options, out.report);
    if (!snapshot) return std::move(snapshot).error();
    out.state = source::select_maps(std::move(*snapshot), options.maps);
    if (options.until) out.state = source::select_until(std::move(out.state), *options.until);
    return out;
}

// A server may use pages anew while its file is read; the next commit is soon read instead.
bool try_again(const Located& located, const Error& error, int attempt) {
    constexpr int kAttempts = 5;
    const bool live = located.format == Format::redb || located.format == Format::sqlite;
    if (!live || error.code() != Errc::locked || attempt == kAttempts) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10 * attempt));
    return true;
}

}  // namespace

FoundSource::FoundSource(std::string path) : path_(std::move(path)) {}
FoundSource::FoundSource(FoundSource&&) noexcept = default;
FoundSource::~FoundSource() = default;

Result<FoundSource> FoundSource::find(const std::string& path, Format wanted) {
    FoundSource out(path);
    if (is_remote(path)) return out;
    auto located = locate(path, wanted);
    if (!located) return std::move(located).error();
    out.located_ = std::make_unique<Located>(std::move(*located));
    return out;
}

Format FoundSource::format() const noexcept {
    if (located_) return located_->format;
    return is_endpoint(path_) ? Format::endpoint : Format::database;
}

Result<ReadReport> FoundSource::read(const ReadOptions& options, bool as_state,
                                     const OpVisitor& visit) const {
    if (!located_) {
        const auto access = remote_access(path_);
        return access ? (*access)->read_ops(path_, options, visit)
                      : Result<ReadReport>(access.error().clone());
    }
    for (int attempt = 1;; ++attempt) {
        bool visited = false;
        const OpVisitor watched = [&](const Op& op) {
            visited = true;
            return visit(op);
        };
        auto report = read_located_ops(*located_, path_, options, as_state, watched);
        // What was visited cannot be taken back.
        if (report || visited || !try_again(*located_, report.error(), attempt)) return report;
    }
}

Result<ReadReport> FoundSource::read_state_ops(const ReadOptions& options,
                                               const OpVisitor& visit) const {
    return read(options, true, visit);
}

Result<Source> FoundSource::open(const ReadOptions& options) const {
    if (!located_) {
        const auto access = remote_access(path_);
        return access ? (*access)->open(path_, options) : Result<Source>(access.error().clone());
    }
    if (format() == Format::snapshot) return open_snapshot_source(*located_, path_, options);
    for (int attempt = 1;; ++attempt) {
        auto replica = std::make_unique<Replica>();
        const OpVisitor merge = [&](const Op& op) -> Status {
            auto merged = replica->apply(op, options.observer);
            return merged ? Status() : Status(std::move(merged).error());
        };
        auto report = read_located_ops(*located_, path_, options, true, merge);
        if (report) return Source{own_replica(std::move(replica)), std::move(*report)};
        // What the observer has heard cannot be taken back.
        if (options.observer != nullptr || !try_again(*located_, report.error(), attempt)) {
            return std::move(report).error();
        }
    }
}

Result<ReadReport> read_ops(const std::string& path, const ReadOptions& options,
                            const OpVisitor& visit) {
    auto found = FoundSource::find(path, options.format);
    return found ? found->read(options, false, visit)
                 : Result<ReadReport>(std::move(found).error());
}

Result<Source> open_source(const std::string& path, const ReadOptions& options) {
    auto found = FoundSource::find(path, options.format);
    return found ? found->open(options) : Result<Source>(std::move(found).error());
}

}  // namespace topgun
