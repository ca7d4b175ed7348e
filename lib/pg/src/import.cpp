// SPDX-License-Identifier: Apache-2.0
#include "topgun/pg/import.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <utility>

#include "import_places.hpp"
#include "topgun/pg/export.hpp"
#include "topgun/reconcile/merge.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::pg {
namespace {

constexpr std::uint64_t kRowsBetweenReports = 1024;
// Smaller ones are done again sooner than their places are kept, which takes a table.
constexpr std::uint64_t kRowsWorthPlaces = 100'000;

// One connection's share: the keys of a range of hashes, in all maps.
class Part {
public:
    Part(const StateReader& state, const ImportOptions& options, HashRange range,
         std::atomic<bool>& failed)
        : state_(state), options_(options), range_(range), failed_(failed) {}

    const ImportPlace& place() const { return place_; }
    std::uint64_t rows() const { return rows_; }

    Status run(TableWriter& writer, const std::vector<MapId>& maps, const ImportPlace* from) {
        for (const auto& map : maps) {
            auto range = range_;
            if (from != nullptr && map < from->map) continue;
            if (from != nullptr && map == from->map) range.first = from->hash;
            auto rows = state_.rows(map, {range});
            if (!rows) return std::move(rows).error();
            place_.map = map;
            TOPGUN_TRY(
                for_each_row(**rows, [&](const Row& row) { return take(map, row, writer); }));
        }
        TOPGUN_TRY(tell());
        return writer.flush();
    }

private:
    Status take(const MapId& map, const Row& row, TableWriter& writer) {
        place_.hash = row.key_hash;
        ++rows_;
        if (++untold_ >= kRowsBetweenReports) TOPGUN_TRY(tell());
        return writer.add(row_op(map, row));
    }

    Status tell() {
        const auto count = std::exchange(untold_, 0);
        if (failed_ || (options_.stop && options_.stop())) {
            return Error(Errc::cancelled, "interrupted; run it again to go on");
        }
        return options_.progress ? options_.progress(count) : Status();
    }

    const StateReader& state_;
    const ImportOptions& options_;
    HashRange range_;
    std::atomic<bool>& failed_;
    ImportPlace place_;
    std::uint64_t rows_ = 0, untold_ = 0;
};

std::vector<HashRange> split(unsigned parts) {
    std::vector<HashRange> out;
    const auto step = (std::uint64_t{1} << 32) / parts;
    for (unsigned i = 0; i < parts; ++i) {
        const auto first = static_cast<std::uint32_t>(i * step);
        const auto last =
            i + 1 == parts ? 0xffff'ffffu : static_cast<std::uint32_t>((i + 1) * step - 1);
        out.push_back({first, last});
    }
    return out;
}

std::vector<MapId> wanted_maps(const StateReader& state, const std::vector<std::string>& names) {
    std::vector<MapId> out;
    for (const auto& map : state.maps()) {
        const bool wanted =
            names.empty() || std::find(names.begin(), names.end(), map.name) != names.end();
        if (wanted) out.push_back(map);
    }
    return out;
}

class Import {
public:
    Import(const StateReader& state, const ImportOptions& options)
        : state_(state), options_(options) {}

    Result<ImportReport> run() {
        maps_ = wanted_maps(state_, options_.maps);
        TOPGUN_TRY(open());
        TOPGUN_TRY(write_removed_tags());
        TOPGUN_TRY(write_parts());
        TOPGUN_TRY(writers_.front()->finish());
        TOPGUN_TRY(forget_places());
        for (const auto& writer : writers_) report_.written.add(writer->report());
        for (const auto& part : parts_) report_.rows += part->rows();
        return std::move(report_);
    }

private:
    Status open() {
        const auto ranges = split(std::max(options_.jobs, 1u));
        for (unsigned i = 0; i < ranges.size(); ++i) {
            parts_.push_back(std::make_unique<Part>(state_, options_, ranges[i], failed_));
            auto writing = options_.writing;
            writing.with_batch = [this, i] {
                const auto& place = parts_[i]->place();
                const bool kept = places_ && !place.map.name.empty();
                return kept ? places_->keep(i, place) : std::string();
            };
            bool created = false;
            auto writer = open_table_writer(options_.url, options_.create, std::move(writing),
                                            options_.stop, created);
            if (!writer) return std::move(writer).error();
            report_.created = report_.created || created;
            writers_.push_back(std::move(*writer));
        }
        report_.table = writers_.front()->table();
        auto connection = connect();
        if (!connection) return std::move(connection).error();
        report_.database = (*connection)->name();
        return open_places(**connection);
    }

    Result<std::unique_ptr<Connection>> connect() const {
        ConnectOptions connecting;
        connecting.target = split_table_url(options_.url).url;
        connecting.stop = options_.stop;
        return Connection::open(std::move(connecting));
    }

