// SPDX-License-Identifier: Apache-2.0
#include "storage.hpp"

#include "common/text.hpp"
#include "topgun/source/remote.hpp"
#include "topgun/storage/memory_storage.hpp"
#include "topgun/value/json.hpp"

namespace topgun::cli {
namespace {

// A lost connection is made anew at the second attempt; that is no news.
constexpr std::uint64_t kFailuresToTell = 2;

void tell_recovery(const DataDirectory& directory, Logger& logger) {
    const auto& recovery = directory.recovery();
    for (const auto& damage : recovery.damage) logger.warning(damage);
    for (const auto& passed : recovery.passed_over) logger.warning(passed);
    if (recovery.torn_bytes > 0) {
        logger.warning("cut off the end of a log, an interrupted write of " +
                       counted(recovery.torn_bytes, "byte", "bytes"));
    }
    if (recovery.rows + recovery.ops == 0) return;
    logger.info("recovered",
                {{"rows", std::to_string(recovery.rows)}, {"ops", std::to_string(recovery.ops)}});
}

}  // namespace

EndpointStorage::EndpointStorage(std::unique_ptr<ServerStorage> storage, Logger& logger)
    : storage_(std::move(storage)), logger_(&logger) {}

Result<EndpointStorage> EndpointStorage::open(const ServeOptions& options, const std::string& node,
                                              Logger& logger) {
    if (options.storage == "memory") {
        return EndpointStorage(std::make_unique<MemoryStorage>(), logger);
    }
    if (!options.storage.empty() && !is_database(options.storage)) {
        return Error(Errc::usage, "--storage " + printable(options.storage) +
                                      ": neither 'memory' nor the URL of a PostgreSQL database; "
                                      "a folder is named by --data");
    }
    DataDirectoryOptions opening;
    opening.node = node;
    opening.sync = options.fsync;
    if (!options.storage.empty()) return open_backed(options, std::move(opening), logger);
    auto directory = DataDirectory::open(options.data, std::move(opening));
    if (!directory) return std::move(directory).error();
    tell_recovery(**directory, logger);
    return EndpointStorage(std::make_unique<DataDirectoryStorage>(std::move(*directory)), logger);
}

Result<EndpointStorage> EndpointStorage::open_backed(const ServeOptions& options,
                                                     DataDirectoryOptions opening, Logger& logger) {
    const auto open_database = [&](std::function<bool()> stop) {
        return open_backing(options.storage, {options.behind_batch, std::move(stop)});
    };
    auto storage =
        BackedStorage::open(options.data, std::move(opening), open_database, options.behind);
    if (!storage) return std::move(storage).error();
    const auto* backed = storage->get();
    tell_recovery((*storage)->directory(), logger);
    EndpointStorage out(std::move(*storage), logger);
    out.backed_ = backed;
    out.tell_backed();
    return out;
}

void EndpointStorage::tell_backed() const {
    const auto& read = backed_->backing_read();
    for (const auto& damage : read.damage) logger_->warning(damage);
    if (read.damage.size() < read.unread) {
        logger_->warning("rows that cannot be read are left alone",
                         {{"count", std::to_string(read.unread)}});
    }
    const auto stats = backed_->backing_stats();
    logger_->info("database", {{"name", backed_->backing().name()},
                               {"rows", std::to_string(read.rows)},
                               {"news", std::to_string(backed_->learned())},
                               {"to be sent", std::to_string(stats.pending)}});
}

void EndpointStorage::tick() {
    if (backed_ == nullptr) return;
    const auto stats = backed_->backing_stats();
    const bool away = stats.failing >= kFailuresToTell;
    if (away && !away_) {
        logger_->warning(
            "the database takes nothing; writes wait in the data directory",
            {{"pending", std::to_string(stats.pending)}, {"reason", stats.last_error}});
    } else if (away_ && stats.failing == 0) {
        logger_->info("the database is back");
    }
    away_ = away || (away_ && stats.failing > 0);
    if (stats.refused.count > refused_) {
        logger_->warning(
            "the database does not take everything; the data directory has it",
            {{"keys", std::to_string(stats.refused.count)},
             {"such as",
              stats.refused.reasons.empty() ? std::string() : stats.refused.reasons.back()}});
        refused_ = stats.refused.count;
    }
}

std::vector<sync::Gauge> EndpointStorage::gauges() const {
    if (backed_ == nullptr) return {};
    const auto stats = backed_->backing_stats();
    const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
    return {
        {"topgun_database_pending", "Writes that the database lacks", number(stats.pending), false},
        {"topgun_database_lag_seconds", "Since it had everything last", number(stats.lag_ms) / 1000,
         false},
        {"topgun_database_sent_total", "Writes that it got", number(stats.sent), true},
        {"topgun_database_refused_total", "Keys that it does not take", number(stats.refused.count),
         true},
        {"topgun_database_failures_total", "Attempts to write to it that failed",
         number(stats.failures), true}};
}

std::string EndpointStorage::database(bool details) const {
    if (backed_ == nullptr) return {};
    const auto stats = backed_->backing_stats();
    std::string out = "{\"state\":";
    out += stats.failing > 0 ? "\"away\"" : stats.pending > 0 ? "\"behind\"" : "\"complete\"";
    out += ",\"pending\":" + std::to_string(stats.pending);
    out += ",\"lag_ms\":" + std::to_string(stats.lag_ms);
    if (details) {
        out += ",\"name\":";
        append_json_string(backed_->backing().name(), out);
        out += ",\"refused\":" + std::to_string(stats.refused.count) + ",\"last_error\":";
        append_json_string(stats.last_error, out);
    }
    return out + '}';
}

Result<ExitCode> EndpointStorage::close(std::uint64_t within_ms) {
    if (auto written = storage_->checkpoint(); !written) {
        if (storage_->stats().failed) return std::move(written).error();
        // The logs have it all, and are read at the next start.
        logger_->warning("checkpoint failed", {{"reason", written.error().text()}});
    }
    const auto left = backed_ == nullptr ? 0 : backed_->backing_stats().pending;
    if (left > 0) {
        logger_->info("bringing the database what it lacks", {{"pending", std::to_string(left)}});
    }
    auto closed = storage_->close(within_ms);
    if (closed) return ExitCode::ok;
    if (backed_ == nullptr || closed.error().code() != Errc::limit) {
        return std::move(closed).error();
    }
    logger_->warning(closed.error().text());
    return ExitCode::incomplete;
}

}  // namespace topgun::cli