    // By a connection of its own: one that is held over a long import may be lost meanwhile.
    Status forget_places() {
        if (!places_) return {};
        auto connection = connect();
        return connection ? places_->forget(**connection) : Status(std::move(connection).error());
    }

    Status open_places(Connection& connection) {
        std::uint64_t rows = 0;
        std::vector<const MapFacts*> facts;
        for (const auto& map : maps_) {
            auto one = state_.summary(map);
            if (!one) return std::move(one).error();
            facts.push_back(*one);
            rows += (*one)->records;
        }
        if (rows < kRowsWorthPlaces) return {};
        // An import is known by what it brings, whatever file that stands in.
        places_.emplace(report_.table, hex(state_hash(facts)), options_.writing.overwrite,
                        static_cast<unsigned>(parts_.size()));
        auto from = places_->load(connection, report_.restarted);
        if (!from) return std::move(from).error();
        from_ = std::move(*from);
        report_.resumed = !from_.empty();
        return {};
    }

    // Before the records, so that none of them is written that is removed.
    Status write_removed_tags() {
        auto& writer = *writers_.front();
        for (const auto& map : maps_) {
            auto tags = state_.removed_tags(map);
            if (!tags) return std::move(tags).error();
            TOPGUN_TRY(
                for_each_row(**tags, [&](const Row& row) { return writer.add(row_op(map, row)); }));
        }
        return writer.flush();
    }

    Status write_parts() {
        std::vector<Status> results(parts_.size());
        std::vector<std::thread> threads;
        const auto work = [&](unsigned i) {
            const auto from = from_.find(i);
            results[i] =
                parts_[i]->run(*writers_[i], maps_, from == from_.end() ? nullptr : &from->second);
            if (!results[i]) failed_ = true;
        };
        for (unsigned i = 1; i < parts_.size(); ++i) threads.emplace_back(work, i);
        work(0);
        for (auto& thread : threads) thread.join();
        // The first failure that is not an echo of another.
        for (const bool echo : {false, true}) {
            for (auto& result : results) {
                if (!result && (result.error().code() == Errc::cancelled) == echo)
                    return std::move(result);
            }
        }
        return {};
    }

    const StateReader& state_;
    const ImportOptions& options_;
    std::vector<MapId> maps_;
    std::vector<std::unique_ptr<Part>> parts_;
    std::vector<std::unique_ptr<TableWriter>> writers_;
    std::optional<ImportPlaces> places_;
    std::map<unsigned, ImportPlace> from_;
    std::atomic<bool> failed_{false};
    ImportReport report_;
};

}  // namespace

Result<ImportReport> import_state(const StateReader& state, const ImportOptions& options) {
    return Import(state, options).run();
}

Result<IncomingCounts> verify_import(const StateReader& state, const ImportOptions& options,
                                     const RefusedRows& refused, const std::string& scratch) {
    ExportOptions reading;
    reading.url = options.url;
    reading.output = scratch;
    reading.stop = options.stop;
    MergeOptions only;
    const auto possible = [](const MapId& map) { return map.name.find('\0') == std::string::npos; };
    bool all = options.maps.empty() && refused.empty();
    for (const auto& map : wanted_maps(state, options.maps)) {
        // A name that no table can hold was refused.
        all = all && possible(map);
        if (possible(map)) reading.maps.push_back(map.name);
    }
    // What cannot be read was refused above: that one of the rows is such is no failure here.
    reading.keep_going = true;
    auto read = export_table(reading);
    if (!read) return std::move(read).error();
    auto there = SnapshotReader::open(scratch);
    ::unlink(scratch.c_str());
    if (!there) return std::move(there).error();
    if (all) return count_incoming(state, **there);
    only.filter = [&](const MapId& map, const Row& row) {
        return std::find(reading.maps.begin(), reading.maps.end(), map.name) !=
                   reading.maps.end() &&
               !refused.has(map, row);
    };
    return count_incoming(*merge_states({&state}, std::move(only)), **there);
}

Result<std::unique_ptr<TableWriter>> open_table_writer(const std::string& url,
                                                       maptable::Generation create,
                                                       TableWriteOptions options,
                                                       std::function<bool()> stop, bool& created) {
    const auto target = split_table_url(url);
    ConnectOptions connecting;
    connecting.target = target.url;
    connecting.stop = std::move(stop);
    auto connection = Connection::open(connecting);
    if (!connection) return std::move(connection).error();
    auto table = choose_or_create_table(**connection, target.table, create, created);
    if (!table) return std::move(table).error().within((*connection)->name());
    return TableWriter::open(std::move(connecting), std::move(*table), std::move(options));
}

}  // namespace topgun::pg
